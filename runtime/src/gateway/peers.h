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
 */
#ifndef WARREN_GATEWAY_PEERS_H
#define WARREN_GATEWAY_PEERS_H

#include "gateway/gateway.h"

struct warren_peers;

/* The edge is open.  Announces; returns 0; -EINVAL for an address that peers cannot use, -ENOMEM;
 * both with `error`.  Owns: caller. */
int warren_peers_open(struct warren_gateway_state *gateway, struct warren_peers **ret,
	struct warren_error *error) WARREN_MUST_CHECK;

/* Says good-bye.  NULL: nothing. */
void warren_peers_close(struct warren_peers *peers);

/* Whether this router's own announcement has come back.  Thread: any. */
bool warren_peers_ready(const struct warren_peers *peers);

/* Takes an announcement.  Returns false when the message is none.  Thread: the broker's. */
bool warren_peers_take(struct warren_peers *peers, const struct warren_broker_delivery *delivery);

#endif
