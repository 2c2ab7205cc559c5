/*
 * How a call ends: the one place that tells the broker.
 *
 * Model
 * - A *verdict* is decided once: by the handler (reply, done, fail, retry), by its return, or by
 *   the runtime (expired, invalid, repeated …).  A second one is ignored and logged.
 * - Settlement begins when there is a verdict and the handler has returned.  It goes through
 *   stages, each complete before the next:
 *
 *     effects   they leave in their order; only where the verdict is a success
 *     outcome   the reply, the error, or the copy for the ladder, `.dead` or the quarantine leaves,
 *               once everything before it that asks for a confirm has it
 *     over      the outcome is confirmed: the delivery is acknowledged
 *
 * - What the broker does not take changes the verdict, never skips a stage:
 *
 *     an effect, or a reply      as a retry: the ladder, with its wait, its count and the reason.
 *                                After the last attempt: told as unavailable, or parked
 *     anything else              it stays unacknowledged, and is sent again after a wait that
 *                                doubles up to a minute
 *     while the instance closes  back to its queue
 *
 *   There is no other way back to the queue, so nothing can run in a hot loop.
 * - What leaves unconfirmed (broker.h) is done when it is SENT.
 * - A fact that no queue took although the schema names consumers was not taken: the topology is
 *   declared again.  A reply that no queue took counts as delivered: its client has gone.
 * - Where the broker's way out is full, settlement waits for room; it is never refused.  Outcomes
 *   have room reserved (broker.h).
 *
 * Thread: decide from any thread; the rest runs where the last thing happened: on a worker or on
 * the loop, one at a time.
 */
#ifndef WARREN_SERVICE_SETTLE_H
#define WARREN_SERVICE_SETTLE_H

#include "service/effects.h"
#include "service/private.h"

struct warren_delivery;

enum warren_verdict {
	WARREN_VERDICT_NONE,
	WARREN_VERDICT_DONE,
	WARREN_VERDICT_REPLY,
	WARREN_VERDICT_REPEAT,     /* answered as another one of its id was */
	WARREN_VERDICT_FAIL,       /* told; parked when nobody waits for it */
	WARREN_VERDICT_RETRY,      /* to the ladder; after the last attempt as FAIL */
	WARREN_VERDICT_DROP,       /* acknowledged, and nothing else */
	WARREN_VERDICT_QUARANTINE, /* to the quarantine */
	WARREN_VERDICT_REQUEUE     /* back to its queue: the instance closes */
};

/* Why a message was not handled: header warren-reason of what is parked. */
enum warren_reason {
	WARREN_REASON_FAILED,    /* its handler said so */
	WARREN_REASON_INVALID,   /* not this event, or against its constraints */
	WARREN_REASON_EXHAUSTED, /* the last attempt failed */
	WARREN_REASON_CRASHED,   /* its handler ended the process again and again */
	WARREN_REASON_FORGED     /* its account may not publish it: trust.h */
};

enum warren_settlement_stage {
	WARREN_SETTLEMENT_NOT_BEGUN,
	WARREN_SETTLEMENT_BEGUN,
	WARREN_SETTLEMENT_EFFECTS,
	WARREN_SETTLEMENT_OUTCOME,
	WARREN_SETTLEMENT_SENT /* the outcome was */
};

struct warren_settlement {
	enum warren_verdict verdict;
	enum warren_reason reason; /* FAIL */
	struct warren_error error; /* FAIL: what is told */
	const char *why;           /* FAIL, RETRY: for operators */
	const char *type;          /* REPLY, REPEAT: of the answer; NULL: there is none */
	const char *content_type;
	struct warren_bytes body;
	struct warren_outcome *outcome; /* to be remembered; REPEAT: the other one's */
	struct warren_arena *arena;     /* of `why` and `body`; may be NULL */

	/* Of the one that has it. */
	enum warren_settlement_stage stage;
	struct warren_effect *next; /* to leave */
	bool answers;               /* the outcome goes to the client that asked */
	bool noted;                 /* the verdict was counted and logged */
	char exchange[WARREN_NAME_SIZE], queue[WARREN_NAME_SIZE]; /* of the outcome's message */
	uint32_t wait_ms;                                         /* the last one */

	/* Under the instance's mutex. */
	bool stepping;      /* somebody has it: the handler, a timer, or the one that steps */
	uint32_t under_way; /* publishes without their outcome */
	bool full;          /* the way out was, the last time */
	bool failed;        /* a publish of this stage was not taken */
	bool early_failed;  /* one that left while the handler ran was not taken */
	bool confirms;      /* all that leaves goes the way of what is confirmed */
	uint64_t timer;     /* of the last wait; 0: there was none */
};

void warren_settlement_free(struct warren_settlement *settlement);

/* ---- verdicts; each is ignored, and logged, when there is one already ---- */

void warren_settle_done(struct warren_delivery *call);
/* `body` lies in `arena`, which passes to the call. */
void warren_settle_reply(struct warren_delivery *call, const char *type, struct warren_bytes body,
	struct warren_arena *arena);
/* `outcome` passes to the call. */
void warren_settle_repeat(struct warren_delivery *call, struct warren_outcome *outcome);
/* `error` is told, `why` logged and parked; both are copied. */
void warren_settle_fail(struct warren_delivery *call, enum warren_reason reason,
	const struct warren_error *error, const char *why);
void warren_settle_retry(struct warren_delivery *call, const char *why);
void warren_settle_drop(struct warren_delivery *call);
void warren_settle_quarantine(struct warren_delivery *call);
void warren_settle_requeue(struct warren_delivery *call);

/* The handler has returned, or never ran: settlement begins as soon as there is a verdict. */
void warren_settle_returned(struct warren_delivery *call);

/*
 * Returns whether what leaves with the call leaves unconfirmed: the call was taken at most once,
 * nothing of it asks for a confirm, and nothing left early.  All of it leaves in one way, since the
 * broker keeps no order between the two.
 */
bool warren_settle_is_unconfirmed(struct warren_delivery *call);

/*
 * Publishes something of the call's at once, whatever becomes of the call, which is acknowledged
 * only when the broker has it.  Returns as warren_broker_publish.  Before the handler has returned.
 */
int warren_settle_early(struct warren_delivery *call, enum warren_effect_kind kind,
	const struct warren_broker_message *message) WARREN_MUST_CHECK;

/*
 * The instance closes, and its workers have ended.  end_wait, with the mutex held, ends a wait for
 * the broker to take an outcome; returns whether there was one, which makes the call the caller's.
 * give_back settles such a call, or one without a verdict: back to its queue.
 */
bool warren_settle_end_wait(struct warren_delivery *call) WARREN_MUST_CHECK;
void warren_settle_give_back(struct warren_delivery *call);

const char *warren_reason_name(enum warren_reason reason);

#endif
