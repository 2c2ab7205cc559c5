/* What only the in-process broker promises: a turned clock, exact idleness, bounded memory, dead
 * letters that wait. */
#include <check.h>
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker/memory.h"
#include "broker/memory_state.h"

#define WALL_MS 1770000000000

struct fixture {
	struct warren_clock *clock;
	struct warren_broker *broker;
	atomic_int delivered, settled, downs, ups, blocks;
	atomic_int outcomes[WARREN_BROKER_OUTCOMES];
	_Atomic uint64_t last_tag;
};

static void on_state(enum warren_broker_state state, const char *reason, void *data)
{
	struct fixture *fixture = data;

	(void)reason;
	fixture->ups += state == WARREN_BROKER_UP;
	fixture->downs += state == WARREN_BROKER_DOWN;
	fixture->blocks += state == WARREN_BROKER_BLOCKED;
}

static void on_settled(enum warren_broker_outcome outcome, void *data)
{
	struct fixture *fixture = data;

	fixture->outcomes[outcome]++;
	fixture->settled++;
}

static void on_delivery(const struct warren_broker_delivery *delivery, void *data)
{
	struct fixture *fixture = data;

	fixture->last_tag = delivery->tag;
	fixture->delivered++;
}

static void on_delivery_ack(const struct warren_broker_delivery *delivery, void *data)
{
	struct fixture *fixture = data;

	on_delivery(delivery, data);
	warren_broker_ack(fixture->broker, delivery->tag);
}

/* Returns how many deliveries are unsettled once nothing moves. */
static uint32_t rest(struct fixture *fixture)
{
	time_t limit = time(NULL) + 30;
	uint32_t unsettled;

	while (!warren_broker_memory_idle(fixture->broker, &unsettled)) {
		ck_assert_msg(time(NULL) < limit, "it never comes to rest");
		sched_yield();
	}
	return unsettled;
}

static struct fixture *fixture_open(void)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct warren_error error;

	fixture->clock = warren_clock_open_turned(WALL_MS);
	const struct warren_broker_options options = {
		.url = "memory:", .clock = fixture->clock, .on_state = on_state, .data = fixture};
	ck_assert_int_eq(warren_broker_open(&options, &fixture->broker, &error), 0);
	ck_assert_uint_eq(rest(fixture), 0);
	ck_assert_int_eq(fixture->ups, 1);
	return fixture;
}

static void fixture_close(struct fixture *fixture)
{
	warren_broker_close(fixture->broker, 0);
	warren_clock_close(fixture->clock);
	free(fixture);
}

static void advance(struct fixture *fixture, int64_t ms)
{
	warren_clock_advance_ms(fixture->clock, ms);
	rest(fixture);
}

static void declare(struct fixture *fixture, struct warren_broker_queue args)
{
	const struct warren_broker_topology topology = {.queues = &args, .queue_count = 1};
	ck_assert_int_eq(warren_broker_declare(fixture->broker, &topology), 0);
}

static void put(struct fixture *fixture, const char *queue)
{
	const struct warren_broker_message message = {
		.routing_key = queue, .mandatory = true, .persistent = true};
	ck_assert_int_eq(warren_broker_publish(fixture->broker, &message, on_settled, fixture), 0);
}

static uint64_t consume(
	struct fixture *fixture, const char *queue, uint16_t prefetch, warren_broker_on_delivery fn)
{
	uint64_t id;
	ck_assert_int_eq(
		warren_broker_consume(fixture->broker, queue, prefetch, fn, fixture, &id), 0);
	return id;
}

static uint32_t depth(struct fixture *fixture, const char *queue)
{
	return warren_broker_memory_depth(fixture->broker, queue);
}

static int64_t next_in_ms(struct fixture *fixture)
{
	int64_t next_ms = warren_broker_memory_next_ms(fixture->broker);
	return next_ms == WARREN_CLOCK_NEVER ? -1 : next_ms - warren_clock_now_ms(fixture->clock);
}

