/* The threads of an instance: lanes, whoever is free, bounds, the end. */
#include <check.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "service/worker.h"

static atomic_int opened, closed, fail_at;

static int open_worker(struct warren_instance *instance, void **ret)
{
	(void)instance;
	int number = atomic_fetch_add(&opened, 1) + 1;
	if (number == fail_at)
		return -ENOENT;
	*ret = malloc(1);
	return 0;
}

static void close_worker(void *worker)
{
	free(worker);
	atomic_fetch_add(&closed, 1);
}

static const struct warren_service service = {
	.worker_open = open_worker, .worker_close = close_worker};

static struct warren_loop *loop;

static void open_loop(void)
{
	ck_assert_int_eq(warren_loop_open(warren_clock_real(), &loop), 0);
}

static void close_loop(void)
{
	warren_loop_close(loop);
}

static struct warren_workers *start(uint32_t count, uint32_t max_waiting)
{
	const struct warren_workers_options options = {.loop = loop,
		.clock = warren_clock_real(),
		.service = &service,
		.count = count,
		.max_waiting = max_waiting};
	struct warren_workers *workers = NULL;
	opened = closed = 0;
	ck_assert_int_eq(warren_workers_open(&options, &workers), 0);
	ck_assert_int_eq(opened, (int)count);
	return workers;
}

static void end(struct warren_workers *workers)
{
	warren_workers_stop(workers);
	warren_workers_close(workers);
	ck_assert_int_eq(closed, opened);
}

/* ---- a door that tasks wait at ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int inside;
static bool open;

static void wait_at_door(void *worker, void *data)
{
	(void)worker;
	(void)data;
	pthread_mutex_lock(&mutex);
	inside++;
	pthread_cond_broadcast(&changed);
	while (!open)
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

static void open_door(void)
{
	pthread_mutex_lock(&mutex);
	open = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&mutex);
}

/* ---- the tests ---- */

#define LANES 5
#define STEPS 2000

static int next_step[LANES]; /* no lock: a lane never runs twice at the same time */
static atomic_int wrong;

static void step(void *worker, void *data)
{
	uintptr_t number = (uintptr_t)data;
	ck_assert_ptr_nonnull(worker);
	if (next_step[number % LANES]++ != (int)(number / LANES))
		atomic_fetch_add(&wrong, 1);
}

START_TEST(a_lane_runs_in_order)
{
	struct warren_workers *workers = start(3, LANES * STEPS);
	for (uintptr_t i = 0; i < LANES * STEPS; i++)
		ck_assert_int_eq(warren_workers_run(workers, i % LANES, step, (void *)i), 0);
	warren_workers_wait_idle(workers);
	uint64_t given;
	ck_assert(warren_workers_idle(workers, &given));
	ck_assert_uint_eq(given, LANES * STEPS);
	end(workers);
	ck_assert_int_eq(wrong, 0);
	for (int i = 0; i < LANES; i++)
		ck_assert_int_eq(next_step[i], STEPS);
}
END_TEST

START_TEST(whoever_is_free_takes_it)
{
	struct warren_workers *workers = start(4, 16);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(
			warren_workers_run(workers, WARREN_LANE_ANY, wait_at_door, NULL), 0);
	await_inside(4); /* all four at the same time, or this never returns */
	open_door();
	end(workers);
}
END_TEST

START_TEST(too_much_is_refused_but_not_what_is_reserved)
{
	struct warren_workers *workers = start(1, 2);
	ck_assert_int_eq(warren_workers_run(workers, 0, wait_at_door, NULL), 0);
	await_inside(1); /* it runs: it does not wait any more */
	ck_assert_int_eq(warren_workers_run(workers, 0, wait_at_door, NULL), 0);
	ck_assert_int_eq(warren_workers_run(workers, WARREN_LANE_ANY, wait_at_door, NULL), 0);
	ck_assert_int_eq(warren_workers_run(workers, 0, wait_at_door, NULL), -EAGAIN);
	ck_assert_int_eq(warren_workers_run(workers, WARREN_LANE_ANY, wait_at_door, NULL), -EAGAIN);
	ck_assert_int_eq(warren_workers_run_reserved(workers, 0, wait_at_door, NULL), 0);
	open_door();
	end(workers);
	ck_assert_int_eq(inside, 4);
}
END_TEST

/* ---- one worker, which is held while tasks are given: then it takes them as they were given ---- */

static int taken[8], taken_count; /* of one thread */

static void take(void *worker, void *data)
{
	(void)worker;
	taken[taken_count++] = (int)(uintptr_t)data;
}

START_TEST(what_was_given_first_runs_first_from_whichever_lane)
{
	static const uint64_t lanes[] = {
		WARREN_LANE_ANY, 0, 0, WARREN_LANE_ANY, 0, WARREN_LANE_ANY, WARREN_LANE_ANY, 0};
	struct warren_workers *workers = start(1, 16);
	ck_assert_int_eq(warren_workers_run(workers, 0, wait_at_door, NULL), 0);
	await_inside(1);
	for (uintptr_t i = 0; i < 8; i++)
		ck_assert_int_eq(warren_workers_run(workers, lanes[i], take, (void *)i), 0);
	open_door();
	end(workers);
	ck_assert_int_eq(taken_count, 8);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(taken[i], i);
}
END_TEST

