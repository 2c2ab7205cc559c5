/* The in-process broker itself, between memory.c and memory_kit.c; one lock guards all of it. */
#ifndef WARREN_BROKER_MEMORY_STATE_H
#define WARREN_BROKER_MEMORY_STATE_H

#include <pthread.h>

#include "broker/memory_pending.h"
#include "broker/memory_vhost.h"

struct warren_memory {
	struct warren_broker broker;
	char account[WARREN_BROKER_TEXT_MAX + 1];
	struct warren_log *log;
	struct warren_clock *clock;
	void (*on_state)(enum warren_broker_state state, const char *reason, void *data);
	void *data;
	uint32_t max_queued;
	size_t max_queued_bytes;

	struct warren_loop_part part;
	pthread_mutex_t lock;
	pthread_cond_t answered; /* callers of cancel, delete and close wait on it */

	struct warren_memory_ops calls;       /* all but publishes */
	struct warren_memory_pending pending; /* declare and consume that cannot be had */
	struct warren_memory_ops publishes;   /* they wait here while it is not UP */
	int64_t publishes_due_wall_ms;        /* none of them expires before */
	uint32_t queued;
	size_t queued_bytes;
	uint64_t last_consumer_id;
	bool asleep, begun, closing, ended;
	enum warren_broker_state state;
	struct warren_memory_vhost vhost;
	struct warren_broker_counters counters;

	/* Told by a test. */
	bool full;
	bool block;
	enum warren_broker_outcome fault; /* of the next `fault_count` after `fault_skip` */
	uint32_t fault_skip, fault_count;
	void (*show)(const struct warren_broker_message *message, void *data);
	void *show_data;
};

struct warren_memory *warren_memory_of(struct warren_broker *broker);

/* The lock is held: leaves something for the loop, or makes it look again. */
void warren_memory_ask(struct warren_memory *memory, struct warren_memory_op *op);
void warren_memory_wake(struct warren_memory *memory);

/* As warren_broker_publish, under an account. */
int warren_memory_publish_as(struct warren_memory *memory, const char *account,
	const struct warren_broker_message *message, warren_broker_on_settled on_settled,
	void *data) WARREN_MUST_CHECK;

#endif
