/* A stream of persistent messages goes on while the broker is done harm: none is lost. */
#include <errno.h>

#include "rig.h"

#define STREAM_MAX 200000
#define WINDOW 400 /* publishes that are not settled */

struct stream {
	struct rig *rig;
	const char *queue;
	int published; /* by the publisher's thread; under the rig's lock */
	bool stop;
	int received;   /* different ones */
	int deliveries; /* all */
	bool seen[STREAM_MAX];
};

static void on_delivery(const struct warren_broker_delivery *delivery, void *data)
{
	struct stream *stream = data;
	int number;

	ck_assert_uint_eq(delivery->message.body_len, sizeof number);
	memcpy(&number, delivery->message.body, sizeof number);
	ck_assert(number >= 0 && number < STREAM_MAX);
	pthread_mutex_lock(&stream->rig->lock);
	stream->deliveries++;
	stream->received += !stream->seen[number];
	stream->seen[number] = true;
	pthread_cond_broadcast(&stream->rig->changed);
	pthread_mutex_unlock(&stream->rig->lock);
	warren_broker_ack(stream->rig->broker, delivery->tag);
}

static void *publish(void *data)
{
	struct stream *stream = data;
	struct rig *rig = stream->rig;

	for (int number = 0; number < STREAM_MAX; number++) {
		const struct warren_broker_message message = {
			.routing_key = stream->queue,
			.body = (const uint8_t *)&number,
			.body_len = sizeof number,
			.persistent = true,
			.mandatory = true,
		};
		AWAIT(rig, stream->stop || number - rig->settled < WINDOW);
		pthread_mutex_lock(&rig->lock);
		bool stop = stream->stop;
		stream->published += !stop;
		pthread_mutex_unlock(&rig->lock);
		if (stop)
			break;
		ck_assert_int_eq(
			warren_broker_publish(rig->broker, &message, rig_on_settled, rig), 0);
	}
	return NULL;
}

static int count_of(struct rig *rig, const int *count)
{
	pthread_mutex_lock(&rig->lock);
	int value = *count;
	pthread_mutex_unlock(&rig->lock);
	return value;
}

/* Streams before, during and after the harm, which makes the broker go down and come up again. */
static void stream_through(void (*harm)(void), const char *queue)
{
	struct stream *stream = calloc(1, sizeof *stream);
	struct warren_broker_counters counters;
	pthread_t publisher;
	uint64_t id;

	ck_assert_ptr_nonnull(stream);
	struct rig *rig = stream->rig = rig_open(NULL);
	stream->queue = rig_queue(rig, queue);
	ck_assert_int_eq(
		warren_broker_consume(rig->broker, queue, 50, on_delivery, stream, &id), 0);
	AWAIT(rig, rig->ups > 0);
	ck_assert_int_eq(pthread_create(&publisher, NULL, publish, stream), 0);
	AWAIT(rig, rig->confirmed > 1000 && stream->received > 1000);
	int ups = count_of(rig, &rig->ups);
	harm();
	AWAIT(rig, rig->ups > ups);
	int confirmed = count_of(rig, &rig->confirmed);
	int received = count_of(rig, &stream->received);
	AWAIT(rig, rig->confirmed > confirmed + 1000 && stream->received > received + 1000);
	pthread_mutex_lock(&rig->lock);
	stream->stop = true;
	pthread_cond_broadcast(&rig->changed);
	pthread_mutex_unlock(&rig->lock);
	pthread_join(publisher, NULL);
	AWAIT(rig, rig->settled == stream->published && stream->received == stream->published);
	ck_assert_int_eq(rig->confirmed, stream->published);
	ck_assert_int_ge(rig->downs, 1);
	warren_broker_counters(rig->broker, &counters);
	ck_assert_uint_ge(counters.reconnects, 1);
	rig_close(rig, 5000);
	ck_assert_int_eq(rig->settled, stream->published);
	rig_free(rig);
	free(stream);
}

static void close_connections(void)
{
	shell("rabbitmqctl -q close_all_connections 'a test' 2>/dev/null");
}

static void restart(void)
{
	rabbitmq_stop();
	rabbitmq_start();
}

static void crash(void)
{
	rabbitmq_kill();
	rabbitmq_start();
}

START_TEST(connections_closed_by_the_broker_lose_nothing)
{
	stream_through(close_connections, "faults.closed");
}
END_TEST

START_TEST(a_restart_of_the_broker_loses_nothing)
{
	stream_through(restart, "faults.restarted");
}
END_TEST

/*
 * The queue lives through an orderly restart first: a single RabbitMQ 3.10 that is killed soon
 * after it made a quorum queue has forgotten the queue's log (its server comes back in term 0),
 * whoever publishes.
 */
START_TEST(a_crash_of_the_broker_loses_nothing)
{
	struct rig *rig = rig_open(NULL);

	rig_queue(rig, "faults.crashed");
	AWAIT(rig, rig->ups > 0);
	rig_close(rig, 0);
	rig_free(rig);
	restart();
	stream_through(crash, "faults.crashed");
}
END_TEST

