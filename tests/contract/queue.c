/* What queues do by themselves: time, length, dead letters, and going when nobody uses them. */
#include "harness.h"

START_TEST(what_expires_is_dead_lettered_with_its_key)
{
	static const enum warren_queue_kind kinds[] = {WARREN_QUEUE_CLASSIC, WARREN_QUEUE_QUORUM};

	for (int i = 0; i < 2; i++) {
		struct stage *stage = stage_open();
		const char *dlx = stage_exchange(stage, "dlx", WARREN_EXCHANGE_TOPIC);
		const char *from = stage_exchange(stage, "from", WARREN_EXCHANGE_TOPIC);
		const char *dead = stage_classic(stage, "dead");
		const char *queue = stage_queue(
			stage, (struct warren_broker_queue){.name = stage_name(stage, "queue"),
				       .kind = kinds[i],
				       .message_ttl_ms = 100,
				       .dead_letter_exchange = dlx});
		struct inbox *inbox = inbox_open(stage, dead, 10, INBOX_ACK);

		stage_bind(stage, from, queue, "#");
		stage_bind(stage, dlx, dead, "the.*");
		ck_assert_confirmed(stage_put(stage, from, "the.key", "first"));
		ck_assert_confirmed(stage_put(stage, from, "another.key", "dropped"));
		ck_assert_confirmed(stage_put(stage, from, "the.key", "second"));
		inbox_await(inbox, 2);
		ck_assert_body(inbox, 0, "first");
		ck_assert_body(inbox, 1, "second");
		ck_assert_str_eq(inbox->got[0].message.routing_key, "the.key");
		ck_assert_str_eq(inbox->got[0].message.exchange, dlx);
		/* The publisher's: the broker dead-letters it under that, whoever consumed. */
		ck_assert_str_eq(
			inbox->got[0].message.user_id, warren_broker_account(stage->broker));
		stage_close(stage);
		inbox_free(inbox);
	}
}
END_TEST

/* The wait ladder: DESIGN.md, section 4. */
START_TEST(a_rung_of_the_ladder_brings_it_back_to_its_queue)
{
	struct stage *stage = stage_open();
	const char *targets[2] = {
		stage_quorum(stage, "target-1"), stage_classic(stage, "target-2")};
	const char *exchange = stage_exchange(stage, "wait", WARREN_EXCHANGE_FANOUT);
	const char *rung =
		stage_queue(stage, (struct warren_broker_queue){.name = stage_name(stage, "wait"),
					   .kind = WARREN_QUEUE_QUORUM,
					   .message_ttl_ms = 200,
					   .reject_publish = true,
					   .dead_letter_exchange = "",
					   .dead_letter_at_least_once = true});
	const struct warren_broker_header headers[] = {{.name = "warren-attempt", .number = 2},
		{.name = "traceparent", .text = "00-ab-cd-01"}};
	struct inbox *inboxes[2];

	stage_bind(stage, exchange, rung, "");
	for (int i = 0; i < 2; i++)
		inboxes[i] = inbox_open(stage, targets[i], 10, INBOX_ACK);
	for (int i = 0; i < 2; i++) {
		const struct warren_broker_message message = {
			.exchange = exchange,
			.routing_key = targets[i],
			.type = "userLogin",
			.message_id = "the-id",
			.reply_to = "router.abc",
			.headers = headers,
			.header_count = 2,
			.body = (const uint8_t *)"\0\1\2",
			.body_len = 3,
			.persistent = true,
			.mandatory = true,
		};
		struct receipt receipt;
		ck_assert_int_eq(stage_publish(stage, &message, &receipt), 0);
		AWAIT(stage, receipt.settled > 0);
		ck_assert_confirmed(receipt.outcome);
	}
	for (int i = 0; i < 2; i++) {
		inbox_await(inboxes[i], 1);
		const struct got *got = &inboxes[i]->got[0];
		ck_assert_str_eq(got->queue, targets[i]);
		ck_assert_str_eq(got->message.exchange, "");
		ck_assert_str_eq(got->message.routing_key, targets[i]);
		ck_assert_str_eq(got->message.type, "userLogin");
		ck_assert_str_eq(got->message.message_id, "the-id");
		ck_assert_str_eq(got->message.reply_to, "router.abc");
		ck_assert(got->message.persistent);
		ck_assert_uint_eq(got->message.body_len, 3);
		ck_assert_mem_eq(got->message.body, "\0\1\2", 3);
		ck_assert_uint_eq(got->message.header_count, 2);
		ck_assert_int_eq(
			warren_broker_header_number(&got->message, "warren-attempt", 0), 2);
		ck_assert_str_eq(
			warren_broker_header_text(&got->message, "traceparent"), "00-ab-cd-01");
		ck_assert_uint_eq(got->delivery_count, 0);
		ck_assert_int_eq(inbox_count(inboxes[i]), 1);
	}
	stage_close(stage);
	inbox_free(inboxes[0]);
	inbox_free(inboxes[1]);
}
END_TEST

