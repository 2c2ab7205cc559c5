/*
 * Room that is taken is given back, however it ends: with a bound of N, 3 N one after the other
 * pass, and afterwards as many fit at once as before, not one more.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"

enum { BOUND = 6, ROUNDS = 3 * BOUND, BODY = 10000 };
#define BYTES_BOUND ((size_t)BOUND * 11000)

/* ---- publishes ---- */

/* One way in which a publish ends. */
struct ending {
	enum warren_broker_outcome outcome;
	bool persistent, reserved, late;
	const char *exchange, *routing_key;
	bool mandatory;
};

static void expect_room(struct stage *stage, const struct ending *ending)
{
	static const uint8_t body[BODY];
	struct receipt receipt;
	const struct warren_broker_message message = {
		.exchange = ending->exchange,
		.routing_key = ending->routing_key,
		.persistent = ending->persistent,
		.reserved = ending->reserved,
		.mandatory = ending->mandatory,
		.expires_ms = ending->late,
		.body = body,
		.body_len = sizeof body,
	};

	for (int i = 0; i < ROUNDS; i++) {
		ck_assert_int_eq(stage_publish(stage, &message, &receipt), 0);
		AWAIT(stage, receipt.settled > 0);
		ck_assert_int_eq(receipt.outcome, ending->outcome);
	}
}

/* Holds the broker's thread in a callback. */
struct gate {
	struct stage *stage;
	bool reached, open;
	int settled;
};

static void gate_on_settled(enum warren_broker_outcome outcome, void *data)
{
	struct gate *gate = data;

	(void)outcome;
	stage_enter(gate->stage);
	gate->settled++;
	gate->reached = true;
	pthread_cond_broadcast(&gate->stage->changed);
	while (!gate->open)
		stage_wait(gate->stage, "the gate");
	stage_leave(gate->stage);
}

/* Returns how many publishes fit at once. */
static int room(struct stage *stage, const char *queue)
{
	static const uint8_t body[BODY];
	struct gate gate = {.stage = stage};
	struct warren_broker_message message = {.routing_key = queue};
	int count = 0, rc;

	ck_assert_int_eq(warren_broker_publish(stage->broker, &message, gate_on_settled, &gate), 0);
	AWAIT(stage, gate.reached);
	message.body = body;
	message.body_len = sizeof body;
	while ((rc = warren_broker_publish(stage->broker, &message, gate_on_settled, &gate)) == 0)
		ck_assert_int_lt(++count, 10 * BOUND);
	ck_assert_int_eq(rc, -EAGAIN);
	pthread_mutex_lock(&stage->lock);
	gate.open = true;
	pthread_cond_broadcast(&stage->changed);
	pthread_mutex_unlock(&stage->lock);
	AWAIT(stage, gate.settled == count + 1);
	return count;
}

static void expect_room_however_it_ends(struct stage *stage)
{
	const char *queue = stage_classic(stage, "queue");
	const char *full =
		stage_queue(stage, (struct warren_broker_queue){.name = stage_name(stage, "full"),
					   .max_length = 1,
					   .reject_publish = true});
	const char *nowhere = stage_name(stage, "nowhere");

	while (stage_put(stage, "", full, "fills it") == WARREN_BROKER_CONFIRMED)
		;
	int before = room(stage, queue);
	ck_assert_int_ge(before, BOUND - 2);
	ck_assert_int_le(before, BOUND);
	const struct ending endings[] = {
		{WARREN_BROKER_CONFIRMED, .routing_key = queue},
		{WARREN_BROKER_CONFIRMED, .routing_key = nowhere},
		{WARREN_BROKER_RETURNED, .routing_key = nowhere, .mandatory = true},
		{WARREN_BROKER_REFUSED, .routing_key = full},
		{WARREN_BROKER_REFUSED, .routing_key = queue, .exchange = nowhere},
		{WARREN_BROKER_UNSENT, .routing_key = queue, .late = true},
	};
	for (size_t i = 0; i < 4 * sizeof endings / sizeof endings[0]; i++) {
		struct ending ending = endings[i / 4];
		ending.persistent = i & 1;
		ending.reserved = i & 2;
		expect_room(stage, &ending);
		ck_assert_int_eq(room(stage, queue), before);
	}
	ck_assert_int_eq(stage->downs, 0);
	stage_close(stage);
}

