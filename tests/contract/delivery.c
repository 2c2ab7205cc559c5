/* Consumers: prefetch, settling, redelivery, sharing, cancelling. */
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"

/* Puts messages whose bodies are "1", "2", … on a queue. */
static void put_numbered(struct stage *stage, const char *queue, int from, int to)
{
	char body[16];

	for (int i = from; i <= to; i++) {
		snprintf(body, sizeof body, "%d", i);
		ck_assert_confirmed(stage_put(stage, "", queue, body));
	}
}

/* What the first consumer's prefetch leaves on the queue is the second one's, and only that. */
static void expect_prefetch(struct stage *stage, const char *queue)
{
	struct inbox *first = inbox_open(stage, queue, 2, INBOX_HOLD), *second;

	put_numbered(stage, queue, 1, 4);
	inbox_await(first, 2);
	second = inbox_open(stage, queue, 1, INBOX_HOLD);
	inbox_await(second, 1);
	ck_assert_int_eq(inbox_count(first), 2);
	ck_assert_body(first, 0, "1");
	ck_assert_body(first, 1, "2");
	ck_assert_body(second, 0, "3");
	inbox_ack(first, 0);
	inbox_await(first, 3);
	ck_assert_body(first, 2, "4");
	ck_assert_int_eq(inbox_count(second), 1);
	stage_close(stage);
	inbox_free(first);
	inbox_free(second);
}

START_TEST(prefetch_is_kept_on_a_classic_queue)
{
	struct stage *stage = stage_open();
	expect_prefetch(stage, stage_classic(stage, "queue"));
}
END_TEST

START_TEST(prefetch_is_kept_on_a_quorum_queue)
{
	struct stage *stage = stage_open();
	expect_prefetch(stage, stage_quorum(stage, "queue"));
}
END_TEST

START_TEST(a_no_ack_delivery_is_gone)
{
	struct stage *stage = stage_open();
	const char *queue = stage_classic(stage, "queue");
	struct inbox *first = inbox_open(stage, queue, 0, INBOX_HOLD), *second;

	put_numbered(stage, queue, 1, 3);
	inbox_await(first, 3);
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(first->got[i].tag, 0);
		inbox_requeue(first, i); /* no tag: nothing to settle */
	}
	inbox_cancel(first);
	second = inbox_open(stage, queue, 1, INBOX_ACK);
	put_numbered(stage, queue, 4, 4);
	inbox_await(second, 1);
	ck_assert_body(second, 0, "4");
	stage_close(stage);
	inbox_free(first);
	inbox_free(second);
}
END_TEST

START_TEST(what_was_acked_does_not_come_again)
{
	struct stage *stage = stage_open();
	const char *queue = stage_quorum(stage, "queue");
	struct inbox *first = inbox_open(stage, queue, 10, INBOX_HOLD), *second;

	put_numbered(stage, queue, 1, 3);
	inbox_await(first, 3);
	for (int i = 2; i >= 0; i--)
		inbox_ack(first, i);
	inbox_cancel(first);
	second = inbox_open(stage, queue, 1, INBOX_ACK);
	put_numbered(stage, queue, 4, 4);
	inbox_await(second, 1);
	ck_assert_body(second, 0, "4");
	ck_assert(!second->got[0].redelivered);
	stage_close(stage);
	inbox_free(first);
	inbox_free(second);
}
END_TEST

static void expect_requeue(struct stage *stage, const char *queue, bool counted)
{
	struct inbox *inbox = inbox_open(stage, queue, 1, INBOX_HOLD);

	put_numbered(stage, queue, 1, 1);
	for (int i = 0; i < 3; i++) {
		inbox_await(inbox, i + 1);
		ck_assert_body(inbox, i, "1");
		ck_assert(inbox->got[i].redelivered == (i > 0));
		ck_assert(inbox->got[i].is_counted == counted);
		ck_assert_uint_eq(inbox->got[i].delivery_count, counted ? (unsigned)i : 0);
		inbox_requeue(inbox, i);
	}
	inbox_await(inbox, 4);
	inbox_ack(inbox, 3);
	stage_close(stage);
	inbox_free(inbox);
}

