/*
 * How many allocations a round trip makes: a page asks a router, a service answers, over RabbitMQ.
 *
 * malloc and the like are this file's own in the whole program, libraries included, and count for
 * the side whose thread calls them.  With a sanitizer they are the sanitizer's: then nothing is
 * counted, and the test shows that the road works.  Run it with with-rabbitmq.
 */
#include "gateway_world.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTS 0
#else
#define COUNTS 1
#endif

enum { WARM = 500, ROUNDS = 2000, HUNDREDTHS = 100 };

/* Allocations of a round trip, in hundredths: what was there when this was written, and the odd one
 * that a buffer which grows makes.  A change that needs fewer lowers them. */
static const struct {
	const char *event;
	int router, service;
} limits[] = {
	{"hint", 310, 210}, /* at most once */
	{"ask", 310, 210},  /* at least once */
};

/* ---- counting ---- */

enum side { TEST, ROUTER, SERVICE, SIDES };

static _Thread_local enum side side;
static atomic_ulong counts[SIDES];

#if COUNTS
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static void count_one(void)
{
	atomic_fetch_add_explicit(&counts[side], 1, memory_order_relaxed);
}

void *malloc(size_t size)
{
	count_one();
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	count_one();
	return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
	count_one();
	return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	count_one();
	return __libc_memalign(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
	count_one();
	*ret = __libc_memalign(alignment, size);
	return *ret ? 0 : ENOMEM;
}
#endif

/* ---- the road ---- */

static const struct warren_event most_event = {.name = "hint",
	.type = &hint_type,
	.reply = &answer_type,
	.guarantee = WARREN_AT_MOST_ONCE,
	.schema = "0000000000000011",
	.reply_timeout_ms = 60000,
	.replier = "worker",
	.queues = hint_queues,
	.queue_count = 1,
	.producers = gates,
	.producer_count = 2};
static const struct warren_event least_event = {.name = "ask",
	.type = &ask_type,
	.reply = &answer_type,
	.schema = "00000000000000aa",
	.reply_timeout_ms = 60000,
	.replier = "worker",
	.queues = ask_queues,
	.queue_count = 1,
	.producers = gates,
	.producer_count = 2};

static int answer(struct warren_ctx *ctx, const void *message, void *state)
{
	const struct note *note = message;
	(void)state;
	return warren_reply(ctx, &(struct note){.text = note->text, .number = note->number});
}

static int open_router_state(struct warren_instance *instance, void **ret)
{
	(void)instance;
	*ret = NULL;
	side = ROUTER;
	return 0;
}

static int open_service_state(struct warren_instance *instance, void **ret)
{
	(void)instance;
	*ret = NULL;
	side = SERVICE;
	return 0;
}

static const struct warren_handler handlers[] = {
	{.event = &most_event,
		.queue = &worker_hint,
		.handle = answer,
		.replies = true,
		.max_attempts = 1},
	{.event = &least_event,
		.queue = &worker_ask,
		.handle = answer,
		.replies = true,
		.max_attempts = 1},
};
static const struct warren_service service = {.api = WARREN_API,
	.system = "sys",
	.name = "worker",
	.topology = &sys_topology,
	.worker_open = open_service_state,
	.handlers = handlers,
	.handler_count = 2};

static const struct warren_gateway_in in[] = {
	{.event = &most_event, .admit = admit_in}, {.event = &least_event, .admit = admit_in}};
static const struct warren_gateway_table table = {.in = in, .in_count = 2};
static const struct warren_event *const publishes[] = {&most_event, &least_event};
static const struct warren_service router = {.api = WARREN_API,
	.system = "sys",
	.name = "gate",
	.topology = &gate_topology,
	.worker_open = open_router_state,
	.publishes = publishes,
	.publish_count = 2,
	.edges = notice_edges,
	.edge_count = 1,
	.extension = &warren_gateway,
	.extension_table = &table};

static struct warren_broker *brokers[SIDES];
static struct page page;

static void be_side(void *data)
{
	side = *(enum side *)data;
}

static struct warren_instance *start(const struct warren_service *of, enum side on)
{
	char suffix[32];
	struct warren_error error;
	const struct warren_broker_options options = {
		.url = getenv("RABBITMQ_URL"), .app_name = of->name, .log = world.log};
	snprintf(suffix, sizeof suffix, "-%d", (int)getpid());
	ck_assert_int_eq(warren_broker_open(&options, &brokers[on], &error), 0);
	warren_loop_call(warren_broker_loop(brokers[on]), be_side, &on);
	world.rest.broker = brokers[on];
	struct warren_instance *instance = world_add_with(
		of, (struct warren_instance_options){
			    .settings = gate_settings, .system_suffix = suffix, .workers = 1});
	while (warren_broker_state(brokers[on]) != WARREN_BROKER_UP)
		sched_yield();
	return instance;
}

static void begin(void)
{
	world = (struct world){.log = warren_log_open("cost", WARREN_LOG_ERROR, STDERR_FILENO)};
	world.rest.clock = warren_clock_real();
	world.rest.instances = world.instances;
	gate_settings_open((const char *const[]){"MAX_EVENTS_PER_S", "1000000", NULL});
	worker = start(&service, SERVICE);
	gate = start(&router, ROUTER);
	gateway = gate->extension;
	page_open(&page);
}

static void end(void)
{
	page_close(&page);
	for (int i = 1; i >= 0; i--)
		warren_instance_close(world.instances[i], 1000);
	warren_broker_close(brokers[ROUTER], 1000);
	warren_broker_close(brokers[SERVICE], 1000);
	warren_settings_close(gate_settings);
	warren_log_close(world.log);
	(void)gateway_all;
}

static void go_round(const char *event, int times)
{
	for (int i = 0; i < times; i++) {
		page_emit(&page, i % 100, event, "x", i, NULL);
		ck_assert_str_eq(page_answer(&page, i % 100), "ok");
	}
}

START_TEST(a_round_trip_makes_few_allocations)
{
	const char *event = limits[_i].event;
	begin();
	go_round(event, WARM);
	unsigned long before[SIDES], made[SIDES];
	for (int i = 0; i < SIDES; i++)
		before[i] = atomic_load(&counts[i]);
	go_round(event, ROUNDS);
	for (int i = 0; i < SIDES; i++)
		made[i] = (atomic_load(&counts[i]) - before[i]) * HUNDREDTHS / ROUNDS;
	printf("%s: %lu.%02lu allocations in the router, %lu.%02lu in the service\n", event,
		made[ROUTER] / HUNDREDTHS, made[ROUTER] % HUNDREDTHS, made[SERVICE] / HUNDREDTHS,
		made[SERVICE] % HUNDREDTHS);
	ck_assert_int_le((int)made[ROUTER], limits[_i].router);
	ck_assert_int_le((int)made[SERVICE], limits[_i].service);
	if (COUNTS) /* it does count */
		ck_assert_uint_ge(made[ROUTER] + made[SERVICE], HUNDREDTHS);
	end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cost");
	TCase *tcase = tcase_create("allocations");
	tcase_add_loop_test(
		tcase, a_round_trip_makes_few_allocations, 0, sizeof limits / sizeof limits[0]);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
