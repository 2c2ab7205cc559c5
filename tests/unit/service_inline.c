/* Handlers that say inline: they run on the loop, and end as any other. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/loop.h"
#include "service/call.h"
#include "service/quarantine.h"
#include "service/wire.h"
#include "service_world.h"

#define FACTS_MAX 6000
#define WORK_QUEUE 8

/* ---- a service whose handlers note where they run ---- */

struct state {
	bool open;
};

static struct state states[64];
static atomic_int states_opened, states_open, states_refused;
static atomic_int runs, astray, refuse_on_loop;
static int facts[FACTS_MAX], fact_count; /* the loop's alone */
static int slow_ms;
static struct warren_ctx *deferred;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int inside, released; /* under the mutex */

static bool on_loop(void)
{
	return warren_loop_is_current(warren_broker_loop(world.rest.broker));
}

static int open_state(struct warren_instance *instance, void **ret)
{
	(void)instance;
	if (on_loop() && refuse_on_loop) {
		atomic_fetch_add(&states_refused, 1);
		return warren_cannot_start(instance, -EIO, "no database");
	}
	struct state *state = &states[atomic_fetch_add(&states_opened, 1)];
	atomic_fetch_add(&states_open, 1);
	state->open = true;
	*ret = state;
	return 0;
}

static void close_state(void *worker)
{
	struct state *state = worker;
	state->open = false;
	atomic_fetch_sub(&states_open, 1);
}

/* Counts those that run elsewhere, or with the state of another thread. */
static void note_place(const struct warren_ctx *ctx, const void *worker)
{
	const struct state *state = worker;
	if (!on_loop() || worker != warren_instance_loop_state(ctx->instance) || !state->open)
		atomic_fetch_add(&astray, 1);
	atomic_fetch_add(&runs, 1);
}

static int answer(struct warren_ctx *ctx, int number)
{
	return warren_reply(ctx, &(struct note){.text = "done", .number = number});
}

static int on_ask(struct warren_ctx *ctx, const void *message, void *worker)
{
	const struct note *ask = message;
	bool again = ctx->attempt > 1;
	note_place(ctx, worker);
	if (strcmp(ask->text, "fail") == 0)
		return note_fail(ctx, WARREN_ALREADY_EXISTS, "text", "%s is taken", "ada");
	if (strcmp(ask->text, "retry") == 0)
		return again ? answer(ctx, (int)ctx->attempt) : note_retry(ctx, "not yet");
	if (strcmp(ask->text, "negative") == 0)
		return again ? answer(ctx, (int)ctx->attempt) : -EIO;
	if (strcmp(ask->text, "nothing") == 0)
		return again ? answer(ctx, (int)ctx->attempt) : 0;
	if (strcmp(ask->text, "publish") == 0) {
		int rc = warren_publish(ctx, &fact_event, &(struct note){.text = "so"});
		return rc < 0 ? rc : answer(ctx, 1);
	}
	if (strcmp(ask->text, "slow") == 0)
		warren_clock_advance_ms(world.rest.clock, slow_ms);
	if (strcmp(ask->text, "defer") == 0) {
		deferred = warren_defer(ctx);
		return 0;
	}
	return answer(ctx, 1);
}

static int on_fact(struct warren_ctx *ctx, const void *message, void *worker)
{
	const struct note *fact = message;
	note_place(ctx, worker);
	ck_assert_int_lt(fact_count, FACTS_MAX);
	facts[fact_count++] = fact->number;
	return 0;
}

static int on_hint(struct warren_ctx *ctx, const void *message, void *worker)
{
	(void)message;
	note_place(ctx, worker);
	return 0;
}

/* Not inline: it blocks until the test lets so many go on. */
static int on_wait(struct warren_ctx *ctx, const void *message, void *worker)
{
	(void)message;
	(void)worker;
	if (on_loop())
		atomic_fetch_add(&astray, 1);
	pthread_mutex_lock(&mutex);
	int number = ++inside;
	pthread_cond_broadcast(&changed);
	while (released < number)
		pthread_cond_wait(&changed, &mutex);
	pthread_mutex_unlock(&mutex);
	return answer(ctx, 1);
}

