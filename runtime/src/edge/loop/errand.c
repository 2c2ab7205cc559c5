#include <errno.h>

#include "edge/internal.h"

static bool is_current(struct warren_edge *edge)
{
	return atomic_load(&edge->running) && pthread_equal(edge->thread, pthread_self());
}

static void wake(struct warren_edge *edge, bool current)
{
	if (current)
		ev_feed_event(edge->loop, &edge->waker, EV_CUSTOM);
	else
		ev_async_send(edge->loop, &edge->waker);
}

int warren_errand_submit(struct warren_edge *edge, struct warren_errand *errand)
{
	bool wakes, current = is_current(edge);

	if (errand->bytes > edge->options.max_post_bytes) {
		warren_tally_refused(edge, posts_full);
		return -EMSGSIZE; /* trying again is no use, and would hold up all behind it */
	}
	pthread_mutex_lock(&edge->lock);
	/* An errand of the loop's own thread is run before the loop sleeps: it does not wait. */
	if (edge->deaf || (!current && (edge->errand_count >= edge->options.max_posts ||
					       edge->errand_bytes + errand->bytes >
						       edge->options.max_post_bytes))) {
		pthread_mutex_unlock(&edge->lock);
		warren_tally_refused(edge, posts_full);
		return -EAGAIN;
	}
	errand->next = NULL;
	*edge->errand_end = errand;
	edge->errand_end = &errand->next;
	edge->errand_count++;
	edge->errand_bytes += errand->bytes;
	wakes = !edge->woken;
	edge->woken = true;
	pthread_mutex_unlock(&edge->lock);
	if (wakes)
		wake(edge, current);
	return 0;
}

/* ---- on the loop ---- */

static struct warren_errand *take_all(struct warren_edge *edge)
{
	struct warren_errand *first;

	pthread_mutex_lock(&edge->lock);
	first = edge->errand_first;
	edge->errand_first = NULL;
	edge->errand_end = &edge->errand_first;
	edge->errand_count = 0;
	edge->errand_bytes = 0;
	edge->woken = false;
	pthread_mutex_unlock(&edge->lock);
	return first;
}

void warren_errands_run(struct warren_edge *edge)
{
	struct warren_errand *errand = take_all(edge), *next;

	for (; errand; errand = next) {
		next = errand->next;
		errand->run(edge, errand);
	}
}

void warren_errands_drop(struct warren_edge *edge)
{
	struct warren_errand *errand, *next;

	pthread_mutex_lock(&edge->lock);
	edge->deaf = true;
	pthread_mutex_unlock(&edge->lock);
	errand = take_all(edge);
	for (; errand; errand = next) {
		next = errand->next;
		errand->drop(errand);
	}
}
