/* Consumers that are allowed more, and less again, while they run. */
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"

static void put_many(struct stage *stage, const char *queue, int from, int to)
{
	char body[16];

	for (int i = from; i <= to; i++) {
		snprintf(body, sizeof body, "%d", i);
		ck_assert_confirmed(stage_put(stage, "", queue, body));
	}
}

static void ack_from(struct inbox *inbox, int from, int to)
{
	for (int i = from; i < to; i++)
		inbox_ack(inbox, i);
}

static void told(const struct warren_broker_delivery *delivery, void *data)
{
	struct receipt *told = data;

	ck_assert_ptr_null(delivery);
	stage_enter(told->stage);
	told->settled++;
	stage_leave(told->stage);
}

/* Returns when the broker has been told of all earlier changes to the consumers. */
static void settle_down(struct stage *stage, const char *empty)
{
	struct receipt receipt = {.stage = stage};

	ck_assert_int_eq(warren_broker_get(stage->broker, empty, told, &receipt), 0);
	AWAIT(stage, receipt.settled > 0);
}

/* Another one takes what is left over, and only that. */
static void expect_left(
	struct stage *stage, const char *queue, struct inbox *inbox, int held, int left)
{
	struct inbox *other = inbox_open(stage, queue, 100, INBOX_HOLD);

	inbox_await(other, left);
	ck_assert_int_eq(inbox_count(inbox), held);
	ack_from(other, 0, left);
	inbox_cancel(other);
	ck_assert_int_eq(inbox_count(other), left);
	inbox_free(other);
}

static void expect_more_and_less(struct stage *stage, const char *queue)
{
	const char *empty = stage_classic(stage, "empty");
	struct inbox *inbox = inbox_open(stage, queue, 2, INBOX_HOLD);
	int held = 0;

	put_many(stage, queue, 1, 12);
	for (int round = 0; round < 3; round++) { /* what it holds stays with it */
		inbox_await(inbox, held + 2);
		warren_broker_widen(stage->broker, inbox->id, 3);
		inbox_await(inbox, held + 5);
		warren_broker_widen(stage->broker, inbox->id, 5);
		settle_down(stage, empty);
		warren_broker_widen(stage->broker, inbox->id, 0);
		settle_down(stage, empty);
		int now = inbox_count(inbox);
		/* Those that it got as the second one may still count beside the later ones. */
		ck_assert_int_ge(now, held + 5);
		ck_assert_int_le(now, held + 2 + 3 + 5);
		ack_from(inbox, held, now);
		held = now;
		settle_down(stage, empty);
		put_many(stage, queue, 1, 12);
	}
	inbox_await(inbox, held + 2);
	warren_broker_widen(stage->broker, inbox->id, 0); /* as it is */
	warren_broker_widen(stage->broker, inbox->id + 1000, 3);
	settle_down(stage, empty);
	struct warren_broker_counters counters;
	warren_broker_counters(stage->broker, &counters);
	expect_left(stage, queue, inbox, held + 2, 4 * 12 - held - 2);
	ck_assert_uint_eq(counters.requeued, 0);
	ck_assert_int_eq(stage->downs, 0);
	stage_close(stage);
	inbox_free(inbox);
}

START_TEST(more_and_less_of_a_classic_queue)
{
	struct stage *stage = stage_open();
	expect_more_and_less(stage, stage_classic(stage, "queue"));
}
END_TEST

START_TEST(more_and_less_of_a_quorum_queue)
{
	struct stage *stage = stage_open();
	expect_more_and_less(stage, stage_quorum(stage, "queue"));
}
END_TEST

