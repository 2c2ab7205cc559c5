/*
 * Made by protoc-gen-warren from everything.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/*
 * The service edge.
 *
 * Browsers send  everything  to shop, reply everything2
 *                nothing     to shop
 *
 * You write what is marked so, in services/edge/; the build names the files.
 *
 * A message that is produced with a context (a call's, a socket's, warren_root's) inherits its trace
 * and user.  Messages are copied.  -EINVAL: the message breaks the schema's rules; -EAGAIN: the way out
 * is full; -ENOBUFS, -EALREADY: see warren_publish; -ENOMEM; -ESHUTDOWN.
 *
 * All calls return 0 or -errno.  Thread: any.
 */
#ifndef EDGE_SERVICE_H
#define EDGE_SERVICE_H

#include "everything_events.h"
#include "warren/gateway.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The state of one worker thread, e.g. a database handle.  You define it. */
struct edge_worker;

/* You write these.  Returns 0; -errno: the service does not start. */
int edge_worker_open(struct warren_instance *instance, struct edge_worker **ret);
void edge_worker_close(struct edge_worker *worker);

extern const struct warren_service edge_service;

/* ---- what browsers send ---- */

/*
 * Every scalar; numbers with gaps, declared out of order.
 * From a browser, before it goes to shop: inspect it, change it, or refuse it:
 * `return warren_refuse(socket, WARREN_FORBIDDEN, …);`.
 * It runs on the loop and must not block: over 10 ms is logged and counted.
 * A handler that has to look something up does so on a worker: `return
 * warren_admit_on_worker(socket, look_up);`, see warren/gateway.h.
 * You write this.
 */
int edge_admit_everything(struct warren_socket *socket, struct everything *message,
	struct edge_worker *worker);

/*
 * From a browser, before it goes to shop: inspect it, change it, or refuse it:
 * `return warren_refuse(socket, WARREN_FORBIDDEN, …);`.
 * It runs on the loop and must not block: over 10 ms is logged and counted.
 * A handler that has to look something up does so on a worker: `return
 * warren_admit_on_worker(socket, look_up);`, see warren/gateway.h.
 * You write this.
 */
int edge_admit_nothing(struct warren_socket *socket, struct nothing *message,
	struct edge_worker *worker);

/* ---- what it passes on ---- */

/*
 * Every scalar; numbers with gaps, declared out of order.
 * To shop.  Reply everything2 within 1500 ms.
 * Hears the answer exactly once: `reply`, or NULL and `error`.  After a timeout the effect is
 * unknown.
 */
typedef void (*everything_on_reply)(struct warren_ctx *ctx, const struct everything2 *reply,
	const struct warren_error *error, void *data);
int everything_request(struct warren_ctx *ctx, const struct everything *message,
	everything_on_reply on_reply, void *data);

/* To shop. */
int nothing_publish(struct warren_ctx *ctx, const struct nothing *message);

#ifdef __cplusplus
}
#endif

#endif
