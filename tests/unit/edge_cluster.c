/* Requests of one edge to another, over the internal listener alone. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/cluster/peer.h"

#define DRIP_MS 4

static struct warren_edge *near_edge, *far_edge;
static pthread_t far_thread;

static struct warren_edge *open_edge(const char *instance, uint32_t max_passed)
{
	const struct warren_edge_options options = {.host = "127.0.0.1",
		.internal_host = "127.0.0.1",
		.instance = instance,
		.max_passed = max_passed};
	struct warren_edge *edge;
	struct warren_error error;

	ck_assert_int_eq(warren_edge_open(&options, &edge, &error), 0);
	return edge;
}

static void *run(void *data)
{
	warren_edge_run(data);
	return NULL;
}

static void on_mirror(const struct warren_edge_request *request,
	struct warren_edge_response *response, void *data)
{
	ck_assert_ptr_eq(data, far_edge);
	response->status = 202;
	response->body = request->body;
	response->body_len = request->body_len;
}

static void tell(struct warren_edge *edge, const char *instance, uint16_t port)
{
	char address[32];

	snprintf(address, sizeof address, "127.0.0.1:%u", (unsigned)port);
	ck_assert_int_eq(warren_edge_peer(edge, instance, address), 0);
}

static void setup(void)
{
	near_edge = open_edge("near", 2);
	far_edge = open_edge("far", 0);
	ck_assert_int_eq(warren_internal_route(far_edge, "/mirror", on_mirror, far_edge), 0);
	ck_assert_int_eq(warren_internal_route(far_edge, "/mirror", on_mirror, far_edge), -EEXIST);
	tell(near_edge, "far", warren_edge_internal_port(far_edge));
	ck_assert_int_eq(pthread_create(&far_thread, NULL, run, far_edge), 0);
}

static void teardown(void)
{
	warren_edge_close(near_edge);
	warren_edge_stop(far_edge, 0);
	pthread_join(far_thread, NULL);
	warren_edge_close(far_edge);
}

/* ---- answers ---- */

struct answer {
	int status, calls;
	char *body;
	size_t len;
};

static void on_answer(int status, const void *body, size_t len, void *data)
{
	struct answer *answer = data;

	answer->status = status;
	answer->calls++;
	answer->body = malloc(len + 1);
	memcpy(answer->body, body, len);
	answer->len = len;
	warren_edge_stop(near_edge, 0);
}

/* Asks, and runs the loop until there is an answer. */
static struct answer ask(const char *instance, const char *path, const void *body, size_t len)
{
	struct answer answer = {0};

	ck_assert_int_eq(
		warren_peer_call(near_edge, instance, path, body, len, 10000, on_answer, &answer),
		0);
	ck_assert_int_eq(answer.calls, 0);
	warren_edge_run(near_edge);
	ck_assert_int_eq(answer.calls, 1);
	return answer;
}

START_TEST(a_peer_answers)
{
	struct answer answer = ask("far", "/mirror", "to and fro", 10);

	ck_assert_int_eq(answer.status, 202);
	ck_assert_uint_eq(answer.len, 10);
	ck_assert_mem_eq(answer.body, "to and fro", 10);
	free(answer.body);
}
END_TEST

START_TEST(an_empty_body)
{
	struct answer answer = ask("far", "/mirror", NULL, 0);

	ck_assert_int_eq(answer.status, 202);
	ck_assert_uint_eq(answer.len, 0);
	free(answer.body);
}
END_TEST

START_TEST(the_largest_body_and_no_larger)
{
	char *body = malloc(WARREN_PEER_BODY_MAX + 1);
	struct answer answer;

	for (size_t i = 0; i < WARREN_PEER_BODY_MAX; i++)
		body[i] = (char)(i * 31 >> 3);
	ck_assert_int_eq(warren_peer_call(near_edge, "far", "/mirror", body,
				 WARREN_PEER_BODY_MAX + 1, 1000, on_answer, &answer),
		-EMSGSIZE);
	answer = ask("far", "/mirror", body, WARREN_PEER_BODY_MAX);
	ck_assert_int_eq(answer.status, 202);
	ck_assert_uint_eq(answer.len, WARREN_PEER_BODY_MAX);
	ck_assert_int_eq(memcmp(answer.body, body, answer.len), 0);
	free(answer.body);
	free(body);
}
END_TEST

START_TEST(an_unknown_path)
{
	struct answer answer = ask("far", "/elsewhere", "x", 1);

	ck_assert_int_eq(answer.status, 404);
	free(answer.body);
}
END_TEST

/* ---- no answer ---- */

/* A port at which nobody accepts; with `fd` -1 nobody listens either. */
static uint16_t silent_port(int *fd)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof address;
	bool listens = *fd == 0;

	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(*fd, (struct sockaddr *)&address, sizeof address), 0);
	if (listens)
		ck_assert_int_eq(listen(*fd, 1), 0);
	ck_assert_int_eq(getsockname(*fd, (struct sockaddr *)&address, &len), 0);
	return ntohs(address.sin_port);
}

