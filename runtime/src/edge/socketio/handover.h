/*
 * Sockets that go to another edge, because their client came back there.
 *
 *   there                                    here, where the socket is parked
 *   CONNECT with a pid that is not its own
 *     offer: pid, namespace, event   ─────▶  as for any client that comes back; it stays parked
 *     sid, user, rooms, missed events ◀─────
 *   the socket is made, what it missed sent
 *     taken: it is there now          ─────▶  the socket becomes a *ghost*
 *                                     ◀─────  deliver: what was sent to it since, and will be
 *
 * A ghost has no client and its history is what is on its way to the other edge, one call at a
 * time, so that order holds.  For a while it stays in its rooms: a broadcast that has an id reaches
 * both edges, and whichever is late, the socket gets it once, as equal ids make equal offsets and a
 * socket that came from elsewhere refuses an offset that it knows.  It also refuses what comes
 * through a room that it has left.  Afterwards a ghost only passes on what is sent to its sid.  It
 * ends when the other edge does not know the socket any more, and when the socket comes back: what
 * was passed on while that was asked for, or was to be, follows what the other edge had, so that
 * order holds then, too.
 *
 * When a client goes about while edges ask each other, the edge that asked last gets the socket;
 * one that made it and says so too late ends its own.  A client that has events from an edge which
 * has not said yet that it took the socket is sent on to that edge.
 *
 * An edge that asks has proved to be a peer (cluster/serve.h), and peers trust each other: this edge
 * takes their word on a socket as it is, within the limits.
 */
#ifndef WARREN_EDGE_HANDOVER_H
#define WARREN_EDGE_HANDOVER_H

#include "edge/cluster/cluster.h"
#include "edge/socketio/recovery.h"

/* What edges ask each other. */
#define WARREN_HANDOVER_OFFER "/recovery/offer"
#define WARREN_HANDOVER_TAKEN "/recovery/taken"
#define WARREN_HANDOVER_DELIVER "/recovery/deliver"
#define WARREN_HANDOVER_CHANGE "/recovery/change"
#define WARREN_HANDOVER_CALL_MS 5000

/* How long a broadcast may be later at one edge than at another. */
#define WARREN_SETTLE_MS 10000

struct warren_ghost {
	struct warren_edge_socket *socket;
	struct warren_wheel_timer timer; /* takes it out of its rooms */
	uint64_t number;                 /* tells it from others of the same sid */
	uint32_t sending;                /* so many of its history are on their way */
	uint32_t sent;                   /* so many are there, and not forgotten yet */
	uint32_t asked; /* CONNECTs here that ask for it: until then nothing is sent on */
	char instance[WARREN_INSTANCE_MAX];
};

/* A CONNECT that waits for another edge's answer. */
struct warren_arrival;

/* A call about a socket, which may be another one of the same sid when it is answered. */
struct warren_question {
	struct warren_edge *edge;
	uint64_t number;
	char sid[WARREN_SID_SIZE];
};

/* ---- what other edges ask (handover.c) ---- */

/* Returns 0; -ENOMEM. */
int warren_handover_open(struct warren_edge *edge) WARREN_MUST_CHECK;

/* Whether the socket is here, and was offered to that edge. */
bool warren_handover_offered(const struct warren_edge_socket *socket, const char *instance);

/* Whether what came through that room ("": none) is for the socket: it may have left since. */
bool warren_handover_meant(const struct warren_edge_socket *socket, const char *via);

/* ---- asking other edges (arrival.c) ---- */

/*
 * Asks the edge `instance` for the socket of a pid; the client waits.  Returns false when it cannot
 * be asked.
 */
bool warren_handover_ask(struct warren_edge_namespace *ns, struct warren_client *client,
	const char *instance, struct warren_json_span auth, const char *pid, uint64_t key);

/* Whether the client waits to join that namespace. */
bool warren_handover_waits(
	const struct warren_client *client, const struct warren_edge_namespace *ns);
void warren_handover_forget(struct warren_client *client); /* it goes */

/* ---- ghosts (ghost.c) ---- */

struct warren_ghost *warren_ghost_of(
	const struct warren_edge_socket *socket); /* NULL: it is none */

/* The socket, which is parked, has gone to that edge.  Returns false when memory is out. */
bool warren_ghost_make(struct warren_edge_socket *socket, const char *instance);

/* Returns NULL when memory is out.  Owns: caller (free). */
struct warren_question *warren_question_open(
	const struct warren_edge_socket *socket, uint64_t number) WARREN_MUST_CHECK;

/* Sends on what waits in a ghost.  May end it. */
void warren_ghost_flush(struct warren_edge_socket *socket);
void warren_ghost_free(struct warren_ghost *ghost); /* NULL is allowed */

/* Passes on a change of a socket: 'j'oin, 'l'eave, 'u'ser, 'd'isconnect, 'c'lose. */
void warren_ghost_change(struct warren_edge_socket *socket, char what, const char *name);

#endif
