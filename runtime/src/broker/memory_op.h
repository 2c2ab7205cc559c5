/*
 * What callers ask of the in-process broker, waiting in one line for its thread.
 *
 * Every operation is one block that begins with `struct warren_memory_op`; a settle call is the
 * entry itself (memory_queue.h), so that it needs no memory.
 */
#ifndef WARREN_BROKER_MEMORY_OP_H
#define WARREN_BROKER_MEMORY_OP_H

#include <sys/queue.h>

#include "broker/drift.h"
#include "warren/arena.h"

struct warren_memory_message;
struct warren_memory_consumer;

enum warren_memory_op_kind {
	WARREN_MEMORY_PUBLISH,
	WARREN_MEMORY_DECLARE,
	WARREN_MEMORY_CONSUME,
	WARREN_MEMORY_WIDEN,
	WARREN_MEMORY_CANCEL,
	WARREN_MEMORY_DELETE,
	WARREN_MEMORY_GET,
	WARREN_MEMORY_ACK,
	WARREN_MEMORY_REQUEUE
};

struct warren_memory_op {
	STAILQ_ENTRY(warren_memory_op) link;
	enum warren_memory_op_kind kind;
};
STAILQ_HEAD(warren_memory_ops, warren_memory_op);

struct warren_memory_publish {
	struct warren_memory_op op;
	struct warren_memory_message *message;
	bool mandatory, reserved, now_or_never, unconfirmed;
	int64_t expires_ms; /* wall time; 0: never */
	warren_broker_on_settled on_settled;
	void *data;
};

/* Of one exchange, queue or binding. */
struct warren_memory_declare {
	struct warren_memory_op op;
	struct warren_refusal refusal;
	struct warren_arena *arena; /* holds this struct too */
	bool gone;                  /* the queue should not be there */
	struct warren_broker_topology topology;
};

struct warren_memory_consume {
	struct warren_memory_op op;
	struct warren_refusal refusal;
	struct warren_memory_consumer *consumer;
	char queue[WARREN_BROKER_TEXT_MAX + 1];
};

struct warren_memory_widen {
	struct warren_memory_op op;
	uint64_t id;
	uint16_t more;
};

struct warren_memory_get {
	struct warren_memory_op op;
	warren_broker_on_delivery on_delivery;
	void *data;
	char queue[WARREN_BROKER_TEXT_MAX + 1];
};

/* Lives on the stack of the caller, who waits for `done`. */
struct warren_memory_cancel {
	struct warren_memory_op op;
	uint64_t id;
	bool done;
};

/* An operator's deletion.  Lives on the stack of the caller, who waits for `done`. */
struct warren_memory_delete {
	struct warren_memory_op op;
	const char *exchange, *queue; /* both: the binding; else the one that is not NULL */
	const char *routing_key;
	bool done;
};

/* These copy what they are given; NULL when memory is out.  A consumer's id is given later. */
struct warren_memory_publish *warren_memory_publish_new(const struct warren_broker_message *message,
	warren_broker_on_settled on_settled, void *data) WARREN_MUST_CHECK;
struct warren_memory_consume *warren_memory_consume_new(const char *queue, uint16_t prefetch,
	warren_broker_on_delivery on_delivery, void *data) WARREN_MUST_CHECK;

/* Of a consumer that was there already, whose queue was deleted. */
struct warren_memory_consume *warren_memory_consume_again(
	const char *queue, struct warren_memory_consumer *consumer);

struct warren_memory_get *warren_memory_get_new(
	const char *queue, warren_broker_on_delivery on_delivery, void *data) WARREN_MUST_CHECK;

/* Appends a declaration for each item, exchanges first.  Returns 0; -ENOMEM, and some may be there.
 */
int warren_memory_declare_new(const struct warren_broker_topology *topology,
	struct warren_memory_ops *items) WARREN_MUST_CHECK;

struct warren_memory_declare *warren_memory_gone_new(const char *queue) WARREN_MUST_CHECK;

void warren_memory_publish_free(struct warren_memory_publish *publish);
void warren_memory_declare_free(struct warren_memory_declare *declare);

/* Frees it with its consumer, unless that was handed on and set to NULL. */
void warren_memory_consume_free(struct warren_memory_consume *consume);

#endif
