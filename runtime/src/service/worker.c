#include "service/worker.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define WAITS_LONG_MS 1 /* then one more worker is woken */

struct queue {
	struct warren_task *head, **tail;
};

struct worker {
	struct warren_workers *workers;
	pthread_t thread;
	pthread_cond_t wake;
	struct queue lanes;
	struct warren_loop_hold hold;
	bool holds; /* its own */
	bool sleeping;
	bool started;
	int opened; /* 1: not yet; else what worker_open returned */
};

struct warren_workers {
	struct warren_workers_options options;
	struct warren_loop_part part;
	bool is_part;
	bool eager; /* the clock is a turned one: nobody waits for it */
	pthread_mutex_t mutex;
	pthread_cond_t quiet; /* nothing runs or waits, or a worker has opened */
	struct queue shared;
	uint64_t given;
	uint32_t waiting, running, counted, awake;
	bool stopping; /* warren_workers_run is refused */
	bool ended;    /* the threads end */
	struct worker all[];
};

static void queue_init(struct queue *queue)
{
	queue->head = NULL;
	queue->tail = &queue->head;
}

static void queue_put(struct queue *queue, struct warren_task *task)
{
	task->next = NULL;
	*queue->tail = task;
	queue->tail = &task->next;
}

static struct warren_task *queue_take(struct queue *queue)
{
	struct warren_task *task = queue->head;
	queue->head = task->next;
	if (!queue->head)
		queue->tail = &queue->head;
	return task;
}

static struct warren_task *next_task(struct worker *worker)
{
	struct queue *own = &worker->lanes, *shared = &worker->workers->shared;
	if (!own->head && !shared->head)
		return NULL;
	if (!shared->head || (own->head && own->head->order < shared->head->order))
		return queue_take(own);
	return queue_take(shared);
}

/* The mutex is held, and held again on return. */
static void run_task(struct warren_workers *workers, struct warren_task *task, void *state)
{
	warren_task_fn fn = task->fn;
	void *data = task->data;
	workers->waiting--;
	workers->running++;
	if (task->counted)
		workers->counted--;
	pthread_mutex_unlock(&workers->mutex);
	if (task->owned)
		free(task);
	fn(state, data);
	pthread_mutex_lock(&workers->mutex);
	workers->running--;
	if (workers->running == 0 && workers->waiting == 0)
		pthread_cond_broadcast(&workers->quiet);
}

static bool has_task(const struct worker *worker)
{
	return worker->lanes.head || worker->workers->shared.head;
}

/* The mutex is held: while there are more tasks, their publishes wake the loop once. */
static void hold_loop(struct worker *worker)
{
	if (worker->workers->eager || !has_task(worker))
		return;
	worker->holds = true;
	warren_loop_hold(worker->workers->options.loop, &worker->hold);
}

static void release_loop(struct worker *worker)
{
	if (!worker->holds || has_task(worker))
		return;
	worker->holds = false;
	pthread_mutex_unlock(&worker->workers->mutex);
	warren_loop_release(&worker->hold);
	pthread_mutex_lock(&worker->workers->mutex);
}

static void sleep_worker(struct worker *worker)
{
	struct warren_workers *workers = worker->workers;
	worker->sleeping = true;
	workers->awake--;
	while (worker->sleeping)
		pthread_cond_wait(&worker->wake, &workers->mutex);
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct warren_workers *workers = worker->workers;
	const struct warren_service *service = workers->options.service;
	void *state = NULL;
	int rc = service->worker_open ? service->worker_open(workers->options.instance, &state) : 0;

	pthread_mutex_lock(&workers->mutex);
	worker->opened = rc;
	workers->awake++;
	pthread_cond_broadcast(&workers->quiet);
	while (rc == 0 && !workers->ended) {
		struct warren_task *task = next_task(worker);
		if (task) {
			hold_loop(worker);
			run_task(workers, task, state);
		}
		release_loop(worker);
		if (!has_task(worker) && !workers->ended)
			sleep_worker(worker);
	}
	pthread_mutex_unlock(&workers->mutex);
	if (rc == 0 && service->worker_close)
		service->worker_close(state);
	return NULL;
}

/* ---- waking; the mutex is held ---- */

static void wake(struct worker *worker)
{
	if (!worker->sleeping)
		return;
	worker->sleeping = false;
	worker->workers->awake++;
	pthread_cond_signal(&worker->wake);
}

/* The first that sleeps: the others stay cold. */
static void wake_any(struct warren_workers *workers)
{
	for (uint32_t i = 0; i < workers->options.count; i++) {
		if (workers->all[i].sleeping) {
			wake(&workers->all[i]);
			return;
		}
	}
}

static bool waits_long(const struct warren_workers *workers)
{
	return workers->shared.head &&
	       warren_clock_now_ms(workers->options.clock) - workers->shared.head->given_ms >=
		       WAITS_LONG_MS;
}

/* A part of the loop: wakes for what was given since the last turn, or has waited for long. */
static int64_t turn(void *data)
{
	struct warren_workers *workers = data;
	bool look_again = false;
	pthread_mutex_lock(&workers->mutex);
	for (uint32_t i = 0; i < workers->options.count; i++) {
		struct worker *worker = &workers->all[i];
		if (worker->lanes.head)
			wake(worker);
		/* The publishes and acks that it has left by now go in this turn. */
		if (warren_loop_break(&worker->hold))
			look_again = true;
	}
	if (workers->shared.head && (workers->awake == 0 || waits_long(workers)))
		wake_any(workers);
	look_again = look_again || workers->shared.head;
	pthread_mutex_unlock(&workers->mutex);
	return look_again && !workers->eager
		       ? warren_clock_now_ms(workers->options.clock) + WAITS_LONG_MS
		       : WARREN_CLOCK_NEVER;
}

