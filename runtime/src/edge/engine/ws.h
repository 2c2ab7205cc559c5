/*
 * One WebSocket, from its upgrade on.  It waits to be opened and let in, is a session's transport,
 * or a probe that may become it, or is on its way out.
 *
 * libwebsockets hands messages over in pieces, and sends one message each time the socket is
 * writeable. A socket that is to be closed says so with a close frame at its next turn; one that
 * does not get there in time is killed.
 */
#ifndef WARREN_EDGE_WS_H
#define WARREN_EDGE_WS_H

#include "base/buffer.h"
#include "edge/engine/engine.h"

struct warren_ws {
	struct warren_conn *conn;
	struct warren_upgrade *upgrade;      /* NULL: it has been opened and decided on */
	struct warren_edge_session *session; /* NULL: not let in yet, or on its way out */
	struct warren_buffer *message;       /* the pieces of one; NULL: none is under way */
	bool open;
	bool probe, say_probe;
	bool text_alone;     /* the client asked for no binary frames */
	bool peer_closes;    /* its close frame came, and is being answered */
	uint16_t close_code; /* 0: open */
};

/* What an upgrade's check found. */
struct warren_upgrade {
	struct warren_engine *engine;
	struct warren_edge_session *session;     /* a known one, or */
	struct warren_decision *decision;        /* that is awaited, or */
	struct warren_edge_handshake *handshake; /* what the client said, until a session has it */
};

/* Checks an upgrade.  Returns as libwebsockets' callback does. */
int warren_ws_confirm(struct warren_conn *conn, const char *protocol);

/* It has been decided: begins a session, and takes the handshake over; or closes it. */
void warren_ws_let_in(struct warren_ws *ws, struct warren_edge_handshake *handshake);
void warren_ws_refuse(struct warren_ws *ws);

/* The session has something to send. */
void warren_ws_flush(struct warren_ws *ws);

/* Its session lets go of it: closes it. */
void warren_ws_leave(struct warren_ws *ws);
void warren_ws_drop_probe(struct warren_ws *ws);

/* Ends it without a word. */
void warren_ws_kill(struct warren_ws *ws);

#endif
