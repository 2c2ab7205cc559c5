/* Deliveries and their outcomes, seen through the test kit: which thereby is tested as well. */
#include <check.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "service_fixture.h"
#include "warren/test.h"

static atomic_int runs;
static char first_id[64], last_id[64];

/* ---- a service that does what the text says ---- */

static int answer(struct warren_ctx *ctx, const char *text, int number)
{
	return warren_reply(ctx, &(struct note){.text = text, .number = number});
}

static int send_both(struct warren_ctx *ctx)
{
	int rc = warren_send(
		ctx, &notice_event, warren_to_socket(ctx), &(struct note){.text = "you"});
	if (rc == 0)
		rc = warren_send(
			ctx, &notice_event, warren_to_others(ctx), &(struct note){.text = "they"});
	return rc < 0 ? note_fail(ctx, WARREN_UNAVAILABLE, NULL, "send: %s", strerror(-rc))
		      : answer(ctx, "sent", 2);
}

static int on_ask(struct warren_ctx *ctx, const void *message, void *worker)
{
	const struct note *ask = message;
	(void)worker;
	int run = atomic_fetch_add(&runs, 1) + 1;
	if (run == 1)
		strcpy(first_id, ctx->message_id);
	strcpy(last_id, ctx->message_id);
	if (strcmp(ask->text, "reply") == 0)
		return answer(ctx, ask->password, ask->number + 1);
	if (strcmp(ask->text, "who") == 0)
		return answer(ctx, ctx->user, strcmp(ctx->socket, "sys.gate.abc.1") == 0);
	if (strcmp(ask->text, "fail") == 0)
		return note_fail(ctx, WARREN_ALREADY_EXISTS, "text", "%s is taken", "ada");
	if (strcmp(ask->text, "internal") == 0)
		return note_fail(ctx, WARREN_INTERNAL, NULL, "the table t_users is gone");
	if (strcmp(ask->text, "retry") == 0)
		return note_retry(ctx, "not yet");
	if (strcmp(ask->text, "second") == 0)
		return ctx->attempt < 2 ? note_retry(ctx, "not yet")
					: answer(ctx, "at last", (int)ctx->attempt);
	if (strcmp(ask->text, "negative") == 0)
		return ctx->attempt < 3 ? -EIO : answer(ctx, "at last", (int)ctx->attempt);
	if (strcmp(ask->text, "nothing") == 0)
		return ctx->attempt < 3 ? 0 : answer(ctx, "at last", (int)ctx->attempt);
	if (strcmp(ask->text, "twice") == 0) {
		answer(ctx, "first", 1);
		note_fail(ctx, WARREN_FORBIDDEN, NULL, "second");
		return -EIO;
	}
	if (strcmp(ask->text, "bad reply") == 0)
		return answer(ctx, "", 1);
	if (strcmp(ask->text, "alloc") == 0) {
		size_t got = 0;
		while (got < 64 && warren_alloc(ctx, 1 << 20))
			got++;
		return answer(ctx, "allocated", (int)got);
	}
	if (strcmp(ask->text, "publish") == 0) {
		int rc = warren_publish(ctx, &fact_event,
			&(struct note){.text = "it is so", .number = ask->number});
		return rc < 0 ? rc : answer(ctx, "published", rc);
	}
	if (strcmp(ask->text, "publish and fail") == 0) {
		int rc = warren_publish(ctx, &fact_event, &(struct note){.text = "it is so"});
		ck_assert_int_eq(rc, 0);
		return note_fail(ctx, WARREN_FORBIDDEN, NULL, "no");
	}
	if (strcmp(ask->text, "publish bad") == 0)
		return answer(ctx, "refused",
			warren_publish(ctx, &fact_event, &(struct note){.text = ""}));
	if (strcmp(ask->text, "send") == 0)
		return send_both(ctx);
	return answer(ctx, "?", 0);
}

static int on_fact(struct warren_ctx *ctx, const void *message, void *worker)
{
	const struct note *fact = message;
	(void)worker;
	atomic_fetch_add(&runs, 1);
	ck_assert_int_eq(ctx->deadline_ms, 0);
	if (strcmp(fact->text, "retry") == 0)
		return note_retry(ctx, "not yet");
	if (strcmp(fact->text, "fail") == 0)
		return note_fail(ctx, WARREN_NOT_FOUND, NULL, "no such thing");
	return 0;
}

