/* Closing while busy, calls that stay open, and outcomes that the broker does not take. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "service_world.h"

/* ---- a service whose handlers wait for the test ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int inside, released; /* under the mutex */
static atomic_int runs;
static struct warren_ctx *deferred;

static void enter_and_wait(void)
{
	pthread_mutex_lock(&mutex);
	inside++;
	pthread_cond_broadcast(&changed);
	while (!released)
		pthread_cond_wait(&changed, &mutex);
	pthread_mutex_unlock(&mutex);
}

static void await_inside(int count)
{
	pthread_mutex_lock(&mutex);
	while (inside < count)
		pthread_cond_wait(&changed, &mutex);
	pthread_mutex_unlock(&mutex);
}

static void release(void)
{
	pthread_mutex_lock(&mutex);
	released = 1;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&mutex);
}

static const struct warren_message_type lone_type = NOTE_TYPE("Lone", "lone");
static const struct warren_event lone_event = {
	.name = "lone", .type = &lone_type, .schema = "0000000000000033"};

static int on_fact(struct warren_ctx *ctx, const void *message, void *worker)
{
	const struct note *fact = message;
	(void)worker;
	atomic_fetch_add(&runs, 1);
	if (strcmp(fact->text, "wait") == 0)
		enter_and_wait();
	if (strcmp(fact->text, "wait and publish") == 0) {
		enter_and_wait();
		return warren_publish(ctx, &lone_event, &(struct note){.text = "late"});
	}
	if (strcmp(fact->text, "wait and park") == 0) {
		enter_and_wait();
		return note_fail(ctx, WARREN_NOT_FOUND, NULL, "no such thing");
	}
	if (strcmp(fact->text, "defer") == 0)
		deferred = warren_defer(ctx);
	if (strcmp(fact->text, "take back") == 0) {
		warren_defer(ctx);
		return ctx->attempt == 1 ? -EAGAIN : warren_done(ctx);
	}
	if (strcmp(fact->text, "park") == 0)
		return note_fail(ctx, WARREN_NOT_FOUND, NULL, "no such thing");
	return 0;
}

static const struct warren_event *const worker_publishes[] = {&lone_event};
static const struct warren_handler handlers[] = {
	{.event = &fact_event,
		.queue = &worker_fact,
		.handle = on_fact,
		.prefetch = 8,
		.max_attempts = 3,
		SYS_WAITS(100, 100)},
};
static const struct warren_service worker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "worker",
	.handlers = handlers,
	.handler_count = 1,
	.publishes = worker_publishes,
	.publish_count = 1};

static const struct warren_event *const asker_publishes[] = {&fact_event};
static const struct warren_service asker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "asker",
	.publishes = asker_publishes,
	.publish_count = 1};

static void publish(struct warren_instance *asker, const char *text)
{
	ck_assert_int_eq(
		warren_publish(warren_root(asker), &fact_event, &(struct note){.text = text}), 0);
}

/* Waits until the broker has carried out what was asked of it. */
static void on_passed(enum warren_broker_outcome outcome, void *data)
{
	(void)outcome;
	(void)data;
	pthread_mutex_lock(&mutex);
	inside += 1000;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&mutex);
}

static void pass_broker(void)
{
	const struct warren_broker_message nothing = {.exchange = "", .routing_key = "nobody"};
	ck_assert_int_eq(warren_broker_publish(world.rest.broker, &nothing, on_passed, NULL), 0);
	await_inside(1000);
	pthread_mutex_lock(&mutex);
	inside -= 1000;
	pthread_mutex_unlock(&mutex);
}

/* ---- the tests ---- */

/* What has not begun by then never does. */
static void await_closing(struct warren_instance *instance)
{
	pthread_mutex_lock(&instance->mutex);
	while (instance->stage != WARREN_STAGE_CLOSING)
		pthread_cond_wait(&instance->quiet, &instance->mutex);
	pthread_mutex_unlock(&instance->mutex);
}

