/*
 * What was declared or is to be consumed and cannot be had as it was asked for: the obstacles of
 * the in-process broker.
 *
 * Each item of a declaration is an operation of its own and is judged by itself.  An operation
 * that cannot be done yet stays here, in the order of the calls, and is tried again when a queue or
 * exchange came or went.  Declaring an item again takes the place of the operation that waits for
 * it.  Declarations are kept, to be made again when something was deleted.
 */
#ifndef WARREN_BROKER_MEMORY_PENDING_H
#define WARREN_BROKER_MEMORY_PENDING_H

#include "broker/memory_op.h"
#include "broker/memory_vhost.h"

struct warren_memory_pending {
	struct warren_memory_ops ops;
	struct warren_memory_ops declared;
	struct warren_log *log;
	uint64_t obstacle_count; /* how many were met */
	bool changed;            /* an obstacle came or went */
	bool again;              /* what waits may succeed now */
};

void warren_memory_pending_init(struct warren_memory_pending *pending, struct warren_log *log);
void warren_memory_pending_free(struct warren_memory_pending *pending);

/* Carries out a declaration or a consumer, or keeps it. */
void warren_memory_pending_run(struct warren_memory_pending *pending,
	struct warren_memory_vhost *vhost, struct warren_memory_op *op, int64_t now_ms);

/* Tries all of it again. */
void warren_memory_pending_retry(
	struct warren_memory_pending *pending, struct warren_memory_vhost *vhost, int64_t now_ms);

/* Makes again what was declared; what stands otherwise by now stays as it is. */
void warren_memory_pending_declare_again(
	struct warren_memory_pending *pending, struct warren_memory_vhost *vhost, int64_t now_ms);

bool warren_memory_pending_was_declared(
	const struct warren_memory_pending *pending, const char *exchange);

/* The queue of a consumer was deleted: it waits for it. */
void warren_memory_pending_consume_again(struct warren_memory_pending *pending, const char *queue,
	struct warren_memory_consumer *consumer);

/* As warren_memory_vhost_widen_id, of a consumer that waits for its queue. */
int warren_memory_pending_widen(struct warren_memory_pending *pending,
	struct warren_memory_vhost *vhost, uint64_t id, uint16_t more) WARREN_MUST_CHECK;

/* A consumer is not wanted any more. */
void warren_memory_pending_cancel(
	struct warren_memory_pending *pending, struct warren_memory_vhost *vhost, uint64_t id);

/* Returns the text of the first obstacle, "" for none. */
const char *warren_memory_pending_first(const struct warren_memory_pending *pending);
void warren_memory_pending_obstacles(
	const struct warren_memory_pending *pending, warren_obstacle_fn fn, void *data);

#endif
