/* Made by protoc-gen-warren from demo.proto.  Do not edit: change the schema and run ./dev gen. */
/*
 * router: terminates browser connections.
 *
 * Browsers send it userRegister and userLogin, and receive frontendMessage and the replies.
 * You write, in services/router/: one admit handler for each, and worker_open and worker_close.
 */
#ifndef ROUTER_SERVICE_H
#define ROUTER_SERVICE_H

#include "demo_events.h"
#include "warren/gateway.h"

/* What each worker thread has for itself.  You define it. */
struct router_worker;

/* You write these.  Returns 0; -errno: the service does not start. */
int router_worker_open(struct warren_instance *instance, struct router_worker **ret);
void router_worker_close(struct router_worker *worker);

extern const struct warren_service router_service;

/*
 * A person asks for an account.  From a browser, before it is sent to user: inspect, enrich, or `return warren_refuse(socket, …)`.
 * You write this.
 */
int router_admit_user_register(
	struct warren_socket *socket, struct user_register *message, struct router_worker *worker);

/* `reply` or `error` is NULL. */
typedef void (*user_register_on_reply)(struct warren_ctx *ctx, const struct register_response *reply,
	const struct warren_error *error, void *data);
int user_register_request(
	struct warren_ctx *ctx, const struct user_register *message, user_register_on_reply on_reply, void *data);

/*
 * A person submits the login form.  From a browser, before it is sent to user: inspect, enrich, or `return warren_refuse(socket, …)`.
 * You write this.
 */
int router_admit_user_login(
	struct warren_socket *socket, struct user_login *message, struct router_worker *worker);

/* `reply` or `error` is NULL. */
typedef void (*user_login_on_reply)(struct warren_ctx *ctx, const struct login_response *reply,
	const struct warren_error *error, void *data);
int user_login_request(
	struct warren_ctx *ctx, const struct user_login *message, user_login_on_reply on_reply, void *data);

/*
 * A notice that any service may show to people who are online.  On its way to browsers: change it, or drop it with a
 * negative return.  You write this.
 */
int router_admit_frontend_message(struct warren_ctx *ctx, const struct warren_target *to,
	struct frontend_message *message, struct router_worker *worker);

#endif
