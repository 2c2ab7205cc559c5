/*
 * Time.  Everything in the runtime that waits or measures asks a clock, so that tests can turn it.
 *
 * A real clock is CLOCK_MONOTONIC for durations and CLOCK_REALTIME for what is written down.  A
 * turned clock stands still until warren_clock_advance_ms; both of its times move together.
 * Waiting: warren_clock_wait sleeps on a condition variable until it is signalled or the clock
 * reaches a time; on a turned clock only advancing moves that time, and wakes the sleepers.
 */
#ifndef WARREN_BASE_CLOCK_H
#define WARREN_BASE_CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "warren/api.h"

#define WARREN_CLOCK_NEVER INT64_MAX

struct warren_clock;

/* The process's real clock.  Never closed. */
struct warren_clock *warren_clock_real(void);

/* Returns a clock that stands at `wall_ms`; NULL when memory is out.  Owns: caller. */
struct warren_clock *warren_clock_open_turned(int64_t wall_ms) WARREN_MUST_CHECK;
void warren_clock_close(struct warren_clock *clock);

/* Thread: any. */
int64_t warren_clock_now_ms(struct warren_clock *clock);  /* monotonic */
int64_t warren_clock_wall_ms(struct warren_clock *clock); /* since 1970 */
bool warren_clock_is_turned(const struct warren_clock *clock);

/* Moves a turned clock and wakes whoever waits.  Asserts that it is a turned one.  Thread: any. */
void warren_clock_advance_ms(struct warren_clock *clock, int64_t ms);

/*
 * Initialises `cond` for use with warren_clock_wait (CLOCK_MONOTONIC).
 */
void warren_clock_cond_init(pthread_cond_t *cond);

/*
 * Waits, `mutex` held, until `cond` is signalled, the clock reaches `until_ms` (monotonic;
 * WARREN_CLOCK_NEVER: no limit), or for no reason; the caller looks again.
 */
void warren_clock_wait(
	struct warren_clock *clock, pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until_ms);

struct warren_clock_watch {
	void (*fn)(void *data); /* must not call the clock, or block */
	void *data;
	LIST_ENTRY(warren_clock_watch) link; /* the clock's own */
};

/*
 * Has `fn` called each time that a turned clock is advanced, on the thread that does it.  When
 * unwatch returns it does not run, and will not.  A real clock calls nobody.
 */
void warren_clock_watch(struct warren_clock *clock, struct warren_clock_watch *watch);
void warren_clock_unwatch(struct warren_clock *clock, struct warren_clock_watch *watch);

#endif
