/*
 * One HTTP/1.1 request to a peer's internal listener, on a connection that no other request shares.
 *
 * It connects, sends, reads the answer's head, then its body, and ends once: with the whole answer,
 * or with why there is none.  The part that opened it is told through `struct warren_link_user`,
 * never inside a call of its own.  A link that is paused is not read.
 * Each request is signed, and an answer that is not signed for it is none (proof.h): its head is
 * judged before the user hears of it, and its last piece is held back until the body is proved, too.
 * The answer must say how long it is, or be without body: that is what an edge sends.  Connecting
 * and sending have a time-out together, then the answer's head has one, and after it each piece of
 * the body that is waited for.
 *
 * When a request allows it and its answer was whole, the connection is kept for the next request to
 * that peer: a while, and only so many (WARREN_KEPT_...).  It is used only if nothing has come on
 * it since, an end neither.  The side that asks is the one that closes, and the listener waits
 * twice as long; where it must close before, it says so (408), and a request that has crossed this
 * is sent again, for it was not taken.  Nothing else is a reason to send one again: the peer may
 * have taken it.
 */
#ifndef WARREN_EDGE_LINK_H
#define WARREN_EDGE_LINK_H

#include "base/buffer.h"
#include "edge/cluster/cluster.h"

#define WARREN_KEPT_PER_PEER 32 /* and no more than a 64th of max_passed, but one */

struct warren_link_request {
	const char *method;
	const char *path;       /* decoded */
	const char *query;      /* encoded, without '?'; "": none */
	const char *headers;    /* each ended by \r\n; Content-Length is not among them */
	const char *connection; /* what Connection says */
	const void *body;       /* of a POST, "" too */
	size_t body_len;
	uint32_t send_ms, answer_ms; /* at most, to be sent; to be answered, and between pieces */
	bool keep;                   /* it may take a kept connection, and leave one */
};

struct warren_link_head {
	int status;
	uint64_t content_length;
	bool closes;         /* it says that it closes the connection */
	size_t len;          /* of the head, with the empty line */
	const uint8_t *rest; /* what came behind it already; it lives during the call */
	size_t rest_len;
};

/*
 * A negative return of the first two ends the link in silence: `end` is not called.  That is how to
 * end it from there; warren_link_close is for everywhere else.
 */
struct warren_link_user {
	int (*head)(struct warren_link *link, const struct warren_link_head *head, void *data);
	int (*body)(struct warren_link *link, const void *bytes, size_t len, void *data);
	void (*end)(int result, void *data); /* 0, or -errno; the link has gone */
};

struct warren_link {
	struct warren_cluster *cluster;
	struct warren_link *next, **link; /* of the cluster */
	struct warren_peer_address address;
	const struct warren_link_user *user; /* NULL: it is kept, and carries nothing */
	void *data;
	ev_io io;
	struct warren_wheel_timer timer;
	uint8_t *out; /* the request, until its answer begins */
	size_t out_len, out_at;
	uint32_t send_ms, answer_ms;
	bool connected, reused, headed, paused, keep;
	char proof[WARREN_SHA256_SIZE]; /* the request's */
	char body[WARREN_SHA256_SIZE];  /* the digest that the answer's body is to have */
	struct warren_sha256 *digest;   /* of what has come of it */
	uint64_t left;                  /* of the answer's body */
	struct warren_buffer in;
};

/*
 * Opens a link and gives it what to send, which is copied.  Returns 0; -EAGAIN when there are
 * max_passed; -EMSGSIZE; -ENOMEM; -errno of socket and connect: then nobody is told.
 */
int warren_link_open(struct warren_edge *edge, const struct warren_peer_address *address,
	const struct warren_link_request *request, const struct warren_link_user *user, void *data,
	struct warren_link **ret) WARREN_MUST_CHECK;

void warren_link_pause(struct warren_link *link, bool paused);

/* Ends it in silence; a kept one, too. */
void warren_link_close(struct warren_link *link);

/* Ends it and says so: -ECANCELED. */
void warren_link_abort(struct warren_link *link);

/* In `head`: leaves its socket to the caller, who then returns negative. */
int warren_link_take(struct warren_link *link) WARREN_MUST_CHECK;

#endif
