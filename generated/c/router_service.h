/* Made by protoc-gen-warren from demo.proto.  Do not edit: change the schema and run ./dev gen. */
/*
 * The service router.
 * Terminates browser connections.
 *
 * Browsers send     userRegister     to user, reply registerResponse
 *                   userLogin        to user, reply loginResponse
 * Browsers receive  frontendMessage  from user
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

#include "demo_events.h"
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
 * A person asks for an account.
 * From a browser, before it goes to user: inspect it, change it, or refuse it:
 * `return warren_refuse(socket, WARREN_FORBIDDEN, …);`.
 * It runs on the loop and must not block: over 10 ms is logged and counted.
 * A handler that has to look something up does so on a worker: `return
 * warren_admit_on_worker(socket, look_up);`, see warren/gateway.h.
 * You write this.
 */
int router_admit_user_register(struct warren_socket *socket, struct user_register *message,
	struct router_worker *worker);

/*
 * A person submits the login form.
 * From a browser, before it goes to user: inspect it, change it, or refuse it:
 * `return warren_refuse(socket, WARREN_FORBIDDEN, …);`.
 * It runs on the loop and must not block: over 10 ms is logged and counted.
 * A handler that has to look something up does so on a worker: `return
 * warren_admit_on_worker(socket, look_up);`, see warren/gateway.h.
 * You write this.
 */
int router_admit_user_login(struct warren_socket *socket, struct user_login *message,
	struct router_worker *worker);

/* ---- what browsers receive ---- */

/*
 * A notice that any service may show to people who are online.
 * On its way to browsers: let it pass with 0, change it, or drop it with a negative return.
 * It runs on the loop and must not block: over 10 ms is logged and counted.  You write this.
 */
int router_admit_frontend_message(struct warren_ctx *ctx, const struct warren_target *to,
	struct frontend_message *message, struct router_worker *worker);

/* ---- what it passes on ---- */

/*
 * A person asks for an account.
 * To user.  Reply registerResponse within 5000 ms.
 * Hears the answer exactly once: `reply`, or NULL and `error`.  After a timeout the effect is
 * unknown.
 */
typedef void (*user_register_on_reply)(struct warren_ctx *ctx,
	const struct register_response *reply, const struct warren_error *error, void *data);
int user_register_request(struct warren_ctx *ctx, const struct user_register *message,
	user_register_on_reply on_reply, void *data);

/*
 * A person submits the login form.
 * To user.  Reply loginResponse within 5000 ms.
 * Hears the answer exactly once: `reply`, or NULL and `error`.  After a timeout the effect is
 * unknown.
 */
typedef void (*user_login_on_reply)(struct warren_ctx *ctx, const struct login_response *reply,
	const struct warren_error *error, void *data);
int user_login_request(struct warren_ctx *ctx, const struct user_login *message,
	user_login_on_reply on_reply, void *data);

#ifdef __cplusplus
}
#endif

#endif
