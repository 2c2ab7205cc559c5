/* shop on the in-process broker.  Each case asks that a message is dealt with: say what must come of it. */
#include "shop_test.h"

#include <check.h>
#include <stdlib.h>

START_TEST(on_everything)
{
	struct warren_test *t = warren_test_new(&shop_service);
	const struct everything2 *reply = everything_test(t, &(struct everything){.text = "\"a\\\t",
		.some_bytes = {.len = 3, .data = (uint8_t[3]){0}},
		.id = "00000000-0000-4000-8000-000000000000", .texts_count = 1,
		.texts = (const char *const []){""},
		.address = &(struct everything_address){.street = "Am Markt 1"}});
	ck_assert_msg(reply != NULL, "%s", warren_test_error(t)->message);
	warren_test_free(t);
}
END_TEST

START_TEST(on_nothing)
{
	struct warren_test *t = warren_test_new(&shop_service);
	nothing_test(t, &(struct nothing){0});
	ck_assert_int_eq(warren_test_dead_count(t), 0);
	warren_test_free(t);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("shop");
	tcase_add_test(cases, on_everything);
	tcase_add_test(cases, on_nothing);
	Suite *suite = suite_create("shop");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
