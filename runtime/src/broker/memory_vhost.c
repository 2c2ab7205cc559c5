#include "broker/memory_vhost.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/memory_exchange.h"

int warren_memory_vhost_open(struct warren_memory_vhost *vhost, size_t max_bytes)
{
	*vhost = (struct warren_memory_vhost){
		.queues = warren_map_open(),
		.exchanges = warren_map_open(),
		.max_bytes = max_bytes,
		.due_ms = WARREN_CLOCK_NEVER,
	};
	TAILQ_INIT(&vhost->woken);
	TAILQ_INIT(&vhost->dying);
	if (vhost->queues && vhost->exchanges)
		return 0;
	warren_memory_vhost_close(vhost);
	return -ENOMEM;
}

void warren_memory_vhost_close(struct warren_memory_vhost *vhost)
{
	size_t cursor = 0;
	const char *name;
	void *value;

	while (vhost->queues && warren_map_next(vhost->queues, &cursor, &name, &value))
		warren_memory_queue_close(value);
	cursor = 0;
	while (vhost->exchanges && warren_map_next(vhost->exchanges, &cursor, &name, &value))
		warren_memory_exchange_close(value);
	warren_map_close(vhost->queues);
	warren_map_close(vhost->exchanges);
	warren_memory_tags_free(&vhost->tags);
}

static void due_by(struct warren_memory_vhost *vhost, int64_t at_ms)
{
	if (at_ms < vhost->due_ms)
		vhost->due_ms = at_ms;
}

static void wake(struct warren_memory_vhost *vhost, struct warren_memory_queue *queue)
{
	if (queue->woken)
		return;
	queue->woken = true;
	TAILQ_INSERT_TAIL(&vhost->woken, queue, woken_link);
}

static void unwake(struct warren_memory_vhost *vhost, struct warren_memory_queue *queue)
{
	if (!queue->woken)
		return;
	queue->woken = false;
	TAILQ_REMOVE(&vhost->woken, queue, woken_link);
}

/* ---- routing ---- */

struct routed {
	bool found;       /* the exchange is there */
	uint32_t matched; /* queues that it names */
	uint32_t stored;  /* of them, that took the message */
	uint32_t refused; /* of them, that are full */
};

static void queue_offer(struct warren_memory_vhost *vhost, struct warren_memory_queue *queue,
	struct warren_memory_message *message, int64_t now_ms, struct routed *routed)
{
	struct warren_memory_entry *doomed;

	routed->matched++;
	if (warren_memory_message_died_in(message, queue->serial))
		return;
	if (warren_memory_queue_full(queue) ||
		warren_memory_queue_push(queue, message, now_ms) < 0) {
		routed->refused++;
		return;
	}
	routed->stored++;
	due_by(vhost, warren_memory_queue_expiry_ms(queue));
	while ((doomed = warren_memory_queue_doomed(queue, now_ms))) {
		warren_memory_queue_remove(queue, doomed);
		TAILQ_INSERT_TAIL(&vhost->dying, doomed, link);
	}
	wake(vhost, queue);
}

static struct routed route(
	struct warren_memory_vhost *vhost, struct warren_memory_message *message, int64_t now_ms)
{
	const char *key = message->view.routing_key;
	uint64_t serial = ++vhost->last_serial;
	struct routed routed = {.found = true};
	struct warren_memory_exchange *exchange;
	struct warren_memory_queue *queue;
	size_t cursor = 0;

	if (!message->view.exchange[0]) {
		queue = warren_map_get(vhost->queues, key);
		if (queue)
			queue_offer(vhost, queue, message, now_ms, &routed);
		return routed;
	}
	exchange = warren_map_get(vhost->exchanges, message->view.exchange);
	if (!exchange)
		return (struct routed){.found = false};
	while ((queue = warren_memory_exchange_next(exchange, key, &cursor))) {
		if (queue->routed == serial)
			continue;
		queue->routed = serial;
		queue_offer(vhost, queue, message, now_ms, &routed);
	}
	return routed;
}

