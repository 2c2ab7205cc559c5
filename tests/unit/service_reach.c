/* What a service asks of browsers' sockets, seen through the test kit: which thereby is tested as
 * well. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "service_fixture.h"
#include "warren/test.h"

static int (*act)(struct warren_ctx *ctx);
static int result;

static int on_ask(struct warren_ctx *ctx, const void *message, void *worker)
{
	(void)message;
	(void)worker;
	result = act(ctx);
	return warren_reply(ctx, &(struct note){.text = "done"});
}

static const struct warren_handler handlers[] = {
	{.event = &ask_event,
		.queue = &worker_ask,
		.handle = on_ask,
		.replies = true,
		.max_attempts = 1},
};
static const struct warren_event *const publishes[] = {&notice_event};
static const char *const edges[] = {"gate", "door"};

static const struct warren_service service = {
	.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "worker",
	.handlers = handlers,
	.handler_count = 1,
	.publishes = publishes,
	.publish_count = 1,
	.edges = edges,
	.edge_count = 2,
};

static struct warren_test *t;

static void set_up(void)
{
	t = warren_test_new(&service);
	warren_test_as(t, "ada", "sys.gate.abc.1");
}

static void tear_down(void)
{
	warren_test_free(t);
	(void)note_used();
}

/* Returns what `fn` returned, called in a handler. */
static int do_it(int (*fn)(struct warren_ctx *ctx))
{
	act = fn;
	result = 1;
	ck_assert_ptr_nonnull(warren_test_request(t, &ask_event, &(struct note){.text = "ask"}));
	return result;
}

static int send_to(struct warren_ctx *ctx, struct warren_target to)
{
	return warren_send(ctx, &notice_event, to, &(struct note){.text = "note"});
}

/* ---- events ---- */

static int send_around(struct warren_ctx *ctx)
{
	ck_assert_int_eq(send_to(ctx, warren_to_user("ada")), 0);
	ck_assert_int_eq(send_to(ctx, warren_to_room("the lobby")), 0);
	ck_assert_int_eq(send_to(ctx, warren_except(ctx, warren_to_room("r"))), 0);
	ck_assert_int_eq(send_to(ctx, warren_to_others(ctx)), 0);
	return send_to(ctx, warren_except(ctx, warren_to_user("bob")));
}

START_TEST(events_go_to_users_and_rooms)
{
	static const char *const targets[] = {
		"user:ada", "room:the lobby", "room:r", "all", "user:bob"};
	ck_assert_int_eq(do_it(send_around), 0);
	ck_assert_int_eq(warren_test_count(t, "notice"), 5);
	for (int i = 0; i < 5; i++) {
		ck_assert_str_eq(warren_test_target(t, "notice", i), targets[i]);
		ck_assert_str_eq(warren_test_except(t, "notice", i), i < 2 ? "" : "sys.gate.abc.1");
	}
}
END_TEST

/* ---- control ---- */

static int join(struct warren_ctx *ctx)
{
	return warren_join(ctx, warren_to_socket(ctx), "lobby");
}

START_TEST(a_socket_joins_through_its_queue)
{
	ck_assert_int_eq(do_it(join), 0);
	ck_assert_int_eq(warren_test_count(t, "warren.Join"), 1);
	ck_assert_str_eq(warren_test_target(t, "warren.Join", 0), "socket:sys.gate.abc.1");
	ck_assert_str_eq(warren_test_argument(t, "warren.Join", 0), "lobby");
}
END_TEST

static int leave(struct warren_ctx *ctx)
{
	return warren_leave(ctx, warren_except(ctx, warren_to_user("ada")), "lobby");
}

/* Also those that the service sends no event to. */
START_TEST(a_users_sockets_are_asked_at_every_edge)
{
	ck_assert_int_eq(do_it(leave), 0);
	ck_assert_int_eq(warren_test_count(t, "warren.Leave"), 2);
	for (int i = 0; i < 2; i++) {
		ck_assert_str_eq(warren_test_target(t, "warren.Leave", i), "user:ada");
		ck_assert_str_eq(warren_test_except(t, "warren.Leave", i), "sys.gate.abc.1");
		ck_assert_str_eq(warren_test_argument(t, "warren.Leave", i), "lobby");
	}
}
END_TEST

static int sign_in(struct warren_ctx *ctx)
{
	return warren_set_user(ctx, warren_to_socket(ctx), "ada");
}

static int sign_out(struct warren_ctx *ctx)
{
	return warren_set_user(ctx, warren_to_user("ada"), "");
}