static const struct warren_broker_queue rung = {
	.name = "wait",
	.kind = WARREN_QUEUE_QUORUM,
	.message_ttl_ms = 200,
	.reject_publish = true,
	.dead_letter_exchange = "",
	.dead_letter_at_least_once = true,
};

/* A rung behind its fan-out exchange, as the wait ladder has it. */
static void ladder(struct fixture *fixture)
{
	const struct warren_broker_exchange exchange = {"wait", WARREN_EXCHANGE_FANOUT};
	const struct warren_broker_binding binding = {"wait", "wait", ""};
	const struct warren_broker_topology topology = {&exchange, 1, &rung, 1, &binding, 1};

	ck_assert_int_eq(warren_broker_declare(fixture->broker, &topology), 0);
}

static void put_to_wait(struct fixture *fixture, const char *target)
{
	const struct warren_broker_message message = {
		.exchange = "wait", .routing_key = target, .mandatory = true, .persistent = true};
	ck_assert_int_eq(warren_broker_publish(fixture->broker, &message, on_settled, fixture), 0);
}

START_TEST(time_passes_as_the_clock_is_turned)
{
	struct fixture *fixture = fixture_open();

	ladder(fixture);
	declare(fixture, (struct warren_broker_queue){.name = "target"});
	consume(fixture, "target", 10, on_delivery);
	rest(fixture);
	ck_assert_int_eq(next_in_ms(fixture), -1);
	put_to_wait(fixture, "target");
	rest(fixture);
	ck_assert_int_eq(fixture->outcomes[WARREN_BROKER_CONFIRMED], 1);
	ck_assert_int_eq(next_in_ms(fixture), 200);
	advance(fixture, 150);
	put_to_wait(fixture, "target");
	rest(fixture);
	ck_assert_int_eq(next_in_ms(fixture), 50);
	ck_assert_uint_eq(depth(fixture, "wait"), 2);
	advance(fixture, 49);
	ck_assert_int_eq(fixture->delivered, 0);
	advance(fixture, 1);
	ck_assert_int_eq(fixture->delivered, 1);
	ck_assert_uint_eq(depth(fixture, "wait"), 1);
	ck_assert_uint_eq(depth(fixture, "target"), 1);
	ck_assert_uint_eq(rest(fixture), 1);
	ck_assert_int_eq(next_in_ms(fixture), 150);
	advance(fixture, 150);
	ck_assert_int_eq(fixture->delivered, 2);
	ck_assert_int_eq(next_in_ms(fixture), -1);
	warren_broker_ack(fixture->broker, fixture->last_tag);
	ck_assert_uint_eq(rest(fixture), 1);
	ck_assert_uint_eq(depth(fixture, "target"), 1);
	fixture_close(fixture);
}
END_TEST

/* Whenever it says idle, everything that was asked before has happened, callbacks and settles
 * included. */
START_TEST(idle_is_exact)
{
	struct fixture *fixture = fixture_open();

	declare(fixture, (struct warren_broker_queue){.name = "queue"});
	declare(fixture, (struct warren_broker_queue){.name = "dead"});
	ladder(fixture);
	consume(fixture, "queue", 3, on_delivery_ack);
	consume(fixture, "dead", 0, on_delivery);
	for (int i = 1; i <= 3000; i++) {
		put(fixture, "queue");
		put_to_wait(fixture, "dead");
		ck_assert_uint_eq(rest(fixture), 0);
		ck_assert_int_eq(fixture->settled, 2 * i);
		ck_assert_int_eq(fixture->delivered, 2 * i - 1);
		ck_assert_uint_eq(depth(fixture, "queue"), 0);
		ck_assert_uint_eq(depth(fixture, "wait"), 1);
		warren_clock_advance_ms(fixture->clock, 200);
		ck_assert_uint_eq(rest(fixture), 0);
		ck_assert_int_eq(fixture->delivered, 2 * i);
	}
	fixture_close(fixture);
}
END_TEST

