/*
 * Queues of the in-process broker: what waits, who consumes, what was delivered and is not settled
 * yet.
 *
 * Model
 * - A message on a queue is an *entry*, in exactly one list: `ready` (sorted by position, which is
 * the order of arrival), `unsettled` (delivered, with a tag), `stranded` (dead, and its dead-letter
 * exchange found no queue to take it), or the vhost's list of the dying.  As all entries of a queue
 * live equally long, `ready` is sorted by `expires_at_ms` too.
 * - Consumers take turns: who was served goes to the end of the list.  With a single active
 * consumer only the first is served.
 * - A queue calls nobody: the vhost (memory_vhost.h) moves what dies.
 */
#ifndef WARREN_BROKER_MEMORY_QUEUE_H
#define WARREN_BROKER_MEMORY_QUEUE_H

#include <sys/queue.h>

#include "broker/broker.h"
#include "broker/memory_message.h"
#include "broker/memory_op.h"

struct warren_memory_entry {
	struct warren_memory_op op; /* the settle call while it waits; first member */
	TAILQ_ENTRY(warren_memory_entry) link;
	struct warren_memory_queue *queue; /* NULL: it is gone, and the settle call still waits */
	struct warren_memory_consumer *consumer; /* NULL: not delivered, or the consumer is gone */
	struct warren_memory_message *message;
	uint64_t position;
	uint64_t tag;          /* 0: not delivered */
	int64_t expires_at_ms; /* monotonic */
	uint32_t delivery_count;
	bool redelivered;
	bool settling; /* `op` waits */
};
TAILQ_HEAD(warren_memory_entries, warren_memory_entry);

struct warren_memory_consumer {
	TAILQ_ENTRY(warren_memory_consumer) link;
	uint64_t id;
	uint16_t prefetch; /* 0: no-ack */
	uint16_t more;     /* beside it */
	uint32_t unsettled;
	warren_broker_on_delivery on_delivery;
	void *data;
};
TAILQ_HEAD(warren_memory_consumers, warren_memory_consumer);

struct warren_memory_queue {
	struct warren_broker_queue args; /* texts are its own */
	uint64_t serial;                 /* tells it from an earlier queue of that name */
	struct warren_memory_entries ready, unsettled, stranded;
	uint32_t ready_count, unsettled_count, stranded_count;
	struct warren_memory_entry
		*last_requeued; /* on `ready`; where the next requeue looks first */
	struct warren_memory_consumers consumers;
	uint64_t next_position;
	int64_t unused_since_ms; /* counts while nobody consumes */
	uint64_t routed;         /* serial of the last message that was routed here */
	size_t *stored_bytes;    /* where entries and messages are counted */
	bool woken;              /* on the vhost's list of queues that may deliver */
	TAILQ_ENTRY(warren_memory_queue) woken_link;
};

/* Returns NULL when memory is out. */
struct warren_memory_queue *warren_memory_queue_open(const struct warren_broker_queue *args,
	uint64_t serial, int64_t now_ms, size_t *stored_bytes) WARREN_MUST_CHECK;

/* Frees it with its consumers and entries; those unsettled are left to the caller before. */
void warren_memory_queue_close(struct warren_memory_queue *queue);

/* Returns whether it takes no publish now. */
bool warren_memory_queue_full(const struct warren_memory_queue *queue);

/* Puts a message at the end.  Returns 0; -ENOMEM. */
int warren_memory_queue_push(struct warren_memory_queue *queue,
	struct warren_memory_message *message, int64_t now_ms) WARREN_MUST_CHECK;

/* Takes an entry off the ready list. */
void warren_memory_queue_remove(
	struct warren_memory_queue *queue, struct warren_memory_entry *entry);

/* Puts an entry that is on no list back to its place among the ready ones. */
void warren_memory_queue_return(
	struct warren_memory_queue *queue, struct warren_memory_entry *entry);

/* Returns the first ready entry whose time is over, or which is one too many; NULL when there is
 * none. */
struct warren_memory_entry *warren_memory_queue_doomed(
	const struct warren_memory_queue *queue, int64_t now_ms);

/* Returns how many deliveries it may be given now; that many tags are reserved for it. */
uint32_t warren_memory_consumer_room(const struct warren_memory_consumer *consumer);

/* Returns whose turn it is, NULL when nobody takes a message now. */
struct warren_memory_consumer *warren_memory_queue_turn(const struct warren_memory_queue *queue);

/* Returns when the first ready entry expires, WARREN_CLOCK_NEVER for never. */
int64_t warren_memory_queue_expiry_ms(const struct warren_memory_queue *queue);

/* Returns when the queue itself goes if it stays unused, WARREN_CLOCK_NEVER for never. */
int64_t warren_memory_queue_end_ms(const struct warren_memory_queue *queue);

void warren_memory_entry_free(struct warren_memory_entry *entry, size_t *stored_bytes);

#endif
