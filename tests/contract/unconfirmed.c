/* Publishes that the broker is not asked about: their outcome, what comes back, what harms them. */
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"

static struct warren_broker_counters counters_of(struct stage *stage)
{
	struct warren_broker_counters counters;

	warren_broker_counters(stage->broker, &counters);
	return counters;
}

/* Publishes an unconfirmed one, and waits until it has left. */
static void send(struct stage *stage, const char *exchange, const char *routing_key)
{
	struct receipt receipt;
	const struct warren_broker_message message = {
		.exchange = exchange, .routing_key = routing_key, .unconfirmed = true};

	ck_assert_int_eq(stage_publish(stage, &message, &receipt), 0);
	AWAIT(stage, receipt.settled > 0);
	ck_assert_int_eq(receipt.outcome, WARREN_BROKER_SENT);
}

/* Sends until one arrives: those that the broker had not looked at when it refused one are lost.
 * A confirm in between says that the broker had its time. */
static void send_until_one_arrives(
	struct inbox *inbox, const char *exchange, const char *routing_key)
{
	struct stage *stage = inbox->stage;
	const char *beside = stage_classic(stage, "beside");

	for (int before = inbox_count(inbox); inbox_count(inbox) == before;) {
		send(stage, exchange, routing_key);
		ck_assert_confirmed(stage_put(stage, "", beside, "x"));
	}
}

START_TEST(they_are_sent_once_and_arrive_in_order)
{
	enum { COUNT = 500 };
	struct stage *stage = stage_open();
	const char *queue = stage_classic(stage, "queue");
	struct inbox *inbox = inbox_open(stage, queue, 0, INBOX_HOLD);
	static struct receipt receipts[COUNT];

	for (int i = 0; i < COUNT; i++) {
		const struct warren_broker_message message = {.routing_key = queue,
			.timestamp_s = i + 1,
			.mandatory = i % 2,
			.unconfirmed = true};
		ck_assert_int_eq(stage_publish(stage, &message, &receipts[i]), 0);
	}
	inbox_await(inbox, COUNT);
	for (int i = 0; i < COUNT; i++)
		ck_assert_int_eq(inbox->got[i].message.timestamp_s, i + 1);
	for (int i = 0; i < COUNT; i++) {
		AWAIT(stage, receipts[i].settled > 0);
		ck_assert_int_eq(receipts[i].outcome, WARREN_BROKER_SENT);
	}
	struct warren_broker_counters counters = counters_of(stage);
	ck_assert_uint_eq(counters.sent, COUNT);
	ck_assert_uint_eq(counters.confirmed + counters.returned, 0);
	stage_close_broker(stage, 5000);
	receipts_check(receipts, COUNT);
	stage_free(stage);
	inbox_free(inbox);
}
END_TEST

/* Bodies of several frames, of both kinds, in turns: none gets into another one. */
START_TEST(they_go_beside_those_that_are_confirmed)
{
	enum { COUNT = 40, LEN = 300000 };
	struct stage *stage = stage_open();
	const char *queues[2] = {stage_classic(stage, "confirmed"), stage_classic(stage, "not")};
	struct inbox *inboxes[2] = {inbox_open(stage, queues[0], 0, INBOX_HOLD),
		inbox_open(stage, queues[1], 0, INBOX_HOLD)};
	struct receipt receipts[COUNT];
	uint8_t *body = malloc(LEN);

	for (int i = 0; i < COUNT; i++) {
		memset(body, 'a' + i % 26, LEN);
		const struct warren_broker_message message = {.routing_key = queues[i % 2],
			.unconfirmed = i % 2,
			.body = body,
			.body_len = LEN - (size_t)i};
		ck_assert_int_eq(stage_publish(stage, &message, &receipts[i]), 0);
	}
	for (int i = 0; i < COUNT; i++) {
		inbox_await(inboxes[i % 2], i / 2 + 1);
		const struct warren_broker_message *got = &inboxes[i % 2]->got[i / 2].message;
		ck_assert_uint_eq(got->body_len, LEN - (size_t)i);
		memset(body, 'a' + i % 26, LEN);
		ck_assert_mem_eq(inboxes[i % 2]->got[i / 2].body, body, got->body_len);
		AWAIT(stage, receipts[i].settled > 0);
		ck_assert_int_eq(
			receipts[i].outcome, i % 2 ? WARREN_BROKER_SENT : WARREN_BROKER_CONFIRMED);
	}
	stage_close(stage);
	inbox_free(inboxes[0]);
	inbox_free(inboxes[1]);
	free(body);
}
END_TEST

/* ---- what comes back ---- */

struct watcher {
	struct warren_broker_watch watch;
	struct stage *stage;
	const struct receipt *receipt; /* its outcome comes first; NULL: not looked at */
	int count;
	char text[512]; /* of the last one */
};

