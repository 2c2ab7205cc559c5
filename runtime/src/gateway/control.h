/*
 * Control messages: what services ask of sockets (join, leave, whose they are, disconnect), and the
 * names of rooms at the edge.
 *
 * A service's room `lobby` is the edge's room `room:lobby`, a user's sockets are in `user:<name>`,
 * a sid has no colon: so no name of one kind can reach another.  Browsers name no rooms at all.
 */
#ifndef WARREN_GATEWAY_CONTROL_H
#define WARREN_GATEWAY_CONTROL_H

#include "gateway/gateway.h"

/* Whom a message from the broker is for, at this edge.  Texts are borrowed or the arena's. */
struct warren_aim {
	struct warren_target target; /* as the service named it */
	const char *sid;             /* of one socket, else NULL */
	const char *room;            /* the edge's, NULL: all */
	const char *except;          /* a sid, or NULL */
};

/* Reads it; `prefix` is that of this service's addresses.  Returns NULL, or why it goes to nobody.
 */
const char *warren_aim_read(struct warren_aim *ret, const struct warren_broker_message *message,
	const char *prefix, struct warren_arena *arena);

/* Returns it as the edge has it, in the gateway's namespace; borrows `aim`. */
struct warren_edge_target warren_aim_edge(const struct warren_aim *aim);

/*
 * Takes a control message.  Returns false when it is none.  Thread: the loop's.
 */
bool warren_control_take(
	struct warren_gateway_state *gateway, const struct warren_broker_delivery *delivery);

#endif
