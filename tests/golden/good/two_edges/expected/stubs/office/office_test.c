/* office on the in-process broker.  Each case asks that a message is dealt with: say what must come of it. */
#include "office_test.h"

#include <check.h>
#include <stdlib.h>

START_TEST(on_shift_ended)
{
	struct warren_test *t = warren_test_new(&office_service);
	shift_ended_test(t, &(struct shift_ended){0});
	ck_assert_int_eq(warren_test_dead_count(t), 0);
	warren_test_free(t);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("office");
	tcase_add_test(cases, on_shift_ended);
	Suite *suite = suite_create("office");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
