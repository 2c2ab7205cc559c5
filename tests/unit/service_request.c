/* Requests and confirmed publishes: every one ends once. */
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "service/wire.h"
#include "service_world.h"

#define PATIENCE 10000000

/* ---- worker answers; relay asks worker on behalf of whoever asks it ---- */

static atomic_int worker_runs, facts;
static const char *reply_text;

static int worker_on_ask(struct warren_ctx *ctx, const void *message, void *worker)
{
	const struct note *ask = message;
	(void)worker;
	atomic_fetch_add(&worker_runs, 1);
	if (strcmp(ask->text, "fail") == 0)
		return note_fail(ctx, WARREN_NOT_FOUND, "number", "no number %d", ask->number);
	if (strcmp(ask->text, "retry") == 0)
		return note_retry(ctx, "not yet");
	return warren_reply(ctx, &(struct note){.text = reply_text ? reply_text : ctx->user,
					 .number = ask->number * 2});
}

static int on_fact(struct warren_ctx *ctx, const void *message, void *worker)
{
	(void)ctx;
	(void)message;
	(void)worker;
	atomic_fetch_add(&facts, 1);
	return 0;
}

static const struct warren_handler worker_handlers[] = {
	{.event = &ask_event,
		.queue = &worker_ask,
		.handle = worker_on_ask,
		.replies = true,
		.prefetch = 8,
		.max_attempts = 5,
		SYS_WAITS(100, 200, 400, 800, 1600)},
	{.event = &fact_event,
		.queue = &worker_fact,
		.handle = on_fact,
		.prefetch = 8,
		.max_attempts = 1},
};
static const struct warren_service worker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "worker",
	.handlers = worker_handlers,
	.handler_count = 2};

static const struct warren_handler other_handlers[] = {
	{.event = &fact_event,
		.queue = &other_fact,
		.handle = on_fact,
		.prefetch = 8,
		.max_attempts = 1},
};
static const struct warren_service other_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "other",
	.handlers = other_handlers,
	.handler_count = 1};

static void on_worker_answer(struct warren_ctx *ctx, const void *reply,
	const struct warren_error *error, warren_any_fn fn, void *data)
{
	struct warren_ctx *call = data;
	const struct note *answer = reply;
	(void)ctx;
	(void)fn;
	if (error)
		note_fail(call, error->code, error->field, "%s", error->message);
	else
		warren_reply(
			call, &(struct note){.text = answer->text, .number = answer->number + 1});
}

static int relay_on_relay(struct warren_ctx *ctx, const void *message, void *worker)
{
	const struct note *relay = message;
	(void)worker;
	if (strcmp(relay->text, "quick") == 0)
		return warren_request(
			ctx, &quick_event, relay, on_worker_answer, NULL, warren_defer(ctx));
	struct note ask = {.text = relay->text, .number = relay->number};
	return warren_request(ctx, &ask_event, &ask, on_worker_answer, NULL, warren_defer(ctx));
}

static const struct warren_handler relay_handlers[] = {
	{.event = &relay_event,
		.queue = &relay_queue,
		.handle = relay_on_relay,
		.replies = true,
		.prefetch = 8,
		.max_attempts = 1},
};
static const struct warren_event *const relay_publishes[] = {&ask_event};
static const struct warren_service relay_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "relay",
	.handlers = relay_handlers,
	.handler_count = 1,
	.publishes = relay_publishes,
	.publish_count = 1};

/* ---- who asks ---- */

static const struct warren_event *const asker_publishes[] = {&ask_event, &relay_event, &fact_event};
static const struct warren_service asker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "asker",
	.publishes = asker_publishes,
	.publish_count = 3};

struct heard {
	atomic_int times;
	int number;
	char text[64], user[64];
	struct warren_error error;
};

static void hear(struct warren_ctx *ctx, const void *reply, const struct warren_error *error,
	warren_any_fn fn, void *data)
{
	struct heard *heard = data;
	const struct note *answer = reply;
	(void)fn;
	strcpy(heard->user, ctx->user);
	if (error) {
		heard->error = *error;
	} else {
		strcpy(heard->text, answer->text);
		heard->number = answer->number;
	}
	atomic_fetch_add(&heard->times, 1);
}

static void hear_published(struct warren_ctx *ctx, const struct warren_error *error, void *data)
{
	hear(ctx, &(struct note){.text = "published"}, error, NULL, data);
}

