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
#include "edge/cluster/proof.h"

#define KEY "the-key-of-both-edges-of-this-test"

#define DRIP_MS 4

static struct warren_edge *near_edge, *far_edge;
static pthread_t far_thread;

static struct warren_edge *open_edge(const char *instance, uint32_t max_passed)
{
	const struct warren_edge_options options = {.host = "127.0.0.1",
		.internal_host = "127.0.0.1",
		.cluster_key = KEY,
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

/* Says what it is told to whoever comes, with a proof in the place of '@', and closes. */
struct speaker {
	int fd;
	const char *text;
	const char *body; /* that is proved */
	const char *key;
	int status; /* the same */
	bool of_another_call;
};

static void write_proof(
	const struct speaker *speaker, const char *request, char ret[WARREN_PROOF_ANSWER_SIZE])
{
	const char *line = strstr(request, "Authorization: ");
	char body[WARREN_SHA256_SIZE], call[WARREN_SHA256_SIZE];
	struct warren_keyring *ring;
	struct warren_error error;

	ck_assert_ptr_nonnull(line);
	snprintf(call, sizeof call, "%s", strstr(line, "\r\n") - (sizeof call - 1));
	if (speaker->of_another_call)
		call[0] = call[0] == '0' ? '1' : '0';
	ck_assert_int_eq(warren_keyring_open(speaker->key, &ring, &error), 0);
	ck_assert_int_eq(warren_sha256(speaker->body, strlen(speaker->body), body), 0);
	ck_assert_int_eq(warren_proof_answer(ring, call, speaker->status, body, ret), 0);
	warren_keyring_close(ring);
}

static void *speak(void *data)
{
	struct speaker *speaker = data;
	int fd = accept4(speaker->fd, NULL, NULL, SOCK_CLOEXEC);
	char request[1024] = "", text[1024], proof[WARREN_PROOF_ANSWER_SIZE];
	size_t front = strcspn(speaker->text, "@");

	ck_assert_int_gt(recv(fd, request, sizeof request - 1, 0), 0);
	if (speaker->text[front]) {
		write_proof(speaker, request, proof);
		snprintf(text, sizeof text, "%.*s" WARREN_PROOF_ANSWER ": %s\r\n%s", (int)front,
			speaker->text, proof, speaker->text + front + 1);
	} else {
		snprintf(text, sizeof text, "%s", speaker->text);
	}
	ck_assert_int_ge(send(fd, text, strlen(text), MSG_NOSIGNAL), 0);
	close(fd);
	return NULL;
}

static void hear(struct speaker speaker, int status)
{
	pthread_t thread;
	struct answer answer;

	tell(near_edge, "odd", silent_port(&speaker.fd));
	ck_assert_int_eq(pthread_create(&thread, NULL, speak, &speaker), 0);
	answer = ask("odd", "/mirror", "x", 1);
	ck_assert_int_eq(answer.status, status);
	ck_assert_uint_eq(answer.len, answer.status == 200 ? 3 : 0);
	free(answer.body);
	pthread_join(thread, NULL);
	close(speaker.fd);
}

enum { ODD_ANSWERS = 13, UNPROVED_ANSWERS = 7 };

START_TEST(answers_that_no_edge_gives)
{
	static const struct {
		const char *text;
		int status, said;
	} cases[] = {{"", -ECONNRESET, 200}, {"HTTP/1.1 200 OK\r\n", -ECONNRESET, 200},
		{"HTTP/1.1 200 OK\r\n@Content-Length: 3\r\n\r\nab", -ECONNRESET, 200},
		{"HTTP/1.1 200 OK\r\n@Content-Length: 3\r\n\r\nabcd", -EBADMSG, 200},
		{"HTTP/1.1 200 OK\r\n@Content-Length: -3\r\n\r\nabc", -EBADMSG, 200},
		{"HTTP/1.1 200 OK\r\n@Content-Length: 99999999999999999\r\n\r\nabc", -EBADMSG, 200},
		{"HTTP/1.1 200 OK\r\n@Content-Length: 99999999999\r\n\r\nabc", -EMSGSIZE, 200},
		{"HTTP/1.1 200 OK\r\n@\r\nabc", -EBADMSG, 200},
		{"ICY 200 OK\r\n@\r\n", -EBADMSG, 200},
		{"HTTP/1.1 2000 OK\r\n@\r\n", -EBADMSG, 2000},
		{"HTTP/1.1 101 Switching Protocols\r\n@\r\n", -EBADMSG, 101},
		{"HTTP/1.1 204 No Content\r\n@\r\n", 204, 204},
		{"HTTP/1.1 200 OK\r\n@content-length:3\r\n\r\nabc", 200, 200}};

	ck_assert_int_eq((int)(sizeof cases / sizeof cases[0]), ODD_ANSWERS);
	hear((struct speaker){.text = cases[_i].text,
		     .body = cases[_i].said == 200 ? "abc" : "",
		     .key = KEY,
		     .status = cases[_i].said},
		cases[_i].status);
}
END_TEST

START_TEST(answers_without_a_proof_that_holds)
{
	static const char right[] = "HTTP/1.1 200 OK\r\n@Content-Length: 3\r\n\r\nabc";
	const struct speaker cases[] = {
		{.text = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"},
		{.text = "HTTP/1.1 204 No Content\r\n\r\n"},
		{.text = "HTTP/1.1 200 OK\r\nAuthentication-Info: Warren1 \r\n"
			 "Content-Length: 3\r\n\r\nabc"},
		{.text = right, .body = "abd", .key = KEY, .status = 200},
		{.text = right, .body = "abc", .key = KEY, .status = 201},
		{.text = right, .body = "abc", .key = KEY "r", .status = 200},
		{.text = right, .body = "abc", .key = KEY, .status = 200, .of_another_call = true},
	};

	ck_assert_int_eq((int)(sizeof cases / sizeof cases[0]), UNPROVED_ANSWERS);
	hear(cases[_i], -EACCES);
}
END_TEST

/* Says one byte more each time that nothing has come for a while, until whoever asked has gone. */
static void *drip(void *data)
{
	struct speaker *speaker = data;
	int fd = accept4(speaker->fd, NULL, NULL, SOCK_CLOEXEC);
	struct pollfd gone = {.fd = fd, .events = POLLRDHUP};
	char request[1024] = "", proof[WARREN_PROOF_ANSWER_SIZE], text[1024];

	ck_assert_int_gt(recv(fd, request, sizeof request - 1, 0), 0);
	write_proof(speaker, request, proof);
	snprintf(text, sizeof text,
		"HTTP/1.1 200 OK\r\n" WARREN_PROOF_ANSWER ": %s\r\nContent-Length: %zu\r\n\r\n%s",
		proof, strlen(speaker->body), speaker->body);
	for (const char *byte = text; *byte && poll(&gone, 1, DRIP_MS) == 0; byte++)
		if (send(fd, byte, 1, MSG_NOSIGNAL) < 0)
			break;
	close(fd);
	return NULL;
}

/* The time is that of the whole: each byte is in time, and the answer is not. */
START_TEST(an_answer_that_does_not_end)
{
	char body[501];
	struct speaker speaker = {.body = body, .key = KEY, .status = 200};
	pthread_t thread;
	struct answer answer = {0};

	memset(body, 'x', sizeof body - 1);
	body[sizeof body - 1] = '\0';
	tell(near_edge, "slow", silent_port(&speaker.fd));
	ck_assert_int_eq(pthread_create(&thread, NULL, drip, &speaker), 0);
	ck_assert_int_eq(warren_peer_call(near_edge, "slow", "/mirror", "x", 1, 300 * DRIP_MS,
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
	tcase_add_loop_test(calls, answers_that_no_edge_gives, 0, ODD_ANSWERS);
	tcase_add_loop_test(calls, answers_without_a_proof_that_holds, 0, UNPROVED_ANSWERS);
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