/* ---- death ---- */

static void strand(struct warren_memory_vhost *vhost, struct warren_memory_entry *entry)
{
	TAILQ_INSERT_TAIL(&entry->queue->stranded, entry, link);
	entry->queue->stranded_count++;
	vhost->stranded_count++;
}

/* Hands a dead message to the dead-letter exchange.  Returns whether its entry is no longer needed.
 */
static bool dead_letter(
	struct warren_memory_vhost *vhost, struct warren_memory_entry *entry, int64_t now_ms)
{
	const struct warren_memory_queue *queue = entry->queue;
	struct warren_memory_message *dead;
	struct routed routed;

	if (!queue->args.dead_letter_exchange)
		return true;
	dead = warren_memory_message_die(
		entry->message, queue->args.dead_letter_exchange, queue->serial);
	if (!dead)
		return !queue->args.dead_letter_at_least_once;
	routed = route(vhost, dead, now_ms);
	warren_memory_message_unref(dead);
	return routed.stored > 0 || (routed.matched > 0 && routed.refused == 0) ||
	       !queue->args.dead_letter_at_least_once;
}

/* A loop and no recursion: a dead letter may push another message out of the queue that it enters.
 */
static void bury(struct warren_memory_vhost *vhost, int64_t now_ms)
{
	struct warren_memory_entry *entry;

	while ((entry = TAILQ_FIRST(&vhost->dying))) {
		TAILQ_REMOVE(&vhost->dying, entry, link);
		if (dead_letter(vhost, entry, now_ms))
			warren_memory_entry_free(entry, &vhost->stored_bytes);
		else
			strand(vhost, entry);
	}
}

static void queue_expire(
	struct warren_memory_vhost *vhost, struct warren_memory_queue *queue, int64_t now_ms)
{
	struct warren_memory_entry *doomed;

	while ((doomed = warren_memory_queue_doomed(queue, now_ms))) {
		warren_memory_queue_remove(queue, doomed);
		TAILQ_INSERT_TAIL(&vhost->dying, doomed, link);
	}
	bury(vhost, now_ms);
}

static void stranded_retry(struct warren_memory_vhost *vhost, int64_t now_ms)
{
	size_t cursor = 0;
	const char *name;
	void *value;

	vhost->stranded_again = false;
	while (warren_map_next(vhost->queues, &cursor, &name, &value)) {
		struct warren_memory_queue *queue = value;
		vhost->stranded_count -= queue->stranded_count;
		queue->stranded_count = 0;
		TAILQ_CONCAT(&vhost->dying, &queue->stranded, link);
	}
	bury(vhost, now_ms);
}

static void stranded_hope(struct warren_memory_vhost *vhost)
{
	if (vhost->stranded_count > 0)
		vhost->stranded_again = true;
}

/* ---- time ---- */

/* A queue goes with what is on it; its deliveries cannot be settled any more. */
/* Its consumer is given another one in its place, unless it has more than it may have by now. */
static void release_tag(struct warren_memory_vhost *vhost, struct warren_memory_entry *entry)
{
	struct warren_memory_consumer *consumer = entry->consumer;

	if (consumer)
		consumer->unsettled--;
	warren_memory_tags_release(
		&vhost->tags, entry->tag, consumer && warren_memory_consumer_room(consumer) > 0);
	entry->tag = 0;
}

