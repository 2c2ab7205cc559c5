/* Outcomes of publishes, and what is refused before it is one. */
#include <errno.h>
#include <stdlib.h>

#include "harness.h"

START_TEST(a_mandatory_one_that_no_queue_takes_is_returned)
{
	struct stage *stage = stage_open();
	const char *exchange = stage_exchange(stage, "topic", WARREN_EXCHANGE_TOPIC);
	struct warren_broker_message message = {
		.exchange = exchange, .routing_key = "nowhere", .mandatory = true};
	struct receipt receipts[4];

	ck_assert_int_eq(stage_publish(stage, &message, &receipts[0]), 0);
	message.persistent = true;
	ck_assert_int_eq(stage_publish(stage, &message, &receipts[1]), 0);
	message.exchange = "";
	message.routing_key = stage_name(stage, "nowhere");
	ck_assert_int_eq(stage_publish(stage, &message, &receipts[2]), 0);
	message.mandatory = false;
	ck_assert_int_eq(stage_publish(stage, &message, &receipts[3]), 0);
	AWAIT(stage, receipts[0].settled && receipts[1].settled && receipts[2].settled &&
			     receipts[3].settled);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(receipts[i].outcome, WARREN_BROKER_RETURNED);
	ck_assert_confirmed(receipts[3].outcome);
	stage_close_broker(stage, 5000);
	receipts_check(receipts, 4);
	stage_free(stage);
}
END_TEST

START_TEST(an_exchange_that_is_not_there_refuses_that_one_only)
{
	enum { COUNT = 41, BAD = 20 };
	struct stage *stage = stage_open();
	const char *queue = stage_quorum(stage, "queue");
	struct receipt receipts[COUNT];
	struct warren_broker_message message = {.persistent = true, .mandatory = true};

	for (int i = 0; i < COUNT; i++) {
		message.exchange = i == BAD ? stage_name(stage, "nowhere") : "";
		message.routing_key = queue;
		ck_assert_int_eq(stage_publish(stage, &message, &receipts[i]), 0);
	}
	for (int i = 0; i < COUNT; i++) {
		AWAIT(stage, receipts[i].settled > 0);
		ck_assert_int_eq(receipts[i].outcome,
			i == BAD ? WARREN_BROKER_REFUSED : WARREN_BROKER_CONFIRMED);
	}
	ck_assert_confirmed(stage_put(stage, "", queue, "after"));
	stage_close_broker(stage, 5000);
	receipts_check(receipts, COUNT);
	stage_free(stage);
}
END_TEST

START_TEST(one_that_expired_before_it_was_sent_is_unsent)
{
	struct stage *stage = stage_open();
	const char *queue = stage_classic(stage, "queue");
	int64_t now_ms = warren_clock_wall_ms(warren_clock_real());
	struct warren_broker_message message = {
		.routing_key = queue, .persistent = true, .expires_ms = now_ms - 1};
	struct receipt late, in_time;
	struct inbox *inbox;

	ck_assert_int_eq(stage_publish(stage, &message, &late), 0);
	message.expires_ms = now_ms + 3600 * 1000;
	message.type = "in time";
	ck_assert_int_eq(stage_publish(stage, &message, &in_time), 0);
	AWAIT(stage, late.settled && in_time.settled);
	ck_assert_int_eq(late.outcome, WARREN_BROKER_UNSENT);
	ck_assert_confirmed(in_time.outcome);
	inbox = inbox_open(stage, queue, 1, INBOX_ACK);
	inbox_await(inbox, 1);
	ck_assert_str_eq(inbox->got[0].message.type, "in time");
	stage_close(stage);
	inbox_free(inbox);
}
END_TEST

