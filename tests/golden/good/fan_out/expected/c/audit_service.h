/*
 * Made by protoc-gen-warren from fan_out.proto, stock.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/*
 * The service audit.
 *
 * Handles    orderCreated    from orders and stock
 *            tick            from orders
 * Publishes  orderForgotten  nobody takes it yet
 *
 * You write what is marked so, in services/audit/; the build names the files.
 *
 * A handler settles its call once; `return order_created_fail(call, WARREN_NOT_FOUND, "…");` does it.
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
 * An inline handler runs on the process's loop, in the order of the deliveries, with a worker's state
 * that is opened there.  It must not block: browsers, broker and timers wait for it.  One that takes
 * over 10 ms is logged, and counted as slow_inline.  An answer that takes longer: _defer.
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
 * All calls return 0 or -errno.  Thread: any.
 */
#ifndef AUDIT_SERVICE_H
#define AUDIT_SERVICE_H

#include "fan_out_events.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The state of one worker thread, e.g. a database handle.  You define it. */
struct audit_worker;

/* You write these.  Returns 0; -errno: the service does not start. */
int audit_worker_open(struct warren_instance *instance, struct audit_worker **ret);
void audit_worker_close(struct audit_worker *worker);

extern const struct warren_service audit_service;

/* ---- what it handles ---- */

/*
 * A fact with two consumers and two producers.
 * From orders and stock.
 * Tried up to 5 times, waiting 200 to 30000 ms.
 * You write this.
 */
int audit_on_order_created(struct order_created_call *call, const struct order_created *message,
	struct audit_worker *worker);

int order_created_done(struct order_created_call *call);
int order_created_fail(struct order_created_call *call, enum warren_code code, const char *fmt, ...)
	WARREN_PRINTF(3, 4);
int order_created_fail_field(struct order_created_call *call, enum warren_code code,
	const char *field, const char *fmt, ...) WARREN_PRINTF(4, 5);
int order_created_retry(struct order_created_call *call, const char *fmt, ...) WARREN_PRINTF(2, 3);
struct order_created_call *order_created_defer(struct order_created_call *call);

/*
 * May be lost.
 * From orders.
 * At most once: it may be lost.  Inline: it runs on the loop and must not block; over 10 ms it is
 * logged and counted.
 * You write this.
 */
int audit_on_tick(struct tick_call *call, const struct tick *message, struct audit_worker *worker);

int tick_done(struct tick_call *call);
int tick_fail(struct tick_call *call, enum warren_code code, const char *fmt, ...)
	WARREN_PRINTF(3, 4);
int tick_fail_field(struct tick_call *call, enum warren_code code, const char *field,
	const char *fmt, ...) WARREN_PRINTF(4, 5);
int tick_retry(struct tick_call *call, const char *fmt, ...) WARREN_PRINTF(2, 3);
struct tick_call *tick_defer(struct tick_call *call);

/* ---- what it produces ---- */

/* A fact that nobody needs yet.  Deprecated: use orderCreated.  Nobody takes it yet. */
int order_forgotten_publish(struct warren_ctx *ctx, const struct order_forgotten *message);
int order_forgotten_publish_now(struct warren_ctx *ctx, const struct order_forgotten *message);

#ifdef __cplusplus
}
#endif

#endif
