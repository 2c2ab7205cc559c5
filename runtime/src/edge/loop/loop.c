/* The loop's clock, and what wakes it for the next timer. */
#include "edge/internal.h"

int64_t warren_edge_now_ms(struct warren_edge *edge)
{
	return warren_clock_now_ms(edge->clock);
}

void warren_edge_tick(struct warren_edge *edge)
{
	warren_wheel_advance(&edge->wheel, warren_edge_now_ms(edge));
}

static void on_tick(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	warren_edge_tick(timer->data);
}

void warren_planner_plan(struct warren_edge *edge)
{
	struct ev_loop *loop = edge->loop;
	int64_t next_ms = warren_wheel_next_ms(&edge->wheel), wait_ms;

	ev_timer_stop(loop, &edge->ticker);
	if (next_ms == WARREN_WHEEL_NEVER)
		return;
	wait_ms = next_ms - warren_edge_now_ms(edge);
	ev_now_update(loop);
	ev_timer_set(&edge->ticker, wait_ms > 0 ? (double)wait_ms / 1000.0 : 0.0, 0.0);
	ev_timer_start(loop, &edge->ticker);
}

/* Before the loop sleeps: wake it for the next timer. */
static void on_plan(struct ev_loop *loop, ev_prepare *planner, int events)
{
	(void)loop;
	(void)events;
	warren_planner_plan(planner->data);
}

void warren_planner_init(struct warren_edge *edge)
{
	ev_timer_init(&edge->ticker, on_tick, 0., 0.);
	ev_prepare_init(&edge->planner, on_plan);
	edge->ticker.data = edge->planner.data = edge;
}

void warren_planner_start(struct warren_edge *edge)
{
	ev_prepare_start(edge->loop, &edge->planner);
}

void warren_planner_stop(struct warren_edge *edge)
{
	ev_prepare_stop(edge->loop, &edge->planner);
	ev_timer_stop(edge->loop, &edge->ticker);
}
