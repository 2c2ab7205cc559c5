/* Opening, states, closing, counters. */
#include <errno.h>
#include <sched.h>

#include "harness.h"

START_TEST(a_url_that_is_none_is_refused_with_a_text)
{
	static const char *const urls[] = {NULL, "", "memory", "memory:x", "memory://", "http://h",
		"amqp:h", "redis://user:hunter2@h", "//h", "rabbit", ":"};

	for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
		struct warren_broker_options options = {
			.url = urls[i], .clock = warren_clock_real()};
		struct warren_broker *broker = (struct warren_broker *)&options;
		struct warren_error error = {0};

		ck_assert_int_eq(warren_broker_open(&options, &broker, &error), -EINVAL);
		ck_assert_ptr_eq(broker, &options);
		ck_assert_int_eq(error.code, WARREN_INVALID_ARGUMENT);
		ck_assert_ptr_nonnull(strstr(error.message, "memory:"));
		ck_assert_ptr_null(strstr(error.message, "hunter2"));
	}
}
END_TEST

START_TEST(up_is_told_on_the_brokers_thread)
{
	struct stage *stage = stage_open();

	ck_assert_int_eq(warren_broker_state(stage->broker), WARREN_BROKER_UP);
	ck_assert(stage->broker_thread_known);
	ck_assert(!pthread_equal(stage->broker_thread, pthread_self()));
	stage_close(stage);
}
END_TEST

START_TEST(close_with_time_publishes_what_is_queued)
{
	enum { COUNT = 200 };
	struct stage *stage = stage_open();
	const char *queue = stage_classic(stage, "queue");
	struct receipt receipts[COUNT];
	const struct warren_broker_message message = {
		.routing_key = queue, .persistent = true, .mandatory = true};

	for (int i = 0; i < COUNT; i++)
		ck_assert_int_eq(stage_publish(stage, &message, &receipts[i]), 0);
	stage_close_broker(stage, 20000);
	receipts_check(receipts, COUNT);
	for (int i = 0; i < COUNT; i++)
		ck_assert_confirmed(receipts[i].outcome);
	stage_free(stage);
}
END_TEST

START_TEST(close_at_once_settles_every_publish)
{
	enum { COUNT = 500 };
	struct stage *stage = stage_open();
	const char *queue = stage_classic(stage, "queue");
	struct receipt receipts[COUNT];
	const struct warren_broker_message message = {
		.routing_key = queue, .persistent = true, .mandatory = true};

	for (int i = 0; i < COUNT; i++)
		ck_assert_int_eq(stage_publish(stage, &message, &receipts[i]), 0);
	stage_close_broker(stage, 0);
	receipts_check(receipts, COUNT);
	for (int i = 0; i < COUNT; i++)
		ck_assert(receipts[i].outcome == WARREN_BROKER_CONFIRMED ||
			  receipts[i].outcome == WARREN_BROKER_UNSENT ||
			  receipts[i].outcome == WARREN_BROKER_LOST);
	stage_free(stage);
}
END_TEST

struct chain {
	struct stage *stage;
	const char *queue;
	int accepted, settled, last_rc;
};

/* Publishes the next one from the callback of the one before, as long as the broker takes any. */
static void chain_on_settled(enum warren_broker_outcome outcome, void *data)
{
	struct chain *chain = data;
	const struct warren_broker_message message = {
		.routing_key = chain->queue, .persistent = true};

	(void)outcome;
	stage_enter(chain->stage);
	chain->settled++;
	chain->last_rc =
		warren_broker_publish(chain->stage->broker, &message, chain_on_settled, chain);
	chain->accepted += chain->last_rc == 0;
	stage_leave(chain->stage);
}

START_TEST(closing_takes_no_publish_and_ends)
{
	struct stage *stage = stage_open();
	struct chain chain = {
		.stage = stage, .queue = stage_classic(stage, "queue"), .accepted = 1};
	const struct warren_broker_message message = {
		.routing_key = chain.queue, .persistent = true};

	ck_assert_int_eq(
		warren_broker_publish(stage->broker, &message, chain_on_settled, &chain), 0);
	AWAIT(stage, chain.settled > 5);
	stage_close_broker(stage, 20000);
	ck_assert_int_eq(chain.last_rc, -ESHUTDOWN);
	ck_assert_int_eq(chain.settled, chain.accepted);
	stage_free(stage);
}
END_TEST

struct last {
	struct stage *stage;
	int deliveries;
	bool in_callback;
};