static void queue_end(struct warren_memory_vhost *vhost, struct warren_memory_queue *queue)
{
	struct warren_memory_entry *entry;
	size_t cursor = 0;
	const char *name;
	void *exchange;

	while ((entry = TAILQ_FIRST(&queue->unsettled))) {
		TAILQ_REMOVE(&queue->unsettled, entry, link);
		entry->queue = NULL;
		if (entry->settling)
			continue; /* the settle call that waits frees it */
		release_tag(vhost, entry);
		warren_memory_entry_free(entry, &vhost->stored_bytes);
	}
	while (warren_map_next(vhost->exchanges, &cursor, &name, &exchange))
		warren_memory_exchange_unbind(exchange, queue);
	vhost->stranded_count -= queue->stranded_count;
	unwake(vhost, queue);
	warren_map_remove(vhost->queues, queue->args.name);
	warren_memory_queue_close(queue);
}

bool warren_memory_vhost_tick(struct warren_memory_vhost *vhost, int64_t now_ms)
{
	bool gone = false;
	size_t cursor = 0;
	const char *name;
	void *value;

	if (vhost->stranded_again)
		stranded_retry(vhost, now_ms);
	if (now_ms < vhost->due_ms)
		return false;
	while (warren_map_next(vhost->queues, &cursor, &name, &value))
		queue_expire(vhost, value, now_ms);
	vhost->due_ms = WARREN_CLOCK_NEVER;
	cursor = 0;
	while (warren_map_next(vhost->queues, &cursor, &name, &value)) {
		struct warren_memory_queue *queue = value;
		int64_t end_ms = warren_memory_queue_end_ms(queue);
		if (end_ms <= now_ms) {
			queue_end(vhost, queue);
			gone = true;
			continue;
		}
		due_by(vhost, end_ms);
		due_by(vhost, warren_memory_queue_expiry_ms(queue));
	}
	return gone;
}

int64_t warren_memory_vhost_expiry_ms(const struct warren_memory_vhost *vhost)
{
	int64_t expiry_ms = WARREN_CLOCK_NEVER;
	size_t cursor = 0;
	const char *name;
	void *value;

	while (warren_map_next(vhost->queues, &cursor, &name, &value)) {
		int64_t at_ms = warren_memory_queue_expiry_ms(value);
		if (at_ms < expiry_ms)
			expiry_ms = at_ms;
	}
	return expiry_ms;
}

/* ---- topology ---- */

static int refuse(struct warren_refusal *refusal, enum warren_obstacle_kind kind, int rc,
	const char *fmt, ...) WARREN_PRINTF(4, 5);

static int refuse(struct warren_refusal *refusal, enum warren_obstacle_kind kind, int rc,
	const char *fmt, ...)
{
	va_list args;

	refusal->kind = kind;
	va_start(args, fmt);
	vsnprintf(refusal->text, sizeof refusal->text, fmt, args);
	va_end(args);
	return rc;
}

static int out_of_memory(struct warren_refusal *refusal, const char *name)
{
	return refuse(refusal, WARREN_OBSTACLE_MISSING, -ENOMEM, "no memory for %s", name);
}

static int refuse_drift(struct warren_refusal *refusal, const struct warren_drift *drift,
	const char *what, const char *name)
{
	refusal->kind = drift->breaks ? WARREN_OBSTACLE_BREAKS : WARREN_OBSTACLE_TUNED;
	warren_drift_tell(refusal->text, drift, what, name);
	return -EEXIST;
}

static const char *kind_name(enum warren_exchange_kind kind)
{
	return kind == WARREN_EXCHANGE_TOPIC ? "topic" : "fanout";
}

static int exchange_declare(struct warren_memory_vhost *vhost,
	const struct warren_broker_exchange *args, struct warren_refusal *refusal)
{
	struct warren_memory_exchange *exchange = warren_map_get(vhost->exchanges, args->name);

	if (exchange && exchange->kind == args->kind)
		return 0;
	if (exchange) {
		struct warren_drift drift = {0};
		warren_drift_add(
			&drift, NULL, "type", kind_name(args->kind), kind_name(exchange->kind));
		return refuse_drift(refusal, &drift, "exchange", args->name);
	}
	exchange = warren_memory_exchange_open(args->kind);
	if (!exchange)
		return out_of_memory(refusal, args->name);
	if (warren_map_add(vhost->exchanges, args->name, exchange) < 0) {
		warren_memory_exchange_close(exchange);
		return out_of_memory(refusal, args->name);
	}
	return 0;
}