START_TEST(a_place_is_given_back_however_a_publish_ends)
{
	expect_room_however_it_ends(stage_open_limited(BOUND, 0));
}
END_TEST

START_TEST(bytes_are_given_back_however_a_publish_ends)
{
	expect_room_however_it_ends(stage_open_limited(0, BYTES_BOUND));
}
END_TEST

/* ---- deliveries ---- */

enum settle_how { SETTLE_ACK, SETTLE_TWICE, SETTLE_REQUEUE_FIRST, SETTLE_HOWS };

static void put_some(struct stage *stage, const char *queue, int count)
{
	for (int i = 0; i < count; i++)
		ck_assert_confirmed(stage_put(stage, "", queue, "one"));
}

static void expect_prefetch_room(
	struct stage *stage, const char *queue, enum settle_how how, uint16_t prefetch)
{
	struct inbox *inbox = inbox_open(stage, queue, prefetch, INBOX_HOLD);
	int come = 0, taken = 0, wanted = 3 * prefetch;

	put_some(stage, queue, wanted);
	while (taken < wanted) {
		inbox_await(inbox, come + 1);
		bool again = how == SETTLE_REQUEUE_FIRST && !inbox->got[come].redelivered;
		if (again)
			inbox_requeue(inbox, come);
		else
			inbox_ack(inbox, come);
		if (again || how == SETTLE_TWICE)
			inbox_ack(inbox, come);
		taken += !again;
		come++;
	}
	inbox_cancel(inbox);
	inbox_free(inbox);
}

START_TEST(prefetch_is_given_back_however_a_delivery_is_settled)
{
	struct stage *stage = stage_open();
	const char *queues[] = {stage_classic(stage, "classic"), stage_quorum(stage, "quorum")};

	for (int q = 0; q < 2; q++)
		for (int how = 0; how < SETTLE_HOWS; how++)
			for (uint16_t prefetch = 1; prefetch <= 4; prefetch += 3)
				expect_prefetch_room(stage, queues[q], how, prefetch);
	ck_assert_int_eq(stage->downs, 0);
	stage_close(stage);
}
END_TEST

/* Consumers come and go with deliveries in hand: the next one has its whole prefetch. */
START_TEST(prefetch_is_whole_for_each_consumer_that_comes)
{
	enum { PREFETCH = 3 };
	struct stage *stage = stage_open();
	const char *queue = stage_quorum(stage, "queue");
	struct inbox *inboxes[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		put_some(stage, queue, PREFETCH);
		inboxes[i] = inbox_open(stage, queue, PREFETCH, INBOX_HOLD);
		inbox_await(inboxes[i], PREFETCH);
		if (i % 2 == 0)
			inbox_ack(inboxes[i], 1);
		inbox_cancel(inboxes[i]);
	}
	for (int i = 0; i < ROUNDS; i++)
		for (int n = 0; n < PREFETCH; n++)
			inbox_ack(inboxes[i], n);
	struct inbox *last = inbox_open(stage, queue, 2 * PREFETCH, INBOX_HOLD);
	put_some(stage, queue, 2 * PREFETCH);
	inbox_await(last, 2 * PREFETCH);
	for (int n = 0; n < 2 * PREFETCH; n++)
		ck_assert(!last->got[n].redelivered); /* nothing of the others came back */
	stage_close(stage);
	for (int i = 0; i < ROUNDS; i++)
		inbox_free(inboxes[i]);
	inbox_free(last);
}
END_TEST

TCase *room_case(void)
{
	TCase *tcase = tcase_create("room");

	tcase_add_test(tcase, a_place_is_given_back_however_a_publish_ends);
	tcase_add_test(tcase, bytes_are_given_back_however_a_publish_ends);
	tcase_add_test(tcase, prefetch_is_given_back_however_a_delivery_is_settled);
	tcase_add_test(tcase, prefetch_is_whole_for_each_consumer_that_comes);
	return tcase;
}
