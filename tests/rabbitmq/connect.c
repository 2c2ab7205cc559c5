/* What stands between a start and UP, told in words. */
#include <stdio.h>

#include "rig.h"

static void *start_rabbitmq(void *data)
{
	(void)data;
	rabbitmq_start();
	return NULL;
}

START_TEST(a_broker_that_is_not_there_yet_is_awaited)
{
	pthread_t thread;

	rabbitmq_stop();
	struct rig *rig = rig_open(NULL);
	AWAIT(rig, rig->downs > 0);
	ck_assert_msg(strstr(rig->reason, "cannot connect to 127.0.0.1:") &&
			      strstr(rig->reason, ": connection refused"),
		"%s", rig->reason);
	ck_assert_int_eq(rig->downs, 1); /* told once, tried often */
	ck_assert_int_eq(pthread_create(&thread, NULL, start_rabbitmq, NULL), 0);
	AWAIT(rig, rig->ups > 0);
	pthread_join(thread, NULL);
	rig_close(rig, 0);
	rig_free(rig);
}
END_TEST

START_TEST(closing_does_not_wait_for_a_broker_that_is_not_there)
{
	const struct warren_broker_message message = {.routing_key = "queue", .persistent = true};

	rabbitmq_stop();
	struct rig *rig = rig_open(NULL);
	AWAIT(rig, rig->downs > 0);
	ck_assert_int_eq(warren_broker_publish(rig->broker, &message, rig_on_settled, rig), 0);
	rig_close(rig, 0);
	ck_assert_int_eq(rig->settled, 1);
	ck_assert_int_eq(rig->unsent, 1);
	rig_free(rig);
}
END_TEST

static void expect_down(const char *url, const char *reason, const char *never)
{
	struct rig *rig = rig_open(url);

	AWAIT(rig, rig->downs > 0);
	ck_assert_msg(strstr(rig->reason, reason) != NULL, "%s", rig->reason);
	ck_assert_ptr_null(strstr(rig->reason, never));
	ck_assert_int_eq(warren_broker_state(rig->broker), WARREN_BROKER_DOWN);
	ck_assert_int_eq(rig->ups, 0);
	rig_close(rig, 0);
	rig_free(rig);
}

START_TEST(a_wrong_password_is_told_and_not_shown)
{
	expect_down(url_with("guest:hunter2", ""), "login refused for user guest", "hunter2");
}
END_TEST

START_TEST(a_vhost_that_is_not_there_is_named)
{
	expect_down(url_with("guest:guest", "/no%2Fwhere"), "vhost no/where", ":guest");
}
END_TEST

/* Accepts and never says a word: what waits for the login must give up, here when it is closed. */
START_TEST(a_port_that_says_nothing_does_not_hold_the_end_up)
{
	char url[TEXT_SIZE];
	const char *epmd = getenv("ERL_EPMD_PORT"); /* speaks another protocol */

	snprintf(url, sizeof url, "amqp://127.0.0.1:%s", epmd);
	struct rig *rig = rig_open(url);
	AWAIT(rig, rig->downs > 0);
	ck_assert_int_eq(rig->ups, 0);
	rig_close(rig, 0);
	rig_free(rig);
}
END_TEST

TCase *connect_case(void)
{
	TCase *tcase = tcase_create("connect");

	tcase_add_checked_fixture(tcase, rabbitmq_start, NULL);
	tcase_add_test(tcase, a_broker_that_is_not_there_yet_is_awaited);
	tcase_add_test(tcase, closing_does_not_wait_for_a_broker_that_is_not_there);
	tcase_add_test(tcase, a_wrong_password_is_told_and_not_shown);
	tcase_add_test(tcase, a_vhost_that_is_not_there_is_named);
	tcase_add_test(tcase, a_port_that_says_nothing_does_not_hold_the_end_up);
	return tcase;
}
