/*
 * A client's WebSocket whose session is a peer's.
 *
 * libwebsockets has accepted it when this begins, and from then on neither reads nor writes it: the
 * frames go to the peer's internal listener and back as bytes, unread, over a connection that was
 * upgraded with the client's own request.  So messages, fragments, masks, pings and close codes
 * pass as they are, nothing is put together here, and each side is slowed by the other as TCP does
 * it.
 * An idle one costs no buffer.  The bytes that a slow reader leaves of one read are kept until it takes
 * them, and meanwhile their source is not read.  A source that has gone behind such a reader is found by
 * asking the kernel now and then.
 */
#ifndef WARREN_EDGE_RELAY_H
#define WARREN_EDGE_RELAY_H

#include "edge/http/conn.h"

/* In the check of an upgrade to that session: keeps its request, and has the WebSocket from there
 * on.  Returns false when it is no peer's, or memory is out. */
bool warren_relay_begin(struct warren_conn *conn, const char *path, const char *sid);

#endif
