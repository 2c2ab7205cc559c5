/* The clock and the timers. */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/seldom.h"
#include "base/timer.h"

struct sleeper {
	struct warren_clock *clock;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	int64_t until_ms, woke_at_ms;
};

static void *sleep_until(void *data)
{
	struct sleeper *self = data;
	pthread_mutex_lock(&self->mutex);
	while (warren_clock_now_ms(self->clock) < self->until_ms)
		warren_clock_wait(self->clock, &self->cond, &self->mutex, self->until_ms);
	self->woke_at_ms = warren_clock_now_ms(self->clock);
	pthread_mutex_unlock(&self->mutex);
	return NULL;
}

/* Whatever the threads' order, none misses its time: the race between looking and waiting is run
 * many times. */
START_TEST(a_turned_clock_wakes_its_sleepers)
{
	for (int round = 0; round < 200; round++) {
		struct warren_clock *clock = warren_clock_open_turned(1000);
		struct sleeper sleepers[4];
		pthread_t threads[4];
		for (int i = 0; i < 4; i++) {
			sleepers[i] = (struct sleeper){.clock = clock, .until_ms = 10 * (i + 1)};
			pthread_mutex_init(&sleepers[i].mutex, NULL);
			warren_clock_cond_init(&sleepers[i].cond);
			pthread_create(&threads[i], NULL, sleep_until, &sleepers[i]);
		}
		for (int i = 0; i < 4; i++)
			warren_clock_advance_ms(clock, 10);
		for (int i = 0; i < 4; i++) {
			pthread_join(threads[i], NULL);
			ck_assert_int_ge(sleepers[i].woke_at_ms, sleepers[i].until_ms);
			pthread_cond_destroy(&sleepers[i].cond);
			pthread_mutex_destroy(&sleepers[i].mutex);
		}
		ck_assert_int_eq(warren_clock_wall_ms(clock), 1040);
		warren_clock_close(clock);
	}
}
END_TEST

START_TEST(the_real_clock_goes_on)
{
	struct sleeper self = {.clock = warren_clock_real()};
	pthread_mutex_init(&self.mutex, NULL);
	warren_clock_cond_init(&self.cond);
	self.until_ms = warren_clock_now_ms(self.clock) + 20;
	sleep_until(&self);
	ck_assert_int_ge(self.woke_at_ms, self.until_ms);
	ck_assert(!warren_clock_is_turned(self.clock));
	ck_assert_int_gt(warren_clock_wall_ms(self.clock), 1700000000000);
	pthread_cond_destroy(&self.cond);
	pthread_mutex_destroy(&self.mutex);
}
END_TEST

/* ---- timers ---- */

struct record {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	int order[16];
	int count;
};

struct entry {
	struct record *record;
	int number;
};

static void note(void *data)
{
	struct entry *entry = data;
	pthread_mutex_lock(&entry->record->mutex);
	entry->record->order[entry->record->count++] = entry->number;
	pthread_cond_broadcast(&entry->record->cond);
	pthread_mutex_unlock(&entry->record->mutex);
}

static void await(struct record *record, int count)
{
	pthread_mutex_lock(&record->mutex);
	while (record->count < count)
		pthread_cond_wait(&record->cond, &record->mutex);
	pthread_mutex_unlock(&record->mutex);
}

START_TEST(timers_run_in_order_and_can_be_cancelled)
{
	struct warren_clock *clock = warren_clock_open_turned(0);
	struct warren_loop *loop;
	struct warren_timers *timers;
	struct record record = {
		.mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};
	struct entry entries[5];
	static const int64_t at_ms[5] = {30, 10, 20, 10, 25};
	uint64_t ids[5];
	ck_assert_int_eq(warren_loop_open(clock, &loop), 0);
	ck_assert_int_eq(warren_timers_open(loop, clock, &timers), 0);
	ck_assert_int_eq(warren_timers_next_ms(timers), WARREN_CLOCK_NEVER);
	for (int i = 0; i < 5; i++) {
		entries[i] = (struct entry){&record, i};
		ck_assert_int_eq(
			warren_timer_start(timers, at_ms[i], note, &entries[i], &ids[i]), 0);
	}
	ck_assert_int_eq(warren_timers_next_ms(timers), 10);
	ck_assert(warren_timer_cancel(timers, ids[4]));
	ck_assert(!warren_timer_cancel(timers, ids[4]));
	ck_assert(warren_timers_idle(timers));
	warren_clock_advance_ms(clock, 20);
	await(&record, 3);
	ck_assert_int_eq(record.order[0], 1);
	ck_assert_int_eq(record.order[1], 3);
	ck_assert_int_eq(record.order[2], 2);
	ck_assert(!warren_timer_cancel(timers, ids[1]));
	warren_clock_advance_ms(clock, 100);
	await(&record, 4);
	ck_assert_int_eq(record.order[3], 0);
	warren_timers_close(timers);
	warren_loop_close(loop);
	warren_clock_close(clock);
}
END_TEST