START_TEST(sockets_get_a_user_and_lose_it)
{
	ck_assert_int_eq(do_it(sign_in), 0);
	ck_assert_str_eq(warren_test_target(t, "warren.User", 0), "socket:sys.gate.abc.1");
	ck_assert_str_eq(warren_test_argument(t, "warren.User", 0), "ada");
	ck_assert_int_eq(do_it(sign_out), 0);
	ck_assert_int_eq(warren_test_count(t, "warren.User"), 3);
	ck_assert_str_eq(warren_test_target(t, "warren.User", 1), "user:ada");
	ck_assert_str_eq(warren_test_argument(t, "warren.User", 1), "");
}
END_TEST

static int disconnect_two(struct warren_ctx *ctx)
{
	int rc = warren_disconnect(ctx, warren_to_address("sys.gate.abc.2"), true);
	return rc < 0 ? rc : warren_disconnect(ctx, warren_to_address("sys.gate.abc.2"), false);
}

START_TEST(disconnecting_says_whether_the_connection_ends)
{
	ck_assert_int_eq(do_it(disconnect_two), 0);
	ck_assert_int_eq(warren_test_count(t, "warren.Disconnect"), 2);
	ck_assert_str_eq(warren_test_argument(t, "warren.Disconnect", 0), "close");
	ck_assert_str_eq(warren_test_argument(t, "warren.Disconnect", 1), "");
}
END_TEST

/* The broker has no queue for it, and the call is settled all the same. */
static int join_one_that_is_gone(struct warren_ctx *ctx)
{
	return warren_join(ctx, warren_to_address("sys.gate.gone.1"), "lobby");
}

START_TEST(whose_instance_is_gone_holds_nobody_up)
{
	ck_assert_int_eq(do_it(join_one_that_is_gone), 0);
	ck_assert_int_eq(warren_test_count(t, "warren.Join"), 0);
	ck_assert_int_eq(warren_test_dead_count(t), 0);
}
END_TEST

/* ---- what is refused ---- */

static char longest[WARREN_NAME_MAX + 1], too_long[WARREN_NAME_MAX + 2];

static int try_names(struct warren_ctx *ctx)
{
	static const char *const bad[] = {"", too_long, "a\nb", "\x7f", "caf\xe9", "\xed\xa0\x80"};
	struct warren_target own = warren_to_socket(ctx);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		ck_assert_int_eq(warren_join(ctx, own, bad[i]), -EINVAL);
		ck_assert_int_eq(warren_leave(ctx, own, bad[i]), -EINVAL);
		ck_assert_int_eq(warren_join(ctx, warren_to_room(bad[i]), "r"), -EINVAL);
		ck_assert_int_eq(send_to(ctx, warren_to_user(bad[i])), -EINVAL);
		ck_assert_int_eq(send_to(ctx, warren_to_room(bad[i])), -EINVAL);
		if (i > 0) /* "" is nobody */
			ck_assert_int_eq(warren_set_user(ctx, own, bad[i]), -EINVAL);
	}
	return warren_join(ctx, own, longest);
}

START_TEST(a_name_is_text_within_bounds)
{
	memset(longest, 'x', sizeof longest - 1);
	memset(too_long, 'x', sizeof too_long - 1);
	ck_assert_int_eq(do_it(try_names), 0);
	ck_assert_int_eq(warren_test_count(t, "warren.Join"), 1);
	ck_assert_int_eq(warren_test_count(t, "warren.Leave"), 0);
	ck_assert_int_eq(warren_test_count(t, "notice"), 0);
	ck_assert_str_eq(warren_test_argument(t, "warren.Join", 0), longest);
}
END_TEST

START_TEST(who_asks_from_no_socket_is_none)
{
	warren_test_as(t, "", "");
	ck_assert_int_eq(do_it(join), -ENOTCONN);
	ck_assert_int_eq(do_it(sign_in), -ENOTCONN);
	ck_assert_int_eq(do_it(leave), 0);
}
END_TEST

START_TEST(a_system_without_edges_has_no_sockets)
{
	struct warren_service alone = service;
	alone.edge_count = 0;
	warren_test_free(t);
	t = warren_test_new(&alone);
	ck_assert_int_eq(do_it(leave), -ENOTCONN);
	warren_test_free(t);
	set_up();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		events_go_to_users_and_rooms,
		a_socket_joins_through_its_queue,
		a_users_sockets_are_asked_at_every_edge,
		sockets_get_a_user_and_lose_it,
		disconnecting_says_whether_the_connection_ends,
		whose_instance_is_gone_holds_nobody_up,
		a_name_is_text_within_bounds,
		who_asks_from_no_socket_is_none,
		a_system_without_edges_has_no_sockets,
	};
	TCase *cases = tcase_create("reach");
	tcase_add_checked_fixture(cases, set_up, tear_down);
	for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
		tcase_add_test(cases, tests[i]);
	Suite *suite = suite_create("service_reach");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
