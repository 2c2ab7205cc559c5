/* What is looked up in a client's first request. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "warren/edge.h"

static const struct warren_edge_handshake handshake = {
	.query = "EIO=4&name=a%20b%2Bc+d&name=second&empty=&bare&k%65y=%C3%A4&odd=%zz%4&zero=a%00b",
	.headers = "host: a.test\nuser-agent: one: two\nx-empty: \n"};

START_TEST(queries_are_decoded)
{
	static const struct {
		const char *name, *value;
	} known[] = {{"EIO", "4"}, {"name", "a b+c d"}, {"empty", ""}, {"bare", ""}, {"key", "ä"},
		{"odd", "%zz%4"}};
	char value[64];

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		ck_assert(warren_edge_handshake_query(
			&handshake, known[i].name, value, sizeof value));
		ck_assert_str_eq(value, known[i].value);
	}
}
END_TEST

START_TEST(what_is_not_there_or_does_not_fit_changes_nothing)
{
	char value[9] = "as it is";

	ck_assert(!warren_edge_handshake_query(&handshake, "zero", value, sizeof value));
	ck_assert(!warren_edge_handshake_query(&handshake, "name", value, 7));
	ck_assert(!warren_edge_handshake_query(&handshake, "empty", value, 0));
	ck_assert(!warren_edge_handshake_header(&handshake, "user", value, sizeof value));
	ck_assert(!warren_edge_handshake_header(&handshake, "host", value, 6));
	ck_assert_str_eq(value, "as it is");
	ck_assert(warren_edge_handshake_query(&handshake, "name", value, 8));
	ck_assert_str_eq(value, "a b+c d");
	ck_assert(warren_edge_handshake_header(&handshake, "host", value, 7));
	ck_assert_str_eq(value, "a.test");
}
END_TEST

START_TEST(headers_are_found_in_any_case)
{
	char value[64];

	ck_assert(warren_edge_handshake_header(&handshake, "User-Agent", value, sizeof value));
	ck_assert_str_eq(value, "one: two");
	ck_assert(warren_edge_handshake_header(&handshake, "x-empty", value, sizeof value));
	ck_assert_str_eq(value, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("edge_handshake");
	TCase *tcase = tcase_create("handshake");
	tcase_add_test(tcase, queries_are_decoded);
	tcase_add_test(tcase, what_is_not_there_or_does_not_fit_changes_nothing);
	tcase_add_test(tcase, headers_are_found_in_any_case);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
