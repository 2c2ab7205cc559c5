/*
 * Whether a client gets a session, when whoever is asked takes time for that.
 *
 * An undecided client is a connection that waits: a GET is held, and watched as any held one is; a
 * WebSocket is open, and neither side says a word.  Its decision ends with the answer, with the
 * connection, or after connect_timeout, as a refusal.
 */
#ifndef WARREN_EDGE_DECIDE_H
#define WARREN_EDGE_DECIDE_H

#include "edge/engine/engine.h"

struct warren_decision {
	struct warren_conn *conn;
	struct warren_engine *engine;
	struct warren_edge_handshake *handshake;
	struct warren_wheel_timer timer;
	char ticket[24]; /* as a key */
};

/* From here on the connection waits.  Takes the handshake over in any case.  Returns 0; -ENOMEM. */
int warren_decision_open(struct warren_conn *conn, struct warren_engine *engine,
	struct warren_edge_handshake *handshake) WARREN_MUST_CHECK;

/* The connection waits no more; one that did not: nothing. */
void warren_decision_drop(struct warren_conn *conn);

/* The edge stops: whoever waits is sent away. */
void warren_decisions_end(struct warren_edge *edge);

#endif
