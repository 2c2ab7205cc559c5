/*
 * One WebSocket.  It is a session's transport, a probe that may become it, waits to be let in, or
 * is on its way out.
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
	struct warren_edge_session *session; /* NULL: not let in yet, or on its way out */
	struct warren_buffer *message;       /* the pieces of one; NULL: none is under way */
	bool probe, say_probe;
	uint16_t close_code; /* 0: open */
};

/* What an upgrade's check found. */
struct warren_upgrade {
	struct warren_engine *engine;
	struct warren_edge_session *session;     /* a known one, or */
	struct warren_edge_handshake *handshake; /* what the client said, until a session has it */
};

/* libwebsockets' callbacks. */
int warren_ws_confirm(struct warren_conn *conn, const char *protocol);
int warren_ws_open(struct warren_conn *conn);
void warren_ws_drop_upgrade(struct warren_conn *conn); /* none: nothing */
int warren_ws_receive(struct warren_ws *ws, uint8_t *bytes, size_t len);
/* A close frame, which libwebsockets answers with its own code unless that is refused here. */
int warren_ws_peer_closes(struct warren_ws *ws, const uint8_t *bytes, size_t len);
int warren_ws_writeable(struct warren_ws *ws);

/* Begins a session on an open WebSocket, and says so.  Takes the handshake over. */
void warren_ws_begin(struct warren_ws *ws, struct warren_engine *engine,
	struct warren_edge_handshake *handshake);
/* Closes one that has no session yet: it gets none. */
void warren_ws_refuse(struct warren_ws *ws);

/* The connection has gone; frees it. */
void warren_ws_gone(struct warren_ws *ws);

/* The session has something to send. */
void warren_ws_flush(struct warren_ws *ws);

/* Its session lets go of it: closes it. */
void warren_ws_leave(struct warren_ws *ws);
void warren_ws_drop_probe(struct warren_ws *ws);

/* Ends it without a word. */
void warren_ws_kill(struct warren_ws *ws);

#endif
