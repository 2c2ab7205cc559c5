/* The timer wheel against a plain list of times. */
#include <check.h>
#include <stdlib.h>

#include "edge/loop/wheel.h"

enum { TIMERS = 500 };

struct expected {
	struct warren_wheel_timer timer;
	int64_t at_ms; /* -1: not set */
	int64_t fired_ms;
	int fired;
};

static struct warren_wheel wheel;
static int64_t last_fired_ms;

static void note(void *data)
{
	struct expected *expected = data;

	expected->fired++;
	expected->fired_ms = wheel.now_ms;
	if (wheel.now_ms < last_fired_ms)
		ck_abort_msg("out of order");
	last_fired_ms = wheel.now_ms;
}

static void start_at(int64_t now_ms)
{
	warren_wheel_init(&wheel, now_ms);
	last_fired_ms = 0;
}

START_TEST(fires_at_its_millisecond)
{
	const int64_t starts[] = {0, 1, 63, 64, 4095, 4096, 123456789, (INT64_C(1) << 40) - 5};
	const int64_t delays[] = {1, 2, 63, 64, 65, 200, 4095, 4096, 4097, 25000, 262143, 262144,
		45000000, INT64_C(100000000000)};

	for (size_t s = 0; s < sizeof starts / sizeof starts[0]; s++)
		for (size_t d = 0; d < sizeof delays / sizeof delays[0]; d++) {
			struct expected one = {0};
			int64_t at_ms = starts[s] + delays[d];

			start_at(starts[s]);
			warren_wheel_timer_init(&one.timer, note, &one);
			warren_wheel_set(&wheel, &one.timer, at_ms);
			ck_assert_int_le(warren_wheel_next_ms(&wheel), at_ms);
			warren_wheel_advance(&wheel, at_ms - 1);
			ck_assert_int_eq(one.fired, 0);
			ck_assert(warren_wheel_is_set(&one.timer));
			warren_wheel_advance(&wheel, at_ms);
			ck_assert_int_eq(one.fired, 1);
			ck_assert(!warren_wheel_is_set(&one.timer));
			ck_assert_int_eq(warren_wheel_next_ms(&wheel), WARREN_WHEEL_NEVER);
		}
}
END_TEST

/* Random setting, moving, cancelling and turning: each fires once, at its time, in order. */
START_TEST(agrees_with_a_list)
{
	static struct expected all[TIMERS];
	int64_t now_ms = 1000 + _i * 7919;

	srand((unsigned)_i + 1);
	start_at(now_ms);
	for (int i = 0; i < TIMERS; i++) {
		all[i] = (struct expected){.at_ms = -1};
		warren_wheel_timer_init(&all[i].timer, note, &all[i]);
	}
	for (int step = 0; step < 20000; step++) {
		struct expected *one = &all[rand() % TIMERS];
		int what = rand() % 8;

		if (what < 5) {
			one->at_ms = now_ms + 1 + rand() % (1 << (rand() % 20));
			one->fired = 0;
			warren_wheel_set(&wheel, &one->timer, one->at_ms);
		} else if (what < 6) {
			one->at_ms = -1;
			warren_wheel_cancel(&wheel, &one->timer);
		} else {
			int64_t before_ms = now_ms;

			now_ms += rand() % 300;
			warren_wheel_advance(&wheel, now_ms);
			for (int i = 0; i < TIMERS; i++) {
				bool due = all[i].at_ms > before_ms && all[i].at_ms <= now_ms;

				if (all[i].fired != due || (due && all[i].fired_ms != all[i].at_ms))
					ck_abort_msg("at %lld, due %lld, fired %d at %lld",
						(long long)now_ms, (long long)all[i].at_ms,
						all[i].fired, (long long)all[i].fired_ms);
				if (!due)
					continue;
				all[i].at_ms = -1;
				all[i].fired = 0;
			}
		}
	}
}
END_TEST

static struct expected other;

static void cancel_other(void *data)
{
	note(data);
	warren_wheel_cancel(&wheel, &other.timer);
}

static void set_again(void *data)
{
	struct expected *expected = data;

	note(data);
	if (expected->fired < 5)
		warren_wheel_set(&wheel, &expected->timer, wheel.now_ms);
}

START_TEST(timers_touch_timers)
{
	struct expected one = {0}, again = {0};

	start_at(100);
	other = (struct expected){0};
	warren_wheel_timer_init(&other.timer, note, &other);
	warren_wheel_timer_init(&one.timer, cancel_other, &one);
	warren_wheel_set(&wheel, &other.timer, 200);
	warren_wheel_set(&wheel, &one.timer, 199);
	warren_wheel_advance(&wheel, 10000);
	ck_assert_int_eq(one.fired, 1);
	ck_assert_int_eq(other.fired, 0);

	/* One that sets itself to a time that has passed comes a millisecond later, not at once. */
	warren_wheel_timer_init(&again.timer, set_again, &again);
	warren_wheel_set(&wheel, &again.timer, 5);
	warren_wheel_advance(&wheel, 10002);
	ck_assert_int_eq(again.fired, 2);
	warren_wheel_advance(&wheel, 20000);
	ck_assert_int_eq(again.fired, 5);
}
END_TEST

struct armed {
	struct warren_wheel_alarm *alarm;
	int fired;
	bool again;
};

static void rearm(void *data)
{
	struct armed *armed = data;

	ck_assert_ptr_null(armed->alarm);
	armed->fired++;
	if (armed->again)
		ck_assert_int_eq(
			warren_wheel_arm(&wheel, &armed->alarm, wheel.now_ms + 10, rearm, armed),
			0);
	armed->again = false;
}

START_TEST(an_alarm_has_memory_while_it_is_set)
{
	struct armed one = {.again = true};

	start_at(100);
	ck_assert_int_eq(warren_wheel_arm(&wheel, &one.alarm, 110, rearm, &one), 0);
	ck_assert_int_eq(warren_wheel_arm(&wheel, &one.alarm, 120, rearm, &one), 0);
	warren_wheel_advance(&wheel, 119);
	ck_assert_int_eq(one.fired, 0);
	warren_wheel_advance(&wheel, 120);
	ck_assert_int_eq(one.fired, 1);
	ck_assert_ptr_nonnull(one.alarm);
	warren_wheel_advance(&wheel, 130);
	ck_assert_int_eq(one.fired, 2);
	ck_assert_ptr_null(one.alarm);
	ck_assert_int_eq(warren_wheel_arm(&wheel, &one.alarm, 140, rearm, &one), 0);
	warren_wheel_disarm(&wheel, &one.alarm);
	warren_wheel_disarm(&wheel, &one.alarm);
	ck_assert_ptr_null(one.alarm);
	warren_wheel_advance(&wheel, 200);
	ck_assert_int_eq(one.fired, 2);
	ck_assert_int_eq(warren_wheel_next_ms(&wheel), WARREN_WHEEL_NEVER);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("edge_wheel");
	TCase *tcase = tcase_create("wheel");
	tcase_add_test(tcase, fires_at_its_millisecond);
	tcase_add_loop_test(tcase, agrees_with_a_list, 0, 10);
	tcase_add_test(tcase, timers_touch_timers);
	tcase_add_test(tcase, an_alarm_has_memory_while_it_is_set);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
