/* Life, consumers, and what is to be sent for them. */
#include "broker/amqp_inbox.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_MAX (512u << 10) /* a frame of texts, terminated */
#define CONSUMER_TAG_SIZE 40
/*
 * RabbitMQ 4.0 cancels the consumers of a queue before it has deleted all of it.  A declaration that
 * comes meanwhile is answered as if the queue stood, and a consumer then ends the connection with
 * 541 (INTERNAL_ERROR).
 */
#define DELETED_WITHIN_MS 500
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
	TAILQ_INIT(&inbox->gets);
	TAILQ_INIT(&inbox->asked);
	warren_amqp_topology_init(&inbox->topology);
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
	bool known = warren_amqp_topology_exchange_lost(&inbox->topology, exchange);
	pthread_mutex_unlock(&inbox->lock);
	return known;
}

int warren_amqp_inbox_expect_gone(struct warren_amqp_inbox *inbox, const char *queue)
{
	pthread_mutex_lock(&inbox->lock);
	int rc = warren_amqp_topology_expect_gone(&inbox->topology, queue);
	pthread_mutex_unlock(&inbox->lock);
	return rc;
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
	if (warren_amqp_topology_use(&inbox->topology, queue) < 0) {
		pthread_mutex_unlock(&inbox->lock);
		free(consumer);
		return -ENOMEM;
	}
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

/* The lock is held. */
static void stop_using(struct warren_amqp_inbox *inbox, const char *queue)
{
	struct warren_amqp_consumer *consumer;

	TAILQ_FOREACH(consumer, &inbox->consumers, link)
	{
		if (strcmp(consumer->queue, queue) == 0)
			return;
	}
	warren_amqp_topology_unuse(&inbox->topology, queue);
}

void warren_amqp_inbox_widen(struct warren_amqp_inbox *inbox, uint64_t id, uint16_t more)
{
	pthread_mutex_lock(&inbox->lock);
	struct warren_amqp_consumer *consumer = warren_amqp_inbox_find(inbox, id);
	if (consumer) {
		assert(consumer->prefetch > 0);
		consumer->more = more;
	}
	pthread_mutex_unlock(&inbox->lock);
}

void warren_amqp_inbox_cancel(struct warren_amqp_inbox *inbox, uint64_t id)
{
	assert(!warren_loop_is_current(inbox->loop));
	pthread_mutex_lock(&inbox->lock);
	struct warren_amqp_consumer *consumer = warren_amqp_inbox_find(inbox, id);
	if (consumer) {
		TAILQ_REMOVE(&inbox->consumers, consumer, link);
		TAILQ_INSERT_TAIL(&inbox->cancelled, consumer, link);
		stop_using(inbox, consumer->queue);
	}
	while (inbox->delivering == id)
		pthread_cond_wait(&inbox->delivered, &inbox->lock);
	pthread_mutex_unlock(&inbox->lock);
}

/* ---- on the loop ---- */

static void begin_channel(struct warren_amqp_inbox *inbox)
{
	static _Atomic uint16_t generations;

	do
		inbox->generation = ++generations;
	while (inbox->generation == 0);
	inbox->replies = 1; /* channel.open-ok */
	inbox->widens = false;
}

void warren_amqp_inbox_begin(
	struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection)
{
	begin_channel(inbox);
	inbox->replied_ms = 0;
	pthread_mutex_lock(&inbox->lock);
	inbox->topology.log = inbox->log;
	warren_amqp_topology_begin(&inbox->topology, connection);
	pthread_mutex_unlock(&inbox->lock);
}

/* The lock is held. */
static void break_channel(struct warren_amqp_inbox *inbox)
{
	struct warren_amqp_consumer *consumer;

	inbox->generation = 0;
	inbox->replies = 0;
	inbox->outstanding_count = 0;
	inbox->settle_count = 0;
	if (inbox->assembly.get)
		warren_amqp_gets_put_back(inbox, inbox->assembly.get);
	warren_amqp_assembly_reset(&inbox->assembly);
	free_consumers(&inbox->cancelled);
	TAILQ_FOREACH(consumer, &inbox->consumers, link)
	{
		consumer->state = CONSUMER_WAITS;
		consumer->second_more = 0;
		consumer->second_starts = false;
	}
}

void warren_amqp_inbox_break(struct warren_amqp_inbox *inbox)
{
	pthread_mutex_lock(&inbox->lock);
	break_channel(inbox);
	warren_amqp_topology_break(&inbox->topology);
	pthread_mutex_unlock(&inbox->lock);
	warren_amqp_gets_end(inbox);
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

static amqp_bytes_t second_tag(
	const struct warren_amqp_consumer *consumer, char text[CONSUMER_TAG_SIZE])
{
	snprintf(text, CONSUMER_TAG_SIZE, "%c%" PRIu64 ".%" PRIu32, WARREN_AMQP_TAG_ACK,
		consumer->id, consumer->second);
	return amqp_cstring_bytes(text);
}

static void send_consume(struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection,
	const struct warren_amqp_consumer *consumer, amqp_bytes_t tag, uint16_t prefetch)
{
	amqp_basic_qos_t qos = {.prefetch_count = prefetch};
	amqp_basic_consume_t consume = {
		.queue = amqp_cstring_bytes((char *)consumer->queue),
		.consumer_tag = tag,
		.no_ack = prefetch == 0,
	};

	if (prefetch > 0)
		send_method(inbox, connection, AMQP_BASIC_QOS_METHOD, &qos);
	send_method(inbox, connection, AMQP_BASIC_CONSUME_METHOD, &consume);
}

static void send_cancel(struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection,
	amqp_bytes_t tag)
{
	amqp_basic_cancel_t cancel = {.consumer_tag = tag};

	send_method(inbox, connection, AMQP_BASIC_CANCEL_METHOD, &cancel);
}

static void start(struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection,
	struct warren_amqp_consumer *consumer)
{
	char tag[CONSUMER_TAG_SIZE];

	consumer->state = CONSUMER_STARTS;
	consumer->is_counted = warren_amqp_topology_counts(&inbox->topology, consumer->queue);
	send_consume(inbox, connection, consumer, consumer_tag(consumer, tag), consumer->prefetch);
}

static void stop_second(struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection,
	struct warren_amqp_consumer *consumer)
{
	char tag[CONSUMER_TAG_SIZE];

	if (consumer->second_more > 0)
		send_cancel(inbox, connection, second_tag(consumer, tag));
	consumer->second_more = 0;
	consumer->second_starts = false;
}

/* A second one with another prefetch is another one. */
static void widen(struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection,
	struct warren_amqp_consumer *consumer)
{
	char tag[CONSUMER_TAG_SIZE];

	inbox->widens = true;
	stop_second(inbox, connection, consumer);
	if (consumer->more == 0)
		return;
	consumer->second++;
	consumer->second_more = consumer->more;
	consumer->second_starts = true;
	send_consume(inbox, connection, consumer, second_tag(consumer, tag), consumer->more);
}

static void stop_cancelled(
	struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection)
{
	struct warren_amqp_consumer *consumer;

	TAILQ_FOREACH(consumer, &inbox->cancelled, link)
	{
		char tag[CONSUMER_TAG_SIZE];
		if (consumer->state == CONSUMER_STARTS || consumer->state == CONSUMER_RUNS)
			send_cancel(inbox, connection, consumer_tag(consumer, tag));
		stop_second(inbox, connection, consumer);
	}
	free_consumers(&inbox->cancelled);
}

/* The queues that were deleted a while ago are declared again, and then consumed. */
static void find_lost(struct warren_amqp_inbox *inbox, int64_t now_ms)
{
	struct warren_amqp_consumer *consumer;

	TAILQ_FOREACH(consumer, &inbox->consumers, link)
	{
		if (consumer->state == CONSUMER_LOST && now_ms >= consumer->again_at_ms) {
			consumer->state = CONSUMER_WAITS;
			warren_amqp_topology_lost(&inbox->topology, consumer->queue);
		}
	}
}

/*
 * Starts the next consumer whose queue may be consumed, or its second one, when the last one runs.
 * Returns whether all of them run.
 */
static bool send_consumers(
	struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection, bool consume)
{
	struct warren_amqp_consumer *consumer;
	bool all = true;

	stop_cancelled(inbox, connection);
	consume = consume && inbox->replies == 0;
	TAILQ_FOREACH(consumer, &inbox->consumers, link)
	{
		if (consumer->state == CONSUMER_LOST ||
			(consumer->state == CONSUMER_WAITS &&
				!warren_amqp_topology_usable(&inbox->topology, consumer->queue)))
			continue;
		all = all && consumer->state == CONSUMER_RUNS;
		if (!consume)
			continue;
		if (consumer->state == CONSUMER_WAITS)
			start(inbox, connection, consumer);
		else if (consumer->state == CONSUMER_RUNS &&
			 consumer->more != consumer->second_more)
			widen(inbox, connection, consumer);
		consume = inbox->replies == 0;
	}
	return all;
}

bool warren_amqp_inbox_send(struct warren_amqp_inbox *inbox,
	struct warren_amqp_connection *connection, bool consume, int64_t now_ms)
{
	pthread_mutex_lock(&inbox->lock);
	/* Before the consumers: what a caller gave back and then consumed again is there for it. */
	warren_amqp_inbox_send_settles(inbox, connection);
	find_lost(inbox, now_ms);
	bool judged = warren_amqp_topology_send(&inbox->topology, connection, now_ms);
	bool all = send_consumers(inbox, connection, consume && judged) && judged;
	if (inbox->replies == 0 && !warren_amqp_topology_awaits(&inbox->topology))
		inbox->replied_ms = 0;
	pthread_mutex_unlock(&inbox->lock);
	if (judged && inbox->replies == 0)
		warren_amqp_gets_send(inbox, connection);
	return all && (inbox->replies == 0 || inbox->widens);
}

bool warren_amqp_inbox_first_obstacle(
	struct warren_amqp_inbox *inbox, char ret[WARREN_AMQP_REASON_MAX])
{
	struct warren_amqp_item *item;

	pthread_mutex_lock(&inbox->lock);
	bool changed = inbox->topology.changed;
	inbox->topology.changed = false;
	if (changed)
		ret[0] = '\0';
	TAILQ_FOREACH(item, &inbox->topology.items, link)
	{
		if (changed && item->text && !item->forgotten) {
			snprintf(ret, WARREN_AMQP_REASON_MAX, "%s", item->text);
			break;
		}
	}
	pthread_mutex_unlock(&inbox->lock);
	return changed;
}

int64_t warren_amqp_inbox_retry_ms(struct warren_amqp_inbox *inbox)
{
	struct warren_amqp_consumer *consumer;

	pthread_mutex_lock(&inbox->lock);
	int64_t at_ms = inbox->topology.retry_at_ms > 0 ? inbox->topology.retry_at_ms : INT64_MAX;
	TAILQ_FOREACH(consumer, &inbox->consumers, link)
	{
		if (consumer->state == CONSUMER_LOST && consumer->again_at_ms < at_ms)
			at_ms = consumer->again_at_ms;
	}
	pthread_mutex_unlock(&inbox->lock);
	return at_ms;
}

void warren_amqp_inbox_check_replies(
	struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection, int64_t now_ms)
{
	pthread_mutex_lock(&inbox->lock);
	bool awaits = inbox->replies > 0 || warren_amqp_topology_awaits(&inbox->topology);
	pthread_mutex_unlock(&inbox->lock);
	if (!awaits)
		inbox->replied_ms = 0;
	else if (inbox->replied_ms == 0)
		inbox->replied_ms = now_ms;
	else if (now_ms >= inbox->replied_ms + REPLY_WITHIN_MS)
		warren_amqp_connection_fail(connection,
			"the broker has not answered a declaration or consumer for %d s",
			REPLY_WITHIN_MS / 1000);
}

/* ---- frames ---- */

static struct warren_amqp_consumer *find_by_tag(struct warren_amqp_inbox *inbox, amqp_bytes_t bytes)
{
	char tag[CONSUMER_TAG_SIZE] = "";

	if (bytes.len > 0 && bytes.len < sizeof tag)
		memcpy(tag, bytes.bytes, bytes.len);
	return tag[0] ? warren_amqp_inbox_find(inbox, strtoull(tag + 1, NULL, 10)) : NULL;
}

/*
 * The queue was deleted, or moved: it is declared again after a while, and consumed.  Of a consumer
 * that is widened the broker tells the two ends one after the other, and what does not run any more may
 * be cancelled.
 */
static void take_cancel(struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection,
	const amqp_basic_cancel_t *cancel)
{
	amqp_basic_cancel_ok_t cancel_ok = {.consumer_tag = cancel->consumer_tag};
	char tag[CONSUMER_TAG_SIZE];

	pthread_mutex_lock(&inbox->lock);
	struct warren_amqp_consumer *consumer = find_by_tag(inbox, cancel->consumer_tag);
	if (consumer && consumer->state != CONSUMER_LOST) {
		if (consumer->second > 0)
			send_cancel(inbox, connection, consumer_tag(consumer, tag));
		stop_second(inbox, connection, consumer);
		consumer->state = CONSUMER_LOST;
		consumer->again_at_ms = connection->received_ms + DELETED_WITHIN_MS;
		warren_log(inbox->log, WARREN_LOG_WARN,
			"the broker cancelled a consumer: its queue was deleted, or moved",
			WARREN_TEXT("queue", consumer->queue));
	}
	pthread_mutex_unlock(&inbox->lock);
	if (!cancel->nowait)
		warren_amqp_send_method(
			connection, WARREN_AMQP_CHANNEL, AMQP_BASIC_CANCEL_OK_METHOD, &cancel_ok);
}

static void take_empty(struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection)
{
	struct warren_amqp_get *get = warren_amqp_gets_answered(inbox);

	if (get)
		warren_amqp_get_tell(get, NULL);
	else
		warren_amqp_connection_fail(connection, "an empty queue was told unasked");
}

static void take_reply(struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection,
	amqp_method_number_t id)
{
	if (inbox->replies == 0)
		warren_amqp_connection_fail(
			connection, "%s came unasked while consuming", amqp_method_name(id));
	else
		inbox->replies--;
	inbox->widens = inbox->widens && inbox->replies > 0;
	inbox->replied_ms = connection->received_ms;
}

static void take_consume_ok(struct warren_amqp_inbox *inbox,
	struct warren_amqp_connection *connection, const amqp_basic_consume_ok_t *ok)
{
	take_reply(inbox, connection, AMQP_BASIC_CONSUME_OK_METHOD);
	pthread_mutex_lock(&inbox->lock);
	struct warren_amqp_consumer *consumer = find_by_tag(inbox, ok->consumer_tag);
	if (consumer) {
		consumer->second_starts = false;
		if (consumer->state == CONSUMER_STARTS)
			consumer->state = CONSUMER_RUNS;
	}
	pthread_mutex_unlock(&inbox->lock);
}

/* The lock is held.  Returns the consumer that starts, NULL for none. */
static struct warren_amqp_consumer *starting(struct warren_amqp_inbox *inbox)
{
	struct warren_amqp_consumer *consumer;

	TAILQ_FOREACH(consumer, &inbox->consumers, link)
	{
		if (consumer->state == CONSUMER_STARTS || consumer->second_starts)
			return consumer;
	}
	return NULL;
}

/* The broker refused a consumer: what was delivered to the others comes again. */
static void take_close(struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection,
	const amqp_channel_close_t *close)
{
	amqp_channel_close_ok_t close_ok = {0};
	amqp_channel_open_t open = {.out_of_band = amqp_empty_bytes};
	char why[WARREN_AMQP_SHORT_MAX + 1];

	snprintf(why, sizeof why, "%.*s", (int)close->reply_text.len,
		(const char *)close->reply_text.bytes);
	pthread_mutex_lock(&inbox->lock);
	struct warren_amqp_consumer *consumer = starting(inbox);
	if (consumer) {
		warren_amqp_topology_refused(
			&inbox->topology, consumer->queue, close->reply_code, why);
	}
	/* Without a consumer that starts it is the oldest get's: its queue is not there. */
	bool goes_on = consumer || !TAILQ_EMPTY(&inbox->asked);
	if (goes_on)
		break_channel(inbox);
	pthread_mutex_unlock(&inbox->lock);
	if (!goes_on) {
		warren_amqp_connection_fail(connection, "%s", why);
		return;
	}
	warren_amqp_gets_end(inbox);
	warren_amqp_send_method(
		connection, WARREN_AMQP_CHANNEL, AMQP_CHANNEL_CLOSE_OK_METHOD, &close_ok);
	warren_amqp_send_method(connection, WARREN_AMQP_CHANNEL, AMQP_CHANNEL_OPEN_METHOD, &open);
	begin_channel(inbox);
}

static void take_declaring(struct warren_amqp_inbox *inbox,
	struct warren_amqp_connection *connection, const amqp_frame_t *frame)
{
	pthread_mutex_lock(&inbox->lock);
	warren_amqp_topology_frame(&inbox->topology, connection, frame);
	pthread_mutex_unlock(&inbox->lock);
	inbox->replied_ms = connection->received_ms;
}

void warren_amqp_inbox_frame(struct warren_amqp_inbox *inbox,
	struct warren_amqp_connection *connection, const amqp_frame_t *frame)
{
	if (frame->channel == WARREN_AMQP_DECLARING_CHANNEL) {
		take_declaring(inbox, connection, frame);
		return;
	}
	switch (frame->frame_type == AMQP_FRAME_METHOD ? frame->payload.method.id
						       : AMQP_BASIC_DELIVER_METHOD) {
	case AMQP_BASIC_DELIVER_METHOD:
	case AMQP_BASIC_GET_OK_METHOD:
		warren_amqp_assembly_frame(inbox, connection, frame);
		break;
	case AMQP_BASIC_GET_EMPTY_METHOD:
		take_empty(inbox, connection);
		break;
	case AMQP_BASIC_CONSUME_OK_METHOD:
		take_consume_ok(inbox, connection, frame->payload.method.decoded);
		break;
	case AMQP_CHANNEL_OPEN_OK_METHOD:
	case AMQP_BASIC_QOS_OK_METHOD:
	case AMQP_BASIC_CANCEL_OK_METHOD:
		take_reply(inbox, connection, frame->payload.method.id);
		break;
	case AMQP_BASIC_CANCEL_METHOD:
		take_cancel(inbox, connection, frame->payload.method.decoded);
		break;
	case AMQP_CHANNEL_CLOSE_METHOD:
		take_close(inbox, connection, frame->payload.method.decoded);
		break;
	case AMQP_CONNECTION_BLOCKED_METHOD:
	case AMQP_CONNECTION_UNBLOCKED_METHOD:
		break; /* this connection publishes nothing */
	default:
		warren_amqp_connection_fail(connection, "%s came unasked while consuming",
			amqp_method_name(frame->payload.method.id));
	}
}