static int queue_declare(struct warren_memory_vhost *vhost, const struct warren_broker_queue *args,
	int64_t now_ms, struct warren_refusal *refusal)
{
	struct warren_memory_queue *queue = warren_map_get(vhost->queues, args->name);

	if (!queue) {
		queue = warren_memory_queue_open(
			args, ++vhost->last_serial, now_ms, &vhost->stored_bytes);
		if (!queue)
			return out_of_memory(refusal, args->name);
		if (warren_map_add(vhost->queues, args->name, queue) < 0) {
			warren_memory_queue_close(queue);
			return out_of_memory(refusal, args->name);
		}
	}
	struct warren_drift drift = warren_drift_compare(args, &queue->args);
	if (!drift.breaks) {
		queue->unused_since_ms = now_ms;
		due_by(vhost, warren_memory_queue_end_ms(queue));
	}
	return drift.count > 0 ? refuse_drift(refusal, &drift, "queue", args->name) : 0;
}

static int binding_declare(struct warren_memory_vhost *vhost,
	const struct warren_broker_binding *args, struct warren_refusal *refusal)
{
	struct warren_memory_exchange *exchange = warren_map_get(vhost->exchanges, args->exchange);
	struct warren_memory_queue *queue = warren_map_get(vhost->queues, args->queue);

	if (!exchange || !queue)
		return refuse(refusal, WARREN_OBSTACLE_MISSING, -ENOENT,
			"exchange %s cannot be bound to queue %s: there is no %s %s",
			args->exchange, args->queue, exchange ? "queue" : "exchange",
			exchange ? args->queue : args->exchange);
	if (warren_memory_exchange_bind(exchange, args->routing_key, queue) < 0)
		return out_of_memory(refusal, args->queue);
	return 0;
}

int warren_memory_vhost_declare(struct warren_memory_vhost *vhost,
	const struct warren_broker_topology *topology, int64_t now_ms,
	struct warren_refusal *refusal)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < topology->exchange_count; i++)
		rc = exchange_declare(vhost, &topology->exchanges[i], refusal);
	for (size_t i = 0; !rc && i < topology->queue_count; i++)
		rc = queue_declare(vhost, &topology->queues[i], now_ms, refusal);
	for (size_t i = 0; !rc && i < topology->binding_count; i++)
		rc = binding_declare(vhost, &topology->bindings[i], refusal);
	stranded_hope(vhost);
	return rc;
}

/* ---- consumers ---- */

int warren_memory_vhost_attach(struct warren_memory_vhost *vhost, const char *name,
	struct warren_memory_consumer *consumer, struct warren_refusal *refusal)
{
	struct warren_memory_queue *queue = warren_map_get(vhost->queues, name);

	if (!queue)
		return refuse(
			refusal, WARREN_OBSTACLE_MISSING, -ENOENT, "queue %s is missing", name);
	TAILQ_INSERT_TAIL(&queue->consumers, consumer, link);
	wake(vhost, queue);
	return 0;
}

static struct warren_memory_consumer *consumer_find(
	struct warren_memory_vhost *vhost, uint64_t id, struct warren_memory_queue **ret_queue)
{
	struct warren_memory_consumer *consumer;
	size_t cursor = 0;
	const char *name;
	void *value;

	while (warren_map_next(vhost->queues, &cursor, &name, &value)) {
		*ret_queue = value;
		TAILQ_FOREACH(consumer, &(*ret_queue)->consumers, link)
		if (consumer->id == id)
			return consumer;
	}
	return NULL;
}

int warren_memory_vhost_widen(
	struct warren_memory_vhost *vhost, struct warren_memory_consumer *consumer, uint16_t more)
{
	struct warren_memory_consumer wider = *consumer;
	uint32_t room = warren_memory_consumer_room(consumer);

