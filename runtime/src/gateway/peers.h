/*
 * The other routers of a service, so that browsers need no sticky sessions.
 *
 * Each router tells the others where its internal listener is, over the fan-out exchange of the
 * service, in messages of type warren.Peer (service/wire.h): when it starts, then every 10 s, and
 * that it has gone when it stops in order.  A new one says so and is answered by the others, on
 * its own queue.
 * A router hears itself, too: then the others have heard it or will, and it is ready.  By the same
 * sign it notices who is silent: a peer is forgotten when three announcements of one's own came
 * back without one of its.  So a broker that is away costs nobody a peer.
 *
 * An announcement is signed (keyring.h) over the service's exchange, what it says, instance, address
 * and time; each of an instance has a later time than the one before.  One that does not hold, whose
 * time is too far from this clock, that came before, or that gives a living peer another address, is
 * not believed: it is counted (announcements_refused), logged once a second at most, and changes
 * nothing.  So an edge connects to no address that was not proved.
 */
#ifndef WARREN_GATEWAY_PEERS_H
#define WARREN_GATEWAY_PEERS_H

#include "gateway/gateway.h"

struct warren_peers;

/* The edge is open, with the gateway's keys.  Announces; returns 0; -EINVAL for an address that peers cannot use, -ENOMEM;
 * both with `error`.  Owns: caller. */
int warren_peers_open(struct warren_gateway_state *gateway, struct warren_peers **ret,
	struct warren_error *error) WARREN_MUST_CHECK;

/* Says good-bye.  NULL: nothing. */
void warren_peers_close(struct warren_peers *peers);

/* Whether this router's own announcement has come back.  Thread: any. */
bool warren_peers_ready(const struct warren_peers *peers);

/* Takes an announcement; without peers (NULL) nobody is told.  Returns false when the message is none.
 * Thread: the loop's. */
bool warren_peers_take(
	struct warren_gateway_state *gateway, const struct warren_broker_delivery *delivery);

#endif