START_TEST(nobody_is_there)
{
	int fd = -1;
	struct answer answer = {0};
	int result;

	tell(near_edge, "gone", silent_port(&fd));
	result = warren_peer_call(near_edge, "gone", "/mirror", "x", 1, 10000, on_answer, &answer);
	if (result == 0)
		warren_edge_run(near_edge);
	ck_assert_int_eq(result == 0 ? answer.status : result, -ECONNREFUSED);
	free(answer.body);
	close(fd);
}
END_TEST

START_TEST(nobody_answers)
{
	int fd = 0;
	struct answer answer = {0};

	tell(near_edge, "silent", silent_port(&fd));
	ck_assert_int_eq(
		warren_peer_call(near_edge, "silent", "/mirror", "x", 1, 20, on_answer, &answer),
		0);
	warren_edge_run(near_edge);
	ck_assert_int_eq(answer.calls, 1);
	ck_assert_int_eq(answer.status, -ETIMEDOUT);
	free(answer.body);
	close(fd);
}
END_TEST

/* Says what it is told to whoever comes, and closes. */
struct speaker {
	int fd;
	const char *text;
};

static void *speak(void *data)
{
	struct speaker *speaker = data;
	int fd = accept4(speaker->fd, NULL, NULL, SOCK_CLOEXEC);
	char byte[1024];

	ck_assert_int_gt(recv(fd, byte, sizeof byte, 0), 0);
	ck_assert_int_ge(send(fd, speaker->text, strlen(speaker->text), MSG_NOSIGNAL), 0);
	close(fd);
	return NULL;
}