static int on_hint(struct warren_ctx *ctx, const void *message, void *worker)
{
	(void)message;
	(void)worker;
	atomic_fetch_add(&runs, 1);
	return note_retry(ctx, "not yet");
}

static const struct warren_handler handlers[] = {
	{
		.event = &ask_event,
		.queue = &worker_ask,
		.handle = on_ask,
		.replies = true,
		.prefetch = 4,
		.max_attempts = 4,
		SYS_WAITS(100, 200, 400),
	},
	{
		.event = &fact_event,
		.queue = &worker_fact,
		.handle = on_fact,
		.prefetch = 4,
		.max_attempts = 3,
		SYS_WAITS(400, 800, 1600),
	},
	{.event = &hint_event, .queue = &worker_hint, .handle = on_hint, .max_attempts = 1},
};

static const struct warren_event *const publishes[] = {&notice_event, &fact_event};

static const struct warren_service worker_service = {
	.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "worker",
	.handlers = handlers,
	.handler_count = 3,
	.publishes = publishes,
	.publish_count = 2,
};

/* ---- the tests ---- */

static struct warren_test *t;

static void set_up(void)
{
	(void)note_used();
	runs = 0;
	t = warren_test_new(&worker_service);
}

static void tear_down(void)
{
	warren_test_free(t);
}

static const struct note *ask(const char *text, int number)
{
	return warren_test_request(
		t, &ask_event, &(struct note){.text = text, .password = "pw", .number = number});
}

START_TEST(a_reply_comes_back)
{
	const struct note *reply = ask("reply", 41);
	ck_assert_ptr_nonnull(reply);
	ck_assert_int_eq(reply->number, 42);
	ck_assert_str_eq(reply->text, "pw");
	ck_assert_int_eq(warren_test_error(t)->code, WARREN_OK);
	const struct note *second = ask("reply", 1);
	ck_assert_int_eq(second->number, 2);
	ck_assert_int_eq(reply->number, 42); /* the first one is still there */
	ck_assert_int_eq(warren_test_dead_count(t), 0);
}
END_TEST

START_TEST(a_call_knows_who_asks)
{
	warren_test_as(t, "ada", "sys.gate.abc.1");
	const struct note *reply = ask("who", 0);
	ck_assert_str_eq(reply->text, "ada");
	ck_assert_int_eq(reply->number, 1);
}
END_TEST

START_TEST(the_kit_tells_what_a_failed_call_dropped)
{
	ck_assert_ptr_null(ask("publish and fail", 0));
	ck_assert_int_eq(warren_test_count(t, "fact"), 0);
	ck_assert_int_eq(warren_test_dropped(t, "fact"), 1);
	ck_assert_int_eq(warren_test_dropped(t, "notice"), 0);
	ck_assert_ptr_nonnull(ask("publish", 0));
	ck_assert_int_eq(warren_test_count(t, "fact"), 1);
	ck_assert_int_eq(warren_test_dropped(t, "fact"), 1);
}
END_TEST

START_TEST(a_failure_is_told_at_once)
{
	ck_assert_ptr_null(ask("fail", 0));
	ck_assert_int_eq(warren_test_error(t)->code, WARREN_ALREADY_EXISTS);
	ck_assert_str_eq(warren_test_error(t)->message, "ada is taken");
	ck_assert_str_eq(warren_test_error(t)->field, "text");
	ck_assert_int_eq(runs, 1);
	ck_assert_int_eq(warren_test_dead_count(t), 0);
}
END_TEST

START_TEST(an_internal_failure_does_not_tell_what)
{
	ck_assert_ptr_null(ask("internal", 0));
	ck_assert_int_eq(warren_test_error(t)->code, WARREN_INTERNAL);
	ck_assert_ptr_null(strstr(warren_test_error(t)->message, "t_users"));
	ck_assert_ptr_nonnull(strstr(warren_test_error(t)->message, "something went wrong"));
}
END_TEST

