/* Room that is taken is given back, and what was used once is no other's when it is used again. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bucket.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/pool.h"
#include "base/timer.h"
#include "bounds.h"
#include "warren/arena.h"
#include "warren/log.h"

/* ---- what has a bound ---- */

static struct warren_arena *arena;
static struct warren_buffer buffer;
static struct warren_bucket bucket;
static int64_t now_ms = 1000;

static bool take_arena(int i)
{
	(void)i;
	return warren_arena_alloc(arena, 1000) != NULL;
}

static void give_arena(void)
{
	warren_arena_reset(arena);
}

static bool take_buffer(int i)
{
	char bytes[100];
	memset(bytes, i, sizeof bytes);
	return warren_buffer_append(&buffer, bytes, sizeof bytes) == 0;
}

static void give_buffer(void)
{
	while (buffer.len > 0)
		warren_buffer_consume(&buffer, 70);
}

static bool take_bucket(int i)
{
	(void)i;
	return warren_bucket_take(&bucket, 5, 10, now_ms) == 0;
}

static void give_bucket(void)
{
	now_ms += 2000;
}

static const struct bound bounds[] = {
	{"arena", 9, take_arena, give_arena},
	{"buffer", 10, take_buffer, give_buffer},
	{"bucket", 10, take_bucket, give_bucket},
};

START_TEST(room_that_is_taken_is_given_back)
{
	arena = warren_arena_open(10000 - 500);
	warren_buffer_init(&buffer, 1000);
	warren_bucket_init(&bucket, 5, 10, now_ms);
	bound_check(&bounds[_i]);
	warren_buffer_free(&buffer);
	warren_arena_close(arena);
}
END_TEST

