/*
 * Whether a client gets a session, when whoever is asked takes time for that.
 *
 * An undecided client waits: a GET is held, and watched as any held one is; a WebSocket is open,
 * and neither side says a word.  Its decision ends with the answer, with the connection, or after
 * connect_timeout, as a refusal.
 */
#ifndef WARREN_EDGE_DECIDE_H
#define WARREN_EDGE_DECIDE_H

#include "edge/engine/engine.h"

struct warren_decision {
	struct warren_edge *edge;
	struct warren_ws *ws;     /* that waits, or */
	struct warren_http *http; /* for */
	struct warren_engine *engine;
	struct warren_edge_handshake *handshake;
	struct warren_wheel_timer timer;
	char ticket[24]; /* as a key */
};

/*
 * From here on a WebSocket, whose upgrade then has the decision, or a GET waits.  Each takes the
 * handshake over in any case.  Returns 0; -ENOMEM.
 */
int warren_decision_open(
	struct warren_ws *ws, struct warren_edge_handshake *handshake) WARREN_MUST_CHECK;
int warren_decision_await(struct warren_http *http, struct warren_engine *engine,
	struct warren_edge_handshake *handshake) WARREN_MUST_CHECK;

/* Nobody waits for it any more.  NULL: nothing. */
void warren_decision_drop(struct warren_decision *decision);

/* The edge stops: whoever waits is sent away. */
void warren_decisions_end(struct warren_edge *edge);

#endif
