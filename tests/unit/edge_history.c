/* The history of a socket: events that leave are counted out, numbers wrap, and a ring forgets its oldest. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edge/engine/engine.h"
#include "edge/internal.h"
#include "edge/socketio/history.h"

#define EVENTS_MAX 5
#define KNOWN_AT_LEAST 1024 /* of what left as received */

static struct warren_edge edge;
static struct warren_edge_namespace ns;
static struct warren_edge_session session;
static struct warren_client client;
static struct warren_edge_socket *sock;

static void set_up(void)
{
	memset(&edge, 0, sizeof edge);
	memset(&ns, 0, sizeof ns);
	memset(&session, 0, sizeof session);
	memset(&client, 0, sizeof client);
	edge.clock = warren_clock_open_turned(INT64_C(1767225600000));
	edge.options.recovery_max_events = EVENTS_MAX;
	edge.options.recovery_max_bytes = 1 << 20;
	warren_histories_init(&edge.live);
	warren_histories_init(&edge.parked);
	warren_histories_init(&edge.moved);
	ns.edge = &edge;
	client.session = &session;
	sock = calloc(1, sizeof *sock + 8);
	ck_assert_ptr_nonnull(sock);
	sock->ns = &ns;
	sock->client = &client;
}

/* All that it took is given back with it. */
static void tear_down(void)
{
	warren_history_close(sock);
	ck_assert_uint_eq(edge.kept_bytes, 0);
	ck_assert_uint_eq(edge.live.count + edge.parked.count + edge.moved.count, 0);
	free(sock);
	warren_clock_close(edge.clock);
}

static int add(uint64_t key)
{
	struct warren_frame *frame = warren_frame_text('4', "2[\"x\"]", 6);
	ck_assert_ptr_nonnull(frame);
	int rc = warren_history_add(sock, key, frame, NULL, 0);
	warren_frame_unref(frame);
	return rc;
}

/* An event that was sent before a ping has arrived when its pong has; one behind it may not have.
 * The number of pings starts at each of several, and goes on past its end. */
START_TEST(a_pong_tells_of_all_before_its_ping)
{
	static const uint32_t starts[] = {
		0, 1, INT32_MAX - 1, INT32_MAX, UINT32_MAX - 1, UINT32_MAX};
	session.pings = starts[_i];
	for (uint64_t round = 1; round <= 4; round++) {
		ck_assert_int_eq(add(2 * round), 0);
		uint32_t ping = ++session.pings;
		ck_assert_int_eq(add(2 * round + 1), 0);
		warren_history_pong(sock, ping);
		ck_assert(!warren_history_has(sock, 2 * round - 2) || round == 1);
		ck_assert_uint_eq(sock->history->count, 1);
		ck_assert_uint_eq(sock->history->first->key, 2 * round + 1);
		ck_assert_uint_eq(sock->base, 2 * round);
	}
	warren_history_pong(sock, session.pings + 1);
	ck_assert_ptr_null(sock->history);
}
END_TEST

/* The bound holds at any time, and there is room for as many again when all was received. */
START_TEST(room_is_given_back)
{
	uint64_t key = 1;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < EVENTS_MAX; i++)
			ck_assert_int_eq(add(key++), 0);
		for (int i = 0; i < EVENTS_MAX; i++) {
			ck_assert_int_eq(add(key++), -ENOSPC);
			ck_assert_uint_eq(sock->history->count, EVENTS_MAX);
			ck_assert_uint_eq(sock->history->dropped, (uint32_t)i + 1);
		}
		warren_history_pong(sock, ++session.pings);
		ck_assert_ptr_null(sock->history);
		ck_assert_uint_eq(edge.kept_bytes, 0);
	}
}
END_TEST

/* Past its size, and three times round: the latest are known, each of them. */
START_TEST(the_latest_of_what_was_received_are_known)
{
	struct warren_history *history = warren_history_open(sock);
	ck_assert_ptr_nonnull(history);
	for (uint64_t key = 1; key <= 3 * KNOWN_AT_LEAST + 1; key++) {
		warren_history_know(history, key);
		uint64_t oldest = key > KNOWN_AT_LEAST ? key - KNOWN_AT_LEAST + 1 : 1;
		ck_assert(warren_history_has(sock, key));
		ck_assert(warren_history_has(sock, oldest));
		ck_assert(warren_history_has(sock, (key + oldest) / 2));
		ck_assert(oldest == 1 || !warren_history_has(sock, oldest - 1));
	}
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("history");
	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_loop_test(cases, a_pong_tells_of_all_before_its_ping, 0, 6);
	tcase_add_test(cases, room_is_given_back);
	tcase_add_test(cases, the_latest_of_what_was_received_are_known);
	Suite *suite = suite_create("edge_history");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
