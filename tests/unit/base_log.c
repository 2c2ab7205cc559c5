/* Logs and settings: what an operator sees and sets. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log_out.h"
#include "base/utf8.h"
#include "warren/log.h"
#include "warren/settings.h"

static char line[16384];

/* Writes with `warren_log` into a pipe and reads the line back. */
static struct warren_log *log_to_pipe(int fds[2], enum warren_log_level level)
{
	ck_assert_int_eq(pipe(fds), 0);
	struct warren_log *log = warren_log_open("user", level, fds[1]);
	ck_assert_ptr_nonnull(log);
	return log;
}

static const char *read_line(int fds[2], struct warren_log *log)
{
	warren_log_close(log);
	close(fds[1]);
	ssize_t len = read(fds[0], line, sizeof line - 1);
	ck_assert_int_ge(len, 0);
	line[len] = '\0';
	close(fds[0]);
	return line;
}

static void assert_json_line(const char *text)
{
	struct warren_json_reader reader;
	size_t len = strlen(text);
	ck_assert_uint_gt(len, 0);
	ck_assert_uint_le(len, 8192);
	ck_assert_int_eq(text[len - 1], '\n');
	ck_assert(warren_utf8_valid(text, len));
	warren_json_read(&reader, text, len, WARREN_JSON_DEPTH_MAX);
	ck_assert_int_eq(warren_json_skip(&reader, NULL), 0);
	ck_assert_int_eq(warren_json_end(&reader), 0);
}

START_TEST(a_line_has_pinos_fields)
{
	int fds[2];
	struct warren_log *log = log_to_pipe(fds, WARREN_LOG_INFO);
	warren_log(log, WARREN_LOG_INFO, "listening", WARREN_INT("port", 3001),
		WARREN_BOOL("tls", false), WARREN_TEXT("host", "a\"b\\c\n\x01"),
		WARREN_JSON("event", "{\"a\":1}"));
	const char *text = read_line(fds, log);
	assert_json_line(text);
	ck_assert_ptr_eq(strstr(text, "{\"level\":30,\"time\":"), text);
	ck_assert_ptr_nonnull(
		strstr(text, ",\"name\":\"user\",\"msg\":\"listening\",\"port\":3001,\"tls\":false,"
			     "\"host\":\"a\\\"b\\\\c\\n\\u0001\",\"event\":{\"a\":1}}\n"));
}
END_TEST

START_TEST(below_the_level_nothing_is_written)
{
	int fds[2];
	struct warren_log *log = log_to_pipe(fds, WARREN_LOG_WARN);
	warren_log(log, WARREN_LOG_INFO, "not this");
	ck_assert_str_eq(read_line(fds, log), "");
	warren_log((struct warren_log *)NULL, WARREN_LOG_FATAL, "nor this");
}
END_TEST

START_TEST(bytes_that_are_not_utf8_are_repaired)
{
	int fds[2];
	struct warren_log *log = log_to_pipe(fds, WARREN_LOG_INFO);
	warren_log(log, WARREN_LOG_INFO, "x", WARREN_TEXT("bad", "a\xff\xe2\x82z\xe2\x82\xac"));
	const char *text = read_line(fds, log);
	assert_json_line(text);
	ck_assert_ptr_nonnull(
		strstr(text, "\"bad\":\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\xe2\x82\xac\""));
}
END_TEST

/* Each length near the cap once, so that every place where a line can be cut is tried. */
START_TEST(a_line_that_is_too_long_is_cut_and_says_so)
{
	char *text = malloc(9000);
	for (size_t len = 7900; len < 8200; len++) {
		memset(text, 'x', len);
		memcpy(text + len - 6, "\xe2\x82\xac\xe2\x82\xac", 6);
		text[len] = '\0';
		int fds[2];
		struct warren_log *log = log_to_pipe(fds, WARREN_LOG_INFO);
		warren_log(log, WARREN_LOG_INFO, "m", WARREN_TEXT("long", text),
			WARREN_INT("after", 1));
		const char *got = read_line(fds, log);
		assert_json_line(got);
		ck_assert_int_ne(
			strstr(got, "\"after\":1") != NULL, strstr(got, "\"cut\":true") != NULL);
	}
	free(text);
}
END_TEST

/* ---- a pipe that others made non-blocking ---- */

#define WRITERS 4
#define LINES_EACH 60

static void *write_lines(void *data)
{
	char text[6001];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	for (int i = 0; i < LINES_EACH; i++)
		warren_log((struct warren_log *)data, WARREN_LOG_INFO, "m",
			WARREN_TEXT("long", text), WARREN_INT("last", i));
	return NULL;
}

