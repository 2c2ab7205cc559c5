/*
 * How many deliveries a consumer holds: it follows how long they wait here.
 *
 * A consumer that says no `prefetch` of its own begins with two deliveries for each worker (for each
 * loop, when it is inline): one at work, one that comes next.  What it would hold beyond that waits,
 * and an instance that has just started could do it.  Where handlers are so fast that the way to the
 * broker and back counts, it is allowed WARREN_PREFETCH_MORE more (warren_broker_widen).
 *
 * The time that a delivery is here before it is over decides: its wait for a worker, or the wait of a
 * full share by the handler's mean.  Under WARREN_PREFETCH_WIDEN_MS it may have more,
 * over WARREN_PREFETCH_NARROW_MS it may not; it changes at most once in WARREN_PREFETCH_CHANGE_MS.  A
 * deferred call waits for nobody here: only the handler's own time counts.
 *
 * Not so: a consumer with a `prefetch` in the schema keeps that; one of an event at most once holds
 * whatever the broker has (it does not acknowledge); one of a queue with a single active consumer takes
 * nothing from anybody, and begins with all of it.
 */
#ifndef WARREN_SERVICE_PREFETCH_H
#define WARREN_SERVICE_PREFETCH_H

#include "service/private.h"

#define WARREN_PREFETCH_MORE 56 /* with four workers: 64 */
#define WARREN_PREFETCH_WIDEN_MS 50
#define WARREN_PREFETCH_NARROW_MS 100
#define WARREN_PREFETCH_CHANGE_MS 2000
#define WARREN_PREFETCH_LEARN 8 /* handlers that ran before it is widened the first time */

/* Returns what the consumer of this handler begins with; 0: it does not acknowledge. */
uint16_t warren_prefetch_first(
	const struct warren_instance *instance, const struct warren_handler *handler);

/*
 * A handler ran for `took_ms`, after its delivery had waited for a worker for `waited_ms`: the consumer
 * is widened or narrowed when it is time.  Thread: any.
 */
void warren_prefetch_learn(struct warren_instance *instance, const struct warren_handler *handler,
	int64_t waited_ms, int64_t took_ms);

#endif
