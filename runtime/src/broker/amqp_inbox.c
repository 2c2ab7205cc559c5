/* Life, consumers, and what is to be sent for them. */
#include "broker/amqp_inbox.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_MAX (512u << 10) /* a frame of texts, terminated */
#define CONSUMER_TAG_SIZE 24
#define REPLY_WITHIN_MS 30000 /* a quorum queue without a leader answers nothing at all */

int warren_amqp_inbox_init(struct warren_amqp_inbox *inbox)
{
	*inbox = (struct warren_amqp_inbox){0};
	inbox->assembly.arena = warren_arena_open(ARENA_MAX);
	if (!inbox->assembly.arena)
		return -ENOMEM;
	pthread_mutex_init(&inbox->lock, NULL);
	pthread_cond_init(&inbox->delivered, NULL);
	TAILQ_INIT(&inbox->consumers);
	TAILQ_INIT(&inbox->cancelled);
	return 0;
}

static void free_consumers(struct warren_amqp_consumers *consumers)
{
	struct warren_amqp_consumer *consumer;

	while ((consumer = TAILQ_FIRST(consumers))) {
		TAILQ_REMOVE(consumers, consumer, link);
		free(consumer);
	}
}

void warren_amqp_inbox_free(struct warren_amqp_inbox *inbox)
{
	free_consumers(&inbox->consumers);
	free_consumers(&inbox->cancelled);
	warren_amqp_topology_free(&inbox->topology);
	warren_amqp_assembly_reset(&inbox->assembly);
	warren_arena_close(inbox->assembly.arena);
	free(inbox->settles);
	free(inbox->sending);
	free(inbox->outstanding);
	pthread_cond_destroy(&inbox->delivered);
	pthread_mutex_destroy(&inbox->lock);
}

/* ---- from any thread ---- */

int warren_amqp_inbox_declare(
	struct warren_amqp_inbox *inbox, const struct warren_broker_topology *topology)
{
	pthread_mutex_lock(&inbox->lock);
	int rc = warren_amqp_topology_add(&inbox->topology, topology);
	pthread_mutex_unlock(&inbox->lock);
	return rc;
}

bool warren_amqp_inbox_declare_again(struct warren_amqp_inbox *inbox, const char *exchange)
{
	pthread_mutex_lock(&inbox->lock);
	bool known = warren_amqp_topology_has_exchange(&inbox->topology, exchange);
	if (known)
		warren_amqp_topology_forget_sent(&inbox->topology);
	pthread_mutex_unlock(&inbox->lock);
	return known;
}

int warren_amqp_inbox_add(struct warren_amqp_inbox *inbox, const char *queue, uint16_t prefetch,
	warren_broker_on_delivery on_delivery, void *data, uint64_t *ret_id)
{
	struct warren_amqp_consumer *consumer = calloc(1, sizeof *consumer);

	if (!consumer)
		return -ENOMEM;
	consumer->prefetch = prefetch;
	consumer->on_delivery = on_delivery;
	consumer->data = data;
	strcpy(consumer->queue, queue); /* checked by broker.c */
	pthread_mutex_lock(&inbox->lock);
	*ret_id = consumer->id = ++inbox->last_consumer_id;
	TAILQ_INSERT_TAIL(&inbox->consumers, consumer, link);
	pthread_mutex_unlock(&inbox->lock);
	return 0;
}

struct warren_amqp_consumer *warren_amqp_inbox_find(struct warren_amqp_inbox *inbox, uint64_t id)
{
	struct warren_amqp_consumer *consumer;

	TAILQ_FOREACH(consumer, &inbox->consumers, link)
	{
		if (consumer->id == id)
			return consumer;
	}
	return NULL;
}

void warren_amqp_inbox_cancel(struct warren_amqp_inbox *inbox, uint64_t id)
{
	assert(!pthread_equal(pthread_self(), inbox->thread));
	pthread_mutex_lock(&inbox->lock);
	struct warren_amqp_consumer *consumer = warren_amqp_inbox_find(inbox, id);
	if (consumer) {
		TAILQ_REMOVE(&inbox->consumers, consumer, link);
		TAILQ_INSERT_TAIL(&inbox->cancelled, consumer, link);
	}
	while (inbox->delivering == id)
		pthread_cond_wait(&inbox->delivered, &inbox->lock);
	pthread_mutex_unlock(&inbox->lock);
}

