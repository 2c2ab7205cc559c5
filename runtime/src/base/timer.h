/*
 * Timers on the loop: one heap, callbacks in the order of their times.
 *
 * For deadlines in the hundreds or thousands (requests, deferred calls).  The edge has a wheel of
 * its own.  A callback runs on the loop's thread without a lock held, must not block, and may start
 * and cancel timers.  After warren_timer_cancel returned true the callback will not run.
 */
#ifndef WARREN_BASE_TIMER_H
#define WARREN_BASE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/loop.h"

struct warren_timers;
typedef void (*warren_timer_fn)(void *data);

/* `clock` is the loop's.  Returns 0; -ENOMEM.  Owns: caller. */
int warren_timers_open(struct warren_loop *loop, struct warren_clock *clock,
	struct warren_timers **ret) WARREN_MUST_CHECK;

/* When this returns no callback runs; timers that are still set never do.  NULL is allowed. */
void warren_timers_close(struct warren_timers *timers);

/* Sets a timer.  Returns 0 with an id > 0; -ENOMEM.  Thread: any. */
int warren_timer_start(struct warren_timers *timers, int64_t at_ms, warren_timer_fn fn, void *data,
	uint64_t *ret_id) WARREN_MUST_CHECK;

/* Returns whether it was still set.  Thread: any. */
bool warren_timer_cancel(struct warren_timers *timers, uint64_t id);

/* Returns the monotonic time of the next timer, WARREN_CLOCK_NEVER for none.  Thread: any. */
int64_t warren_timers_next_ms(struct warren_timers *timers);

/* Returns whether every timer due by now has run to its end.  For the test kit.  Thread: any. */
bool warren_timers_idle(struct warren_timers *timers);

#endif
