/*
 * The threads of an instance.
 *
 * A task is given to a lane or to whoever is free.  Each worker has a queue of its own, for the
 * lanes that fold onto it, and all share one; a worker takes the older of the two heads, so neither
 * starves.  Tasks of one lane run in order and never at the same time.
 *
 * Waking a thread costs more than most tasks do.  What the loop gives in one turn wakes one worker,
 * at the end of the turn; another one is woken when a task has waited for a millisecond: so a worker
 * goes through many short tasks by itself, and a long one holds up nobody while others are idle.
 * In the same way a worker that has several tasks wakes the loop once for what they all leave there,
 * within a millisecond.  By a turned clock all are woken at once.
 *
 * Bounds: tasks that come through warren_workers_run count and are refused past `max_waiting`.
 * Others do not: what they end was bounded when it was let in (prefetch, the table of requests).
 */
#ifndef WARREN_SERVICE_WORKER_H
#define WARREN_SERVICE_WORKER_H

#include "service/instance.h"

struct warren_workers;

/* Memory of the caller's, until `fn` is called. */
struct warren_task {
	struct warren_task *next;
	warren_task_fn fn;
	void *data;
	uint64_t order;
	int64_t given_ms;
	bool counted; /* against max_waiting */
	bool owned;   /* by the workers, which free it */
};

struct warren_workers_options {
	struct warren_loop *loop;
	struct warren_clock *clock; /* the loop's */
	struct warren_instance *instance;
	const struct warren_service *service; /* worker_open, worker_close */
	uint32_t count;
	uint32_t max_waiting;
};

/* Starts the threads, one after the other.  Returns 0; what worker_open returned; -ENOMEM; -EAGAIN.
 * Owns: caller. */
int warren_workers_open(const struct warren_workers_options *options,
	struct warren_workers **ret) WARREN_MUST_CHECK;

/* Takes no more from warren_workers_run, runs all that waits, closes the workers' states and ends
 * the threads. */
void warren_workers_stop(struct warren_workers *workers);

/* After stop.  NULL is allowed. */
void warren_workers_close(struct warren_workers *workers);

/* Returns 0; -EAGAIN; -ENOMEM; -ESHUTDOWN.  Thread: any. */
int warren_workers_run(struct warren_workers *workers, uint64_t lane, warren_task_fn fn,
	void *data) WARREN_MUST_CHECK;

/* Returns 0; -ENOMEM; -ESHUTDOWN when the threads have ended.  Thread: any. */
int warren_workers_run_reserved(struct warren_workers *workers, uint64_t lane, warren_task_fn fn,
	void *data) WARREN_MUST_CHECK;

/* Gives a task whose memory is the caller's.  `bounded`: it counts.  Returns 0; -EAGAIN;
 * -ESHUTDOWN.  Thread: any. */
int warren_workers_give(struct warren_workers *workers, uint64_t lane, struct warren_task *task,
	bool bounded) WARREN_MUST_CHECK;

/* Returns whether no task runs or waits; `*ret_given` (may be NULL) counts the tasks ever given.
 * Thread: any. */
bool warren_workers_idle(struct warren_workers *workers, uint64_t *ret_given);

/* Waits until no task runs or waits.  Not from a task. */
void warren_workers_wait_idle(struct warren_workers *workers);

#endif