static struct warren_ctx *ctx_of(struct warren_instance *asker)
{
	struct warren_ctx *ctx = warren_ctx_open(asker,
		&(struct warren_ctx_seed){.user = "ada", .socket = "sys.gate.1.2", .lane = 7});
	ck_assert_ptr_nonnull(ctx);
	return ctx;
}

static int request(struct warren_instance *asker, const struct warren_event *event,
	const char *text, int number, struct heard *heard)
{
	struct warren_ctx *ctx = ctx_of(asker);
	*heard = (struct heard){0};
	int rc = warren_request(
		ctx, event, &(struct note){.text = text, .number = number}, hear, NULL, heard);
	warren_ctx_close(ctx);
	return rc;
}

/* ---- the tests ---- */

START_TEST(an_answer_comes_once)
{
	static struct heard heard;
	world_add(&worker_service);
	struct warren_instance *asker = world_add(&asker_service);
	reply_text = NULL;
	ck_assert_int_eq(request(asker, &ask_event, "double", 21, &heard), 0);
	world_rest();
	ck_assert_int_eq(heard.times, 1);
	ck_assert_int_eq(heard.error.code, WARREN_OK);
	ck_assert_int_eq(heard.number, 42);
	ck_assert_str_eq(heard.text, "ada"); /* who is signed in went along */
	ck_assert_str_eq(heard.user, "ada"); /* and the callback knows, too */
	world_advance(60000);
	ck_assert_int_eq(heard.times, 1);
	ck_assert_int_eq(world_counters(asker).replies_late, 0);
}
END_TEST

START_TEST(an_error_is_an_answer)
{
	static struct heard heard;
	world_add(&worker_service);
	struct warren_instance *asker = world_add(&asker_service);
	request(asker, &ask_event, "fail", 3, &heard);
	world_rest();
	ck_assert_int_eq(heard.times, 1);
	ck_assert_int_eq(heard.error.code, WARREN_NOT_FOUND);
	ck_assert_str_eq(heard.error.field, "number");
	ck_assert_str_eq(heard.error.message, "no number 3");
}
END_TEST

START_TEST(a_handler_may_ask_and_answer_later)
{
	static struct heard heard;
	world_add(&worker_service);
	world_add(&relay_service);
	struct warren_instance *asker = world_add(&asker_service);
	reply_text = "deep";
	request(asker, &relay_event, "double", 5, &heard);
	world_rest();
	ck_assert_int_eq(heard.times, 1);
	ck_assert_int_eq(heard.number, 11);
	ck_assert_str_eq(heard.text, "deep");
	request(asker, &relay_event, "fail", 5, &heard);
	world_rest();
	ck_assert_int_eq(heard.error.code, WARREN_NOT_FOUND);
	ck_assert_int_eq(world_depth("sys.relay.relay"), 0);
	ck_assert_int_eq(world_depth("sys.worker.ask"), 0);
}
END_TEST

START_TEST(nobody_there_is_a_timeout_and_then_expired)
{
	static struct heard heard;
	struct warren_instance *asker = world_add(&asker_service);
	request(asker, &ask_event, "double", 1, &heard);
	world_advance(4999);
	ck_assert_int_eq(heard.times, 0);
	world_advance(1);
	ck_assert_int_eq(heard.times, 1);
	ck_assert_int_eq(heard.error.code, WARREN_TIMEOUT);
	ck_assert_int_eq(world_depth("sys.worker.ask"), 1);

	int runs = worker_runs;
	world_add(&worker_service);
	ck_assert_int_eq(world_depth("sys.worker.ask"), 0);
	ck_assert_int_eq(worker_runs, runs);
	ck_assert_int_eq(world_depth("sys.worker.dead"), 0);
	ck_assert_uint_eq(world_counters(world.instances[1]).expired, 1);
	ck_assert_int_eq(heard.times, 1);
}
END_TEST

START_TEST(early_is_not_lost)
{
	static struct heard heard;
	struct warren_instance *asker = world_add(&asker_service);
	reply_text = NULL;
	request(asker, &ask_event, "double", 4, &heard);
	world_advance(3000);
	world_add(&worker_service);
	world_rest();
	ck_assert_int_eq(heard.times, 1);
	ck_assert_int_eq(heard.number, 8);
}
END_TEST

