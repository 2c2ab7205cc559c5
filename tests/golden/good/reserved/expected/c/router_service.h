/*
 * Made by protoc-gen-warren from reserved.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/*
 * The service router.
 *
 * Browsers send     user   to users, reply new
 *                   class  to users
 * Browsers receive  class  from users and router
 *
 * You write what is marked so, in services/router/; the build names the files.
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
#ifndef ROUTER_SERVICE_H
#define ROUTER_SERVICE_H

#include "reserved_events.h"
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
 * From a browser, before it goes to users: inspect it, change it, or refuse it:
 * `return warren_refuse(socket, WARREN_FORBIDDEN, …);`.
 * It runs on the loop and must not block: over 10 ms is logged and counted.
 * A handler that has to look something up does so on a worker: `return
 * warren_admit_on_worker(socket, look_up);`, see warren/gateway.h.
 * You write this.
 */
int router_admit_user(struct warren_socket *socket, struct user *message,
	struct router_worker *worker);

/*
 * From a browser, before it goes to users: inspect it, change it, or refuse it:
 * `return warren_refuse(socket, WARREN_FORBIDDEN, …);`.
 * It runs on the loop and must not block: over 10 ms is logged and counted.
 * A handler that has to look something up does so on a worker: `return
 * warren_admit_on_worker(socket, look_up);`, see warren/gateway.h.
 * You write this.
 */
int router_admit_class_(struct warren_socket *socket, struct class_ *message,
	struct router_worker *worker);

/* ---- what browsers receive ---- */

/*
 * On its way to browsers: let it pass with 0, change it, or drop it with a negative return.
 * It runs on the loop and must not block: over 10 ms is logged and counted.  You write this.
 */
int router_admit_class__to_browsers(struct warren_ctx *ctx, const struct warren_target *to,
	struct class_ *message, struct router_worker *worker);

/* ---- what it passes on ---- */

/*
 * To users.  Reply new within 5000 ms.
 * Hears the answer exactly once: `reply`, or NULL and `error`.  After a timeout the effect is
 * unknown.
 */
typedef void (*user_on_reply)(struct warren_ctx *ctx, const struct new_ *reply,
	const struct warren_error *error, void *data);
int user_request(struct warren_ctx *ctx, const struct user *message, user_on_reply on_reply,
	void *data);

/* To users. */
int class__publish(struct warren_ctx *ctx, const struct class_ *message);

/* To browsers of router.  At most once. */
int class__send(struct warren_ctx *ctx, struct warren_target to, const struct class_ *message);

#ifdef __cplusplus
}
#endif

#endif