START_TEST(order_holds_on_a_queue)
{
	enum { COUNT = 500 };
	struct stage *stage = stage_open();
	const char *classic = stage_classic(stage, "classic"),
		   *quorum = stage_quorum(stage, "quorum");
	struct inbox *inboxes[2] = {inbox_open(stage, classic, 50, INBOX_ACK),
		inbox_open(stage, quorum, 50, INBOX_ACK)};
	struct receipt receipts[COUNT];

	for (int i = 0; i < COUNT; i++) {
		struct warren_broker_message message = {.timestamp_s = i + 1};
		message.routing_key = classic;
		ck_assert_int_eq(stage_publish(stage, &message, NULL), 0);
		message.routing_key = quorum;
		ck_assert_int_eq(stage_publish(stage, &message, &receipts[i]), 0);
	}
	for (int q = 0; q < 2; q++) {
		inbox_await(inboxes[q], COUNT);
		for (int i = 0; i < COUNT; i++)
			ck_assert_int_eq(inboxes[q]->got[i].message.timestamp_s, i + 1);
	}
	stage_close_broker(stage, 5000);
	receipts_check(receipts, COUNT);
	stage_free(stage);
	inbox_free(inboxes[0]);
	inbox_free(inboxes[1]);
}
END_TEST

/* Publishes with one text too long, in each of the places; none is taken. */
START_TEST(a_text_over_255_bytes_is_refused)
{
	struct stage *stage = stage_open();
	char fits[256], too_long[257];
	struct receipt receipt;
	struct warren_broker_message message = {0};
	const char **texts[] = {&message.exchange, &message.routing_key, &message.type,
		&message.message_id, &message.correlation_id, &message.reply_to, &message.app_id,
		&message.content_type};

	memset(fits, 'a', sizeof fits - 1);
	fits[255] = '\0';
	memset(too_long, 'a', sizeof too_long - 1);
	too_long[256] = '\0';
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		*texts[i] = too_long;
		ck_assert_int_eq(stage_publish(stage, &message, &receipt), -EINVAL);
		*texts[i] = i == 0 ? "" : fits;
	}
	ck_assert_int_eq(receipt.settled, 0);
	ck_assert_int_eq(stage_publish(stage, &message, &receipt), 0);
	AWAIT(stage, receipt.settled > 0);
	ck_assert_confirmed(receipt.outcome);
	stage_close(stage);
}
END_TEST

static int publish_headers(
	struct stage *stage, const struct warren_broker_header *headers, size_t count)
{
	const struct warren_broker_message message = {
		.routing_key = "nowhere", .headers = headers, .header_count = count};
	return stage_publish(stage, &message, NULL);
}

START_TEST(headers_that_are_none_are_refused)
{
	struct stage *stage = stage_open();
	struct warren_broker_header many[WARREN_BROKER_HEADERS_MAX + 1];
	char names[WARREN_BROKER_HEADERS_MAX + 1][8], too_long[257];
	char *big = malloc(WARREN_BROKER_HEADERS_BYTES_MAX + 1);

	for (int i = 0; i <= WARREN_BROKER_HEADERS_MAX; i++) {
		names[i][0] = 'h';
		names[i][1] = (char)('A' + i);
		names[i][2] = '\0';
		many[i] = (struct warren_broker_header){.name = names[i], .number = i};
	}
	memset(too_long, 'a', sizeof too_long - 1);
	too_long[256] = '\0';
	memset(big, 'b', WARREN_BROKER_HEADERS_BYTES_MAX);
	big[WARREN_BROKER_HEADERS_BYTES_MAX] = '\0';
	ck_assert_int_eq(publish_headers(stage, many, WARREN_BROKER_HEADERS_MAX), 0);
	ck_assert_int_eq(publish_headers(stage, many, WARREN_BROKER_HEADERS_MAX + 1), -EINVAL);
	many[3].name = too_long;
	ck_assert_int_eq(publish_headers(stage, many, 4), -EINVAL);
	many[3].name = "";
	ck_assert_int_eq(publish_headers(stage, many, 4), -EINVAL);
	many[3].name = NULL;
	ck_assert_int_eq(publish_headers(stage, many, 4), -EINVAL);
	many[3].name = "x-death";
	ck_assert_int_eq(publish_headers(stage, many, 4), -EINVAL);
	many[3] = (struct warren_broker_header){.name = "big", .text = big};
	ck_assert_int_eq(publish_headers(stage, many, 4), -EMSGSIZE);
	stage_close(stage);
	free(big);
}
END_TEST

