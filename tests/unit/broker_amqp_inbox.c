/* Tags past the wrap of what they are made of: a tag is good on its own connection, and only there. */
#include <check.h>
#include <stdlib.h>

#include "broker/amqp_inbox.h"

enum { CONNECTIONS = 65536 + 2000, KEPT = 1000 };

START_TEST(tags_of_other_connections_are_not_current_past_the_wrap)
{
	static uint64_t kept[KEPT]; /* of the last connections, in turn */
	struct warren_amqp_url url = {.user = "account"};
	struct warren_amqp_connection connection = {.url = &url, .state = CONNECTION_OPEN};
	struct warren_amqp_inbox inbox;

	ck_assert_int_eq(warren_amqp_inbox_init(&inbox), 0);
	warren_buffer_init(&connection.out, 1 << 20);
	for (int i = 0; i < CONNECTIONS; i++) {
		warren_amqp_inbox_begin(&inbox, &connection);
		connection.out.len = 0;
		ck_assert_int_eq(warren_amqp_inbox_note(&inbox, 1), 0);
		uint64_t tag = inbox.assembly.delivery.tag;
		ck_assert_uint_ne(tag, 0);
		ck_assert(warren_amqp_inbox_is_current(&inbox, tag));
		for (int k = 0; k < KEPT; k += 100)
			ck_assert(!warren_amqp_inbox_is_current(&inbox, kept[(i + k) % KEPT]));
		kept[i % KEPT] = tag;
		/* An old one is settled: nothing leaves for it.  The one at hand: an ack. */
		warren_amqp_inbox_settle(&inbox, kept[(i + 1) % KEPT], false);
		warren_amqp_inbox_send_settles(&inbox, &connection);
		ck_assert_uint_eq(connection.out.len, 0);
		warren_amqp_inbox_settle(&inbox, tag, false);
		warren_amqp_inbox_send_settles(&inbox, &connection);
		ck_assert_uint_gt(connection.out.len, 0);
		connection.out.len = 0;
		warren_amqp_inbox_break(&inbox);
		ck_assert(!warren_amqp_inbox_is_current(&inbox, tag));
	}
	warren_buffer_free(&connection.out);
	warren_amqp_inbox_free(&inbox);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("broker_amqp_inbox");
	TCase *tcase = tcase_create("tags");
	SRunner *runner = srunner_create(suite);

	tcase_add_test(tcase, tags_of_other_connections_are_not_current_past_the_wrap);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
