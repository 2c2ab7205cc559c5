/* Deliveries that come again: a call that is in hand already goes on under its new tag, and nothing else does. */
#include <stdatomic.h>

#include "service/call.h"
#include "service/trust.h"
#include "service/wire.h"
#include "service_world.h"

/* The broker knows no such tags: they are as those of a connection that broke. */
#define FIRST_TAG 1000001
#define SECOND_TAG 1000002
#define CALLS_MAX 8

/* ---- a worker that keeps each call in hand ---- */

static atomic_int runs;
static struct warren_ctx *in_hand[CALLS_MAX];

static int on_event(struct warren_ctx *ctx, const void *message, void *worker)
{
	int at = atomic_fetch_add(&runs, 1);
	(void)message;
	(void)worker;
	ck_assert_int_lt(at, CALLS_MAX);
	in_hand[at] = warren_defer(ctx);
	return 0;
}

static const struct warren_broker_queue classic_queue = {.name = "sys.worker.classic"};

enum taker { ASK, FACT, HINT, CLASSIC, TAKERS };
static const struct warren_handler handlers[TAKERS] = {
	[ASK] = {.event = &ask_event,
		.queue = &worker_ask,
		.handle = on_event,
		.replies = true,
		.prefetch = 4,
		.max_attempts = 1},
	[FACT] = {.event = &fact_event,
		.queue = &worker_fact,
		.handle = on_event,
		.prefetch = 4,
		.max_attempts = 1},
	[HINT] = {.event = &hint_event,
		.queue = &worker_hint,
		.handle = on_event,
		.max_attempts = 1},
	[CLASSIC] = {.event = &fact_event,
		.queue = &classic_queue,
		.handle = on_event,
		.prefetch = 4,
		.max_attempts = 1},
};
static const struct warren_service worker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "worker",
	.handlers = handlers,
	.handler_count = TAKERS};

static struct warren_trust_rules rules;
static struct warren_instance *worker;

static void begin(void)
{
	struct warren_error error;
	rules = (struct warren_trust_rules){.account = "memory"};
	ck_assert_int_eq(warren_trust_read("accounts", &rules, &error), 0);
	runs = 0;
	worker = world_add_with(&worker_service, (struct warren_instance_options){.trust = &rules});
	world_rest();
}

static void end(void)
{
	for (int i = 0; i < runs; i++)
		ck_assert_int_eq(warren_done(in_hand[i]), 0);
	world_rest();
	world_remove(0);
	warren_trust_rules_free(&rules);
}

/* ---- deliveries, as the broker's thread makes them ---- */

struct feeding {
	enum taker taker;
	struct warren_broker_delivery delivery;
	bool from_quarantine;
};

static void feed_on_loop(void *data)
{
	struct feeding *feeding = data;
	if (feeding->from_quarantine)
		ck_assert_ptr_null(warren_call_quarantined(worker, &feeding->delivery));
	else
		warren_call_deliver(&feeding->delivery, &worker->consumers[feeding->taker]);
}

static struct warren_broker_delivery delivery_of(
	enum taker taker, const char *id, const char *account, uint64_t tag)
{
	static struct warren_broker_header header = {.name = WARREN_HEADER_QUEUE};
	header.text = handlers[taker].queue->name;
	return (struct warren_broker_delivery){.tag = tag,
		.queue = handlers[taker].queue->name,
		.message = {.exchange = "",
			.routing_key = "",
			.type = handlers[taker].event->name,
			.message_id = id,
			.correlation_id = "",
			.reply_to = "",
			.app_id = "",
			.content_type = WARREN_WIRE_JSON,
			.user_id = account,
			.headers = &header,
			.header_count = 1,
			.body = (const uint8_t *)"{\"text\":\"a\"}",
			.body_len = 12}};
}

static void feed(struct feeding feeding)
{
	warren_loop_call(warren_broker_loop(world.rest.broker), feed_on_loop, &feeding);
	world_rest();
}

/* A real one. */
static void publish(enum taker taker, const char *id)
{
	struct warren_broker_message message = delivery_of(taker, id, "sys.gate", 0).message;
	message.routing_key = handlers[taker].queue->name;
	ck_assert_int_eq(warren_broker_memory_publish_as(
				 world.rest.broker, "sys.gate", &message, NULL, NULL),
		0);
	world_rest();
}