static void *close_last(void *data)
{
	world_remove(*(uint32_t *)data);
	return NULL;
}

START_TEST(what_runs_is_finished)
{
	uint32_t drain_ms = 60000;
	pthread_t closer;
	struct warren_instance *asker = world_add(&asker_service);
	world_add(&worker_service);
	publish(asker, "wait");
	await_inside(1);
	ck_assert_int_eq(pthread_create(&closer, NULL, close_last, &drain_ms), 0);
	release();
	pthread_join(closer, NULL);
	ck_assert_int_eq(world_depth("sys.worker.fact"), 0);
	ck_assert_int_eq(runs, 1);
}
END_TEST

START_TEST(what_has_not_begun_goes_back)
{
	uint32_t drain_ms = 0;
	pthread_t closer;
	struct warren_instance *asker = world_add(&asker_service);
	struct warren_instance *worker =
		world_add_with(&worker_service, (struct warren_instance_options){.workers = 1});
	publish(asker, "wait");
	await_inside(1);
	for (int i = 0; i < 3; i++)
		publish(asker, "well");
	pass_broker(); /* they wait for the one worker */
	ck_assert(!warren_instance_idle(worker));
	ck_assert_int_eq(pthread_create(&closer, NULL, close_last, &drain_ms), 0);
	await_closing(worker);
	release();
	pthread_join(closer, NULL);
	ck_assert_int_eq(world_depth("sys.worker.fact"), 3);
	ck_assert_int_eq(runs, 1);
	world_add(&worker_service);
	ck_assert_int_eq(world_depth("sys.worker.fact"), 0);
	ck_assert_int_eq(runs, 4);
}
END_TEST

static void fill(void)
{
	warren_broker_memory_full(world.rest.broker, true);
}

static void empty(void)
{
	warren_broker_memory_full(world.rest.broker, false);
}

static void refuse(void)
{
	warren_broker_memory_fault(world.rest.broker, 0, 1, WARREN_BROKER_REFUSED);
}

static void lose(void)
{
	warren_broker_memory_fault(world.rest.broker, 0, 1, WARREN_BROKER_LOST);
}

static void nothing(void)
{
}

static const struct obstruction {
	const char *name;
	void (*begin)(void);
	void (*end)(void);
} obstructions[] = {{"no room on the way out", fill, empty}, {"refused", refuse, nothing},
	{"lost", lose, nothing}};
enum { OBSTRUCTIONS = sizeof obstructions / sizeof obstructions[0] };

/* Its handler returns while the instance closes, and what it published is not taken. */
START_TEST(what_ends_too_late_goes_back)
{
	uint32_t drain_ms = 0;
	pthread_t closer;
	struct warren_instance *asker = world_add(&asker_service);
	struct warren_instance *worker = world_add(&worker_service);
	publish(asker, "wait and publish");
	await_inside(1);
	ck_assert_int_eq(pthread_create(&closer, NULL, close_last, &drain_ms), 0);
	await_closing(worker);
	obstructions[_i].begin();
	release();
	pthread_join(closer, NULL); /* one that tried again and again for room would never close */
	obstructions[_i].end();
	ck_assert_msg(world_depth("sys.worker.fact") == 1, "%s", obstructions[_i].name);
	ck_assert_int_eq(runs, 1);
	world_add(&worker_service);
	ck_assert_int_eq(world_depth("sys.worker.fact"), 0);
	ck_assert_int_eq(runs, 2);
	ck_assert_int_eq(world_depth("sys.worker.dead"), 0);
}
END_TEST