START_TEST(what_was_delivered_does_not_expire)
{
	struct stage *stage = stage_open();
	const char *dlx = stage_exchange(stage, "dlx", WARREN_EXCHANGE_FANOUT);
	const char *dead = stage_classic(stage, "dead");
	const char *queue =
		stage_queue(stage, (struct warren_broker_queue){.name = stage_name(stage, "queue"),
					   .message_ttl_ms = 500,
					   .dead_letter_exchange = dlx});
	struct inbox *grave = inbox_open(stage, dead, 10, INBOX_ACK);
	struct inbox *inbox = inbox_open(stage, queue, 1, INBOX_HOLD);

	stage_bind(stage, dlx, dead, "");
	ck_assert_confirmed(stage_put(stage, "", queue, "held"));
	inbox_await(inbox, 1);
	ck_assert_confirmed(stage_put(stage, "", queue, "waits"));
	inbox_await(grave, 1);
	ck_assert_body(grave, 0, "waits"); /* younger than the one that is held */
	inbox_requeue(inbox, 0);           /* its time was over long ago */
	inbox_await(grave, 2);
	ck_assert_body(grave, 1, "held");
	ck_assert_int_eq(inbox_count(inbox), 1);
	stage_close(stage);
	inbox_free(grave);
	inbox_free(inbox);
}
END_TEST

START_TEST(a_full_queue_refuses)
{
	struct stage *stage = stage_open();
	const char *queue =
		stage_queue(stage, (struct warren_broker_queue){.name = stage_name(stage, "queue"),
					   .max_length = 3,
					   .reject_publish = true});
	struct inbox *inbox;

	ck_assert_confirmed(stage_put(stage, "", queue, "1"));
	ck_assert_confirmed(stage_put(stage, "", queue, "2"));
	ck_assert_confirmed(stage_put(stage, "", queue, "3"));
	ck_assert_int_eq(stage_put(stage, "", queue, "4"), WARREN_BROKER_REFUSED);
	ck_assert_int_eq(stage_put(stage, "", queue, "5"), WARREN_BROKER_REFUSED);
	inbox = inbox_open(stage, queue, 1, INBOX_ACK);
	inbox_await(inbox, 3);
	ck_assert_confirmed(stage_put(stage, "", queue, "6"));
	inbox_await(inbox, 4);
	ck_assert_body(inbox, 2, "3");
	ck_assert_body(inbox, 3, "6");
	stage_close(stage);
	inbox_free(inbox);
}
END_TEST

