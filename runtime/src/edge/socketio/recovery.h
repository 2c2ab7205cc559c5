/*
 * Sockets that outlive their connection.
 *
 * A socket whose connection is lost is *parked*: it has no client, but its sid, its rooms and its
 * user, and what is sent to it goes to its history.  A client that comes back within recovery_ms
 * with its `pid` and the offset of the last event that it received takes it over again, and is sent
 * what it missed; also before the server has noticed that the old connection is dead.  Past the
 * limits the oldest are given up.
 *
 * A pid is the sid and a signature: who knows a sid, which others may see, cannot take its socket.
 */
#ifndef WARREN_EDGE_RECOVERY_H
#define WARREN_EDGE_RECOVERY_H

#include "edge/socketio/history.h"

#define WARREN_PID_SIGNATURE 20
#define WARREN_PID_SIZE (WARREN_SID_SIZE + WARREN_PID_SIGNATURE)

void warren_recovery_init(struct warren_edge *edge);
/* Gives up all that are parked.  Again: nothing. */
void warren_recovery_end(struct warren_edge *edge, const char *reason);

bool warren_recovery_is_on(const struct warren_edge *edge);
/* Writes the offset of a new event.  Thread: any. */
void warren_recovery_offset(struct warren_edge *edge, char ret[WARREN_OFFSET_LEN + 1]);
void warren_recovery_pid(const struct warren_edge_socket *socket, char ret[WARREN_PID_SIZE]);

/*
 * Notes an event before it is sent.  `packet` NULL: a volatile one.  Returns whether it may be sent
 * now; if not, it waits in a parked socket, or the socket is gone.
 */
bool warren_recovery_note(struct warren_edge_socket *socket, uint64_t key,
	struct warren_frame *packet, struct warren_frame *const *attachments, uint32_t count);

/* Keeps the memory of all histories within recovery_max_memory.  May end any parked socket. */
void warren_recovery_fit(struct warren_edge *edge);

/* The connection is lost.  Returns whether the socket has left its client for that reason; if not,
 * it is not one that may come back. */
bool warren_recovery_park(struct warren_edge_socket *socket, const char *reason);

/* Ends a parked socket, or a ghost. */
void warren_recovery_give_up(struct warren_edge_socket *socket, const char *reason);

/* Ends a socket that another edge has, and with it what it missed. */
void warren_recovery_forget(struct warren_edge_socket *socket);

/* Counts and tells what a socket that ends is not known to have received. */
void warren_recovery_lose(struct warren_edge_socket *socket, const char *reason);

/* Something to send.  `key` 0: it has no offset and does not come again. */
struct warren_parcel {
	uint64_t key;
	struct warren_frame *packet;
	struct warren_frame *const *attachments;
	uint32_t count;
	bool is_volatile; /* `key` is of what stands in the place of an offset */
	bool has_id;      /* for one socket, or every edge that has it calls it the same */
};

/* Sends it, keeps it for who is to come back, or passes it on.  May end the client or the socket.
 */
void warren_recovery_send(struct warren_edge_socket *socket, const struct warren_parcel *parcel);

/* Returns the socket of a pid; NULL when there is none. */
struct warren_edge_socket *warren_recovery_find(struct warren_edge_namespace *ns, const char *pid);

/*
 * Takes a socket from its connection, when it has one still, for who knows which event was received
 * last (0: none).  Returns it parked; NULL when it is not to be had, and has ended.
 */
struct warren_edge_socket *warren_recovery_claim(struct warren_edge_socket *socket, uint64_t key);

/* A parked socket has gone to another edge; see handover.h. */
void warren_recovery_become_ghost(struct warren_edge_socket *socket, struct warren_ghost *ghost);

/*
 * What the payload of a CONNECT says about an earlier connection: returns the socket, which now is
 * the client's; NULL when there is none to come back to, or, with `ret_waits` set, when another
 * edge is asked for it.
 */
struct warren_edge_socket *warren_recovery_resume(struct warren_edge_namespace *ns,
	struct warren_client *client, struct warren_json_span auth, bool *ret_waits);

/* Sends all that is in the history again.  May end the client. */
void warren_recovery_replay(struct warren_edge_socket *socket);

/* Tells the client its offset before there is any other event, when the option says so. */
void warren_recovery_greet(struct warren_edge_socket *socket);

#endif
