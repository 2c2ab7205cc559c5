/*
 * What a client said in its session's first HTTP request.
 *
 * The record is one block of memory and never changes; its session owns it.  It is read while
 * libwebsockets still has the request's headers, and shown to whoever may refuse the client before
 * there is a session.  Header names are in lower case.
 */
#ifndef WARREN_EDGE_HANDSHAKE_H
#define WARREN_EDGE_HANDSHAKE_H

#include "edge/http/conn.h"

/* Returns the record of the request on that connection, for the engine at `path`, which outlives
 * it; NULL when memory is out.  Owns: caller (free). */
struct warren_edge_handshake *warren_handshake_read(
	struct warren_conn *conn, const char *path) WARREN_MUST_CHECK;

/*
 * Asks whoever may refuse a client, with a ticket of its own.  Returns 0 when it is let in;
 * WARREN_EDGE_LATER; negative, and why, when it is refused.
 */
int warren_handshake_admit(struct warren_edge *edge, struct warren_edge_handshake *handshake,
	struct warren_error *ret) WARREN_MUST_CHECK;

/* Decodes `len` characters of a query.  Returns false when they do not fit, or hold a zero. */
bool warren_percent_decode(const char *text, size_t len, char *ret, size_t size);

#endif
