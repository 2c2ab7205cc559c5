/*
 * What any thread asks for sockets: an errand to the loop, for one of them, or for those of a
 * target (many).
 *
 *   post     from asking to doing
 *   event    events, answers and questions: encoded where they are asked for; the header is written
 *            by the loop, which alone knows a socket's namespace
 *   control  joining, leaving, whose a socket is, disconnecting
 *   target   whom a post is for
 *
 * Asking is for any thread; whatever takes a socket is the loop's.
 */
#ifndef WARREN_EDGE_POST_H
#define WARREN_EDGE_POST_H

#include "edge/socketio/socketio.h"

enum warren_post_what {
	WARREN_POST_EMIT,
	WARREN_POST_BROADCAST,
	WARREN_POST_DISCONNECT,
	WARREN_POST_JOIN,
	WARREN_POST_LEAVE,
	WARREN_POST_USER
};

#define WARREN_POST_TARGET_SIZE 48 /* for a sid and most namespaces */

/* Names of rooms, one behind the other, each with its end. */
struct warren_names {
	char *text;
	size_t len;
};

struct warren_post {
	struct warren_errand errand; /* which carries it to the loop */
	enum warren_packet_kind kind;
	enum warren_post_what what;
	bool close_transport, is_volatile;
	bool must_reach, reached;
	bool has_id;  /* its offset is made of it */
	bool many;    /* for the sockets of `to` but `except`; else for one */
	char *target; /* a sid, or a namespace's name: the text below, where it has room */
	char short_target[WARREN_POST_TARGET_SIZE];
	struct warren_names to, except;
	struct warren_names about; /* the room that is joined or left; the user; the event's name */
	uint64_t round;
	uint64_t key; /* of its offset, or of what a volatile event has in that place; 0: none */
	int64_t ack_id;
	struct warren_ack *ack;       /* NULL: asks for no answer */
	struct warren_survey *survey; /* NULL: does not ask many */
	struct warren_frame *frame;
	struct warren_frame **attachments;
	uint32_t count;
};

/* ---- from asking to doing ---- */

/* Returns a post for one socket; NULL when memory is out. */
struct warren_post *warren_post_open(enum warren_post_what what) WARREN_MUST_CHECK;
void warren_post_free(struct warren_post *post);

/* Has it wait for the loop; takes it over, also on failure.  Returns as warren_edge_emit. */
int warren_post_submit(
	struct warren_edge *edge, struct warren_post *post, const char *target) WARREN_MUST_CHECK;

/* ---- whom it is for ---- */

/* Returns a post for many; NULL when memory is out. */
struct warren_post *warren_post_open_many(
	enum warren_post_what what, const struct warren_edge_target *target) WARREN_MUST_CHECK;

/* Copies names, of which there are none yet.  Returns 0; -ENOMEM. */
int warren_post_copy_names(struct warren_post *post, struct warren_names *names,
	const char *const *from, size_t count) WARREN_MUST_CHECK;

/* Whether nobody but that socket is meant. */
bool warren_post_is_for_one(
	const struct warren_edge_socket *socket, const struct warren_post *post);

/* Calls `fn` for each socket of `ns` that a post for many is for; `fn` may end that socket. */
void warren_post_each(struct warren_edge_namespace *ns, struct warren_post *post,
	void (*fn)(struct warren_edge_socket *socket, void *data));

/* ---- events ---- */

/* Lets the post's question wait for its answer.  Returns false when it cannot, for want of a socket
 * or of room; then it has failed. */
bool warren_post_await(struct warren_edge_socket *socket, struct warren_post *post);

/* Prepares a packet for a namespace, before it is sent to the first socket there. */
void warren_post_address(struct warren_post *post, struct warren_edge_namespace *ns);
void warren_post_deliver(struct warren_edge_socket *socket, struct warren_post *post);

/* The post's survey ends when those who are asked have answered, or cannot any more. */
void warren_post_asked(struct warren_post *post);

/* ---- control ---- */

/* Does to a socket what the post asks, here or where it has gone to. */
void warren_post_control(struct warren_edge_socket *socket, const struct warren_post *post);

#endif