START_TEST(what_it_holds_is_bounded)
{
	struct fixture *fixture = fixture_open();
	static uint8_t body[10000];
	const struct warren_broker_message message = {
		.routing_key = "queue", .body = body, .body_len = sizeof body};
	int taken;

	declare(fixture, (struct warren_broker_queue){.name = "queue"});
	warren_broker_memory_limit(fixture->broker, 100000);
	for (int round = 1; round <= 3; round++) {
		for (int i = 0; i < 20; i++)
			ck_assert_int_eq(warren_broker_publish(
						 fixture->broker, &message, on_settled, fixture),
				0);
		rest(fixture);
		taken = fixture->outcomes[WARREN_BROKER_CONFIRMED];
		ck_assert_int_eq(taken, 9 * round);
		ck_assert_int_eq(fixture->outcomes[WARREN_BROKER_REFUSED], 11 * round);
		uint64_t id = consume(fixture, "queue", 0, on_delivery);
		rest(fixture);
		warren_broker_cancel(fixture->broker, id);
		ck_assert_int_eq(fixture->delivered, taken);
	}
	fixture_close(fixture);
}
END_TEST

START_TEST(a_dead_letter_waits_for_its_queue)
{
	struct fixture *fixture = fixture_open();

	ladder(fixture);
	put_to_wait(fixture, "later");
	rest(fixture);
	advance(fixture, 200);
	ck_assert_uint_eq(depth(fixture, "wait"), 1);
	advance(fixture, 3600000);
	ck_assert_uint_eq(depth(fixture, "wait"), 1);
	ck_assert_int_eq(next_in_ms(fixture), -1);
	declare(fixture, (struct warren_broker_queue){.name = "later"});
	rest(fixture);
	ck_assert_uint_eq(depth(fixture, "wait"), 0);
	ck_assert_uint_eq(depth(fixture, "later"), 1);
	fixture_close(fixture);
}
END_TEST

START_TEST(a_dead_letter_waits_for_room)
{
	struct fixture *fixture = fixture_open();

	ladder(fixture);
	declare(fixture, (struct warren_broker_queue){
				 .name = "small", .max_length = 1, .reject_publish = true});
	for (int i = 0; i < 3; i++)
		put_to_wait(fixture, "small");
	rest(fixture);
	advance(fixture, 200);
	ck_assert_uint_eq(depth(fixture, "small"), 1);
	ck_assert_uint_eq(depth(fixture, "wait"), 2);
	consume(fixture, "small", 1, on_delivery_ack);
	rest(fixture);
	ck_assert_int_eq(fixture->delivered, 3);
	ck_assert_uint_eq(depth(fixture, "wait"), 0);
	fixture_close(fixture);
}
END_TEST

START_TEST(a_dead_letter_that_nobody_promised_to_keep_is_dropped)
{
	struct fixture *fixture = fixture_open();

	declare(fixture,
		(struct warren_broker_queue){
			.name = "queue", .message_ttl_ms = 10, .dead_letter_exchange = "nowhere"});
	put(fixture, "queue");
	rest(fixture);
	advance(fixture, 10);
	ck_assert_uint_eq(depth(fixture, "queue"), 0);
	fixture_close(fixture);
}
END_TEST

/* Two queues whose dead letters go to each other. */
START_TEST(dead_letters_do_not_run_in_a_circle)
{
	struct fixture *fixture = fixture_open();
	const struct warren_broker_exchange exchanges[] = {
		{"to-a", WARREN_EXCHANGE_FANOUT}, {"to-b", WARREN_EXCHANGE_FANOUT}};
	const struct warren_broker_queue queues[] = {
		{.name = "a", .max_length = 1, .dead_letter_exchange = "to-b"},
		{.name = "b", .max_length = 1, .dead_letter_exchange = "to-a"}};
	const struct warren_broker_binding bindings[] = {{"to-a", "a", ""}, {"to-b", "b", ""}};
	const struct warren_broker_topology topology = {exchanges, 2, queues, 2, bindings, 2};

	ck_assert_int_eq(warren_broker_declare(fixture->broker, &topology), 0);
	for (int i = 0; i < 100; i++)
		put(fixture, i % 2 ? "a" : "b");
	rest(fixture);
	ck_assert_int_eq(fixture->outcomes[WARREN_BROKER_CONFIRMED], 100);
	ck_assert_uint_eq(depth(fixture, "a"), 1);
	ck_assert_uint_eq(depth(fixture, "b"), 1);
	fixture_close(fixture);
}
END_TEST