/* ---- the broker's thread ---- */

void warren_amqp_inbox_begin(struct warren_amqp_inbox *inbox)
{
	static _Atomic uint16_t generations;

	do
		inbox->generation = ++generations;
	while (inbox->generation == 0);
	inbox->replies = 1; /* channel.open-ok */
	inbox->replied_ms = 0;
}

void warren_amqp_inbox_break(struct warren_amqp_inbox *inbox)
{
	struct warren_amqp_consumer *consumer;

	inbox->generation = 0;
	inbox->replies = 0;
	inbox->refused = false;
	inbox->outstanding_count = 0;
	warren_amqp_assembly_reset(&inbox->assembly);
	pthread_mutex_lock(&inbox->lock);
	inbox->settle_count = 0;
	warren_amqp_topology_forget_sent(&inbox->topology);
	free_consumers(&inbox->cancelled);
	TAILQ_FOREACH(consumer, &inbox->consumers, link)
	{
		consumer->looked_for = consumer->started = false;
	}
	pthread_mutex_unlock(&inbox->lock);
}

static void send_method(struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection,
	amqp_method_number_t id, void *method)
{
	warren_amqp_send_method(connection, WARREN_AMQP_CHANNEL, id, method);
	inbox->replies++;
}

static amqp_bytes_t consumer_tag(
	const struct warren_amqp_consumer *consumer, char text[CONSUMER_TAG_SIZE])
{
	snprintf(text, CONSUMER_TAG_SIZE, "%c%" PRIu64,
		consumer->prefetch ? WARREN_AMQP_TAG_ACK : WARREN_AMQP_TAG_NO_ACK, consumer->id);
	return amqp_cstring_bytes(text);
}

static void look_for(struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection,
	struct warren_amqp_consumer *consumer)
{
	amqp_queue_declare_t declare = {.queue = amqp_cstring_bytes(consumer->queue), .passive = 1};

	consumer->looked_for = true;
	send_method(inbox, connection, AMQP_QUEUE_DECLARE_METHOD, &declare);
}

static void start(struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection,
	struct warren_amqp_consumer *consumer)
{
	char tag[CONSUMER_TAG_SIZE];
	amqp_basic_qos_t qos = {.prefetch_count = consumer->prefetch};
	amqp_basic_consume_t consume = {
		.queue = amqp_cstring_bytes(consumer->queue),
		.consumer_tag = consumer_tag(consumer, tag),
		.no_ack = consumer->prefetch == 0,
	};

	consumer->started = true;
	consumer->is_counted = warren_amqp_topology_counts(&inbox->topology, consumer->queue);
	if (consumer->prefetch > 0)
		send_method(inbox, connection, AMQP_BASIC_QOS_METHOD, &qos);
	send_method(inbox, connection, AMQP_BASIC_CONSUME_METHOD, &consume);
}

static void stop_cancelled(
	struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection)
{
	struct warren_amqp_consumer *consumer;

	TAILQ_FOREACH(consumer, &inbox->cancelled, link)
	{
		char tag[CONSUMER_TAG_SIZE];
		amqp_basic_cancel_t cancel = {.consumer_tag = consumer_tag(consumer, tag)};
		if (consumer->started)
			send_method(inbox, connection, AMQP_BASIC_CANCEL_METHOD, &cancel);
	}
	free_consumers(&inbox->cancelled);
}

/* Returns whether all consumers were started. */
static bool send_consumers(
	struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection, bool consume)
{
	struct warren_amqp_consumer *consumer;
	bool all = true;

	stop_cancelled(inbox, connection);
	TAILQ_FOREACH(consumer, &inbox->consumers, link)
	{
		if (!consumer->looked_for)
			look_for(inbox, connection, consumer);
	}
	consume = consume && inbox->replies == 0;
	TAILQ_FOREACH(consumer, &inbox->consumers, link)
	{
		if (!consumer->started && consume)
			start(inbox, connection, consumer);
		all = all && consumer->started;
	}
	return all;
}