static void on_returned(const struct warren_broker_message *message, void *data)
{
	struct watcher *watcher = data;

	stage_enter(watcher->stage);
	if (watcher->receipt)
		ck_assert_int_eq(watcher->receipt->settled, 1);
	watcher->count++;
	snprintf(watcher->text, sizeof watcher->text, "%s %s %s %s %s %s", message->exchange,
		message->routing_key, message->type, message->message_id, message->correlation_id,
		message->reply_to);
	stage_leave(watcher->stage);
}

static void watch(struct watcher *watcher, struct stage *stage)
{
	*watcher = (struct watcher){.watch = {.fn = on_returned, .data = watcher}, .stage = stage};
	warren_broker_watch_returned(stage->broker, &watcher->watch);
}

START_TEST(a_mandatory_one_that_no_queue_takes_comes_back_after_its_outcome)
{
	struct stage *stage = stage_open();
	const char *exchange = stage_exchange(stage, "topic", WARREN_EXCHANGE_TOPIC);
	struct watcher watchers[3];
	struct receipt receipts[3];
	char expected[512];
	struct warren_broker_message message = {.exchange = exchange,
		.routing_key = "nowhere",
		.type = "type",
		.message_id = "id",
		.correlation_id = "cause",
		.reply_to = "me",
		.body = (const uint8_t *)"body",
		.body_len = 4,
		.unconfirmed = true};

	for (int i = 0; i < 3; i++)
		watch(&watchers[i], stage);
	warren_broker_unwatch_returned(stage->broker, &watchers[1].watch);
	watchers[0].receipt = &receipts[1];
	ck_assert_int_eq(stage_publish(stage, &message, &receipts[0]), 0);
	message.mandatory = true;
	ck_assert_int_eq(stage_publish(stage, &message, &receipts[1]), 0);
	AWAIT(stage, watchers[0].count == 1 && watchers[2].count == 1);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(receipts[i].outcome, WARREN_BROKER_SENT);
	snprintf(expected, sizeof expected, "%s nowhere type id cause me", exchange);
	ck_assert_str_eq(watchers[0].text, expected);
	ck_assert_uint_eq(counters_of(stage).returned, 1);

	warren_broker_unwatch_returned(stage->broker, &watchers[0].watch);
	const struct warren_broker_message bare = {
		.routing_key = "nowhere", .mandatory = true, .unconfirmed = true};
	ck_assert_int_eq(stage_publish(stage, &bare, &receipts[2]), 0);
	AWAIT(stage, watchers[2].count == 2);
	ck_assert_str_eq(watchers[2].text, " nowhere    ");
	ck_assert_int_eq(watchers[0].count, 1);
	ck_assert_int_eq(watchers[1].count, 0);
	warren_broker_unwatch_returned(stage->broker, &watchers[2].watch);
	stage_close_broker(stage, 5000);
	receipts_check(receipts, 3);
	stage_free(stage);
}
END_TEST

/* One that is confirmed and comes back says so by its outcome alone. */
START_TEST(a_confirmed_one_that_comes_back_is_not_told_to_those_that_watch)
{
	struct stage *stage = stage_open();
	struct watcher watcher;

	watch(&watcher, stage);
	for (int i = 1; i <= 3; i++) {
		ck_assert_int_eq(stage_put(stage, "", stage_name(stage, "nowhere"), "x"),
			WARREN_BROKER_RETURNED);
		const struct warren_broker_message message = {
			.routing_key = "nowhere", .mandatory = true, .unconfirmed = true};
		ck_assert_int_eq(stage_publish(stage, &message, NULL), 0);
		AWAIT(stage, watcher.count >= i);
		ck_assert_int_eq(watcher.count, i);
	}
	warren_broker_unwatch_returned(stage->broker, &watcher.watch);
	stage_close(stage);
}
END_TEST

/* ---- what harms them ---- */

START_TEST(one_that_expired_before_it_was_sent_is_unsent_too)
{
	struct stage *stage = stage_open();
	const char *queue = stage_classic(stage, "queue");
	const struct warren_broker_message late = {.routing_key = queue,
		.type = "late",
		.unconfirmed = true,
		.expires_ms = warren_clock_wall_ms(warren_clock_real()) - 1};
	struct receipt receipt;

	ck_assert_int_eq(stage_publish(stage, &late, &receipt), 0);
	send(stage, "", queue);
	AWAIT(stage, receipt.settled > 0);
	ck_assert_int_eq(receipt.outcome, WARREN_BROKER_UNSENT);
	struct inbox *inbox = inbox_open(stage, queue, 1, INBOX_ACK);
	inbox_await(inbox, 1);
	ck_assert_str_eq(inbox->got[0].message.type, "");
	stage_close(stage);
	inbox_free(inbox);
}
END_TEST

