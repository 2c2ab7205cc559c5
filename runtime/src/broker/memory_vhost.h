/*
 * All that the in-process broker holds: exchanges, queues, messages; and the rules that move them.
 *
 * One thread at a time (memory.c holds its lock).  Nothing here calls back: whoever drives it asks
 * for the next delivery and hands it out.  After each call no message is half moved: what died was
 * dead-lettered or dropped. Times are the clock's monotonic ones, handed in.
 */
#ifndef WARREN_BROKER_MEMORY_VHOST_H
#define WARREN_BROKER_MEMORY_VHOST_H

#include "base/map.h"
#include "broker/drift.h"
#include "broker/memory_queue.h"
#include "broker/memory_tag.h"

TAILQ_HEAD(warren_memory_queues, warren_memory_queue);

struct warren_memory_vhost {
	struct warren_map *queues, *exchanges;
	struct warren_memory_queues woken;  /* queues that may have something to deliver */
	struct warren_memory_entries dying; /* empty between calls */
	struct warren_memory_tags tags;
	size_t stored_bytes, max_bytes;
	uint64_t last_serial;
	int64_t due_ms;          /* nothing expires before */
	uint32_t stranded_count; /* on all queues */
	bool stranded_again;     /* something changed that may help them */
};

/* Returns 0; -ENOMEM. */
int warren_memory_vhost_open(struct warren_memory_vhost *vhost, size_t max_bytes) WARREN_MUST_CHECK;
void warren_memory_vhost_close(struct warren_memory_vhost *vhost);

/*
 * Declares in order up to the first thing that cannot be had.
 * Returns 0; -EEXIST, -ENOENT, -ENOMEM with `refusal`.
 */
int warren_memory_vhost_declare(struct warren_memory_vhost *vhost,
	const struct warren_broker_topology *topology, int64_t now_ms,
	struct warren_refusal *refusal) WARREN_MUST_CHECK;

/*
 * Adds a consumer; its slots are reserved already.  Returns 0, then the queue owns it; -ENOENT with
 * `refusal`.
 */
int warren_memory_vhost_attach(struct warren_memory_vhost *vhost, const char *queue,
	struct warren_memory_consumer *consumer, struct warren_refusal *refusal) WARREN_MUST_CHECK;

/* Lets a consumer, here or waiting for its queue, have more.  Returns 0; -ENOMEM, and it stays as it
 * was; by its id also -ENOENT. */
int warren_memory_vhost_widen(struct warren_memory_vhost *vhost,
	struct warren_memory_consumer *consumer, uint16_t more) WARREN_MUST_CHECK;
int warren_memory_vhost_widen_id(
	struct warren_memory_vhost *vhost, uint64_t id, uint16_t more) WARREN_MUST_CHECK;

/* Removes and frees a consumer; what it was given stays unsettled. */
void warren_memory_vhost_detach(struct warren_memory_vhost *vhost, uint64_t id, int64_t now_ms);

/* An operator's deletion; a thing that is not there changes nothing. */
void warren_memory_vhost_delete_exchange(struct warren_memory_vhost *vhost, const char *name);
void warren_memory_vhost_unbind(struct warren_memory_vhost *vhost, const char *exchange,
	const char *routing_key, const char *queue);
/* The consumers of the queue are left in `ret_consumers`: they are the caller's. */
void warren_memory_vhost_delete_queue(struct warren_memory_vhost *vhost, const char *name,
	struct warren_memory_consumers *ret_consumers);

bool warren_memory_vhost_has_exchange(struct warren_memory_vhost *vhost, const char *name);

/* Returns whether it takes no message of that size. */
bool warren_memory_vhost_is_full(
	const struct warren_memory_vhost *vhost, const struct warren_memory_message *message);

enum warren_broker_outcome warren_memory_vhost_publish(struct warren_memory_vhost *vhost,
	struct warren_memory_message *message, bool mandatory, int64_t now_ms);

void warren_memory_vhost_settle(struct warren_memory_vhost *vhost,
	struct warren_memory_entry *entry, bool requeue, int64_t now_ms);

/*
 * Takes the next entry that somebody consumes.  Returns NULL when there is none.
 * An entry without tag (no-ack) belongs to the caller: warren_memory_entry_free.
 */
struct warren_memory_entry *warren_memory_vhost_next(
	struct warren_memory_vhost *vhost, int64_t now_ms, struct warren_memory_consumer **ret);

/* Takes the first entry of a queue, to be settled.  Returns NULL when there is none, or no memory. */
struct warren_memory_entry *warren_memory_vhost_get(
	struct warren_memory_vhost *vhost, const char *queue, int64_t now_ms);

/* Lets expire what is due.  Returns whether a queue went. */
bool warren_memory_vhost_tick(struct warren_memory_vhost *vhost, int64_t now_ms);

/* Returns when the next message expires, WARREN_CLOCK_NEVER for never. */
int64_t warren_memory_vhost_expiry_ms(const struct warren_memory_vhost *vhost);

#endif