struct ending {
	struct warren_log *log;
	int fd;
	pthread_t writers[WRITERS];
};

static void *end_log(void *data)
{
	struct ending *ending = data;
	for (int i = 0; i < WRITERS; i++)
		pthread_join(ending->writers[i], NULL);
	warren_log_close(ending->log);
	close(ending->fd);
	return NULL;
}

/* Returns how many lines the last one that was read says were dropped; 0: it says nothing of it. */
static int dropped_lines(void)
{
	const char *said = strstr(line, "were dropped");
	const char *count = said ? strstr(said, "\"lines\":") : NULL;
	return count ? atoi(count + strlen("\"lines\":")) : 0;
}

/* More than the pipe holds, in lines that it takes in pieces: none is torn or mixed, and those that
 * had to go are told. */
START_TEST(lines_stay_whole_when_the_pipe_is_full)
{
	int fds[2], whole = 0, dropped = 0;
	pthread_t thread;
	struct ending ending = {.log = log_to_pipe(fds, WARREN_LOG_INFO)};
	ending.fd = fds[1];
	ck_assert_int_eq(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	for (int i = 0; i < WRITERS; i++)
		ck_assert_int_eq(
			pthread_create(&ending.writers[i], NULL, write_lines, ending.log), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, end_log, &ending), 0);
	FILE *in = fdopen(fds[0], "r");
	while (fgets(line, sizeof line, in)) {
		assert_json_line(line);
		whole += strstr(line, "\"last\":") != NULL;
		dropped += dropped_lines();
	}
	pthread_join(thread, NULL);
	ck_assert_int_gt(whole, 0);
	ck_assert_int_le(whole + dropped, WRITERS * LINES_EACH);
	ck_assert_int_eq(whole + (int)warren_log_out_dropped(), WRITERS * LINES_EACH);
	fclose(in);
}
END_TEST

/* The writer goes on; what was dropped is told to the reader when it reads again. */
START_TEST(a_reader_that_stalls_stops_nobody)
{
	enum { LINES = 2000 };
	int fds[2], read_back = 0, dropped = 0, more = 0;
	char text[1001];
	struct warren_log *log = log_to_pipe(fds, WARREN_LOG_INFO);
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	for (int i = 0; i < LINES; i++)
		warren_log(log, WARREN_LOG_INFO, "m", WARREN_TEXT("long", text));
	ck_assert_uint_gt(warren_log_out_dropped(), 0);
	ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	char *all = malloc(LINES * 1200);
	size_t len = 0;
	do {
		warren_log(log, WARREN_LOG_INFO, "more", WARREN_INT("number", more++));
		ssize_t n = read(fds[0], all + len, LINES * 1200 - 1 - len);
		len += n > 0 ? (size_t)n : 0;
		all[len] = '\0';
	} while (!strstr(all, "were dropped"));
	warren_log_close(log);
	close(fds[1]);
	for (ssize_t n; (n = read(fds[0], all + len, LINES * 1200 - 1 - len)) > 0;)
		len += (size_t)n;
	FILE *in = fmemopen(all, len, "r");
	while (fgets(line, sizeof line, in)) {
		assert_json_line(line);
		read_back += strstr(line, "\"long\":") != NULL;
		dropped += dropped_lines();
	}
	ck_assert_int_eq(read_back + dropped, LINES);
	fclose(in);
	free(all);
	close(fds[0]);
}
END_TEST

/* ---- settings ---- */

static const char *const colours[] = {"red", "green", NULL};
static const struct warren_setting table[] = {
	{.name = "T_PORT",
		.kind = WARREN_SETTING_INT,
		.min = 1,
		.max = 65535,
		.default_value = "3001",
		.text = "port"},
	{.name = "T_COLOUR",
		.kind = WARREN_SETTING_TEXT,
		.in = colours,
		.default_value = "red",
		.text = "colour"},
	{.name = "T_ON",
		.kind = WARREN_SETTING_BOOL,
		.default_value = "false",
		.text = "on or off"},
	{.name = "T_URL",
		.kind = WARREN_SETTING_TEXT,
		.min = 0,
		.max = 20,
		.secret = true,
		.text = "an URL"},
	{.name = NULL},
};
static const struct warren_setting *const tables[] = {table};

static int load(const char *env_file, struct warren_settings **ret, struct warren_error *error)
{
	return warren_settings_load(tables, 1, env_file, ret, error);
}

static void clear(void)
{
	for (const struct warren_setting *s = table; s->name; s++)
		unsetenv(s->name);
}

