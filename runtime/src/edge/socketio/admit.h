/*
 * Whether a socket is let into its namespace, when its owner takes time for that.
 *
 * An undecided socket has its sid and its place in the namespace, so that a second one cannot come,
 * but nothing reaches it and nothing is taken from it but its leaving.  Its admission ends with the
 * decision, with the socket, or after connect_timeout, as a refusal.
 */
#ifndef WARREN_EDGE_ADMIT_H
#define WARREN_EDGE_ADMIT_H

#include "edge/socketio/socketio.h"

struct warren_admission {
	struct warren_edge_socket *socket;
	struct warren_wheel_timer timer;
};

/* From here on the socket is undecided.  Returns 0; -ENOMEM. */
int warren_admission_open(struct warren_edge_socket *socket) WARREN_MUST_CHECK;

/* Tells the client and takes the socket out.  Sending may end the client. */
void warren_admission_refuse(struct warren_edge_socket *socket, const char *message);

/* The socket goes; one that is decided: nothing. */
void warren_admission_drop(struct warren_edge_socket *socket);

#endif
