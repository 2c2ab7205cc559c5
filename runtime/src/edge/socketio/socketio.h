/*
 * Socket.IO v5 over Engine.IO sessions.
 *
 * A *client* is one session; it has one socket in each namespace that it joined.  A client that has
 * joined none within connect_timeout is closed, and so is one that sends what the protocol does not
 * allow.
 */
#ifndef WARREN_EDGE_SOCKETIO_H
#define WARREN_EDGE_SOCKETIO_H

#include "edge/engine/engine.h"
#include "edge/socketio/packet.h"

struct warren_ack;
struct warren_admission;
struct warren_arrival;
struct warren_history;
struct warren_member;

struct warren_handler {
	warren_edge_on_event fn;
	void *data;
};

struct warren_edge_namespace {
	struct warren_edge *edge;
	char *name;
	struct warren_edge_namespace *next;
	warren_edge_on_connect on_connect;
	void *connect_data;
	warren_edge_on_disconnect on_disconnect;
	void *disconnect_data;
	warren_edge_on_lost on_lost;
	void *lost_data;
	warren_edge_on_flawed on_flawed;
	void *flawed_data;
	struct warren_map *handlers; /* event -> struct warren_handler */
	struct warren_handler other; /* fn NULL: events without a handler are ignored */
	struct warren_edge_socket *sockets;
	struct warren_map *rooms; /* name -> struct warren_room; NULL: there was none yet */
};

struct warren_edge_socket {
	struct warren_edge_namespace *ns;
	struct warren_client *client; /* NULL: parked; see recovery.h */
	void *data;
	char *auth;                              /* NULL: "{}" */
	struct warren_admission *admission;      /* NULL: it is in; see admit.h */
	struct warren_edge_socket *next, **link; /* of the namespace */
	struct warren_edge_socket *client_next;
	struct warren_ack *acks;            /* what waits for the client's answer */
	struct warren_member *rooms, *user; /* see room.h; NULL: nobody's */
	uint32_t ack_count, room_count;
	struct warren_history *history; /* NULL: all has been received */
	uint64_t base;                  /* see history.h */
	uint64_t round;                 /* the latest broadcast that concerned it */
	uint32_t ack_next;
	bool recovered;
	char sid[];
};

/* A binary packet whose attachments have not all come. */
struct warren_partial {
	char *text; /* of the packet, which points into it */
	struct warren_packet packet;
	struct warren_edge_bytes *attachments; /* NULL: of a flawed event, which keeps none */
	uint32_t count;
	size_t bytes;
	enum warren_edge_flaw flaw;
};

struct warren_client {
	struct warren_edge_session *session;
	struct warren_edge_socket *sockets;
	struct warren_arrival *arrivals;          /* see handover.h */
	struct warren_partial *partial;           /* NULL: none is under way */
	struct warren_wheel_alarm *connect_timer; /* NULL: it has joined */
};

static inline struct warren_edge *warren_client_edge(const struct warren_client *client)
{
	return client->session->engine->edge;
}

extern const struct warren_engine_app warren_socketio_app;

/* Returns the namespace of that name; NULL when there is none. */
struct warren_edge_namespace *warren_namespace_find(
	struct warren_edge *edge, const char *name, size_t len);
void warren_namespaces_close(struct warren_edge *edge);

/* Asks the namespace's owner about a socket, or with NULL about a new one, and tells the client
 * when it has decided. */
void warren_namespace_admit(struct warren_edge_namespace *ns, struct warren_client *client,
	struct warren_edge_socket *socket, struct warren_json_span auth);

/* Finds the client's earlier socket, or has a new one admitted. */
void warren_namespace_join(struct warren_edge_namespace *ns, struct warren_client *client,
	struct warren_json_span auth);

/* Tells the client that the socket is in its namespace. */
void warren_socket_let_in(struct warren_edge_socket *socket);
/* Tells the client why it is in none. */
void warren_namespace_refuse(
	struct warren_edge_namespace *ns, struct warren_client *client, const char *message);

/* Takes a socket out of its client's list, or puts it there. */
void warren_socket_detach(struct warren_edge_socket *socket);
void warren_socket_attach(struct warren_edge_socket *socket, struct warren_client *client);
/* Returns a new socket, in its client's list; NULL when memory is out or there is one of that sid.
 */
struct warren_edge_socket *warren_socket_open(
	struct warren_edge_namespace *ns, struct warren_client *client, const char *sid);
/* Frees one that is in no list but its namespace's, or in its client's too. */
void warren_socket_free(struct warren_edge_socket *socket);

/* Takes a socket out of everything and tells the namespace's owner why. */
void warren_socket_leave(struct warren_edge_socket *socket, const char *reason);

/* Gives an event to whoever handles it. */
void warren_namespace_event(struct warren_edge_socket *socket, struct warren_edge_event *event);

#endif
