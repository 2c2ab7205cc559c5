/* An edge from open to close, and what other threads may ask of it. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "warren/edge.h"

enum { THREADS = 4, EMITS = 20000 };

static struct warren_edge *open_with(struct warren_edge_options options)
{
	struct warren_edge *edge;
	struct warren_error error;

	options.host = "127.0.0.1";
	options.instance = "i-1";
	ck_assert_int_eq(warren_edge_open(&options, &edge, &error), 0);
	return edge;
}

static struct warren_edge *open_edge(void)
{
	return open_with((struct warren_edge_options){.port = 0});
}

static struct warren_edge_counters counters_of(struct warren_edge *edge)
{
	struct warren_edge_counters counters;

	warren_edge_counters(edge, &counters);
	return counters;
}

START_TEST(closes_without_having_run)
{
	struct warren_edge *edge = open_edge();

	ck_assert_uint_ne(warren_edge_port(edge), 0);
	ck_assert_ptr_nonnull(warren_edge_namespace(edge, "/"));
	ck_assert_int_eq(warren_edge_emit(edge, "i-1.nobody", "x", "1", 1), 0);
	warren_edge_close(edge);
}
END_TEST

START_TEST(stops_when_told_before)
{
	struct warren_edge *edge = open_edge();

	warren_edge_stop(edge, 0);
	ck_assert_int_eq(warren_edge_run(edge), 0);
	warren_edge_close(edge);
}
END_TEST

START_TEST(bad_options_are_told)
{
	static const struct {
		struct warren_edge_options options;
		int result;
		const char *field;
	} bad[] = {{{.instance = "a b"}, -EINVAL, "instance"},
		{{.instance = ""}, -EINVAL, "instance"},
		{{.instance = "an-instance-whose-name-is-longer-than-any-sid-may-be"}, -EINVAL,
			"instance"},
		{{.max_depth = 65}, -EINVAL, "max_depth"}, {{.path = "socket.io"}, -EINVAL, "path"},
		{{.host = "256.1.1.1.1"}, -EADDRNOTAVAIL, "host"}};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct warren_edge *edge = (void *)&bad;
		struct warren_error error;

		ck_assert_int_eq(warren_edge_open(&bad[i].options, &edge, &error), bad[i].result);
		ck_assert_str_eq(error.field, bad[i].field);
		ck_assert_ptr_eq(edge, (void *)&bad);
	}
}
END_TEST

START_TEST(a_busy_port_is_told)
{
	struct warren_edge *first = open_edge(), *second = NULL;
	struct warren_edge_options options = {.host = "127.0.0.1", .port = warren_edge_port(first)};
	struct warren_error error;

	ck_assert_int_eq(warren_edge_open(&options, &second, &error), -EADDRINUSE);
	ck_assert_ptr_nonnull(strstr(error.message, "in use"));
	warren_edge_close(first);
}
END_TEST

/* libwebsockets alone is told of fewer. */
START_TEST(an_edge_leaves_the_limit_of_open_files)
{
	struct rlimit before, after;
	const struct warren_edge_options options = {.host = "127.0.0.1", .max_connections = 10};
	struct warren_edge *edge;
	struct warren_error error;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	before.rlim_cur = before.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_int_eq(warren_edge_open(&options, &edge, &error), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &after), 0);
	ck_assert_uint_eq(after.rlim_cur, before.rlim_cur);
	warren_edge_close(edge);
}
END_TEST

static void respond(const struct warren_edge_request *request,
	struct warren_edge_response *response, void *data)
{
	(void)request;
	(void)response;
	(void)data;
}

static void note_result(int result, const struct warren_edge_event *answer, void *data)
{
	int *results = data;

	ck_assert_ptr_null(answer);
	ck_assert_int_eq(result, -ENOTCONN);
	(*results)++;
}

struct again {
	struct warren_edge *edge;
	int results, result;
};

static void ask_again(int result, const struct warren_edge_event *answer, void *data)
{
	struct again *again = data;

	(void)result;
	(void)answer;
	again->results++;
	again->result =
		warren_edge_emit_ack(again->edge, "i-1.gone", "x", "1", 1, 0, ask_again, again);
}

