/* What goes wrong with a real RabbitMQ.  Run it with with-rabbitmq. */
#include <stdio.h>

#include "rig.h"

int main(void)
{
	Suite *suite = suite_create("rabbitmq");
	SRunner *runner = srunner_create(suite);

	if (!getenv("RABBITMQ_URL") || !getenv("RABBITMQ_DIR") || !getenv("RABBITMQ")) {
		fprintf(stderr, "run as: tests/rabbitmq/with-rabbitmq test_rabbitmq\n");
		return EXIT_FAILURE;
	}
	suite_add_tcase(suite, connect_case());
	suite_add_tcase(suite, topology_case());
	suite_add_tcase(suite, break_case());
	suite_add_tcase(suite, alarm_case());
	suite_add_tcase(suite, tags_case());
	suite_add_tcase(suite, refusal_case());
	suite_add_tcase(suite, peer_case());
	suite_add_tcase(suite, limit_case());
	suite_add_tcase(suite, tls_case());
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