START_TEST(a_body_over_the_limit_is_refused_and_one_at_the_limit_goes_through)
{
	struct stage *stage = stage_open();
	const char *queue = stage_classic(stage, "queue");
	uint8_t *body = calloc(1, WARREN_BROKER_BODY_MAX + 1);
	struct warren_broker_message message = {
		.routing_key = queue, .mandatory = true, .body = body};
	struct inbox *inbox = inbox_open(stage, queue, 1, INBOX_ACK);
	struct receipt receipt;

	message.body_len = WARREN_BROKER_BODY_MAX + 1;
	ck_assert_int_eq(stage_publish(stage, &message, &receipt), -EMSGSIZE);
	ck_assert_int_eq(receipt.settled, 0);
	body[0] = 1;
	body[WARREN_BROKER_BODY_MAX - 1] = 2;
	message.body_len = WARREN_BROKER_BODY_MAX;
	ck_assert_int_eq(stage_publish(stage, &message, &receipt), 0);
	AWAIT(stage, receipt.settled > 0);
	ck_assert_confirmed(receipt.outcome);
	inbox_await(inbox, 1);
	ck_assert_uint_eq(inbox->got[0].message.body_len, WARREN_BROKER_BODY_MAX);
	ck_assert_mem_eq(inbox->got[0].message.body, body, WARREN_BROKER_BODY_MAX);
	stage_close(stage);
	inbox_free(inbox);
	free(body);
}
END_TEST

/* Holds the broker's thread in a callback, so that what is published meanwhile has to wait. */
struct gate {
	struct stage *stage;
	bool reached, open;
};

static void gate_on_settled(enum warren_broker_outcome outcome, void *data)
{
	struct gate *gate = data;

	(void)outcome;
	stage_enter(gate->stage);
	gate->reached = true;
	pthread_cond_broadcast(&gate->stage->changed);
	while (!gate->open)
		stage_wait(gate->stage, "the gate");
	stage_leave(gate->stage);
}

static void gate_close(struct gate *gate, const char *queue)
{
	const struct warren_broker_message message = {.routing_key = queue};

	ck_assert_int_eq(
		warren_broker_publish(gate->stage->broker, &message, gate_on_settled, gate), 0);
	AWAIT(gate->stage, gate->reached);
}

static void gate_open(struct gate *gate)
{
	pthread_mutex_lock(&gate->stage->lock);
	gate->open = true;
	pthread_cond_broadcast(&gate->stage->changed);
	pthread_mutex_unlock(&gate->stage->lock);
}

/* Fills the way out, lets `reserved` ones pass, opens the gate, and sees all settled and room
 * again. */
static void fill(struct stage *stage, size_t body_len, int least, int most)
{
	enum { COUNT = 64, RESERVED = 10 };
	const char *queue = stage_classic(stage, "queue");
	struct gate gate = {.stage = stage};
	struct receipt receipts[COUNT + RESERVED], refused;
	uint8_t *body = calloc(1, body_len + 1);
	struct warren_broker_message message = {
		.routing_key = queue, .persistent = true, .body = body, .body_len = body_len};
	int count = 0;

	gate_close(&gate, queue);
	while (count < COUNT && stage_publish(stage, &message, &receipts[count]) == 0)
		count++;
	ck_assert_int_ge(count, least);
	ck_assert_int_le(count, most);
	ck_assert_int_eq(stage_publish(stage, &message, &refused), -EAGAIN);
	message.reserved = true;
	for (int i = 0; i < RESERVED; i++)
		ck_assert_int_eq(stage_publish(stage, &message, &receipts[count++]), 0);
	message.reserved = false;
	ck_assert_int_eq(stage_publish(stage, &message, &refused), -EAGAIN);
	gate_open(&gate);
	for (int i = 0; i < count; i++) {
		AWAIT(stage, receipts[i].settled > 0);
		ck_assert_confirmed(receipts[i].outcome);
	}
	for (int i = 0; i < COUNT; i++) { /* more than could wait at once, one after the other */
		ck_assert_int_eq(stage_publish(stage, &message, &receipts[0]), 0);
		AWAIT(stage, receipts[0].settled > 0);
	}
	stage_close_broker(stage, 5000);
	receipts_check(receipts, count);
	ck_assert_int_eq(refused.settled, 0);
	stage_free(stage);
	free(body);
}

