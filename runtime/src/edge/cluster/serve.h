/*
 * The requests of peers, over this edge's internal listener.
 *
 * Each call comes through here before anything else looks at it: warren_serve_begin for a request,
 * warren_serve_upgrade for a WebSocket.  A call that does not prove itself (proof.h) is answered 403,
 * counted as peers_refused, and logged once a second at most; nothing else becomes of it.  Of one
 * that does, the body is read and held against what was signed, and then it goes where a client's
 * would, or to one of the routes that only peers have.  Its answer is signed when it is whole.
 */
#ifndef WARREN_EDGE_SERVE_H
#define WARREN_EDGE_SERVE_H

#include "edge/http/http.h"

/* Where the proof of an answer goes, see struct warren_ways. */
extern const char warren_serve_blank[];

void warren_serve_begin(struct warren_http *http);

/* Returns whether the upgrade may go on; if not, it has been answered. */
bool warren_serve_upgrade(struct warren_conn *conn);

void warren_serve_seal(struct warren_http *http);
void warren_serve_prove(struct warren_conn *conn, int status, const void *body, size_t len,
	char ret[WARREN_PROOF_LINE_SIZE]);

#endif
