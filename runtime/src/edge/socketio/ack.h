/*
 * Events to a client that ask for an answer.
 *
 * Each waits in its socket until the answer comes, its time is over, or the socket leaves; then its
 * callback is called, once, and it is freed.  One that never got to its socket is failed by whoever
 * holds it.  A socket has at most `max_acks` of them, so that a search is short.
 */
#ifndef WARREN_EDGE_ACK_H
#define WARREN_EDGE_ACK_H

#include "edge/socketio/socketio.h"

struct warren_ack {
	struct warren_ack *next; /* of the socket */
	struct warren_edge_socket *socket;
	int64_t id;
	bool shared; /* the id is given, by a survey; else the socket gives one */
	uint32_t timeout_ms;
	struct warren_wheel_timer timer;
	warren_edge_on_ack fn;
	void *data;
};

/* Lets an ack wait in a socket. Returns false, and leaves the ack with the
 * caller, when too many wait there. */
bool warren_ack_wait(struct warren_ack *ack, struct warren_edge_socket *socket);

/* Calls back and frees. */
void warren_ack_fail(struct warren_ack *ack, int result);

/* An answer has come; one that nobody waits for is ignored. */
void warren_ack_answer(struct warren_edge_socket *socket, const struct warren_edge_event *answer);

/* The socket leaves. */
void warren_acks_drop(struct warren_edge_socket *socket);

#endif
