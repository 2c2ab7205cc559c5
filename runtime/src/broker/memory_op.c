#include "broker/memory_op.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "broker/memory_message.h"
#include "broker/memory_queue.h"

#define TOPOLOGY_BYTES_MAX ((size_t)16 << 20)

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

static const char *text_copy(struct warren_arena *arena, const char *text, bool *failed)
{
	const char *copy = text ? warren_arena_strndup(arena, text, strlen(text)) : NULL;

	*failed |= text && !copy;
	return copy;
}

static void *table_copy(
	struct warren_arena *arena, const void *table, size_t count, size_t size, bool *failed)
{
	void *copy = count ? warren_arena_alloc(arena, count * size) : NULL;

	if (copy)
		memcpy(copy, table, count * size);
	*failed |= count && !copy;
	return copy;
}

static bool topology_copy(struct warren_arena *arena, const struct warren_broker_topology *from,
	struct warren_broker_topology *ret)
{
	bool failed = false;
	struct warren_broker_exchange *exchanges = table_copy(
		arena, from->exchanges, from->exchange_count, sizeof *exchanges, &failed);
	struct warren_broker_queue *queues =
		table_copy(arena, from->queues, from->queue_count, sizeof *queues, &failed);
	struct warren_broker_binding *bindings =
		table_copy(arena, from->bindings, from->binding_count, sizeof *bindings, &failed);

	for (size_t i = 0; !failed && i < from->exchange_count; i++)
		exchanges[i].name = text_copy(arena, exchanges[i].name, &failed);
	for (size_t i = 0; !failed && i < from->queue_count; i++) {
		queues[i].name = text_copy(arena, queues[i].name, &failed);
		queues[i].dead_letter_exchange =
			text_copy(arena, queues[i].dead_letter_exchange, &failed);
	}
	for (size_t i = 0; !failed && i < from->binding_count; i++) {
		bindings[i].exchange = text_copy(arena, bindings[i].exchange, &failed);
		bindings[i].queue = text_copy(arena, bindings[i].queue, &failed);
		bindings[i].routing_key = text_copy(arena, bindings[i].routing_key, &failed);
	}
	*ret = (struct warren_broker_topology){exchanges, from->exchange_count, queues,
		from->queue_count, bindings, from->binding_count};
	return !failed;
}

struct warren_memory_declare *warren_memory_declare_new(
	const struct warren_broker_topology *topology)
{
	struct warren_arena *arena = warren_arena_open(TOPOLOGY_BYTES_MAX);
	struct warren_memory_declare *declare =
		arena ? warren_arena_alloc(arena, sizeof *declare) : NULL;

	if (!declare || !topology_copy(arena, topology, &declare->topology)) {
		warren_arena_close(arena);
		return NULL;
	}
	declare->op.kind = WARREN_MEMORY_DECLARE;
	declare->arena = arena;
	return declare;
}

static bool texts_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool exchanges_equal(
	const struct warren_broker_topology *a, const struct warren_broker_topology *b)
{
	bool equal = a->exchange_count == b->exchange_count;

	for (size_t i = 0; equal && i < a->exchange_count; i++)
		equal = a->exchanges[i].kind == b->exchanges[i].kind &&
			texts_equal(a->exchanges[i].name, b->exchanges[i].name);
	return equal;
}

static bool queues_equal(
	const struct warren_broker_topology *a, const struct warren_broker_topology *b)
{
	bool equal = a->queue_count == b->queue_count;

	for (size_t i = 0; equal && i < a->queue_count; i++)
		equal = texts_equal(a->queues[i].name, b->queues[i].name) &&
			warren_memory_queue_args_equal(&a->queues[i], &b->queues[i]);
	return equal;
}

static bool bindings_equal(
	const struct warren_broker_topology *a, const struct warren_broker_topology *b)
{
	bool equal = a->binding_count == b->binding_count;

	for (size_t i = 0; equal && i < a->binding_count; i++)
		equal = texts_equal(a->bindings[i].exchange, b->bindings[i].exchange) &&
			texts_equal(a->bindings[i].queue, b->bindings[i].queue) &&
			texts_equal(a->bindings[i].routing_key, b->bindings[i].routing_key);
	return equal;
}

bool warren_memory_declare_is(
	const struct warren_memory_declare *a, const struct warren_memory_declare *b)
{
	return exchanges_equal(&a->topology, &b->topology) &&
	       queues_equal(&a->topology, &b->topology) &&
	       bindings_equal(&a->topology, &b->topology);
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