START_TEST(a_retry_comes_again_with_the_same_id)
{
	const struct note *reply = ask("second", 0);
	ck_assert_ptr_nonnull(reply);
	ck_assert_int_eq(reply->number, 2);
	ck_assert_int_eq(runs, 2);
	ck_assert_str_eq(first_id, last_id);
}
END_TEST

START_TEST(the_last_attempt_is_told_as_unavailable)
{
	ck_assert_ptr_null(ask("retry", 0));
	ck_assert_int_eq(warren_test_error(t)->code, WARREN_UNAVAILABLE);
	ck_assert_int_eq(runs, 4);
	ck_assert_int_eq(warren_test_dead_count(t), 0);
}
END_TEST

START_TEST(a_negative_return_is_a_retry)
{
	ck_assert_int_eq(((const struct note *)ask("negative", 0))->number, 3);
}
END_TEST

START_TEST(a_return_without_an_answer_is_a_retry)
{
	ck_assert_int_eq(((const struct note *)ask("nothing", 0))->number, 3);
}
END_TEST

START_TEST(settling_twice_is_ignored)
{
	const struct note *reply = ask("twice", 0);
	ck_assert_ptr_nonnull(reply);
	ck_assert_str_eq(reply->text, "first");
	warren_test_advance_ms(t, 60000);
	ck_assert_int_eq(runs, 1);
	ck_assert_int_eq(warren_test_dead_count(t), 0);
}
END_TEST

START_TEST(a_reply_that_breaks_its_constraints_is_a_retry)
{
	ck_assert_ptr_null(ask("bad reply", 0));
	ck_assert_int_eq(warren_test_error(t)->code, WARREN_UNAVAILABLE);
	ck_assert_int_eq(runs, 4);
}
END_TEST

START_TEST(a_call_has_only_so_much_memory)
{
	const struct note *reply = ask("alloc", 0);
	ck_assert_ptr_nonnull(reply);
	ck_assert_int_gt(reply->number, 0);
	ck_assert_int_lt(reply->number, 9); /* the default is 8 MiB */
}
END_TEST

START_TEST(a_fact_is_published)
{
	ck_assert_ptr_nonnull(ask("publish", 7));
	ck_assert_int_eq(warren_test_count(t, "fact"), 1);
	const struct note *fact = warren_test_published(t, &fact_event, 0);
	ck_assert_ptr_nonnull(fact);
	ck_assert_str_eq(fact->text, "it is so");
	ck_assert_int_eq(fact->number, 7);
	ck_assert_ptr_null(warren_test_published(t, &fact_event, 1));
	ck_assert_int_eq(runs, 2); /* it is its own consumer */
}
END_TEST

START_TEST(a_fact_that_breaks_its_constraints_is_not)
{
	const struct note *reply = ask("publish bad", 0);
	ck_assert_ptr_nonnull(reply);
	ck_assert_int_eq(reply->number, -EINVAL);
	ck_assert_int_eq(warren_test_count(t, "fact"), 0);
}
END_TEST

START_TEST(pushes_go_to_a_socket_and_to_others)
{
	warren_test_as(t, "ada", "sys.gate.abc.1");
	ck_assert_ptr_nonnull(ask("send", 0));
	ck_assert_int_eq(warren_test_count(t, "notice"), 2);
	int you = strcmp(((const struct note *)warren_test_published(t, &notice_event, 0))->text,
			  "you") == 0
			  ? 0
			  : 1;
	ck_assert_str_eq(warren_test_target(t, "notice", you), "socket:sys.gate.abc.1");
	ck_assert_str_eq(warren_test_except(t, "notice", you), "");
	ck_assert_str_eq(warren_test_target(t, "notice", 1 - you), "all");
	ck_assert_str_eq(warren_test_except(t, "notice", 1 - you), "sys.gate.abc.1");
}
END_TEST

START_TEST(nobody_is_no_target)
{
	warren_test_as(t, "", "");
	ck_assert_ptr_null(ask("send", 0));
	ck_assert_str_eq(
		warren_test_error(t)->message, "send: Transport endpoint is not connected");
}
END_TEST

/* ---- nobody waits ---- */