/* A thousand timers, set and cancelled in no order: exactly those that were left run, in the order
 * of their times. */
START_TEST(timers_left_after_many_cancels_run_in_order)
{
	enum { COUNT = 1000 };
	struct warren_clock *clock = warren_clock_open_turned(0);
	struct warren_loop *loop;
	struct warren_timers *timers;
	struct record record = {
		.mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};
	static struct entry entries[COUNT];
	static uint64_t ids[COUNT];
	ck_assert_int_eq(warren_loop_open(clock, &loop), 0);
	ck_assert_int_eq(warren_timers_open(loop, clock, &timers), 0);
	for (int i = 0; i < COUNT; i++) {
		entries[i] = (struct entry){&record, 1 + i * 7919 % COUNT};
		ck_assert_int_eq(
			warren_timer_start(timers, entries[i].number, note, &entries[i], &ids[i]),
			0);
	}
	int left = 0;
	for (int i = 0; i < COUNT; i++) {
		if (entries[i].number % 100 == 0) {
			left++;
			continue;
		}
		ck_assert(warren_timer_cancel(timers, ids[i]));
		ck_assert(!warren_timer_cancel(timers, ids[i]));
	}
	ck_assert_int_eq(left, 10);
	warren_clock_advance_ms(clock, COUNT);
	await(&record, left);
	for (int i = 0; i < left; i++)
		ck_assert_int_eq(record.order[i], 100 * (i + 1));
	for (int i = 0; i < COUNT; i++)
		ck_assert(!warren_timer_cancel(timers, ids[i]));
	warren_timers_close(timers);
	warren_loop_close(loop);
	warren_clock_close(clock);
}
END_TEST

START_TEST(timers_that_are_set_at_close_never_run)
{
	struct warren_loop *loop;
	struct warren_timers *timers;
	struct record record = {
		.mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};
	struct entry entry = {&record, 0};
	uint64_t id;
	ck_assert_int_eq(warren_loop_open(warren_clock_real(), &loop), 0);
	ck_assert_int_eq(warren_timers_open(loop, warren_clock_real(), &timers), 0);
	int64_t far_ms = warren_clock_now_ms(warren_clock_real()) + 3600000;
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(warren_timer_start(timers, far_ms - i, note, &entry, &id), 0);
	warren_timers_close(timers);
	warren_loop_close(loop);
	ck_assert_int_eq(record.count, 0);
}
END_TEST

START_TEST(what_comes_often_is_told_seldom)
{
	struct warren_seldom seldom = {0};
	int told = 0;
	for (int64_t now_ms = 1; now_ms <= 1000; now_ms++)
		told += warren_seldom(&seldom, now_ms, 100);
	ck_assert_int_eq(told, 10);
	ck_assert(warren_seldom(&seldom, 5000, 100)); /* at once after a pause */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base time");
	TCase *tests = tcase_create("all");
	tcase_add_test(tests, a_turned_clock_wakes_its_sleepers);
	tcase_add_test(tests, the_real_clock_goes_on);
	tcase_add_test(tests, what_comes_often_is_told_seldom);
	tcase_add_test(tests, timers_run_in_order_and_can_be_cancelled);
	tcase_add_test(tests, timers_left_after_many_cancels_run_in_order);
	tcase_add_test(tests, timers_that_are_set_at_close_never_run);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