START_TEST(a_closed_edge_takes_no_question)
{
	struct again again = {.edge = open_edge()};

	ck_assert_int_eq(
		warren_edge_emit_ack(again.edge, "i-1.gone", "x", "1", 1, 0, ask_again, &again), 0);
	warren_edge_close(again.edge);
	ck_assert_int_eq(again.results, 1);
	ck_assert_int_eq(again.result, -EAGAIN);
}
END_TEST

START_TEST(what_asks_for_an_answer_gets_one)
{
	struct warren_edge *edge = open_edge();
	int results = 0, asked = 0, result;

	ck_assert_int_eq(
		warren_edge_emit_ack(edge, "i-1.gone", "x", "1", 1, 0, note_result, &results), 0);
	ck_assert_int_eq(results, 0);
	warren_edge_stop(edge, 0);
	ck_assert_int_eq(warren_edge_run(edge), 0);
	ck_assert_int_eq(results, 1);
	/* What is not taken is not called back for; what is left is, when the edge is closed. */
	while ((result = warren_edge_emit_ack(
			edge, "i-1.gone", "x", "1", 1, 0, note_result, &results)) == 0)
		asked++;
	ck_assert_int_eq(result, -EAGAIN);
	ck_assert_int_eq(results, 1);
	warren_edge_close(edge);
	ck_assert_int_eq(results, 1 + asked);
}
END_TEST

struct alarms {
	struct warren_edge *edge;
	int rung, cancelled;
};

static void on_alarm(int result, void *data)
{
	struct alarms *alarms = data;

	if (result == 0)
		alarms->rung++;
	else
		alarms->cancelled += result == -ECANCELED;
}

/* The second of two: the first has rung. */
static void on_last_alarm(int result, void *data)
{
	struct alarms *alarms = data;

	ck_assert_int_eq(result, 0);
	ck_assert_int_eq(alarms->rung, 1);
	warren_edge_stop(alarms->edge, 0);
}

START_TEST(alarms_ring_in_order_or_are_cancelled)
{
	struct alarms alarms = {.edge = open_edge()};

	ck_assert_int_eq(warren_edge_after(alarms.edge, 3600000, on_alarm, &alarms), 0);
	ck_assert_int_eq(warren_edge_after(alarms.edge, 20, on_last_alarm, &alarms), 0);
	ck_assert_int_eq(warren_edge_after(alarms.edge, 10, on_alarm, &alarms), 0);
	ck_assert_int_eq(warren_edge_run(alarms.edge), 0);
	/* One that the loop has seen, and one that it has not. */
	ck_assert_int_eq(warren_edge_after(alarms.edge, 0, on_alarm, &alarms), 0);
	ck_assert_int_eq(alarms.rung, 1);
	ck_assert_int_eq(alarms.cancelled, 0);
	warren_edge_close(alarms.edge);
	ck_assert_int_eq(alarms.rung, 1);
	ck_assert_int_eq(alarms.cancelled, 2);
}
END_TEST

static void set_again(int result, void *data)
{
	struct again *again = data;

	ck_assert_int_eq(result, -ECANCELED);
	again->results++;
	again->result = warren_edge_after(again->edge, 0, set_again, again);
}

START_TEST(a_closed_edge_takes_no_alarm)
{
	struct again again = {.edge = open_edge()};

	ck_assert_int_eq(warren_edge_after(again.edge, 0, set_again, &again), 0);
	warren_edge_close(again.edge);
	ck_assert_int_eq(again.results, 1);
	ck_assert_int_eq(again.result, -EAGAIN);
}
END_TEST

START_TEST(alarms_are_bounded)
{
	struct alarms alarms = {.edge = open_edge()};
	int result, count = 0;

	while ((result = warren_edge_after(alarms.edge, 3600000, on_alarm, &alarms)) == 0)
		count++;
	ck_assert_int_eq(result, -EAGAIN);
	ck_assert_int_eq(count, 65536);
	ck_assert_uint_eq(counters_of(alarms.edge).posts_full, 1);
	warren_edge_close(alarms.edge);
	ck_assert_int_eq(alarms.cancelled, count);
}
END_TEST

