/* Made by protoc-gen-warren from demo.proto.  Do not edit: change the schema and run ./dev gen. */
/*
 * The service user.
 * Owns accounts: registers them and checks passwords.
 *
 * Handles  userRegister     from router, reply registerResponse
 *          userLogin        from router, reply loginResponse
 * Sends    frontendMessage  to browsers of router
 *
 * You write what is marked so, in services/user/; the build names the files.
 *
 * A handler settles its call once; `return user_register_reply(call, &reply);` does it.
 *
 *   _reply   answers the client that asked.
 *   _done    it is dealt with; returning 0 says the same, so this is for deferred calls.
 *   _fail    final: it never will succeed.  The text is told at once to the client that asked, or
 *            the message is parked.  _fail_field names the field that is to blame.
 *   _retry   transient: the message comes again later.  A negative return, or returning without
 *            having settled or deferred an event with a reply, means the same.
 *   _defer   keeps the call after the handler returned; settle it later, once, from any thread.
 *
 * The message and what comes from warren_alloc live until the call is settled and the handler
 * returned.  A message may come again with the same message_id: make that harmless.
 *
 * A message that is produced with a context (a call's, a socket's, warren_root's) inherits its trace
 * and user.  Messages are copied.  -EINVAL: the message breaks the schema's rules; -EAGAIN: the way out
 * is full; -ENOBUFS, -EALREADY: see warren_publish; -ENOMEM; -ESHUTDOWN.
 *
 * All that a handler produces with &call->ctx leaves together with a reply or done, before it and in
 * the order of the calls; after _fail, _retry or a crash none of it has left.  A call that runs again
 * gives it the same ids, so that consumers take it once.  A call that ends in _now leaves at once, whatever
 * becomes of the call: for progress.
 *
 * Whom an event to browsers goes to: warren_to_socket(&call->ctx), warren_to_others(&call->ctx),
 * warren_to_address(kept), warren_to_user(name), warren_to_room(name), warren_to_all().
 * warren_set_user, warren_join and warren_leave say whose sockets they are, and in which rooms.
 * At most once: who is not connected misses it.  At least once: who was connected gets it, also after
 * coming back in time, or the edge counts it as lost; it may come twice.
 *
 * All calls return 0 or -errno.  Thread: any.
 */
#ifndef USER_SERVICE_H
#define USER_SERVICE_H

#include "demo_events.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The state of one worker thread, e.g. a database handle.  You define it. */
struct user_worker;

/* You write these.  Returns 0; -errno: the service does not start. */
int user_worker_open(struct warren_instance *instance, struct user_worker **ret);
void user_worker_close(struct user_worker *worker);

extern const struct warren_service user_service;

/* ---- what it handles ---- */

/*
 * A person asks for an account.
 * From router.  Reply registerResponse within 5000 ms.
 * Tried up to 5 times, waiting 200 to 30000 ms.
 * You write this.
 */
int user_on_user_register(struct user_register_call *call, const struct user_register *message,
	struct user_worker *worker);

int user_register_reply(struct user_register_call *call, const struct register_response *reply);
int user_register_fail(struct user_register_call *call, enum warren_code code, const char *fmt, ...)
	WARREN_PRINTF(3, 4);
int user_register_fail_field(struct user_register_call *call, enum warren_code code,
	const char *field, const char *fmt, ...) WARREN_PRINTF(4, 5);
int user_register_retry(struct user_register_call *call, const char *fmt, ...) WARREN_PRINTF(2, 3);
struct user_register_call *user_register_defer(struct user_register_call *call);

/*
 * A person submits the login form.
 * From router.  Reply loginResponse within 5000 ms.
 * Tried up to 5 times, waiting 200 to 30000 ms.
 * You write this.
 */
int user_on_user_login(struct user_login_call *call, const struct user_login *message,
	struct user_worker *worker);

int user_login_reply(struct user_login_call *call, const struct login_response *reply);
int user_login_fail(struct user_login_call *call, enum warren_code code, const char *fmt, ...)
	WARREN_PRINTF(3, 4);
int user_login_fail_field(struct user_login_call *call, enum warren_code code, const char *field,
	const char *fmt, ...) WARREN_PRINTF(4, 5);
int user_login_retry(struct user_login_call *call, const char *fmt, ...) WARREN_PRINTF(2, 3);
struct user_login_call *user_login_defer(struct user_login_call *call);

/* ---- what it produces ---- */

/*
 * A notice that any service may show to people who are online.  To browsers of router.  At most
 * once.
 */
int frontend_message_send(struct warren_ctx *ctx, struct warren_target to,
	const struct frontend_message *message);
int frontend_message_send_now(struct warren_ctx *ctx, struct warren_target to,
	const struct frontend_message *message);

#ifdef __cplusplus
}
#endif

#endif