/* What is left over from one line's texts is there for the next ones. */
START_TEST(a_line_has_room_for_many_short_texts)
{
	enum { FIELDS = 480 };
	struct warren_log_field fields[FIELDS];
	char line[16384];
	int fds[2];
	ck_assert_int_eq(pipe(fds), 0);
	struct warren_log *log = warren_log_open("bounds", WARREN_LOG_INFO, fds[1]);
	for (int i = 0; i < FIELDS; i++)
		fields[i] = (struct warren_log_field){
			.key = "name", .kind = WARREN_LOG_KIND_TEXT, .text = "a text"};
	warren_log_write(log, WARREN_LOG_INFO, "many", fields, FIELDS);
	ssize_t len = read(fds[0], line, sizeof line - 1);
	ck_assert_int_gt(len, FIELDS * (int)strlen(",\"name\":\"a text\""));
	line[len] = '\0';
	ck_assert_ptr_null(strstr(line, "\"cut\":"));
	warren_log_close(log);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

/* ---- the pool: spans, whose number has a bound, and places in them ---- */

START_TEST(a_span_that_is_left_is_used_again)
{
	enum { SPANS = 65536, PIECES = 65536 / WARREN_POOL_PIECE_MAX };
	struct warren_pool *pool = warren_pool_open();
	void *first[PIECES], *more;
	size_t held, used;
	ck_assert_ptr_nonnull(pool);
	for (int i = 0; i < PIECES; i++)
		first[i] = warren_pool_resize(pool, NULL, WARREN_POOL_PIECE_MAX);
	for (int i = 0; i < 3 * SPANS; i++) {
		/* It needs a second span, and leaves it: the first one has room by then. */
		more = warren_pool_resize(pool, NULL, WARREN_POOL_PIECE_MAX);
		warren_pool_usage(pool, &held, &used);
		if (used != (size_t)(PIECES + 1) * WARREN_POOL_PIECE_MAX)
			ck_abort_msg("no span is left, after %d", i);
		warren_pool_give(pool, first[0]);
		warren_pool_give(pool, more);
		first[0] = warren_pool_resize(pool, NULL, WARREN_POOL_PIECE_MAX);
	}
	warren_pool_usage(pool, &held, &used);
	ck_assert_uint_eq(used, (size_t)PIECES * WARREN_POOL_PIECE_MAX);
	ck_assert_uint_eq(held, 65536);
	for (int i = 0; i < PIECES; i++)
		warren_pool_give(pool, first[i]);
	warren_pool_close(pool);
}
END_TEST

START_TEST(a_place_that_is_left_in_a_full_span_is_used_again)
{
	static void *pieces[65536 / 8];
	struct warren_pool *pool = warren_pool_open();
	ck_assert_ptr_nonnull(pool);
	for (size_t size = 8; size <= WARREN_POOL_PIECE_MAX; size += 8) {
		size_t before, after, used, count = 65536 / size;
		for (size_t i = 0; i < count; i++)
			pieces[i] = warren_pool_resize(pool, NULL, size);
		warren_pool_usage(pool, &before, &used);
		for (size_t i = 0; i < 3 * count && i < 1000; i++) {
			warren_pool_give(pool, pieces[i % count]);
			pieces[i % count] = warren_pool_resize(pool, NULL, size);
		}
		warren_pool_usage(pool, &after, &used);
		ck_assert_msg(
			before == after, "of %zu bytes: %zu grew to %zu", size, before, after);
		for (size_t i = 0; i < count; i++)
			warren_pool_give(pool, pieces[i]);
	}
	warren_pool_close(pool);
}
END_TEST

/* ---- timers ---- */

struct record {
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	int64_t last_ms;
	int count;
};

struct entry {
	struct record *record;
	int64_t at_ms;
};

static void note(void *data)
{
	struct entry *entry = data;
	pthread_mutex_lock(&entry->record->mutex);
	ck_assert_int_ge(entry->at_ms, entry->record->last_ms);
	entry->record->last_ms = entry->at_ms;
	entry->record->count++;
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

/* Sets one after the other, each of which runs (or is cancelled): no id of an earlier one is its.
 */
START_TEST(an_id_names_one_timer_for_ever)
{
	enum { TIMERS = 1000 }; /* many times as many as there are places at first */
	struct warren_clock *clock = warren_clock_open_turned(0);
	struct record record = {
		.mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};
	static uint64_t ids[TIMERS];
	struct warren_loop *loop;
	struct warren_timers *timers;
	ck_assert_int_eq(warren_loop_open(clock, &loop), 0);
	ck_assert_int_eq(warren_timers_open(loop, clock, &timers), 0);
	for (int i = 0; i < TIMERS; i++) {
		struct entry entry = {&record, i};
		ck_assert_int_eq(warren_timer_start(timers, i + 1, note, &entry, &ids[i]), 0);
		for (int j = 0; j < i; j++)
			ck_assert_msg(!warren_timer_cancel(timers, ids[j]),
				"the id of timer %d cancelled timer %d", j, i);
		if (i % 2 == 0)
			ck_assert(warren_timer_cancel(timers, ids[i]));
		warren_clock_advance_ms(clock, 1);
		if (i % 2 != 0)
			await(&record, (i + 1) / 2);
	}
	ck_assert_int_eq(record.count, TIMERS / 2);
	warren_timers_close(timers);
	warren_loop_close(loop);
	warren_clock_close(clock);
}
END_TEST

/* Set and cancelled at random, again and again: those that are left run, in the order of their
 * times. */
START_TEST(timers_agree_with_a_list)
{
	enum { TIMERS = 200, ROUNDS = 30 };
	struct warren_clock *clock = warren_clock_open_turned(0);
	struct record record = {
		.mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};
	static struct entry entries[TIMERS];
	static uint64_t ids[TIMERS];
	struct warren_loop *loop;
	struct warren_timers *timers;
	int expected = 0;
	srand(7);
	ck_assert_int_eq(warren_loop_open(clock, &loop), 0);
	ck_assert_int_eq(warren_timers_open(loop, clock, &timers), 0);
	for (int round = 0; round < ROUNDS; round++) {
		int64_t start_ms = warren_clock_now_ms(clock);
		for (int i = 0; i < TIMERS; i++) {
			entries[i] = (struct entry){&record, start_ms + 1 + rand() % 10000};
			ck_assert_int_eq(warren_timer_start(timers, entries[i].at_ms, note,
						 &entries[i], &ids[i]),
				0);
		}
		for (int i = 0; i < TIMERS; i++) {
			if (rand() % 2)
				ck_assert(warren_timer_cancel(timers, ids[i]));
			else
				expected++;
		}
		warren_clock_advance_ms(clock, 10000);
		await(&record, expected);
	}
	ck_assert(warren_timers_idle(timers));
	ck_assert_int_eq(record.count, expected);
	warren_timers_close(timers);
	warren_loop_close(loop);
	warren_clock_close(clock);
}
END_TEST

/* One that is due before what is waited for is not late for it. */
START_TEST(a_nearer_timer_runs_before_a_farther_one)
{
	struct record record = {
		.mutex = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};
	struct warren_loop *loop;
	struct warren_timers *timers;
	struct entry entry = {&record, 0};
	uint64_t id;
	ck_assert_int_eq(warren_loop_open(warren_clock_real(), &loop), 0);
	ck_assert_int_eq(warren_timers_open(loop, warren_clock_real(), &timers), 0);
	int64_t start_ms = warren_clock_now_ms(warren_clock_real());
	for (int i = 0; i < 10; i++) {
		/* So that the thread waits for the far one. */
		ck_assert_int_eq(
			warren_timer_start(timers, start_ms + 3600000, note, &entry, &id), 0);
		ck_assert_int_eq(warren_timer_start(timers, start_ms + i, note, &entry, &id), 0);
		await(&record, i + 1);
	}
	warren_timers_close(timers);
	warren_loop_close(loop);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base bounds");
	TCase *tests = tcase_create("all");
	tcase_add_loop_test(
		tests, room_that_is_taken_is_given_back, 0, sizeof bounds / sizeof bounds[0]);
	tcase_add_test(tests, a_line_has_room_for_many_short_texts);
	tcase_add_test(tests, a_span_that_is_left_is_used_again);
	tcase_add_test(tests, a_place_that_is_left_in_a_full_span_is_used_again);
	tcase_add_test(tests, an_id_names_one_timer_for_ever);
	tcase_add_test(tests, timers_agree_with_a_list);
	tcase_add_test(tests, a_nearer_timer_runs_before_a_farther_one);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
