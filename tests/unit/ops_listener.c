/* The ops port, asked over real connections. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "ops/listener.h"

static struct warren_ops *ops;
static struct warren_ops_listener *listener;
static char answer[4096]; /* the beginning of the last one */

static void open_listener(void)
{
	/* A slow machine takes its time for a long answer. */
	const struct warren_ops_listener_options options = {.connection_max_ms = 120000};
	struct warren_error error;
	signal(SIGPIPE, SIG_IGN);
	ops = warren_ops_open();
	ck_assert_ptr_nonnull(ops);
	ck_assert_int_eq(warren_ops_listen(ops, &options, &listener, &error), 0);
}

static void close_listener(void)
{
	warren_ops_listener_close(listener);
	warren_ops_close(ops);
}

/* ---- a client ---- */

static int dial(void)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(warren_ops_listener_port(listener)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

/* Reads to the end; returns how much came. */
static size_t hear(int fd)
{
	char rest[65536];
	size_t len = 0;
	ssize_t n;
	do {
		size_t room = sizeof answer - 1 - (len < sizeof answer ? len : sizeof answer - 1);
		n = room ? recv(fd, answer + len, room, 0) : recv(fd, rest, sizeof rest, 0);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	answer[len < sizeof answer ? len : sizeof answer - 1] = '\0';
	close(fd);
	return len;
}

static size_t ask(const char *request)
{
	int fd = dial();
	say(fd, request);
	return hear(fd);
}

static void is_status(int status)
{
	char line[32];
	snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
	ck_assert_msg(strncmp(answer, line, strlen(line)) == 0, "not %d: %s", status, answer);
}

static const char *body(void)
{
	const char *end = strstr(answer, "\r\n\r\n");
	ck_assert_msg(end != NULL, "no head: %s", answer);
	return end + 4;
}

static void has(const char *text)
{
	ck_assert_msg(strcasestr(answer, text) != NULL, "no %s in %s", text, answer);
}

/* ---- what it answers ---- */

static void give_one(struct warren_ops_reasons *reasons, void *data)
{
	warren_ops_reason(reasons, *(enum warren_ops_severity *)data, "out of %s", "paper");
}

START_TEST(its_paths)
{
	enum warren_ops_severity severity = WARREN_OPS_BLOCKS;
	struct warren_ops_source source = {
		.name = "printer", .reasons = give_one, .data = &severity};
	ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
	is_status(200);
	has("connection: close");
	ck_assert_str_eq(body(), "ok\n");

	warren_ops_add(ops, &source);
	ask("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
	is_status(503);
	has("content-type: application/json");
	ck_assert_str_eq(body(), "{\"reasons\":[{\"severity\":\"blocks\",\"source\":\"printer\","
				 "\"reason\":\"out of paper\"}],\"ready\":false}\n");
	severity = WARREN_OPS_TOLD;
	ask("GET /readyz?verbose HTTP/1.1\r\nHost: localhost\r\n\r\n");
	is_status(200);
	has("\"severity\":\"told\"");
	warren_ops_remove(ops, &source);

	ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
	is_status(200);
	has("content-type: text/plain; version=0.0.4");
	has("\nwarren_ops_answered_total 4\n");

	ask("GET /healthz/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
	is_status(404);
}
END_TEST

START_TEST(its_methods)
{
	char head[sizeof answer];
	ask("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
	*(char *)(uintptr_t)body() = '\0';
	strcpy(head, answer);
	ask("HEAD /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
	ck_assert_str_eq(answer, head);
	static const char *const others[] = {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		char request[256];
		snprintf(request, sizeof request,
			"%s /readyz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
			others[i]);
		ask(request);
		is_status(405);
		has("allow: GET, HEAD");
	}
}
END_TEST

START_TEST(whose_name_it_answers_to)
{
	static const struct {
		const char *host;
		int status;
	} cases[] = {{"127.0.0.1", 200}, {"127.0.0.1:4001", 200}, {"localhost", 200},
		{"LocalHost:4001", 200}, {"[::1]", 200}, {"[::1]:4001", 200}, {"evil.example", 403},
		{"evil.example:4001", 403}, {"localhost.evil.example", 403},
		{"127.0.0.1.evil.example:4001", 403}, {"localhost:evil", 403}, {"127.0.0.2", 403},
		{"localhos", 403}, {"localhost\r\nHost: evil.example", 403},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			403}};
	static const char *const paths[] = {"/metrics", "/readyz", "/healthz", "/nothing"};
	char request[512];
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n",
			paths[cases[i].status == 200 ? 0 : i % 4], cases[i].host);
		ask(request);
		is_status(cases[i].status);
		if (cases[i].status == 403)
			ck_assert_str_eq(body(), "Refused: the Host must be 127.0.0.1, localhost "
						 "or [::1]\n");
	}
	ask("GET /healthz HTTP/1.0\r\n\r\n"); /* a load balancer */
	has(" 200 ");
	ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
	has("\nwarren_ops_refused_total 9\n");
}
END_TEST

/* ---- what it bears ---- */

static const struct warren_ops_metric metrics[] = {WARREN_OPS_GAUGE("long", "long", 0)};
static const struct warren_ops_table table = {metrics, 1, sizeof(uint64_t)};

static void read_value(void *values, void *data)
{
	(void)data;
	*(uint64_t *)values = 1;
}

enum { SERIES = 10000, NAME_BYTES = 1000 };

static struct warren_ops_source sources[SERIES];
static struct warren_ops_label labels[SERIES];
static char names[SERIES][NAME_BYTES + 1];

/* Returns how long /metrics is with them. */
static size_t add_series(void)
{
	for (int i = 0; i < SERIES; i++) {
		snprintf(names[i], sizeof names[i], "%0*d", NAME_BYTES, i);
		labels[i] = (struct warren_ops_label){"name", names[i]};
		sources[i] = (struct warren_ops_source){.name = "long",
			.table = &table,
			.read = read_value,
			.labels = &labels[i],
			.label_count = 1};
		warren_ops_add(ops, &sources[i]);
	}
	char *text;
	size_t len;
	ck_assert_int_eq(warren_ops_metrics(ops, &text, &len), 0);
	ck_assert_uint_gt(len, (size_t)SERIES * NAME_BYTES);
	free(text);
	return len;
}

static void remove_series(void)
{
	for (int i = 0; i < SERIES; i++)
		warren_ops_remove(ops, &sources[i]);
}

/* 10,000 series, several times.  A client has five seconds for what the kernel does not hold. */
START_TEST(a_long_answer_comes_whole)
{
	size_t len = add_series();
	for (int i = 0; i < 4; i++) {
		int fd = dial();
		say(fd, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
		size_t got = hear(fd);
		ck_assert_uint_eq(got - (size_t)(body() - answer), len);
	}
	remove_series();
}
END_TEST

/* A connection is one request: what comes behind it is not answered, and spoils nothing. */
START_TEST(what_comes_behind_a_request)
{
	static const char *const behind[] = {
		"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /heal", "\r\n\r\n"};
	size_t len = add_series();
	for (size_t i = 0; i < sizeof behind / sizeof behind[0]; i++) {
		char requests[512];
		snprintf(requests, sizeof requests,
			"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n%s", behind[i]);
		size_t got = ask(requests);
		is_status(200);
		ck_assert_uint_eq(got - (size_t)(body() - answer), len);
	}
	remove_series();
	ask("POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello");
	is_status(405);
}
END_TEST

/* With bound N, 3 N one after the other pass; so do N after N that were cut in the middle. */
START_TEST(room_is_given_back)
{
	for (int i = 0; i < 3 * 16; i++) {
		ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
		is_status(200);
	}
	for (int round = 0; round < 3; round++) {
		int fds[16];
		for (int i = 0; i < 16; i++) {
			fds[i] = dial();
			say(fds[i], "GET /healthz HTT");
		}
		for (int i = 0; i < 16; i++)
			close(fds[i]);
		do {
			ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
		} while (*answer == '\0'); /* their end may come behind this one's beginning */
		is_status(200);
	}
}
END_TEST

START_TEST(one_connection_too_many)
{
	int fds[16];
	for (int i = 0; i < 16; i++) {
		fds[i] = dial();
		say(fds[i], "GET /healthz HTTP/1.1\r\n");
	}
	ck_assert_uint_eq(hear(dial()), 0);
	for (int i = 0; i < 16; i++) {
		say(fds[i], "Host: localhost\r\n\r\n");
		hear(fds[i]);
		is_status(200);
	}
	ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
	has("\nwarren_ops_refused_total 1\n");
}
END_TEST

START_TEST(what_is_no_request)
{
	char *large = malloc(100000);
	ck_assert_ptr_nonnull(large);
	memset(large, 'a', 99999);
	large[99999] = '\0';
	memcpy(large, "GET /healthz HTTP/1.1\r\nX: ", 26);
	static const char *const cases[] = {"\r\n\r\n", "GET\r\n\r\n", "GET /%zz HTTP/1.1\r\n\r\n",
		"\x16\x03\x01\x02", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"GET /metrics HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		"Sec-WebSocket-Version: 13\r\n\r\n"};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int fd = dial();
		say(fd, cases[i]);
		shutdown(fd, SHUT_WR);
		hear(fd);
		ck_assert_msg(strstr(answer, "warren_") == NULL && strstr(answer, " 101 ") == NULL,
			"case %zu: %s", i, answer);
	}
	int fd = dial();
	(void)send(fd, large, 99999, MSG_NOSIGNAL);
	hear(fd);
	ck_assert_ptr_null(strstr(answer, " 200 "));
	free(large);
	ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
	is_status(200);
}
END_TEST

static unsigned long long counter(const char *name)
{
	char *text;
	size_t len;
	ck_assert_int_eq(warren_ops_metrics(ops, &text, &len), 0);
	const char *line = strstr(text, name);
	ck_assert_ptr_nonnull(line);
	unsigned long long value = strtoull(line + strlen(name), NULL, 10);
	free(text);
	return value;
}

/* Neither one that says nothing stays, nor one that does not finish, nor one that reads nothing. */
START_TEST(who_takes_too_long)
{
	struct warren_error error;
	warren_ops_listener_close(listener);
	ck_assert_int_eq(warren_ops_listen(ops,
				 &(struct warren_ops_listener_options){.connection_max_ms = 1000},
				 &listener, &error),
		0);
	add_series();
	int silent = dial(), halfway = dial(), deaf = dial();
	say(halfway, "GET /healthz HTTP/1.1\r\nHost: lo");
	say(deaf, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
	ck_assert_uint_eq(hear(silent), 0);
	ck_assert_uint_eq(hear(halfway), 0);
	while (counter("\nwarren_ops_timeouts_total ") < 3)
		;
	close(deaf);
	remove_series();
}
END_TEST

static int64_t cpu_ms(void)
{
	struct timespec time;
	ck_assert_int_eq(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time), 0);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int64_t wall_ms(void)
{
	struct timespec time;
	ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &time), 0);
	return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Without file descriptors a connection waits, and nothing spins; it is answered when there are
 * some again. */
START_TEST(no_file_descriptors)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(warren_ops_listener_port(listener)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct rlimit limit, none;
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	do {
		none.rlim_cur = (rlim_t)open("/dev/null", O_RDONLY | O_CLOEXEC);
	} while (none.rlim_cur < 16); /* poll(2) itself wants as many as it is asked for */
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	int64_t cpu = cpu_ms(), wall = wall_ms();
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
	say(fd, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
	ck_assert_int_eq(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 1000), 0);
	cpu = cpu_ms() - cpu;
	wall = wall_ms() - wall;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_lt(4 * cpu, wall);
	hear(fd);
	is_status(200);
}
END_TEST

/* libwebsockets keeps a table of few descriptors, whatever their numbers. */
START_TEST(high_file_descriptors)
{
	struct rlimit limit;
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	int above = (int)(limit.rlim_cur < 3000 ? limit.rlim_cur : 3000) - 64;
	int *fds = calloc((size_t)above, sizeof *fds), count = 0, fd;
	ck_assert_ptr_nonnull(fds);
	while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0 && fd < above)
		fds[count++] = fd;
	close(fd);
	for (int i = 0; i < 40; i++) {
		ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
		is_status(200);
	}
	while (count > 0)
		close(fds[--count]);
	free(fds);
}
END_TEST

START_TEST(a_port_in_use)
{
	struct warren_ops_listener *other = NULL;
	struct warren_error error;
	char wanted[64];
	uint16_t port = warren_ops_listener_port(listener);
	ck_assert_int_eq(warren_ops_listen(ops, &(struct warren_ops_listener_options){.port = port},
				 &other, &error),
		-EADDRINUSE);
	ck_assert_ptr_null(other);
	snprintf(wanted, sizeof wanted, "port %u on 127.0.0.1 is in use by another program", port);
	ck_assert_str_eq(error.message, wanted);
	ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
	is_status(200);
}
END_TEST

START_TEST(closing_under_way)
{
	int silent = dial(), halfway = dial();
	say(halfway, "GET /metrics HTTP/1.1\r\nHost: localh");
	ask("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
	warren_ops_listener_close(listener);
	ck_assert_uint_eq(hear(silent), 0);
	ck_assert_uint_eq(hear(halfway), 0);
	listener = NULL;
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("ops_listener");
	tcase_add_checked_fixture(cases, open_listener, close_listener);
	tcase_add_test(cases, its_paths);
	tcase_add_test(cases, its_methods);
	tcase_add_test(cases, whose_name_it_answers_to);
	tcase_add_test(cases, a_long_answer_comes_whole);
	tcase_add_test(cases, what_comes_behind_a_request);
	tcase_add_test(cases, room_is_given_back);
	tcase_add_test(cases, one_connection_too_many);
	tcase_add_test(cases, what_is_no_request);
	tcase_add_test(cases, who_takes_too_long);
	tcase_add_test(cases, no_file_descriptors);
	tcase_add_test(cases, high_file_descriptors);
	tcase_add_test(cases, a_port_in_use);
	tcase_add_test(cases, closing_under_way);
	Suite *suite = suite_create("ops_listener");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
