#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

/*
 * A thread that waits on a turned clock stands in its list.  Advancing pins the waiters, then locks
 * each one's own mutex before it signals, so that no wake-up falls between the look at the time and
 * the wait.  A pinned waiter does not leave the list, and lets go of its mutex until it is unpinned.
 */
struct waiter {
	struct waiter *next, **from;
	pthread_cond_t *cond;
	pthread_mutex_t *mutex;
	bool pinned;
};

struct warren_clock {
	bool turned;
	pthread_mutex_t mutex; /* guards all below; taken while a waiter's mutex is held, never the
				  other way */
	pthread_cond_t unpinned;
	int64_t now_ms, wall_ms;
	struct waiter *waiters;
	LIST_HEAD(, warren_clock_watch) watches;
};

static struct warren_clock real_clock;

struct warren_clock *warren_clock_real(void)
{
	return &real_clock;
}

struct warren_clock *warren_clock_open_turned(int64_t wall_ms)
{
	struct warren_clock *clock = calloc(1, sizeof *clock);
	if (!clock)
		return NULL;
	clock->turned = true;
	clock->wall_ms = wall_ms;
	pthread_mutex_init(&clock->mutex, NULL);
	pthread_cond_init(&clock->unpinned, NULL);
	return clock;
}

void warren_clock_close(struct warren_clock *clock)
{
	if (!clock)
		return;
	assert(clock->turned && !clock->waiters && LIST_EMPTY(&clock->watches));
	pthread_cond_destroy(&clock->unpinned);
	pthread_mutex_destroy(&clock->mutex);
	free(clock);
}

static int64_t read_ms(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t turned_ms(struct warren_clock *clock, const int64_t *which)
{
	pthread_mutex_lock(&clock->mutex);
	int64_t ms = *which;
	pthread_mutex_unlock(&clock->mutex);
	return ms;
}

int64_t warren_clock_now_ms(struct warren_clock *clock)
{
	return clock->turned ? turned_ms(clock, &clock->now_ms) : read_ms(CLOCK_MONOTONIC);
}

int64_t warren_clock_wall_ms(struct warren_clock *clock)
{
	return clock->turned ? turned_ms(clock, &clock->wall_ms) : read_ms(CLOCK_REALTIME);
}

bool warren_clock_is_turned(const struct warren_clock *clock)
{
	return clock->turned;
}

static struct waiter *first_pinned(struct warren_clock *clock)
{
	struct waiter *waiter = clock->waiters;
	while (waiter && !waiter->pinned)
		waiter = waiter->next;
	return waiter;
}

void warren_clock_advance_ms(struct warren_clock *clock, int64_t ms)
{
	assert(clock->turned && ms >= 0);
	pthread_mutex_lock(&clock->mutex);
	clock->now_ms += ms;
	clock->wall_ms += ms;
	struct warren_clock_watch *watch;
	LIST_FOREACH(watch, &clock->watches, link)
	{
		watch->fn(watch->data);
	}
	for (struct waiter *waiter = clock->waiters; waiter; waiter = waiter->next)
		waiter->pinned = true;
	struct waiter *waiter;
	while ((waiter = first_pinned(clock))) {
		pthread_mutex_unlock(&clock->mutex);
		pthread_mutex_lock(waiter->mutex);
		pthread_cond_broadcast(waiter->cond);
		pthread_mutex_unlock(waiter->mutex);
		pthread_mutex_lock(&clock->mutex);
		waiter->pinned = false;
		pthread_cond_broadcast(&clock->unpinned);
	}
	pthread_mutex_unlock(&clock->mutex);
}

void warren_clock_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attributes);
	pthread_condattr_destroy(&attributes);
}

static void wait_turned(
	struct warren_clock *clock, pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until_ms)
{
	struct waiter self = {.cond = cond, .mutex = mutex};
	pthread_mutex_lock(&clock->mutex);
	if (clock->now_ms >= until_ms) {
		pthread_mutex_unlock(&clock->mutex);
		return;
	}
	self.next = clock->waiters;
	self.from = &clock->waiters;
	if (self.next)
		self.next->from = &self.next;
	clock->waiters = &self;
	pthread_mutex_unlock(&clock->mutex);

	pthread_cond_wait(cond, mutex);

	pthread_mutex_lock(&clock->mutex);
	bool let_go = self.pinned;
	if (let_go)
		pthread_mutex_unlock(mutex);
	while (self.pinned)
		pthread_cond_wait(&clock->unpinned, &clock->mutex);
	*self.from = self.next;
	if (self.next)
		self.next->from = self.from;
	pthread_mutex_unlock(&clock->mutex);
	if (let_go)
		pthread_mutex_lock(mutex);
}

void warren_clock_wait(
	struct warren_clock *clock, pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t until_ms)
{
	if (clock->turned) {
		wait_turned(clock, cond, mutex, until_ms);
	} else if (until_ms == WARREN_CLOCK_NEVER) {
		pthread_cond_wait(cond, mutex);
	} else {
		struct timespec until = {
			.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
		int rc = pthread_cond_timedwait(cond, mutex, &until);
		assert(rc == 0 || rc == ETIMEDOUT);
		(void)rc;
	}
}

void warren_clock_watch(struct warren_clock *clock, struct warren_clock_watch *watch)
{
	if (!clock->turned)
		return;
	pthread_mutex_lock(&clock->mutex);
	LIST_INSERT_HEAD(&clock->watches, watch, link);
	pthread_mutex_unlock(&clock->mutex);
}

void warren_clock_unwatch(struct warren_clock *clock, struct warren_clock_watch *watch)
{
	if (!clock->turned)
		return;
	pthread_mutex_lock(&clock->mutex);
	LIST_REMOVE(watch, link);
	pthread_mutex_unlock(&clock->mutex);
}
