/*
 * Made by protoc-gen-warren from fan_out.proto, stock.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/*
 * The service orders.
 * Takes orders.
 *
 * Handles    orderPlaced   from router, reply orderAccepted
 *            stockLow      from stock
 * Publishes  orderCreated  to billing and audit
 *            tick          to audit
 * Requests   reserve       to stock, reply reserved
 *
 * You write what is marked so, in services/orders/; the build names the files.
 *
 * A handler settles its call once; `return order_placed_reply(call, &reply);` does it.
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
#ifndef ORDERS_SERVICE_H
#define ORDERS_SERVICE_H

#include "fan_out_events.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The state of one worker thread, e.g. a database handle.  You define it. */
struct orders_worker;

/* You write these.  Returns 0; -errno: the service does not start. */
int orders_worker_open(struct warren_instance *instance, struct orders_worker **ret);
void orders_worker_close(struct orders_worker *worker);

extern const struct warren_service orders_service;

/* ---- what it handles ---- */

/*
 * A person orders.  Orders replies, billing looks on.
 * From router.  Reply orderAccepted within 5000 ms.
 * Tried up to 5 times, waiting 200 to 30000 ms.
 * You write this.
 */
int orders_on_order_placed(struct order_placed_call *call, const struct order_placed *message,
	struct orders_worker *worker);

int order_placed_reply(struct order_placed_call *call, const struct order_accepted *reply);
int order_placed_fail(struct order_placed_call *call, enum warren_code code, const char *fmt, ...)
	WARREN_PRINTF(3, 4);
int order_placed_fail_field(struct order_placed_call *call, enum warren_code code,
	const char *field, const char *fmt, ...) WARREN_PRINTF(4, 5);
int order_placed_retry(struct order_placed_call *call, const char *fmt, ...) WARREN_PRINTF(2, 3);
struct order_placed_call *order_placed_defer(struct order_placed_call *call);

/*
 * From stock.
 * Tried up to 5 times, waiting 200 to 30000 ms.  Inline: it runs on the loop and must not block;
 * over 10 ms it is logged and counted.
 * You write this.
 */
int orders_on_stock_low(struct stock_low_call *call, const struct stock_low *message,
	struct orders_worker *worker);

int stock_low_done(struct stock_low_call *call);
int stock_low_fail(struct stock_low_call *call, enum warren_code code, const char *fmt, ...)
	WARREN_PRINTF(3, 4);
int stock_low_fail_field(struct stock_low_call *call, enum warren_code code, const char *field,
	const char *fmt, ...) WARREN_PRINTF(4, 5);
int stock_low_retry(struct stock_low_call *call, const char *fmt, ...) WARREN_PRINTF(2, 3);
struct stock_low_call *stock_low_defer(struct stock_low_call *call);

/* ---- what it produces ---- */

/* A fact with two consumers and two producers.  To billing and audit. */
int order_created_publish(struct warren_ctx *ctx, const struct order_created *message);
int order_created_publish_now(struct warren_ctx *ctx, const struct order_created *message);

/* May be lost.  To audit.  At most once: it may be lost. */
int tick_publish(struct warren_ctx *ctx, const struct tick *message);
int tick_publish_now(struct warren_ctx *ctx, const struct tick *message);

/*
 * A question between services.
 * To stock.  Reply reserved within 5000 ms.
 * Hears the answer exactly once: `reply`, or NULL and `error`.  After a timeout the effect is
 * unknown.
 */
typedef void (*reserve_on_reply)(struct warren_ctx *ctx, const struct reserved *reply,
	const struct warren_error *error, void *data);
int reserve_request(struct warren_ctx *ctx, const struct reserve *message,
	reserve_on_reply on_reply, void *data);

#ifdef __cplusplus
}
#endif

#endif
