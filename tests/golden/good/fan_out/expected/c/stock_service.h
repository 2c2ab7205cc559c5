/*
 * Made by protoc-gen-warren from fan_out.proto, stock.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/*
 * The service stock.
 * Asks for its own stock, and says when it is low.
 *
 * Handles    reserve       from orders and billing, reply reserved
 * Publishes  orderCreated  to billing and audit
 *            stockLow      to orders
 *
 * You write what is marked so, in services/stock/; the build names the files.
 *
 * A handler settles its call once; `return reserve_reply(call, &reply);` does it.
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
 * All calls return 0 or -errno.  Thread: any.
 */
#ifndef STOCK_SERVICE_H
#define STOCK_SERVICE_H

#include "fan_out_events.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The state of one worker thread, e.g. a database handle.  You define it. */
struct stock_worker;

/* You write these.  Returns 0; -errno: the service does not start. */
int stock_worker_open(struct warren_instance *instance, struct stock_worker **ret);
void stock_worker_close(struct stock_worker *worker);

extern const struct warren_service stock_service;

/* ---- what it handles ---- */

/*
 * A question between services.
 * From orders and billing.  Reply reserved within 5000 ms.
 * Tried up to 5 times, waiting 200 to 30000 ms.
 * You write this.
 */
int stock_on_reserve(struct reserve_call *call, const struct reserve *message,
	struct stock_worker *worker);

int reserve_reply(struct reserve_call *call, const struct reserved *reply);
int reserve_fail(struct reserve_call *call, enum warren_code code, const char *fmt, ...)
	WARREN_PRINTF(3, 4);
int reserve_fail_field(struct reserve_call *call, enum warren_code code, const char *field,
	const char *fmt, ...) WARREN_PRINTF(4, 5);
int reserve_retry(struct reserve_call *call, const char *fmt, ...) WARREN_PRINTF(2, 3);
struct reserve_call *reserve_defer(struct reserve_call *call);

/* ---- what it produces ---- */

/* A fact with two consumers and two producers.  To billing and audit. */
int order_created_publish(struct warren_ctx *ctx, const struct order_created *message);
int order_created_publish_now(struct warren_ctx *ctx, const struct order_created *message);

/* To orders. */
int stock_low_publish(struct warren_ctx *ctx, const struct stock_low *message);
int stock_low_publish_now(struct warren_ctx *ctx, const struct stock_low *message);

#ifdef __cplusplus
}
#endif

#endif
