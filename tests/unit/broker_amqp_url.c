/* What an amqp URL may say, and how it is refused. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "broker/amqp_url.h"

static const struct {
	const char *text, *host, *port, *user, *password, *vhost, *ca_file;
	bool tls;
} good[] = {
	{"amqp://h", "h", "5672", "guest", "guest", "/", NULL, false},
	{"amqp://h/", "h", "5672", "guest", "guest", "/", NULL, false},
	{"amqps://h", "h", "5671", "guest", "guest", "/", NULL, true},
	{"amqp://u:p@h:1/v", "h", "1", "u", "p", "v", NULL, false},
	{"amqp://u@h:65535/%2F", "h", "65535", "u", "", "/", NULL, false},
	{"amqp://u%40x:p%3a%2f%40@h/a%2fb%20c", "h", "5672", "u@x", "p:/@", "a/b c", NULL, false},
	{"amqp://u:p@q@h", "h", "5672", "u", "p@q", "/", NULL, false},
	{"amqp://[::1]:5673/v", "::1", "5673", "guest", "guest", "v", NULL, false},
	{"amqps://[fe80::1]", "fe80::1", "5671", "guest", "guest", "/", NULL, true},
	{"amqps://h/v?cacertfile=/etc/my%20ca.pem", "h", "5671", "guest", "guest", "v",
		"/etc/my ca.pem", true},
	{"amqps://h?cacertfile=ca.pem", "h", "5671", "guest", "guest", "/", "ca.pem", true},
};

START_TEST(a_url_is_taken_apart)
{
	struct warren_amqp_url url;
	struct warren_error error;

	ck_assert_int_eq(warren_amqp_url_parse(good[_i].text, &url, &error), 0);
	ck_assert_str_eq(url.host, good[_i].host);
	ck_assert_str_eq(url.port, good[_i].port);
	ck_assert_str_eq(url.user, good[_i].user);
	ck_assert_str_eq(url.password, good[_i].password);
	ck_assert_str_eq(url.vhost, good[_i].vhost);
	ck_assert_pstr_eq(url.ca_file, good[_i].ca_file);
	ck_assert_int_eq(url.tls, good[_i].tls);
	warren_amqp_url_free(&url);
}
END_TEST

#define TEN(text) text text text text text text text text text text
#define LONG_NAME TEN(TEN("abc")) /* 300 bytes: AMQP's short strings hold 255 */

static const struct {
	const char *text, *why;
} bad[] = {
	{"", "scheme"},
	{"http://h", "scheme"},
	{"amqp:h", "scheme"},
	{"amqp://", "host"},
	{"amqp:///v", "host"},
	{"amqp://u:hunter2@", "host"},
	{"amqp://u:hunter2@:5672", "host"},
	{"amqp://:hunter2@h", "user"},
	{"amqp://" LONG_NAME ":hunter2@h", "255"},
	{"amqp://u:hunter2@h:", "port"},
	{"amqp://u:hunter2@h:0", "port"},
	{"amqp://u:hunter2@h:65536", "port"},
	{"amqp://u:hunter2@h:+80", "port"},
	{"amqp://u:hunter2@h:80x", "port"},
	{"amqp://u:hunter2@h:99999999999999999999", "port"},
	{"amqp://u:hunter2%@h", "percent"},
	{"amqp://u:hunter2%4@h", "percent"},
	{"amqp://u:hunter2%zz@h", "percent"},
	{"amqp://u:hunter2%00@h", "percent"},
	{"amqp://[::1", "IPv6"},
	{"amqp://[::1]x", "IPv6"},
	{"amqp://h/a/b", "%2F"},
	{"amqp://h/%", "vhost"},
	{"amqp://u:hunter 2@h", "white space"},
	{"amqp://h/v\n", "white space"},
	{"amqps://h?verify=none", "cacertfile"},
	{"amqps://h?cacertfile=", "cacertfile"},
	{"amqps://h?cacertfile", "cacertfile"},
	{"amqps://h?cacertfile=a&x=y", "cacertfile"},
	{"amqp://h?cacertfile=a", "amqps"},
};

START_TEST(a_url_that_is_none_is_refused_and_not_shown)
{
	struct warren_amqp_url url = {.host = "untouched"};
	struct warren_error error = {0};

	ck_assert_int_eq(warren_amqp_url_parse(bad[_i].text, &url, &error), -EINVAL);
	ck_assert_str_eq(url.host, "untouched");
	ck_assert_int_eq(error.code, WARREN_INVALID_ARGUMENT);
	ck_assert_msg(
		strstr(error.message, bad[_i].why) != NULL, "%s: %s", bad[_i].text, error.message);
	ck_assert_ptr_null(strstr(error.message, "hunter"));
}
END_TEST

START_TEST(what_is_too_long_is_refused)
{
	struct warren_amqp_url url;
	struct warren_error error;
	char text[4096] = "amqp://h/";

	memset(text + strlen(text), 'v', 255);
	ck_assert_int_eq(warren_amqp_url_parse(text, &url, &error), 0);
	ck_assert_uint_eq(strlen(url.vhost), 255);
	warren_amqp_url_free(&url);
	strcat(text, "v");
	ck_assert_int_eq(warren_amqp_url_parse(text, &url, &error), -EINVAL);
	memset(text, 'x', sizeof text - 1);
	memcpy(text, "amqp://", 7);
	ck_assert_int_eq(warren_amqp_url_parse(text, &url, &error), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("amqp url");
	TCase *tcase = tcase_create("url");
	SRunner *runner = srunner_create(suite);

	tcase_add_loop_test(tcase, a_url_is_taken_apart, 0, sizeof good / sizeof good[0]);
	tcase_add_loop_test(
		tcase, a_url_that_is_none_is_refused_and_not_shown, 0, sizeof bad / sizeof bad[0]);
	tcase_add_test(tcase, what_is_too_long_is_refused);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
