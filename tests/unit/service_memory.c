/* The memory store by itself: what is over is forgotten by each call that looks, and room is given
 * back however often it was full. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/store.h"

enum { KEEP_MS = 1000, MAX_BYTES = 4000, BODY_BYTES = 600 };

static struct warren_clock *turned;
static struct warren_store *store;

static void set_up(void)
{
	turned = warren_clock_open_turned(INT64_C(1767225600000));
	store = warren_store_open_memory(turned, MAX_BYTES, KEEP_MS);
	ck_assert_ptr_nonnull(store);
}

static void tear_down(void)
{
	warren_store_close(store);
	warren_clock_close(turned);
}

static struct warren_store_waiter waiter;

static struct warren_store_id id_of(int number, char ret[16])
{
	snprintf(ret, 16, "m%d", number);
	return (struct warren_store_id){.space = "sys.worker.ask", .id = ret, .digest = 7};
}

/* Returns the store's verdict; what is told to run has run when it returns. */
static int enter(int number, size_t body_bytes)
{
	static const uint8_t body[BODY_BYTES];
	char text[16];
	const struct warren_store_id id = id_of(number, text);
	struct warren_outcome *outcome = NULL;
	int rc = warren_store_enter(store, &id, 0, &waiter, &outcome);
	if (rc == WARREN_STORE_RUN) {
		outcome = warren_outcome_make("answer", "text",
			(struct warren_bytes){.data = (uint8_t *)body, .len = body_bytes});
		ck_assert_ptr_nonnull(outcome);
		ck_assert_ptr_null(warren_store_leave(store, &id, outcome));
	}
	warren_outcome_unref(outcome);
	return rc;
}

static bool knows(int number)
{
	char text[16];
	return warren_store_knows(store, "sys.worker.ask", id_of(number, text).id);
}

static struct warren_store_counters counters(void)
{
	struct warren_store_counters ret;
	warren_store_counters(store, &ret);
	return ret;
}

/* ---- the tests ---- */

/* All of several whose time is over, whichever call looks first. */
START_TEST(what_is_over_is_forgotten_by_who_looks)
{
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 3; i++)
			ck_assert_int_eq(enter(i, 1), WARREN_STORE_RUN);
		ck_assert_uint_eq(counters().done, 3);
		warren_clock_advance_ms(turned, KEEP_MS - 1);
		for (int i = 0; i < 3; i++)
			ck_assert(knows(i));
		warren_clock_advance_ms(turned, 1);
		if (_i == 0)
			ck_assert(!knows(2));
		else
			ck_assert_int_eq(enter(3, 1), WARREN_STORE_RUN);
		ck_assert_uint_eq(counters().done, (uint64_t)_i);
		warren_clock_advance_ms(turned, KEEP_MS);
		ck_assert(!knows(3));
		ck_assert_uint_eq(counters().bytes, 0);
	}
	ck_assert_uint_eq(counters().forgotten, 0);
}
END_TEST

/* As many as it has room for, small ones first: one large one may take the room of several. */
START_TEST(a_large_one_takes_the_room_of_several)
{
	int number = 0;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < MAX_BYTES / 100; i++)
			ck_assert_int_eq(enter(number++, 1), WARREN_STORE_RUN);
		for (int i = 0; i < 20; i++) {
			ck_assert_int_eq(enter(number++, BODY_BYTES), WARREN_STORE_RUN);
			ck_assert_uint_le(counters().bytes, MAX_BYTES);
			ck_assert(knows(number - 1));
			ck_assert_int_eq(enter(number - 1, 1), WARREN_STORE_DONE);
		}
		ck_assert_uint_ge(counters().done, 2);
		ck_assert_uint_eq(counters().done + counters().forgotten, (uint64_t)number);
	}
}
END_TEST

/* All that wait, for each of several; none twice. */
START_TEST(the_end_returns_all_that_wait)
{
	enum { IDS = 4, EACH = 3 };
	static struct warren_store_waiter waiters[IDS * EACH];
	struct warren_outcome *none;
	char text[16];
	int count = 0;
	for (int i = 0; i < IDS; i++) {
		const struct warren_store_id id = id_of(i, text);
		ck_assert_int_eq(
			warren_store_enter(store, &id, 0, &waiter, &none), WARREN_STORE_RUN);
		for (int n = 0; n < EACH; n++)
			ck_assert_int_eq(
				warren_store_enter(store, &id, EACH, &waiters[i * EACH + n], &none),
				WARREN_STORE_WAIT);
		ck_assert_int_eq(
			warren_store_enter(store, &id, EACH, &waiter, &none), WARREN_STORE_CROWD);
	}
	for (struct warren_store_waiter *at = warren_store_end(store); at; at = at->next)
		count++;
	ck_assert_int_eq(count, IDS * EACH);
	for (int i = 0; i < IDS; i++) {
		const struct warren_store_id id = id_of(i, text);
		ck_assert_ptr_null(warren_store_leave(store, &id, NULL));
	}
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("memory");
	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_loop_test(cases, what_is_over_is_forgotten_by_who_looks, 0, 2);
	tcase_add_test(cases, a_large_one_takes_the_room_of_several);
	tcase_add_test(cases, the_end_returns_all_that_wait);
	Suite *suite = suite_create("service_memory");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
