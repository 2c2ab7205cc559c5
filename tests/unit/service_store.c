/* What is sent again under one id takes effect once, however the first one ended. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/memory.h"
#include "service/store.h"
#include "service/wire.h"
#include "service_world.h"

#define PATIENCE 10000000

#define ROOM_BYTES (256u << 20)
#define HELD_MAX 4
#define LONG_BYTES 20000
#define SENDERS 4
#define IDS 25

/* ---- worker does what the text says ---- */

static atomic_int runs, held_count;
static struct warren_ctx *held[HELD_MAX];
static atomic_int effects[IDS];

static int long_reply(struct warren_ctx *ctx)
{
	char *text = warren_alloc(ctx, LONG_BYTES + 1);
	ck_assert_ptr_nonnull(text);
	memset(text, 'x', LONG_BYTES);
	return warren_reply(ctx, &(struct note){.text = text, .number = runs});
}

/* The broker takes nothing, so the reply is refused; the next run mends it. */
static int refused_reply(struct warren_ctx *ctx)
{
	warren_broker_memory_limit(world.rest.broker, runs == 1 ? 1 : ROOM_BYTES);
	return warren_reply(ctx, &(struct note){.text = "done", .number = runs});
}

static int on_ask(struct warren_ctx *ctx, const void *message, void *worker)
{
	const struct note *ask = message;
	(void)worker;
	int run = atomic_fetch_add(&runs, 1) + 1;
	if (strcmp(ask->text, "hold") == 0) {
		held[atomic_fetch_add(&held_count, 1)] = warren_defer(ctx);
		return 0;
	}
	if (strcmp(ask->text, "fail") == 0)
		return note_fail(ctx, WARREN_ALREADY_EXISTS, "text", "run %d", run);
	if (strcmp(ask->text, "busy") == 0)
		return note_fail(ctx, WARREN_OVERLOADED, NULL, "run %d", run);
	if (strcmp(ask->text, "retry") == 0)
		return note_retry(ctx, "not yet");
	if (strcmp(ask->text, "second run") == 0 && run < 2)
		return note_retry(ctx, "not yet");
	if (strcmp(ask->text, "long") == 0)
		return long_reply(ctx);
	if (strcmp(ask->text, "refused") == 0)
		return refused_reply(ctx);
	if (strcmp(ask->text, "count") == 0)
		run = atomic_fetch_add(&effects[ask->number], 1) + 1;
	return warren_reply(ctx, &(struct note){.text = "done", .number = run});
}

static int on_fact(struct warren_ctx *ctx, const void *message, void *worker)
{
	const struct note *fact = message;
	(void)worker;
	atomic_fetch_add(&runs, 1);
	if (strcmp(fact->text, "fail") == 0)
		return note_fail(ctx, WARREN_NOT_FOUND, NULL, "no such thing");
	return 0;
}

static const struct warren_handler handlers[] = {
	{
		.event = &ask_event,
		.queue = &worker_ask,
		.handle = on_ask,
		.replies = true,
		.prefetch = 64,
		.max_attempts = 3,
		SYS_WAITS(100, 200, 400),
	},
	{
		.event = &fact_event,
		.queue = &worker_fact,
		.handle = on_fact,
		.prefetch = 64,
		.max_attempts = 1,
	},
};

static const struct warren_service worker_service = {
	.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "worker",
	.handlers = handlers,
	.handler_count = 2,
};

/* ---- who asks ---- */

static const struct warren_event *const asker_publishes[] = {&ask_event, &fact_event};
static const struct warren_service asker_service = {
	.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "asker",
	.publishes = asker_publishes,
	.publish_count = 2,
};

struct heard {
	atomic_int times;
	int number;
	struct warren_error error;
};

static struct warren_instance *worker, *asker;
static struct heard first, again, third;

static void hear(struct warren_ctx *ctx, const void *reply, const struct warren_error *error,
	warren_any_fn fn, void *data)
{
	struct heard *heard = data;
	(void)ctx;
	(void)fn;
	if (error)
		heard->error = *error;
	else
		heard->number = ((const struct note *)reply)->number;
	atomic_fetch_add(&heard->times, 1);
}

static void hear_published(struct warren_ctx *ctx, const struct warren_error *error, void *data)
{
	(void)ctx;
	(void)data;
	ck_assert_ptr_null(error);
}

static struct warren_ctx *ctx_of(
	struct warren_instance *from, const struct warren_event *event, const char *id)
{
	struct warren_ctx *ctx = warren_ctx_open(
		from, &(struct warren_ctx_seed){.event = event->name, .message_id = id, .lane = 7});
	ck_assert_ptr_nonnull(ctx);
	return ctx;
}

