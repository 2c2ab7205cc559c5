/* The loop: turns, posts, calls, time. */
#include <check.h>
#include <ev.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/loop.h"
#include "limits.h"

enum { MANY = 2000 };

static struct warren_loop *open_loop(struct warren_clock *clock)
{
	struct warren_loop *loop = NULL;
	ck_assert_int_eq(warren_loop_open(clock, &loop), 0);
	return loop;
}

/* ---- posts and calls ---- */

struct numbered {
	struct warren_loop_task task;
	struct warren_loop *loop;
	int number, *last;
};

static void take_number(void *data)
{
	struct numbered *numbered = data;
	ck_assert(warren_loop_is_current(numbered->loop));
	ck_assert_int_eq(*numbered->last, numbered->number - 1);
	*numbered->last = numbered->number;
}

static void nothing(void *data)
{
	(void)data;
}

START_TEST(what_is_posted_runs_in_order_on_the_loop)
{
	struct warren_loop *loop = open_loop(warren_clock_real());
	static struct numbered all[MANY];
	int last = 0;
	ck_assert(!warren_loop_is_current(loop));
	for (int i = 0; i < MANY; i++) {
		all[i] = (struct numbered){
			.task = {.fn = take_number, .data = &all[i]},
			.loop = loop,
			.number = i + 1,
			.last = &last,
		};
		warren_loop_post(loop, &all[i].task);
	}
	warren_loop_call(loop, nothing, NULL);
	ck_assert_int_eq(last, MANY);
	warren_loop_close(loop);
}
END_TEST

START_TEST(what_was_posted_runs_before_the_loop_closes)
{
	for (int round = 0; round < 50; round++) {
		struct warren_loop *loop = open_loop(warren_clock_real());
		int last = 0;
		struct numbered one = {.loop = loop, .number = 1, .last = &last};
		one.task = (struct warren_loop_task){.fn = take_number, .data = &one};
		warren_loop_post(loop, &one.task);
		warren_loop_close(loop);
		ck_assert_int_eq(last, 1);
	}
}
END_TEST

struct nested {
	struct warren_loop *loop;
	int calls;
};

static void count_call(void *data)
{
	((struct nested *)data)->calls++;
}

static void call_again(void *data)
{
	struct nested *nested = data;
	warren_loop_call(nested->loop, count_call, nested);
	nested->calls++;
}

START_TEST(a_call_on_the_loop_itself_runs_at_once)
{
	struct warren_loop *loop = open_loop(warren_clock_real());
	struct nested nested = {.loop = loop};
	warren_loop_call(loop, call_again, &nested);
	ck_assert_int_eq(nested.calls, 2);
	warren_loop_close(loop);
}
END_TEST

/* ---- parts ---- */

struct counted {
	struct warren_loop_part part;
	struct warren_clock *clock;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	int64_t at_ms; /* when it wants to come again */
	int turns, wanted, order, *next_order;
};

static int64_t count_turn(void *data)
{
	struct counted *counted = data;
	pthread_mutex_lock(&counted->mutex);
	counted->turns++;
	if (counted->next_order && counted->order == 0)
		counted->order = ++*counted->next_order;
	if (counted->at_ms <= warren_clock_now_ms(counted->clock))
		counted->at_ms = WARREN_CLOCK_NEVER;
	int64_t at_ms = counted->wanted > 0 && counted->wanted-- > 1 ? 0 : counted->at_ms;
	pthread_cond_broadcast(&counted->cond);
	pthread_mutex_unlock(&counted->mutex);
	return at_ms;
}

static void counted_init(struct counted *counted, struct warren_clock *clock)
{
	*counted = (struct counted){
		.part = {.turn = count_turn, .data = counted},
		.clock = clock,
		.at_ms = WARREN_CLOCK_NEVER,
	};
	pthread_mutex_init(&counted->mutex, NULL);
	pthread_cond_init(&counted->cond, NULL);
}

static void await_turns(struct counted *counted, int more_than)
{
	pthread_mutex_lock(&counted->mutex);
	while (counted->turns <= more_than)
		pthread_cond_wait(&counted->cond, &counted->mutex);
	pthread_mutex_unlock(&counted->mutex);
}

static int64_t at_of(struct counted *counted)
{
	pthread_mutex_lock(&counted->mutex);
	int64_t at_ms = counted->at_ms;
	pthread_mutex_unlock(&counted->mutex);
	return at_ms;
}

static int turns_of(struct counted *counted)
{
	pthread_mutex_lock(&counted->mutex);
	int turns = counted->turns;
	pthread_mutex_unlock(&counted->mutex);
	return turns;
}

START_TEST(a_wake_is_never_lost)
{
	struct warren_loop *loop = open_loop(warren_clock_real());
	struct counted part;
	counted_init(&part, warren_clock_real());
	warren_loop_add(loop, &part.part);
	for (int i = 0; i < MANY; i++) {
		int before = turns_of(&part);
		warren_loop_wake(loop);
		await_turns(&part, before);
	}
	warren_loop_remove(loop, &part.part);
	int turns = part.turns;
	warren_loop_wake(loop);
	warren_loop_call(loop, nothing, NULL);
	ck_assert_int_eq(part.turns, turns);
	warren_loop_close(loop);
}
END_TEST

