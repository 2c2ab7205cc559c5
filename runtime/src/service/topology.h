/*
 * Declares what a service has on the broker: the rows of its table (warren/topology.h), and its
 * instance's own queue.  codegen/lua/model/topology.lua has them with their reasons, and
 * docs/TOPOLOGY.md, which is made of it, explains them.
 *
 * An instance's own queue is `<system>.<service>.<instance>`.  With care (see instance.h) it has a
 * TTL, and what is not taken in that time goes to `<system>.<service>.lost`.
 */
#ifndef WARREN_SERVICE_TOPOLOGY_H
#define WARREN_SERVICE_TOPOLOGY_H

#include "service/name.h"
#include "service/private.h"

/* Returns how long attempt `attempt`, which failed, waits for the next one; `shorter` is jitter. */
uint32_t warren_wait_ms(const struct warren_handler *handler, uint32_t attempt, bool shorter);

/* Declares it all; needs the instance's names, its queue and its care.  Returns 0; -ENOMEM. */
int warren_topology_declare(struct warren_instance *instance) WARREN_MUST_CHECK;

#endif