START_TEST(a_retry_that_comes_too_late_is_not_made)
{
	static struct heard heard;
	world_add(&worker_service);
	struct warren_instance *asker = world_add(&asker_service);
	int runs = worker_runs;
	request(asker, &ask_event, "retry", 0, &heard);
	for (int i = 0; i < 50 && heard.times == 0; i++)
		world_advance(100);
	ck_assert_int_eq(heard.times, 1);
	ck_assert_int_eq(heard.error.code, WARREN_UNAVAILABLE);
	ck_assert_int_ge(worker_runs - runs, 2);
	world_advance(60000);
	ck_assert_int_eq(world_depth("sys.worker.dead"), 0);
	ck_assert_int_eq(heard.times, 1);
}
END_TEST

START_TEST(what_waits_is_bounded)
{
	static struct heard heard[3]; /* the last one is told when the world closes */
	struct warren_instance *asker =
		world_add_with(&asker_service, (struct warren_instance_options){.max_pending = 2});
	ck_assert_int_eq(request(asker, &ask_event, "x", 0, &heard[0]), 0);
	ck_assert_int_eq(request(asker, &ask_event, "x", 0, &heard[1]), 0);
	ck_assert_int_eq(request(asker, &ask_event, "x", 0, &heard[2]), -EAGAIN);
	world_advance(5000);
	ck_assert_int_eq(heard[0].times, 1);
	ck_assert_int_eq(heard[1].times, 1);
	ck_assert_int_eq(heard[2].times, 0);
	ck_assert_int_eq(request(asker, &ask_event, "x", 0, &heard[2]), 0);
}
END_TEST

START_TEST(closing_ends_what_waits)
{
	static struct heard heard;
	struct warren_instance *asker = world_add(&asker_service);
	request(asker, &ask_event, "x", 0, &heard);
	world_remove(0);
	ck_assert_int_eq(heard.times, 1);
	ck_assert_int_eq(heard.error.code, WARREN_UNAVAILABLE);
}
END_TEST

START_TEST(a_message_against_the_rules_is_not_sent)
{
	static struct heard heard;
	struct warren_instance *asker = world_add(&asker_service);
	ck_assert_int_eq(request(asker, &ask_event, "", 0, &heard), -EINVAL);
	ck_assert_int_eq(world_depth("sys.worker.ask"), 0);
	world_advance(5000);
	ck_assert_int_eq(heard.times, 0);
}
END_TEST

START_TEST(an_answer_too_late_is_counted)
{
	static struct heard heard;
	struct warren_instance *asker = world_add(&asker_service);
	request(asker, &ask_event, "x", 0, &heard);
	world_advance(5000);
	char queue[64];
	snprintf(queue, sizeof queue, "sys.asker.%s", warren_instance_name(asker));
	const struct warren_broker_message late = {
		.exchange = "", .routing_key = queue, .type = "answer", .correlation_id = "?"};
	ck_assert_int_eq(warren_broker_publish(world.rest.broker, &late, NULL, NULL), 0);
	ck_assert_uint_eq(world_counters(asker).replies_late, 1);
	ck_assert_int_eq(heard.times, 1);
}
END_TEST

START_TEST(a_fact_reaches_every_consumer)
{
	world_add(&worker_service);
	world_add(&other_service);
	struct warren_instance *asker = world_add(&asker_service);
	facts = 0;
	ck_assert_int_eq(
		warren_publish(warren_root(asker), &fact_event, &(struct note){.text = "so"}), 0);
	world_rest();
	ck_assert_int_eq(facts, 2);
}
END_TEST

START_TEST(a_confirmed_publish_tells_once)
{
	struct heard heard = {0};
	struct warren_instance *asker = world_add(&asker_service);
	struct warren_ctx *ctx = ctx_of(asker);
	ck_assert_int_eq(warren_publish_confirmed(ctx, &fact_event, &(struct note){.text = "so"},
				 (struct warren_mark){0}, hear_published, &heard),
		0);
	world_rest();
	ck_assert_int_eq(heard.times, 1);
	ck_assert_int_eq(heard.error.code, WARREN_OK);
	ck_assert_str_eq(heard.user, "ada");
	world_advance(60000);
	ck_assert_int_eq(heard.times, 1);
	ck_assert_int_eq(world_depth("sys.other.fact"), 1);
}
END_TEST

