/* Exchanges of the in-process broker: bindings, and which of them a routing key meets. */
#ifndef WARREN_BROKER_MEMORY_EXCHANGE_H
#define WARREN_BROKER_MEMORY_EXCHANGE_H

#include "broker/broker.h"

struct warren_memory_queue;

struct warren_memory_binding {
	char *pattern;
	struct warren_memory_queue *queue;
};

struct warren_memory_exchange {
	enum warren_exchange_kind kind;
	struct warren_memory_binding *bindings;
	size_t binding_count, binding_capacity;
};

/*
 * Returns whether a topic pattern takes a key: words between dots, * is one word, # any number of
 * them.
 */
bool warren_memory_topic_matches(const char *pattern, const char *key);

struct warren_memory_exchange *warren_memory_exchange_open(
	enum warren_exchange_kind kind) WARREN_MUST_CHECK; /* NULL when memory is out */
void warren_memory_exchange_close(struct warren_memory_exchange *exchange);

/* Binds; once more changes nothing.  Returns 0; -ENOMEM. */
int warren_memory_exchange_bind(struct warren_memory_exchange *exchange, const char *pattern,
	struct warren_memory_queue *queue) WARREN_MUST_CHECK;

/* Forgets all bindings of a queue. */
void warren_memory_exchange_unbind(
	struct warren_memory_exchange *exchange, const struct warren_memory_queue *queue);

/* Forgets one binding, if it is there. */
void warren_memory_exchange_unbind_one(struct warren_memory_exchange *exchange, const char *pattern,
	const struct warren_memory_queue *queue);

/*
 * Walks the queues that take `key`: start with *cursor = 0.  A queue with several bindings that
 * match comes several times. Returns NULL at the end.
 */
struct warren_memory_queue *warren_memory_exchange_next(
	const struct warren_memory_exchange *exchange, const char *key, size_t *cursor);

#endif