/* Stays in the first delivery until the broker is being closed, which it sees by what publish says.
 */
static void last_on_delivery(const struct warren_broker_delivery *delivery, void *data)
{
	struct last *last = data;
	const struct warren_broker_message message = {.routing_key = "nowhere", .reserved = true};
	int rc;

	(void)delivery;
	stage_enter(last->stage);
	last->deliveries++;
	last->in_callback = true;
	stage_leave(last->stage);
	do {
		rc = warren_broker_publish(last->stage->broker, &message, NULL, NULL);
		sched_yield();
	} while (rc == 0);
	ck_assert_int_eq(rc, -ESHUTDOWN);
}

START_TEST(nothing_is_delivered_once_it_is_being_closed)
{
	struct stage *stage = stage_open();
	struct last last = {.stage = stage};
	const char *queue = stage_classic(stage, "queue");
	uint64_t id;

	for (int i = 0; i < 5; i++)
		ck_assert_confirmed(stage_put(stage, "", queue, "many"));
	ck_assert_int_eq(
		warren_broker_consume(stage->broker, queue, 0, last_on_delivery, &last, &id), 0);
	AWAIT(stage, last.in_callback);
	stage_close_broker(stage, 20000);
	ck_assert_int_eq(last.deliveries, 1);
	stage_free(stage);
}
END_TEST

START_TEST(close_leaves_nothing_with_consumers_and_deliveries_open)
{
	struct stage *stage = stage_open();
	const char *queue = stage_quorum(stage, "queue");
	struct inbox *inbox = inbox_open(stage, queue, 2, INBOX_HOLD);

	for (int i = 0; i < 5; i++)
		ck_assert_confirmed(stage_put(stage, "", queue, "left"));
	inbox_await(inbox, 2);
	stage_close_broker(stage, 0);
	ck_assert_int_eq(inbox->count, 2);
	inbox_free(inbox);
	stage_free(stage);
}
END_TEST

START_TEST(counters_count)
{
	struct stage *stage = stage_open();
	const char *queue = stage_classic(stage, "queue");
	const char *nowhere = stage_name(stage, "nowhere");
	const struct warren_broker_message late = {.routing_key = queue, .expires_ms = 1};
	struct warren_broker_counters counters;
	struct receipt receipt;
	struct inbox *inbox;

	ck_assert_confirmed(stage_put(stage, "", queue, "a"));
	ck_assert_confirmed(stage_put(stage, "", queue, "b"));
	ck_assert_int_eq(stage_put(stage, "", nowhere, "c"), WARREN_BROKER_RETURNED);
	ck_assert_int_eq(stage_publish(stage, &late, &receipt), 0);
	AWAIT(stage, receipt.settled);
	ck_assert_int_eq(stage_put(stage, nowhere, "", "d"), WARREN_BROKER_REFUSED);
	inbox = inbox_open(stage, queue, 2, INBOX_HOLD);
	inbox_await(inbox, 2);
	inbox_ack(inbox, 0);
	inbox_requeue(inbox, 1);
	inbox_await(inbox, 3);
	warren_broker_counters(stage->broker, &counters);
	ck_assert_uint_eq(counters.published, 5);
	ck_assert_uint_eq(counters.confirmed, 2);
	ck_assert_uint_eq(counters.returned, 1);
	ck_assert_uint_eq(counters.refused, 1);
	ck_assert_uint_eq(counters.unsent, 1);
	ck_assert_uint_eq(counters.lost, 0);
	ck_assert_uint_eq(counters.delivered, 3);
	ck_assert_uint_eq(counters.acked, 1);
	ck_assert_uint_eq(counters.requeued, 1);
	stage_close(stage);
	inbox_free(inbox);
}
END_TEST

TCase *life_case(void)
{
	TCase *tcase = tcase_create("life");

	tcase_add_test(tcase, a_url_that_is_none_is_refused_with_a_text);
	tcase_add_test(tcase, up_is_told_on_the_brokers_thread);
	tcase_add_test(tcase, close_with_time_publishes_what_is_queued);
	tcase_add_test(tcase, close_at_once_settles_every_publish);
	tcase_add_test(tcase, closing_takes_no_publish_and_ends);
	tcase_add_test(tcase, nothing_is_delivered_once_it_is_being_closed);
	tcase_add_test(tcase, close_leaves_nothing_with_consumers_and_deliveries_open);
	tcase_add_test(tcase, counters_count);
	return tcase;
}
