/*
 * A delivery on its way through an instance.
 *
 */
/* clang-format off */
/*
 *   taken ──▶ a worker, or the loop ──▶ its handler ──▶ settled (settle.h) ──▶ finished
 *     │          │
 *     │          └ one that takes effect once (header warren-once) may wait in the store for another
 *     │            of its id, or be answered as that one was
 *     └ one that has come back after crashes goes to quarantine, without its handler
 */
/* clang-format on */
/*
 * Everything about it lies in its arena.  At every moment one party alone works on it: the thread
 * that runs it, the store, a deferred call's owner, or its settlement.  Only its settlement decides
 * what the broker is told, and only when its handler has returned.
 *
 * An inline call (struct warren_handler) runs on the loop and nowhere else: at once, in the callback
 * that delivers it.  It is held, and so are those that come after it, while a suspect of the
 * quarantine runs alone or is about to; a suspect that is inline itself runs on the loop, too.
 *
 * A delivery that comes again while this instance still has it in hand (its connection broke and
 * the broker delivered it once more) is the same delivery: it takes over the new tag, and does not
 * run twice.
 *
 * Crashes: a delivery count says how often a message was held by a consumer that then went away.
 */
/* clang-format off */
/*
 *   a consumer's queue   count 0 or 1   runs beside others
 *                        count 2        goes to `<system>.<service>.quarantine` (quarantine.h)
 *   the quarantine       count 0        runs, alone in its process
 *                        count 1        it was in hand alone when a process ended, for the third
 *                                       time: parked as `crashed`
 */
/* clang-format on */
/*
 * So a message that kills its process is parked after three crashes, and those that were held with
 * it are handled.  A queue that counts nothing (classic) knows only that a message came back: there
 * the first time counts as the second.
 */
#ifndef WARREN_SERVICE_CALL_H
#define WARREN_SERVICE_CALL_H

#include "service/private.h"
#include "service/settle.h"

#define WARREN_CRASHES_BESIDE_OTHERS 2 /* from then on it runs alone */
#define WARREN_CRASHES_ALONE 1         /* that often, and it is parked */

struct warren_delivery {
	struct warren_ctx ctx; /* the handler's */
	struct warren_instance *instance;
	const struct warren_handler *handler;
	struct warren_broker_message *message;
	struct warren_task task;
	bool moves;                  /* to the quarantine */
	bool alone;                  /* from the quarantine: no other handler runs beside it */
	struct warren_store_id once; /* `id` NULL: it runs each time */
	struct warren_store_waiter waiter;
	bool entered; /* it is the one at work */
	struct warren_effects effects;
	struct warren_settlement settlement;

	/* Under the instance's mutex. */
	struct warren_delivery *next, *previous;
	uint64_t tag; /* 0: no-ack */
	bool returned, deferred;
};

/* Takes a delivery from the broker: `data` is the struct warren_consumer.  Thread: the broker's. */
void warren_call_deliver(const struct warren_broker_delivery *delivery, void *data);

/*
 * Takes a delivery from the quarantine.  Returns the call, which is to be run alone; NULL when there
 * is nothing to run: it was parked, or given back.  Thread: the broker's.
 */
struct warren_delivery *warren_call_quarantined(
	struct warren_instance *instance, const struct warren_broker_delivery *delivery);

/* Runs it here.  The gate is the caller's (quarantine.h). */
void warren_call_run_alone(struct warren_delivery *call, void *worker);

/* Before the first delivery. */
void warren_calls_init(struct warren_instance *instance);

/* Returns whether no inline call waits for the loop.  Thread: any. */
bool warren_calls_none_held(struct warren_instance *instance);

/* Gives back what waits, and what nobody settled.  The workers have ended.  Thread: the loop's. */
void warren_calls_abandon(struct warren_instance *instance);

/* Its settlement is over: acknowledges it, or gives it back, and closes it. */
void warren_call_finish(struct warren_delivery *call);

#endif
