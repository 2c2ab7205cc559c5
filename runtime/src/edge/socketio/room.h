/*
 * Rooms: named sets of a namespace's sockets, which the server alone puts them in.
 *
 * A room is there while it has members, and a member is a node in two lists: its room's, for
 * sending, and its socket's, for leaving.  A socket without rooms costs nothing here; that its own
 * sid is a room too is a look-up, not a membership.  Whose socket it is stands as the membership of
 * that user's room alone, apart from its other rooms.
 * A sending is a *round* with a number of its own: a socket that carries it has been served
 * already, or is not to be.
 */
#ifndef WARREN_EDGE_ROOM_H
#define WARREN_EDGE_ROOM_H

#include "edge/socketio/socketio.h"

struct warren_room {
	struct warren_edge_namespace *ns;
	struct warren_member *members;
	char name[];
};

struct warren_member {
	struct warren_room *room;
	struct warren_edge_socket *socket;
	struct warren_member *next, **link; /* of the room */
	struct warren_member *socket_next;
};

/* Returns 0, also when it is there already; -ENOSPC past max_rooms; -ENOMEM. */
int warren_room_join(struct warren_edge_socket *socket, const char *name) WARREN_MUST_CHECK;

/* Whether it is in the room, or that is its user's. */
bool warren_room_has(const struct warren_edge_socket *socket, const char *name);

/* From a room that it is not in: nothing. */
void warren_room_leave(struct warren_edge_socket *socket, const char *name);
void warren_rooms_leave(struct warren_edge_socket *socket); /* all of them, its user's too */

/* What the name of a user's room begins with. */
#define WARREN_USER_ROOM "user:"

/* Makes it a socket of that user; "": of nobody.  Returns 0; -ENOMEM, and nothing changes. */
int warren_room_set_user(struct warren_edge_socket *socket, const char *user) WARREN_MUST_CHECK;

/*
 * Calls `fn` for each socket that is in the room, or whose sid that is, and does not carry `round`
 * yet; from then on it does.  `fn` may end that socket.  Of those in the room, the edge's `via` is
 * its name meanwhile.
 */
void warren_room_each(struct warren_edge_namespace *ns, const char *name, uint64_t round,
	void (*fn)(struct warren_edge_socket *socket, void *data), void *data);

#endif