START_TEST(what_is_not_persistent_is_settled_once)
{
	const struct warren_broker_message message = {.routing_key = "faults.transient"};
	int published = 0;
	struct rig *rig = rig_open_limited(NULL, 1000, 0);

	rig_queue(rig, "faults.transient");
	AWAIT(rig, rig->ups > 0);
	while (warren_broker_publish(rig->broker, &message, rig_on_settled, rig) == 0)
		published++;
	rabbitmq_kill();
	AWAIT(rig, rig->downs > 0);
	rabbitmq_start();
	AWAIT(rig, rig->settled == published);
	ck_assert_int_eq(rig->confirmed + rig->lost, published); /* what was not written waits on */
	rig_close(rig, 0);
	ck_assert_int_eq(rig->settled, published);
	rig_free(rig);
}
END_TEST

/* However long it takes: a number comes again when its first message has long been received. */
static void publish_unconfirmed(struct stream *stream)
{
	int number = stream->published % STREAM_MAX;
	const struct warren_broker_message message = {.routing_key = stream->queue,
		.body = (const uint8_t *)&number,
		.body_len = sizeof number,
		.persistent = stream->published % 2,
		.unconfirmed = true};

	pthread_mutex_lock(&stream->rig->lock);
	stream->seen[number] = false;
	pthread_mutex_unlock(&stream->rig->lock);
	ck_assert_int_eq(
		warren_broker_publish(stream->rig->broker, &message, rig_on_settled, stream->rig),
		0);
	stream->published++;
}

/*
 * They stream while the connection goes; what waits meanwhile is sent, and none is sent twice.  The
 * queue is a classic one, as those of AT_MOST_ONCE are: a quorum queue delivers again what a
 * channel had on its way to a no-ack consumer as it ended.
 */
START_TEST(what_is_unconfirmed_is_settled_once)
{
	enum { AHEAD = 2000, BEHIND = 1000 };
	struct stream *stream = calloc(1, sizeof *stream);
	uint64_t id;

	ck_assert_ptr_nonnull(stream);
	struct rig *rig = stream->rig = rig_open(NULL);
	stream->queue = rig_queue_of(rig, "faults.unconfirmed", WARREN_QUEUE_CLASSIC);
	ck_assert_int_eq(
		warren_broker_consume(rig->broker, stream->queue, 0, on_delivery, stream, &id), 0);
	AWAIT(rig, rig->ups > 0);
	shell("(rabbitmqctl -q close_all_connections 'a test' >/dev/null 2>&1) &");
	while (count_of(rig, &rig->downs) == 0) {
		publish_unconfirmed(stream);
		AWAIT(rig, rig->downs > 0 || stream->published < stream->received + AHEAD);
	}
	for (int i = 0; i < BEHIND; i++)
		publish_unconfirmed(stream);
	AWAIT(rig, rig->settled == stream->published &&
			   stream->seen[(stream->published - 1) % STREAM_MAX]);
	ck_assert_int_eq(rig->sent + rig->lost, stream->published);
	ck_assert_int_eq(stream->deliveries, stream->received);
	rig_close(rig, 0);
	ck_assert_int_eq(rig->settled, stream->published);
	rig_free(rig);
	free(stream);
}
END_TEST

struct counted {
	struct rig *rig;
	int count;
};

static void on_counted(const struct warren_broker_delivery *delivery, void *data)
{
	struct counted *counted = data;

	pthread_mutex_lock(&counted->rig->lock);
	counted->count++;
	pthread_cond_broadcast(&counted->rig->changed);
	pthread_mutex_unlock(&counted->rig->lock);
	warren_broker_ack(counted->rig->broker, delivery->tag);
}

/* What is published while it is away comes back, and the state stays UP. */
START_TEST(a_queue_that_was_deleted_is_declared_and_consumed_again)
{
	const struct warren_broker_message message = {
		.routing_key = "faults.deleted", .persistent = true, .mandatory = true};
	struct rig *rig = rig_open(NULL);
	struct counted counted = {.rig = rig};
	uint64_t id;

	rig_queue(rig, "faults.deleted");
	ck_assert_int_eq(
		warren_broker_consume(rig->broker, "faults.deleted", 1, on_counted, &counted, &id),
		0);
	AWAIT(rig, rig->ups > 0);
	shell("rabbitmqctl -q delete_queue faults.deleted 2>/dev/null");
	for (int published = 1; count_of(rig, &rig->confirmed) == 0; published++) {
		ck_assert_int_eq(
			warren_broker_publish(rig->broker, &message, rig_on_settled, rig), 0);
		AWAIT(rig, rig->settled == published);
	}
	AWAIT(rig, counted.count == 1);
	ck_assert_int_eq(rig->downs, 0);
	rig_close(rig, 0);
	rig_free(rig);
}
END_TEST

TCase *break_case(void)
{
	TCase *tcase = tcase_create("break");

	tcase_add_checked_fixture(tcase, rabbitmq_start, NULL);
	tcase_add_test(tcase, connections_closed_by_the_broker_lose_nothing);
	tcase_add_test(tcase, a_restart_of_the_broker_loses_nothing);
	tcase_add_test(tcase, a_crash_of_the_broker_loses_nothing);
	tcase_add_test(tcase, what_is_not_persistent_is_settled_once);
	tcase_add_test(tcase, what_is_unconfirmed_is_settled_once);
	tcase_add_test(tcase, a_queue_that_was_deleted_is_declared_and_consumed_again);
	return tcase;
}