START_TEST(a_fact_that_nobody_can_take_is_parked)
{
	warren_test_deliver(t, &fact_event, &(struct note){.text = "retry"});
	ck_assert_int_eq(runs, 1);
	ck_assert_int_eq(warren_test_dead_count(t), 0);
	warren_test_advance_ms(t, 1000);
	ck_assert_int_eq(runs, 2);
	warren_test_advance_ms(t, 2000);
	ck_assert_int_eq(runs, 3);
	ck_assert_int_eq(warren_test_dead_count(t), 1);
	warren_test_advance_ms(t, 600000);
	ck_assert_int_eq(runs, 3);
	ck_assert_int_eq(warren_test_dead_count(t), 1);
}
END_TEST

START_TEST(a_fact_that_fails_is_parked_at_once)
{
	warren_test_deliver(t, &fact_event, &(struct note){.text = "fail"});
	ck_assert_int_eq(runs, 1);
	ck_assert_int_eq(warren_test_dead_count(t), 1);
}
END_TEST

START_TEST(a_fact_is_done_without_a_word)
{
	warren_test_deliver(t, &fact_event, &(struct note){.text = "well"});
	warren_test_advance_ms(t, 60000);
	ck_assert_int_eq(runs, 1);
	ck_assert_int_eq(warren_test_dead_count(t), 0);
}
END_TEST

START_TEST(at_most_once_is_never_again)
{
	warren_test_deliver(t, &hint_event, &(struct note){.text = "x"});
	warren_test_advance_ms(t, 60000);
	ck_assert_int_eq(runs, 1);
	ck_assert_int_eq(warren_test_dead_count(t), 0);
}
END_TEST

/* ---- bytes ---- */

START_TEST(what_cannot_be_read_is_parked)
{
	const struct {
		const char *content_type, *bytes;
		size_t len;
	} bad[] = {
		{"application/x-protobuf",
			"\x0a\x05"
			"a",
			3},
		{"application/x-protobuf", "\x0a\x01\xff", 3},
		{"application/x-protobuf", "", 0}, /* text is required */
		{"application/json", "{\"text\":", 8},
		{"application/json", "{\"text\":\"a\",\"nonsense\":1}", 25},
		{"application/json", "[]", 2},
		{"text/plain", "hello", 5},
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		warren_test_deliver_bytes(
			t, &fact_event, bad[i].content_type, bad[i].bytes, bad[i].len);
		ck_assert_int_eq(warren_test_dead_count(t), (int)i + 1);
	}
	ck_assert_int_eq(runs, 0);
}
END_TEST

START_TEST(json_is_taken_too)
{
	const char *json = "{\"text\":\"well\",\"number\":3}";
	warren_test_deliver_bytes(t, &fact_event, "application/json", json, strlen(json));
	ck_assert_int_eq(runs, 1);
	warren_test_deliver_bytes(t, &fact_event, "",
		"\x0a\x04"
		"well",
		6);
	ck_assert_int_eq(runs, 2);
	ck_assert_int_eq(warren_test_dead_count(t), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_reply_comes_back,
		a_call_knows_who_asks,
		the_kit_tells_what_a_failed_call_dropped,
		a_failure_is_told_at_once,
		an_internal_failure_does_not_tell_what,
		a_retry_comes_again_with_the_same_id,
		the_last_attempt_is_told_as_unavailable,
		a_negative_return_is_a_retry,
		a_return_without_an_answer_is_a_retry,
		settling_twice_is_ignored,
		a_reply_that_breaks_its_constraints_is_a_retry,
		a_call_has_only_so_much_memory,
		a_fact_is_published,
		a_fact_that_breaks_its_constraints_is_not,
		pushes_go_to_a_socket_and_to_others,
		nobody_is_no_target,
		a_fact_that_nobody_can_take_is_parked,
		a_fact_that_fails_is_parked_at_once,
		a_fact_is_done_without_a_word,
		at_most_once_is_never_again,
		what_cannot_be_read_is_parked,
		json_is_taken_too,
	};
	TCase *tcase = tcase_create("call");
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
		tcase_add_test(tcase, tests[i]);
	Suite *suite = suite_create("service_call");
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
