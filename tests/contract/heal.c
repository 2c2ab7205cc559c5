/* What is deleted behind the broker's users' backs comes back; what is refused is refused alone. */
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"

/* A topology of its own: an exchange, a queue, and the binding between them. */
struct road {
	struct warren_broker_exchange exchange;
	struct warren_broker_queue queue;
	struct warren_broker_binding binding;
};

static void road_declare(struct stage *stage, const struct road *road)
{
	const struct warren_broker_topology topology = {
		&road->exchange, 1, &road->queue, 1, &road->binding, 1};
	ck_assert_int_eq(warren_broker_declare(stage->broker, &topology), 0);
}

static struct road road_open(struct stage *stage, const char *what, enum warren_queue_kind kind)
{
	char text[NAME_SIZE];
	struct road road = {.exchange = {.kind = WARREN_EXCHANGE_TOPIC},
		.queue = {.kind = kind, .expires_ms = 120000}};

	snprintf(text, sizeof text, "%s-exchange", what);
	road.exchange.name = stage_name(stage, text);
	snprintf(text, sizeof text, "%s-queue", what);
	road.queue.name = stage_name(stage, text);
	road.binding = (struct warren_broker_binding){road.exchange.name, road.queue.name, "key.*"};
	road_declare(stage, &road);
	ck_assert_confirmed(stage_put(stage, road.exchange.name, "key.1", "before"));
	return road;
}

START_TEST(an_exchange_that_was_deleted_comes_back_with_its_bindings)
{
	struct stage *stage = stage_open();
	struct road road = road_open(stage, "one", WARREN_QUEUE_QUORUM);
	struct road other = road_open(stage, "other", WARREN_QUEUE_CLASSIC);
	struct warren_broker_counters counters;

	operator_deletes_exchange(stage, other.exchange.name);
	operator_deletes_exchange(stage, road.exchange.name);
	ck_assert_confirmed(stage_put(stage, road.exchange.name, "key.2", "after"));
	ck_assert_confirmed(stage_put(stage, other.exchange.name, "key.2", "after"));
	struct inbox *inboxes[2] = {inbox_open(stage, road.queue.name, 1, INBOX_ACK),
		inbox_open(stage, other.queue.name, 1, INBOX_ACK)};
	for (int i = 0; i < 2; i++) {
		inbox_await(inboxes[i], 2);
		ck_assert_body(inboxes[i], 0, "before");
		ck_assert_body(inboxes[i], 1, "after");
	}
	ck_assert_int_eq(stage->downs, 0);
	warren_broker_counters(stage->broker, &counters);
	ck_assert_uint_eq(counters.refused, 0);
	stage_close(stage);
	inbox_free(inboxes[0]);
	inbox_free(inboxes[1]);
}
END_TEST

/* Many are on their way to several exchanges when one goes: all arrive, in order. */
START_TEST(what_is_on_its_way_while_an_exchange_is_deleted_arrives)
{
	enum { COUNT = 300 };
	struct stage *stage = stage_open();
	struct road roads[2] = {road_open(stage, "one", WARREN_QUEUE_QUORUM),
		road_open(stage, "other", WARREN_QUEUE_QUORUM)};
	struct receipt receipts[COUNT];

	operator_deletes_exchange(stage, roads[1].exchange.name);
	for (int i = 0; i < COUNT; i++) {
		const struct warren_broker_message message = {
			.exchange = roads[i % 2].exchange.name,
			.routing_key = "key.1",
			.persistent = true,
			.mandatory = true,
			.timestamp_s = i + 1,
		};
		ck_assert_int_eq(stage_publish(stage, &message, &receipts[i]), 0);
	}
	for (int i = 0; i < COUNT; i++) {
		AWAIT(stage, receipts[i].settled > 0);
		ck_assert_confirmed(receipts[i].outcome);
	}
	for (int r = 0; r < 2; r++) {
		struct inbox *inbox = inbox_open(stage, roads[r].queue.name, 50, INBOX_ACK);
		int64_t next = r + 1;
		for (int n = 1; next <= COUNT; n++) { /* the first is "before" */
			inbox_await(inbox, n + 1);
			int64_t number = inbox->got[n].message.timestamp_s;
			ck_assert_int_le(number, next); /* one that is less came twice */
			next += number == next ? 2 : 0;
		}
		inbox_cancel(inbox);
		inbox_free(inbox);
	}
	stage_close_broker(stage, 5000);
	receipts_check(receipts, COUNT);
	stage_free(stage);
}
END_TEST

START_TEST(a_binding_that_was_deleted_comes_back_when_it_is_declared_again)
{
	struct stage *stage = stage_open();
	struct road road = road_open(stage, "road", WARREN_QUEUE_QUORUM);

	for (int i = 0; i < 3; i++) {
		operator_deletes_binding(stage, road.exchange.name, road.queue.name, "key.*");
		ck_assert_int_eq(stage_put(stage, road.exchange.name, "key.1", "lost"),
			WARREN_BROKER_RETURNED);
		road_declare(stage, &road);
		ck_assert_confirmed(stage_put(stage, road.exchange.name, "key.1", "after"));
	}
	ck_assert_int_eq(stage->downs, 0);
	stage_close(stage);
}
END_TEST