/* Three times over: all that is confirmed is, and the others arrive again soon. */
START_TEST(an_exchange_that_is_not_there_costs_no_confirmed_one)
{
	enum { COUNT = 60 };
	struct stage *stage = stage_open();
	const char *confirmed = stage_quorum(stage, "confirmed"),
		   *queue = stage_classic(stage, "queue"), *nowhere = stage_name(stage, "nowhere");
	struct inbox *inbox = inbox_open(stage, queue, 0, INBOX_HOLD);
	struct receipt receipts[COUNT];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < COUNT; i++) {
			bool unconfirmed = i % 2, bad = i == COUNT / 2 - 1 || i == COUNT / 2 + 1;
			const struct warren_broker_message message = {
				.exchange = bad ? nowhere : "",
				.routing_key = unconfirmed ? queue : confirmed,
				.unconfirmed = unconfirmed,
				.mandatory = true,
			};
			ck_assert_int_eq(stage_publish(stage, &message, &receipts[i]), 0);
		}
		for (int i = 0; i < COUNT; i++) {
			AWAIT(stage, receipts[i].settled > 0);
			ck_assert_int_eq(receipts[i].outcome,
				i % 2 ? WARREN_BROKER_SENT : WARREN_BROKER_CONFIRMED);
		}
		send_until_one_arrives(inbox, "", queue);
	}
	ck_assert_int_eq(stage->downs, 0);
	stage_close_broker(stage, 5000);
	receipts_check(receipts, COUNT);
	stage_free(stage);
	inbox_free(inbox);
}
END_TEST

START_TEST(an_exchange_that_was_deleted_comes_back_for_them)
{
	struct stage *stage = stage_open();
	const char *exchange = stage_exchange(stage, "exchange", WARREN_EXCHANGE_TOPIC),
		   *queue = stage_classic(stage, "queue");
	struct inbox *inbox = inbox_open(stage, queue, 0, INBOX_HOLD);

	stage_bind(stage, exchange, queue, "key.*");
	send(stage, exchange, "key.1");
	inbox_await(inbox, 1);
	operator_deletes_exchange(stage, exchange);
	send_until_one_arrives(inbox, exchange, "key.2");
	ck_assert_str_eq(inbox->got[1].message.routing_key, "key.2");
	ck_assert_int_eq(stage->downs, 0);
	stage_close(stage);
	inbox_free(inbox);
}
END_TEST

/* Publishes that were accepted before the close are sent before it, and arrive. */
START_TEST(what_was_published_before_the_close_arrives)
{
	enum { COUNT = 300 };
	struct stage *reader = stage_open(), *stage = stage_open();
	const char *queue = stage_classic(reader, "queue");
	struct inbox *inbox = inbox_open(reader, queue, 0, INBOX_HOLD);
	static struct receipt receipts[COUNT];

	ck_assert_confirmed(stage_put(reader, "", queue, "is there"));
	if (strcmp(stage_url(), "memory:") == 0) { /* each has one of its own */
		stage_close(stage);
		stage_close(reader);
		inbox_free(inbox);
		return;
	}
	for (int i = 0; i < COUNT; i++) {
		const struct warren_broker_message message = {
			.routing_key = queue, .unconfirmed = true};
		ck_assert_int_eq(stage_publish(stage, &message, &receipts[i]), 0);
	}
	stage_close_broker(stage, 5000);
	receipts_check(receipts, COUNT);
	for (int i = 0; i < COUNT; i++)
		ck_assert_int_eq(receipts[i].outcome, WARREN_BROKER_SENT);
	inbox_await(inbox, COUNT + 1);
	stage_free(stage);
	stage_close(reader);
	inbox_free(inbox);
}
END_TEST

TCase *unconfirmed_case(void)
{
	TCase *tcase = tcase_create("unconfirmed");

	tcase_add_test(tcase, they_are_sent_once_and_arrive_in_order);
	tcase_add_test(tcase, they_go_beside_those_that_are_confirmed);
	tcase_add_test(tcase, a_mandatory_one_that_no_queue_takes_comes_back_after_its_outcome);
	tcase_add_test(tcase, a_confirmed_one_that_comes_back_is_not_told_to_those_that_watch);
	tcase_add_test(tcase, one_that_expired_before_it_was_sent_is_unsent_too);
	tcase_add_test(tcase, an_exchange_that_is_not_there_costs_no_confirmed_one);
	tcase_add_test(tcase, an_exchange_that_was_deleted_comes_back_for_them);
	tcase_add_test(tcase, what_was_published_before_the_close_arrives);
	return tcase;
}