#define ASK(handle_, ...)                                                                          \
	{.event = &ask_event,                                                                      \
		.queue = &worker_ask,                                                              \
		.handle = (handle_),                                                               \
		.replies = true,                                                                   \
		.prefetch = 64,                                                                    \
		.max_attempts = 3,                                                                 \
		SYS_WAITS(100, 100),                                                               \
		##__VA_ARGS__}
#define FACT(...)                                                                                  \
	{.event = &fact_event,                                                                     \
		.queue = &worker_fact,                                                             \
		.handle = on_fact,                                                                 \
		.is_inline = true,                                                                 \
		.prefetch = 64,                                                                    \
		.max_attempts = 1,                                                                 \
		##__VA_ARGS__}
#define HINT(...)                                                                                  \
	{.event = &hint_event,                                                                     \
		.queue = &worker_hint,                                                             \
		.handle = on_hint,                                                                 \
		.is_inline = true,                                                                 \
		.max_attempts = 1,                                                                 \
		##__VA_ARGS__}
#define WORKER(handlers_)                                                                          \
	{.api = WARREN_API,                                                                        \
		.system = "sys",                                                                   \
		.topology = &sys_topology,                                                         \
		.name = "worker",                                                                  \
		.handlers = (handlers_),                                                           \
		.handler_count = sizeof(handlers_) / sizeof((handlers_)[0]),                       \
		.publishes = publishes,                                                            \
		.publish_count = 1,                                                                \
		.worker_open = open_state,                                                         \
		.worker_close = close_state}

static const struct warren_event *const publishes[] = {&fact_event};
static const struct warren_handler all_inline[] = {ASK(on_ask, .is_inline = true), FACT(), HINT()};
static const struct warren_handler mixed[] = {ASK(on_wait), FACT(), HINT()};
static const struct warren_handler none_inline[] = {ASK(on_wait)};
static const struct warren_service inline_service = WORKER(all_inline),
				   mixed_service = WORKER(mixed),
				   plain_service = WORKER(none_inline);

static const struct warren_event *const asker_publishes[] = {&ask_event, &fact_event, &hint_event};
static const struct warren_service asker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "asker",
	.publishes = asker_publishes,
	.publish_count = 3};

/* ---- who asks ---- */

struct heard {
	atomic_int times;
	int number;
	struct warren_error error;
};

static struct warren_instance *worker, *asker;
static struct heard first, again;

static void hear(struct warren_ctx *ctx, const void *reply, const struct warren_error *error,
	warren_any_fn fn, void *data)
{
	struct heard *heard = data;
	(void)ctx;
	(void)fn;
	if (error)
		heard->error = *error;
	else
		heard->number = ((const struct note *)reply)->number;
	atomic_fetch_add(&heard->times, 1);
}

static void ask_as(const char *id, const char *text, struct heard *heard)
{
	struct warren_mark once = {.digest = id ? text : NULL};
	struct warren_ctx *ctx = warren_ctx_open(
		asker, &(struct warren_ctx_seed){.event = "ask", .message_id = id, .lane = 7});
	*heard = (struct heard){0};
	ck_assert_ptr_nonnull(ctx);
	ck_assert_int_eq(warren_request_once(ctx, &ask_event, &(struct note){.text = text}, once,
				 hear, NULL, heard),
		0);
}

static void ask(const char *text, struct heard *heard)
{
	ask_as(NULL, text, heard);
	world_rest();
}

static void tell(const struct warren_event *event, int number)
{
	ck_assert_int_eq(warren_publish(warren_root(asker), event,
				 &(struct note){.text = "fact", .number = number}),
		0);
}

static void begin_with(const struct warren_service *service, struct warren_instance_options options)
{
	runs = astray = fact_count = inside = released = 0;
	states_opened = states_open = 0;
	worker = world_add_with(service, options);
	asker = world_add(&asker_service);
	world_rest();
}

static void begin(void)
{
	begin_with(&inline_service, (struct warren_instance_options){0});
}

static void heard_done(const struct heard *heard, int number)
{
	ck_assert_int_eq(heard->times, 1);
	ck_assert_int_eq(heard->error.code, WARREN_OK);
	ck_assert_int_eq(heard->number, number);
}

static void facts_in_order(int count)
{
	ck_assert_int_eq(fact_count, count);
	for (int i = 0; i < count; i++)
		ck_assert_int_eq(facts[i], i);
}

/* ---- on the loop ---- */

START_TEST(it_runs_on_the_loop_with_a_state_of_its_own)
{
	begin_with(&inline_service, (struct warren_instance_options){.workers = 3});
	ck_assert_int_eq(states_opened, 4);
	ask("done", &first);
	tell(&fact_event, 0);
	tell(&hint_event, 0);
	world_rest();
	heard_done(&first, 1);
	ck_assert_int_eq(runs, 3);
	ck_assert_int_eq(astray, 0);
	ck_assert_uint_eq(world_counters(worker).handled, 3);
	ck_assert_uint_eq(world_counters(worker).slow_inline, 0);
	world_remove(0); /* the asker */
	world_remove(0);
	ck_assert_int_eq(states_open, 0);
}
END_TEST

START_TEST(a_service_without_one_has_no_state_on_the_loop)
{
	begin_with(&plain_service, (struct warren_instance_options){.workers = 3});
	ck_assert_int_eq(states_opened, 3);
	ck_assert_ptr_null(warren_instance_loop_state(worker));
}
END_TEST

START_TEST(a_state_that_does_not_open_on_the_loop_is_told)
{
	struct warren_instance *instance = NULL;
	struct warren_error error;
	const struct warren_instance_options options = {.service = &inline_service,
		.broker = world.rest.broker,
		.clock = world.rest.clock,
		.log = world.log};
	states_opened = states_open = states_refused = 0;
	refuse_on_loop = 1;
	ck_assert_int_eq(warren_instance_open(&options, &instance, &error), -EIO);
	refuse_on_loop = 0;
	ck_assert_ptr_null(instance);
	ck_assert_str_eq(error.message, "worker cannot start: no database");
	ck_assert_int_eq(states_refused, 1);
	ck_assert_int_eq(states_open, 0);
}
END_TEST

/* ---- how it ends ---- */

START_TEST(its_outcome_is_as_any_others)
{
	static const struct {
		const char *text;
		int runs;
		int number;
		enum warren_code code;
	} rows[] = {
		{"done", 1, 1, WARREN_OK},
		{"fail", 1, 0, WARREN_ALREADY_EXISTS},
		{"retry", 2, 2, WARREN_OK},
		{"negative", 2, 2, WARREN_OK},
		{"nothing", 2, 2, WARREN_OK},
	};
	begin();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		runs = 0;
		ask(rows[i].text, &first);
		world_advance(100);
		ck_assert_int_eq(first.times, 1);
		ck_assert_int_eq(first.error.code, rows[i].code);
		ck_assert_int_eq(first.number, rows[i].number);
		ck_assert_int_eq(runs, rows[i].runs);
	}
	ck_assert_int_eq(astray, 0);
	ck_assert_int_eq(world_depth("sys.worker.ask"), 0);
	ck_assert_int_eq(world_depth("sys.worker.dead"), 0);
}
END_TEST

START_TEST(what_it_publishes_comes_to_the_next_one)
{
	begin();
	ask("publish", &first);
	heard_done(&first, 1);
	ck_assert_int_eq(fact_count, 1);
	ck_assert_int_eq(astray, 0);
}
END_TEST

static void *settle_later(void *data)
{
	ck_assert_int_eq(answer(data, 9), 0);
	return NULL;
}

START_TEST(it_is_deferred_and_settled_from_another_thread)
{
	pthread_t other;
	begin();
	ask("defer", &first);
	ck_assert_int_eq(first.times, 0);
	ck_assert_int_eq(pthread_create(&other, NULL, settle_later, deferred), 0);
	pthread_join(other, NULL);
	world_rest();
	heard_done(&first, 9);
	ck_assert_int_eq(world_depth("sys.worker.ask"), 0);
}
END_TEST

START_TEST(it_takes_effect_once)
{
	begin();
	ask_as("m", "defer", &first);
	world_rest();
	ask_as("m", "defer", &again); /* waits in the store */
	world_rest();
	ck_assert_int_eq(runs, 1);
	ck_assert_int_eq(answer(deferred, 9), 0);
	world_rest();
	heard_done(&first, 9);
	heard_done(&again, 9);
	ck_assert_int_eq(runs, 1);
	ck_assert_uint_eq(world_counters(worker).repeated, 1);
}
END_TEST

/* The first one failed: one of those that waited runs, on the loop though another thread said so. */
START_TEST(what_waited_in_the_store_runs_on_the_loop)
{
	begin();
	ask_as("m", "defer", &first);
	world_rest();
	ask_as("m", "defer", &again);
	world_rest();
	struct warren_ctx *failed = deferred;
	ck_assert_int_eq(note_fail(failed, WARREN_OVERLOADED, NULL, "not now"), 0);
	world_rest();
	ck_assert_int_eq(first.error.code, WARREN_OVERLOADED);
	ck_assert_int_eq(runs, 2);
	ck_assert_int_eq(answer(deferred, 9), 0);
	world_rest();
	heard_done(&again, 9);
	ck_assert_int_eq(astray, 0);
	ck_assert_int_eq(world_depth("sys.worker.ask"), 0);
}
END_TEST

START_TEST(one_that_holds_up_the_loop_is_counted)
{
	begin();
	slow_ms = WARREN_LOOP_SLOW_MS;
	ask("slow", &first);
	ck_assert_uint_eq(world_counters(worker).slow_inline, 0);
	slow_ms = WARREN_LOOP_SLOW_MS + 1;
	for (int i = 0; i < 3; i++)
		ask("slow", &first);
	ck_assert_uint_eq(world_counters(worker).slow_inline, 3);
	heard_done(&first, 1);
}
END_TEST

START_TEST(deliveries_keep_their_order)
{
	begin();
	for (int i = 0; i < 2000; i++)
		tell(&fact_event, i);
	world_rest();
	facts_in_order(2000);
	ck_assert_int_eq(astray, 0);
}
END_TEST

/* ---- while a suspect runs alone, or is about to ---- */

static void await_inside(int count)
{
	pthread_mutex_lock(&mutex);
	while (inside < count)
		pthread_cond_wait(&changed, &mutex);
	pthread_mutex_unlock(&mutex);
}

static void release(int count)
{
	pthread_mutex_lock(&mutex);
	released = count;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&mutex);
}