START_TEST(decisions_that_nobody_waits_for_are_nothing)
{
	struct warren_error refusal = {.message = "no"};
	struct warren_edge *edge = open_edge();

	ck_assert_int_eq(warren_edge_decide(edge, 7, NULL), 0);
	ck_assert_int_eq(warren_edge_decide(edge, 0, &refusal), 0);
	ck_assert_int_eq(warren_edge_admit(edge, "i-1.nobody", NULL), 0);
	warren_edge_stop(edge, 0);
	ck_assert_int_eq(warren_edge_run(edge), 0);
	ck_assert_int_eq(warren_edge_decide(edge, 7, &refusal), 0);
	ck_assert_int_eq(warren_edge_admit(edge, "i-1.nobody", &refusal), 0);
	warren_edge_close(edge);
}
END_TEST

START_TEST(names_are_as_long_as_the_options_say)
{
	struct warren_edge *edge = open_with((struct warren_edge_options){.max_room_name = 4});
	const struct warren_edge_target target = {.ns = "/"};

	ck_assert_int_eq(warren_edge_join(edge, "i-1.nobody", "four"), 0);
	ck_assert_int_eq(warren_edge_set_user_to(edge, &target, "four"), 0);
	ck_assert_uint_eq(counters_of(edge).names_too_long, 0);
	ck_assert_int_eq(warren_edge_join(edge, "i-1.nobody", "fives"), -EINVAL);
	ck_assert_int_eq(warren_edge_leave_to(edge, &target, "fives"), -EINVAL);
	ck_assert_int_eq(warren_edge_set_user(edge, "i-1.nobody", "fives"), -EINVAL);
	ck_assert_uint_eq(counters_of(edge).names_too_long, 3);
	ck_assert_uint_eq(counters_of(edge).refused, 3);
	warren_edge_close(edge);
}
END_TEST

START_TEST(names_of_namespaces_are_checked)
{
	struct warren_edge *edge = open_edge();
	char name[130] = "/";

	memset(name + 1, 'x', 128);
	ck_assert_ptr_null(warren_edge_namespace(edge, name));
	ck_assert_ptr_null(warren_edge_namespace(edge, "/a,b"));
	name[128] = '\0';
	ck_assert_ptr_nonnull(warren_edge_namespace(edge, name));
	warren_edge_close(edge);
}
END_TEST

START_TEST(names_of_rooms_are_checked)
{
	struct warren_edge *edge = open_edge();
	char name[258];

	memset(name, 'x', sizeof name);
	name[257] = '\0';
	ck_assert_int_eq(warren_edge_join(edge, "i-1.nobody", name), -EINVAL);
	ck_assert_int_eq(warren_edge_join(edge, "i-1.nobody", ""), -EINVAL);
	ck_assert_int_eq(warren_edge_leave(edge, "i-1.nobody", name), -EINVAL);
	ck_assert_int_eq(warren_edge_set_user(edge, "i-1.nobody", name), -EINVAL);
	ck_assert_int_eq(warren_edge_join(edge, "i-1.nobody", "user:bob"), -EINVAL);
	ck_assert_int_eq(warren_edge_leave(edge, "i-1.nobody", "user:bob"), -EINVAL);
	name[256] = '\0';
	ck_assert_int_eq(warren_edge_set_user(edge, "i-1.nobody", name), 0);
	ck_assert_int_eq(warren_edge_set_user(edge, "i-1.nobody", NULL), 0);
	ck_assert_int_eq(warren_edge_join(edge, "i-1.nobody", name), 0);
	ck_assert_int_eq(warren_edge_leave(edge, "i-1.nobody", name), 0);
	warren_edge_stop(edge, 0);
	ck_assert_int_eq(warren_edge_run(edge), 0);
	warren_edge_close(edge);
}
END_TEST

START_TEST(routes_are_added_once)
{
	struct warren_edge *edge = open_edge();

	ck_assert_int_eq(warren_edge_http(edge, "GET", "/a", respond, NULL), 0);
	ck_assert_int_eq(warren_edge_http(edge, "POST", "/a", respond, NULL), 0);
	ck_assert_int_eq(warren_edge_http(edge, "GET", "/a*", respond, NULL), 0);
	ck_assert_int_eq(warren_edge_http(edge, "GET", "/a", respond, NULL), -EEXIST);
	ck_assert_int_eq(warren_edge_files(edge, "/files", "/nowhere/at/all"), -ENOENT);
	ck_assert_ptr_eq(warren_edge_namespace(edge, "/x"), warren_edge_namespace(edge, "/x"));
	ck_assert_ptr_null(warren_edge_namespace(edge, "no-slash"));
	warren_edge_close(edge);
}
END_TEST