static void ask_with(const char *id, struct warren_mark once, struct note note, struct heard *heard)
{
	struct warren_ctx *ctx = ctx_of(asker, &ask_event, id);
	*heard = (struct heard){0};
	ck_assert_int_eq(warren_request_once(ctx, &ask_event, &note, once, hear, NULL, heard), 0);
}

static void ask(const char *id, const char *text, struct heard *heard)
{
	ask_with(id, (struct warren_mark){.digest = text}, (struct note){.text = text}, heard);
	world_rest();
}

/* It may have been sent as `before`. */
static void ask_anew(const char *id, const char *before, const char *text, struct heard *heard)
{
	ask_with(id, (struct warren_mark){.digest = text, .before = before},
		(struct note){.text = text}, heard);
	world_rest();
}

static void tell(const char *id, const char *text)
{
	struct warren_ctx *ctx = ctx_of(asker, &fact_event, id);
	ck_assert_int_eq(warren_publish_confirmed(ctx, &fact_event, &(struct note){.text = text},
				 (struct warren_mark){.digest = text}, hear_published, NULL),
		0);
	world_rest();
}

static void begin_with(struct warren_instance_options options)
{
	runs = held_count = 0;
	worker = world_add_with(&worker_service, options);
	asker = world_add(&asker_service);
	world_rest();
}

static void begin(void)
{
	begin_with((struct warren_instance_options){0});
}

static void heard_done(const struct heard *heard, int number)
{
	ck_assert_int_eq(heard->times, 1);
	ck_assert_int_eq(heard->error.code, WARREN_OK);
	ck_assert_int_eq(heard->number, number);
}

/* ---- the tests ---- */

START_TEST(sent_again_after_it_is_done)
{
	begin();
	ask("m", "done", &first);
	ask("m", "done", &again);
	heard_done(&first, 1);
	heard_done(&again, 1);
	ck_assert_int_eq(runs, 1);
	ck_assert_int_eq(world_counters(worker).repeated, 1);
	ck_assert_int_eq(world_depth("sys.worker.ask"), 0);
	ask("other", "done", &again);
	heard_done(&again, 2);
}
END_TEST

START_TEST(sent_again_while_it_is_under_way)
{
	begin();
	ask("m", "hold", &first);
	ask("m", "hold", &again);
	ask("m", "hold", &third);
	ck_assert_int_eq(runs, 1);
	ck_assert_int_eq(first.times + again.times + third.times, 0);
	warren_reply(held[0], &(struct note){.text = "done", .number = 9});
	world_rest();
	heard_done(&first, 9);
	heard_done(&again, 9);
	heard_done(&third, 9);
	ck_assert_int_eq(runs, 1);
	ck_assert_int_eq(world_depth("sys.worker.ask"), 0);
}
END_TEST

START_TEST(sent_again_under_another_id)
{
	begin();
	ask_anew("m", "k", "done", &first);
	heard_done(&first, 1);
	ask_anew("n", "m", "done", &again);
	heard_done(&again, 1);
	ask_anew("n", "m", "hold", &again);
	ck_assert_str_eq(again.error.field, "id");
	ask("n", "done", &again);
	heard_done(&again, 2);

	ask("p", "hold", &first);
	ask_anew("q", "p", "hold", &again);
	ck_assert_int_eq(runs, 3);
	warren_reply(held[0], &(struct note){.text = "done", .number = 9});
	world_rest();
	heard_done(&first, 9);
	heard_done(&again, 9);
}
END_TEST

START_TEST(without_the_header_it_runs_each_time)
{
	begin();
	ask_with("m", (struct warren_mark){0}, (struct note){.text = "done"}, &first);
	world_rest();
	ask_with("m", (struct warren_mark){0}, (struct note){.text = "done"}, &again);
	world_rest();
	heard_done(&first, 1);
	heard_done(&again, 2);
}
END_TEST

START_TEST(a_failure_that_is_final_is_told_again)
{
	begin();
	ask("m", "fail", &first);
	ask("m", "fail", &again);
	ck_assert_int_eq(again.times, 1);
	ck_assert_int_eq(again.error.code, WARREN_ALREADY_EXISTS);
	ck_assert_str_eq(again.error.message, "run 1");
	ck_assert_str_eq(again.error.field, "text");
	ck_assert_int_eq(runs, 1);
}
END_TEST