START_TEST(requeue_brings_it_again_on_a_classic_queue)
{
	struct stage *stage = stage_open();
	expect_requeue(stage, stage_classic(stage, "queue"), false);
}
END_TEST

START_TEST(requeue_brings_it_again_and_is_counted_on_a_quorum_queue)
{
	struct stage *stage = stage_open();
	expect_requeue(stage, stage_quorum(stage, "queue"), true);
}
END_TEST

START_TEST(requeued_ones_come_before_what_waits)
{
	struct stage *stage = stage_open();
	const char *queue = stage_classic(stage, "queue");
	struct inbox *first = inbox_open(stage, queue, 3, INBOX_HOLD), *second;
	static const char *const order[] = {"1", "2", "3", "4", "5"};

	put_numbered(stage, queue, 1, 5);
	inbox_await(first, 3);
	inbox_cancel(first);
	inbox_requeue(first, 1);
	inbox_requeue(first, 2);
	inbox_requeue(first, 0);
	/* Settles and consumers go the same way, in order: all are back before the second one is
	 * served. */
	second = inbox_open(stage, queue, 1, INBOX_ACK);
	inbox_await(second, 5);
	for (int i = 0; i < 5; i++)
		ck_assert_body(second, i, order[i]);
	stage_close(stage);
	inbox_free(first);
	inbox_free(second);
}
END_TEST

START_TEST(past_the_delivery_limit_it_is_dead_lettered)
{
	struct stage *stage = stage_open();
	const char *dead = stage_quorum(stage, "dead");
	const char *exchange = stage_exchange(stage, "dlx", WARREN_EXCHANGE_FANOUT);
	const char *queue =
		stage_queue(stage, (struct warren_broker_queue){.name = stage_name(stage, "queue"),
					   .kind = WARREN_QUEUE_QUORUM,
					   .delivery_limit = 2,
					   .dead_letter_exchange = exchange});
	struct inbox *inbox, *grave = inbox_open(stage, dead, 1, INBOX_ACK);

	stage_bind(stage, exchange, dead, "");
	inbox = inbox_open(stage, queue, 1, INBOX_REQUEUE);
	put_numbered(stage, queue, 1, 1);
	inbox_await(grave, 1);
	ck_assert_body(grave, 0, "1");
	ck_assert_str_eq(grave->got[0].message.routing_key, queue);
	ck_assert_str_eq(grave->got[0].message.exchange, exchange);
	ck_assert_int_eq(inbox_count(inbox), 3); /* once, and twice again */
	ck_assert_uint_eq(inbox->got[2].delivery_count, 2);
	stage_close(stage);
	inbox_free(inbox);
	inbox_free(grave);
}
END_TEST

START_TEST(past_the_delivery_limit_it_is_dropped_without_dead_letters)
{
	struct stage *stage = stage_open();
	const char *queue =
		stage_queue(stage, (struct warren_broker_queue){.name = stage_name(stage, "queue"),
					   .kind = WARREN_QUEUE_QUORUM,
					   .delivery_limit = 1});
	struct inbox *inbox = inbox_open(stage, queue, 1, INBOX_HOLD);

	put_numbered(stage, queue, 1, 2);
	inbox_await(inbox, 1);
	inbox_requeue(inbox, 0);
	inbox_await(inbox, 2);
	ck_assert_body(inbox, 1, "1");
	inbox_requeue(inbox, 1);
	inbox_await(inbox, 3);
	ck_assert_body(inbox, 2, "2");
	inbox_ack(inbox, 2);
	put_numbered(stage, queue, 3, 3);
	inbox_await(inbox, 4);
	ck_assert_body(inbox, 3, "3");
	stage_close(stage);
	inbox_free(inbox);
}
END_TEST

START_TEST(settling_twice_is_ignored)
{
	struct stage *stage = stage_open();
	const char *queue = stage_quorum(stage, "queue");
	struct inbox *inbox = inbox_open(stage, queue, 2, INBOX_HOLD);

	put_numbered(stage, queue, 1, 4);
	inbox_await(inbox, 2);
	inbox_ack(inbox, 0);
	inbox_ack(inbox, 0);
	inbox_requeue(inbox, 0);
	inbox_await(inbox, 3);
	inbox_requeue(inbox, 0);
	inbox_ack(inbox, 1);
	inbox_await(inbox, 4);
	inbox_requeue(inbox, 1);
	inbox_ack(inbox, 2);
	inbox_ack(inbox, 3);
	put_numbered(stage, queue, 5, 5);
	inbox_await(inbox, 5);
	ck_assert_body(inbox, 2, "3");
	ck_assert_body(inbox, 3, "4");
	ck_assert_body(inbox, 4, "5");
	ck_assert_int_eq(stage->downs, 0);
	stage_close(stage);
	inbox_free(inbox);
}
END_TEST