START_TEST(a_refused_publish_is_unavailable)
{
	struct heard heard = {0};
	struct warren_instance *asker = world_add(&asker_service);
	world_rest();
	warren_broker_memory_limit(world.rest.broker, 1);
	struct warren_ctx *ctx = ctx_of(asker);
	ck_assert_int_eq(warren_publish_confirmed(ctx, &fact_event, &(struct note){.text = "so"},
				 (struct warren_mark){0}, hear_published, &heard),
		0);
	world_rest();
	ck_assert_int_eq(heard.times, 1);
	ck_assert_int_eq(heard.error.code, WARREN_UNAVAILABLE);
	heard = (struct heard){0};
	ctx = ctx_of(asker);
	ck_assert_int_eq(
		warren_request(ctx, &ask_event, &(struct note){.text = "so"}, hear, NULL, &heard),
		0);
	warren_ctx_close(ctx);
	world_rest();
	ck_assert_int_eq(heard.times, 1);
	ck_assert_int_eq(heard.error.code, WARREN_UNAVAILABLE);
}
END_TEST

/* ---- whose deadline counts: of two that meet, the sooner one ---- */

static size_t pending_count(struct warren_instance *instance)
{
	pthread_mutex_lock(&instance->mutex);
	size_t count = warren_map_count(instance->pending);
	pthread_mutex_unlock(&instance->mutex);
	return count;
}

START_TEST(a_request_on_behalf_of_a_client_ends_with_the_clients_wait)
{
	static struct heard heard;
	struct warren_instance *asker = world_add(&asker_service);
	request(asker, &relay_event, "deep", 1, &heard);
	world_advance(3000);
	struct warren_instance *relay = world_add(&relay_service); /* takes it late */
	world_rest();
	ck_assert_uint_eq(pending_count(relay), 1);
	world_advance(1999);
	ck_assert_uint_eq(pending_count(relay), 1);
	ck_assert_int_eq(heard.times, 0);
	world_advance(1);
	ck_assert_uint_eq(pending_count(relay), 0);
	ck_assert_int_eq(heard.times, 1);
	ck_assert_int_eq(heard.error.code, WARREN_TIMEOUT);
}
END_TEST

START_TEST(a_request_ends_with_its_own_wait_before_the_clients)
{
	static struct heard heard;
	struct warren_instance *asker = world_add(&asker_service);
	struct warren_instance *relay = world_add(&relay_service);
	request(asker, &relay_event, "quick", 1, &heard);
	world_advance(999);
	ck_assert_uint_eq(pending_count(relay), 1);
	world_advance(1);
	ck_assert_uint_eq(pending_count(relay), 0);
	ck_assert_int_eq(heard.times, 1);
	ck_assert_int_eq(heard.error.code, WARREN_TIMEOUT);
}
END_TEST

/* A retry that waits longer than the client is not made: the client is told at once. */
static const struct warren_handler slow_handlers[] = {{.event = &ask_event,
	.queue = &worker_ask,
	.handle = worker_on_ask,
	.replies = true,
	.max_attempts = 5,
	SYS_WAITS(6000, 6000)}};
static const struct warren_service slow_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "worker",
	.handlers = slow_handlers,
	.handler_count = 1};

START_TEST(a_retry_that_outlasts_the_client_is_not_made)
{
	static struct heard heard;
	struct warren_instance *worker = world_add(&slow_service);
	struct warren_instance *asker = world_add(&asker_service);
	request(asker, &ask_event, "retry", 0, &heard);
	world_rest();
	ck_assert_int_eq(heard.times, 1);
	ck_assert_int_eq(heard.error.code, WARREN_UNAVAILABLE);
	ck_assert_uint_eq(world_counters(worker).retried, 0);
}
END_TEST

/* The deadline is of the client of another consumer: one that does not reply works all the same. */
static char fact_ids[4][64];
static atomic_int fact_id_count;

static int on_raw_fact(struct warren_ctx *ctx, const void *message, void *worker)
{
	(void)message;
	(void)worker;
	snprintf(fact_ids[fact_id_count % 4], 64, "%s", ctx->message_id);
	atomic_fetch_add(&fact_id_count, 1);
	return ctx->attempt == 1 ? note_retry(ctx, "not yet") : 0;
}