START_TEST(a_full_way_out_is_told_and_reserved_ones_pass)
{
	fill(stage_open_limited(8, 0), 10, 7, 8);
}
END_TEST

START_TEST(the_bytes_that_wait_are_bounded)
{
	fill(stage_open_limited(0, 1 << 20), 100000, 8, 10);
}
END_TEST

struct echo {
	struct stage *stage;
	const char *to;
	int replies, acked;
	uint64_t tag;
};

static void echo_on_settled(enum warren_broker_outcome outcome, void *data)
{
	struct echo *echo = data;

	stage_enter(echo->stage);
	ck_assert_confirmed(outcome);
	warren_broker_ack(echo->stage->broker, echo->tag);
	echo->acked++;
	stage_leave(echo->stage);
}

static void echo_on_delivery(const struct warren_broker_delivery *delivery, void *data)
{
	struct echo *echo = data;
	struct warren_broker_message reply = delivery->message;

	stage_enter(echo->stage);
	echo->tag = delivery->tag;
	reply.exchange = "";
	reply.routing_key = echo->to;
	reply.mandatory = reply.reserved = true;
	ck_assert_int_eq(
		warren_broker_publish(echo->stage->broker, &reply, echo_on_settled, echo), 0);
	echo->replies++;
	stage_leave(echo->stage);
}

START_TEST(callbacks_may_publish_and_settle)
{
	enum { COUNT = 100 };
	struct stage *stage = stage_open();
	const char *in = stage_quorum(stage, "in");
	struct echo echo = {.stage = stage, .to = stage_classic(stage, "out")};
	struct inbox *inbox = inbox_open(stage, echo.to, 0, INBOX_HOLD);
	struct warren_broker_message message = {.routing_key = in, .persistent = true};
	uint64_t id;

	ck_assert_int_eq(
		warren_broker_consume(stage->broker, in, 1, echo_on_delivery, &echo, &id), 0);
	for (int i = 0; i < COUNT; i++)
		ck_assert_int_eq(stage_publish(stage, &message, NULL), 0);
	inbox_await(inbox, COUNT);
	AWAIT(stage, echo.acked == COUNT);
	ck_assert_int_eq(echo.replies, COUNT);
	stage_close(stage);
	inbox_free(inbox);
}
END_TEST

TCase *publish_case(void)
{
	TCase *tcase = tcase_create("publish");

	tcase_add_test(tcase, a_mandatory_one_that_no_queue_takes_is_returned);
	tcase_add_test(tcase, an_exchange_that_is_not_there_refuses_that_one_only);
	tcase_add_test(tcase, one_that_expired_before_it_was_sent_is_unsent);
	tcase_add_test(tcase, order_holds_on_a_queue);
	tcase_add_test(tcase, a_text_over_255_bytes_is_refused);
	tcase_add_test(tcase, headers_that_are_none_are_refused);
	tcase_add_test(tcase, a_body_over_the_limit_is_refused_and_one_at_the_limit_goes_through);
	tcase_add_test(tcase, a_full_way_out_is_told_and_reserved_ones_pass);
	tcase_add_test(tcase, the_bytes_that_wait_are_bounded);
	tcase_add_test(tcase, callbacks_may_publish_and_settle);
	return tcase;
}