START_TEST(two_consumers_share)
{
	struct stage *stage = stage_open();
	const char *queue = stage_classic(stage, "queue");
	struct inbox *inboxes[2] = {
		inbox_open(stage, queue, 1, INBOX_HOLD), inbox_open(stage, queue, 1, INBOX_HOLD)};

	put_numbered(stage, queue, 1, 2);
	inbox_await(inboxes[0], 1);
	inbox_await(inboxes[1], 1);
	ck_assert_int_ne(inboxes[0]->got[0].body[0], inboxes[1]->got[0].body[0]);
	for (int i = 0; i < 2; i++) {
		inboxes[i]->mode = INBOX_ACK; /* nothing comes to it before its ack */
		inbox_ack(inboxes[i], 0);
	}
	put_numbered(stage, queue, 3, 42);
	AWAIT(stage, inboxes[0]->count + inboxes[1]->count >= 42);
	ck_assert_int_eq(inbox_count(inboxes[0]) + inbox_count(inboxes[1]), 42);
	ck_assert_int_gt(inbox_count(inboxes[0]), 1);
	ck_assert_int_gt(inbox_count(inboxes[1]), 1);
	stage_close(stage);
	inbox_free(inboxes[0]);
	inbox_free(inboxes[1]);
}
END_TEST

static void expect_takeover(struct stage *stage, enum warren_queue_kind kind)
{
	const char *queue =
		stage_queue(stage, (struct warren_broker_queue){.name = stage_name(stage, "queue"),
					   .kind = kind,
					   .single_active_consumer = true});
	struct inbox *active = inbox_open(stage, queue, 2, INBOX_HOLD);
	struct inbox *waiting = inbox_open(stage, queue, 10, INBOX_HOLD);

	put_numbered(stage, queue, 1, 4);
	inbox_await(active, 2);
	inbox_ack(active, 0);
	inbox_ack(active, 1);
	inbox_await(active, 4);
	ck_assert_int_eq(inbox_count(waiting), 0);
	inbox_ack(active, 2);
	inbox_ack(active, 3);
	inbox_cancel(active);
	put_numbered(stage, queue, 5, 6);
	inbox_await(waiting, 2);
	ck_assert_body(waiting, 0, "5");
	ck_assert_body(waiting, 1, "6");
	ck_assert_int_eq(inbox_count(active), 4);
	stage_close(stage);
	inbox_free(active);
	inbox_free(waiting);
}

START_TEST(a_single_active_consumer_is_followed_by_the_next)
{
	expect_takeover(stage_open(), WARREN_QUEUE_CLASSIC);
	expect_takeover(stage_open(), WARREN_QUEUE_QUORUM);
}
END_TEST

START_TEST(what_was_delivered_before_a_cancel_can_be_settled)
{
	struct stage *stage = stage_open();
	const char *queue = stage_quorum(stage, "queue");
	struct inbox *first = inbox_open(stage, queue, 2, INBOX_HOLD), *second;

	put_numbered(stage, queue, 1, 3);
	inbox_await(first, 2);
	inbox_cancel(first);
	inbox_ack(first, 0);
	inbox_requeue(first, 1);
	second = inbox_open(stage, queue, 1, INBOX_ACK);
	inbox_await(second, 2);
	ck_assert(inbox_body_is(second, 0, "2") || inbox_body_is(second, 1, "2"));
	ck_assert(inbox_body_is(second, 0, "3") || inbox_body_is(second, 1, "3"));
	put_numbered(stage, queue, 4, 4);
	inbox_await(second, 3);
	ck_assert_body(second, 2, "4");
	stage_close(stage);
	inbox_free(first);
	inbox_free(second);
}
END_TEST

