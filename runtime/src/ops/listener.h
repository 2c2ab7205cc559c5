/*
 * The ops port: asks a registry (ops.h) over HTTP, on 127.0.0.1 alone.
 *
 *   GET /healthz   200 "ok": the process is alive
 *   GET /readyz    200, or 503 while a reason blocks; the reasons as JSON
 *   GET /metrics   Prometheus' text format 0.0.4
 *
 * HEAD is as GET; another method is 405, another path 404.
 *
 * Model
 * - libwebsockets' own HTTP server on a thread of its own; nothing of it is shared with an edge.
 * - A connection is one request: it is closed behind its answer, and when it has taken 10 s.  A
 *   client has five seconds for what the kernel does not hold of the answer.  At most 16 are open,
 *   one more is closed at once; a head is at most 4 KiB.
 * - A page of another site may have its own name lead to 127.0.0.1 (DNS rebinding), and its
 * requests then say that name: a Host that is not 127.0.0.1, localhost or [::1] is refused with
 * 403.  No page sends a request without a Host; load balancers do, and it is answered.
 *
 * It counts what it answers and refuses, as a source of the same registry.
 */
#ifndef WARREN_OPS_LISTENER_H
#define WARREN_OPS_LISTENER_H

#include "ops/ops.h"
#include "warren/code.h"

struct warren_ops_listener;

struct warren_ops_listener_options {
	uint16_t port;              /* 0: any free one */
	uint32_t connection_max_ms; /* 0: 10000 */
};

/*
 * Listens, and answers until it is closed.  To be opened before the process's edges: libwebsockets
 * has one log for all, which an edge takes over.
 * Returns 0; -EADDRINUSE and other -errno with `error`; -ENOMEM.  Owns: caller.
 */
int warren_ops_listen(struct warren_ops *ops, const struct warren_ops_listener_options *options,
	struct warren_ops_listener **ret, struct warren_error *error) WARREN_MUST_CHECK;
void warren_ops_listener_close(struct warren_ops_listener *listener); /* NULL is allowed */

uint16_t warren_ops_listener_port(const struct warren_ops_listener *listener);

#endif