/* ---- from a consumer's queue ---- */

static const struct again {
	const char *name;
	enum taker first, second;
	const char *first_id, *second_id, *account;
	uint64_t tag;
	bool redelivered;
	int runs;
	uint64_t resumed, forged;
} agains[] = {
	{"the same one", ASK, ASK, "m-1", "m-1", "sys.gate", SECOND_TAG, true, 1, 1, 0},
	{"sent twice", ASK, ASK, "m-1", "m-1", "sys.gate", SECOND_TAG, false, 2, 0, 0},
	{"another one", ASK, ASK, "m-1", "m-2", "sys.gate", SECOND_TAG, true, 2, 0, 0},
	{"without an id", ASK, ASK, "", "", "sys.gate", SECOND_TAG, true, 2, 0, 0},
	{"of another queue", ASK, FACT, "m-1", "m-1", "sys.gate", SECOND_TAG, true, 2, 0, 0},
	{"at most once", HINT, HINT, "m-1", "m-1", "sys.gate", 0, true, 2, 0, 0},
	{"forged", ASK, ASK, "m-1", "m-1", "sys.stranger", SECOND_TAG, true, 1, 0, 1},
};
enum { AGAINS = sizeof agains / sizeof agains[0] };

START_TEST(what_is_in_hand_already_goes_on)
{
	const struct again *again = &agains[_i];
	begin();
	struct feeding first = {.taker = again->first,
		.delivery = delivery_of(
			again->first, again->first_id, "sys.gate", again->tag ? FIRST_TAG : 0)};
	struct feeding second = {.taker = again->second,
		.delivery =
			delivery_of(again->second, again->second_id, again->account, again->tag)};
	second.delivery.redelivered = again->redelivered;
	for (uint64_t round = 1; round <= 3; round++) {
		feed(first);
		ck_assert_int_eq(runs, 1);
		feed(second);
		struct warren_instance_counters counters = world_counters(worker);
		ck_assert_msg(runs == again->runs, "%s: ran %d times", again->name, runs);
		ck_assert_uint_eq(counters.resumed, round * again->resumed);
		ck_assert_uint_eq(counters.forged, round * again->forged);
		ck_assert_uint_eq(counters.parked, round * again->forged);
		for (int i = 0; i < again->runs; i++)
			ck_assert_int_eq(warren_done(in_hand[i]), 0);
		world_rest();
		runs = 0;
	}
	end();
}
END_TEST

/* Each goes on under its own new tag, however often its connection breaks. */
START_TEST(a_connection_that_breaks_runs_nothing_twice)
{
	const enum taker takers[] = {ASK, FACT, ASK, FACT};
	const char *const ids[] = {"m-1", "m-1", "m-2", "m-2"};
	begin();
	for (int i = 0; i < 4; i++)
		publish(takers[i], ids[i]);
	ck_assert_int_eq(runs, 4);
	for (uint64_t round = 1; round <= 3; round++) {
		warren_broker_memory_break(world.rest.broker);
		ck_assert_uint_eq(world_counters(worker).resumed, 4 * round);
		ck_assert_int_eq(runs, 4);
	}
	for (int left = 4; left > 0; left--) {
		ck_assert_int_eq(world_depth("sys.worker.ask"), (left + 1) / 2);
		ck_assert_int_eq(world_depth("sys.worker.fact"), left / 2);
		ck_assert_int_eq(warren_done(in_hand[left - 1]), 0);
	}
	runs = 0;
	ck_assert_int_eq(world_depth("sys.worker.ask"), 0);
	ck_assert_int_eq(world_depth("sys.worker.fact"), 0);
	warren_broker_memory_break(world.rest.broker);
	world_rest();
	ck_assert_int_eq(runs, 0);
	ck_assert_uint_eq(world_counters(worker).quarantined, 0);
	end();
}
END_TEST

