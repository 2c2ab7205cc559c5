/*
 * Made by protoc-gen-warren from two_edges.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/*
 * The service shop.
 *
 * Browsers send     said  to chat
 * Browsers receive  said  from shop, office and chat
 *
 * You write what is marked so, in services/shop/; the build names the files.
 *
 * A message that is produced with a context (a call's, a socket's, warren_root's) inherits its trace
 * and user.  Messages are copied.  -EINVAL: the message breaks the schema's rules; -EAGAIN: the way out
 * is full; -ENOBUFS, -EALREADY: see warren_publish; -ENOMEM; -ESHUTDOWN.
 *
 * Whom an event to browsers goes to: warren_to_socket(&call->ctx), warren_to_others(&call->ctx),
 * warren_to_address(kept), warren_to_user(name), warren_to_room(name), warren_to_all().
 * warren_set_user, warren_join and warren_leave say whose sockets they are, and in which rooms.
 * At most once: who is not connected misses it.  At least once: who was connected gets it, also after
 * coming back in time, or the edge counts it as lost; it may come twice.
 *
 * All calls return 0 or -errno.  Thread: any.
 */
#ifndef SHOP_SERVICE_H
#define SHOP_SERVICE_H

#include "two_edges_events.h"
#include "warren/gateway.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The state of one worker thread, e.g. a database handle.  You define it. */
struct shop_worker;

/* You write these.  Returns 0; -errno: the service does not start. */
int shop_worker_open(struct warren_instance *instance, struct shop_worker **ret);
void shop_worker_close(struct shop_worker *worker);

extern const struct warren_service shop_service;

/* ---- what browsers send ---- */

/*
 * Somebody says something: from both edges' browsers, and to them.
 * From a browser, before it goes to chat: inspect it, change it, or refuse it:
 * `return warren_refuse(socket, WARREN_FORBIDDEN, …);`.
 * It runs on the loop and must not block: over 10 ms is logged and counted.
 * A handler that has to look something up does so on a worker: `return
 * warren_admit_on_worker(socket, look_up);`, see warren/gateway.h.
 * You write this.
 */
int shop_admit_said(struct warren_socket *socket, struct said *message, struct shop_worker *worker);

/* ---- what browsers receive ---- */

/*
 * Somebody says something: from both edges' browsers, and to them.
 * On its way to browsers: let it pass with 0, change it, or drop it with a negative return.
 * It runs on the loop and must not block: over 10 ms is logged and counted.  You write this.
 */
int shop_admit_said_to_browsers(struct warren_ctx *ctx, const struct warren_target *to,
	struct said *message, struct shop_worker *worker);

/* ---- what it passes on ---- */

/* Somebody says something: from both edges' browsers, and to them.  To chat. */
int said_publish(struct warren_ctx *ctx, const struct said *message);

/*
 * Somebody says something: from both edges' browsers, and to them.  To browsers of shop and office.
 * At most once.
 */
int said_send(struct warren_ctx *ctx, struct warren_target to, const struct said *message);

#ifdef __cplusplus
}
#endif

#endif