/* Nor is the copy for the dead letters.  It goes back at once: nobody is there to send it again. */
START_TEST(what_cannot_be_parked_in_time_goes_back)
{
	bool lost = _i == 1; /* it has arrived */
	uint32_t drain_ms = 0;
	pthread_t closer;
	struct warren_instance_counters counters;
	struct warren_instance *asker = world_add(&asker_service);
	struct warren_instance *worker = warren_instance_ref(world_add(&worker_service));
	publish(asker, "wait and park");
	await_inside(1);
	ck_assert_int_eq(pthread_create(&closer, NULL, close_last, &drain_ms), 0);
	await_closing(worker);
	if (lost)
		lose();
	else
		refuse();
	release();
	pthread_join(closer, NULL);
	ck_assert_int_eq(world_depth("sys.worker.fact"), 1);
	ck_assert_int_eq(world_depth("sys.worker.dead"), lost);
	warren_instance_counters(worker, &counters);
	ck_assert_uint_eq(counters.requeued, 1);
	ck_assert_uint_eq(counters.unsettled, 0);
	warren_instance_unref(worker);
}
END_TEST

START_TEST(what_nobody_settles_goes_back)
{
	struct warren_instance *asker = world_add(&asker_service);
	world_add(&worker_service);
	publish(asker, "defer");
	ck_assert_int_eq(world_depth("sys.worker.fact"), 1);
	ck_assert_int_eq(runs, 1);
	world_remove(0);
	ck_assert_int_eq(world_depth("sys.worker.fact"), 1);
	ck_assert_int_eq(runs, 1);
}
END_TEST

static void *settle_later(void *data)
{
	ck_assert_int_eq(warren_done(data), 0);
	return NULL;
}

START_TEST(a_deferred_call_is_settled_from_any_thread)
{
	pthread_t other;
	struct warren_instance *asker = world_add(&asker_service);
	world_add(&worker_service);
	publish(asker, "defer");
	world_rest();
	world_advance(60000); /* nothing takes it away meanwhile */
	ck_assert_int_eq(world_depth("sys.worker.fact"), 1);
	ck_assert_int_eq(pthread_create(&other, NULL, settle_later, deferred), 0);
	pthread_join(other, NULL);
	ck_assert_int_eq(world_depth("sys.worker.fact"), 0);
	ck_assert_int_eq(runs, 1);
}
END_TEST

START_TEST(a_negative_return_takes_a_deferred_call_back)
{
	struct warren_instance *asker = world_add(&asker_service);
	world_add(&worker_service);
	publish(asker, "take back");
	world_advance(100);
	ck_assert_int_eq(runs, 2);
	ck_assert_int_eq(world_depth("sys.worker.fact"), 0);
	ck_assert_int_eq(world_depth("sys.worker.dead"), 0);
}
END_TEST

