/*
 * Made by protoc-gen-warren from two_edges.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/*
 * The service office.
 *
 * Handles           shiftEnded  from chat
 * Browsers send     said        to chat
 * Browsers receive  said        from shop, office and chat
 *                   alarm       from chat
 *
 * You write what is marked so, in services/office/; the build names the files.
 *
 * A handler settles its call once; `return shift_ended_fail(call, WARREN_NOT_FOUND, "…");` does it.
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
#ifndef OFFICE_SERVICE_H
#define OFFICE_SERVICE_H

#include "two_edges_events.h"
#include "warren/gateway.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The state of one worker thread, e.g. a database handle.  You define it. */
struct office_worker;

/* You write these.  Returns 0; -errno: the service does not start. */
int office_worker_open(struct warren_instance *instance, struct office_worker **ret);
void office_worker_close(struct office_worker *worker);

extern const struct warren_service office_service;

/* ---- what it handles ---- */

/*
 * From chat.
 * Tried up to 5 times, waiting 200 to 30000 ms.
 * You write this.
 */
int office_on_shift_ended(struct shift_ended_call *call, const struct shift_ended *message,
	struct office_worker *worker);

int shift_ended_done(struct shift_ended_call *call);
int shift_ended_fail(struct shift_ended_call *call, enum warren_code code, const char *fmt, ...)
	WARREN_PRINTF(3, 4);
int shift_ended_fail_field(struct shift_ended_call *call, enum warren_code code, const char *field,
	const char *fmt, ...) WARREN_PRINTF(4, 5);
int shift_ended_retry(struct shift_ended_call *call, const char *fmt, ...) WARREN_PRINTF(2, 3);
struct shift_ended_call *shift_ended_defer(struct shift_ended_call *call);

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
int office_admit_said(struct warren_socket *socket, struct said *message,
	struct office_worker *worker);

/* ---- what browsers receive ---- */

/*
 * Somebody says something: from both edges' browsers, and to them.
 * On its way to browsers: let it pass with 0, change it, or drop it with a negative return.
 * It runs on the loop and must not block: over 10 ms is logged and counted.  You write this.
 */
int office_admit_said_to_browsers(struct warren_ctx *ctx, const struct warren_target *to,
	struct said *message, struct office_worker *worker);

/*
 * Only the office hears it, and surely.
 * On its way to browsers: let it pass with 0, change it, or drop it with a negative return.
 * It runs on the loop and must not block: over 10 ms is logged and counted.  You write this.
 */
int office_admit_alarm(struct warren_ctx *ctx, const struct warren_target *to,
	struct alarm *message, struct office_worker *worker);

/* ---- what it passes on ---- */

/* Somebody says something: from both edges' browsers, and to them.  To chat. */
int said_publish(struct warren_ctx *ctx, const struct said *message);
int said_publish_now(struct warren_ctx *ctx, const struct said *message);

/*
 * Somebody says something: from both edges' browsers, and to them.  To browsers of shop and office.
 * At most once.
 */
int said_send(struct warren_ctx *ctx, struct warren_target to, const struct said *message);
int said_send_now(struct warren_ctx *ctx, struct warren_target to, const struct said *message);

#ifdef __cplusplus
}
#endif

#endif