/* Its connection stands, so nobody delivers it twice: this is another message of its id. */
START_TEST(what_is_in_hand_by_a_connection_that_stands_is_another_one)
{
	begin();
	publish(FACT, "m-1");
	ck_assert_int_eq(runs, 1);
	struct feeding feeding = {
		.taker = FACT, .delivery = delivery_of(FACT, "m-1", "sys.gate", SECOND_TAG)};
	feeding.delivery.redelivered = true;
	feed(feeding);
	ck_assert_int_eq(runs, 2);
	ck_assert_uint_eq(world_counters(worker).resumed, 0);
	end();
}
END_TEST

/* ---- from the quarantine ---- */

/* A count of 1 would have it parked as crashed, but its process lives. */
START_TEST(what_is_in_hand_from_the_quarantine_goes_on)
{
	begin();
	struct feeding first = {
		.taker = ASK, .delivery = delivery_of(ASK, "m-1", "sys.gate", FIRST_TAG)};
	feed(first);
	struct feeding again = {.from_quarantine = true,
		.delivery = delivery_of(ASK, "m-1", "sys.gate", SECOND_TAG)};
	again.delivery.redelivered = true;
	again.delivery.delivery_count = WARREN_CRASHES_ALONE;
	feed(again);
	struct warren_instance_counters counters = world_counters(worker);
	ck_assert_int_eq(runs, 1);
	ck_assert_uint_eq(counters.resumed, 1);
	ck_assert_uint_eq(counters.crashed, 0);
	ck_assert_uint_eq(counters.parked, 0);
	end();
}
END_TEST

START_TEST(what_is_forged_in_the_quarantine_is_parked_as_forged)
{
	begin();
	struct feeding first = {
		.taker = ASK, .delivery = delivery_of(ASK, "m-1", "sys.gate", FIRST_TAG)};
	feed(first);
	struct feeding forged = {.from_quarantine = true,
		.delivery = delivery_of(ASK, "m-1", "sys.stranger", SECOND_TAG)};
	forged.delivery.redelivered = true;
	forged.delivery.delivery_count = WARREN_CRASHES_ALONE;
	feed(forged);
	struct warren_instance_counters counters = world_counters(worker);
	ck_assert_int_eq(runs, 1);
	ck_assert_uint_eq(counters.forged, 1);
	ck_assert_uint_eq(counters.parked, 1);
	ck_assert_uint_eq(counters.resumed, 0);
	ck_assert_uint_eq(counters.crashed, 0);
	end();
}
END_TEST

/* ---- counts ---- */

static const struct held {
	const char *name;
	enum taker taker;
	uint64_t tag;
	bool redelivered;
	uint32_t count;
	uint64_t quarantined;
} helds[] = {
	{"for the first time", FACT, FIRST_TAG, false, 0, 0},
	{"held once", FACT, FIRST_TAG, true, WARREN_CRASHES_BESIDE_OTHERS - 1, 0},
	{"held twice", FACT, FIRST_TAG, true, WARREN_CRASHES_BESIDE_OTHERS, 1},
	{"of a queue that does not count, for the first time", CLASSIC, FIRST_TAG, false, 0, 0},
	{"of a queue that does not count, come back", CLASSIC, FIRST_TAG, true, 0, 1},
	{"at most once", HINT, 0, true, WARREN_CRASHES_BESIDE_OTHERS, 0},
};
enum { HELDS = sizeof helds / sizeof helds[0] };

START_TEST(what_was_held_too_often_is_moved)
{
	const struct held *held = &helds[_i];
	begin();
	struct feeding feeding = {.taker = held->taker,
		.delivery = delivery_of(held->taker, "m-1", "sys.gate", held->tag)};
	feeding.delivery.redelivered = held->redelivered;
	feeding.delivery.delivery_count = held->count;
	feed(feeding);
	ck_assert_msg(world_counters(worker).quarantined == held->quarantined, "%s", held->name);
	ck_assert_int_eq(runs, 1); /* beside others, or alone */
	end();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_connection_that_breaks_runs_nothing_twice,
		what_is_in_hand_by_a_connection_that_stands_is_another_one,
		what_is_in_hand_from_the_quarantine_goes_on,
		what_is_forged_in_the_quarantine_is_parked_as_forged,
	};
	const struct world_loop loops[] = {{what_is_in_hand_already_goes_on, AGAINS},
		{what_was_held_too_often_is_moved, HELDS}};
	return world_main_with("service_again", tests, sizeof tests / sizeof tests[0], loops, 2);
}