/* A quorum queue may take a few more than its length before it refuses. */
START_TEST(a_full_quorum_queue_refuses_in_the_end)
{
	struct stage *stage = stage_open();
	const char *queue =
		stage_queue(stage, (struct warren_broker_queue){.name = stage_name(stage, "queue"),
					   .kind = WARREN_QUEUE_QUORUM,
					   .max_length = 3,
					   .reject_publish = true});
	struct inbox *inbox;
	int taken = 0;

	while (taken < 1000 && stage_put(stage, "", queue, "x") == WARREN_BROKER_CONFIRMED)
		taken++;
	ck_assert_int_ge(taken, 3);
	ck_assert_int_lt(taken, 1000);
	inbox = inbox_open(stage, queue, 10, INBOX_ACK);
	inbox_await(inbox, taken);
	while (stage_put(stage, "", queue, "room again") != WARREN_BROKER_CONFIRMED)
		;
	inbox_await(inbox, taken + 1);
	ck_assert_body(inbox, taken, "room again");
	stage_close(stage);
	inbox_free(inbox);
}
END_TEST

START_TEST(without_reject_publish_the_oldest_goes)
{
	struct stage *stage = stage_open();
	const char *dead = stage_classic(stage, "dead");
	const char *dlx = stage_exchange(stage, "dlx", WARREN_EXCHANGE_FANOUT);
	const char *queue =
		stage_queue(stage, (struct warren_broker_queue){.name = stage_name(stage, "queue"),
					   .max_length = 2,
					   .dead_letter_exchange = dlx});
	struct inbox *grave = inbox_open(stage, dead, 10, INBOX_ACK), *inbox;

	stage_bind(stage, dlx, dead, "");
	ck_assert_confirmed(stage_put(stage, "", queue, "1"));
	ck_assert_confirmed(stage_put(stage, "", queue, "2"));
	ck_assert_confirmed(stage_put(stage, "", queue, "3"));
	ck_assert_confirmed(stage_put(stage, "", queue, "4"));
	inbox_await(grave, 2);
	ck_assert_body(grave, 0, "1");
	ck_assert_body(grave, 1, "2");
	inbox = inbox_open(stage, queue, 10, INBOX_ACK);
	inbox_await(inbox, 2);
	ck_assert_body(inbox, 0, "3");
	ck_assert_body(inbox, 1, "4");
	stage_close(stage);
	inbox_free(grave);
	inbox_free(inbox);
}
END_TEST

/* While it goes RabbitMQ 4.3 refuses what is published to it. */
static void await_gone(struct stage *stage, const char *queue)
{
	enum warren_broker_outcome outcome;

	do
		outcome = stage_put(stage, "", queue, "");
	while (outcome == WARREN_BROKER_CONFIRMED || outcome == WARREN_BROKER_REFUSED);
	ck_assert_int_eq(outcome, WARREN_BROKER_RETURNED);
}

START_TEST(an_unused_queue_goes_and_one_with_a_consumer_stays)
{
	struct stage *stage = stage_open();
	struct warren_broker_queue args = {
		.name = stage_name(stage, "used"), .expires_ms = 1000, .max_length = 1};
	const char *used = stage_queue(stage, args);
	struct inbox *inbox = inbox_open(stage, used, 1, INBOX_ACK);

	ck_assert_confirmed(stage_put(stage, "", used, "here"));
	inbox_await(inbox, 1);
	args.name = stage_name(stage, "unused");
	stage_queue(stage, args);
	ck_assert_confirmed(stage_put(stage, "", args.name, "goes with it"));
	await_gone(stage, args.name);
	ck_assert_confirmed(stage_put(stage, "", used, "still here"));
	inbox_await(inbox, 2);
	inbox_cancel(inbox);
	await_gone(stage, used);
	stage_close(stage);
	inbox_free(inbox);
}
END_TEST

TCase *queue_case(void)
{
	TCase *tcase = tcase_create("queue");

	tcase_add_test(tcase, what_expires_is_dead_lettered_with_its_key);
	tcase_add_test(tcase, a_rung_of_the_ladder_brings_it_back_to_its_queue);
	tcase_add_test(tcase, what_was_delivered_does_not_expire);
	tcase_add_test(tcase, a_full_queue_refuses);
	tcase_add_test(tcase, a_full_quorum_queue_refuses_in_the_end);
	tcase_add_test(tcase, without_reject_publish_the_oldest_goes);
	tcase_add_test(tcase, an_unused_queue_goes_and_one_with_a_consumer_stays);
	return tcase;
}