START_TEST(defaults_environment_and_file)
{
	struct warren_settings *settings;
	struct warren_error error;
	char path[] = "/tmp/warren-env-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");
	fputs("\xef\xbb\xbf# comment\n\nexport T_PORT = 4000 # "
	      "why\nT_COLOUR='green'\nT_ON=\"true\"\nOTHER=1\n",
		file);
	fclose(file);
	ck_assert_int_eq(load(NULL, &settings, &error), 0);
	ck_assert_int_eq(warren_settings_int(settings, "T_PORT"), 3001);
	ck_assert_str_eq(warren_settings_text(settings, "T_URL"), "");
	warren_settings_close(settings);
	ck_assert_int_eq(load(path, &settings, &error), 0);
	ck_assert_int_eq(warren_settings_int(settings, "T_PORT"), 4000);
	ck_assert_str_eq(warren_settings_text(settings, "T_COLOUR"), "green");
	ck_assert(warren_settings_bool(settings, "T_ON"));
	warren_settings_close(settings);
	setenv("T_PORT", "5000", 1);
	setenv("T_COLOUR", "", 1);
	ck_assert_int_eq(load(path, &settings, &error), 0);
	ck_assert_int_eq(warren_settings_int(settings, "T_PORT"), 5000);
	ck_assert_str_eq(warren_settings_text(settings, "T_COLOUR"), "green");
	warren_settings_close(settings);
	ck_assert_int_eq(load("/nowhere/.env", &settings, &error), 0);
	warren_settings_close(settings);
	unlink(path);
	clear();
}
END_TEST

static const struct {
	const char *name, *value, *told;
} refused[] = {
	{"T_PORT", "0", "T_PORT is \"0\"; it takes a whole number from 1 to 65535"},
	{"T_PORT", "65536", "T_PORT is \"65536\"; it takes a whole number from 1 to 65535"},
	{"T_PORT", "80x", "T_PORT is \"80x\"; it takes a whole number from 1 to 65535"},
	{"T_PORT", " 80", "T_PORT is \" 80\"; it takes a whole number from 1 to 65535"},
	{"T_PORT", "99999999999999999999",
		"T_PORT is \"99999999999999999999\"; it takes a whole number from 1 to 65535"},
	{"T_COLOUR", "blue", "T_COLOUR is \"blue\"; it takes red, green"},
	{"T_ON", "yes", "T_ON is \"yes\"; it takes true or false"},
	{"T_URL", "amqp://me:hush-hush@there",
		"T_URL has a value that is not allowed; it takes text of 0 to 20 bytes"},
};

START_TEST(a_bad_value_is_one_clear_error)
{
	struct warren_settings *settings = NULL;
	struct warren_error error;
	setenv(refused[_i].name, refused[_i].value, 1);
	ck_assert_int_eq(load(NULL, &settings, &error), -EINVAL);
	ck_assert_str_eq(error.message, refused[_i].told);
	ck_assert_str_eq(error.field, refused[_i].name);
	ck_assert_ptr_null(settings);
	clear();
}
END_TEST

START_TEST(a_bad_line_is_told_with_its_number)
{
	struct warren_settings *settings = NULL;
	struct warren_error error;
	char path[] = "/tmp/warren-env-XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");
	fputs("T_PORT=1\nwhat is this\n", file);
	fclose(file);
	ck_assert_int_eq(load(path, &settings, &error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.message, ":2: "));
	ck_assert_int_eq(load("/tmp", &settings, &error), -EIO);
	ck_assert_ptr_null(settings);
	unlink(path);
}
END_TEST

START_TEST(help_names_every_setting)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	warren_settings_help(tables, 1, out);
	fclose(out);
	for (const struct warren_setting *s = table; s->name; s++)
		ck_assert_ptr_nonnull(strstr(text, s->name));
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base log and settings");
	TCase *tests = tcase_create("all");
	tcase_add_test(tests, a_line_has_pinos_fields);
	tcase_add_test(tests, below_the_level_nothing_is_written);
	tcase_add_test(tests, bytes_that_are_not_utf8_are_repaired);
	tcase_add_test(tests, a_line_that_is_too_long_is_cut_and_says_so);
	tcase_add_test(tests, lines_stay_whole_when_the_pipe_is_full);
	tcase_add_test(tests, a_reader_that_stalls_stops_nobody);
	tcase_add_test(tests, defaults_environment_and_file);
	tcase_add_loop_test(
		tests, a_bad_value_is_one_clear_error, 0, sizeof refused / sizeof refused[0]);
	tcase_add_test(tests, a_bad_line_is_told_with_its_number);
	tcase_add_test(tests, help_names_every_setting);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
