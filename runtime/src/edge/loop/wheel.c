#include "edge/loop/wheel.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define MASK (WARREN_WHEEL_SLOTS - 1)

void warren_wheel_init(struct warren_wheel *wheel, int64_t now_ms)
{
	assert(now_ms >= 0);
	memset(wheel, 0, sizeof *wheel);
	wheel->now_ms = now_ms;
}

void warren_wheel_timer_init(struct warren_wheel_timer *timer, void (*fn)(void *data), void *data)
{
	*timer = (struct warren_wheel_timer){.fn = fn, .data = data};
}

bool warren_wheel_is_set(const struct warren_wheel_timer *timer)
{
	return timer->link != NULL;
}

/* Digit `level` of a time. */
static unsigned digit(int64_t time_ms, unsigned level)
{
	return (unsigned)(time_ms >> (level * WARREN_WHEEL_BITS)) & MASK;
}

static void insert(struct warren_wheel *wheel, struct warren_wheel_timer *timer)
{
	uint64_t differing = (uint64_t)(timer->at_ms ^ wheel->now_ms);
	unsigned level, slot;

	assert(timer->at_ms > wheel->now_ms);
	level = (63U - (unsigned)__builtin_clzll(differing)) / WARREN_WHEEL_BITS;
	assert(level < WARREN_WHEEL_LEVELS);
	slot = digit(timer->at_ms, level);
	timer->next = wheel->slots[level][slot];
	timer->link = &wheel->slots[level][slot];
	if (timer->next)
		timer->next->link = &timer->next;
	wheel->slots[level][slot] = timer;
	wheel->occupied[level] |= UINT64_C(1) << slot;
}

void warren_wheel_cancel(struct warren_wheel *wheel, struct warren_wheel_timer *timer)
{
	struct warren_wheel_timer **link = timer->link, **slots = &wheel->slots[0][0];

	if (!link)
		return;
	*link = timer->next;
	if (timer->next)
		timer->next->link = link;
	timer->next = NULL;
	timer->link = NULL;
	/* The last one of a slot hangs on the slot itself. */
	if (!*link && link >= slots && link < slots + WARREN_WHEEL_LEVELS * WARREN_WHEEL_SLOTS) {
		size_t at = (size_t)(link - slots);

		wheel->occupied[at / WARREN_WHEEL_SLOTS] &=
			~(UINT64_C(1) << (at % WARREN_WHEEL_SLOTS));
	}
}

void warren_wheel_set(struct warren_wheel *wheel, struct warren_wheel_timer *timer, int64_t at_ms)
{
	warren_wheel_cancel(wheel, timer);
	timer->at_ms = at_ms > wheel->now_ms ? at_ms : wheel->now_ms + 1;
	insert(wheel, timer);
}

/* ---- with memory of their own ---- */

struct warren_wheel_alarm {
	struct warren_wheel_timer timer;
	struct warren_wheel_alarm **owner;
	void (*fn)(void *data);
	void *data;
};

static void on_alarm(void *data)
{
	struct warren_wheel_alarm alarm = *(struct warren_wheel_alarm *)data;

	*alarm.owner = NULL;
	free(data);
	alarm.fn(alarm.data);
}

int warren_wheel_arm(struct warren_wheel *wheel, struct warren_wheel_alarm **timer, int64_t at_ms,
	void (*fn)(void *data), void *data)
{
	struct warren_wheel_alarm *alarm = *timer;

	if (!alarm) {
		alarm = malloc(sizeof *alarm);
		if (!alarm)
			return -ENOMEM;
		warren_wheel_timer_init(&alarm->timer, on_alarm, alarm);
		alarm->owner = timer;
		*timer = alarm;
	}
	alarm->fn = fn;
	alarm->data = data;
	warren_wheel_set(wheel, &alarm->timer, at_ms);
	return 0;
}

void warren_wheel_disarm(struct warren_wheel *wheel, struct warren_wheel_alarm **timer)
{
	if (!*timer)
		return;
	warren_wheel_cancel(wheel, &(*timer)->timer);
	free(*timer);
	*timer = NULL;
}

int64_t warren_wheel_next_ms(const struct warren_wheel *wheel)
{
	for (unsigned level = 0; level < WARREN_WHEEL_LEVELS; level++) {
		unsigned shift = level * WARREN_WHEEL_BITS;
		int64_t above = wheel->now_ms >> (shift + WARREN_WHEEL_BITS);

		if (wheel->occupied[level]) {
			int64_t slot = __builtin_ctzll(wheel->occupied[level]);

			return ((above << WARREN_WHEEL_BITS) | slot) << shift;
		}
	}
	return WARREN_WHEEL_NEVER;
}

/* Empties the slots that begin at the wheel's time: fires what is due, moves the rest down. */
static void empty_slots(struct warren_wheel *wheel)
{
	for (unsigned level = WARREN_WHEEL_LEVELS; level-- > 0;) {
		struct warren_wheel_timer **slot =
			&wheel->slots[level][digit(wheel->now_ms, level)];
		struct warren_wheel_timer *timer;

		while ((timer = *slot)) {
			warren_wheel_cancel(wheel, timer);
			if (timer->at_ms > wheel->now_ms)
				insert(wheel, timer);
			else
				timer->fn(timer->data);
		}
	}
}

void warren_wheel_advance(struct warren_wheel *wheel, int64_t now_ms)
{
	for (;;) {
		int64_t next_ms = warren_wheel_next_ms(wheel);

		if (next_ms > now_ms)
			break;
		wheel->now_ms = next_ms;
		empty_slots(wheel);
	}
	if (now_ms > wheel->now_ms)
		wheel->now_ms = now_ms;
}
