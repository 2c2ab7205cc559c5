/* Made by protoc-gen-warren from demo.proto.  Do not edit: change the schema and run ./dev gen. */
/*
 * user: owns accounts: registers them and checks passwords.
 *
 * Handles userRegister (from router, reply registerResponse) and userLogin (from router, reply loginResponse).
 * Sends frontendMessage (to browsers of router).
 * You write, in services/user/: the handlers, and worker_open and worker_close.
 */
#ifndef USER_SERVICE_H
#define USER_SERVICE_H

#include "demo_events.h"

/* What each worker thread has for itself, e.g. a database handle.  You define it. */
struct user_worker;

/* You write these.  Returns 0; -errno: the service does not start. */
int user_worker_open(struct warren_instance *instance, struct user_worker **ret);
void user_worker_close(struct user_worker *worker);

extern const struct warren_service user_service;

/*
 * A person asks for an account.
 * router -> user, reply registerResponse within 5000 ms; at least once: it may run again for the same message id.
 * You write this.  Settle `call` once, or defer it; a negative return means retry.
 */
int user_on_user_register(
	struct user_register_call *call, const struct user_register *message, struct user_worker *worker);

int user_register_reply(struct user_register_call *call, const struct register_response *reply);
int user_register_fail(struct user_register_call *call, enum warren_code code, const char *fmt, ...)
	WARREN_PRINTF(3, 4);
int user_register_fail_field(struct user_register_call *call, enum warren_code code, const char *field,
	const char *fmt, ...) WARREN_PRINTF(4, 5);
int user_register_retry(struct user_register_call *call, const char *fmt, ...) WARREN_PRINTF(2, 3);
struct user_register_call *user_register_defer(struct user_register_call *call);

/*
 * A person submits the login form.
 * router -> user, reply loginResponse within 5000 ms; at least once: it may run again for the same message id.
 * You write this.  Settle `call` once, or defer it; a negative return means retry.
 */
int user_on_user_login(
	struct user_login_call *call, const struct user_login *message, struct user_worker *worker);

int user_login_reply(struct user_login_call *call, const struct login_response *reply);
int user_login_fail(struct user_login_call *call, enum warren_code code, const char *fmt, ...)
	WARREN_PRINTF(3, 4);
int user_login_fail_field(struct user_login_call *call, enum warren_code code, const char *field,
	const char *fmt, ...) WARREN_PRINTF(4, 5);
int user_login_retry(struct user_login_call *call, const char *fmt, ...) WARREN_PRINTF(2, 3);
struct user_login_call *user_login_defer(struct user_login_call *call);

/* A notice that any service may show to people who are online.  To browsers of router, at most once. */
int frontend_message_send(
	struct warren_ctx *ctx, struct warren_target to, const struct frontend_message *message);

#endif
