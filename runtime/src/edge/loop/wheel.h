/*
 * A timer wheel: setting, cancelling and firing cost the same however many timers are set.
 *
 * Times are monotonic milliseconds.  A timer sits in the slot of the highest 6-bit digit in which
 * its time differs from the wheel's; when the wheel reaches that slot the timer moves to a lower
 * level or fires.  So every set timer lies in the future of `now_ms`, lower levels come first, and
 * the time of the next slot is found by bit search.
 * A timer fires at the first advance whose time is >= its own, never earlier; timers of different
 * milliseconds fire in order.  One thread.
 */
#ifndef WARREN_EDGE_WHEEL_H
#define WARREN_EDGE_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#include "warren/api.h"

#define WARREN_WHEEL_BITS 6
#define WARREN_WHEEL_SLOTS (1 << WARREN_WHEEL_BITS)
#define WARREN_WHEEL_LEVELS 7 /* 42 bits of milliseconds: 139 years */
#define WARREN_WHEEL_NEVER INT64_MAX

struct warren_wheel_timer {
	struct warren_wheel_timer *next, **link; /* link NULL: not set */
	int64_t at_ms;
	void (*fn)(void *data); /* may set and cancel any timer */
	void *data;
};

struct warren_wheel_alarm;

struct warren_wheel {
	int64_t now_ms;
	uint64_t occupied[WARREN_WHEEL_LEVELS];
	struct warren_wheel_timer *slots[WARREN_WHEEL_LEVELS][WARREN_WHEEL_SLOTS];
};

void warren_wheel_init(struct warren_wheel *wheel, int64_t now_ms);

/* Before first use of a timer. */
void warren_wheel_timer_init(struct warren_wheel_timer *timer, void (*fn)(void *data), void *data);

/* Sets or moves a timer; a time that has passed means the next millisecond. */
void warren_wheel_set(struct warren_wheel *wheel, struct warren_wheel_timer *timer, int64_t at_ms);

void warren_wheel_cancel(struct warren_wheel *wheel, struct warren_wheel_timer *timer);
bool warren_wheel_is_set(const struct warren_wheel_timer *timer);

/*
 * The same with memory of its own, for what waits only now and then: *timer is NULL while it is not
 * set, also when it fires.  Returns 0; -ENOMEM, when what was set before still is.
 */
int warren_wheel_arm(struct warren_wheel *wheel, struct warren_wheel_alarm **timer, int64_t at_ms,
	void (*fn)(void *data), void *data) WARREN_MUST_CHECK;
void warren_wheel_disarm(struct warren_wheel *wheel, struct warren_wheel_alarm **timer);

/* Returns a time not after the next timer's, WARREN_WHEEL_NEVER when none is set. */
int64_t warren_wheel_next_ms(const struct warren_wheel *wheel);

/* Moves the wheel to `now_ms` and fires what is due.  A time that has passed already does nothing.
 */
void warren_wheel_advance(struct warren_wheel *wheel, int64_t now_ms);

#endif
