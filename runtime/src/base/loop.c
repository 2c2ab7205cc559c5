#include "base/loop.h"

#include <assert.h>
#include <errno.h>
#include <ev.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/thread.h"

TAILQ_HEAD(parts, warren_loop_part);
STAILQ_HEAD(tasks, warren_loop_task);

struct warren_loop {
	struct ev_loop *ev;
	struct warren_clock *clock;
	struct warren_clock_watch watch;
	pthread_t thread;
	ev_async waker;
	ev_prepare turner;
	ev_timer timer;
	struct parts parts; /* the thread's own */
	bool turning;

	pthread_mutex_t lock; /* guards all below */
	struct tasks tasks;
	bool stopping;
};

/* ---- on the loop's thread ---- */

/* Returns whether there was a task; `*ret_stopping` was looked at before they ran. */
static bool run_batch(struct warren_loop *loop, bool *ret_stopping)
{
	struct tasks batch = STAILQ_HEAD_INITIALIZER(batch);
	struct warren_loop_task *task;

	pthread_mutex_lock(&loop->lock);
	STAILQ_CONCAT(&batch, &loop->tasks);
	*ret_stopping = loop->stopping;
	pthread_mutex_unlock(&loop->lock);
	bool any = !STAILQ_EMPTY(&batch);
	while ((task = STAILQ_FIRST(&batch))) {
		STAILQ_REMOVE_HEAD(&batch, link);
		task->fn(task->data);
	}
	return any;
}

/* Returns whether the loop ends: when it is told so, and nothing that was posted is left. */
static bool run_tasks(struct warren_loop *loop)
{
	bool stopping;

	while (run_batch(loop, &stopping))
		if (!stopping)
			return false;
	return stopping;
}

/* Sockets are looked at, and it turns again, when `due_ms` has passed. */
static void sleep_until(struct warren_loop *loop, int64_t due_ms)
{
	int64_t wait_ms = due_ms - warren_clock_now_ms(loop->clock);

	ev_timer_stop(loop->ev, &loop->timer);
	if (due_ms == WARREN_CLOCK_NEVER || (wait_ms > 0 && warren_clock_is_turned(loop->clock)))
		return;
	ev_now_update(loop->ev);
	ev_timer_set(&loop->timer, wait_ms > 0 ? (double)wait_ms / 1000.0 : 0.0, 0.0);
	ev_timer_start(loop->ev, &loop->timer);
}

static void on_turn(struct ev_loop *ev, ev_prepare *turner, int events)
{
	struct warren_loop *loop = turner->data;
	struct warren_loop_part *part, *next;
	int64_t due_ms = WARREN_CLOCK_NEVER;

	(void)events;
	if (run_tasks(loop))
		ev_break(ev, EVBREAK_ALL);
	loop->turning = true;
	for (part = TAILQ_FIRST(&loop->parts); part; part = next) {
		next = TAILQ_NEXT(part, link);
		int64_t at_ms = part->turn(part->data);
		due_ms = at_ms < due_ms ? at_ms : due_ms;
	}
	loop->turning = false;
	sleep_until(loop, due_ms);
}

static void on_wake(struct ev_loop *ev, ev_async *waker, int events)
{
	(void)ev;
	(void)waker;
	(void)events; /* the turn comes before the loop sleeps again */
}

static void on_time(struct ev_loop *ev, ev_timer *timer, int events)
{
	(void)ev;
	(void)timer;
	(void)events;
}

static void *run(void *data)
{
	struct warren_loop *loop = data;

	pthread_setname_np(pthread_self(), "loop");
	ev_run(loop->ev, 0);
	return NULL;
}

/* ---- any thread ---- */

static void on_advance(void *data)
{
	warren_loop_wake(data);
}

static void destroy(struct warren_loop *loop)
{
	if (loop->ev) {
		ev_prepare_stop(loop->ev, &loop->turner);
		ev_timer_stop(loop->ev, &loop->timer);
		ev_async_stop(loop->ev, &loop->waker);
		ev_loop_destroy(loop->ev);
	}
	pthread_mutex_destroy(&loop->lock);
	free(loop);
}

int warren_loop_open(struct warren_clock *clock, struct warren_loop **ret)
{
	struct warren_loop *loop = calloc(1, sizeof *loop);

	if (!loop)
		return -ENOMEM;
	loop->clock = clock;
	TAILQ_INIT(&loop->parts);
	STAILQ_INIT(&loop->tasks);
	pthread_mutex_init(&loop->lock, NULL);
	loop->ev = ev_loop_new(EVBACKEND_EPOLL);
	int rc = loop->ev ? 0 : -ENOMEM;
	if (rc == 0) {
		ev_async_init(&loop->waker, on_wake);
		ev_timer_init(&loop->timer, on_time, 0.0, 0.0);
		ev_prepare_init(&loop->turner, on_turn);
		ev_set_priority(&loop->turner, EV_MINPRI); /* after the watchers of others */
		loop->turner.data = loop;
		ev_async_start(loop->ev, &loop->waker);
		ev_prepare_start(loop->ev, &loop->turner);
		rc = warren_thread_start(run, loop, &loop->thread);
	}
	if (rc < 0) {
		destroy(loop);
		return rc;
	}
	loop->watch = (struct warren_clock_watch){.fn = on_advance, .data = loop};
	warren_clock_watch(clock, &loop->watch);
	*ret = loop;
	return 0;
}