static void await_settled(struct fixture *fixture, int count)
{
	while (fixture->settled < count)
		sched_yield();
}

START_TEST(blocked_it_keeps_what_waits_and_gives_back_what_does_not)
{
	struct fixture *fixture = fixture_open();
	const struct warren_broker_message hasty = {.routing_key = "queue", .now_or_never = true};

	declare(fixture, (struct warren_broker_queue){.name = "queue"});
	rest(fixture);
	warren_broker_memory_block(fixture->broker, true);
	while (!fixture->blocks)
		sched_yield();
	ck_assert_int_eq(warren_broker_state(fixture->broker), WARREN_BROKER_BLOCKED);
	put(fixture, "queue");
	for (int i = 1; i <= 3; i++) {
		ck_assert_int_eq(
			warren_broker_publish(fixture->broker, &hasty, on_settled, fixture), 0);
		await_settled(fixture, i);
	}
	ck_assert_int_eq(fixture->outcomes[WARREN_BROKER_UNSENT], 3);
	warren_broker_memory_block(fixture->broker, false);
	await_settled(fixture, 4);
	ck_assert_int_eq(fixture->outcomes[WARREN_BROKER_CONFIRMED], 1);
	ck_assert_int_eq(warren_broker_publish(fixture->broker, &hasty, on_settled, fixture), 0);
	await_settled(fixture, 5);
	ck_assert_int_eq(fixture->outcomes[WARREN_BROKER_CONFIRMED], 2);
	ck_assert_uint_eq(warren_broker_memory_depth(fixture->broker, "queue"), 2);
	fixture_close(fixture);
}
END_TEST

START_TEST(outcomes_that_a_test_asks_for_are_given)
{
	struct fixture *fixture = fixture_open();
	static const struct {
		enum warren_broker_outcome outcome;
		uint32_t depth; /* LOST arrives here */
	} faults[] = {{WARREN_BROKER_RETURNED, 2}, {WARREN_BROKER_REFUSED, 4},
		{WARREN_BROKER_UNSENT, 6}, {WARREN_BROKER_LOST, 10}};

	declare(fixture, (struct warren_broker_queue){.name = "queue"});
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		rest(fixture);
		warren_broker_memory_fault(fixture->broker, 1, 2, faults[i].outcome);
		for (int n = 0; n < 4; n++)
			put(fixture, "queue");
		rest(fixture);
		ck_assert_int_eq(fixture->outcomes[faults[i].outcome], 2);
		ck_assert_uint_eq(
			warren_broker_memory_depth(fixture->broker, "queue"), faults[i].depth);
	}
	warren_broker_memory_full(fixture->broker, true);
	const struct warren_broker_message message = {.routing_key = "queue"};
	ck_assert_int_eq(
		warren_broker_publish(fixture->broker, &message, on_settled, fixture), -EAGAIN);
	warren_broker_memory_full(fixture->broker, false);
	put(fixture, "queue");
	rest(fixture);
	fixture_close(fixture);
}
END_TEST