START_TEST(nothing_comes_after_cancel_returned)
{
	struct stage *stage = stage_open();
	const char *queue = stage_classic(stage, "queue");
	const struct warren_broker_message message = {.routing_key = queue, .persistent = true};
	struct inbox *last;
	int before = 0;

	for (int round = 0; round < 10; round++) {
		struct inbox *inbox = inbox_open(stage, queue, 5, INBOX_ACK);
		for (int i = 0; i < 20; i++)
			ck_assert_int_eq(stage_publish(stage, &message, NULL), 0);
		inbox_await(inbox, 1);
		inbox_cancel(inbox); /* the inbox fails the test when anything comes now */
		before += inbox_count(inbox);
		inbox_free(inbox);
	}
	last = inbox_open(stage, queue, 5, INBOX_ACK);
	inbox_await(last, 200 - before);
	stage_close(stage);
	ck_assert_int_eq(last->count, 200 - before);
	inbox_free(last);
}
END_TEST

START_TEST(a_consumer_that_is_not_there_can_be_cancelled)
{
	struct stage *stage = stage_open();
	struct inbox *inbox = inbox_open(stage, stage_classic(stage, "queue"), 1, INBOX_ACK);

	inbox_cancel(inbox);
	inbox_cancel(inbox);
	warren_broker_cancel(stage->broker, 123456);
	ck_assert_int_eq(stage->downs, 0);
	stage_close(stage);
	inbox_free(inbox);
}
END_TEST

/* ---- settling from many threads ---- */

enum { SETTLERS = 4, SETTLED = 400 };

struct settler {
	struct inbox *inbox;
	int from;
};

static void *settler_main(void *data)
{
	struct settler *settler = data;

	for (int i = settler->from; i < SETTLED; i += SETTLERS) {
		inbox_await(settler->inbox, i + 1);
		inbox_ack(settler->inbox, i);
	}
	return NULL;
}

START_TEST(many_threads_may_settle)
{
	struct stage *stage = stage_open();
	const char *queue = stage_quorum(stage, "queue");
	const struct warren_broker_message message = {.routing_key = queue, .persistent = true};
	struct inbox *inbox = inbox_open(stage, queue, 16, INBOX_HOLD), *after;
	struct settler settlers[SETTLERS];
	pthread_t threads[SETTLERS];

	for (int i = 0; i < SETTLERS; i++) {
		settlers[i] = (struct settler){.inbox = inbox, .from = i};
		ck_assert_int_eq(pthread_create(&threads[i], NULL, settler_main, &settlers[i]), 0);
	}
	for (int i = 0; i < SETTLED; i++)
		ck_assert_int_eq(stage_publish(stage, &message, NULL), 0);
	for (int i = 0; i < SETTLERS; i++)
		pthread_join(threads[i], NULL);
	inbox_cancel(inbox);
	after = inbox_open(stage, queue, 1, INBOX_ACK);
	put_numbered(stage, queue, 1, 1);
	inbox_await(after, 1);
	ck_assert_body(after, 0, "1");
	ck_assert_int_eq(inbox->count, SETTLED);
	stage_close(stage);
	inbox_free(inbox);
	inbox_free(after);
}
END_TEST

/* ---- taken one at a time ---- */

struct taken {
	struct stage *stage;
	int told, empty;
	uint64_t tag;
	bool redelivered;
	uint32_t delivery_count;
	char body[32];
	char queue[NAME_SIZE];
};

static void take_got(const struct warren_broker_delivery *delivery, void *data)
{
	struct taken *taken = data;

	stage_enter(taken->stage);
	taken->told++;
	if (delivery) {
		taken->tag = delivery->tag;
		taken->redelivered = delivery->redelivered;
		taken->delivery_count = delivery->delivery_count;
		snprintf(taken->body, sizeof taken->body, "%.*s", (int)delivery->message.body_len,
			(const char *)delivery->message.body);
		snprintf(taken->queue, sizeof taken->queue, "%s", delivery->queue);
	} else {
		taken->empty++;
	}
	stage_leave(taken->stage);
}

static struct taken take_one(struct stage *stage, const char *queue)
{
	struct taken taken = {.stage = stage};

	ck_assert_int_eq(warren_broker_get(stage->broker, queue, take_got, &taken), 0);
	AWAIT(stage, taken.told > 0);
	ck_assert_int_eq(taken.told, 1);
	return taken;
}

