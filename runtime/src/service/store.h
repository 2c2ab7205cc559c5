/*
 * A store: what has taken effect once, with its outcome, and what has still to leave.
 *
 * Model
 * - An *id* is free, at work, or done with an *outcome*: the bytes that answer a request.
 * - A delivery that enters with a free id does the work.  Its settlement calls prepare before
 *   anything of it leaves, and leave when all of it has left: with an outcome, which makes the id
 *   done, or with none, which makes it free again.
 * - A delivery that enters while the id is at work waits.  leave returns those that waited, and the
 *   caller gives each its end: it tells it the outcome, or sends it in again.
 * - A delivery that enters with an id that is done gets the outcome.
 * - An id stands for one message.  A delivery with the id of another message (another digest) is
 *   told so.
 *
 * Becomes of a delivery that says `warren-once` (wire.h), and of those with the same id:
 */
/* clang-format off */
/*
 *   how it ended                       the id   those that come later
 *   a reply, or done                   done     get the reply, or are acknowledged
 *   failed, told; trying is no use     done     are told the same
 *   failed, told; may be tried again   free     run: they were sent for another attempt
 *   failed and parked                  free     run: from `<service>.dead` it is sent again on purpose
 *   retry: it goes to the ladder       free     run, as an attempt of their own; when one of them is
 *                                               done first, the one on the ladder gets its outcome
 *   its effects were not confirmed     free     run, the first one among them (it came back by the
 *                                               ladder); effects that did leave have the same ids
 */
/* clang-format on */
/*
 * So a delivery that comes again, from the ladder or from its queue, is no special case: where
 * nothing is at work and nothing is done it runs.
 *
 * Stores
 * - `memory` is this instance's, and goes with the process.  prepare does nothing, since effects
 *   leave from the call's own memory.  Limits: `max_bytes` for what is done, the ids with it, and
 *   `keep_ms`; the oldest goes first, and what is not there any more runs again.
 * - One in a database takes part in the handler's transaction, which begins with the first use of
 *   the handle that the call gives.  Its prepare writes the id, the outcome and the effects last in
 *   that transaction and commits it; a conflict there means that another one was first: it rolls
 *   back and gives that one's outcome.  Its leave deletes the effects, which have left.  Such a
 *   store publishes what a crash kept from leaving when it opens.
 *
 * Thread: all calls from any thread.
 */
#ifndef WARREN_SERVICE_STORE_H
#define WARREN_SERVICE_STORE_H

#include <stdbool.h>

#include "base/clock.h"
#include "warren/message.h"

struct warren_effects;

/* ---- outcomes: never change once made, and are shared ---- */

struct warren_outcome {
	const char *type;         /* as the property of that name; NULL: nothing to say */
	const char *content_type; /* both live for ever */
	struct warren_bytes body;
};

/* Copies `body`.  Returns NULL when memory is out.  Owns: caller, unref. */
struct warren_outcome *warren_outcome_make(
	const char *type, const char *content_type, struct warren_bytes body) WARREN_MUST_CHECK;
struct warren_outcome *warren_outcome_ref(struct warren_outcome *outcome);
void warren_outcome_unref(struct warren_outcome *outcome); /* NULL is allowed */

/* ---- a store ---- */

struct warren_store {
	const struct warren_store_ops *ops;
};

struct warren_store_id {
	const char *space; /* ids of different spaces are different */
	const char *id;
	uint64_t digest; /* of what is sent under the id */
};

/* Lies in what waits. */
struct warren_store_waiter {
	struct warren_store_waiter *next;
};

enum warren_store_verdict {
	WARREN_STORE_RUN,   /* it was free: do the work, then leave */
	WARREN_STORE_WAIT,  /* it is at work; leave returns `waiter` */
	WARREN_STORE_DONE,  /* `*ret` is the outcome; owns: caller, unref */
	WARREN_STORE_OTHER, /* the id was given to another message */
	WARREN_STORE_CROWD  /* `max_waiting` wait already */
};

struct warren_store_counters {
	uint64_t done;      /* ids with their outcome */
	uint64_t bytes;     /* what they take */
	uint64_t forgotten; /* so far, for want of room */
};

/*
 * The memory store.  Returns NULL when memory is out.  Owns: caller.
 */
struct warren_store *warren_store_open_memory(
	struct warren_clock *clock, size_t max_bytes, uint32_t keep_ms) WARREN_MUST_CHECK;

/* Nothing is at work or waits any more.  NULL is allowed. */
void warren_store_close(struct warren_store *store);

/*
 * Returns a verdict; -EINVAL for a space or id that no broker carries (over 255 bytes); -ENOMEM.
 * After WAIT `waiter` belongs to the delivery at work, which may already have taken it.
 * `max_waiting` 0: any number.
 */
int warren_store_enter(struct warren_store *store, const struct warren_store_id *id,
	uint32_t max_waiting, struct warren_store_waiter *waiter,
	struct warren_outcome **ret) WARREN_MUST_CHECK;

/*
 * Before anything of the work leaves.  `id` NULL: its message says no `warren-once`; `outcome`
 * NULL: there is none to be remembered.  Returns 0: the effects may leave; WARREN_STORE_DONE with
 * `*ret`: another one was first, and nothing of this one may leave; -errno: nothing was written, it
 * is to be tried again.
 */
int warren_store_prepare(struct warren_store *store, const struct warren_store_id *id,
	const struct warren_outcome *outcome, const struct warren_effects *effects,
	struct warren_outcome **ret) WARREN_MUST_CHECK;

/*
 * Ends the work of a delivery that was told RUN; `outcome` NULL: the id is free again.  Returns
 * those that waited, the first one first.
 */
struct warren_store_waiter *warren_store_leave(struct warren_store *store,
	const struct warren_store_id *id, struct warren_outcome *outcome) WARREN_MUST_CHECK;

/* Returns whether the id is at work or done. */
bool warren_store_knows(struct warren_store *store, const char *space, const char *id);

/* Returns all that wait, whatever for; nobody enters any more. */
struct warren_store_waiter *warren_store_end(struct warren_store *store) WARREN_MUST_CHECK;

void warren_store_counters(struct warren_store *store, struct warren_store_counters *ret);

/* ---- an implementation ---- */

/* `struct warren_store` is the first member of its own. */
struct warren_store_ops {
	void (*close)(struct warren_store *store);
	int (*enter)(struct warren_store *store, const struct warren_store_id *id,
		uint32_t max_waiting, struct warren_store_waiter *waiter,
		struct warren_outcome **ret);
	int (*prepare)(struct warren_store *store, const struct warren_store_id *id,
		const struct warren_outcome *outcome, const struct warren_effects *effects,
		struct warren_outcome **ret);
	struct warren_store_waiter *(*leave)(struct warren_store *store,
		const struct warren_store_id *id, struct warren_outcome *outcome);
	bool (*knows)(struct warren_store *store, const char *space, const char *id);
	struct warren_store_waiter *(*end)(struct warren_store *store);
	void (*counters)(struct warren_store *store, struct warren_store_counters *ret);
};

#endif
