/* users on the in-process broker.  Each case asks that a message is dealt with: say what must come of it. */
#include "users_test.h"

#include <check.h>
#include <stdlib.h>

START_TEST(on_user)
{
	struct warren_test *t = warren_test_new(&users_service);
	const struct new_ *reply = user_test(t, &(struct user){0});
	ck_assert_msg(reply != NULL, "%s", warren_test_error(t)->message);
	warren_test_free(t);
}
END_TEST

START_TEST(on_class_)
{
	struct warren_test *t = warren_test_new(&users_service);
	class__test(t, &(struct class_){0});
	ck_assert_int_eq(warren_test_dead_count(t), 0);
	warren_test_free(t);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("users");
	tcase_add_test(cases, on_user);
	tcase_add_test(cases, on_class_);
	Suite *suite = suite_create("users");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