	assert(consumer->prefetch > 0);
	wider.more = more;
	if (warren_memory_tags_reserve(&vhost->tags, warren_memory_consumer_room(&wider)) < 0)
		return -ENOMEM;
	warren_memory_tags_unreserve(&vhost->tags, room);
	consumer->more = more;
	return 0;
}

int warren_memory_vhost_widen_id(struct warren_memory_vhost *vhost, uint64_t id, uint16_t more)
{
	struct warren_memory_queue *queue;
	struct warren_memory_consumer *consumer = consumer_find(vhost, id, &queue);

	if (!consumer)
		return -ENOENT;
	wake(vhost, queue);
	return warren_memory_vhost_widen(vhost, consumer, more);
}

void warren_memory_vhost_detach(struct warren_memory_vhost *vhost, uint64_t id, int64_t now_ms)
{
	struct warren_memory_queue *queue;
	struct warren_memory_consumer *consumer = consumer_find(vhost, id, &queue);
	struct warren_memory_entry *entry;

	if (!consumer)
		return;
	TAILQ_FOREACH(entry, &queue->unsettled, link)
	if (entry->consumer == consumer)
		entry->consumer = NULL;
	TAILQ_REMOVE(&queue->consumers, consumer, link);
	if (consumer->prefetch)
		warren_memory_tags_unreserve(&vhost->tags, warren_memory_consumer_room(consumer));
	free(consumer);
	queue->unused_since_ms = now_ms;
	due_by(vhost, warren_memory_queue_end_ms(queue));
	wake(vhost, queue);
}

/* ---- an operator ---- */

void warren_memory_vhost_delete_exchange(struct warren_memory_vhost *vhost, const char *name)
{
	struct warren_memory_exchange *exchange = warren_map_get(vhost->exchanges, name);

	if (!exchange)
		return;
	warren_map_remove(vhost->exchanges, name);
	warren_memory_exchange_close(exchange);
}

void warren_memory_vhost_unbind(struct warren_memory_vhost *vhost, const char *exchange_name,
	const char *routing_key, const char *queue_name)
{
	struct warren_memory_exchange *exchange = warren_map_get(vhost->exchanges, exchange_name);
	struct warren_memory_queue *queue = warren_map_get(vhost->queues, queue_name);

	if (exchange && queue)
		warren_memory_exchange_unbind_one(exchange, routing_key, queue);
}

void warren_memory_vhost_delete_queue(struct warren_memory_vhost *vhost, const char *name,
	struct warren_memory_consumers *ret_consumers)
{
	struct warren_memory_queue *queue = warren_map_get(vhost->queues, name);

	TAILQ_INIT(ret_consumers);
	if (!queue)
		return;
	TAILQ_CONCAT(ret_consumers, &queue->consumers, link);
	queue_end(vhost, queue);
}

bool warren_memory_vhost_has_exchange(struct warren_memory_vhost *vhost, const char *name)
{
	return !name[0] || warren_map_get(vhost->exchanges, name);
}

/* ---- messages ---- */

bool warren_memory_vhost_is_full(
	const struct warren_memory_vhost *vhost, const struct warren_memory_message *message)
{
	return vhost->stored_bytes + message->bytes > vhost->max_bytes;
}

enum warren_broker_outcome warren_memory_vhost_publish(struct warren_memory_vhost *vhost,
	struct warren_memory_message *message, bool mandatory, int64_t now_ms)
{
	struct routed routed;

	if (warren_memory_vhost_is_full(vhost, message))
		return WARREN_BROKER_REFUSED;
	routed = route(vhost, message, now_ms);
	bury(vhost, now_ms);
	if (!routed.found || routed.refused > 0)
		return WARREN_BROKER_REFUSED;
	return routed.matched == 0 && mandatory ? WARREN_BROKER_RETURNED : WARREN_BROKER_CONFIRMED;
}