START_TEST(a_failure_that_may_pass_is_tried_again)
{
	begin();
	ask("m", "busy", &first);
	ask("m", "busy", &again);
	ck_assert_str_eq(first.error.message, "run 1");
	ck_assert_str_eq(again.error.message, "run 2");
	ck_assert_int_eq(runs, 2);
}
END_TEST

START_TEST(the_ladder_brings_the_same_one_back)
{
	begin();
	ask("m", "second run", &first);
	ck_assert_int_eq(runs, 1);
	world_advance(400);
	heard_done(&first, 2);
	ask("m", "second run", &again);
	heard_done(&again, 2);
	ck_assert_int_eq(runs, 2);
}
END_TEST

START_TEST(sent_again_while_the_ladder_has_it)
{
	begin();
	ask("m", "second run", &first);
	ck_assert_int_eq(first.times, 0);
	ask("m", "second run", &again);
	heard_done(&again, 2);
	ck_assert_int_eq(first.times, 0);
	world_advance(400);
	heard_done(&first, 2);
	ck_assert_int_eq(runs, 2);
	ck_assert_int_eq(world_depth("sys.worker.ask"), 0);
	ck_assert_int_eq(world_depth("sys.worker.dead"), 0);
}
END_TEST

START_TEST(what_waited_runs_when_the_first_has_to_be_tried_again)
{
	begin();
	ask("m", "hold", &first);
	ask("m", "hold", &again);
	note_retry(held[0], "not yet");
	world_rest();
	ck_assert_int_eq(runs, 2);
	warren_reply(held[1], &(struct note){.text = "done", .number = 9});
	world_rest();
	heard_done(&again, 9);
	world_advance(400);
	heard_done(&first, 9);
	ck_assert_int_eq(runs, 2);
}
END_TEST

START_TEST(after_the_last_attempt_it_runs_again)
{
	begin();
	ask("m", "retry", &first);
	world_advance(400);
	world_advance(400);
	ck_assert_int_eq(first.error.code, WARREN_UNAVAILABLE);
	ck_assert_int_eq(runs, 3);
	ask("m", "retry", &again);
	ck_assert_int_eq(runs, 4);
}
END_TEST

START_TEST(what_expired_unstarted_runs_when_it_is_sent_again)
{
	begin();
	world_remove(0);
	world_remove(0);
	asker = world_add(&asker_service);
	ask("m", "done", &first);
	world_advance(6000);
	ck_assert_int_eq(first.error.code, WARREN_TIMEOUT);
	worker = world_add(&worker_service);
	ck_assert_uint_eq(world_counters(worker).expired, 1);
	ck_assert_int_eq(world_depth("sys.worker.dead"), 0);
	ask("m", "done", &again);
	heard_done(&again, 1);
}
END_TEST

START_TEST(an_answer_that_was_not_confirmed_is_made_again)
{
	begin();
	ask("m", "refused", &first);
	ck_assert_int_eq(runs, 1);
	warren_broker_memory_limit(world.rest.broker, ROOM_BYTES);
	world_advance(1000); /* neither the reply nor the way to the ladder was free */
	world_advance(400);
	ck_assert_int_eq(runs, 2);
	heard_done(&first, 2);
	ask("m", "refused", &again);
	heard_done(&again, 2);
	ck_assert_int_eq(runs, 2);
}
END_TEST

/* The answer has to wait until nobody waits for it: then it is not sent. */
START_TEST(an_answer_that_is_told_again_too_late_is_not)
{
	struct warren_instance_counters counters = {0};
	begin();
	ask("m", "done", &first);
	heard_done(&first, 1);
	warren_broker_memory_fault(world.rest.broker, 1, 1, WARREN_BROKER_REFUSED);
	ask_with(
		"m", (struct warren_mark){.digest = "done"}, (struct note){.text = "done"}, &again);
	for (int i = 0; i < PATIENCE && counters.unsettled == 0; i++) {
		sched_yield(); /* nothing else is published until it is known: resting would */
		warren_instance_counters(worker, &counters);
	}
	warren_broker_memory_limit(world.rest.broker, 1);
	world_advance(1000);
	world_advance(2000);
	world_advance(2000);
	ck_assert_uint_eq(world_counters(worker).unsettled, 3);
	ck_assert_int_eq(again.times, 1);
	ck_assert_int_eq(again.error.code, WARREN_TIMEOUT);
	warren_broker_memory_limit(world.rest.broker, 1 << 20);
	world_advance(4000);
	ck_assert_uint_eq(world_counters(worker).unsettled, 3);
	ck_assert_uint_eq(world_counters(asker).replies_late, 0);
	ck_assert_int_eq(world_depth("sys.worker.ask"), 0);
	ck_assert_int_eq(runs, 1);
}
END_TEST