/* Consumers come with a prefetch, hold some, go, and what they held is settled before or after. */
START_TEST(slots_of_tags_are_given_back)
{
	enum { ROUNDS = 30, PREFETCH = 5 };
	struct fixture *fixture = fixture_open();
	const struct warren_memory_tags *tags = &warren_memory_of(fixture->broker)->vhost.tags;
	uint32_t capacity = 0;

	declare(fixture, (struct warren_broker_queue){.name = "queue"});
	for (int round = 0; round < ROUNDS; round++) {
		put(fixture, "queue");
		uint64_t id = consume(fixture, "queue", PREFETCH, on_delivery);
		ck_assert_uint_eq(rest(fixture), 1);
		uint64_t tag = fixture->last_tag;
		if (round % 4 == 0)
			warren_broker_ack(fixture->broker, tag);
		if (round % 4 == 1)
			warren_broker_memory_delete_queue(fixture->broker, "queue");
		rest(fixture);
		warren_broker_cancel(fixture->broker, id);
		if (round % 4 == 2)
			warren_broker_ack(fixture->broker, tag);
		if (round % 4 == 3)
			warren_broker_memory_delete_queue(fixture->broker, "queue");
		rest(fixture);
		ck_assert_uint_eq(tags->used, 0);
		ck_assert_uint_eq(tags->reserved, 0);
		capacity = round == 0 ? tags->capacity : capacity;
		ck_assert_uint_eq(tags->capacity, capacity);
		declare(fixture, (struct warren_broker_queue){.name = "queue"});
	}
	fixture_close(fixture);
}
END_TEST

static void note_obstacle(const struct warren_obstacle *obstacle, void *data)
{
	*(int *)data = *(int *)data * 10 + (int)obstacle->kind + 1;
}

/* The kinds of all obstacles, each a digit. */
static int obstacles(struct fixture *fixture)
{
	int kinds = 0;
	rest(fixture);
	warren_broker_obstacles(fixture->broker, note_obstacle, &kinds);
	return kinds;
}

#define TUNED (WARREN_OBSTACLE_TUNED + 1)
#define MISSING (WARREN_OBSTACLE_MISSING + 1)
#define BREAKS (WARREN_OBSTACLE_BREAKS + 1)

/* ---- a connection that breaks, as it were ---- */

static uint64_t in_hand[8];
static int in_hand_count;
static uint32_t highest_count;

static void on_kept(const struct warren_broker_delivery *delivery, void *data)
{
	on_delivery(delivery, data);
	ck_assert_int_lt(in_hand_count, 8);
	ck_assert(delivery->redelivered == (delivery->delivery_count > 0));
	in_hand[in_hand_count++] = delivery->tag;
	highest_count = delivery->delivery_count;
}

/* Deliveries in hand come again, once, counted; their old tags settle nothing. */
START_TEST(what_is_in_hand_comes_again_when_it_breaks)
{
	struct fixture *fixture = fixture_open();
	uint64_t before[3];
	declare(fixture,
		(struct warren_broker_queue){
			.name = "queue", .kind = WARREN_QUEUE_QUORUM, .delivery_limit = 100});
	in_hand_count = 0;
	consume(fixture, "queue", 3, on_kept);
	for (int i = 0; i < 4; i++)
		put(fixture, "queue");
	ck_assert_uint_eq(rest(fixture), 3);
	for (uint32_t round = 1; round <= 3; round++) {
		memcpy(before, in_hand, sizeof before);
		in_hand_count = 0;
		warren_broker_memory_break(fixture->broker);
		ck_assert_uint_eq(rest(fixture), 3);
		ck_assert_int_eq(in_hand_count, 3);
		ck_assert_uint_eq(highest_count, round);
		for (int i = 0; i < 3; i++) {
			ck_assert(!warren_broker_is_current(fixture->broker, before[i]));
			ck_assert(warren_broker_is_current(fixture->broker, in_hand[i]));
			warren_broker_ack(fixture->broker, before[i]);
		}
		ck_assert_uint_eq(rest(fixture), 3);
		ck_assert_uint_eq(depth(fixture, "queue"), 4);
	}
	for (int i = 0; i < 4; i++) /* the last of them comes when there is room */
		warren_broker_ack(fixture->broker, in_hand[i]), rest(fixture);
	ck_assert_uint_eq(depth(fixture, "queue"), 0);
	warren_broker_memory_break(fixture->broker);
	ck_assert_uint_eq(rest(fixture), 0);
	ck_assert_int_eq(in_hand_count, 4);
	fixture_close(fixture);
}
END_TEST

