/*
 * What has taken effect: the memory by which a message that is sent again takes effect once.
 *
 * Model
 * - An *id* is free, at work, or done with an *outcome*: the bytes that answer whoever asked.
 * - Whoever enters with an id that is free does the work, and leaves: with an outcome, which makes
 *   the id done, or with none, which makes it free again.
 * - Whoever enters while it is at work waits.  The one that leaves gets those that waited, and
 * gives each its end: tells it, or sends it in again.
 * - Whoever enters with an id that is done gets the outcome.
 * - An id stands for one message.  Whoever comes with the id of another (another digest) is turned
 *   away.
 *
 * What becomes of a delivery that says `warren-once` (see wire.h), and of those with the same id:
 *
 *   how it ended                      the id    those that come later
 *   a reply, or done                  done      get the reply, or are acknowledged
 *   failed, told; trying is no use    done      are told the same
 *   failed, told; may be tried again  free      run: they were sent for another attempt
 *   failed and parked                 free      run: from `….dead` it is sent again on
 * purpose retry: it goes to the ladder      free      run, as an attempt of their own; if one of
 * them is done before the ladder brings the first one back, that one gets the outcome, too the last
 * attempt failed, expired  free      run its outcome, or what the handler  free      run, the first
 * one among them published, was not confirmed
 *
 * So a delivery that comes again, from the ladder or from its queue, is no special case: where
 * nothing is at work and nothing is done it runs, and else it would have run twice.
 *
 * Limits: `max_bytes` for what is done, the ids with it, and `keep_ms`.  The oldest goes first;
 * what is not there any more runs again.  What is at work is bounded by prefetch, or by the table
 * of requests.
 *
 * What it is not: it is this instance's memory and goes with the process.  After a restart, or when
 * the same id comes to another process of the service, the handler runs again; one that must not
 * keeps ctx->message_id with what it writes, in the same transaction.  A store that does this for
 * every handler takes the place of this one behind the same calls.
 *
 * Thread: all calls from any thread.
 */
#ifndef WARREN_SERVICE_INBOX_H
#define WARREN_SERVICE_INBOX_H

#include <stdbool.h>

#include "base/clock.h"
#include "warren/message.h"

/* ---- outcomes: never change once made, and are shared ---- */

struct warren_outcome {
	const char *type;         /* as the property of that name; NULL: nothing to say */
	const char *content_type; /* both live for ever */
	struct warren_bytes body;
};

/* Copies `body`.  Returns NULL when memory is out.  Owns: caller, unref. */
struct warren_outcome *warren_outcome_make(
	const char *type, const char *content_type, struct warren_bytes body) WARREN_MUST_CHECK;
void warren_outcome_unref(struct warren_outcome *outcome); /* NULL is allowed */

/* ---- the memory ---- */

struct warren_inbox;

/* Returns NULL when memory is out.  Owns: caller. */
struct warren_inbox *warren_inbox_open(
	struct warren_clock *clock, size_t max_bytes, uint32_t keep_ms) WARREN_MUST_CHECK;

/* Nothing waits any more.  NULL is allowed. */
void warren_inbox_close(struct warren_inbox *inbox);

struct warren_inbox_id {
	const char *space; /* ids of different spaces are different */
	const char *id;
	uint64_t digest; /* of what is sent under the id */
};

/* Lies in what waits. */
struct warren_inbox_waiter {
	struct warren_inbox_waiter *next;
};

enum warren_inbox_verdict {
	WARREN_INBOX_RUN,   /* it was free: do the work, then leave */
	WARREN_INBOX_WAIT,  /* somebody is at work, and gets `waiter` when it leaves */
	WARREN_INBOX_DONE,  /* `*ret` is the outcome; owns: caller, unref */
	WARREN_INBOX_OTHER, /* the id was given to another message */
	WARREN_INBOX_CROWD  /* `max_waiting` wait already */
};

/*
 * Returns a verdict; -ENOMEM.  After WAIT `waiter` belongs to whoever is at work, which may already
 * have taken it.  `max_waiting` 0: any number.
 */
int warren_inbox_enter(struct warren_inbox *inbox, const struct warren_inbox_id *id,
	uint32_t max_waiting, struct warren_inbox_waiter *waiter,
	struct warren_outcome **ret) WARREN_MUST_CHECK;

/*
 * Ends the work of who was told RUN; `outcome` NULL: the id is free again.  Returns those that
 * waited, the first one first.
 */
struct warren_inbox_waiter *warren_inbox_leave(struct warren_inbox *inbox,
	const struct warren_inbox_id *id, struct warren_outcome *outcome) WARREN_MUST_CHECK;

/* Returns whether somebody is at work on it, or it is done. */
bool warren_inbox_knows(struct warren_inbox *inbox, const char *space, const char *id);

/* Returns all that wait, whatever for; nobody enters any more. */
struct warren_inbox_waiter *warren_inbox_end(struct warren_inbox *inbox) WARREN_MUST_CHECK;

struct warren_inbox_counters {
	uint64_t done;      /* ids with their outcome */
	uint64_t bytes;     /* what they take */
	uint64_t forgotten; /* so far, for want of room */
};
void warren_inbox_counters(struct warren_inbox *inbox, struct warren_inbox_counters *ret);

#endif