START_TEST(an_id_is_of_one_message)
{
	begin();
	ask("m", "done", &first);
	ask("m", "fail", &again);
	ck_assert_int_eq(again.error.code, WARREN_INVALID_ARGUMENT);
	ck_assert_str_eq(again.error.field, "id");
	ask("m", "done", &again);
	heard_done(&again, 1);
	ck_assert_int_eq(runs, 1);
}
END_TEST

START_TEST(it_is_remembered_for_a_time)
{
	begin_with((struct warren_instance_options){.inbox_ms = 60000});
	ask("m", "done", &first);
	world_advance(59000);
	ask("m", "done", &again);
	heard_done(&again, 1);
	world_advance(1000);
	ask("m", "done", &again);
	heard_done(&again, 2);
}
END_TEST

START_TEST(the_oldest_makes_room)
{
	struct warren_store_counters counters;
	begin_with((struct warren_instance_options){.inbox_max_bytes = 2 * LONG_BYTES + 2000});
	ask("1", "long", &first);
	ask("2", "long", &first);
	ask("3", "long", &first);
	ck_assert_int_eq(runs, 3);
	warren_store_counters(worker->store, &counters);
	ck_assert_uint_eq(counters.done, 2);
	ck_assert_uint_eq(counters.forgotten, 1);
	ck_assert_uint_le(counters.bytes, 2 * LONG_BYTES + 2000);
	ask("3", "long", &again);
	ask("2", "long", &again);
	ck_assert_int_eq(runs, 3);
	ask("1", "long", &again);
	ck_assert_int_eq(runs, 4);
}
END_TEST

START_TEST(a_fact_takes_effect_once)
{
	begin();
	tell("m", "so");
	tell("m", "so");
	ck_assert_int_eq(runs, 1);
	ck_assert_int_eq(world_depth("sys.worker.fact"), 0);
	tell("other", "so");
	ck_assert_int_eq(runs, 2);
}
END_TEST

START_TEST(what_was_parked_runs_when_it_is_sent_again)
{
	begin();
	tell("m", "fail");
	tell("m", "fail");
	ck_assert_int_eq(runs, 2);
	ck_assert_int_eq(world_depth("sys.worker.dead"), 2);
}
END_TEST

START_TEST(what_waits_when_the_instance_closes_goes_back)
{
	begin();
	world_remove(0);
	world_remove(0);
	asker = world_add(&asker_service);
	worker = world_add(&worker_service);
	ask("m", "hold", &first);
	ask("m", "hold", &again);
	ck_assert_int_eq(runs, 1);
	world_remove(0);
	ck_assert_int_eq(world_depth("sys.worker.ask"), 2);
	worker = world_add(&worker_service);
	world_rest();
	ck_assert_int_eq(runs, 2);
	warren_reply(held[1], &(struct note){.text = "done", .number = 9});
	world_rest();
	heard_done(&first, 9);
	heard_done(&again, 9);
}
END_TEST

/* A peer's header is a text of any length and form. */
START_TEST(whatever_a_peer_says_of_an_id_it_is_handled)
{
	char *huge = malloc(60001);
	memset(huge, 'x', 60000);
	huge[60000] = '\0';
	char *long_text = strndup(huge, 600);
	const char *const texts[] = {"", "m", "\xff\xfe", "a b", long_text, huge};
	static const char *const names[] = {WARREN_HEADER_ONCE, WARREN_HEADER_ONCE_BEFORE,
		WARREN_HEADER_USER, WARREN_HEADER_SOCKET, WARREN_HEADER_TRACE,
		WARREN_HEADER_ATTEMPT, WARREN_HEADER_DEADLINE, WARREN_HEADER_QUEUE,
		WARREN_HEADER_REASON};
	int sent = 0;
	begin();
	for (size_t name = 0; name < sizeof names / sizeof names[0]; name++) {
		for (size_t text = 0; text < sizeof texts / sizeof texts[0]; text++) {
			const struct warren_broker_header headers[] = {
				{.name = names[name], .text = texts[text]},
				{.name = WARREN_HEADER_ONCE, .text = "digest"},
			};
			const struct warren_broker_message message = {.exchange = "",
				.routing_key = "sys.worker.fact",
				.type = "fact",
				.message_id = "m",
				.headers = headers,
				.header_count = name == 0 ? 1 : 2,
				.body = (const uint8_t *)"\x0a\x04well",
				.body_len = 6,
				.persistent = true};
			ck_assert_int_eq(
				warren_broker_publish(world.rest.broker, &message, NULL, NULL), 0);
			world_rest();
			sent++;
		}
	}
	ck_assert_int_eq(world_depth("sys.worker.fact"), 0);
	const struct warren_instance_counters counters = world_counters(worker);
	ck_assert_int_eq(counters.handled + counters.repeated + counters.parked, sent);
	free(long_text);
	free(huge);
}
END_TEST

