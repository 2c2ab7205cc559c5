/* billing on the in-process broker.  Each case asks that a message is dealt with: say what must come of it. */
#include "billing_test.h"

#include <check.h>
#include <stdlib.h>

START_TEST(on_order_placed)
{
	struct warren_test *t = warren_test_new(&billing_service);
	order_placed_deliver_test(t, &(struct order_placed){.item = "x"});
	ck_assert_int_eq(warren_test_dead_count(t), 0);
	warren_test_free(t);
}
END_TEST

START_TEST(on_order_created)
{
	struct warren_test *t = warren_test_new(&billing_service);
	order_created_test(t, &(struct order_created){0});
	ck_assert_int_eq(warren_test_dead_count(t), 0);
	warren_test_free(t);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("billing");
	tcase_add_test(cases, on_order_placed);
	tcase_add_test(cases, on_order_created);
	Suite *suite = suite_create("billing");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
