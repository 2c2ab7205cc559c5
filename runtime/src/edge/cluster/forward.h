/*
 * A client's request, written again for the peer that its session belongs to.
 *
 * The headers and the query that Engine.IO looks at in a request of a session go along as they
 * came; the session knows its client's address from its first request.  Only requests that came in
 * through the public listener are passed on.  The request is built while libwebsockets still has its headers.
 */
#ifndef WARREN_EDGE_FORWARD_H
#define WARREN_EDGE_FORWARD_H

#include "base/buffer.h"
#include "edge/cluster/cluster.h"
#include "edge/http/conn.h"

/* Whether the session is a known peer's, and this connection's requests may be passed on. */
bool warren_forward_find(
	const struct warren_conn *conn, const char *sid, struct warren_peer_address *ret);

/* Returns the headers that go along, with `more` before them; NULL when memory is out.  Owns:
 * caller. */
char *warren_forward_headers(const struct warren_conn *conn, const char *more) WARREN_MUST_CHECK;

#endif