static void suspect(const char *queue)
{
	const struct warren_broker_header headers[] = {
		{.name = WARREN_HEADER_QUEUE, .text = queue}};
	const struct warren_broker_message message = {.exchange = "",
		.routing_key = "sys.worker.quarantine",
		.type = "fact",
		.message_id = "suspect",
		.content_type = "application/json",
		.body = (const uint8_t *)"{\"text\":\"suspect\"}",
		.body_len = 18,
		.headers = headers,
		.header_count = 1,
		.persistent = true};
	ck_assert_int_eq(warren_broker_publish(world.rest.broker, &message, NULL, NULL), 0);
}

/* A handler runs on a worker, and a suspect waits until it has returned: the gate is closed. */
static void close_gate(void)
{
	ask_as(NULL, "wait", &first);
	await_inside(1);
	suspect("sys.worker.fact");
	warren_quarantine_look(worker);
	while (warren_gate_try_enter()) {
		warren_gate_leave();
		sched_yield();
	}
}

static void count_delivered(void *data)
{
	struct warren_broker_counters counters;
	warren_broker_counters(world.rest.broker, &counters);
	*(uint64_t *)data = counters.delivered;
}

static uint64_t delivered(void)
{
	uint64_t count;
	warren_loop_call(warren_broker_loop(world.rest.broker), count_delivered, &count);
	return count;
}