static int shown;

static void on_shown(const struct warren_broker_message *message, void *data)
{
	ck_assert_str_eq(message->routing_key, data);
	ck_assert(message->mandatory);
	shown++;
}

/* Those that are taken, and no others. */
START_TEST(what_is_published_is_shown_as_it_was_given)
{
	struct fixture *fixture = fixture_open();
	const struct warren_broker_message message = {.routing_key = "queue", .mandatory = true};
	put(fixture, "elsewhere");
	warren_broker_memory_show(fixture->broker, on_shown, (void *)"queue");
	for (int i = 0; i < 3; i++)
		put(fixture, "queue");
	ck_assert_int_eq(shown, 3);
	warren_broker_memory_full(fixture->broker, true);
	ck_assert_int_eq(warren_broker_publish(fixture->broker, &message, NULL, NULL), -EAGAIN);
	warren_broker_memory_full(fixture->broker, false);
	warren_broker_memory_show(fixture->broker, NULL, NULL);
	put(fixture, "elsewhere");
	ck_assert_int_eq(shown, 3);
	fixture_close(fixture);
}
END_TEST

START_TEST(it_heals_when_the_queue_in_the_way_is_gone)
{
	struct fixture *fixture = fixture_open();

	declare(fixture, (struct warren_broker_queue){.name = "queue", .expires_ms = 1000});
	ck_assert_int_eq(obstacles(fixture), 0);
	declare(fixture,
		(struct warren_broker_queue){.name = "queue", .kind = WARREN_QUEUE_QUORUM});
	consume(fixture, "queue", 1, on_delivery_ack);
	ck_assert_int_eq(obstacles(fixture), BREAKS);
	put(fixture, "queue");
	rest(fixture);
	ck_assert_int_eq(fixture->outcomes[WARREN_BROKER_CONFIRMED], 1);
	ck_assert_int_eq(fixture->delivered, 0);
	ck_assert_int_eq(fixture->downs, 0);
	warren_clock_advance_ms(fixture->clock, 1000);
	ck_assert_int_eq(obstacles(fixture), 0);
	put(fixture, "queue");
	rest(fixture);
	ck_assert_int_eq(fixture->delivered, 1);
	fixture_close(fixture);
}
END_TEST

/* A consumer and a binding are asked for before their queue and exchange. */
START_TEST(what_succeeds_helps_what_waits)
{
	struct fixture *fixture = fixture_open();
	const struct warren_broker_binding binding = {"exchange", "late", ""};
	const struct warren_broker_exchange exchange = {"exchange", WARREN_EXCHANGE_FANOUT};
	const struct warren_broker_topology bindings = {.bindings = &binding, .binding_count = 1};
	const struct warren_broker_topology exchanges = {
		.exchanges = &exchange, .exchange_count = 1};
	const struct warren_broker_message message = {.exchange = "exchange", .routing_key = "any"};

	consume(fixture, "late", 1, on_delivery_ack);
	ck_assert_int_eq(warren_broker_declare(fixture->broker, &bindings), 0);
	ck_assert_int_eq(obstacles(fixture), MISSING * 10 + MISSING);
	declare(fixture, (struct warren_broker_queue){.name = "late"});
	ck_assert_int_eq(obstacles(fixture), MISSING);
	ck_assert_int_eq(warren_broker_declare(fixture->broker, &exchanges), 0);
	ck_assert_int_eq(warren_broker_publish(fixture->broker, &message, on_settled, fixture), 0);
	ck_assert_int_eq(obstacles(fixture), 0);
	ck_assert_int_eq(fixture->delivered, 1);
	declare(fixture, (struct warren_broker_queue){.name = "late", .max_length = 3});
	ck_assert_int_eq(obstacles(fixture), TUNED);
	fixture_close(fixture);
}
END_TEST

