/* chat on the in-process broker.  Each case asks that a message is dealt with: say what must come of it. */
#include "chat_test.h"

#include <check.h>
#include <stdlib.h>

START_TEST(on_said)
{
	struct warren_test *t = warren_test_new(&chat_service);
	said_test(t, &(struct said){.text = "x"});
	ck_assert_int_eq(warren_test_dead_count(t), 0);
	warren_test_free(t);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("chat");
	tcase_add_test(cases, on_said);
	Suite *suite = suite_create("chat");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
