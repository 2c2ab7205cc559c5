/*
 * One HTTP/1.1 request to a peer's internal listener, on a connection of its own.
 *
 * It connects, sends, reads the answer's head, then its body, and ends once: with the whole answer,
 * or with why there is none.  Whoever opened it is told through `struct warren_link_user`, never
 * inside a call of its own.  A link that is paused is not read.
 * The answer must say how long it is, or be without body: that is what an edge sends.  Connecting
 * and sending have to be over within the link's first time-out; what comes after is its user's
 * affair.
 */
#ifndef WARREN_EDGE_LINK_H
#define WARREN_EDGE_LINK_H

#include "base/buffer.h"
#include "edge/cluster/cluster.h"

struct warren_link_head {
	int status;
	uint64_t content_length;
	bool keep_alive;
	const uint8_t *bytes; /* as they came, with the empty line; they live during the call */
	size_t len;
	const uint8_t *rest; /* what came behind them already */
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
	const struct warren_link_user *user;
	void *data;
	ev_io io;
	struct warren_wheel_timer timer;
	uint8_t *out; /* what is still to be sent; NULL: nothing */
	size_t out_len, out_at;
	bool connected, headed, paused;
	uint64_t left; /* of the answer's body */
	struct warren_buffer in;
};

/*
 * Opens a link and gives it what to send, which it frees.  Returns 0; -EAGAIN when there are
 * max_passed; -ENOMEM; -errno of socket and connect: then `out` is freed and nobody is told.
 */
int warren_link_open(struct warren_edge *edge, const struct warren_peer_address *address,
	uint8_t *out, size_t out_len, uint32_t timeout_ms, const struct warren_link_user *user,
	void *data, struct warren_link **ret) WARREN_MUST_CHECK;

void warren_link_pause(struct warren_link *link, bool paused);

/* Ends it in silence. */
void warren_link_close(struct warren_link *link);

/* Ends it and says so: -ECANCELED. */
void warren_link_abort(struct warren_link *link);

/* In `head`: leaves its socket to the caller, who then returns negative. */
int warren_link_take(struct warren_link *link) WARREN_MUST_CHECK;

#endif