static const struct warren_handler raw_handlers[] = {{.event = &fact_event,
	.queue = &worker_fact,
	.handle = on_raw_fact,
	.max_attempts = 2,
	SYS_WAITS(100, 100)}};
static const struct warren_service raw_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "worker",
	.handlers = raw_handlers,
	.handler_count = 1};

/* By hand, as from the management page: without an id, long after somebody's deadline. */
START_TEST(what_was_published_by_hand_keeps_the_id_that_it_gets)
{
	struct warren_instance *worker = world_add(&raw_service);
	const struct warren_broker_header deadline = {
		.name = WARREN_HEADER_DEADLINE, .number = WORLD_WALL_MS - 1000};
	const struct warren_broker_message message = {.exchange = "",
		.routing_key = "sys.worker.fact",
		.type = "fact",
		.content_type = WARREN_WIRE_JSON,
		.headers = &deadline,
		.header_count = 1,
		.body = (const uint8_t *)"{\"text\":\"so\"}",
		.body_len = 13};
	fact_id_count = 0;
	world_rest();
	ck_assert_int_eq(warren_broker_publish(world.rest.broker, &message, NULL, NULL), 0);
	for (int i = 0; i < 5; i++)
		world_advance(100);
	ck_assert_uint_eq(world_counters(worker).expired, 0);
	ck_assert_int_eq(fact_id_count, 2);
	ck_assert_str_ne(fact_ids[0], "");
	ck_assert_str_eq(fact_ids[0], fact_ids[1]);
}
END_TEST

/* ---- what belongs to no call ---- */

static const struct warren_event rumour_event;

/* An event without consumers may go nowhere; one that has some is missed, and told. */
START_TEST(what_belongs_to_no_call_is_missed_where_somebody_would_take_it)
{
	const struct note note = {.text = "so"};
	world_add(&worker_service);
	struct warren_instance *asker = world_add(&asker_service);
	world_rest();
	for (uint64_t round = 1; round <= 3; round++) {
		ck_assert_int_eq(warren_publish(warren_root(asker), &rumour_event, &note), 0);
		ck_assert_uint_eq(world_counters(asker).returned, round - 1);
		warren_broker_memory_fault(world.rest.broker, 0, 1, WARREN_BROKER_RETURNED);
		ck_assert_int_eq(warren_publish(warren_root(asker), &fact_event, &note), 0);
		ck_assert_uint_eq(world_counters(asker).returned, round);
		world_advance(60000);
	}
}
END_TEST

/* A way out that is full refuses, and takes nothing with it: the instance ends as ever. */
START_TEST(a_full_way_out_refuses_what_belongs_to_no_call)
{
	static struct heard heard;
	const struct note note = {.text = "so"};
	world_add(&worker_service);
	struct warren_instance *asker =
		world_add_with(&asker_service, (struct warren_instance_options){.max_pending = 1});
	reply_text = NULL;
	world_rest();
	warren_broker_memory_full(world.rest.broker, true);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(warren_publish(warren_root(asker), &fact_event, &note), -EAGAIN);
		ck_assert_int_eq(request(asker, &ask_event, "x", 1, &heard), -EAGAIN);
		ck_assert_uint_eq(pending_count(asker), 0);
	}
	warren_broker_memory_full(world.rest.broker, false);
	ck_assert_int_eq(warren_publish(warren_root(asker), &fact_event, &note), 0);
	ck_assert_int_eq(request(asker, &ask_event, "x", 1, &heard), 0);
	world_rest();
	ck_assert_int_eq(heard.times, 1);
	ck_assert_int_eq(heard.error.code, WARREN_OK);
	unsigned references = atomic_load(&asker->references);
	ck_assert_uint_eq(references, 1);
}
END_TEST

/* ---- each word of the broker's, on each kind of publish; three times over with room for one ---- */

static const enum warren_broker_outcome words[] = {WARREN_BROKER_CONFIRMED, WARREN_BROKER_RETURNED,
	WARREN_BROKER_REFUSED, WARREN_BROKER_UNSENT, WARREN_BROKER_LOST};
enum { WORDS = 5 };

/* Nobody consumes these. */
static const struct warren_event rumour_event = {
	.name = "rumour", .type = &fact_type, .schema = "00000000000000dd"};
static const struct warren_event riddle_event = {.name = "riddle",
	.type = &ask_type,
	.reply = &answer_type,
	.schema = "00000000000000ee",
	.reply_timeout_ms = 5000,
	.replier = "worker"};

