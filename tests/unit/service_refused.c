/* Messages of a call that the broker does not take: at once, with its outcome, or in place of another one. */
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "service_heard.h"
#include "service_world.h"

#define PATIENCE 10000000

/* ---- a worker that does what the text says; what is asked at most once is deferred ---- */

/* Its text has no bound. */
static const struct warren_field huge_fields[] = {
	{.json_name = "text"}, {.json_name = "password"}, {.json_name = "number"}};
static const struct warren_message_type huge_type = {.name = "Fact",
	.event_name = "fact",
	.descriptor = &note_descriptor,
	.fields = huge_fields};
static const struct warren_event huge_event = {.name = "fact",
	.type = &huge_type,
	.schema = "00000000000000ff",
	.queues = fact_queues,
	.queue_count = 2};

static atomic_int runs, huge_rc, small_rc;
static struct warren_ctx *deferred;

static int answer(struct warren_ctx *ctx)
{
	return warren_reply(ctx, &(struct note){.text = "answered"});
}

static int huge(struct warren_ctx *ctx)
{
	char *text = warren_alloc(ctx, WARREN_BROKER_BODY_MAX + 1);
	memset(text, 'x', WARREN_BROKER_BODY_MAX);
	text[WARREN_BROKER_BODY_MAX] = '\0';
	huge_rc = warren_publish(ctx, &huge_event, &(struct note){.text = text});
	small_rc = warren_publish(ctx, &huge_event, &(struct note){.text = "small"});
	return answer(ctx);
}

static int on_ask(struct warren_ctx *ctx, const void *message, void *worker)
{
	const struct note *ask = message;
	(void)worker;
	atomic_fetch_add(&runs, 1);
	if (strcmp(ask->text, "huge") == 0)
		return huge(ctx);
	if (ctx->attempt == 1)
		warren_broker_memory_fault(world.rest.broker, 0, 1, WARREN_BROKER_REFUSED);
	return answer(ctx);
}

static int on_whisper(struct warren_ctx *ctx, const void *message, void *worker)
{
	const struct note *whisper = message;
	(void)worker;
	atomic_fetch_add(&runs, 1);
	if (strcmp(whisper->text, "fact") == 0)
		ck_assert_int_eq(warren_publish(ctx, &fact_event, &(struct note){.text = "so"}), 0);
	deferred = warren_defer(ctx);
	return 0;
}

static const struct warren_handler handlers[] = {
	{.event = &ask_event,
		.queue = &worker_ask,
		.handle = on_ask,
		.replies = true,
		.prefetch = 4,
		.max_attempts = 4,
		SYS_WAITS(200, 200, 200)},
	{.event = &whisper_event,
		.queue = &worker_hint,
		.handle = on_whisper,
		.replies = true,
		.max_attempts = 1},
};
static const struct warren_event *const publishes[] = {&fact_event, &ask_event, &whisper_event};
static const struct warren_service worker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "worker",
	.handlers = handlers,
	.handler_count = 2,
	.publishes = publishes,
	.publish_count = 1};
static const struct warren_service asker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "asker",
	.publishes = publishes,
	.publish_count = 3};

static struct warren_instance *worker, *asker;
static struct heard heard;

static void ask(const struct warren_event *event, const char *text)
{
	heard = (struct heard){0};
	runs = 0;
	ck_assert_int_eq(warren_request(warren_root(asker), event, &(struct note){.text = text},
				 hear, NULL, &heard),
		0);
}

static void begin_with(struct warren_instance_options options)
{
	worker = world_add_with(&worker_service, options);
	asker = world_add(&asker_service);
	world_rest();
}

static void begin(void)
{
	begin_with((struct warren_instance_options){0});
}

/* ---- the tests ---- */

/* A message that no broker takes is refused at the call, and not when it leaves. */
START_TEST(an_effect_over_the_limit_is_refused_at_once)
{
	begin_with((struct warren_instance_options){.effects_max_bytes = 4 * WARREN_BROKER_BODY_MAX,
		.delivery_max_bytes = 4 * WARREN_BROKER_BODY_MAX});
	ask(&ask_event, "huge");
	world_rest();
	ck_assert_int_eq(huge_rc, -EMSGSIZE);
	ck_assert_int_eq(small_rc, 0);
	ck_assert_int_eq(heard.times, 1);
	ck_assert_int_eq(heard.error.code, WARREN_OK);
	ck_assert_int_eq(runs, 1);
	ck_assert_int_eq(world_depth("sys.worker.fact"), 1);
}
END_TEST

/* The reply was not taken, and neither was the copy that went out in its place: one that came back is
 * no reply whose client has gone. */