START_TEST(a_part_that_is_not_through_comes_again)
{
	struct warren_loop *loop = open_loop(warren_clock_real());
	struct counted part;
	counted_init(&part, warren_clock_real());
	part.wanted = 100;
	warren_loop_add(loop, &part.part);
	await_turns(&part, 99);
	warren_loop_remove(loop, &part.part);
	warren_loop_close(loop);
}
END_TEST

struct ordered {
	struct counted parts[3];
	int last; /* the loop's thread alone */
};

/* A call runs before the parts of the same turn. */
static void begin_order(void *data)
{
	struct ordered *ordered = data;
	for (int i = 0; i < 3; i++)
		ordered->parts[i].next_order = &ordered->last;
}

START_TEST(the_first_part_comes_last)
{
	struct warren_loop *loop = open_loop(warren_clock_real());
	struct ordered ordered = {.last = 0};
	for (int i = 0; i < 3; i++) {
		counted_init(&ordered.parts[i], warren_clock_real());
		warren_loop_add(loop, &ordered.parts[i].part);
	}
	warren_loop_call(loop, begin_order, &ordered);
	for (int i = 0; i < 3; i++)
		warren_loop_remove(loop, &ordered.parts[i].part);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(ordered.parts[i].order, 3 - i);
	warren_loop_close(loop);
}
END_TEST

START_TEST(a_part_comes_when_its_time_has_come)
{
	struct warren_loop *loop = open_loop(warren_clock_real());
	struct counted part;
	counted_init(&part, warren_clock_real());
	part.at_ms = warren_clock_now_ms(warren_clock_real()) + 30;
	int64_t at_ms = part.at_ms;
	warren_loop_add(loop, &part.part);
	for (int turns = 0;; turns = turns_of(&part)) {
		if (at_of(&part) == WARREN_CLOCK_NEVER)
			break;
		await_turns(&part, turns);
	}
	ck_assert_int_ge(warren_clock_now_ms(warren_clock_real()), at_ms);
	warren_loop_remove(loop, &part.part);
	warren_loop_close(loop);
}
END_TEST

START_TEST(a_turned_clock_wakes_the_loop)
{
	struct warren_clock *clock = warren_clock_open_turned(0);
	struct warren_loop *loop = open_loop(clock);
	struct counted part;
	counted_init(&part, clock);
	part.at_ms = 3600000;
	warren_loop_add(loop, &part.part);
	await_turns(&part, 0);
	warren_clock_advance_ms(clock, 3599999);
	warren_loop_call(loop, nothing, NULL);
	ck_assert_int_eq(at_of(&part), 3600000);
	warren_clock_advance_ms(clock, 1);
	for (int turns = 0; at_of(&part) != WARREN_CLOCK_NEVER; turns = turns_of(&part))
		await_turns(&part, turns);
	warren_loop_remove(loop, &part.part);
	warren_loop_close(loop);
	warren_clock_close(clock);
}
END_TEST

/* ---- many threads ---- */

struct poster {
	struct warren_loop *loop;
	pthread_t thread;
	struct warren_loop_task tasks[MANY];
	int *count; /* the loop's thread alone */
};

static void count_one(void *data)
{
	++*(int *)data;
}

static void *post_all(void *data)
{
	struct poster *poster = data;
	for (int i = 0; i < MANY; i++) {
		poster->tasks[i] =
			(struct warren_loop_task){.fn = count_one, .data = poster->count};
		warren_loop_post(poster->loop, &poster->tasks[i]);
	}
	return NULL;
}

START_TEST(many_threads_post)
{
	enum { THREADS = 4 };
	struct warren_loop *loop = open_loop(warren_clock_real());
	static struct poster posters[THREADS];
	int count = 0;
	for (int i = 0; i < THREADS; i++) {
		posters[i].loop = loop;
		posters[i].count = &count;
		ck_assert_int_eq(
			pthread_create(&posters[i].thread, NULL, post_all, &posters[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(posters[i].thread, NULL);
	warren_loop_call(loop, nothing, NULL);
	ck_assert_int_eq(count, THREADS * MANY);
	warren_loop_close(loop);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base loop");
	TCase *tests = tcase_create("all");
	tcase_add_test(tests, what_is_posted_runs_in_order_on_the_loop);
	tcase_add_test(tests, what_was_posted_runs_before_the_loop_closes);
	tcase_add_test(tests, a_call_on_the_loop_itself_runs_at_once);
	tcase_add_test(tests, a_wake_is_never_lost);
	tcase_add_test(tests, a_part_that_is_not_through_comes_again);
	tcase_add_test(tests, the_first_part_comes_last);
	tcase_add_test(tests, a_part_comes_when_its_time_has_come);
	tcase_add_test(tests, a_turned_clock_wakes_the_loop);
	tcase_add_test(tests, many_threads_post);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