/* Nothing is idle while one runs, though nothing waits any more. */
static struct warren_workers *idle_workers;
static atomic_int idle_runs;

static void note_idle(void *worker, void *data)
{
	(void)worker;
	(void)data;
	if (warren_workers_idle(idle_workers, NULL))
		atomic_fetch_add(&wrong, 1);
	atomic_fetch_add(&idle_runs, 1);
}

static void *wait_idle(void *data)
{
	warren_workers_wait_idle(data);
	ck_assert_int_eq(idle_runs, 100);
	return NULL;
}

START_TEST(idle_is_when_nothing_runs_or_waits)
{
	pthread_t waits;
	idle_workers = start(2, 128);
	ck_assert_int_eq(warren_workers_run(idle_workers, 0, wait_at_door, NULL), 0);
	await_inside(1);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(warren_workers_run(idle_workers, 0, note_idle, NULL), 0);
	ck_assert_int_eq(pthread_create(&waits, NULL, wait_idle, idle_workers), 0);
	open_door();
	pthread_join(waits, NULL);
	ck_assert_int_eq(wrong, 0);
	end(idle_workers);
}
END_TEST

static struct warren_workers *shared_workers;
static int refused_rc;

static void take_nothing(void *worker, void *data)
{
	(void)worker;
	(void)data;
}

static void give_more(void *worker, void *data)
{
	wait_at_door(worker, data);
	ck_assert_int_eq(warren_workers_run_reserved(shared_workers, 1, wait_at_door, NULL), 0);
	refused_rc = warren_workers_run(shared_workers, 1, wait_at_door, NULL);
}

static void *stop(void *data)
{
	warren_workers_stop(data);
	return NULL;
}

START_TEST(stopping_runs_all_that_waits)
{
	pthread_t stopper;
	shared_workers = start(2, 16);
	ck_assert_int_eq(warren_workers_run(shared_workers, 0, give_more, NULL), 0);
	await_inside(1);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(warren_workers_run(shared_workers, 0, wait_at_door, NULL), 0);
	ck_assert_int_eq(pthread_create(&stopper, NULL, stop, shared_workers), 0);
	open_door();
	pthread_join(stopper, NULL);
	ck_assert_int_ge(inside, 10); /* what was given while stopping as well */
	ck_assert(refused_rc == 0 || refused_rc == -ESHUTDOWN);
	ck_assert_int_eq(warren_workers_run(shared_workers, 0, wait_at_door, NULL), -ESHUTDOWN);
	ck_assert_int_eq(
		warren_workers_run_reserved(shared_workers, 0, wait_at_door, NULL), -ESHUTDOWN);
	warren_workers_close(shared_workers);
	ck_assert_int_eq(closed, 2);
}
END_TEST

/* Seen from a task that runs while it stops: the only one that can know that it has begun. */
static atomic_bool stopping_seen;

static void give_until_refused(void *worker, void *data)
{
	int rc;
	wait_at_door(worker, data);
	while ((rc = warren_workers_run(shared_workers, WARREN_LANE_ANY, take_nothing, NULL)) !=
		-ESHUTDOWN)
		ck_assert(rc == 0 || rc == -EAGAIN);
	ck_assert_int_eq(
		warren_workers_run_reserved(shared_workers, WARREN_LANE_ANY, take_nothing, NULL),
		0);
	stopping_seen = true;
}

START_TEST(stopping_refuses_what_is_bounded)
{
	pthread_t stopper;
	shared_workers = start(2, 16);
	ck_assert_int_eq(warren_workers_run(shared_workers, 0, give_until_refused, NULL), 0);
	await_inside(1);
	open_door();
	ck_assert_int_eq(pthread_create(&stopper, NULL, stop, shared_workers), 0);
	pthread_join(stopper, NULL);
	ck_assert(stopping_seen);
	warren_workers_close(shared_workers);
}
END_TEST

START_TEST(a_worker_that_does_not_open_ends_all)
{
	const struct warren_workers_options options = {.loop = loop,
		.clock = warren_clock_real(),
		.service = &service,
		.count = 4,
		.max_waiting = 1};
	struct warren_workers *workers = NULL;
	opened = closed = 0;
	fail_at = 3;
	ck_assert_int_eq(warren_workers_open(&options, &workers), -ENOENT);
	ck_assert_ptr_null(workers);
	ck_assert_int_eq(opened, 3);
	ck_assert_int_eq(closed, 2);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("worker");
	tcase_add_checked_fixture(cases, open_loop, close_loop);
	tcase_add_test(cases, a_lane_runs_in_order);
	tcase_add_test(cases, whoever_is_free_takes_it);
	tcase_add_test(cases, too_much_is_refused_but_not_what_is_reserved);
	tcase_add_test(cases, what_was_given_first_runs_first_from_whichever_lane);
	tcase_add_test(cases, idle_is_when_nothing_runs_or_waits);
	tcase_add_test(cases, stopping_runs_all_that_waits);
	tcase_add_test(cases, stopping_refuses_what_is_bounded);
	tcase_add_test(cases, a_worker_that_does_not_open_ends_all);
	Suite *suite = suite_create("service_worker");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