START_TEST(a_copy_in_place_of_a_reply_must_find_its_queue)
{
	struct warren_instance_counters counters = {0};
	begin();
	warren_broker_memory_delete_queue(world.rest.broker, "sys.wait.200");
	ask(&ask_event, "refused");
	for (int i = 0; i < PATIENCE && counters.unsettled + counters.replies_gone == 0; i++) {
		sched_yield(); /* nothing else is published until it is known: resting would */
		warren_instance_counters(worker, &counters);
	}
	ck_assert_uint_eq(counters.unsettled, 1);
	ck_assert_uint_eq(counters.replies_gone, 0);
	for (int i = 0; i < 45; i++)
		world_advance(100);
	ck_assert_int_eq(heard.times, 1);
	ck_assert_int_eq(heard.error.code, WARREN_OK);
	ck_assert_int_eq(runs, 2);
	ck_assert_uint_ge(world_counters(worker).returned, 1);
	ck_assert_int_eq(world_depth("sys.worker.ask"), 0);
}
END_TEST

/* ---- copies: whatever a peer's message carries, one of it can be parked ---- */

static char long_text[WARREN_BROKER_HEADERS_BYTES_MAX + 1];

static const struct carried {
	const char *what, *name;
	int count;
	size_t text_len; /* of each */
} carrieds[] = {
	{"nothing", "h%d", 0, 0},
	{"as many headers as there may be", "h%d", WARREN_BROKER_HEADERS_MAX, 1},
	{"one as long as all may be", "h", 1, WARREN_BROKER_HEADERS_BYTES_MAX - 1},
	{"one that leaves room for few", "h", 1, WARREN_BROKER_HEADERS_BYTES_MAX - 100},
	{"as much as there may be, in several", "h%d", 20,
		WARREN_BROKER_HEADERS_BYTES_MAX / 20 - 3},
	{"one without a name", "", 1, 1},
};
enum { CARRIEDS = sizeof carrieds / sizeof carrieds[0] };

START_TEST(whatever_a_message_carries_it_can_be_parked)
{
	const struct carried *carried = &carrieds[_i];
	struct warren_broker_header headers[WARREN_BROKER_HEADERS_MAX];
	char names[WARREN_BROKER_HEADERS_MAX][8];
	memset(long_text, 'x', carried->text_len);
	long_text[carried->text_len] = '\0';
	for (int i = 0; i < carried->count; i++) {
		snprintf(names[i], sizeof names[i], carried->name, i);
		headers[i] = (struct warren_broker_header){.name = names[i], .text = long_text};
	}
	const struct warren_broker_message message = {.exchange = "",
		.routing_key = "sys.worker.ask",
		.type = "ask",
		.content_type = "application/json",
		.headers = headers,
		.header_count = (size_t)carried->count,
		.body = (const uint8_t *)"{}",
		.body_len = 2,
		.persistent = true};
	begin();
	ck_assert_int_eq(
		warren_broker_memory_publish_as(world.rest.broker, "peer", &message, NULL, NULL),
		0);
	world_rest();
	ck_assert_msg(world_depth("sys.worker.dead") == 1, "%s", carried->what);
	ck_assert_int_eq(world_depth("sys.worker.ask"), 0);
	ck_assert_uint_eq(world_counters(worker).unsettled, 0);
}
END_TEST

/* ---- at most once ---- */

/* At most once, nothing waits for room and nothing is tried again: it is dropped, and counted. */
START_TEST(at_most_once_what_finds_no_room_is_dropped)
{
	begin();
	for (uint64_t round = 1; round <= 3; round++) {
		ask(&whisper_event, "reply");
		world_rest();
		warren_broker_memory_full(world.rest.broker, true);
		ck_assert_int_eq(answer(deferred), 0);
		world_rest();
		ck_assert_uint_eq(world_counters(worker).dropped, round);
		warren_broker_memory_full(world.rest.broker, false);
		world_advance(5000);
		ck_assert_int_eq(heard.times, 1);
		ck_assert_int_eq(heard.error.code, WARREN_TIMEOUT);
		ck_assert_int_eq(runs, 1);
	}
}
END_TEST

START_TEST(at_most_once_what_is_not_taken_ends_its_call)
{
	static const enum warren_broker_outcome words[] = {WARREN_BROKER_RETURNED,
		WARREN_BROKER_REFUSED, WARREN_BROKER_UNSENT, WARREN_BROKER_LOST};
	begin();
	for (uint64_t round = 1; round <= 3; round++) {
		ask(&whisper_event, "fact");
		world_rest();
		warren_broker_memory_fault(world.rest.broker, 0, 1, words[_i]);
		ck_assert_int_eq(answer(deferred), 0);
		world_advance(5000);
		struct warren_instance_counters counters = world_counters(worker);
		ck_assert_uint_eq(counters.dropped, round);
		ck_assert_uint_eq(counters.retried, 0);
		ck_assert_uint_eq(counters.failed, 0);
		ck_assert_int_eq(heard.times, 1);
		ck_assert_int_eq(heard.error.code, WARREN_TIMEOUT);
		ck_assert_int_eq(runs, 1);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_effect_over_the_limit_is_refused_at_once,
		a_copy_in_place_of_a_reply_must_find_its_queue,
		at_most_once_what_finds_no_room_is_dropped,
	};
	const struct world_loop loops[] = {{whatever_a_message_carries_it_can_be_parked, CARRIEDS},
		{at_most_once_what_is_not_taken_ends_its_call, 4}};
	return world_main_with("service_refused", tests, sizeof tests / sizeof tests[0], loops, 2);
}
