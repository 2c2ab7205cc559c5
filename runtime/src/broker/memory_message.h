/*
 * A message that lies in the in-process broker: one block of memory, never changed, shared by the
 * queues that hold it and counted once.
 *
 * A message that died is copied, because its exchange is another one then, and remembers the queues
 * it died in: it does not enter them again, so that dead letters cannot run in a circle.
 */
#ifndef WARREN_BROKER_MEMORY_MESSAGE_H
#define WARREN_BROKER_MEMORY_MESSAGE_H

#include "broker/broker.h"

struct warren_memory_message {
	struct warren_broker_message view; /* texts are never NULL */
	size_t bytes;                      /* what it takes, this struct included */
	size_t *stored_bytes;              /* where it is counted; NULL while it lies on no queue */
	uint64_t *deaths;                  /* serials of the queues it died in */
	uint32_t death_count;
	uint32_t refs;
};

/* Copies a publish.  Returns it with one reference; NULL when memory is out. */
struct warren_memory_message *warren_memory_message_copy(
	const struct warren_broker_message *from) WARREN_MUST_CHECK;

/* Copies a message that died in a queue on its way to `exchange`.  Returns as above. */
struct warren_memory_message *warren_memory_message_die(const struct warren_memory_message *message,
	const char *exchange, uint64_t queue_serial) WARREN_MUST_CHECK;

bool warren_memory_message_died_in(
	const struct warren_memory_message *message, uint64_t queue_serial);

/* Takes one more reference; the first that names `stored_bytes` counts the message there. */
struct warren_memory_message *warren_memory_message_store(
	struct warren_memory_message *message, size_t *stored_bytes);
void warren_memory_message_unref(struct warren_memory_message *message);

#endif
