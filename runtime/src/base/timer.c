#include "base/timer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define FIRST_CAPACITY 64
#define NO_SLOT UINT32_MAX

struct timer {
	int64_t at_ms;
	uint64_t order; /* rises, so that equal times run in the order in which they were set */
	uint32_t slot;
	warren_timer_fn fn;
	void *data;
};

/*
 * Where a timer stands in the heap, so that it is cancelled without a search.  An id is a slot and
 * the round of its use: the id of a timer that has run never names a later one.
 */
struct slot {
	uint32_t round;
	uint32_t at; /* in the heap; of a free slot: the next free one */
};

struct warren_timers {
	struct warren_loop *loop;
	struct warren_clock *clock;
	struct warren_loop_part part;
	pthread_mutex_t mutex; /* guards all below */
	struct timer *heap;
	struct slot *slots; /* as many as the heap has room for */
	size_t count, capacity;
	uint32_t free_slot; /* NO_SLOT: none */
	uint64_t last_order;
	bool running_one;
};

static bool before(const struct timer *a, const struct timer *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void place(struct warren_timers *timers, size_t at, struct timer timer)
{
	timers->heap[at] = timer;
	timers->slots[timer.slot].at = (uint32_t)at;
}

static void swap(struct warren_timers *timers, size_t a, size_t b)
{
	struct timer kept = timers->heap[a];
	place(timers, a, timers->heap[b]);
	place(timers, b, kept);
}

static void rise(struct warren_timers *timers, size_t at)
{
	while (at > 0 && before(&timers->heap[at], &timers->heap[(at - 1) / 2])) {
		swap(timers, at, (at - 1) / 2);
		at = (at - 1) / 2;
	}
}

static void sink(struct warren_timers *timers, size_t at)
{
	for (;;) {
		size_t least = at;
		for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
			if (child < timers->count &&
				before(&timers->heap[child], &timers->heap[least]))
				least = child;
		if (least == at)
			return;
		swap(timers, at, least);
		at = least;
	}
}

static void take(struct warren_timers *timers, size_t at)
{
	uint32_t slot = timers->heap[at].slot;
	timers->slots[slot].round++;
	timers->slots[slot].at = timers->free_slot;
	timers->free_slot = slot;
	timers->count--;
	if (at < timers->count) {
		place(timers, at, timers->heap[timers->count]);
		rise(timers, at);
		sink(timers, at);
	}
}

/* Calls the timers that are due; one that a callback starts is called in the next turn. */
static int64_t turn(void *data)
{
	struct warren_timers *timers = data;
	int64_t now_ms = warren_clock_now_ms(timers->clock);
	pthread_mutex_lock(&timers->mutex);
	uint64_t last_order = timers->last_order;
	while (timers->count > 0 && timers->heap[0].at_ms <= now_ms &&
		timers->heap[0].order <= last_order) {
		struct timer due = timers->heap[0];
		take(timers, 0);
		timers->running_one = true;
		pthread_mutex_unlock(&timers->mutex);
		due.fn(due.data);
		pthread_mutex_lock(&timers->mutex);
		timers->running_one = false;
	}
	int64_t next_ms = timers->count > 0 ? timers->heap[0].at_ms : WARREN_CLOCK_NEVER;
	pthread_mutex_unlock(&timers->mutex);
	return next_ms;
}

int warren_timers_open(
	struct warren_loop *loop, struct warren_clock *clock, struct warren_timers **ret)
{
	struct warren_timers *timers = calloc(1, sizeof *timers);
	if (!timers)
		return -ENOMEM;
	timers->loop = loop;
	timers->clock = clock;
	timers->free_slot = NO_SLOT;
	pthread_mutex_init(&timers->mutex, NULL);
	timers->part = (struct warren_loop_part){.turn = turn, .data = timers};
	warren_loop_add(loop, &timers->part);
	*ret = timers;
	return 0;
}

void warren_timers_close(struct warren_timers *timers)
{
	if (!timers)
		return;
	warren_loop_remove(timers->loop, &timers->part);
	pthread_mutex_destroy(&timers->mutex);
	free(timers->heap);
	free(timers->slots);
	free(timers);
}

static int grow(struct warren_timers *timers)
{
	size_t capacity = timers->capacity ? timers->capacity * 2 : FIRST_CAPACITY;
	if (capacity >= NO_SLOT)
		return -ENOMEM;
	struct timer *heap = realloc(timers->heap, capacity * sizeof *heap);
	if (!heap)
		return -ENOMEM;
	timers->heap = heap;
	struct slot *slots = realloc(timers->slots, capacity * sizeof *slots);
	if (!slots)
		return -ENOMEM;
	timers->slots = slots;
	for (size_t i = capacity; i-- > timers->capacity;) {
		slots[i] = (struct slot){.round = 1, .at = timers->free_slot};
		timers->free_slot = (uint32_t)i;
	}
	timers->capacity = capacity;
	return 0;
}

int warren_timer_start(struct warren_timers *timers, int64_t at_ms, warren_timer_fn fn, void *data,
	uint64_t *ret_id)
{
	pthread_mutex_lock(&timers->mutex);
	int rc = timers->count == timers->capacity ? grow(timers) : 0;
	if (rc == 0) {
		uint32_t slot = timers->free_slot;
		timers->free_slot = timers->slots[slot].at;
		place(timers, timers->count++,
			(struct timer){.at_ms = at_ms,
				.order = ++timers->last_order,
				.slot = slot,
				.fn = fn,
				.data = data});
		rise(timers, timers->count - 1);
		*ret_id = (uint64_t)timers->slots[slot].round << 32 | slot;
		if (timers->heap[0].slot == slot)
			warren_loop_wake(timers->loop);
	}
	pthread_mutex_unlock(&timers->mutex);
	return rc;
}

bool warren_timer_cancel(struct warren_timers *timers, uint64_t id)
{
	uint32_t slot = (uint32_t)id, round = (uint32_t)(id >> 32);
	pthread_mutex_lock(&timers->mutex);
	bool found = slot < timers->capacity && timers->slots[slot].round == round &&
		     timers->slots[slot].at < timers->count &&
		     timers->heap[timers->slots[slot].at].slot == slot;
	if (found)
		take(timers, timers->slots[slot].at);
	pthread_mutex_unlock(&timers->mutex);
	return found;
}

int64_t warren_timers_next_ms(struct warren_timers *timers)
{
	pthread_mutex_lock(&timers->mutex);
	int64_t next_ms = timers->count > 0 ? timers->heap[0].at_ms : WARREN_CLOCK_NEVER;
	pthread_mutex_unlock(&timers->mutex);
	return next_ms;
}

bool warren_timers_idle(struct warren_timers *timers)
{
	pthread_mutex_lock(&timers->mutex);
	bool due = timers->count > 0 && timers->heap[0].at_ms <= warren_clock_now_ms(timers->clock);
	bool idle = !due && !timers->running_one;
	pthread_mutex_unlock(&timers->mutex);
	return idle;
}
