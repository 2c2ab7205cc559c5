/* A memory alarm: the broker does not read what is published, perhaps for hours. */
#include <errno.h>

#include "rig.h"

#define BODY_SIZE (256u << 10) /* past any socket's buffer after a few */
#define QUEUED 60
#define HEARTBEAT_S 1
#define SILENCE_MS (5 * HEARTBEAT_S * 1000) /* twice a heartbeat would have been the end */

static void memory_alarm(bool on)
{
	shell(on ? "rabbitmqctl -q set_vm_memory_high_watermark 0 2>/dev/null"
		 : "rabbitmqctl -q set_vm_memory_high_watermark 0.4 2>/dev/null");
}

static void alarm_off(void)
{
	memory_alarm(false);
}

struct held {
	struct rig *rig;
	uint64_t tag;
	int count;
};

static void hold(const struct warren_broker_delivery *delivery, void *data)
{
	struct held *held = data;

	pthread_mutex_lock(&held->rig->lock);
	held->tag = delivery->tag;
	held->count++;
	pthread_cond_broadcast(&held->rig->changed);
	pthread_mutex_unlock(&held->rig->lock);
}

static int count_unsent(struct rig *rig)
{
	pthread_mutex_lock(&rig->lock);
	int unsent = rig->unsent;
	pthread_mutex_unlock(&rig->lock);
	return unsent;
}

/* Fills what may wait inside.  Returns how many there are. */
static int publish_until_full(struct rig *rig, const struct warren_broker_message *message)
{
	int published = 0, rc;

	while ((rc = warren_broker_publish(rig->broker, message, rig_on_settled, rig)) == 0)
		published++;
	ck_assert_int_eq(rc, -EAGAIN);
	return published;
}

/* What does not wait is given back while the alarm stands.  Returns how many that were. */
static int expect_at_once(struct rig *rig, const struct warren_broker_message *message)
{
	struct warren_broker_message hasty = *message;
	int before = count_unsent(rig), count = 3;

	hasty.now_or_never = hasty.reserved = true;
	for (int i = 1; i <= count; i++) {
		ck_assert_int_eq(
			warren_broker_publish(rig->broker, &hasty, rig_on_settled, rig), 0);
		AWAIT(rig, rig->unsent == before + i);
	}
	return before + count;
}

START_TEST(an_alarm_blocks_nobody_and_ends)
{
	uint8_t *body = calloc(1, BODY_SIZE);
	struct rig *rig = rig_open_limited(NULL, QUEUED, HEARTBEAT_S);
	struct held held = {.rig = rig};
	struct warren_broker_message message = {
		.routing_key = rig_queue(rig, "faults.alarm"), .persistent = true};
	uint64_t id;

	ck_assert_ptr_nonnull(body);
	AWAIT(rig, rig->ups > 0);
	ck_assert_int_eq(warren_broker_publish(rig->broker, &message, rig_on_settled, rig), 0);
	AWAIT(rig, rig->confirmed == 1);
	ck_assert_int_eq(
		warren_broker_consume(rig->broker, "faults.alarm", 1, hold, &held, &id), 0);
	AWAIT(rig, held.count == 1);

	memory_alarm(true);
	message.body = body;
	message.body_len = BODY_SIZE;
	int published = publish_until_full(rig, &message);
	AWAIT(rig, rig->blocks > 0);
	ck_assert_int_eq(warren_broker_state(rig->broker), WARREN_BROKER_BLOCKED);

	/* Deliveries and what settles them go on, past the time that a silent peer would have. */
	int64_t until = warren_clock_now_ms(warren_clock_real()) + SILENCE_MS;
	for (int more = 2; warren_clock_now_ms(warren_clock_real()) < until; more++) {
		warren_broker_requeue(rig->broker, held.tag);
		AWAIT(rig, held.count >= more);
		shell("rabbitmqctl -q list_connections state 2>/dev/null | grep -q blocked");
	}
	ck_assert_int_eq(rig->downs, 0);
	ck_assert_int_eq(warren_broker_publish(rig->broker, &message, NULL, NULL), -EAGAIN);
	int unsent = expect_at_once(rig, &message);

	memory_alarm(false);
	AWAIT(rig, rig->ups > 1);
	AWAIT(rig, rig->confirmed == published + 1);
	ck_assert_int_eq(rig->unsent, unsent);
	ck_assert_int_eq(rig->downs, 0);
	rig_close(rig, 5000);
	rig_free(rig);
	free(body);
}
END_TEST

/*
 * The broker tells of the alarm when it is published to: until then nobody can know.  From then on
 * what the socket has not taken yet is taken back.
 */
START_TEST(what_does_not_wait_comes_back_when_the_alarm_is_told)
{
	uint8_t *body = calloc(1, BODY_SIZE);
	struct rig *rig = rig_open_limited(NULL, QUEUED, 0);
	const struct warren_broker_message message = {
		.routing_key = rig_queue(rig, "faults.alarm"),
		.persistent = true,
		.now_or_never = true,
		.body = body,
		.body_len = BODY_SIZE,
	};

	ck_assert_ptr_nonnull(body);
	AWAIT(rig, rig->ups > 0);
	memory_alarm(true);
	int published = publish_until_full(rig, &message);
	AWAIT(rig, rig->blocks > 0 && rig->unsent > 0);
	ck_assert_int_eq(rig->lost, 0);
	memory_alarm(false);
	AWAIT(rig, rig->settled == published);
	ck_assert_int_eq(rig->confirmed + rig->unsent, published);
	ck_assert_int_eq(warren_broker_publish(rig->broker, &message, rig_on_settled, rig), 0);
	AWAIT(rig, rig->settled == published + 1);
	ck_assert_int_eq(rig->confirmed + rig->unsent, published + 1);
	rig_close(rig, 5000);
	rig_free(rig);
	free(body);
}
END_TEST

START_TEST(closing_under_an_alarm_ends_and_settles_all)
{
	uint8_t *body = calloc(1, BODY_SIZE);
	struct rig *rig = rig_open_limited(NULL, QUEUED, 0);
	const struct warren_broker_message message = {
		.routing_key = rig_queue(rig, "faults.alarm"),
		.persistent = true,
		.body = body,
		.body_len = BODY_SIZE,
	};

	ck_assert_ptr_nonnull(body);
	AWAIT(rig, rig->ups > 0);
	memory_alarm(true);
	int published = publish_until_full(rig, &message);
	AWAIT(rig, rig->blocks > 0);
	rig_close(rig, 100);
	ck_assert_int_eq(rig->settled, published);
	ck_assert_int_eq(rig->confirmed + rig->unsent + rig->lost, published);
	ck_assert_int_gt(rig->lost, 0);   /* some are in the socket */
	ck_assert_int_gt(rig->unsent, 0); /* and more than it holds were published */
	rig_free(rig);
	free(body);
}
END_TEST

TCase *alarm_case(void)
{
	TCase *tcase = tcase_create("alarm");

	tcase_add_checked_fixture(tcase, rabbitmq_start, alarm_off);
	tcase_add_test(tcase, an_alarm_blocks_nobody_and_ends);
	tcase_add_test(tcase, what_does_not_wait_comes_back_when_the_alarm_is_told);
	tcase_add_test(tcase, closing_under_an_alarm_ends_and_settles_all);
	return tcase;
}