START_TEST(answers_that_no_edge_gives)
{
	static const struct {
		const char *text;
		int status;
	} cases[] = {{"", -ECONNRESET}, {"HTTP/1.1 200 OK\r\n", -ECONNRESET},
		{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", -ECONNRESET},
		{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd", -EBADMSG},
		{"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc", -EBADMSG},
		{"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999\r\n\r\nabc", -EBADMSG},
		{"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nabc", -EMSGSIZE},
		{"HTTP/1.1 200 OK\r\n\r\nabc", -EBADMSG}, {"ICY 200 OK\r\n\r\n", -EBADMSG},
		{"HTTP/1.1 2000 OK\r\n\r\n", -EBADMSG},
		{"HTTP/1.1 101 Switching Protocols\r\n\r\n", -EBADMSG},
		{"HTTP/1.1 204 No Content\r\n\r\n", 204},
		{"HTTP/1.1 200 OK\r\ncontent-length:3\r\n\r\nabc", 200}};
	struct speaker speaker = {.text = cases[_i].text};
	pthread_t thread;
	struct answer answer;

	ck_assert_int_eq((int)(sizeof cases / sizeof cases[0]), 13);
	tell(near_edge, "odd", silent_port(&speaker.fd));
	ck_assert_int_eq(pthread_create(&thread, NULL, speak, &speaker), 0);
	answer = ask("odd", "/mirror", "x", 1);
	ck_assert_int_eq(answer.status, cases[_i].status);
	ck_assert_uint_eq(answer.len, answer.status == 200 ? 3 : 0);
	free(answer.body);
	pthread_join(thread, NULL);
	close(speaker.fd);
}
END_TEST

/* Says one byte more each time that nothing has come for a while, until whoever asked has gone. */
static void *drip(void *data)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
	struct speaker *speaker = data;
	int fd = accept4(speaker->fd, NULL, NULL, SOCK_CLOEXEC);
	struct pollfd gone = {.fd = fd, .events = POLLRDHUP};
	size_t said = 0;
	char request[1024];

	ck_assert_int_gt(recv(fd, request, sizeof request, 0), 0);
	while (poll(&gone, 1, DRIP_MS) == 0 && said < sizeof head - 1 + 1000) {
		const char *byte = said < sizeof head - 1 ? head + said : "x";
		if (send(fd, byte, 1, MSG_NOSIGNAL) < 0)
			break;
		said++;
	}
	close(fd);
	return NULL;
}

/* The time is that of the whole: each byte is in time, and the answer is not. */
START_TEST(an_answer_that_does_not_end)
{
	struct speaker speaker = {0};
	pthread_t thread;
	struct answer answer = {0};

	tell(near_edge, "slow", silent_port(&speaker.fd));
	ck_assert_int_eq(pthread_create(&thread, NULL, drip, &speaker), 0);
	ck_assert_int_eq(warren_peer_call(near_edge, "slow", "/mirror", "x", 1, 50 * DRIP_MS,
				 on_answer, &answer),
		0);
	warren_edge_run(near_edge);
	ck_assert_int_eq(answer.calls, 1);
	ck_assert_int_eq(answer.status, -ETIMEDOUT);
	free(answer.body);
	pthread_join(thread, NULL);
	close(speaker.fd);
}
END_TEST

START_TEST(the_edge_is_closed_before)
{
	int fd = 0;
	struct answer answer = {0};

	tell(near_edge, "silent", silent_port(&fd));
	ck_assert_int_eq(
		warren_peer_call(near_edge, "silent", "/mirror", "x", 1, 1000, on_answer, &answer),
		0);
	warren_edge_close(near_edge);
	ck_assert_int_eq(answer.calls, 1);
	ck_assert_int_eq(answer.status, -ECANCELED);
	free(answer.body);
	near_edge = open_edge("near", 0);
	close(fd);
}
END_TEST

START_TEST(only_so_many_at_a_time)
{
	struct answer answers[3] = {0};

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(warren_peer_call(near_edge, "far", "/mirror", "x", 1, 1000,
					 on_answer, &answers[i]),
			i < 2 ? 0 : -EAGAIN);
	warren_edge_close(near_edge);
	for (int i = 0; i < 2; i++)
		free(answers[i].body);
	near_edge = open_edge("near", 0);
}
END_TEST

/* ---- who is known ---- */

START_TEST(addresses)
{
	static const char *const bad[] = {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0",
		"127.0.0.1:65536", "127.0.0.1:7x", "localhost:80", ":80", "::1:80", "[::1]",
		"[]:80", "1.2.3.4:80:80",
		"1.2.3.4.5.6.7.8.9.10.11.12.13.14.15.16.17.18.19.20.21.22.23.24:80"};
	struct warren_peer_address address;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(
			warren_edge_peer(near_edge, "other", bad[i]) == -EINVAL, "%s", bad[i]);
	ck_assert_int_eq(warren_edge_peer(near_edge, "", "127.0.0.1:1"), -EINVAL);
	ck_assert(!warren_peer_find(near_edge, "other", &address));
	ck_assert_int_eq(warren_edge_peer(near_edge, "other", "[::1]:80"), 0);
	ck_assert(warren_peer_find(near_edge, "other", &address));
	ck_assert_int_eq(address.socket.ss_family, AF_INET6);
	ck_assert_int_eq(warren_edge_peer(near_edge, "other", "127.0.0.1:65535"), 0);
	ck_assert(warren_peer_find(near_edge, "other", &address));
	ck_assert_str_eq(address.text, "127.0.0.1:65535");
	ck_assert_int_eq(warren_edge_peer(near_edge, "other", NULL), 0);
	ck_assert(!warren_peer_find(near_edge, "other", &address));
	ck_assert_int_eq(warren_edge_peer(near_edge, "near", "127.0.0.1:1"), 0);
	ck_assert(!warren_peer_find(near_edge, "near", &address));
	ck_assert_int_eq(
		warren_peer_call(near_edge, "other", "/", "", 0, 1000, on_answer, NULL), -ENOENT);
}
END_TEST

START_TEST(so_many_are_known_and_no_more)
{
	char name[16];

	for (int i = 0; i < 1023; i++) {
		snprintf(name, sizeof name, "i-%d", i);
		ck_assert_int_eq(warren_edge_peer(near_edge, name, "127.0.0.1:1"), 0);
	}
	ck_assert_int_eq(warren_edge_peer(near_edge, "more", "127.0.0.1:1"), -ENOSPC);
	ck_assert_int_eq(warren_edge_peer(near_edge, "i-7", "127.0.0.1:2"), 0);
	ck_assert_int_eq(warren_edge_peer(near_edge, "i-7", NULL), 0);
	ck_assert_int_eq(warren_edge_peer(near_edge, "more", "127.0.0.1:1"), 0);
}
END_TEST

/* ---- what clients do not reach ---- */

START_TEST(the_public_listener_has_no_such_path)
{
	static const char request[] = "POST /mirror HTTP/1.1\r\nHost: x\r\nContent-Length: "
				      "0\r\nConnection: close\r\n\r\n";
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(warren_edge_port(far_edge))};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char answer[64] = "";

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_gt(send(fd, request, sizeof request - 1, 0), 0);
	ck_assert_int_gt(recv(fd, answer, sizeof answer - 1, MSG_WAITALL), 0);
	ck_assert_int_eq(strncmp(answer, "HTTP/1.1 404 ", 13), 0);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("edge_cluster");
	TCase *calls = tcase_create("calls");
	int failed;
	SRunner *runner;

	tcase_add_checked_fixture(calls, setup, teardown);
	tcase_add_test(calls, a_peer_answers);
	tcase_add_test(calls, an_empty_body);
	tcase_add_test(calls, the_largest_body_and_no_larger);
	tcase_add_test(calls, an_unknown_path);
	tcase_add_test(calls, nobody_is_there);
	tcase_add_test(calls, nobody_answers);
	tcase_add_loop_test(calls, answers_that_no_edge_gives, 0, 13);
	tcase_add_test(calls, an_answer_that_does_not_end);
	tcase_add_test(calls, the_edge_is_closed_before);
	tcase_add_test(calls, only_so_many_at_a_time);
	tcase_add_test(calls, addresses);
	tcase_add_test(calls, so_many_are_known_and_no_more);
	tcase_add_test(calls, the_public_listener_has_no_such_path);
	suite_add_tcase(suite, calls);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