bool warren_amqp_inbox_send(
	struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection, bool consume)
{
	if (inbox->replies == 0)
		inbox->replied_ms = 0;
	pthread_mutex_lock(&inbox->lock);
	inbox->replies += warren_amqp_topology_send(&inbox->topology, connection);
	bool all = send_consumers(inbox, connection, consume);
	pthread_mutex_unlock(&inbox->lock);
	warren_amqp_inbox_send_settles(inbox, connection);
	return all && inbox->replies == 0;
}

int64_t warren_amqp_inbox_overdue_ms(const struct warren_amqp_inbox *inbox)
{
	return inbox->replies > 0 && inbox->replied_ms > 0 ? inbox->replied_ms + REPLY_WITHIN_MS
							   : INT64_MAX;
}

void warren_amqp_inbox_check_replies(
	struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection, int64_t now_ms)
{
	if (inbox->replied_ms == 0)
		inbox->replied_ms = now_ms;
	else if (now_ms >= warren_amqp_inbox_overdue_ms(inbox))
		warren_amqp_connection_fail(connection,
			"the broker has not answered a declaration or consumer for %d s",
			REPLY_WITHIN_MS / 1000);
}

/* ---- frames ---- */

static void take_cancel(struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection,
	const amqp_basic_cancel_t *cancel)
{
	char tag[CONSUMER_TAG_SIZE] = "";
	struct warren_amqp_consumer *consumer = NULL;
	char queue[WARREN_BROKER_TEXT_MAX + 1] = "";

	if (cancel->consumer_tag.len > 0 && cancel->consumer_tag.len < sizeof tag)
		memcpy(tag, cancel->consumer_tag.bytes, cancel->consumer_tag.len);
	pthread_mutex_lock(&inbox->lock);
	if (tag[0])
		consumer = warren_amqp_inbox_find(inbox, strtoull(tag + 1, NULL, 10));
	if (consumer)
		strcpy(queue, consumer->queue);
	pthread_mutex_unlock(&inbox->lock);
	if (consumer)
		warren_amqp_connection_fail(connection,
			"the broker cancelled the consumer of queue %s: the queue was deleted, or "
			"moved",
			queue);
}

static void take_reply(struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection,
	amqp_method_number_t id)
{
	if (inbox->replies == 0)
		warren_amqp_connection_fail(
			connection, "%s came unasked while consuming", amqp_method_name(id));
	else
		inbox->replies--;
	inbox->replied_ms = connection->received_ms;
}

void warren_amqp_inbox_frame(struct warren_amqp_inbox *inbox,
	struct warren_amqp_connection *connection, const amqp_frame_t *frame)
{
	const amqp_channel_close_t *close = frame->payload.method.decoded;

	switch (frame->frame_type == AMQP_FRAME_METHOD ? frame->payload.method.id
						       : AMQP_BASIC_DELIVER_METHOD) {
	case AMQP_BASIC_DELIVER_METHOD:
		warren_amqp_assembly_frame(inbox, connection, frame);
		break;
	case AMQP_CHANNEL_OPEN_OK_METHOD:
	case AMQP_EXCHANGE_DECLARE_OK_METHOD:
	case AMQP_QUEUE_DECLARE_OK_METHOD:
	case AMQP_QUEUE_BIND_OK_METHOD:
	case AMQP_BASIC_QOS_OK_METHOD:
	case AMQP_BASIC_CONSUME_OK_METHOD:
	case AMQP_BASIC_CANCEL_OK_METHOD:
		take_reply(inbox, connection, frame->payload.method.id);
		break;
	case AMQP_BASIC_CANCEL_METHOD:
		take_cancel(inbox, connection, frame->payload.method.decoded);
		break;
	case AMQP_CHANNEL_CLOSE_METHOD:
		inbox->refused = true;
		warren_amqp_connection_fail(connection, "%.*s", (int)close->reply_text.len,
			(const char *)close->reply_text.bytes);
		break;
	case AMQP_CONNECTION_BLOCKED_METHOD:
	case AMQP_CONNECTION_UNBLOCKED_METHOD:
		break; /* this connection publishes nothing */
	default:
		warren_amqp_connection_fail(connection, "%s came unasked while consuming",
			amqp_method_name(frame->payload.method.id));
	}
}