static int post_one(struct warren_edge *edge, int i, const char *args)
{
	switch (i % 4) {
	case 0:
		return warren_edge_broadcast(edge, "/", NULL, "x", args, strlen(args));
	case 1:
		return warren_edge_emit(edge, "i-1.gone", "x", args, strlen(args));
	case 2:
		return warren_edge_join(edge, "i-1.gone", "r");
	default:
		return warren_edge_disconnect(edge, "i-1.gone", false);
	}
}

/* Posts until nothing more is taken.  Returns how many were; the one that was not is counted. */
static int post_all(struct warren_edge *edge, const char *args)
{
	const uint64_t before = counters_of(edge).posts_full;
	int result, count = 0;

	while ((result = post_one(edge, count, args)) == 0)
		count++;
	ck_assert_int_eq(result, -EAGAIN);
	ck_assert_uint_eq(counters_of(edge).posts_full, before + 1);
	ck_assert_uint_eq(counters_of(edge).refused, before + 1);
	return count;
}

START_TEST(what_waits_is_bounded)
{
	struct warren_edge *edge = open_edge();

	ck_assert_int_eq(post_all(edge, "1"), 65536);
	warren_edge_stop(edge, 0);
	ck_assert_int_eq(warren_edge_run(edge), 0);
	/* The loop has taken them all: there is room again, for as many. */
	ck_assert_int_eq(post_all(edge, "1"), 65536);
	warren_edge_close(edge);
}
END_TEST

START_TEST(what_waits_is_bounded_as_the_options_say)
{
	static char long_args[100000];
	struct warren_edge_options options = {.max_posts = 5};
	struct warren_edge *edge = open_with(options);
	struct alarms alarms = {.edge = edge};
	int count;

	ck_assert_int_eq(post_all(edge, "1"), 5);
	ck_assert_int_eq(warren_edge_after(edge, 0, on_alarm, &alarms), -EAGAIN);
	ck_assert_int_eq(alarms.cancelled, 0);
	warren_edge_close(edge);

	memset(long_args, '1', sizeof long_args - 1);
	options = (struct warren_edge_options){.max_post_bytes = 1000000};
	edge = open_with(options);
	count = post_all(edge, long_args);
	/* Two of four have them: nine of these fit. */
	ck_assert_int_eq(count, 17);
	/* What is small enough still fits. */
	ck_assert_int_eq(post_one(edge, 1, "1"), 0);
	warren_edge_close(edge);
}
END_TEST

static void *run(void *data)
{
	ck_assert_int_eq(warren_edge_run(data), 0);
	return NULL;
}

/* A client of few words: one that has joined "/", and reads until the end. */
static int join(uint16_t port)
{
	static const char upgrade[] =
		"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n"
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
	static const unsigned char connect_packet[] = {0x81, 0x82, 0, 0, 0, 0, '4', '0'};
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char answer[1024];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(write(fd, upgrade, sizeof upgrade - 1), sizeof upgrade - 1);
	ck_assert_int_gt(read(fd, answer, sizeof answer), 0);
	ck_assert_int_eq(write(fd, connect_packet, sizeof connect_packet), sizeof connect_packet);
	return fd;
}

static void *read_to_end(void *data)
{
	char bytes[65536];

	while (read(*(int *)data, bytes, sizeof bytes) > 0)
		;
	return NULL;
}

static _Atomic int asked, answered, set, rung, surveys, surveyed;

static void count_answer(int result, const struct warren_edge_event *answer, void *data)
{
	(void)answer;
	(void)data;
	ck_assert_int_eq(result, -ENOTCONN);
	answered++;
}

static void count_alarm(int result, void *data)
{
	(void)data;
	ck_assert(result == 0 || result == -ECANCELED);
	rung++;
}

static void count_survey(const char *sid, const struct warren_edge_event *answer,
	uint32_t answered_by, uint32_t expected, void *data)
{
	(void)data;
	ck_assert_ptr_null(sid);
	ck_assert_ptr_null(answer);
	ck_assert_uint_eq(answered_by, 0);
	ck_assert_uint_le(expected, 1);
	surveyed++;
}

