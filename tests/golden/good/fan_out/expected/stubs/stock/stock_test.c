/* stock on the in-process broker.  Each case asks that a message is dealt with: say what must come of it. */
#include "stock_test.h"

#include <check.h>
#include <stdlib.h>

START_TEST(on_reserve)
{
	struct warren_test *t = warren_test_new(&stock_service);
	const struct reserved *reply = reserve_test(t, &(struct reserve){0});
	ck_assert_msg(reply != NULL, "%s", warren_test_error(t)->message);
	warren_test_free(t);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("stock");
	tcase_add_test(cases, on_reserve);
	Suite *suite = suite_create("stock");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
