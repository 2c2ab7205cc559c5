/* audit on the in-process broker.  Each case asks that a message is dealt with: say what must come of it. */
#include "audit_test.h"

#include <check.h>
#include <stdlib.h>

START_TEST(on_order_created)
{
	struct warren_test *t = warren_test_new(&audit_service);
	order_created_test(t, &(struct order_created){0});
	ck_assert_int_eq(warren_test_dead_count(t), 0);
	warren_test_free(t);
}
END_TEST

START_TEST(on_tick)
{
	struct warren_test *t = warren_test_new(&audit_service);
	tick_test(t, &(struct tick){0});
	ck_assert_int_eq(warren_test_dead_count(t), 0);
	warren_test_free(t);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("audit");
	tcase_add_test(cases, on_order_created);
	tcase_add_test(cases, on_tick);
	Suite *suite = suite_create("audit");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
