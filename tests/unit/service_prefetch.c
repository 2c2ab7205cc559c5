/* How many deliveries an instance holds. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "service/prefetch.h"
#include "service_world.h"

enum { SHARE = 2, HELD_MAX = 256 };

static atomic_int runs, held_count;
static struct warren_ctx *held[HELD_MAX];
static struct warren_instance *worker, *asker;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool inside, is_open;

static void wait_at_door(void)
{
	pthread_mutex_lock(&mutex);
	inside = true;
	pthread_cond_broadcast(&changed);
	while (!is_open)
		pthread_cond_wait(&changed, &mutex);
	pthread_mutex_unlock(&mutex);
}

static void await_inside(void)
{
	pthread_mutex_lock(&mutex);
	while (!inside)
		pthread_cond_wait(&changed, &mutex);
	pthread_mutex_unlock(&mutex);
}

static void open_door(void)
{
	pthread_mutex_lock(&mutex);
	is_open = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&mutex);
}

/* It takes as many ms as the message says; what is to be held is deferred. */
static int on_fact(struct warren_ctx *ctx, const void *message, void *state)
{
	const struct note *fact = message;
	(void)state;
	atomic_fetch_add(&runs, 1);
	if (fact->number > 0)
		warren_clock_advance_ms(world.rest.clock, fact->number);
	if (strcmp(fact->text, "hold") == 0)
		held[atomic_fetch_add(&held_count, 1)] = warren_defer(ctx);
	if (strcmp(fact->text, "wait") == 0)
		wait_at_door();
	return 0;
}

static const struct warren_broker_queue lane = {.name = "sys.worker.fact",
	.kind = WARREN_QUEUE_QUORUM,
	.delivery_limit = 1000,
	.reject_publish = true,
	.dead_letter_exchange = "sys.worker.dead",
	.dead_letter_at_least_once = true,
	.single_active_consumer = true};

#define FACT(...)                                                                                  \
	{.event = &fact_event,                                                                     \
		.queue = &worker_fact,                                                             \
		.handle = on_fact,                                                                 \
		.max_attempts = 1,                                                                 \
		##__VA_ARGS__}

static const struct warren_handler fact_alone[] = {FACT()};
static const struct warren_handler fact_inline[] = {FACT(.is_inline = true)};
static const struct warren_handler fact_said[] = {FACT(.prefetch = 5)};
static const struct warren_handler fact_lane[] = {
	{.event = &fact_event, .queue = &lane, .handle = on_fact, .max_attempts = 1}};
static const struct warren_handler fact_and_ask[] = {
	FACT(), {.event = &ask_event, .queue = &worker_ask, .handle = on_fact, .max_attempts = 1}};
static const struct warren_handler hint_alone[] = {
	{.event = &hint_event, .queue = &worker_hint, .handle = on_fact, .max_attempts = 1}};

static struct warren_service worker_service = {
	.api = WARREN_API, .system = "sys", .topology = &sys_topology, .name = "worker"};
static const struct warren_event *const publishes[] = {&fact_event, &ask_event, &hint_event};
static const struct warren_service asker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "asker",
	.publishes = publishes,
	.publish_count = 3};

#define BEGIN(workers, handlers) begin((workers), (handlers), sizeof(handlers) / sizeof *(handlers))

static void begin(uint32_t workers, const struct warren_handler *handlers, size_t count)
{
	worker_service.handlers = handlers;
	worker_service.handler_count = count;
	worker = world_add_with(
		&worker_service, (struct warren_instance_options){.workers = workers});
	asker = world_add(&asker_service);
	runs = held_count = 0;
	inside = is_open = false;
}

static void publish(const struct warren_event *event, int count, const char *text, int number)
{
	const struct note note = {.text = text, .number = number};
	for (int i = 0; i < count; i++)
		ck_assert_int_eq(warren_publish(warren_root(asker), event, &note), 0);
}

static void handle(int count, const char *text, int number)
{
	publish(&fact_event, count, text, number);
	world_rest();
}

static void expect_changes(int widened, int narrowed)
{
	struct warren_instance_counters counters = world_counters(worker);
	ck_assert_uint_eq(counters.widened, widened);
	ck_assert_uint_eq(counters.narrowed, narrowed);
}

/* Of so many that wait it holds that many, and takes the others when those are settled. */
static void expect_holds(int most)
{
	enum { WAITING = 150 };
	int before = atomic_load(&runs);
	held_count = 0;
	handle(WAITING, "hold", 0);
	ck_assert_int_eq(atomic_load(&runs) - before, most);
	for (int i = 0; i < WAITING; i++) {
		ck_assert_int_lt(i, atomic_load(&held_count));
		ck_assert_int_eq(warren_done(held[i]), 0);
		world_rest();
	}
	ck_assert_int_eq(atomic_load(&runs) - before, WAITING);
}

START_TEST(it_begins_with_two_for_each_worker)
{
	BEGIN(3, fact_alone);
	expect_holds(3 * SHARE);
}
END_TEST

