/* Whose address counts, and how many it may have. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "edge/http/address.h"

static struct warren_edge *open_edge(uint32_t limit, const char *trusted)
{
	struct warren_edge *edge = calloc(1, sizeof *edge);
	struct warren_error error;

	edge->options.max_connections_per_address = limit;
	edge->options.trusted_proxies = trusted;
	ck_assert_int_eq(warren_addresses_open(edge, &error), 0);
	return edge;
}

static void close_edge(struct warren_edge *edge)
{
	warren_addresses_close(edge);
	free(edge);
}

#define TAKE(address_) warren_address_take(edge, WARREN_ADDRESS_CONNECTION, address_)

START_TEST(without_a_limit_nothing_counts)
{
	struct warren_edge *edge = open_edge(0, NULL);

	for (int i = 0; i < 100; i++)
		ck_assert(TAKE("1.2.3.4"));
	for (int i = 0; i < 100; i++)
		warren_address_give(edge, WARREN_ADDRESS_CONNECTION, "1.2.3.4");
	close_edge(edge);
}
END_TEST

START_TEST(each_address_has_its_own)
{
	struct warren_edge *edge = open_edge(2, NULL);

	ck_assert(TAKE("1.2.3.4") && TAKE("1.2.3.4") && !TAKE("1.2.3.4"));
	ck_assert(TAKE("1.2.3.5"));
	ck_assert(!warren_address_has_room(edge, WARREN_ADDRESS_CONNECTION, "1.2.3.4"));
	ck_assert(warren_address_take(edge, WARREN_ADDRESS_SESSION, "1.2.3.4"));
	warren_address_give(edge, WARREN_ADDRESS_CONNECTION, "1.2.3.4");
	ck_assert(TAKE("1.2.3.4") && !TAKE("1.2.3.4"));
	close_edge(edge);
}
END_TEST

START_TEST(one_address_has_one_name)
{
	struct warren_edge *edge = open_edge(2, NULL);

	ck_assert(TAKE("1.2.3.4") && TAKE("::ffff:1.2.3.4") && !TAKE("1.2.3.4"));
	/* What one client may choose from is one address. */
	ck_assert(TAKE("2001:db8:1:2::1") && TAKE("2001:db8:1:2:3:4:5:6"));
	ck_assert(!TAKE("2001:db8:1:2::9"));
	ck_assert(TAKE("2001:db8:1:3::1"));
	close_edge(edge);
}
END_TEST

START_TEST(trusted_ones_are_not_counted)
{
	struct warren_edge *edge = open_edge(1, "10.0.0.0/9, 2001:db8::/33,::1");

	for (int i = 0; i < 3; i++)
		ck_assert(TAKE("10.127.255.255") && TAKE("2001:db8:7fff::1") && TAKE("::1") &&
			  TAKE("::ffff:10.1.1.1"));
	ck_assert(TAKE("10.128.0.0") && !TAKE("10.128.0.0"));
	ck_assert(TAKE("2001:db8:8000::") && !TAKE("2001:db8:8000::"));
	ck_assert(TAKE("::2") && !TAKE("::2"));
	close_edge(edge);
}
END_TEST

START_TEST(what_is_no_network_is_refused)
{
	static const char *const bad[] = {"10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/ 1", "::/129",
		"10.0.0", "x", "/8", "1.2.3.4/8x", "1.2.3.4,y"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct warren_edge edge = {.options.trusted_proxies = bad[i]};
		struct warren_error error;

		ck_assert_int_eq(warren_addresses_open(&edge, &error), -EINVAL);
		ck_assert_str_eq(error.field, "trusted_proxies");
		warren_addresses_close(&edge);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("edge_address");
	TCase *tcase = tcase_create("address");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, without_a_limit_nothing_counts);
	tcase_add_test(tcase, each_address_has_its_own);
	tcase_add_test(tcase, one_address_has_one_name);
	tcase_add_test(tcase, trusted_ones_are_not_counted);
	tcase_add_test(tcase, what_is_no_network_is_refused);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
