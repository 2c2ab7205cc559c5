/*
 * A delivery on its way through an instance.
 *
 * Everything about it lies in its arena.  It is *held* for three reasons: its handler has not
 * returned, it is not settled, and publishes that belong to it (its outcome, what the handler
 * published) are not confirmed.  When the last hold goes it is acknowledged; or, if a publish was
 * refused or lost, given back to its queue, so that it runs again.
 *
 * One that takes effect once (header warren-once) enters the inbox before its handler runs, and
 * leaves it when it is finished; inbox.h says what becomes of it there.
 */
#ifndef WARREN_SERVICE_CALL_H
#define WARREN_SERVICE_CALL_H

#include "service/inbox.h"
#include "service/private.h"

struct warren_delivery {
	struct warren_ctx ctx; /* the handler's */
	struct warren_instance *instance;
	const struct warren_handler *handler;
	struct warren_broker_message *message;
	uint64_t tag; /* 0: no-ack */
	struct warren_task task;
	struct warren_delivery *next, *previous;
	struct warren_inbox_id once; /* `id` NULL: it runs each time */
	struct warren_inbox_waiter waiter;
	bool entered;                   /* it is the one at work */
	struct warren_outcome *outcome; /* what is remembered of it, once it is settled */

	/* Under the instance's mutex. */
	uint32_t holds;
	bool settled, deferred;
	bool broken; /* goes back to its queue */
};

/* Takes a delivery from the broker: `data` is the struct warren_consumer.  Thread: the broker's. */
void warren_call_deliver(const struct warren_broker_delivery *delivery, void *data);

/* Gives back what waits in the inbox, and what nobody settled.  The workers have ended. */
void warren_calls_abandon(struct warren_instance *instance);

void warren_call_hold(struct warren_delivery *call);
void warren_call_release(struct warren_delivery *call);
void warren_call_break(struct warren_delivery *call); /* it goes back to its queue in the end */

/* The broker's word on what the handler published; releases `data`, a struct warren_delivery. */
void warren_call_published(enum warren_broker_outcome outcome, void *data);

/* Returns whether the caller is the one to settle it; logs when somebody else has.  Then release it
 * once. */
bool warren_call_claim(struct warren_delivery *call);

/* ---- outcome.c: how it ends; each settles, or does nothing when that was done before ---- */

enum warren_reason {
	WARREN_REASON_FAILED,   /* its handler said so */
	WARREN_REASON_INVALID,  /* not this event, or against its constraints */
	WARREN_REASON_EXPIRED,  /* whoever asked has stopped waiting */
	WARREN_REASON_EXHAUSTED /* the last attempt failed */
};

void warren_call_done(struct warren_delivery *call);
void warren_call_requeue(struct warren_delivery *call);
/* As another of its id ended. */
void warren_call_repeat(struct warren_delivery *call, const struct warren_outcome *outcome);
void warren_call_again(struct warren_delivery *call, const char *why);
/* `error` is told to whoever waits, `why` logged and parked. */
void warren_call_refuse(struct warren_delivery *call, enum warren_reason reason,
	const struct warren_error *error, const char *why);

#endif
