/*
 * Engine.IO v4: sessions over HTTP long-polling and WebSocket.
 *
 * A session begins with a handshake on either transport, lives while its client answers pings, and
 * may move from polling to WebSocket once.  Packets to the client wait in one queue, whatever
 * the transport, so that order holds through the upgrade; a queue past `max_output` ends the session.
 * Above it stands an application: the Socket.IO layer, or a raw one.
 *
 * A session may be closed at any time, also by its application while it handles a message; its
 * memory is given back when the last such call has returned.
 */
#ifndef WARREN_EDGE_ENGINE_H
#define WARREN_EDGE_ENGINE_H

#include "edge/engine/payload.h"
#include "edge/http/conn.h"

struct warren_http;
struct warren_ws;

struct warren_engine_app {
	/* A session has begun.  Returns 0; negative ends it. */
	int (*opened)(struct warren_edge_session *session, void *data);
	/* A message; its bytes live during the call and may be changed.  Negative: a bad one. */
	int (*message)(struct warren_edge_session *session, bool binary, uint8_t *bytes, size_t len,
		void *data);
	void (*closed)(struct warren_edge_session *session, const char *reason, void *data);
	/* All that was sent before the latest ping has arrived.  May be NULL. */
	void (*arrived)(struct warren_edge_session *session, void *data);
	/* The edge is closed.  May be NULL. */
	void (*freed)(void *data);
};

struct warren_engine {
	struct warren_edge *edge;
	char *path;
	const struct warren_engine_app *app;
	void *data;
	struct warren_map *sessions; /* sid -> struct warren_edge_session */
	struct warren_frame *ping;
	struct warren_engine *next;
};

struct warren_edge_session {
	struct warren_engine *engine;
	struct warren_edge_handshake *handshake; /* NULL: forgotten */
	uint32_t pings;                          /* sent, or queued */
	uint16_t busy;      /* calls that have not returned; see warren_session_enter */
	bool websocket : 1; /* the transport: polling until then */
	bool closed : 1, awaiting_pong : 1;
	bool forgiven : 1; /* a ping is not waited for any more, but may be answered */
	bool ending : 1;   /* closes when the queue has been sent */
	bool probed : 1;   /* the probe has said 2probe */

	struct warren_http *held, *posting; /* polling */
	struct warren_ws *ws;               /* the transport */
	struct warren_ws *probe;            /* may become it */

	struct warren_backlog out;
	struct warren_wheel_timer ping_timer;
	void *app;
	char sid[]; /* and behind its end the peer's address */
};

enum warren_engine_error {
	WARREN_ENGINE_UNKNOWN_TRANSPORT,
	WARREN_ENGINE_UNKNOWN_SID,
	WARREN_ENGINE_BAD_HANDSHAKE_METHOD,
	WARREN_ENGINE_BAD_REQUEST,
	WARREN_ENGINE_FORBIDDEN,
	WARREN_ENGINE_BAD_VERSION
};

/* Adds an engine.  Returns 0; -EEXIST; -ENOMEM.  `data` is the application's, given back through
 * freed. */
int warren_engine_open(struct warren_edge *edge, const char *path,
	const struct warren_engine_app *app, void *data) WARREN_MUST_CHECK;
void warren_engines_close(struct warren_edge *edge);
struct warren_engine *warren_engine_find(struct warren_edge *edge, const char *path);

/* ---- sessions ---- */

/* Returns a new session; NULL when memory is out or the edge is stopping.  Takes the handshake over
 * in any case. */
struct warren_edge_session *warren_session_open(struct warren_engine *engine,
	struct warren_edge_handshake *handshake, bool websocket) WARREN_MUST_CHECK;

/* The peer's address, in the session's first request. */
const char *warren_session_address(const struct warren_edge_session *session);

/* Drops what the client said at first, but its address. */
void warren_session_forget(struct warren_edge_session *session);

/* Writes the open packet, without its type character.  Returns its length. */
size_t warren_session_handshake(const struct warren_edge_session *session, char *ret, size_t size);

/* Between these the session's memory stays, whatever happens. */
void warren_session_enter(struct warren_edge_session *session);
void warren_session_leave(struct warren_edge_session *session);

/* Takes one packet from the client.  Returns 0; negative for a bad one, which the caller closes
 * for. */
int warren_session_receive(
	struct warren_edge_session *session, struct warren_engine_packet *packet);

/* Queues a frame, whose reference stays with the caller.  To a closed session: nothing. */
void warren_session_send(struct warren_edge_session *session, struct warren_frame *frame);

/* Whether a frame would go out at once. */
bool warren_session_is_idle(const struct warren_edge_session *session);

/* Makes the probing WebSocket the transport. */
void warren_session_upgrade(struct warren_edge_session *session);

/* Closes a session once what is queued has been sent; until then it takes no message. */
void warren_session_end(struct warren_edge_session *session);
void warren_session_sent(struct warren_edge_session *session); /* the queue may be empty */

/* Ends a session; a held GET is answered with a close packet.  Again: nothing. */
void warren_session_close(struct warren_edge_session *session, const char *reason);

/* Counts and tells that a peer's bytes were bad. */
void warren_session_bad(const struct warren_edge_session *session, const char *reason);

/* ---- over polling (polling.c) ---- */

/* Takes a request whose path is an engine's.  Returns false when it is none's. */
bool warren_polling_begin(struct warren_http *http);
/* Begins a session and says so.  Takes the handshake over. */
void warren_polling_open(struct warren_http *http, struct warren_engine *engine,
	struct warren_edge_handshake *handshake);
/* Answers 403 with what the refusal says; NULL: 503. */
void warren_polling_refuse(struct warren_http *http, const struct warren_error *refusal);
/* Takes what a client posted; the bytes may be changed.  Returns 0; negative for a bad one, which
 * ends the session. */
int warren_polling_take(struct warren_edge_session *session, uint8_t *payload, size_t len);
/* A request and its session part.  Returns the session, NULL when it has ended before. */
struct warren_edge_session *warren_polling_part(struct warren_http *http);
void warren_polling_unknown(struct warren_http *http); /* the session is nobody's */
/* The content type of what a session's request is answered. */
const char *warren_polling_type(const struct warren_http *http, int status);
/* Answers 413 to a body past the limit; others: returns false. */
bool warren_polling_refuse_large(struct warren_http *http);
void warren_polling_flush(struct warren_edge_session *session);
void warren_polling_release(struct warren_edge_session *session, const char *packet);

/* No refusal's body is longer. */
#define WARREN_REFUSAL_SIZE (6 * WARREN_ERROR_MESSAGE_MAX + 64)

/* Returns the status and writes the body of a refusal; `message` NULL: the usual one. */
int warren_engine_error(
	enum warren_engine_error error, const char *message, char ret[WARREN_REFUSAL_SIZE]);

#endif
