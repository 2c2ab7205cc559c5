/* Requests and confirmed publishes that wait: for how long, where its end is told, and that a service which
 * stops takes no more. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "service_heard.h"
#include "service_world.h"

#define PATIENCE 10000000

/* ---- worker answers; relay asks worker on behalf of whoever asks it ---- */

static int answer(struct warren_ctx *ctx, const void *message, void *worker)
{
	(void)message;
	(void)worker;
	return warren_reply(ctx, &(struct note){.text = "answered"});
}

static void on_worker_answer(struct warren_ctx *ctx, const void *reply,
	const struct warren_error *error, warren_any_fn fn, void *data)
{
	(void)ctx;
	(void)fn;
	ck_assert_ptr_null(error);
	warren_reply(data, reply);
}

static int relay_on_relay(struct warren_ctx *ctx, const void *message, void *worker)
{
	(void)worker;
	return warren_request(ctx, &ask_event, message, on_worker_answer, NULL, warren_defer(ctx));
}

static const struct warren_handler worker_handlers[] = {{.event = &ask_event,
	.queue = &worker_ask,
	.handle = answer,
	.replies = true,
	.prefetch = 8,
	.max_attempts = 1}};
static const struct warren_handler relay_handlers[] = {{.event = &relay_event,
	.queue = &relay_queue,
	.handle = relay_on_relay,
	.replies = true,
	.prefetch = 8,
	.max_attempts = 1}};
static const struct warren_event *const publishes[] = {&ask_event, &relay_event, &fact_event};
static const struct warren_service worker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "worker",
	.handlers = worker_handlers,
	.handler_count = 1};
static const struct warren_service relay_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "relay",
	.handlers = relay_handlers,
	.handler_count = 1,
	.publishes = publishes,
	.publish_count = 1};
static const struct warren_service asker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "asker",
	.publishes = publishes,
	.publish_count = 3};

static struct warren_ctx *ctx_of(struct warren_instance *asker)
{
	struct warren_ctx *ctx = warren_ctx_open(asker, &(struct warren_ctx_seed){.lane = 7});
	ck_assert_ptr_nonnull(ctx);
	return ctx;
}

/* ---- stopping ---- */

/* A caller that is told that the service stops asks again, in each way that there is: no. */
enum { WAYS = 4 };
static int again_rcs[WAYS];

static void ask_again(struct warren_ctx *ctx, const void *reply, const struct warren_error *error,
	warren_any_fn fn, void *data)
{
	static const struct warren_mark mark = {.digest = "d"};
	static const struct note note = {.text = "x"};
	static struct heard nobody;
	struct warren_instance *asker = world.instances[0];
	struct warren_ctx *ctxs[] = {ctx_of(asker), ctx_of(asker), ctx_of(asker)};
	(void)fn;
	hear(ctx, reply, error, NULL, data);
	again_rcs[0] = warren_request(ctx, &ask_event, &note, hear, NULL, &nobody);
	again_rcs[1] = warren_request_once(ctxs[0], &ask_event, &note, mark, hear, NULL, &nobody);
	again_rcs[2] = warren_publish_confirmed(
		ctxs[1], &fact_event, &note, mark, hear_published, &nobody);
	again_rcs[3] =
		warren_publish_told(ctxs[2], &fact_event, &note, mark, hear_published, &nobody);
	for (size_t i = 0; i < 3; i++)
		warren_ctx_close(ctxs[i]); /* none of them was taken over */
}

START_TEST(closing_takes_no_more)
{
	static struct heard heard;
	struct warren_instance *asker = world_add(&asker_service);
	ck_assert_int_eq(warren_request(warren_root(asker), &ask_event, &(struct note){.text = "x"},
				 ask_again, NULL, &heard),
		0);
	for (int i = 0; i < WAYS; i++)
		again_rcs[i] = 1;
	world_remove(0);
	ck_assert_int_eq(heard.times, 1);
	ck_assert_int_eq(heard.error.code, WARREN_UNAVAILABLE);
	for (int i = 0; i < WAYS; i++)
		ck_assert_int_eq(again_rcs[i], -ESHUTDOWN);
}
END_TEST

/* ---- how long each waits ---- */

struct wait {
	struct warren_instance *asker;
	int way;
	int64_t waits_ms;
};

/* On the loop, so that the broker cannot say anything meanwhile. */
static void ask_and_look(void *data)
{
	static const struct note note = {.text = "x"};
	static struct heard heard;
	struct wait *wait = data;
	struct warren_ctx *ctx = ctx_of(wait->asker);
	struct warren_mark mark = {0};
	int rc = -EINVAL;
	switch (wait->way) {
	case 0:
		rc = warren_request_once(ctx, &ask_event, &note, mark, hear, NULL, &heard);
		break;
	case 1:
		rc = warren_request_once(ctx, &quick_event, &note, mark, hear, NULL, &heard);
		break;
	case 2:
		rc = warren_publish_confirmed(
			ctx, &fact_event, &note, mark, hear_published, &heard);
		break;
	case 3:
		rc = warren_publish_told(ctx, &fact_event, &note, mark, hear_published, &heard);
		break;
	}
	ck_assert_int_eq(rc, 0);
	wait->waits_ms =
		warren_timers_next_ms(wait->asker->timers) - warren_clock_now_ms(world.rest.clock);
}

START_TEST(each_waits_only_so_long)
{
	static const int64_t expected_ms[WAYS] = {5000, 1000, 5000, 5000};
	struct wait wait = {.asker = world_add(&asker_service), .way = _i};
	world_rest();
	warren_loop_call(warren_broker_loop(world.rest.broker), ask_and_look, &wait);
	ck_assert_int_eq(wait.waits_ms, expected_ms[_i]);
}
END_TEST

/* ---- where an answer runs ---- */

static pthread_mutex_t lane_mutex = PTHREAD_MUTEX_INITIALIZER;

static void block_lane(void *worker, void *data)
{
	(void)worker;
	(void)data;
	pthread_mutex_lock(&lane_mutex);
	pthread_mutex_unlock(&lane_mutex);
}

/* A call has no lane of its own: what answers it waits for no other one's. */
START_TEST(an_answer_to_a_handler_runs_on_whichever_worker_is_free)
{
	static struct heard heard;
	world_add(&worker_service);
	struct warren_instance *relay =
		world_add_with(&relay_service, (struct warren_instance_options){.workers = 2});
	struct warren_instance *asker = world_add(&asker_service);
	world_rest();
	for (uint64_t lane = 0; lane < 2; lane++) { /* each of the two workers once */
		pthread_mutex_lock(&lane_mutex);
		ck_assert_int_eq(warren_instance_run(relay, lane, block_lane, NULL), 0);
		heard = (struct heard){0};
		ck_assert_int_eq(warren_request(warren_root(asker), &relay_event,
					 &(struct note){.text = "x"}, hear, NULL, &heard),
			0);
		for (int i = 0; i < PATIENCE && heard.times == 0; i++)
			sched_yield();
		ck_assert_int_eq(heard.times, 1);
		ck_assert_int_eq(heard.error.code, WARREN_OK);
		pthread_mutex_unlock(&lane_mutex);
		world_rest();
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		closing_takes_no_more,
		an_answer_to_a_handler_runs_on_whichever_worker_is_free,
	};
	const struct world_loop loops[] = {{each_waits_only_so_long, WAYS}};
	return world_main_with("service_pending", tests, sizeof tests / sizeof tests[0], loops, 1);
}
