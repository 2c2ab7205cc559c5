/*
 * What only the in-process broker can tell; for the test kit.
 *
 * What differs from RabbitMQ, on purpose: nothing outlives the process; there is no connection to
 * lose, so that a tag stays good until it is settled, its queue is gone or the broker is closed; it
 * holds at most 256 MiB, past which a publish is REFUSED.
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

/* Sets how many bytes its messages may take in place of 256 MiB.  Thread: any. */
void warren_broker_memory_limit(struct warren_broker *broker, size_t max_bytes);

#endif