/* Each is given once, whatever was on its way when there was to be less. */
static void expect_each_once(struct stage *stage, const char *queue)
{
	enum { COUNT = 600, AT_ONCE = 12 };
	bool seen[COUNT + 1] = {false};
	struct receipt receipts[COUNT];
	struct inbox *inbox = inbox_open(stage, queue, 2, INBOX_ACK);

	for (int i = 0; i < COUNT; i++) {
		char body[16];
		snprintf(body, sizeof body, "%d", i + 1);
		const struct warren_broker_message message = {.exchange = "",
			.routing_key = queue,
			.body = (const uint8_t *)body,
			.body_len = strlen(body),
			.persistent = true,
			.mandatory = true};
		if (i % AT_ONCE == 0)
			warren_broker_widen(stage->broker, inbox->id,
				(uint16_t)(i % (2 * AT_ONCE) ? 0 : 3 + i % 5));
		ck_assert_int_eq(stage_publish(stage, &message, &receipts[i]), 0);
		if (i % AT_ONCE == AT_ONCE - 1)
			AWAIT(stage, receipts[i - AT_ONCE / 2].settled > 0);
	}
	inbox_await(inbox, COUNT);
	stage_close_broker(stage, 0);
	ck_assert_int_eq(inbox_count(inbox), COUNT);
	for (int i = 0; i < COUNT; i++) {
		int number = atoi(inbox->got[i].body);
		ck_assert_msg(number >= 1 && number <= COUNT && !seen[number], "%d", number);
		seen[number] = true;
	}
	ck_assert_int_eq(stage->downs, 0);
	stage_free(stage);
	inbox_free(inbox);
}

START_TEST(each_is_given_once_by_a_classic_queue)
{
	struct stage *stage = stage_open();
	expect_each_once(stage, stage_classic(stage, "queue"));
}
END_TEST

START_TEST(each_is_given_once_by_a_quorum_queue)
{
	struct stage *stage = stage_open();
	expect_each_once(stage, stage_quorum(stage, "queue"));
}
END_TEST

/* It is widened before its queue is there, and after the queue was deleted it is as wide as before. */
static void expect_wide_again(struct stage *stage, enum warren_queue_kind kind)
{
	const struct warren_broker_queue row = {
		.name = stage_name(stage, "queue"), .kind = kind, .expires_ms = 120000};
	const struct warren_broker_topology topology = {.queues = &row, .queue_count = 1};
	struct inbox *inbox = inbox_open(stage, row.name, 1, INBOX_HOLD);
	int held = 0;

	warren_broker_widen(stage->broker, inbox->id, 3);
	ck_assert_int_eq(warren_broker_declare(stage->broker, &topology), 0);
	stage_await_obstacle(stage, row.name, STAGE_NO_OBSTACLE);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 6; i++) {
			while (stage_put(stage, "", row.name, "x") != WARREN_BROKER_CONFIRMED)
				;
		}
		inbox_await(inbox, held + 4);
		held = inbox_count(inbox);
		expect_left(stage, row.name, inbox, held, 2);
		operator_deletes_queue(stage, row.name);
	}
	ck_assert_int_eq(stage->downs, 0);
	stage_close(stage);
	inbox_free(inbox);
}

START_TEST(it_is_as_wide_again_on_a_classic_queue_that_came_back)
{
	expect_wide_again(stage_open(), WARREN_QUEUE_CLASSIC);
}
END_TEST

START_TEST(it_is_as_wide_again_on_a_quorum_queue_that_came_back)
{
	expect_wide_again(stage_open(), WARREN_QUEUE_QUORUM);
}
END_TEST

START_TEST(nothing_comes_to_a_wide_one_after_cancel_returned)
{
	struct stage *stage = stage_open();
	const char *queue = stage_quorum(stage, "queue");
	struct inbox *inbox = inbox_open(stage, queue, 2, INBOX_HOLD);

	warren_broker_widen(stage->broker, inbox->id, 50);
	put_many(stage, queue, 1, 20);
	inbox_await(inbox, 20);
	inbox_cancel(inbox);
	put_many(stage, queue, 21, 25);
	ack_from(inbox, 0, 20);
	expect_left(stage, queue, inbox, 20, 5);
	stage_close(stage);
	inbox_free(inbox);
}
END_TEST

TCase *widen_case(void)
{
	TCase *tcase = tcase_create("widen");

	tcase_add_test(tcase, more_and_less_of_a_classic_queue);
	tcase_add_test(tcase, more_and_less_of_a_quorum_queue);
	tcase_add_test(tcase, each_is_given_once_by_a_classic_queue);
	tcase_add_test(tcase, each_is_given_once_by_a_quorum_queue);
	tcase_add_test(tcase, it_is_as_wide_again_on_a_classic_queue_that_came_back);
	tcase_add_test(tcase, it_is_as_wide_again_on_a_quorum_queue_that_came_back);
	tcase_add_test(tcase, nothing_comes_to_a_wide_one_after_cancel_returned);
	return tcase;
}