START_TEST(one_message_is_taken_without_a_consumer)
{
	struct stage *stage = stage_open();
	const char *const queues[] = {stage_classic(stage, "c"), stage_quorum(stage, "q")};

	ck_assert_int_eq(take_one(stage, stage_name(stage, "nowhere")).empty, 1);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(take_one(stage, queues[i]).empty, 1);
		put_numbered(stage, queues[i], 1, 2);
		struct taken first = take_one(stage, queues[i]);
		ck_assert_str_eq(first.body, "1");
		ck_assert_str_eq(first.queue, queues[i]);
		ck_assert_uint_ne(first.tag, 0);
		ck_assert(!first.redelivered);
		struct taken second = take_one(stage, queues[i]);
		ck_assert_str_eq(second.body, "2");
		warren_broker_ack(stage->broker, first.tag);
		warren_broker_requeue(stage->broker, second.tag);
		struct taken again; /* a quorum queue takes its time to have it back */
		do
			again = take_one(stage, queues[i]);
		while (again.empty);
		ck_assert_str_eq(again.body, "2");
		ck_assert(again.redelivered);
		warren_broker_ack(stage->broker, again.tag);
		ck_assert_int_eq(take_one(stage, queues[i]).empty, 1);
	}
	stage_close(stage);
}
END_TEST

START_TEST(gets_are_answered_in_order_beside_a_consumer)
{
	struct stage *stage = stage_open();
	const char *busy = stage_quorum(stage, "busy"), *calm = stage_classic(stage, "calm");
	struct inbox *inbox = inbox_open(stage, busy, 8, INBOX_ACK);
	enum { GETS = 20 };
	struct taken taken[GETS];

	put_numbered(stage, calm, 1, GETS / 2);
	for (int i = 0; i < GETS; i++) {
		taken[i] = (struct taken){.stage = stage};
		put_numbered(stage, busy, 1, 1);
		ck_assert_int_eq(warren_broker_get(stage->broker, calm, take_got, &taken[i]), 0);
	}
	for (int i = 0; i < GETS; i++) {
		char expected[32];
		AWAIT(stage, taken[i].told > 0);
		snprintf(expected, sizeof expected, "%d", i + 1);
		ck_assert_int_eq(taken[i].empty, i >= GETS / 2);
		ck_assert_str_eq(taken[i].body, i < GETS / 2 ? expected : "");
		warren_broker_ack(stage->broker, taken[i].tag);
	}
	inbox_await(inbox, GETS);
	stage_close(stage);
	inbox_free(inbox);
}
END_TEST

TCase *delivery_case(void)
{
	TCase *tcase = tcase_create("delivery");

	tcase_add_test(tcase, prefetch_is_kept_on_a_classic_queue);
	tcase_add_test(tcase, prefetch_is_kept_on_a_quorum_queue);
	tcase_add_test(tcase, a_no_ack_delivery_is_gone);
	tcase_add_test(tcase, what_was_acked_does_not_come_again);
	tcase_add_test(tcase, requeue_brings_it_again_on_a_classic_queue);
	tcase_add_test(tcase, requeue_brings_it_again_and_is_counted_on_a_quorum_queue);
	tcase_add_test(tcase, requeued_ones_come_before_what_waits);
	tcase_add_test(tcase, past_the_delivery_limit_it_is_dead_lettered);
	tcase_add_test(tcase, past_the_delivery_limit_it_is_dropped_without_dead_letters);
	tcase_add_test(tcase, settling_twice_is_ignored);
	tcase_add_test(tcase, two_consumers_share);
	tcase_add_test(tcase, a_single_active_consumer_is_followed_by_the_next);
	tcase_add_test(tcase, what_was_delivered_before_a_cancel_can_be_settled);
	tcase_add_test(tcase, nothing_comes_after_cancel_returned);
	tcase_add_test(tcase, a_consumer_that_is_not_there_can_be_cancelled);
	tcase_add_test(tcase, many_threads_may_settle);
	tcase_add_test(tcase, one_message_is_taken_without_a_consumer);
	tcase_add_test(tcase, gets_are_answered_in_order_beside_a_consumer);
	return tcase;
}