/* ---- many at once ---- */

static struct heard many[SENDERS][IDS];

static void *send_all(void *data)
{
	struct heard *answers = data;
	for (int i = 0; i < IDS; i++) {
		char id[8];
		snprintf(id, sizeof id, "m-%d", i);
		ask_with(id, (struct warren_mark){.digest = id},
			(struct note){.text = "count", .number = i}, &answers[i]);
	}
	return NULL;
}

START_TEST(many_at_once_take_effect_once)
{
	pthread_t senders[SENDERS];
	begin();
	for (int i = 0; i < IDS; i++)
		effects[i] = 0;
	for (int i = 0; i < SENDERS; i++)
		ck_assert_int_eq(pthread_create(&senders[i], NULL, send_all, many[i]), 0);
	for (int i = 0; i < SENDERS; i++)
		pthread_join(senders[i], NULL);
	world_rest();
	for (int i = 0; i < IDS; i++) {
		ck_assert_int_eq(effects[i], 1);
		for (int sender = 0; sender < SENDERS; sender++)
			heard_done(&many[sender][i], 1);
	}
	ck_assert_int_eq(runs, IDS);
	ck_assert_int_eq(world_counters(worker).repeated, (SENDERS - 1) * IDS);
}
END_TEST

/* ---- the memory alone ---- */

START_TEST(only_so_many_wait)
{
	struct warren_store *store = warren_store_open_memory(world.rest.clock, 65536, 1000);
	const struct warren_store_id id = {.space = "", .id = "m", .digest = 1};
	struct warren_store_waiter waiters[3];
	struct warren_outcome *outcome = NULL;
	ck_assert_int_eq(
		warren_store_enter(store, &id, 2, &waiters[0], &outcome), WARREN_STORE_RUN);
	ck_assert_int_eq(
		warren_store_enter(store, &id, 2, &waiters[0], &outcome), WARREN_STORE_WAIT);
	ck_assert_int_eq(
		warren_store_enter(store, &id, 2, &waiters[1], &outcome), WARREN_STORE_WAIT);
	ck_assert_int_eq(
		warren_store_enter(store, &id, 2, &waiters[2], &outcome), WARREN_STORE_CROWD);
	ck_assert_ptr_eq(warren_store_leave(store, &id, NULL), &waiters[0]);
	ck_assert_ptr_eq(waiters[0].next, &waiters[1]);
	ck_assert_ptr_null(waiters[1].next);
	ck_assert_int_eq(
		warren_store_enter(store, &id, 2, &waiters[0], &outcome), WARREN_STORE_RUN);
	ck_assert_ptr_null(warren_store_leave(store, &id, NULL));
	ck_assert_ptr_null(outcome);
	warren_store_close(store);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		sent_again_after_it_is_done,
		sent_again_while_it_is_under_way,
		sent_again_under_another_id,
		without_the_header_it_runs_each_time,
		a_failure_that_is_final_is_told_again,
		a_failure_that_may_pass_is_tried_again,
		the_ladder_brings_the_same_one_back,
		sent_again_while_the_ladder_has_it,
		what_waited_runs_when_the_first_has_to_be_tried_again,
		after_the_last_attempt_it_runs_again,
		what_expired_unstarted_runs_when_it_is_sent_again,
		an_answer_that_was_not_confirmed_is_made_again,
		an_answer_that_is_told_again_too_late_is_not,
		an_id_is_of_one_message,
		it_is_remembered_for_a_time,
		the_oldest_makes_room,
		a_fact_takes_effect_once,
		what_was_parked_runs_when_it_is_sent_again,
		what_waits_when_the_instance_closes_goes_back,
		whatever_a_peer_says_of_an_id_it_is_handled,
		many_at_once_take_effect_once,
		only_so_many_wait,
	};
	return world_main("service_store", tests, sizeof tests / sizeof tests[0]);
}
