/*
 * Queues that the schema had for a service and has no more.
 *
 * When the schema drops a consumer, or its whole service, the producers of the event go on, and the
 * queue stays bound and fills for ever; AMQP lists neither queues nor bindings.  So each service
 * keeps a record on the broker, the queue `<system>.<service>.topology`: the names of the consumers'
 * queues of all events that it handles or publishes.  When it starts, it takes what lies there, writes
 * down the union with its own, acknowledges the former, and expects each queue that is not in its
 * tables any more to be gone (warren_broker_expect_gone): one that is not is an obstacle, `stale`.
 *
 * Two instances that start at the same time may find the record taken: then both write theirs, and
 * the next one that starts unites them.  A record is no command: names that are not of the system
 * are passed over, and nothing is ever deleted.
 */
#ifndef WARREN_SERVICE_FORMER_H
#define WARREN_SERVICE_FORMER_H

#include "service/private.h"

/* Looks as soon as the broker is UP.  Without memory it does not. */
void warren_former_begin(struct warren_instance *instance);
void warren_former_free(struct warren_former *former);

#endif
