/*
 * Made by protoc-gen-warren from fan_out.proto, stock.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/*
 * The service router.
 *
 * Browsers send  orderPlaced  to orders and billing, reply orderAccepted
 *
 * You write what is marked so, in services/router/; the build names the files.
 *
 * A message that is produced with a context (a call's, a socket's, warren_root's) inherits its trace
 * and user.  Messages are copied.  -EINVAL: the message breaks the schema's rules; -EAGAIN: the way out
 * is full; -ENOBUFS, -EALREADY: see warren_publish; -ENOMEM; -ESHUTDOWN.
 *
 * All calls return 0 or -errno.  Thread: any.
 */
#ifndef ROUTER_SERVICE_H
#define ROUTER_SERVICE_H

#include "fan_out_events.h"
#include "warren/gateway.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The state of one worker thread, e.g. a database handle.  You define it. */
struct router_worker;

/* You write these.  Returns 0; -errno: the service does not start. */
int router_worker_open(struct warren_instance *instance, struct router_worker **ret);
void router_worker_close(struct router_worker *worker);

extern const struct warren_service router_service;

/* ---- what browsers send ---- */

/*
 * A person orders.  Orders replies, billing looks on.
 * From a browser, before it goes to orders and billing: inspect it, change it, or refuse it:
 * `return warren_refuse(socket, WARREN_FORBIDDEN, …);`.
 * It runs on the loop and must not block: over 10 ms is logged and counted.
 * A handler that has to look something up does so on a worker: `return
 * warren_admit_on_worker(socket, look_up);`, see warren/gateway.h.
 * You write this.
 */
int router_admit_order_placed(struct warren_socket *socket, struct order_placed *message,
	struct router_worker *worker);

/* ---- what it passes on ---- */

/*
 * A person orders.  Orders replies, billing looks on.
 * To orders and billing.  Reply orderAccepted within 5000 ms.
 * Hears the answer exactly once: `reply`, or NULL and `error`.  After a timeout the effect is
 * unknown.
 */
typedef void (*order_placed_on_reply)(struct warren_ctx *ctx, const struct order_accepted *reply,
	const struct warren_error *error, void *data);
int order_placed_request(struct warren_ctx *ctx, const struct order_placed *message,
	order_placed_on_reply on_reply, void *data);

#ifdef __cplusplus
}
#endif

#endif
