/*
 * The edge: an Engine.IO v4 / Socket.IO v5 server (EIO=4) on HTTP/1.1, for the stock
 * socket.io-client.
 *
 * Model
 * - An edge is one listener and one loop thread.  It knows no broker and no schema; events are a
 * name and the exact JSON text of their arguments ("1,{\"a\":2}" for two of them, without the
 * brackets), passed on unchanged.
 * - A *socket* is one client in one namespace.  Its address `sid` is text, `<instance>.<random>`;
 * it may be kept and used from any thread, also after the socket has gone: then nothing happens.
 * - Callbacks run on the loop thread and must not block.  A `struct warren_edge_socket *` is valid
 * during the callback only.
 * - Output is queued per socket and bounded; a reader that falls behind is dropped, not buffered.
 *
 * Life: open, add namespaces, handlers and routes, run (blocks), stop from any thread, close.
 */
#ifndef WARREN_EDGE_H
#define WARREN_EDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "warren/api.h"
#include "warren/code.h"
#include "warren/log.h"

#ifdef __cplusplus
extern "C" {
#endif

struct warren_edge;
struct warren_edge_namespace;
struct warren_edge_socket;
struct warren_edge_session;

/* What a client said in the first HTTP request of its session.  Lives as long as the callback. */
struct warren_edge_handshake {
	const char *path;    /* "/socket.io/" */
	const char *query;   /* "a=b&c", percent-encoded */
	const char *headers; /* a line "name: value\n" for each, names in lower case */
	const char *address; /* the peer's */
	const char *auth;    /* the CONNECT payload's JSON; "{}" when none, or not yet */
	int64_t time_ms;     /* since 1970 */
	uint64_t ticket;     /* names this client to warren_edge_decide */
	bool secure, cross_domain;
};

/* What a callback returns that decides later. */
#define WARREN_EDGE_LATER 1

/*
 * A client wants a session.  Return 0 to let it; negative to refuse it with what `error->message`
 * says (403); or WARREN_EDGE_LATER, and call warren_edge_decide with the handshake's ticket.
 */
typedef int (*warren_edge_on_allow)(
	const struct warren_edge_handshake *handshake, struct warren_error *error, void *data);

struct warren_loop;

/* 0 and NULL mean the default that is named. */
struct warren_edge_options {
	struct warren_loop *loop;   /* base/loop.h; NULL: one of its own, see warren_edge_run */
	const char *host;           /* "0.0.0.0" */
	uint16_t port;              /* 0: any free one, see warren_edge_port */
	const char *instance;       /* first part of each sid; random when NULL */
	struct warren_log *log;     /* NULL: silent */
	const char *path;           /* "/socket.io/" */
	const char *client_scripts; /* folder of socket.io.js and others, served below path; none */
	const char *cors_origins;   /* comma separated, "*" for all; NULL: same origin only */
	const char *headers;        /* names of unusual request headers to keep: "x-a,x-b"; none */
	bool forget_handshake;      /* drop it when its client has joined; see there */
	warren_edge_on_allow allow; /* all clients */
	void *allow_data;
	const char *tls_certificate;  /* PEM file, the chain behind it; NULL: no TLS */
	const char *tls_key;          /* PEM file, without a password */
	uint32_t ping_interval_ms;    /* 25000 */
	uint32_t ping_timeout_ms;     /* 20000 */
	uint32_t connect_timeout_ms;  /* 45000: from handshake to CONNECT */
	uint32_t upgrade_timeout_ms;  /* 10000 */
	uint32_t header_timeout_ms;   /* 15000: from accept to the end of a request's head */
	uint32_t request_timeout_ms;  /* 60000: from there to the end of its body */
	uint32_t response_timeout_ms; /* 30000: for each 64 KiB of an answer to be taken */
	uint32_t keep_alive_ms; /* 30000: from an answer to the end of the next request's head */
	uint32_t max_head;    /* 8192 bytes, 1024 to 32768; each request under way holds as much */
	uint32_t max_payload; /* 1000000 bytes */
	uint32_t max_attachments;             /* 10 */
	uint32_t max_depth;                   /* 32: JSON */
	uint32_t max_connections;             /* 15000 */
	uint32_t max_connections_per_address; /* no limit; as many sessions, too */
	const char *trusted_proxies;   /* "10.0.0.0/8,::1": whose X-Forwarded-For counts; none */
	uint32_t max_handshakes_per_s; /* 2000 new sessions */
	uint32_t handshake_burst;      /* max_handshakes_per_s at once */
	uint32_t max_output;           /* 4 MiB per socket */
	uint32_t max_rooms;            /* 100 per socket */
	uint32_t max_room_name;        /* 256 bytes, of a user's name, too */
	uint32_t max_acks;             /* 100 per socket: events that wait for an answer */
	uint32_t max_posts;            /* 65536: what other threads ask that waits for the loop */
	uint32_t max_post_bytes;       /* 64 MiB of it */
	/* Connection state recovery, see warren_edge_recovered. */
	uint32_t recovery_ms;          /* 0, off: how long a socket may come back */
	uint32_t recovery_max_events;  /* 1000 per socket that are not known to be received */
	uint32_t recovery_max_bytes;   /* 1 MiB per socket of them */
	uint32_t recovery_max_memory;  /* 256 MiB of them in all */
	uint32_t recovery_max_sockets; /* max_connections: sockets that may come back */
	bool recovery_offset_event;    /* send WARREN_EDGE_OFFSET_EVENT after each CONNECT */

	/* Other edges; see warren_edge_peer. */
	const char *internal_host; /* NULL: no listener for them */
	uint16_t internal_port;    /* 0: any free one, see warren_edge_internal_port */
	uint32_t max_passed;       /* 10000 clients passed on to others, and as many from them */
	uint32_t peer_timeout_ms;  /* 2000: to reach another edge, and to be answered */
	/* The key by which edges believe each other, at least 32 characters; "new,old": the first
	 * signs, both are believed.  NULL: there are no other edges, and no listener for them. */
	const char *cluster_key;
};

/* Returns 0; -EADDRINUSE and other -errno of bind with `error`; -EINVAL; -ENOMEM.  Owns: caller. */
int warren_edge_open(const struct warren_edge_options *options, struct warren_edge **ret,
	struct warren_error *error) WARREN_MUST_CHECK;

/* Runs the edge's own loop until warren_edge_stop.  Returns 0. */
int warren_edge_run(struct warren_edge *edge);

/*
 * Takes connections on the loop that the options name; after warren_edge_stop `on_end` is called
 * there once, when nothing of the edge runs any more.  Thread: any.
 */
void warren_edge_start(struct warren_edge *edge, void (*on_end)(void *data), void *data);

/* Takes no new connection, sends what is queued for at most `drain_ms`, closes all sockets. Thread:
 * any. */
void warren_edge_stop(struct warren_edge *edge, uint32_t drain_ms);

/* After run has returned, or `on_end` was called (or the edge never began). */
void warren_edge_close(struct warren_edge *edge);

/*
 * Reads the files of tls_certificate and tls_key again, for connections that begin from now on.
 * Returns 0; -EINVAL with `error`, and -ENOMEM, -EAGAIN: the former pair stays in use; -ENOENT
 * without TLS.  Thread: any.
 */
int warren_edge_reload_tls(struct warren_edge *edge, struct warren_error *error) WARREN_MUST_CHECK;

uint16_t warren_edge_port(const struct warren_edge *edge);

/* ---- other edges ---- */

/*
 * Several edges behind a load balancer that knows nothing of sessions: a sid begins with the name
 * of its edge, and an edge that meets the session of another passes the request or the WebSocket on
 * to it, unchanged, if it knows where the other listens for that: its internal listener, plain TCP.
 * Each call there is signed with a key that all edges have (cluster_key), and taken once, and so are
 * its answers: others are refused, and counted as peers_refused.  What a WebSocket carries is not
 * signed, and nothing is encrypted: the listener belongs on a network that nobody else reads or
 * writes.  The clocks of two edges may be ten minutes apart.  Each process has a name of its own
 * (`instance`; NULL makes one): one with the name of another would take its calls of the last ten
 * minutes once more.
 */

/* 0 when there is no internal listener. */
uint16_t warren_edge_internal_port(const struct warren_edge *edge);

/*
 * Says where the internal listener of edge `instance` is: "192.0.2.1:7000" or "[2001:db8::1]:7000",
 * no names; NULL forgets it.  Returns 0; -EINVAL; -EPERM without a cluster_key; -ENOSPC with 1024 of
 * them; -ENOMEM.  Thread: any.
 */
int warren_edge_peer(struct warren_edge *edge, const char *instance, const char *address);

/* ---- namespaces and events (before run) ---- */

/* Adds a namespace ("/", "/custom").  Returns NULL when memory is out, and for a name that is none:
 * it begins with '/', has no ',' and at most 128 bytes.  Owns: edge. */
struct warren_edge_namespace *warren_edge_namespace(struct warren_edge *edge, const char *name);

/*
 * A client asks to join; `auth` is the CONNECT payload's JSON ("{}" when none).  Return 0 to let it
 * in; negative to refuse it with what `error->message` says (CONNECT_ERROR); or WARREN_EDGE_LATER,
 * and call warren_edge_admit with the socket's sid.
 */
typedef int (*warren_edge_on_connect)(struct warren_edge_socket *socket, const char *auth,
	size_t len, struct warren_error *error, void *data);

/*
 * A client has left; `reason` as socket.io names it: "transport close", "ping timeout" …  Called
 * once for each socket that on_connect did not refuse itself, also when it was never let in:
 * "refused", or why it left before.
 */
typedef void (*warren_edge_on_disconnect)(
	struct warren_edge_socket *socket, const char *reason, void *data);

struct warren_edge_bytes {
	const uint8_t *data;
	size_t len;
};

/* One event.  Texts are not terminated beyond their length and live during the callback. */
struct warren_edge_event {
	const char *name; /* decoded and terminated */
	const char *args; /* the arguments' JSON: "", "1", "1,{\"a\":2}" */
	size_t args_len;
	uint32_t attachment_count; /* binary attachments that args refer to with placeholders */
	const struct warren_edge_bytes *attachments;
	int64_t ack_id; /* -1: no ack asked */
};

typedef void (*warren_edge_on_event)(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, void *data);

/* Limits that an event can be past while its packet can still be read. */
enum warren_edge_flaw {
	WARREN_EDGE_SOUND, /* past none */
	WARREN_EDGE_TOO_DEEP,
	WARREN_EDGE_TOO_MANY_ATTACHMENTS,
	WARREN_EDGE_TOO_LARGE /* its attachments together */
};

typedef void (*warren_edge_on_flawed)(struct warren_edge_socket *socket,
	const struct warren_edge_event *event, enum warren_edge_flaw flaw, void *data);

/*
 * A socket has ended, and events that were sent to it are not known to be received.  Texts live
 * during the callback.
 */
struct warren_edge_lost {
	const char *sid, *user;
	const char *reason;
	const char *first_event; /* its name as JSON writes it, or its beginning; "" when unknown */
	uint32_t count;
};

typedef void (*warren_edge_on_lost)(const struct warren_edge_lost *lost, void *data);

void warren_edge_connected(struct warren_edge_namespace *ns, warren_edge_on_connect fn, void *data);
void warren_edge_disconnected(
	struct warren_edge_namespace *ns, warren_edge_on_disconnect fn, void *data);

/* Handles one event by name, or with NULL all that have no handler of their own.  Returns 0;
 * -ENOMEM. */
int warren_edge_on(struct warren_edge_namespace *ns, const char *event, warren_edge_on_event fn,
	void *data) WARREN_MUST_CHECK;

/*
 * Called in place of an event's handler when the event is past a limit; it has neither arguments
 * nor attachments then, and may be answered.  Without a call such an event is dropped.  It is
 * counted in any case, and the connection goes on.
 */
void warren_edge_flawed(struct warren_edge_namespace *ns, warren_edge_on_flawed fn, void *data);

/* Called with recovery alone.  See warren_edge_recovered. */
void warren_edge_lost(struct warren_edge_namespace *ns, warren_edge_on_lost fn, void *data);

/* ---- a socket, in a callback ---- */

const char *warren_edge_sid(const struct warren_edge_socket *socket);
void *warren_edge_socket_data(const struct warren_edge_socket *socket);
void warren_edge_socket_set_data(struct warren_edge_socket *socket, void *data);
const char *warren_edge_remote_address(const struct warren_edge_socket *socket);

/*
 * Connection state recovery (option recovery_ms), as the stock client does it.
 *
 * A socket whose connection is lost (transport close, transport error, ping timeout; not one that
 * leaves or is disconnected) stays for recovery_ms: in its rooms, with its user and its data.
 * on_disconnect is called when the connection is lost.  When the client comes back in time, it is
 * the same socket: it is sent all events that it missed, in order, each once, and on_connect is
 * called again, with this being true.  It may refuse the socket, which ends it then, but
 * WARREN_EDGE_LATER lets it in, as it has been let in before.  A client may come back often, also
 * before the edge has noticed that it was gone: then its old connection is closed.
 *
 * Events without an answer, binary ones too, can be sent again, unless they are volatile.
 * Each ends with one more argument, an opaque text, its offset.  They are kept until the answer to
 * a later ping proves that they have arrived.  Volatile events, answers, and events that ask for an
 * answer are not: they go to a connection or nowhere (-ENOTCONN to who asked).
 *
 * When the socket ends otherwise than by leaving or being disconnected, what is not known to be
 * received is counted as `lost`, logged once per socket, and told to warren_edge_lost.  That is so
 * for one that does not come back in time, one that misses more than recovery_max_events or
 * recovery_max_bytes, the oldest when there are more than recovery_max_sockets or when all together
 * hold more than recovery_max_memory, and all of them when the edge stops.
 *
 * A client may come back at another edge that is a peer (warren_edge_peer), both with recovery on:
 * the socket moves there with its sid, rooms and user, but without data.  Events that are sent to its
 * sid where it was are passed on, in order; so are join, leave, set_user and disconnect; an event that
 * asks for an answer is not (-ENOTCONN).  A broadcast that reaches every edge comes once, if its
 * target has the `id` that it has at the others, it is at most 10 s later at one of them, and it
 * was not proved to be received before the client came back; without an id it may be missed while
 * the socket moves.  Events over two edges may change places.  If the first edge does not
 * answer within 5 s, or has gone, it is a new socket.
 *
 * Data that is left with a socket in on_disconnect is given back if the socket comes back, and
 * forgotten if not: own it elsewhere, or let go of it in on_disconnect.
 */
bool warren_edge_recovered(const struct warren_edge_socket *socket);

/* The event after each CONNECT: {"recovered":false}, or true, and an offset. */
#define WARREN_EDGE_OFFSET_EVENT "warrenOffset"

/* Whom warren_edge_set_user named; "" for nobody. */
const char *warren_edge_user(const struct warren_edge_socket *socket);

/* With the option forget_handshake, once the first socket of its client is in its namespace: only
 * the address. */
void warren_edge_handshake(
	const struct warren_edge_socket *socket, struct warren_edge_handshake *ret);

/*
 * Copy the first query argument of that name, decoded; or the first header.  False when there is
 * none, or it does not fit (with its end).
 */
bool warren_edge_handshake_query(
	const struct warren_edge_handshake *handshake, const char *name, char *ret, size_t size);
bool warren_edge_handshake_header(
	const struct warren_edge_handshake *handshake, const char *name, char *ret, size_t size);

/*
 * What a handler says most, to the socket that it was called for.  `args` is text of JSON, as in an
 * event; NULL is memory that is out, so that what returns such text may stand there.  Each returns
 * as warren_edge_emit; 0 without doing anything when an answer is to be given that nobody asked
 * for.
 */
int warren_edge_send(struct warren_edge_socket *socket, const char *event, const char *args);
int warren_edge_send_bytes(
	struct warren_edge_socket *socket, const char *event, const void *bytes, size_t len);

/* Answers an event. */
int warren_edge_reply(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, const char *args);

/* Sends an event's arguments back, attachments included: as event `as`, or with NULL as answer. */
int warren_edge_echo(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, const char *as);

/*
 * Sends an event whose answer is handled by `fn`, as an event without a name.  It is not called
 * when none comes; warren_edge_emit_ack tells of that, too.
 */
int warren_edge_ask(struct warren_edge_socket *socket, const char *event, const char *args,
	warren_edge_on_event fn, void *data);

/*
 * Text of JSON that lives as long as the callback: any text as a string; the handshake as an object
 * with the names that socket.io gives its parts (headers, time, address, xdomain, secure, issued,
 * url, query, auth).  NULL when memory is out.
 */
const char *warren_edge_quote(struct warren_edge_socket *socket, const char *text);
const char *warren_edge_handshake_json(struct warren_edge_socket *socket);

/* For calls that a socket has not. */
struct warren_edge *warren_edge_of(const struct warren_edge_socket *socket);

/* ---- sending (any thread; `args` as in an event; copied) ---- */

/*
 * Returns 0, also when no such socket is there any more; -EAGAIN when too much waits for the loop;
 * -EMSGSIZE for more than may ever wait; -ENOMEM.
 */
int warren_edge_emit(
	struct warren_edge *edge, const char *sid, const char *event, const char *args, size_t len);

/* To all sockets of namespace `ns`, but `except` (may be NULL).  Returns as warren_edge_emit. */
int warren_edge_broadcast(struct warren_edge *edge, const char *ns, const char *except,
	const char *event, const char *args, size_t len);

/*
 * Puts a socket in a room of its namespace, or takes it out.  One that is in max_rooms already
 * stays out, which is logged.  Returns as warren_edge_emit; -EINVAL for a name that is empty, too
 * long, or a user's.
 */
int warren_edge_join(struct warren_edge *edge, const char *sid, const char *room);
int warren_edge_leave(struct warren_edge *edge, const char *sid, const char *room);

/*
 * Says whose socket that is; NULL or "": nobody's.  All sockets of a user are in the room
 * `user:<user>` of their namespace, which nothing else joins or leaves and which does not count as
 * one of max_rooms.  Returns as warren_edge_emit; -EINVAL when it is longer than max_room_name.
 */
int warren_edge_set_user(struct warren_edge *edge, const char *sid, const char *user);

/*
 * Whom a broadcast reaches: the sockets of a namespace that are in any of the rooms `to`, and in
 * none of `except`.  Each gets it once.  A sid is the room of that socket alone.
 */
struct warren_edge_target {
	const char *ns;
	const char *const *to; /* none: all sockets */
	size_t to_count;
	const char *const *except;
	size_t except_count;
	bool is_volatile; /* not to those whose connection cannot take it at once */
	bool must_reach;  /* a broadcast that none of them is there for is `lost`, and logged */
	const char *id;   /* what other edges call the same broadcast; may be NULL */
};

/* Returns as warren_edge_emit. */
int warren_edge_broadcast_to(struct warren_edge *edge, const struct warren_edge_target *target,
	const char *event, const char *args, size_t len);

/*
 * The same for the sockets of a target, as they are when the loop comes to it: join, leave, whose
 * they are, and disconnect (see there).  Return as theirs.
 */
int warren_edge_join_to(
	struct warren_edge *edge, const struct warren_edge_target *target, const char *room);
int warren_edge_leave_to(
	struct warren_edge *edge, const struct warren_edge_target *target, const char *room);
int warren_edge_set_user_to(
	struct warren_edge *edge, const struct warren_edge_target *target, const char *user);
int warren_edge_disconnect_to(
	struct warren_edge *edge, const struct warren_edge_target *target, bool close_transport);

int warren_edge_broadcast_binary(struct warren_edge *edge, const struct warren_edge_target *target,
	const char *event, const char *args, size_t len,
	const struct warren_edge_bytes *attachments, uint32_t count);

/* Answers an event that asked for an ack. Returns as warren_edge_emit. */
int warren_edge_ack(
	struct warren_edge *edge, const char *sid, int64_t ack_id, const char *args, size_t len);

/*
 * The answer to an event, or why there is none: `result` is 0, or `answer` NULL and it is
 * -ETIMEDOUT; -ENOTCONN when the socket has gone; -EAGAIN when it has too many to answer already.
 */
typedef void (*warren_edge_on_ack)(int result, const struct warren_edge_event *answer, void *data);

/*
 * An event that asks for an answer within `timeout_ms` (0: 20000).  When this returns 0, `fn` is
 * called once, on the loop thread or in warren_edge_close.  Returns as warren_edge_emit.
 */
int warren_edge_emit_ack(struct warren_edge *edge, const char *sid, const char *event,
	const char *args, size_t len, uint32_t timeout_ms, warren_edge_on_ack fn, void *data);

/*
 * The answer of the socket `sid` to a broadcast, whereby `answered` have answered; or, with both
 * NULL, the end: so many of the `expected` have answered in time, and the others will not.
 */
typedef void (*warren_edge_on_answer)(const char *sid, const struct warren_edge_event *answer,
	uint32_t answered, uint32_t expected, void *data);

/*
 * A broadcast that asks each socket for an answer within `timeout_ms` (0: 20000).  When this
 * returns 0, `fn` is called for each answer and once at the end, on the loop thread or in
 * warren_edge_close.  Returns as warren_edge_emit.
 */
int warren_edge_broadcast_ack(struct warren_edge *edge, const struct warren_edge_target *target,
	const char *event, const char *args, size_t len, uint32_t timeout_ms,
	warren_edge_on_answer fn, void *data);

/* With attachments that `args` refers to with {"_placeholder":true,"num":n}. */
int warren_edge_emit_binary(struct warren_edge *edge, const char *sid, const char *event,
	const char *args, size_t len, const struct warren_edge_bytes *attachments, uint32_t count);
int warren_edge_ack_binary(struct warren_edge *edge, const char *sid, int64_t ack_id,
	const char *args, size_t len, const struct warren_edge_bytes *attachments, uint32_t count);

/*
 * Takes a socket out of its namespace and tells the client.  With `close_transport` out of all of
 * its namespaces, and the connection ends when what is queued has been sent.  Returns as
 * warren_edge_emit.
 */
int warren_edge_disconnect(struct warren_edge *edge, const char *sid, bool close_transport);

/* ---- deciding later (any thread) ---- */

/*
 * Ends the wait of a client whose on_allow returned WARREN_EDGE_LATER: `refusal` NULL lets it have
 * its session, else it is told the message (403 over polling; a WebSocket, which is open already,
 * is closed).  Of several calls the first counts, and none after connect_timeout, when the client
 * is refused, nor when it has gone.  Returns as warren_edge_emit.
 */
int warren_edge_decide(
	struct warren_edge *edge, uint64_t ticket, const struct warren_error *refusal);

/*
 * The same for a socket whose on_connect returned WARREN_EDGE_LATER.  Until then nothing that is
 * sent reaches it, broadcasts to its rooms included, though it may join them.  After
 * connect_timeout it is refused.
 */
int warren_edge_admit(
	struct warren_edge *edge, const char *sid, const struct warren_error *refusal);

/* `result` is 0; -ECANCELED when the edge is closed first. */
typedef void (*warren_edge_on_time)(int result, void *data);

/*
 * Calls `fn` after `delay_ms`; at most max_posts of them wait.  When this returns 0, `fn` is called
 * once: on the loop thread, or in warren_edge_close.  Returns as warren_edge_emit.
 */
int warren_edge_after(
	struct warren_edge *edge, uint32_t delay_ms, warren_edge_on_time fn, void *data);

/* ---- HTTP beside Socket.IO ---- */

struct warren_edge_request {
	const char *method, *path,
		*query; /* path decoded and normalised, without "..", query as sent */
	const char *body;
	size_t body_len;
};

/* Fill it; texts are copied after the callback. */
struct warren_edge_response {
	int status;                /* 200 */
	const char *content_type;  /* "text/plain; charset=utf-8" */
	const char *cache_control; /* "no-store" */
	const void *body;
	size_t body_len;
};

typedef void (*warren_edge_on_request)(const struct warren_edge_request *request,
	struct warren_edge_response *response, void *data);

/* Adds a route; `path` ending in '*' takes all below it.  The longest match wins.  Returns 0;
 * -EEXIST; -ENOMEM. */
int warren_edge_http(struct warren_edge *edge, const char *method, const char *path,
	warren_edge_on_request fn, void *data) WARREN_MUST_CHECK;

/* Serves the files of a folder below `path`; `index.html` for the folder itself.  Returns 0;
 * -ENOENT; -ENOMEM. */
int warren_edge_files(
	struct warren_edge *edge, const char *path, const char *folder) WARREN_MUST_CHECK;

/* ---- Engine.IO without Socket.IO (before run) ---- */

/* A message of a session, which is valid during the callback only.  Runs on the loop thread. */
typedef void (*warren_edge_on_message)(struct warren_edge_session *session, bool binary,
	const void *bytes, size_t len, void *data);

/* Serves Engine.IO alone at `path` ("/engine.io/").  Returns 0; -EEXIST; -ENOMEM. */
int warren_edge_raw(struct warren_edge *edge, const char *path, warren_edge_on_message fn,
	void *data) WARREN_MUST_CHECK;

/* Sends a message.  Returns 0; -ENOMEM.  Thread: the loop's, in the callback. */
int warren_edge_session_send(
	struct warren_edge_session *session, bool binary, const void *bytes, size_t len);

struct warren_edge_counters {
	uint64_t connections, sessions, sockets, handshakes, upgrades, events_in, events_out,
		bytes_in, bytes_out, refused, slow_readers, ping_timeouts, bad_packets;
	uint64_t passed_on;     /* requests and WebSockets of other edges' sessions */
	uint64_t passed_failed; /* of these: the other edge could not be reached, or went away */
	uint64_t peers_refused; /* calls at the internal listener that did not prove themselves */
	/*
	 * What a limit refused or ended, by the limit; docs/LIMITS.md says which.  `refused` is the
	 * sum of these but keep_alive_timeouts, and of all else that was refused.
	 */
	uint64_t refused_full, refused_address, refused_storm, header_timeouts, request_timeouts,
		response_timeouts, keep_alive_timeouts, heads_too_large, bad_heads,
		connect_timeouts, upgrade_timeouts, too_large, too_deep, too_many_attachments,
		too_many_rooms, too_many_acks, names_too_long, posts_full;
	uint64_t refused_origin; /* pages of other origins, in `refused`, too */
	uint64_t parked;         /* sockets that may come back; not among `sockets` */
	uint64_t recovered;      /* that came back */
	uint64_t handed_over;    /* that came back at another edge */
	uint64_t lost; /* events that are not known to be received, see warren_edge_lost */
};
void warren_edge_counters(struct warren_edge *edge, struct warren_edge_counters *ret);

#ifdef __cplusplus
}
#endif

#endif
