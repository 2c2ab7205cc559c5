#include "broker/memory_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct warren_memory_queue *warren_memory_queue_open(const struct warren_broker_queue *args,
	uint64_t serial, int64_t now_ms, size_t *stored_bytes)
{
	const char *exchange = args->dead_letter_exchange;
	struct warren_memory_queue *queue = calloc(1, sizeof *queue);

	if (!queue)
		return NULL;
	queue->args = *args;
	queue->args.name = strdup(args->name);
	queue->args.dead_letter_exchange = exchange ? strdup(exchange) : NULL;
	queue->serial = serial;
	queue->unused_since_ms = now_ms;
	queue->stored_bytes = stored_bytes;
	TAILQ_INIT(&queue->ready);
	TAILQ_INIT(&queue->unsettled);
	TAILQ_INIT(&queue->stranded);
	TAILQ_INIT(&queue->consumers);
	if (!queue->args.name || (exchange && !queue->args.dead_letter_exchange)) {
		warren_memory_queue_close(queue);
		return NULL;
	}
	return queue;
}

static void entries_free(struct warren_memory_entries *entries, size_t *stored_bytes)
{
	struct warren_memory_entry *entry;

	while ((entry = TAILQ_FIRST(entries))) {
		TAILQ_REMOVE(entries, entry, link);
		warren_memory_entry_free(entry, stored_bytes);
	}
}

void warren_memory_queue_close(struct warren_memory_queue *queue)
{
	struct warren_memory_consumer *consumer;

	while ((consumer = TAILQ_FIRST(&queue->consumers))) {
		TAILQ_REMOVE(&queue->consumers, consumer, link);
		free(consumer);
	}
	entries_free(&queue->ready, queue->stored_bytes);
	entries_free(&queue->unsettled, queue->stored_bytes);
	entries_free(&queue->stranded, queue->stored_bytes);
	free((char *)queue->args.name);
	free((char *)queue->args.dead_letter_exchange);
	free(queue);
}

bool warren_memory_queue_full(const struct warren_memory_queue *queue)
{
	return queue->args.max_length && queue->args.reject_publish &&
	       queue->ready_count >= queue->args.max_length;
}

int warren_memory_queue_push(
	struct warren_memory_queue *queue, struct warren_memory_message *message, int64_t now_ms)
{
	struct warren_memory_entry *entry = calloc(1, sizeof *entry);

	if (!entry)
		return -ENOMEM;
	*queue->stored_bytes += sizeof *entry;
	entry->queue = queue;
	entry->message = warren_memory_message_store(message, queue->stored_bytes);
	entry->position = queue->next_position++;
	entry->expires_at_ms = queue->args.message_ttl_ms ? now_ms + queue->args.message_ttl_ms
							  : WARREN_CLOCK_NEVER;
	TAILQ_INSERT_TAIL(&queue->ready, entry, link);
	queue->ready_count++;
	return 0;
}

void warren_memory_queue_remove(
	struct warren_memory_queue *queue, struct warren_memory_entry *entry)
{
	if (queue->last_requeued == entry)
		queue->last_requeued = NULL;
	TAILQ_REMOVE(&queue->ready, entry, link);
	queue->ready_count--;
}

void warren_memory_queue_return(
	struct warren_memory_queue *queue, struct warren_memory_entry *entry)
{
	struct warren_memory_entry *behind = queue->last_requeued;

	if (!behind || behind->position > entry->position)
		behind = TAILQ_FIRST(&queue->ready);
	while (behind && behind->position < entry->position)
		behind = TAILQ_NEXT(behind, link);
	if (behind)
		TAILQ_INSERT_BEFORE(behind, entry, link);
	else
		TAILQ_INSERT_TAIL(&queue->ready, entry, link);
	queue->ready_count++;
	queue->last_requeued = entry;
}

struct warren_memory_entry *warren_memory_queue_doomed(
	const struct warren_memory_queue *queue, int64_t now_ms)
{
	struct warren_memory_entry *first = TAILQ_FIRST(&queue->ready);
	bool too_many = queue->args.max_length && !queue->args.reject_publish &&
			queue->ready_count > queue->args.max_length;

	return first && (too_many || first->expires_at_ms <= now_ms) ? first : NULL;
}

uint32_t warren_memory_consumer_room(const struct warren_memory_consumer *consumer)
{
	uint32_t most = (uint32_t)consumer->prefetch + consumer->more;
	return consumer->unsettled < most ? most - consumer->unsettled : 0;
}

struct warren_memory_consumer *warren_memory_queue_turn(const struct warren_memory_queue *queue)
{
	struct warren_memory_consumer *consumer;

	TAILQ_FOREACH(consumer, &queue->consumers, link)
	{
		if (!consumer->prefetch || warren_memory_consumer_room(consumer) > 0)
			return consumer;
		if (queue->args.single_active_consumer)
			break;
	}
	return NULL;
}

int64_t warren_memory_queue_expiry_ms(const struct warren_memory_queue *queue)
{
	const struct warren_memory_entry *first = TAILQ_FIRST(&queue->ready);

	return first ? first->expires_at_ms : WARREN_CLOCK_NEVER;
}

int64_t warren_memory_queue_end_ms(const struct warren_memory_queue *queue)
{
	return queue->args.expires_ms && TAILQ_EMPTY(&queue->consumers)
		       ? queue->unused_since_ms + queue->args.expires_ms
		       : WARREN_CLOCK_NEVER;
}

void warren_memory_entry_free(struct warren_memory_entry *entry, size_t *stored_bytes)
{
	*stored_bytes -= sizeof *entry;
	warren_memory_message_unref(entry->message);
	free(entry);
}