void warren_loop_close(struct warren_loop *loop)
{
	if (!loop)
		return;
	assert(!warren_loop_is_current(loop));
	warren_clock_unwatch(loop->clock, &loop->watch);
	pthread_mutex_lock(&loop->lock);
	loop->stopping = true;
	pthread_mutex_unlock(&loop->lock);
	warren_loop_wake(loop);
	pthread_join(loop->thread, NULL);
	assert(TAILQ_EMPTY(&loop->parts));
	destroy(loop);
}

struct ev_loop *warren_loop_ev(struct warren_loop *loop)
{
	return loop->ev;
}

bool warren_loop_is_current(const struct warren_loop *loop)
{
	return pthread_equal(loop->thread, pthread_self());
}

bool warren_loop_is_turning(const struct warren_loop *loop)
{
	return loop->turning;
}

enum { HOLD_NONE, HOLD_KEEPS, HOLD_WANTED };

static _Thread_local struct warren_loop_hold *held;

/* Returns whether this thread's hold keeps the wake. */
static bool keep_wake(const struct warren_loop *loop)
{
	int keeps = HOLD_KEEPS;
	if (!held || held->loop != loop)
		return false;
	return atomic_compare_exchange_strong(&held->state, &keeps, HOLD_WANTED) ||
	       keeps == HOLD_WANTED;
}

void warren_loop_wake(struct warren_loop *loop)
{
	if (!keep_wake(loop))
		ev_async_send(loop->ev, &loop->waker);
}

void warren_loop_hold(struct warren_loop *loop, struct warren_loop_hold *hold)
{
	int none = HOLD_NONE;
	assert(!held || held == hold);
	hold->loop = loop;
	held = hold;
	atomic_compare_exchange_strong(&hold->state, &none, HOLD_KEEPS);
}

void warren_loop_release(struct warren_loop_hold *hold)
{
	assert(held == hold);
	held = NULL;
	if (atomic_exchange(&hold->state, HOLD_NONE) == HOLD_WANTED)
		warren_loop_wake(hold->loop);
}

bool warren_loop_break(struct warren_loop_hold *hold)
{
	return atomic_exchange(&hold->state, HOLD_NONE) != HOLD_NONE;
}

void warren_loop_post(struct warren_loop *loop, struct warren_loop_task *task)
{
	pthread_mutex_lock(&loop->lock);
	STAILQ_INSERT_TAIL(&loop->tasks, task, link);
	pthread_mutex_unlock(&loop->lock);
	warren_loop_wake(loop);
}

/* ---- calls that are waited for ---- */

struct called {
	void (*fn)(void *data);
	void *data;
	pthread_mutex_t mutex;
	pthread_cond_t done_cond;
	bool done;
};

static void run_called(void *data)
{
	struct called *called = data;

	called->fn(called->data);
	pthread_mutex_lock(&called->mutex);
	called->done = true;
	pthread_cond_signal(&called->done_cond);
	pthread_mutex_unlock(&called->mutex);
}

void warren_loop_call(struct warren_loop *loop, void (*fn)(void *data), void *data)
{
	struct called called = {.fn = fn, .data = data};
	struct warren_loop_task task = {.fn = run_called, .data = &called};

	if (warren_loop_is_current(loop)) {
		fn(data);
		return;
	}
	pthread_mutex_init(&called.mutex, NULL);
	pthread_cond_init(&called.done_cond, NULL);
	warren_loop_post(loop, &task);
	pthread_mutex_lock(&called.mutex);
	while (!called.done)
		pthread_cond_wait(&called.done_cond, &called.mutex);
	pthread_mutex_unlock(&called.mutex);
	pthread_cond_destroy(&called.done_cond);
	pthread_mutex_destroy(&called.mutex);
}

struct change {
	struct warren_loop *loop;
	struct warren_loop_part *part;
};

static void add_part(void *data)
{
	const struct change *change = data;
	TAILQ_INSERT_HEAD(&change->loop->parts, change->part, link);
	warren_loop_wake(change->loop);
}

static void remove_part(void *data)
{
	const struct change *change = data;
	TAILQ_REMOVE(&change->loop->parts, change->part, link);
}

void warren_loop_add(struct warren_loop *loop, struct warren_loop_part *part)
{
	struct change change = {.loop = loop, .part = part};
	warren_loop_call(loop, add_part, &change);
}

void warren_loop_remove(struct warren_loop *loop, struct warren_loop_part *part)
{
	struct change change = {.loop = loop, .part = part};
	warren_loop_call(loop, remove_part, &change);
}