/* The broker has given out so many more: its callbacks have returned. */
static void await_delivered(uint64_t count)
{
	while (delivered() < count)
		sched_yield();
}

START_TEST(they_are_held_in_their_order_and_run_behind_the_suspect)
{
	begin_with(&mixed_service, (struct warren_instance_options){.workers = 2});
	close_gate();
	uint64_t before = delivered();
	for (int i = 1; i <= 60; i++)
		tell(&fact_event, i);
	await_delivered(before + 60);
	ck_assert_int_eq(runs, 0);
	ck_assert(!warren_calls_none_held(worker));
	release(1);
	world_rest();
	heard_done(&first, 1);
	for (int i = 61; i < 100; i++)
		tell(&fact_event, i);
	world_rest();
	facts_in_order(100); /* the suspect's number is 0 */
	ck_assert_int_eq(astray, 0);
	ck_assert(warren_calls_none_held(worker));
	ck_assert_int_eq(world_depth("sys.worker.quarantine"), 0);
	ck_assert_int_eq(world_depth("sys.worker.fact"), 0);
}
END_TEST

/* The suspect has run; no worker is free to say so, and none is needed. */
START_TEST(they_run_before_the_next_one_though_all_workers_are_busy)
{
	static struct heard others[2];
	begin_with(&mixed_service, (struct warren_instance_options){.workers = 2});
	close_gate();
	for (size_t i = 0; i < 2; i++)
		ask_as(NULL, "wait", &others[i]);
	uint64_t before = delivered();
	for (int i = 1; i <= 60; i++)
		tell(&fact_event, i);
	await_delivered(before + 60);
	ck_assert_int_eq(runs, 0);
	release(1);
	await_inside(3); /* both workers */
	for (int i = 61; i < 100; i++)
		tell(&fact_event, i);
	while (runs < 100)
		sched_yield();
	release(3);
	world_rest();
	facts_in_order(100);
	ck_assert_int_eq(others[0].times + others[1].times, 2);
	ck_assert_int_eq(astray, 0);
}
END_TEST

