/* What came back after crashes runs alone, and is parked when it crashes alone, too. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "service/wire.h"
#include "service_world.h"

/* ---- a service that notes who runs beside whom ---- */

static atomic_int running, most_running, alone_runs, runs;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int inside, released; /* under the mutex */

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

static int on_fact(struct warren_ctx *ctx, const void *message, void *worker)
{
	const struct note *fact = message;
	int beside = atomic_fetch_add(&running, 1) + 1;
	(void)ctx;
	(void)worker;
	if (beside > most_running)
		most_running = beside;
	if (strcmp(fact->text, "suspect") == 0) {
		ck_assert_int_eq(beside, 1);
		atomic_fetch_add(&alone_runs, 1);
	}
	if (strcmp(fact->text, "wait") == 0)
		enter_and_wait();
	atomic_fetch_sub(&running, 1);
	atomic_fetch_add(&runs, 1);
	return 0;
}

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
	.handler_count = 1};

static const struct warren_event *const asker_publishes[] = {&fact_event};
static const struct warren_service asker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "asker",
	.publishes = asker_publishes,
	.publish_count = 1};

/* ---- a consumer that ends with all that it holds, as a process that crashes ---- */

#define HELD_MAX 64

static uint64_t held[HELD_MAX];
static int held_count; /* under the mutex */

static void hold(const struct warren_broker_delivery *delivery, void *data)
{
	(void)data;
	pthread_mutex_lock(&mutex);
	ck_assert_int_lt(held_count, HELD_MAX);
	held[held_count++] = delivery->tag;
	pthread_mutex_unlock(&mutex);
}

static void crash_with(const char *queue, int expected)
{
	uint64_t id;
	held_count = 0;
	ck_assert_int_eq(
		warren_broker_consume(world.rest.broker, queue, HELD_MAX, hold, NULL, &id), 0);
	world_rest();
	warren_broker_cancel(world.rest.broker, id);
	ck_assert_int_eq(held_count, expected);
	for (int i = held_count - 1; i >= 0; i--)
		warren_broker_requeue(world.rest.broker, held[i]);
	world_rest();
}

static struct warren_instance *asker;

static void publish(const char *text)
{
	ck_assert_int_eq(
		warren_publish(warren_root(asker), &fact_event, &(struct note){.text = text}), 0);
	world_rest();
}

static void begin(void)
{
	asker = world_add(&asker_service);
}

/* ---- the tests ---- */

START_TEST(what_was_held_once_runs_beside_others)
{
	begin();
	publish("well");
	crash_with("sys.worker.fact", 1);
	struct warren_instance *worker = world_add(&worker_service);
	ck_assert_uint_eq(world_counters(worker).handled, 1);
	ck_assert_uint_eq(world_counters(worker).quarantined, 0);
	ck_assert_int_eq(world_depth("sys.worker.fact"), 0);
}
END_TEST

/* One of them is to blame; nobody knows which, so each runs alone, and all are handled. */
START_TEST(what_was_held_twice_runs_alone)
{
	begin();
	for (int i = 0; i < 32; i++)
		publish("suspect");
	crash_with("sys.worker.fact", 32);
	crash_with("sys.worker.fact", 32);
	struct warren_instance *worker = world_add(&worker_service);
	for (int i = 0; i < 8; i++)
		publish("well"); /* a fresh one does not wait for them in the queue */
	ck_assert_uint_eq(world_counters(worker).handled, 40);
	ck_assert_uint_eq(world_counters(worker).quarantined, 32);
	ck_assert_uint_eq(world_counters(worker).parked, 0);
	ck_assert_int_eq(alone_runs, 32);
	ck_assert_int_eq(world_depth("sys.worker.fact"), 0);
	ck_assert_int_eq(world_depth("sys.worker.quarantine"), 0);
	ck_assert_int_eq(world_depth("sys.worker.dead"), 0);
}
END_TEST

static char parked_reason[32], parked_queue[64];

static void see_parked(const struct warren_broker_delivery *delivery, void *data)
{
	const struct warren_broker_message *message = &delivery->message;
	(void)data;
	snprintf(parked_reason, sizeof parked_reason, "%s",
		warren_broker_header_text(message, WARREN_HEADER_REASON));
	snprintf(parked_queue, sizeof parked_queue, "%s",
		warren_broker_header_text(message, WARREN_HEADER_QUEUE));
}

START_TEST(what_crashes_alone_is_parked_without_its_handler)
{
	uint64_t id;
	begin();
	world_add(&worker_service);
	world_remove(0); /* its queues are there */
	publish("suspect");
	crash_with("sys.worker.fact", 1);
	crash_with("sys.worker.fact", 1);
	/* An instance moves it, and ends before it has run. */
	held_count = 0;
	ck_assert_int_eq(warren_broker_consume(
				 world.rest.broker, "sys.worker.quarantine", 1, hold, NULL, &id),
		0);
	struct warren_instance *worker = world_add(&worker_service);
	world_rest();
	ck_assert_int_eq(held_count, 1);
	warren_broker_cancel(world.rest.broker, id);
	warren_broker_requeue(world.rest.broker, held[0]);
	world_advance(30000); /* another instance's: it is found in time */
	ck_assert_uint_eq(world_counters(worker).crashed, 1);
	ck_assert_uint_eq(world_counters(worker).parked, 1);
	ck_assert_int_eq(runs, 0);
	ck_assert_int_eq(world_depth("sys.worker.dead"), 1);
	ck_assert_int_eq(warren_broker_consume(
				 world.rest.broker, "sys.worker.dead", 1, see_parked, NULL, &id),
		0);
	world_rest();
	ck_assert_str_eq(parked_reason, "crashed");
	ck_assert_str_eq(parked_queue, "sys.worker.fact");
}
END_TEST