static void requeue_entry(
	struct warren_memory_vhost *vhost, struct warren_memory_entry *entry, int64_t now_ms)
{
	struct warren_memory_queue *queue = entry->queue;

	entry->redelivered = true;
	if (queue->args.kind == WARREN_QUEUE_QUORUM)
		entry->delivery_count++;
	if (queue->args.delivery_limit && entry->delivery_count > queue->args.delivery_limit) {
		TAILQ_INSERT_TAIL(&vhost->dying, entry, link);
		bury(vhost, now_ms);
		return;
	}
	warren_memory_queue_return(queue, entry);
	due_by(vhost, entry->expires_at_ms);
}

void warren_memory_vhost_settle(struct warren_memory_vhost *vhost,
	struct warren_memory_entry *entry, bool requeue, int64_t now_ms)
{
	struct warren_memory_queue *queue = entry->queue;

	release_tag(vhost, entry);
	entry->settling = false;
	entry->consumer = NULL;
	if (queue) {
		TAILQ_REMOVE(&queue->unsettled, entry, link);
		queue->unsettled_count--;
		wake(vhost, queue);
	}
	if (queue && requeue)
		requeue_entry(vhost, entry, now_ms);
	else
		warren_memory_entry_free(entry, &vhost->stored_bytes);
}

/* Delivers an entry that is on no list, to be settled; its slot is reserved. */
static void entry_deliver(struct warren_memory_vhost *vhost, struct warren_memory_entry *entry)
{
	entry->tag = warren_memory_tags_take(&vhost->tags, entry);
	TAILQ_INSERT_TAIL(&entry->queue->unsettled, entry, link);
	entry->queue->unsettled_count++;
}

static struct warren_memory_entry *queue_take(struct warren_memory_vhost *vhost,
	struct warren_memory_queue *queue, struct warren_memory_consumer *consumer)
{
	struct warren_memory_entry *entry = TAILQ_FIRST(&queue->ready);

	warren_memory_queue_remove(queue, entry);
	if (queue->args.reject_publish)
		stranded_hope(vhost);
	if (!queue->args.single_active_consumer) {
		TAILQ_REMOVE(&queue->consumers, consumer, link);
		TAILQ_INSERT_TAIL(&queue->consumers, consumer, link);
	}
	if (consumer->prefetch) {
		entry->consumer = consumer;
		consumer->unsettled++;
		entry_deliver(vhost, entry);
	}
	return entry;
}

struct warren_memory_entry *warren_memory_vhost_get(
	struct warren_memory_vhost *vhost, const char *name, int64_t now_ms)
{
	struct warren_memory_queue *queue = warren_map_get(vhost->queues, name);

	if (!queue)
		return NULL;
	queue_expire(vhost, queue, now_ms);
	struct warren_memory_entry *entry = TAILQ_FIRST(&queue->ready);
	if (!entry || warren_memory_tags_reserve(&vhost->tags, 1) < 0)
		return NULL;
	warren_memory_queue_remove(queue, entry);
	if (queue->args.reject_publish)
		stranded_hope(vhost);
	entry_deliver(vhost, entry);
	return entry;
}

struct warren_memory_entry *warren_memory_vhost_next(
	struct warren_memory_vhost *vhost, int64_t now_ms, struct warren_memory_consumer **ret)
{
	struct warren_memory_queue *queue;

	while ((queue = TAILQ_FIRST(&vhost->woken))) {
		queue_expire(vhost, queue, now_ms);
		unwake(vhost, queue);
		struct warren_memory_consumer *consumer = warren_memory_queue_turn(queue);
		if (!consumer || TAILQ_EMPTY(&queue->ready))
			continue;
		wake(vhost, queue); /* behind the others: queues take turns */
		*ret = consumer;
		return queue_take(vhost, queue, consumer);
	}
	return NULL;
}
