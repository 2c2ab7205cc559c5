#include "base/timer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define FIRST_CAPACITY 64

struct timer {
	int64_t at_ms;
	uint64_t id; /* rises, so that equal times run in the order in which they were set */
	warren_timer_fn fn;
	void *data;
};

struct warren_timers {
	struct warren_clock *clock;
	pthread_t thread;
	pthread_mutex_t mutex; /* guards all below */
	pthread_cond_t changed;
	struct timer *heap;
	size_t count, capacity;
	uint64_t last_id;
	bool running_one, stopping;
};

static bool before(const struct timer *a, const struct timer *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->id < b->id;
}

static void swap(struct timer *a, struct timer *b)
{
	struct timer kept = *a;
	*a = *b;
	*b = kept;
}

static void rise(struct warren_timers *timers, size_t at)
{
	while (at > 0 && before(&timers->heap[at], &timers->heap[(at - 1) / 2])) {
		swap(&timers->heap[at], &timers->heap[(at - 1) / 2]);
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
		swap(&timers->heap[at], &timers->heap[least]);
		at = least;
	}
}

static void take(struct warren_timers *timers, size_t at)
{
	timers->heap[at] = timers->heap[--timers->count];
	if (at < timers->count) {
		rise(timers, at);
		sink(timers, at);
	}
}

static void *run(void *data)
{
	struct warren_timers *timers = data;
	pthread_mutex_lock(&timers->mutex);
	while (!timers->stopping) {
		int64_t next_ms = timers->count > 0 ? timers->heap[0].at_ms : WARREN_CLOCK_NEVER;
		if (next_ms > warren_clock_now_ms(timers->clock)) {
			warren_clock_wait(timers->clock, &timers->changed, &timers->mutex, next_ms);
			continue;
		}
		struct timer due = timers->heap[0];
		take(timers, 0);
		timers->running_one = true;
		pthread_mutex_unlock(&timers->mutex);
		due.fn(due.data);
		pthread_mutex_lock(&timers->mutex);
		timers->running_one = false;
	}
	pthread_mutex_unlock(&timers->mutex);
	return NULL;
}

int warren_timers_open(struct warren_clock *clock, struct warren_timers **ret)
{
	struct warren_timers *timers = calloc(1, sizeof *timers);
	if (!timers)
		return -ENOMEM;
	timers->clock = clock;
	pthread_mutex_init(&timers->mutex, NULL);
	warren_clock_cond_init(&timers->changed);
	int rc = pthread_create(&timers->thread, NULL, run, timers);
	if (rc != 0) {
		pthread_cond_destroy(&timers->changed);
		pthread_mutex_destroy(&timers->mutex);
		free(timers);
		return -rc;
	}
	*ret = timers;
	return 0;
}

void warren_timers_close(struct warren_timers *timers)
{
	if (!timers)
		return;
	pthread_mutex_lock(&timers->mutex);
	timers->stopping = true;
	pthread_cond_broadcast(&timers->changed);
	pthread_mutex_unlock(&timers->mutex);
	pthread_join(timers->thread, NULL);
	pthread_cond_destroy(&timers->changed);
	pthread_mutex_destroy(&timers->mutex);
	free(timers->heap);
	free(timers);
}

static int push(struct warren_timers *timers, struct timer timer)
{
	if (timers->count == timers->capacity) {
		size_t capacity = timers->capacity ? timers->capacity * 2 : FIRST_CAPACITY;
		struct timer *heap = realloc(timers->heap, capacity * sizeof *heap);
		if (!heap)
			return -ENOMEM;
		timers->heap = heap;
		timers->capacity = capacity;
	}
	timers->heap[timers->count] = timer;
	rise(timers, timers->count++);
	return 0;
}

int warren_timer_start(struct warren_timers *timers, int64_t at_ms, warren_timer_fn fn, void *data,
	uint64_t *ret_id)
{
	pthread_mutex_lock(&timers->mutex);
	uint64_t id = timers->last_id + 1;
	int rc = push(timers, (struct timer){.at_ms = at_ms, .id = id, .fn = fn, .data = data});
	if (rc == 0) {
		timers->last_id = id;
		*ret_id = id;
		if (timers->heap[0].id == id)
			pthread_cond_broadcast(&timers->changed);
	}
	pthread_mutex_unlock(&timers->mutex);
	return rc;
}

bool warren_timer_cancel(struct warren_timers *timers, uint64_t id)
{
	bool found = false;
	pthread_mutex_lock(&timers->mutex);
	for (size_t at = 0; at < timers->count && !found; at++) {
		if (timers->heap[at].id == id) {
			take(timers, at);
			found = true;
		}
	}
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