static const struct publishing {
	const struct warren_event *event;
	bool asks;
	enum warren_code codes[WORDS];
} publishings[] = {
	{&ask_event, true,
		{WARREN_OK, WARREN_UNAVAILABLE, WARREN_UNAVAILABLE, WARREN_UNAVAILABLE, WARREN_OK}},
	{&riddle_event, true,
		{WARREN_TIMEOUT, WARREN_UNAVAILABLE, WARREN_UNAVAILABLE, WARREN_UNAVAILABLE,
			WARREN_TIMEOUT}},
	{&fact_event, false,
		{WARREN_OK, WARREN_UNAVAILABLE, WARREN_UNAVAILABLE, WARREN_UNAVAILABLE,
			WARREN_TIMEOUT}},
	{&rumour_event, false,
		{WARREN_OK, WARREN_OK, WARREN_UNAVAILABLE, WARREN_UNAVAILABLE, WARREN_TIMEOUT}},
};
enum { PUBLISHINGS = sizeof publishings / sizeof publishings[0] };

static void publish_it(
	struct warren_instance *asker, const struct publishing *publishing, struct heard *heard)
{
	const struct note note = {.text = "so", .number = 1};
	struct warren_ctx *ctx = ctx_of(asker);
	*heard = (struct heard){0};
	ck_assert_int_eq(publishing->asks
				 ? warren_request(ctx, publishing->event, &note, hear, NULL, heard)
				 : warren_publish_confirmed(ctx, publishing->event, &note,
					   (struct warren_mark){0}, hear_published, heard),
		0);
	if (publishing->asks)
		warren_ctx_close(ctx);
}

START_TEST(each_word_of_the_brokers_has_its_end)
{
	static struct heard heard;
	const struct publishing *publishing = &publishings[_i / WORDS];
	enum warren_broker_outcome word = words[_i % WORDS];
	bool faulty = word != WARREN_BROKER_CONFIRMED;
	/* Without a consumer the in-process broker returns a request by itself. */
	bool returned = word == WARREN_BROKER_RETURNED && publishing->event->queue_count > 0;
	enum warren_code code = publishing->codes[_i % WORDS];
	if (publishing->event == &riddle_event && !faulty)
		code = WARREN_UNAVAILABLE;
	world_add(&worker_service);
	world_add(&other_service);
	struct warren_instance *asker =
		world_add_with(&asker_service, (struct warren_instance_options){.max_pending = 1});
	world_rest();
	for (uint64_t round = 1; round <= 3; round++) {
		if (faulty)
			warren_broker_memory_fault(world.rest.broker, 0, 1, word);
		publish_it(asker, publishing, &heard);
		for (int i = 0; i < PATIENCE && code != WARREN_TIMEOUT && heard.times == 0; i++)
			sched_yield();
		world_advance(5000);
		ck_assert_int_eq(heard.times, 1);
		ck_assert_int_eq(heard.error.code, code);
		ck_assert_uint_eq(world_counters(asker).returned, returned ? round : 0);
	}
}
END_TEST

int main(void)
{
	const struct world_loop loops[] = {
		{each_word_of_the_brokers_has_its_end, PUBLISHINGS * WORDS}};
	const TTest *const tests[] = {
		an_answer_comes_once,
		an_error_is_an_answer,
		a_handler_may_ask_and_answer_later,
		nobody_there_is_a_timeout_and_then_expired,
		early_is_not_lost,
		a_retry_that_comes_too_late_is_not_made,
		what_waits_is_bounded,
		closing_ends_what_waits,
		a_message_against_the_rules_is_not_sent,
		an_answer_too_late_is_counted,
		a_fact_reaches_every_consumer,
		a_confirmed_publish_tells_once,
		a_refused_publish_is_unavailable,
		a_request_on_behalf_of_a_client_ends_with_the_clients_wait,
		a_request_ends_with_its_own_wait_before_the_clients,
		a_retry_that_outlasts_the_client_is_not_made,
		what_was_published_by_hand_keeps_the_id_that_it_gets,
		what_belongs_to_no_call_is_missed_where_somebody_would_take_it,
		a_full_way_out_refuses_what_belongs_to_no_call,
	};
	return world_main_with("service_request", tests, sizeof tests / sizeof tests[0], loops, 1);
}
