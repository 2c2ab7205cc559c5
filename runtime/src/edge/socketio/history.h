/*
 * What a socket was sent and is not known to have received.
 *
 * An event that can be sent again ends with an *offset*, an opaque text of its own that the client
 * tells when it comes back.  Here it is a key, the text's hash.  A socket's *base* is the key of
 * the last event that left its history, 0 while none has: with that, the history is all that it was
 * ever sent.  A pong proves that all before its ping has arrived, on both transports, so each pong
 * shortens the history, and an idle socket has none.
 *
 * Stock clients take any text at an event's end for an offset.  A volatile event has none, so what
 * it has in that place is noted as one: a key without frames.
 *
 * Frames are shared with whoever else was sent them, and count once in the edge's `kept_bytes`.
 * Every history is in one of two lists of the edge, those of sockets without a connection (parked)
 * and the others, each with the oldest first.
 */
#ifndef WARREN_EDGE_HISTORY_H
#define WARREN_EDGE_HISTORY_H

#include "edge/socketio/socketio.h"

struct warren_kept {
	struct warren_kept *next;
	uint64_t key;
	uint32_t ping;  /* the pings of its session before it */
	uint32_t count; /* of frames: the packet and its attachments; 0: a volatile event */
	char *via;      /* in a ghost: the room that it came through; NULL: none */
	struct warren_frame *frames[];
};

struct warren_history {
	struct warren_edge_socket *socket;
	struct warren_histories *list;
	struct warren_history *next, **link;
	struct warren_kept *first, **end;
	uint32_t count, events; /* all, and those with frames */
	uint32_t dropped;       /* for want of room, and not known to be received */
	uint32_t dropped_ping;  /* the pings before the last of them */
	size_t bytes;
	int64_t until_ms; /* parked */

	/* Of a socket that came from another edge, or goes there; see handover.h. */
	char *pid;          /* from elsewhere: what its client knows it by */
	int64_t settled_ms; /* from elsewhere: until then nothing leaves, and nothing comes twice */
	uint64_t *known;    /* a ring of what left as received, and another edge may bring again */
	uint32_t known_count, known_next;
	uint64_t number;  /* from elsewhere: tells it from others of the same sid */
	uint32_t offered; /* so many events were offered to that edge, the latest that asked */
	char *offered_to; /* NULL: it was not, or came back here */
	struct warren_ghost *ghost;
};

/* Returns the key of an offset; never 0. */
uint64_t warren_offset_key(const char *text, size_t len);

/* Writes the offset of that number. */
#define WARREN_OFFSET_LEN 11
void warren_offset_text(uint64_t number, char ret[WARREN_OFFSET_LEN + 1]);

void warren_histories_init(struct warren_histories *list);

/* Returns the socket's history, a new one when it has none; NULL when memory is out. */
struct warren_history *warren_history_open(struct warren_edge_socket *socket) WARREN_MUST_CHECK;
void warren_history_close(struct warren_edge_socket *socket); /* none: nothing */
void warren_history_move(struct warren_history *history, struct warren_histories *list);

/*
 * Adds an event; without frames, what stands for an offset in a volatile one.  Returns 0; -ENOSPC
 * when others had to leave for it; -ENOMEM.
 */
int warren_history_add(struct warren_edge_socket *socket, uint64_t key, struct warren_frame *packet,
	struct warren_frame *const *attachments, uint32_t attachment_count) WARREN_MUST_CHECK;

/* Notes the room, or NULL, that the latest event came through.  Returns 0; -ENOMEM. */
int warren_history_via(struct warren_history *history, const char *room) WARREN_MUST_CHECK;

/* Offers the events that are there to that edge; NULL: to none any more.  Returns 0; -ENOMEM. */
int warren_history_offer(struct warren_history *history, const char *instance);

/*
 * The edge that has taken the socket, though it has not said so yet: one that it was offered to,
 * when who received that event last has it from elsewhere.  Else NULL.
 */
const char *warren_history_taken_by(const struct warren_edge_socket *socket, uint64_t key);

/* Notes that an event has been received which is not there, and that others may bring again. */
void warren_history_know(struct warren_history *history, uint64_t key);

/* Lets the first ones go, which have been received. */
void warren_history_shift(struct warren_history *history, uint32_t count);

/* All that was sent before the latest ping has been received. */
void warren_history_pong(struct warren_edge_socket *socket, uint32_t pings);

/* The client says which it received last (0: none).  Returns whether all behind that is there; then
 * nothing else is. */
bool warren_history_seek(struct warren_edge_socket *socket, uint64_t key);

/* Whether the event is there, or left last, or is known. */
bool warren_history_has(const struct warren_edge_socket *socket, uint64_t key);

/* Drops everything, which counts as not known to be received. */
void warren_history_drop(struct warren_history *history);

#endif
