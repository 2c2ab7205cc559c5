#include "broker/memory_op.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "broker/memory_message.h"
#include "broker/memory_queue.h"

#define ITEM_BYTES_MAX ((size_t)16 << 10)

/* ---- publish ---- */

struct warren_memory_publish *warren_memory_publish_new(const struct warren_broker_message *message,
	warren_broker_on_settled on_settled, void *data)
{
	struct warren_memory_publish *publish = malloc(sizeof *publish);

	if (!publish)
		return NULL;
	*publish = (struct warren_memory_publish){
		.op.kind = WARREN_MEMORY_PUBLISH,
		.message = warren_memory_message_copy(message),
		.mandatory = message->mandatory,
		.reserved = message->reserved,
		.now_or_never = message->now_or_never,
		.unconfirmed = message->unconfirmed,
		.expires_ms = message->expires_ms,
		.on_settled = on_settled,
		.data = data,
	};
	if (!publish->message) {
		free(publish);
		return NULL;
	}
	return publish;
}

void warren_memory_publish_free(struct warren_memory_publish *publish)
{
	warren_memory_message_unref(publish->message);
	free(publish);
}

/* ---- declare ---- */

struct item {
	struct warren_memory_declare declare;
	struct warren_broker_exchange exchange;
	struct warren_broker_queue queue;
	struct warren_broker_binding binding;
};

static const char *text_copy(struct warren_arena *arena, const char *text, bool *failed)
{
	const char *copy = text ? warren_arena_strndup(arena, text, strlen(text)) : NULL;

	*failed |= text && !copy;
	return copy;
}

/* Of one item, whose texts are copied. */
static struct warren_memory_declare *item_new(const struct warren_broker_exchange *exchange,
	const struct warren_broker_queue *queue, const struct warren_broker_binding *binding)
{
	struct warren_arena *arena = warren_arena_open(ITEM_BYTES_MAX);
	struct item *item = arena ? warren_arena_alloc(arena, sizeof *item) : NULL;
	bool failed = !item;

	if (!failed && exchange) {
		item->exchange.name = text_copy(arena, exchange->name, &failed);
		item->exchange.kind = exchange->kind;
	} else if (!failed && queue) {
		item->queue = *queue;
		item->queue.name = text_copy(arena, queue->name, &failed);
		item->queue.dead_letter_exchange =
			text_copy(arena, queue->dead_letter_exchange, &failed);
	} else if (!failed && binding) {
		item->binding.exchange = text_copy(arena, binding->exchange, &failed);
		item->binding.queue = text_copy(arena, binding->queue, &failed);
		item->binding.routing_key = text_copy(arena, binding->routing_key, &failed);
	}
	if (failed) {
		warren_arena_close(arena);
		return NULL;
	}
	item->declare.op.kind = WARREN_MEMORY_DECLARE;
	item->declare.arena = arena;
	item->declare.topology = (struct warren_broker_topology){&item->exchange, exchange != NULL,
		&item->queue, queue != NULL, &item->binding, binding != NULL};
	return &item->declare;
}

struct warren_memory_declare *warren_memory_gone_new(const char *queue)
{
	struct warren_memory_declare *item =
		item_new(NULL, &(struct warren_broker_queue){.name = queue}, NULL);
	if (item)
		item->gone = true;
	return item;
}

static int item_append(struct warren_memory_ops *items, struct warren_memory_declare *item)
{
	if (!item)
		return -ENOMEM;
	STAILQ_INSERT_TAIL(items, &item->op, link);
	return 0;
}

int warren_memory_declare_new(
	const struct warren_broker_topology *topology, struct warren_memory_ops *items)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < topology->exchange_count; i++)
		rc = item_append(items, item_new(&topology->exchanges[i], NULL, NULL));
	for (size_t i = 0; rc == 0 && i < topology->queue_count; i++)
		rc = item_append(items, item_new(NULL, &topology->queues[i], NULL));
	for (size_t i = 0; rc == 0 && i < topology->binding_count; i++)
		rc = item_append(items, item_new(NULL, NULL, &topology->bindings[i]));
	return rc;
}

void warren_memory_declare_free(struct warren_memory_declare *declare)
{
	warren_arena_close(declare->arena);
}

/* ---- consume ---- */

struct warren_memory_consume *warren_memory_consume_new(
	const char *queue, uint16_t prefetch, warren_broker_on_delivery on_delivery, void *data)
{
	struct warren_memory_consume *consume = calloc(1, sizeof *consume);
	struct warren_memory_consumer *consumer = calloc(1, sizeof *consumer);

	if (!consume || !consumer) {
		free(consume);
		free(consumer);
		return NULL;
	}
	consumer->prefetch = prefetch;
	consumer->on_delivery = on_delivery;
	consumer->data = data;
	consume->op.kind = WARREN_MEMORY_CONSUME;
	consume->consumer = consumer;
	memcpy(consume->queue, queue, strlen(queue) + 1);
	return consume;
}

struct warren_memory_consume *warren_memory_consume_again(
	const char *queue, struct warren_memory_consumer *consumer)
{
	struct warren_memory_consume *consume = calloc(1, sizeof *consume);

	assert(consume); /* nothing but a test deletes queues */
	consume->op.kind = WARREN_MEMORY_CONSUME;
	consume->consumer = consumer;
	memcpy(consume->queue, queue, strlen(queue) + 1);
	return consume;
}

void warren_memory_consume_free(struct warren_memory_consume *consume)
{
	free(consume->consumer);
	free(consume);
}

struct warren_memory_get *warren_memory_get_new(
	const char *queue, warren_broker_on_delivery on_delivery, void *data)
{
	struct warren_memory_get *get = calloc(1, sizeof *get);

	if (!get)
		return NULL;
	get->op.kind = WARREN_MEMORY_GET;
	get->on_delivery = on_delivery;
	get->data = data;
	memcpy(get->queue, queue, strlen(queue) + 1);
	return get;
}