START_TEST(a_queue_that_was_deleted_comes_back_when_it_is_declared_again)
{
	static const enum warren_queue_kind kinds[] = {WARREN_QUEUE_CLASSIC, WARREN_QUEUE_QUORUM};

	for (size_t k = 0; k < 2; k++) {
		struct stage *stage = stage_open();
		struct road road = road_open(stage, "road", kinds[k]);
		for (int i = 0; i < 3; i++) {
			operator_deletes_queue(stage, road.queue.name);
			ck_assert_int_eq(stage_put(stage, road.exchange.name, "key.1", "lost"),
				WARREN_BROKER_RETURNED);
			road_declare(stage, &road);
			ck_assert_confirmed(stage_put(stage, road.exchange.name, "key.1", "after"));
		}
		ck_assert_int_eq(stage->downs, 0);
		stage_close(stage);
	}
}
END_TEST

START_TEST(a_queue_that_is_consumed_comes_back_by_itself)
{
	struct stage *stage = stage_open();
	struct road road = road_open(stage, "road", WARREN_QUEUE_QUORUM);
	struct inbox *inbox = inbox_open(stage, road.queue.name, 2, INBOX_HOLD);

	inbox_await(inbox, 1);
	for (int i = 1; i <= 3; i++) {
		operator_deletes_queue(stage, road.queue.name);
		for (int n = 0; n < i; n++)
			inbox_ack(inbox, n); /* of what went with the queue: no harm */
		while (stage_put(stage, road.exchange.name, "key.1", "after") !=
			WARREN_BROKER_CONFIRMED)
			;
		inbox_await(inbox, i + 1);
		ck_assert_body(inbox, i, "after");
	}
	stage_close(stage);
	inbox_free(inbox);
}
END_TEST

/* Publishes `count` persistent ones to a queue, the nth of them to an exchange that is not there.
 */
static void expect_one_refused(const char *nowhere, int count, int nth)
{
	struct stage *stage = stage_open();
	const char *queue = stage_quorum(stage, "queue");
	struct receipt *receipts = calloc((size_t)count, sizeof *receipts);
	struct warren_broker_message message = {.persistent = true, .mandatory = true};

	ck_assert_ptr_nonnull(receipts);
	for (int i = 0; i < count; i++) {
		message.exchange = i == nth ? nowhere : "";
		message.routing_key = i == nth ? "key" : queue;
		message.timestamp_s = i + 1;
		ck_assert_int_eq(stage_publish(stage, &message, &receipts[i]), 0);
	}
	for (int i = 0; i < count; i++) {
		AWAIT(stage, receipts[i].settled > 0);
		ck_assert_int_eq(receipts[i].outcome,
			i == nth ? WARREN_BROKER_REFUSED : WARREN_BROKER_CONFIRMED);
	}
	struct inbox *inbox = inbox_open(stage, queue, 50, INBOX_ACK);
	int64_t next = nth == 0 ? 2 : 1;
	for (int n = 0; next <= count; n++) {
		inbox_await(inbox, n + 1);
		int64_t number = inbox->got[n].message.timestamp_s;
		ck_assert_int_le(number, next);
		if (number == next)
			next += next == nth ? 2 : 1;
	}
	ck_assert_int_eq(stage->downs, 0);
	stage_close_broker(stage, 5000);
	receipts_check(receipts, count);
	stage_free(stage);
	inbox_free(inbox);
	free(receipts);
}

/*
 * RabbitMQ cuts its text at 255 bytes: it does not name an exchange with a name that long, and the
 * one to blame is found by trying.
 */
START_TEST(one_that_is_refused_is_found_wherever_it_is)
{
	static const struct {
		int count, nth;
	} places[] = {{1, 0}, {2, 0}, {2, 1}, {40, 0}, {40, 17}, {40, 39}, {300, 150}};
	char too_long[WARREN_BROKER_TEXT_MAX + 1];

	memset(too_long, 'n', sizeof too_long - 1);
	too_long[sizeof too_long - 1] = '\0';
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		expect_one_refused("contract-is-nowhere", places[i].count, places[i].nth);
		expect_one_refused(too_long, places[i].count, places[i].nth);
	}
}
END_TEST

TCase *heal_case(void)
{
	TCase *tcase = tcase_create("heal");

	tcase_add_test(tcase, an_exchange_that_was_deleted_comes_back_with_its_bindings);
	tcase_add_test(tcase, what_is_on_its_way_while_an_exchange_is_deleted_arrives);
	tcase_add_test(tcase, a_binding_that_was_deleted_comes_back_when_it_is_declared_again);
	tcase_add_test(tcase, a_queue_that_was_deleted_comes_back_when_it_is_declared_again);
	tcase_add_test(tcase, a_queue_that_is_consumed_comes_back_by_itself);
	tcase_add_test(tcase, one_that_is_refused_is_found_wherever_it_is);
	return tcase;
}