START_TEST(a_suspect_waits_for_those_that_run)
{
	begin();
	inside = released = 0;
	publish("suspect");
	crash_with("sys.worker.fact", 1);
	crash_with("sys.worker.fact", 1);
	publish("wait");
	world_add(&worker_service);
	await_inside(1);
	release();
	world_rest();
	ck_assert_int_eq(runs, 2);
	ck_assert_int_eq(alone_runs, 1);
	ck_assert_int_eq(most_running, 1);
}
END_TEST

START_TEST(what_the_quarantine_holds_of_another_queue_is_parked)
{
	begin();
	struct warren_instance *worker = world_add(&worker_service);
	static const char *const queues[] = {NULL, "", "sys.other.fact", "x"};
	for (size_t i = 0; i < 4; i++) {
		if (i > 1)
			world_advance(30000); /* each is found by a look of its own */
		const struct warren_broker_header header = {
			.name = WARREN_HEADER_QUEUE, .text = queues[i]};
		const struct warren_broker_message message = {.exchange = "",
			.routing_key = "sys.worker.quarantine",
			.type = "fact",
			.headers = &header,
			.header_count = 1,
			.persistent = true};
		ck_assert_int_eq(warren_broker_publish(world.rest.broker, &message, NULL, NULL), 0);
	}
	world_advance(30000);
	ck_assert_uint_eq(world_counters(worker).parked, 4);
	ck_assert_int_eq(world_depth("sys.worker.quarantine"), 0);
	ck_assert_int_eq(world_depth("sys.worker.dead"), 4);
	ck_assert_int_eq(runs, 0);
}
END_TEST

/* A copy that the broker does not have is not safe: the message stays where it is, unacknowledged. */
START_TEST(what_cannot_be_parked_stays_in_the_quarantine)
{
	static const enum warren_broker_outcome words[] = {WARREN_BROKER_RETURNED,
		WARREN_BROKER_REFUSED, WARREN_BROKER_UNSENT, WARREN_BROKER_LOST};
	struct warren_broker_counters counters = {0};
	begin();
	world_add(&worker_service);
	world_rest(); /* it has looked; it looks again in half a minute */
	const struct warren_broker_header header = {.name = WARREN_HEADER_QUEUE, .text = "x"};
	const struct warren_broker_message message = {.exchange = "",
		.routing_key = "sys.worker.quarantine",
		.type = "fact",
		.headers = &header,
		.header_count = 1,
		.persistent = true};
	ck_assert_int_eq(warren_broker_publish(world.rest.broker, &message, NULL, NULL), 0);
	world_rest();
	warren_broker_memory_fault(world.rest.broker, 0, 1, words[_i]);
	warren_clock_advance_ms(world.rest.clock, 30000);
	/* Nothing else is published until it is known: resting would. */
	for (int i = 0; i < 10000000; i++) {
		warren_broker_counters(world.rest.broker, &counters);
		if (counters.returned + counters.refused + counters.unsent + counters.lost > 0)
			break;
		sched_yield();
	}
	world_rest();
	ck_assert_int_eq(world_depth("sys.worker.quarantine"), 1);
	ck_assert_int_eq(runs, 0);
}
END_TEST

/* It stays where it is, unacknowledged, and is moved later; that is counted once. */
START_TEST(a_move_to_the_quarantine_that_is_not_taken_is_made_again)
{
	static const enum warren_broker_outcome words[] = {WARREN_BROKER_RETURNED,
		WARREN_BROKER_REFUSED, WARREN_BROKER_UNSENT, WARREN_BROKER_LOST};
	bool lost = words[_i] == WARREN_BROKER_LOST; /* it has arrived, so it runs twice */
	struct warren_instance_counters counters = {0};
	begin();
	publish("suspect");
	crash_with("sys.worker.fact", 1);
	crash_with("sys.worker.fact", 1);
	warren_broker_memory_fault(world.rest.broker, 0, 1, words[_i]);
	struct warren_instance *worker = world_add(&worker_service);
	for (int i = 0; i < 10000000 && counters.unsettled == 0; i++) {
		sched_yield(); /* nothing else is published until it is known: resting would */
		warren_instance_counters(worker, &counters);
	}
	world_advance(1000);
	world_advance(1000);
	counters = world_counters(worker);
	ck_assert_uint_eq(counters.unsettled, 1);
	ck_assert_uint_eq(counters.quarantined, 1);
	ck_assert_int_eq(alone_runs, 1 + lost);
	ck_assert_int_eq(world_depth("sys.worker.fact"), 0);
	ck_assert_int_eq(world_depth("sys.worker.quarantine"), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_was_held_once_runs_beside_others,
		what_was_held_twice_runs_alone,
		what_crashes_alone_is_parked_without_its_handler,
		a_suspect_waits_for_those_that_run,
		what_the_quarantine_holds_of_another_queue_is_parked,
	};
	const struct world_loop loops[] = {{what_cannot_be_parked_stays_in_the_quarantine, 4},
		{a_move_to_the_quarantine_that_is_not_taken_is_made_again, 4}};
	return world_main_with("service_crash", tests, sizeof tests / sizeof tests[0], loops, 2);
}