static int call_one(struct warren_edge *edge, int i)
{
	static const char *const room = "r";
	const struct warren_edge_target target = {.ns = "/", .except = &room, .except_count = 1};
	int result;

	switch (i % 10) {
	case 0:
		return warren_edge_emit(edge, "i-1.gone", "x", "1", 1);
	case 1:
		return warren_edge_broadcast(edge, "/", NULL, "x", "{\"a\":1}", 7);
	case 2:
		return warren_edge_broadcast_to(edge, &target, "x", "1", 1);
	case 3:
		return i % 20 == 3 ? warren_edge_join(edge, "i-1.gone", room)
				   : warren_edge_leave(edge, "i-1.gone", room);
	case 4:
		return warren_edge_disconnect(edge, "i-1.gone", true);
	case 5:
		return warren_edge_decide(edge, (uint64_t)i, NULL);
	case 6:
		return warren_edge_admit(edge, "i-1.gone", NULL);
	case 7:
		result = warren_edge_broadcast_ack(
			edge, &target, "x", "1", 1, 1 + (uint32_t)i % 3, count_survey, NULL);
		surveys += result == 0;
		return result;
	case 8:
		result = warren_edge_after(edge, 1, count_alarm, NULL);
		set += result == 0;
		return result;
	default:
		result = warren_edge_emit_ack(edge, "i-1.gone", "x", "1", 1, 0, count_answer, NULL);
		asked += result == 0;
		return result;
	}
}

static void *emit_much(void *data)
{
	struct warren_edge *edge = data;
	struct warren_edge_counters counters;

	for (int i = 0; i < EMITS; i++) {
		int result = call_one(edge, i);

		ck_assert(result == 0 || result == -EAGAIN);
		warren_edge_counters(edge, &counters);
	}
	return NULL;
}

START_TEST(threads_emit_while_it_runs_and_stops)
{
	struct warren_edge *edge = open_edge();
	struct warren_edge_counters counters;
	pthread_t loop, reader, emitters[THREADS];
	int client;

	ck_assert_ptr_nonnull(warren_edge_namespace(edge, "/"));
	ck_assert_int_eq(pthread_create(&loop, NULL, run, edge), 0);
	client = join(warren_edge_port(edge));
	ck_assert_int_eq(pthread_create(&reader, NULL, read_to_end, &client), 0);
	do
		warren_edge_counters(edge, &counters);
	while (counters.sockets == 0);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&emitters[i], NULL, emit_much, edge), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(emitters[i], NULL);
	warren_edge_stop(edge, 5000);
	pthread_join(loop, NULL);
	pthread_join(reader, NULL);
	warren_edge_counters(edge, &counters);
	ck_assert_uint_gt(counters.events_out, 0);
	ck_assert_uint_eq(counters.sockets, 0);
	ck_assert_uint_eq(counters.connections, 0);
	close(client);
	warren_edge_close(edge);
	ck_assert_int_gt(asked, 0);
	ck_assert_int_eq(asked, answered);
	ck_assert_int_gt(set, 0);
	ck_assert_int_eq(set, rung);
	ck_assert_int_gt(surveys, 0);
	ck_assert_int_eq(surveys, surveyed);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("edge_life");
	TCase *tcase = tcase_create("life");
	tcase_add_test(tcase, closes_without_having_run);
	tcase_add_test(tcase, stops_when_told_before);
	tcase_add_test(tcase, bad_options_are_told);
	tcase_add_test(tcase, a_busy_port_is_told);
	tcase_add_test(tcase, an_edge_leaves_the_limit_of_open_files);
	tcase_add_test(tcase, what_asks_for_an_answer_gets_one);
	tcase_add_test(tcase, a_closed_edge_takes_no_question);
	tcase_add_test(tcase, a_closed_edge_takes_no_question);
	tcase_add_test(tcase, alarms_ring_in_order_or_are_cancelled);
	tcase_add_test(tcase, a_closed_edge_takes_no_alarm);
	tcase_add_test(tcase, alarms_are_bounded);
	tcase_add_test(tcase, decisions_that_nobody_waits_for_are_nothing);
	tcase_add_test(tcase, names_of_rooms_are_checked);
	tcase_add_test(tcase, names_are_as_long_as_the_options_say);
	tcase_add_test(tcase, names_of_namespaces_are_checked);
	tcase_add_test(tcase, routes_are_added_once);
	tcase_add_test(tcase, what_waits_is_bounded);
	tcase_add_test(tcase, what_waits_is_bounded_as_the_options_say);
	tcase_add_test(tcase, threads_emit_while_it_runs_and_stops);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
