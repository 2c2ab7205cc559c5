/* Calls after a while.  Each is set by the loop, which alone has timers. */
#include <errno.h>
#include <stdlib.h>

#include "edge/internal.h"

struct warren_alarm {
	struct warren_errand errand; /* which carries it to the loop */
	struct warren_edge *edge;
	struct warren_alarm *next, **link;
	struct warren_wheel_timer timer;
	int64_t at_ms;
	warren_edge_on_time fn;
	void *data;
};

static void ring(struct warren_alarm *alarm, int result)
{
	atomic_fetch_sub(&alarm->edge->alarm_count, 1);
	alarm->fn(result, alarm->data);
	free(alarm);
}

static void on_time(void *data)
{
	struct warren_alarm *alarm = data;

	*alarm->link = alarm->next;
	if (alarm->next)
		alarm->next->link = alarm->link;
	ring(alarm, 0);
}

static void set(struct warren_edge *edge, struct warren_errand *errand)
{
	struct warren_alarm *alarm = (struct warren_alarm *)errand;

	alarm->next = edge->alarms;
	alarm->link = &edge->alarms;
	if (alarm->next)
		alarm->next->link = &alarm->next;
	edge->alarms = alarm;
	warren_wheel_timer_init(&alarm->timer, on_time, alarm);
	warren_wheel_set(&edge->wheel, &alarm->timer, alarm->at_ms);
}

static void drop(struct warren_errand *errand)
{
	ring((struct warren_alarm *)errand, -ECANCELED);
}

void warren_alarms_drop(struct warren_edge *edge)
{
	struct warren_alarm *alarm;

	while ((alarm = edge->alarms)) {
		edge->alarms = alarm->next;
		warren_wheel_cancel(&edge->wheel, &alarm->timer);
		ring(alarm, -ECANCELED);
	}
}

int warren_edge_after(
	struct warren_edge *edge, uint32_t delay_ms, warren_edge_on_time fn, void *data)
{
	struct warren_alarm *alarm;
	int result;

	if (atomic_fetch_add(&edge->alarm_count, 1) >= edge->options.max_posts) {
		atomic_fetch_sub(&edge->alarm_count, 1);
		warren_tally_refused(edge, posts_full);
		return -EAGAIN;
	}
	alarm = calloc(1, sizeof *alarm);
	if (!alarm) {
		atomic_fetch_sub(&edge->alarm_count, 1);
		return -ENOMEM;
	}
	*alarm = (struct warren_alarm){.errand = {.run = set, .drop = drop, .bytes = sizeof *alarm},
		.edge = edge,
		.at_ms = warren_edge_now_ms(edge) + delay_ms,
		.fn = fn,
		.data = data};
	result = warren_errand_submit(edge, &alarm->errand);
	if (result < 0) {
		atomic_fetch_sub(&edge->alarm_count, 1);
		free(alarm);
	}
	return result;
}
