/*
 * The process's loop: one thread that waits for sockets, for time and for other threads (libev on
 * epoll).
 *
 * Model
 * - The loop's thread runs from open to close.  libev's watchers, the turns of its parts, and what
 *   other threads post run there, one at a time; nothing on it blocks.
 * - A part looks for work in each turn, before the loop sleeps: the broker sends what was published
 *   since the last turn with one send(), the timers call what is due.  The part that was added
 *   first comes last, so that what the others publish leaves in the same turn.
 * - Only a sleeping loop is woken, by the first call: a post or a wake costs a system call then, and
 *   none while the loop is awake.
 * - The clock may be a turned one: it wakes the loop when it is advanced.
 *
 * Thread: all calls from any thread, except close: not from the loop's own.
 */
#ifndef WARREN_BASE_LOOP_H
#define WARREN_BASE_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/clock.h"

/* A handler on the loop that takes longer is logged and counted: the whole process waited for it. */
#define WARREN_LOOP_SLOW_MS 10

struct ev_loop;
struct warren_loop;

struct warren_loop_part {
	/*
	 * Does what there is to do, for a while.  Returns the clock's monotonic time at which it has
	 * something to do that nobody wakes it for, WARREN_CLOCK_NEVER for none; a time that has
	 * passed when it is not through: the sockets are looked at, and it comes again.
	 */
	int64_t (*turn)(void *data);
	void *data;
	TAILQ_ENTRY(warren_loop_part) link; /* the loop's own */
};

/* Memory of the caller's, until `fn` is called. */
struct warren_loop_task {
	void (*fn)(void *data);
	void *data;
	STAILQ_ENTRY(warren_loop_task) link; /* the loop's own */
};

/* Starts the thread.  Returns 0; -ENOMEM; -EAGAIN when no thread can be had.  Owns: caller. */
int warren_loop_open(struct warren_clock *clock, struct warren_loop **ret) WARREN_MUST_CHECK;

/* Runs what was posted, and ends the thread.  The parts were removed.  NULL is allowed. */
void warren_loop_close(struct warren_loop *loop);

/* Returns libev's loop, for watchers.  Thread: only the loop's may use it. */
struct ev_loop *warren_loop_ev(struct warren_loop *loop);

/* Returns whether the caller runs on the loop's thread. */
bool warren_loop_is_current(const struct warren_loop *loop);

/* Returns whether the parts are taking their turns: what is left for one that had its own already
 * needs a wake.  Thread: the loop's. */
bool warren_loop_is_turning(const struct warren_loop *loop);

/* Adds a part; it takes its turns from now on. */
void warren_loop_add(struct warren_loop *loop, struct warren_loop_part *part);

/* Removes a part.  When this returns its turn does not run, and will not. */
void warren_loop_remove(struct warren_loop *loop, struct warren_loop_part *part);

/* Has every part take a turn soon. */
void warren_loop_wake(struct warren_loop *loop);

/*
 * A thread that has several things to do for the loop wakes it once for all of them: between hold
 * and release its wakes are kept.  The loop may break a hold in a turn; from then on that thread's
 * wakes are not kept any more.
 */
struct warren_loop_hold {
	struct warren_loop *loop;
	atomic_int state;
};
/* Again after it was broken: begins anew. */
void warren_loop_hold(struct warren_loop *loop, struct warren_loop_hold *hold);
void warren_loop_release(struct warren_loop_hold *hold); /* wakes when it was asked to */

/* Returns whether there was a hold: what was left for the loop by then is seen in the rest of the
 * turn.  Thread: the loop's, in a part's turn. */
bool warren_loop_break(struct warren_loop_hold *hold);

/* Has `task` run on the loop's thread, after what was posted before. */
void warren_loop_post(struct warren_loop *loop, struct warren_loop_task *task);

/* Runs `fn` on the loop's thread and waits until it has returned. */
void warren_loop_call(struct warren_loop *loop, void (*fn)(void *data), void *data);

#endif