START_TEST(what_is_held_has_a_limit_where_the_broker_knows_none)
{
	begin_with(&mixed_service,
		(struct warren_instance_options){.workers = 2, .work_queue = WORK_QUEUE});
	close_gate();
	uint64_t before = delivered();
	for (int i = 0; i < 3 * WORK_QUEUE; i++)
		tell(&hint_event, i);
	await_delivered(before + 3 * WORK_QUEUE);
	release(1);
	world_rest();
	ck_assert_int_eq(runs, 1 + WORK_QUEUE);
	ck_assert_uint_eq(world_counters(worker).dropped, 2 * WORK_QUEUE);
	ck_assert_int_eq(astray, 0);
}
END_TEST

/* ---- closing ---- */

static void *close_worker(void *data)
{
	warren_instance_close(worker, 0);
	return data;
}

static void await_closing(void)
{
	pthread_mutex_lock(&worker->mutex);
	while (worker->stage != WARREN_STAGE_CLOSING)
		pthread_cond_wait(&worker->quiet, &worker->mutex);
	pthread_mutex_unlock(&worker->mutex);
}

/* The worker is the first of the world's; the world goes on without it. */
static void forget_worker(void)
{
	world.instances[0] = world.instances[--world.rest.instance_count];
}

START_TEST(what_is_held_goes_back_when_it_closes)
{
	pthread_t closer;
	begin_with(&mixed_service, (struct warren_instance_options){.workers = 2});
	close_gate();
	uint64_t before = delivered();
	for (int i = 1; i <= 30; i++)
		tell(&fact_event, i);
	await_delivered(before + 30);
	ck_assert_int_eq(pthread_create(&closer, NULL, close_worker, NULL), 0);
	await_closing();
	release(1);
	pthread_join(closer, NULL);
	forget_worker();
	ck_assert_int_eq(runs, 0);
	ck_assert_int_eq(states_open, 0);
	ck_assert_int_eq(world_depth("sys.worker.fact"), 30);
	ck_assert_int_eq(world_depth("sys.worker.quarantine"), 1);
}
END_TEST

/* Each is handled or goes back, wherever the close meets it. */
START_TEST(it_closes_while_they_come)
{
	const int count = 1000;
	pthread_t closer;
	begin();
	for (int i = 0; i < count; i++) {
		tell(&fact_event, i);
		if (i == _i * count / 4)
			ck_assert_int_eq(pthread_create(&closer, NULL, close_worker, NULL), 0);
	}
	pthread_join(closer, NULL);
	forget_worker();
	ck_assert_int_eq(states_open, 0);
	ck_assert_int_eq(fact_count + world_depth("sys.worker.fact"), count);
	ck_assert_int_eq(astray, 0);
	facts_in_order(fact_count);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		it_runs_on_the_loop_with_a_state_of_its_own,
		a_service_without_one_has_no_state_on_the_loop,
		a_state_that_does_not_open_on_the_loop_is_told,
		its_outcome_is_as_any_others,
		what_it_publishes_comes_to_the_next_one,
		it_is_deferred_and_settled_from_another_thread,
		it_takes_effect_once,
		what_waited_in_the_store_runs_on_the_loop,
		one_that_holds_up_the_loop_is_counted,
		deliveries_keep_their_order,
		they_are_held_in_their_order_and_run_behind_the_suspect,
		they_run_before_the_next_one_though_all_workers_are_busy,
		what_is_held_has_a_limit_where_the_broker_knows_none,
		what_is_held_goes_back_when_it_closes,
	};
	const struct world_loop loops[] = {{it_closes_while_they_come, 4}};
	return world_main_with("service_inline", tests, sizeof tests / sizeof tests[0], loops, 1);
}
