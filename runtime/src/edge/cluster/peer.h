/*
 * A request of this edge to another: a path, a body, and the answer.
 *
 * It goes to the peer's internal listener over a connection of its own and never blocks.  Both
 * bodies are bounded by WARREN_PEER_BODY_MAX.  The loop's thread only.
 */
#ifndef WARREN_EDGE_PEER_H
#define WARREN_EDGE_PEER_H

#include "edge/cluster/cluster.h"

#define WARREN_PEER_BODY_MAX ((size_t)16 << 20)

/*
 * The peer's answer; or `status` is negative and there is none: -ETIMEDOUT; -ECONNREFUSED and other
 * -errno of connect; -ECONNRESET when it went away; -EBADMSG and -EMSGSIZE for an answer that
 * cannot be read; -EACCES for one that is not proved; -ECANCELED when this edge is closed.  The body lives during the call.
 */
typedef void (*warren_peer_on_answer)(int status, const void *body, size_t len, void *data);

/*
 * Posts `body` to `path` ("/name") of a peer.  When this returns 0, `fn` is called once, later, on
 * the loop's thread or in warren_edge_close.  Returns 0; -ENOENT for a peer that is not known;
 * -EAGAIN when too many links are open (max_passed); -EMSGSIZE; -ENOMEM.  Owns: body is copied.
 */
int warren_peer_call(struct warren_edge *edge, const char *instance, const char *path,
	const void *body, size_t len, uint32_t timeout_ms, warren_peer_on_answer fn,
	void *data) WARREN_MUST_CHECK;

/*
 * Serves POSTs of a path on the internal listener alone, when they have proved themselves (serve.h);
 * `fn` answers at once.  Before run.
 * Returns 0; -EEXIST; -ENOMEM.
 */
int warren_internal_route(struct warren_edge *edge, const char *path, warren_edge_on_request fn,
	void *data) WARREN_MUST_CHECK;

#endif
