/*
 * What only the in-process broker can tell; for the test kit.
 *
 * It differs from RabbitMQ, on purpose: nothing outlives the process; there is no connection to
 * lose (but see warren_broker_memory_break), so that a tag stays good until it is settled, its queue
 * is gone or the broker is closed; it holds at most 256 MiB, past which a publish is REFUSED.
 */
#ifndef WARREN_BROKER_MEMORY_H
#define WARREN_BROKER_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/broker.h"

/*
 * Returns whether nothing moves: no call waits to be carried out, no callback is running, no
 * message is ready for a consumer that would take it.  Deliveries that are not settled yet are
 * counted in `*ret_unsettled`.  Thread: any.
 */
bool warren_broker_memory_idle(struct warren_broker *broker, uint32_t *ret_unsettled);

/*
 * Returns when the next message expires on a queue (monotonic), WARREN_CLOCK_NEVER for none.
 * Thread: any.
 */
int64_t warren_broker_memory_next_ms(struct warren_broker *broker);

/*
 * Returns how many messages lie on a queue, delivered and unsettled ones included; 0 for no such
 * queue.  Thread: any.
 */
uint32_t warren_broker_memory_depth(struct warren_broker *broker, const char *queue);

/*
 * Delete as an operator would; what is not there changes nothing.  Thread: any, but the broker's.
 */
void warren_broker_memory_delete_exchange(struct warren_broker *broker, const char *exchange);
void warren_broker_memory_delete_queue(struct warren_broker *broker, const char *queue);
void warren_broker_memory_delete_binding(
	struct warren_broker *broker, const struct warren_broker_binding *binding);

/* Makes it BLOCKED, as a broker that is short of memory, until it is told otherwise.  Thread: any.
 */
void warren_broker_memory_block(struct warren_broker *broker, bool block);

/*
 * Gives back what is delivered and not settled, as when a connection breaks: its tags are void, and it
 * is delivered again under others.  Thread: any, but the broker's.
 */
void warren_broker_memory_break(struct warren_broker *broker);

/* Answers each publish that has no room of its own with -EAGAIN, until it is told otherwise.
 * Thread: any. */
void warren_broker_memory_full(struct warren_broker *broker, bool full);

/*
 * Lets `skip` publishes pass, then settles the next `count` with that outcome, whatever they are;
 * none of them is carried out but those that are LOST.  Thread: any.
 */
void warren_broker_memory_fault(struct warren_broker *broker, uint32_t skip, uint32_t count,
	enum warren_broker_outcome outcome);

/*
 * Shows `fn` each publish that is taken, as the publisher gave it; NULL ends that.  `fn` must not
 * call the broker.  Thread: any; `fn` is called on the publisher's, one call at a time.
 */
void warren_broker_memory_show(struct warren_broker *broker,
	void (*fn)(const struct warren_broker_message *message, void *data), void *data);

/*
 * Publishes as warren_broker_publish, under another account than the broker's own: as another
 * process would.  Thread: any.
 */
int warren_broker_memory_publish_as(struct warren_broker *broker, const char *account,
	const struct warren_broker_message *message, warren_broker_on_settled on_settled,
	void *data) WARREN_MUST_CHECK;

/* Sets how many bytes its messages may take in place of 256 MiB.  Thread: any. */
void warren_broker_memory_limit(struct warren_broker *broker, size_t max_bytes);

#endif
