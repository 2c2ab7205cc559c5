/*
 * A client's WebSocket whose session is a peer's.
 *
 * libwebsockets has accepted it when this begins, and from then on neither reads nor writes it: the
 * frames go to the peer's internal listener and back as bytes, unread, over a connection that was
 * upgraded with the client's own request.  So messages, fragments, masks, pings and close codes
 * pass as they are, nothing is put together here, and each side is slowed by the other as TCP does
 * it.
 * An idle one costs no buffer.  What a slow reader leaves of one read is kept until it takes it,
 * and meanwhile its source is not read.  A source that has gone behind such a reader is found by
 * asking the kernel now and then.
 */
#ifndef WARREN_EDGE_RELAY_H
#define WARREN_EDGE_RELAY_H

#include "edge/cluster/cluster.h"
#include "edge/http/conn.h"

struct warren_relay;

/* In the upgrade's check: keeps its request.  Returns 0; -ENOMEM. */
int warren_relay_prepare(struct warren_conn *conn, const struct warren_peer_address *address,
	const char *path) WARREN_MUST_CHECK;

/* The WebSocket is open.  Returns as libwebsockets' callbacks do. */
int warren_relay_open(struct warren_conn *conn);

/* The connection has gone; frees it.  None: nothing. */
void warren_relay_gone(struct warren_conn *conn);

#endif
