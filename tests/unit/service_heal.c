/* What an operator deleted is told as failed, declared again, and works again; nothing is lost. */
#include <stdatomic.h>
#include <string.h>

#include "service/wire.h"
#include "service_world.h"

/* ---- worker answers, and tells a fact; other takes facts ---- */

static atomic_int facts;

static int on_ask(struct warren_ctx *ctx, const void *message, void *worker)
{
	(void)worker;
	int rc = warren_publish(ctx, &fact_event, &(struct note){.text = "so it is"});
	return rc < 0 ? rc : warren_reply(ctx, message);
}

static int on_fact(struct warren_ctx *ctx, const void *message, void *worker)
{
	(void)ctx;
	(void)message;
	(void)worker;
	atomic_fetch_add(&facts, 1);
	return 0;
}

static const struct warren_handler worker_handlers[] = {{.event = &ask_event,
	.queue = &worker_ask,
	.handle = on_ask,
	.replies = true,
	.max_attempts = 3,
	SYS_WAITS(100, 200, 400)}};
static const struct warren_handler other_handlers[] = {
	{.event = &fact_event, .queue = &other_fact, .handle = on_fact, .max_attempts = 1}};
static const struct warren_event *const asker_publishes[] = {&ask_event, &fact_event};
static const struct warren_event *const worker_publishes[] = {&fact_event};

static const struct warren_service worker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "worker",
	.handlers = worker_handlers,
	.handler_count = 1,
	.publishes = worker_publishes,
	.publish_count = 1};
static const struct warren_service other_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "other",
	.handlers = other_handlers,
	.handler_count = 1};
static const struct warren_service asker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "asker",
	.publishes = asker_publishes,
	.publish_count = 2};

static struct warren_instance *asker, *worker;
static atomic_int told;
static struct warren_error last;

static void note_end(const struct warren_error *error)
{
	last = error ? *error : (struct warren_error){.code = WARREN_OK};
	atomic_fetch_add(&told, 1);
}

static void on_reply(struct warren_ctx *ctx, const void *reply, const struct warren_error *error,
	warren_any_fn fn, void *data)
{
	(void)ctx;
	(void)reply;
	(void)fn;
	(void)data;
	note_end(error);
}

static void on_published(struct warren_ctx *ctx, const struct warren_error *error, void *data)
{
	(void)ctx;
	(void)data;
	note_end(error);
}

static enum warren_code publish(void)
{
	struct warren_ctx *ctx =
		warren_ctx_open(asker, &(struct warren_ctx_seed){.event = "fact", .lane = 1});
	told = 0;
	ck_assert_int_eq(warren_publish_confirmed(ctx, &fact_event, &(struct note){.text = "a"},
				 (struct warren_mark){0}, on_published, NULL),
		0);
	world_rest();
	ck_assert_int_eq(told, 1);
	return last.code;
}

static enum warren_code request(void)
{
	told = 0;
	ck_assert_int_eq(warren_request(warren_root(asker), &ask_event, &(struct note){.text = "a"},
				 on_reply, NULL, NULL),
		0);
	for (int i = 0; i < 60 && told == 0; i++)
		world_advance(100);
	ck_assert_int_eq(told, 1);
	return last.code;
}

static void begin(void)
{
	facts = 0;
	worker = world_add(&worker_service);
	world_add(&other_service);
	asker = world_add(&asker_service);
	world_rest();
}

/* ---- the tests ---- */

/* Each thing that an operator can delete: a browser's event or a request is told as unavailable at
 * once, or finds it mended already; the next one goes its way. */
static void expect_healed(void)
{
	enum warren_code code = publish();
	ck_assert(code == WARREN_UNAVAILABLE || code == WARREN_OK);
	world_advance(2000);
	ck_assert_int_eq(publish(), WARREN_OK);
	code = request();
	ck_assert(code == WARREN_UNAVAILABLE || code == WARREN_OK);
	world_advance(2000);
	int before = facts;
	ck_assert_int_eq(request(), WARREN_OK);
	world_advance(2000);
	ck_assert_int_gt(facts, before); /* the handler's fact arrived, too */
}

static void delete_binding(const char *queue, const char *key)
{
	warren_broker_memory_delete_binding(
		world.rest.broker, &(struct warren_broker_binding){
					   .exchange = "sys", .queue = queue, .routing_key = key});
}

static void delete_bindings(void)
{
	delete_binding("sys.worker.fact", "fact.*");
	delete_binding("sys.other.fact", "fact.*");
}

START_TEST(all_bindings_of_an_event)
{
	begin();
	delete_bindings();
	ck_assert_int_eq(publish(), WARREN_UNAVAILABLE);
	ck_assert_uint_eq(world_counters(asker).returned, 1);
	expect_healed();
}
END_TEST

START_TEST(the_binding_of_a_request)
{
	begin();
	delete_binding("sys.worker.ask", "ask.*");
	ck_assert_int_eq(request(), WARREN_UNAVAILABLE);
	expect_healed();
}
END_TEST

START_TEST(all_queues)
{
	begin();
	warren_broker_memory_delete_queue(world.rest.broker, "sys.worker.fact");
	warren_broker_memory_delete_queue(world.rest.broker, "sys.other.fact");
	warren_broker_memory_delete_queue(world.rest.broker, "sys.worker.ask");
	expect_healed();
}
END_TEST

START_TEST(the_exchange)
{
	begin();
	warren_broker_memory_delete_exchange(world.rest.broker, "sys");
	expect_healed();
}
END_TEST

/* The asker of the handler's call is not told before the fact has arrived. */
START_TEST(a_fact_of_a_handler_waits_for_its_way)
{
	begin();
	delete_bindings();
	ck_assert_int_eq(request(), WARREN_UNAVAILABLE); /* its attempts end before that heals */
	ck_assert_uint_eq(world_counters(worker).returned, 3);
	ck_assert_uint_eq(world_counters(worker).retried, 2);
	ck_assert_int_eq(facts, 0);
	world_advance(2000);
	ck_assert_int_eq(request(), WARREN_OK);
	world_rest();
	ck_assert_int_eq(facts, 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {all_bindings_of_an_event, the_binding_of_a_request,
		all_queues, the_exchange, a_fact_of_a_handler_waits_for_its_way};
	return world_main("service_heal", tests, sizeof tests / sizeof tests[0]);
}