START_TEST(an_outcome_that_is_refused_is_sent_again_later)
{
	struct warren_instance *asker = world_add(&asker_service);
	struct warren_instance *worker = world_add(&worker_service);
	publish(asker, "defer");
	world_rest();
	/* The broker is full: it cannot be parked, so it must not be lost. */
	warren_broker_memory_limit(world.rest.broker, 1);
	ck_assert_int_eq(note_fail(deferred, WARREN_NOT_FOUND, NULL, "no such thing"), 0);
	/* The wait doubles up to a minute, and no further. */
	static const int64_t waits_ms[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
	for (size_t i = 0; i < sizeof waits_ms / sizeof waits_ms[0]; i++) {
		ck_assert_uint_eq(world_counters(worker).unsettled, i + 1);
		world_advance(waits_ms[i] - 1);
		ck_assert_uint_eq(world_counters(worker).unsettled, i + 1);
		world_advance(1);
	}
	ck_assert_int_eq(world_depth("sys.worker.fact"), 1);
	warren_broker_memory_limit(world.rest.broker, 1 << 20);
	world_advance(60000);
	ck_assert_int_eq(runs, 1);
	ck_assert_uint_eq(world_counters(worker).requeued, 0);
	ck_assert_int_eq(world_depth("sys.worker.dead"), 1);
	ck_assert_int_eq(world_depth("sys.worker.fact"), 0);
}
END_TEST

/* ---- what is parked ---- */

static struct {
	char reason[32], code[32], error[300], queue[64], id[64], body[256];
	int64_t attempt;
	int count;
} parked; /* read at rest only */

static void keep_header(
	const struct warren_broker_message *message, const char *name, char *ret, size_t size)
{
	const char *text = warren_broker_header_text(message, name);
	snprintf(ret, size, "%s", text ? text : "(none)");
}

static void on_parked(const struct warren_broker_delivery *delivery, void *data)
{
	const struct warren_broker_message *message = &delivery->message;
	(void)data;
	keep_header(message, "warren-reason", parked.reason, sizeof parked.reason);
	keep_header(message, "warren-code", parked.code, sizeof parked.code);
	keep_header(message, "warren-error", parked.error, sizeof parked.error);
	keep_header(message, "warren-queue", parked.queue, sizeof parked.queue);
	parked.attempt = warren_broker_header_number(message, "warren-attempt", -1);
	snprintf(parked.id, sizeof parked.id, "%s", message->message_id);
	snprintf(parked.body, sizeof parked.body, "%.*s", (int)message->body_len,
		(const char *)message->body);
	parked.count++;
}

static void look_at_parked(void)
{
	uint64_t id;
	memset(&parked, 0, sizeof parked);
	ck_assert_int_eq(warren_broker_consume(
				 world.rest.broker, "sys.worker.dead", 0, on_parked, NULL, &id),
		0);
	world_rest();
	ck_assert_int_eq(parked.count, 1);
}

START_TEST(a_parked_message_says_why)
{
	struct warren_instance *asker = world_add(&asker_service);
	world_add(&worker_service);
	publish(asker, "park");
	world_rest();
	look_at_parked();
	ck_assert_str_eq(parked.reason, "failed");
	ck_assert_str_eq(parked.code, "not_found");
	ck_assert_str_eq(parked.error, "no such thing");
	ck_assert_str_eq(parked.queue, "sys.worker.fact");
	ck_assert_int_eq(parked.attempt, 1);
	ck_assert_uint_gt(strlen(parked.id), 30);
}
END_TEST

START_TEST(a_parked_message_keeps_its_payload_and_tells_no_secret)
{
	const char *json = "{\"text\":\"x\",\"password\":\"sesame-sesame-sesame-sesame-sesame-"
			   "sesame-sesame-sesame-sesame-sesame\"}";
	world_add(&worker_service);
	const struct warren_broker_message message = {
		.exchange = "sys",
		.routing_key = "fact.0",
		.type = "fact",
		.message_id = "by-hand",
		.content_type = "application/json",
		.body = (const uint8_t *)json,
		.body_len = strlen(json),
	};
	ck_assert_int_eq(warren_broker_publish(world.rest.broker, &message, NULL, NULL), 0);
	world_rest();
	look_at_parked();
	ck_assert_str_eq(parked.reason, "invalid");
	ck_assert_str_eq(parked.code, "invalid_argument");
	ck_assert_str_eq(parked.id, "by-hand");
	ck_assert_str_eq(parked.body, json);
	ck_assert_ptr_null(strstr(parked.error, "sesame"));
	ck_assert_int_eq(runs, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_runs_is_finished,
		what_has_not_begun_goes_back,
		what_nobody_settles_goes_back,
		a_deferred_call_is_settled_from_any_thread,
		a_negative_return_takes_a_deferred_call_back,
		an_outcome_that_is_refused_is_sent_again_later,
		a_parked_message_says_why,
		a_parked_message_keeps_its_payload_and_tells_no_secret,
	};
	const struct world_loop loops[] = {{what_ends_too_late_goes_back, OBSTRUCTIONS},
		{what_cannot_be_parked_in_time_goes_back, 2}};
	return world_main_with("service_close", tests, sizeof tests / sizeof tests[0], loops, 2);
}
