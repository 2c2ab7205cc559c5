/*
 * What was declared, in order, as copies; made again on every new connection.
 *
 * An item is `sent` once on each connection; declaring it again sends it again.  Not locked: the
 * broker's lock guards it.
 */
#ifndef WARREN_BROKER_AMQP_TOPOLOGY_H
#define WARREN_BROKER_AMQP_TOPOLOGY_H

#include "broker/amqp_connection.h"
#include "broker/broker.h"

struct warren_amqp_declared;

struct warren_amqp_topology {
	struct warren_amqp_declared *items;
	size_t count, capacity;
	size_t unsent; /* how many of them */
};

/* Remembers.  Returns 0; -ENOMEM (and has remembered nothing). */
int warren_amqp_topology_add(struct warren_amqp_topology *topology,
	const struct warren_broker_topology *declared) WARREN_MUST_CHECK;

/* Returns whether a queue of that name was declared as one that counts deliveries. */
bool warren_amqp_topology_counts(const struct warren_amqp_topology *topology, const char *queue);

bool warren_amqp_topology_has_exchange(
	const struct warren_amqp_topology *topology, const char *name);

/* All are to be sent again: the connection is a new one, or some of it was deleted. */
void warren_amqp_topology_forget_sent(struct warren_amqp_topology *topology);

/* Sends what was not sent.  Returns how many replies that will bring. */
size_t warren_amqp_topology_send(
	struct warren_amqp_topology *topology, struct warren_amqp_connection *connection);

void warren_amqp_topology_free(struct warren_amqp_topology *topology);

#endif
