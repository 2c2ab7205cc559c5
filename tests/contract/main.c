/* The contract that every broker keeps: broker.h, sentence by sentence, at CONTRACT_BROKER_URL. */
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"

int main(void)
{
	Suite *suite =
		suite_create(getenv("CONTRACT_BROKER_URL") ? "contract" : "contract on memory:");
	SRunner *runner = srunner_create(suite);

	suite_add_tcase(suite, life_case());
	suite_add_tcase(suite, topology_case());
	suite_add_tcase(suite, publish_case());
	suite_add_tcase(suite, unconfirmed_case());
	suite_add_tcase(suite, message_case());
	suite_add_tcase(suite, delivery_case());
	suite_add_tcase(suite, widen_case());
	suite_add_tcase(suite, queue_case());
	suite_add_tcase(suite, room_case());
	suite_add_tcase(suite, heal_case());
	suite_add_tcase(suite, stress_case());
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