START_TEST(an_inline_one_begins_with_two)
{
	BEGIN(3, fact_inline);
	expect_holds(SHARE);
}
END_TEST

START_TEST(a_fast_handler_has_more)
{
	BEGIN(1, fact_alone);
	handle(WARREN_PREFETCH_LEARN - 1, "do", 0);
	expect_changes(0, 0);
	handle(1, "do", 0);
	expect_changes(1, 0);
	expect_holds(SHARE + WARREN_PREFETCH_MORE);
}
END_TEST

START_TEST(a_fast_inline_handler_has_more)
{
	BEGIN(4, fact_inline);
	handle(WARREN_PREFETCH_LEARN, "do", 0);
	expect_changes(1, 0);
	expect_holds(SHARE + WARREN_PREFETCH_MORE);
}
END_TEST

/* Deferred calls wait for nobody here: as many are under way as of any fast handler. */
START_TEST(a_handler_that_defers_has_more)
{
	BEGIN(1, fact_alone);
	handle(WARREN_PREFETCH_LEARN, "hold", 0);
	ck_assert_int_eq(runs, SHARE);
	while (held_count < WARREN_PREFETCH_LEARN) {
		int count = held_count;
		ck_assert_int_eq(warren_done(held[count - 1]), 0);
		world_rest();
		ck_assert_int_gt(held_count, count);
	}
	expect_changes(1, 0);
}
END_TEST

START_TEST(a_handler_that_becomes_slow_has_less)
{
	BEGIN(1, fact_alone);
	handle(20, "do", 0);
	expect_changes(1, 0);
	handle(8, "do", 10);
	expect_changes(1, 0); /* it changes at most once in a while */
	world_advance(WARREN_PREFETCH_CHANGE_MS);
	handle(1, "do", 10);
	expect_changes(1, 1);
	expect_holds(SHARE);
	expect_changes(1, 1);
	world_advance(WARREN_PREFETCH_CHANGE_MS);
	handle(1, "do", 0); /* all those that were held took no time */
	expect_changes(2, 1);
	expect_holds(SHARE + WARREN_PREFETCH_MORE);
}
END_TEST

START_TEST(between_fast_and_slow_it_stays_as_it_is)
{
	BEGIN(1, fact_alone);
	handle(20, "do", 1); /* 58 ms for all that it may have */
	world_advance(WARREN_PREFETCH_CHANGE_MS);
	handle(20, "do", 1);
	expect_changes(0, 0);
	handle(20, "do", 0);
	expect_changes(1, 0);
	for (int i = 0; i < 5; i++) {
		world_advance(WARREN_PREFETCH_CHANGE_MS);
		handle(20, "do", 1);
	}
	expect_changes(1, 0);
}
END_TEST

/* Its own handler is fast, but another one has the worker. */
START_TEST(deliveries_that_wait_for_another_handler_are_fewer)
{
	uint64_t given, now_given;
	BEGIN(1, fact_and_ask);
	handle(20, "do", 0);
	expect_changes(1, 0);
	world_advance(WARREN_PREFETCH_CHANGE_MS);
	publish(&ask_event, 1, "wait", 0);
	await_inside();
	warren_workers_idle(worker->workers, &given);
	publish(&fact_event, 20, "do", 0);
	do {
		sched_yield();
		warren_workers_idle(worker->workers, &now_given);
	} while (now_given < given + 20);
	warren_clock_advance_ms(world.rest.clock, 500);
	open_door();
	expect_changes(1, 1);
}
END_TEST

START_TEST(what_the_schema_says_stays)
{
	BEGIN(2, fact_said);
	handle(20, "do", 0);
	expect_changes(0, 0);
	expect_holds(5);
	handle(20, "do", 100);
	expect_changes(0, 0);
	expect_holds(5);
}
END_TEST

/* Nobody else may have what it holds. */
START_TEST(a_single_active_consumer_has_all_of_it)
{
	BEGIN(2, fact_lane);
	expect_holds(2 * SHARE + WARREN_PREFETCH_MORE);
	handle(20, "do", 100);
	expect_changes(0, 0);
	expect_holds(2 * SHARE + WARREN_PREFETCH_MORE);
}
END_TEST

START_TEST(at_most_once_it_has_what_there_is)
{
	BEGIN(1, hint_alone);
	publish(&hint_event, 200, "do", 0);
	world_rest();
	ck_assert_int_eq(runs, 200);
	expect_changes(0, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		it_begins_with_two_for_each_worker,
		an_inline_one_begins_with_two,
		a_fast_handler_has_more,
		a_fast_inline_handler_has_more,
		a_handler_that_defers_has_more,
		a_handler_that_becomes_slow_has_less,
		between_fast_and_slow_it_stays_as_it_is,
		deliveries_that_wait_for_another_handler_are_fewer,
		what_the_schema_says_stays,
		a_single_active_consumer_has_all_of_it,
		at_most_once_it_has_what_there_is,
	};
	return world_main("service_prefetch", tests, sizeof tests / sizeof *tests);
}