/* Its time goes on while it is delivered; back on its queue it expires when it would have. */
START_TEST(a_requeued_message_keeps_its_time)
{
	struct fixture *fixture = fixture_open();
	uint64_t id;

	declare(fixture, (struct warren_broker_queue){.name = "queue", .message_ttl_ms = 100});
	declare(fixture, (struct warren_broker_queue){.name = "other", .message_ttl_ms = 50});
	put(fixture, "queue");
	put(fixture, "other");
	id = consume(fixture, "queue", 1, on_delivery);
	ck_assert_uint_eq(rest(fixture), 1);
	warren_broker_cancel(fixture->broker, id);
	ck_assert_int_eq(next_in_ms(fixture), 50);
	advance(fixture, 60);
	ck_assert_int_eq(next_in_ms(fixture), -1);
	warren_broker_requeue(fixture->broker, fixture->last_tag);
	ck_assert_uint_eq(rest(fixture), 0);
	ck_assert_int_eq(next_in_ms(fixture), 40);
	advance(fixture, 40);
	ck_assert_uint_eq(depth(fixture, "queue"), 0);
	fixture_close(fixture);
}
END_TEST

START_TEST(a_queue_that_goes_takes_its_deliveries_along)
{
	struct fixture *fixture = fixture_open();
	uint64_t id, tag;

	declare(fixture, (struct warren_broker_queue){.name = "queue", .expires_ms = 1000});
	put(fixture, "queue");
	put(fixture, "queue");
	id = consume(fixture, "queue", 1, on_delivery);
	ck_assert_uint_eq(rest(fixture), 1);
	tag = fixture->last_tag;
	advance(fixture, 5000);
	ck_assert_uint_eq(depth(fixture, "queue"), 2);
	warren_broker_cancel(fixture->broker, id);
	advance(fixture, 999);
	ck_assert_uint_eq(depth(fixture, "queue"), 2);
	ck_assert_uint_eq(rest(fixture), 1);
	advance(fixture, 1);
	ck_assert_uint_eq(depth(fixture, "queue"), 0);
	ck_assert_uint_eq(rest(fixture), 0);
	warren_broker_requeue(fixture->broker, tag);
	put(fixture, "queue");
	rest(fixture);
	ck_assert_int_eq(fixture->outcomes[WARREN_BROKER_RETURNED], 1);
	declare(fixture, (struct warren_broker_queue){.name = "queue", .expires_ms = 1000});
	consume(fixture, "queue", 1, on_delivery);
	warren_broker_ack(fixture->broker, tag); /* of the queue that is gone */
	put(fixture, "queue");
	ck_assert_uint_eq(rest(fixture), 1);
	ck_assert_int_eq(fixture->delivered, 2);
	ck_assert(fixture->last_tag != tag);
	fixture_close(fixture);
}
END_TEST

struct gate {
	atomic_bool reached, open;
};

static void on_settled_gate(enum warren_broker_outcome outcome, void *data)
{
	struct gate *gate = data;

	(void)outcome;
	gate->reached = true;
	while (!gate->open)
		sched_yield();
}

/* The settle call waits in line while the queue's time runs out. */
START_TEST(a_queue_may_go_while_a_settle_call_waits)
{
	struct fixture *fixture = fixture_open();
	const struct warren_broker_message message = {.routing_key = "nowhere"};

	for (int requeue = 0; requeue < 2; requeue++) {
		struct gate gate = {0};
		uint64_t id;
		declare(fixture, (struct warren_broker_queue){.name = "queue", .expires_ms = 1000});
		put(fixture, "queue");
		id = consume(fixture, "queue", 1, on_delivery);
		ck_assert_uint_eq(rest(fixture), 1);
		warren_broker_cancel(fixture->broker, id);
		ck_assert_int_eq(
			warren_broker_publish(fixture->broker, &message, on_settled_gate, &gate),
			0);
		while (!gate.reached)
			sched_yield();
		if (requeue)
			warren_broker_requeue(fixture->broker, fixture->last_tag);
		else
			warren_broker_ack(fixture->broker, fixture->last_tag);
		warren_clock_advance_ms(fixture->clock, 1000);
		gate.open = true;
		ck_assert_uint_eq(rest(fixture), 0);
		ck_assert_uint_eq(depth(fixture, "queue"), 0);
		put(fixture, "queue");
		rest(fixture);
		ck_assert_int_eq(fixture->outcomes[WARREN_BROKER_RETURNED], requeue + 1);
	}
	fixture_close(fixture);
}
END_TEST

