/*
 * The other edges of a system: where each listens for its peers, and what only peers may ask.
 *
 * A sid is `<instance>.<random>`, so that any edge knows whose session a request belongs to.  What
 * a load balancer gave to the wrong edge is passed on to the right one's internal listener.
 *   cluster    who the peers are;  routes of the internal listener
 *   proof      by what edges believe each other;  numbers: each call once
 *   link       one HTTP request to a peer: signs it, and judges the answer
 *   serve      what peers ask: judges each call, and signs the answer
 *   peer       a request of our own to a peer
 *   pass       a client's request that a peer answers
 *   relay      a client's WebSocket that is a peer's
 * A connection that came in through the internal listener is a peer's: it counts against no
 * client's limits, begins no session, and is never passed on again.
 *
 * The table of peers may be read and written on any thread; everything else is the loop's.
 */
#ifndef WARREN_EDGE_CLUSTER_H
#define WARREN_EDGE_CLUSTER_H

#include <sys/socket.h>

#include "base/keyring.h"
#include "base/seldom.h"
#include "edge/internal.h"

struct warren_link;
struct warren_http;
struct warren_numbers;

struct warren_peer_address {
	char instance[WARREN_INSTANCE_MAX];
	struct sockaddr_storage socket;
	socklen_t len;
	char text[64]; /* "host:port" */
};

struct warren_cluster {
	struct warren_edge *edge;
	pthread_mutex_t lock;
	struct warren_map *peers;       /* instance -> struct warren_peer_address, under the lock */
	struct warren_keyring *keys;    /* NULL: none, then there are no peers */
	struct warren_numbers *numbers; /* of the peers' calls */
	uint64_t number;                /* of the latest call to a peer */
	struct warren_seldom refusal_told;
	struct warren_route *routes;
	struct warren_link *links, *kept;           /* see link.h; kept: the latest first */
	size_t link_count, kept_count, relay_count; /* together at most max_passed */
};

/* Returns 0; -EINVAL with `error` for a key that is none; -ENOMEM. */
int warren_cluster_open(struct warren_edge *edge, struct warren_error *error) WARREN_MUST_CHECK;

/* Ends every link and tells whoever waits for one; again: nothing. */
void warren_cluster_close(struct warren_edge *edge);

/* Looks a peer up.  Returns false when it is not known, or is this edge. */
bool warren_peer_find(
	struct warren_edge *edge, const char *instance, struct warren_peer_address *ret);

/* Whether a refusal may be logged now: once a second, and all else is only counted. */
bool warren_cluster_may_tell(struct warren_edge *edge);

#endif