static int start_worker(struct warren_workers *workers, struct worker *worker)
{
	worker->opened = 1;
	int rc = -pthread_create(&worker->thread, NULL, work, worker);
	if (rc < 0)
		return rc;
	worker->started = true;
	pthread_mutex_lock(&workers->mutex);
	while (worker->opened == 1)
		pthread_cond_wait(&workers->quiet, &workers->mutex);
	rc = worker->opened;
	pthread_mutex_unlock(&workers->mutex);
	assert(rc <= 0);
	return rc;
}

int warren_workers_open(const struct warren_workers_options *options, struct warren_workers **ret)
{
	struct warren_workers *workers =
		calloc(1, sizeof *workers + options->count * sizeof workers->all[0]);
	if (!workers)
		return -ENOMEM;
	workers->options = *options;
	workers->eager = warren_clock_is_turned(options->clock);
	pthread_mutex_init(&workers->mutex, NULL);
	pthread_cond_init(&workers->quiet, NULL);
	queue_init(&workers->shared);
	for (uint32_t i = 0; i < options->count; i++) {
		workers->all[i].workers = workers;
		queue_init(&workers->all[i].lanes);
		pthread_cond_init(&workers->all[i].wake, NULL);
	}
	for (uint32_t i = 0; i < options->count; i++) {
		int rc = start_worker(workers, &workers->all[i]);
		if (rc < 0) {
			warren_workers_stop(workers);
			warren_workers_close(workers);
			return rc;
		}
	}
	workers->part = (struct warren_loop_part){.turn = turn, .data = workers};
	warren_loop_add(options->loop, &workers->part);
	workers->is_part = true;
	*ret = workers;
	return 0;
}

void warren_workers_stop(struct warren_workers *workers)
{
	pthread_mutex_lock(&workers->mutex);
	workers->stopping = true;
	/* A task may give further tasks to any lane, so the threads end together, when nothing is
	 * left. */
	while (workers->running > 0 || workers->waiting > 0)
		pthread_cond_wait(&workers->quiet, &workers->mutex);
	workers->ended = true;
	for (uint32_t i = 0; i < workers->options.count; i++)
		wake(&workers->all[i]);
	pthread_mutex_unlock(&workers->mutex);
	for (uint32_t i = 0; i < workers->options.count; i++) {
		if (workers->all[i].started)
			pthread_join(workers->all[i].thread, NULL);
		workers->all[i].started = false;
	}
	if (workers->is_part)
		warren_loop_remove(workers->options.loop, &workers->part);
	workers->is_part = false;
}

void warren_workers_close(struct warren_workers *workers)
{
	if (!workers)
		return;
	for (uint32_t i = 0; i < workers->options.count; i++)
		pthread_cond_destroy(&workers->all[i].wake);
	pthread_cond_destroy(&workers->quiet);
	pthread_mutex_destroy(&workers->mutex);
	free(workers);
}

int warren_workers_give(
	struct warren_workers *workers, uint64_t lane, struct warren_task *task, bool bounded)
{
	bool on_loop = warren_loop_is_current(workers->options.loop);
	pthread_mutex_lock(&workers->mutex);
	int rc = 0;
	if (workers->ended || (bounded && workers->stopping))
		rc = -ESHUTDOWN;
	else if (bounded && workers->counted >= workers->options.max_waiting)
		rc = -EAGAIN;
	if (rc == 0) {
		task->order = workers->given++;
		task->counted = bounded;
		task->given_ms = warren_clock_now_ms(workers->options.clock);
		workers->waiting++;
		if (bounded)
			workers->counted++;
		if (lane == WARREN_LANE_ANY) {
			queue_put(&workers->shared, task);
			if (workers->eager || !on_loop)
				wake_any(workers);
		} else {
			struct worker *worker = &workers->all[lane % workers->options.count];
			queue_put(&worker->lanes, task);
			if (workers->eager || !on_loop)
				wake(worker);
		}
	}
	pthread_mutex_unlock(&workers->mutex);
	if (rc == 0 && on_loop && warren_loop_is_turning(workers->options.loop))
		warren_loop_wake(workers->options.loop);
	return rc;
}

static int give_new(
	struct warren_workers *workers, uint64_t lane, warren_task_fn fn, void *data, bool bounded)
{
	struct warren_task *task = calloc(1, sizeof *task);
	if (!task)
		return -ENOMEM;
	*task = (struct warren_task){.fn = fn, .data = data, .owned = true};
	int rc = warren_workers_give(workers, lane, task, bounded);
	if (rc < 0)
		free(task);
	return rc;
}

int warren_workers_run(struct warren_workers *workers, uint64_t lane, warren_task_fn fn, void *data)
{
	return give_new(workers, lane, fn, data, true);
}

int warren_workers_run_reserved(
	struct warren_workers *workers, uint64_t lane, warren_task_fn fn, void *data)
{
	return give_new(workers, lane, fn, data, false);
}

bool warren_workers_idle(struct warren_workers *workers, uint64_t *ret_given)
{
	pthread_mutex_lock(&workers->mutex);
	bool idle = workers->running == 0 && workers->waiting == 0;
	if (ret_given)
		*ret_given = workers->given;
	pthread_mutex_unlock(&workers->mutex);
	return idle;
}

void warren_workers_wait_idle(struct warren_workers *workers)
{
	pthread_mutex_lock(&workers->mutex);
	while (workers->running > 0 || workers->waiting > 0)
		pthread_cond_wait(&workers->quiet, &workers->mutex);
	pthread_mutex_unlock(&workers->mutex);
}