enum { MANY = 9000 }; /* fits into the default max_queued */

struct many {
	struct fixture fixture;
	uint64_t tags[MANY];
	int64_t numbers[MANY];
};

static void on_delivery_record(const struct warren_broker_delivery *delivery, void *data)
{
	struct many *many = data;
	int at = many->fixture.delivered++ % MANY;

	many->tags[at] = delivery->tag;
	many->numbers[at] = delivery->message.timestamp_s;
}

START_TEST(many_returned_at_once_keep_their_order)
{
	struct fixture *fixture = fixture_open();
	struct many *many = calloc(1, sizeof *many);
	uint64_t id;

	declare(fixture,
		(struct warren_broker_queue){.name = "queue", .kind = WARREN_QUEUE_QUORUM});
	for (int i = 0; i < MANY; i++) {
		const struct warren_broker_message message = {
			.routing_key = "queue", .timestamp_s = i + 1};
		ck_assert_int_eq(
			warren_broker_publish(fixture->broker, &message, on_settled, fixture), 0);
	}
	for (int round = 0; round < 3; round++) {
		ck_assert_int_eq(warren_broker_consume(fixture->broker, "queue", MANY,
					 on_delivery_record, many, &id),
			0);
		ck_assert_uint_eq(rest(fixture), MANY);
		for (int i = 0; i < MANY; i++)
			ck_assert_int_eq(many->numbers[i], i + 1);
		warren_broker_cancel(fixture->broker, id);
		for (int i = 0; i < MANY; i++) /* forwards, backwards, in leaps */
			warren_broker_requeue(
				fixture->broker, many->tags[round == 0   ? i
							    : round == 1 ? MANY - 1 - i
									 : i * 7 % MANY]);
		for (int i = 0; i < MANY; i++) /* what is settled stays settled */
			warren_broker_ack(fixture->broker, many->tags[i]);
		ck_assert_uint_eq(rest(fixture), 0);
		ck_assert_uint_eq(depth(fixture, "queue"), MANY);
	}
	fixture_close(fixture);
	free(many);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("broker_memory");
	TCase *tcase = tcase_create("memory");
	SRunner *runner = srunner_create(suite);

	tcase_add_test(tcase, time_passes_as_the_clock_is_turned);
	tcase_add_test(tcase, idle_is_exact);
	tcase_add_test(tcase, what_it_holds_is_bounded);
	tcase_add_test(tcase, a_dead_letter_waits_for_its_queue);
	tcase_add_test(tcase, a_dead_letter_waits_for_room);
	tcase_add_test(tcase, a_dead_letter_that_nobody_promised_to_keep_is_dropped);
	tcase_add_test(tcase, dead_letters_do_not_run_in_a_circle);
	tcase_add_test(tcase, blocked_it_keeps_what_waits_and_gives_back_what_does_not);
	tcase_add_test(tcase, outcomes_that_a_test_asks_for_are_given);
	tcase_add_test(tcase, slots_of_tags_are_given_back);
	tcase_add_test(tcase, what_is_in_hand_comes_again_when_it_breaks);
	tcase_add_test(tcase, what_is_published_is_shown_as_it_was_given);
	tcase_add_test(tcase, it_heals_when_the_queue_in_the_way_is_gone);
	tcase_add_test(tcase, what_succeeds_helps_what_waits);
	tcase_add_test(tcase, a_requeued_message_keeps_its_time);
	tcase_add_test(tcase, a_queue_that_goes_takes_its_deliveries_along);
	tcase_add_test(tcase, a_queue_may_go_while_a_settle_call_waits);
	tcase_add_test(tcase, many_returned_at_once_keep_their_order);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
