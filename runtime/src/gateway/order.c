#include "gateway/order.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define RETRY_MS 20

struct warren_order {
	struct warren_instance *instance;
	pthread_mutex_t mutex;
	pthread_cond_t retried;
	struct warren_step *first, **end;
	size_t controls;
	uint64_t timer;
	bool timer_is_set, closed;
};

struct warren_order *warren_order_open(struct warren_instance *instance)
{
	struct warren_order *order = calloc(1, sizeof *order);
	if (!order)
		return NULL;
	order->instance = instance;
	order->end = &order->first;
	pthread_mutex_init(&order->mutex, NULL);
	pthread_cond_init(&order->retried, NULL);
	return order;
}

static void finish_first(struct warren_order *order, int result)
{
	struct warren_step *step = order->first;
	order->first = step->next;
	if (!order->first)
		order->end = &order->first;
	order->controls -= step->is_control;
	step->finish(step, result);
}

static void retry(void *data);

/* Returns whether the first is tried again later; else nothing could remember to. */
static bool retry_later(struct warren_order *order)
{
	if (!order->timer_is_set)
		order->timer_is_set = warren_instance_after(order->instance, RETRY_MS, retry, order,
					      &order->timer) == 0;
	return order->timer_is_set;
}

/* Does what is ready at the front.  The mutex is held. */
static void go_on(struct warren_order *order)
{
	while (!order->closed && order->first && order->first->is_ready) {
		int rc = order->first->run(order->first);
		if (rc == -EAGAIN && order->first->must && retry_later(order))
			return;
		finish_first(order, rc);
	}
}

static void retry(void *data)
{
	struct warren_order *order = data;
	pthread_mutex_lock(&order->mutex);
	order->timer_is_set = false;
	go_on(order);
	pthread_cond_signal(&order->retried);
	pthread_mutex_unlock(&order->mutex);
}

void warren_order_enter(struct warren_order *order, struct warren_step *step)
{
	step->next = NULL;
	step->is_ready = false;
	pthread_mutex_lock(&order->mutex);
	*order->end = step;
	order->end = &step->next;
	order->controls += step->is_control;
	pthread_mutex_unlock(&order->mutex);
}

void warren_order_ready(struct warren_order *order, struct warren_step *step)
{
	pthread_mutex_lock(&order->mutex);
	assert(!step->is_ready);
	step->is_ready = true;
	if (!order->timer_is_set) /* else the first has no room, and nothing passes it */
		go_on(order);
	pthread_mutex_unlock(&order->mutex);
}

bool warren_order_has_control(struct warren_order *order)
{
	pthread_mutex_lock(&order->mutex);
	bool has = order->controls > 0;
	pthread_mutex_unlock(&order->mutex);
	return has;
}

void warren_order_close(struct warren_order *order)
{
	if (!order)
		return;
	pthread_mutex_lock(&order->mutex);
	order->closed = true;
	if (order->timer_is_set && warren_instance_after_not(order->instance, order->timer))
		order->timer_is_set = false;
	while (order->timer_is_set)
		pthread_cond_wait(&order->retried, &order->mutex);
	while (order->first)
		finish_first(order, -ESHUTDOWN);
	pthread_mutex_unlock(&order->mutex);
	pthread_cond_destroy(&order->retried);
	pthread_mutex_destroy(&order->mutex);
	free(order);
}
