/*
 * Made by protoc-gen-warren from everything.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/*
 * The service shop.
 *
 * Handles  everything  from edge, reply everything2
 *          nothing     from edge
 *
 * You write what is marked so, in services/shop/; the build names the files.
 *
 * A handler settles its call once; `return everything_reply(call, &reply);` does it.
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
 * All calls return 0 or -errno.  Thread: any.
 */
#ifndef SHOP_SERVICE_H
#define SHOP_SERVICE_H

#include "everything_events.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The state of one worker thread, e.g. a database handle.  You define it. */
struct shop_worker;

/* You write these.  Returns 0; -errno: the service does not start. */
int shop_worker_open(struct warren_instance *instance, struct shop_worker **ret);
void shop_worker_close(struct shop_worker *worker);

extern const struct warren_service shop_service;

/* ---- what it handles ---- */

/*
 * Every scalar; numbers with gaps, declared out of order.
 * From edge.  Reply everything2 within 1500 ms.
 * Tried up to 3 times, waiting 100 to 400 ms.
 * You write this.
 */
int shop_on_everything(struct everything_call *call, const struct everything *message,
	struct shop_worker *worker);

int everything_reply(struct everything_call *call, const struct everything2 *reply);
int everything_fail(struct everything_call *call, enum warren_code code, const char *fmt, ...)
	WARREN_PRINTF(3, 4);
int everything_fail_field(struct everything_call *call, enum warren_code code, const char *field,
	const char *fmt, ...) WARREN_PRINTF(4, 5);
int everything_retry(struct everything_call *call, const char *fmt, ...) WARREN_PRINTF(2, 3);
struct everything_call *everything_defer(struct everything_call *call);

/*
 * From edge.
 * Tried up to 5 times, waiting 200 to 30000 ms.
 * You write this.
 */
int shop_on_nothing(struct nothing_call *call, const struct nothing *message,
	struct shop_worker *worker);

int nothing_done(struct nothing_call *call);
int nothing_fail(struct nothing_call *call, enum warren_code code, const char *fmt, ...)
	WARREN_PRINTF(3, 4);
int nothing_fail_field(struct nothing_call *call, enum warren_code code, const char *field,
	const char *fmt, ...) WARREN_PRINTF(4, 5);
int nothing_retry(struct nothing_call *call, const char *fmt, ...) WARREN_PRINTF(2, 3);
struct nothing_call *nothing_defer(struct nothing_call *call);

#ifdef __cplusplus
}
#endif

#endif
