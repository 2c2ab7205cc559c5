/* A queue that the schema dropped is told when the service starts the next time. */
#include <stdlib.h>

#include "service_world.h"

static int on_event(struct warren_ctx *ctx, const void *message, void *worker)
{
	(void)ctx, (void)message, (void)worker;
	return 0;
}

static const struct warren_broker_queue record = {.name = "sys.worker.topology",
	.kind = WARREN_QUEUE_QUORUM,
	.delivery_limit = 1000000,
	.reject_publish = true};
static const struct warren_broker_queue *const before_queues[] = {
	&worker_ask, &worker_fact, &other_fact, &record};
static const struct warren_broker_queue *const after_queues[] = {&worker_ask, &record};

static const struct warren_topology before_topology = {
	.queues = before_queues, .queue_count = 4, .has_record = true};
static const struct warren_topology after_topology = {
	.queues = after_queues, .queue_count = 2, .has_record = true};

static const struct warren_handler handlers[] = {
	{.event = &ask_event, .queue = &worker_ask, .handle = on_event, .max_attempts = 1},
	{.event = &fact_event, .queue = &worker_fact, .handle = on_event, .max_attempts = 1},
};

static const struct warren_service before = {.api = WARREN_API,
	.system = "sys",
	.name = "worker",
	.topology = &before_topology,
	.handlers = handlers,
	.handler_count = 2};
static const struct warren_service after = {.api = WARREN_API,
	.system = "sys",
	.name = "worker",
	.topology = &after_topology,
	.handlers = handlers,
	.handler_count = 1};

#define TOLD_MAX 8
static char names[TOLD_MAX][64], told[TOLD_MAX * 64];

/* The tables above leave out what these tests do not need, which is told too. */
static void note(const struct warren_obstacle *obstacle, void *data)
{
	int *count = data;
	if (obstacle->kind != WARREN_OBSTACLE_STALE)
		return;
	ck_assert_ptr_nonnull(strstr(obstacle->text, "delete it"));
	ck_assert_int_lt(*count, TOLD_MAX);
	snprintf(names[(*count)++], sizeof names[0], "%s", obstacle->name);
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Returns the names of all that should be gone, sorted. */
static const char *stale(void)
{
	int count = 0;
	told[0] = '\0';
	world_advance(2000);
	warren_broker_obstacles(world.rest.broker, note, &count);
	qsort(names, (size_t)count, sizeof names[0], compare);
	for (int i = 0; i < count; i++)
		snprintf(told + strlen(told), sizeof told - strlen(told), "%s ", names[i]);
	return told;
}

START_TEST(a_consumer_that_the_schema_dropped_is_told)
{
	world_add(&before);
	ck_assert_str_eq(stale(), "");
	ck_assert_int_eq(world_depth("sys.worker.topology"), 1);
	world_remove(0);
	/* Its other queues are of no concern here: they are of the same event. */
	world_add(&after);
	ck_assert_str_eq(stale(), "sys.other.fact sys.worker.fact ");
	ck_assert_int_eq(world_depth("sys.worker.topology"), 1);
	world_remove(0);
	/* Told each time, until it is gone or in the schema again. */
	world_add(&after);
	ck_assert_str_eq(stale(), "sys.other.fact sys.worker.fact ");
	world_remove(0);
	world_add(&before);
	ck_assert_str_eq(stale(), "");
	ck_assert_int_eq(world_depth("sys.worker.topology"), 1);
}
END_TEST

START_TEST(a_record_is_read_with_care)
{
	static const char body[] = "sys.worker.gone\nother.worker.x\nsys\nsys.\n\n\nsysx.worker.y\n"
				   "sys.worker.zero\0byte\nsys.worker.fact";
	const struct warren_broker_queue queues[] = {record, {.name = "sys.worker.gone"},
		{.name = "other.worker.x"}, {.name = "sysx.worker.y"}, worker_fact};
	const struct warren_broker_topology topology = {.queues = queues, .queue_count = 5};
	const struct warren_broker_message message = {.routing_key = "sys.worker.topology",
		.body = (const uint8_t *)body,
		.body_len = sizeof body - 1,
		.persistent = true};
	ck_assert_int_eq(warren_broker_declare(world.rest.broker, &topology), 0);
	for (int i = 0; i < 70; i++) /* more than are taken at once */
		ck_assert_int_eq(warren_broker_publish(world.rest.broker, &message, NULL, NULL), 0);
	world_add(&after);
	ck_assert_str_eq(stale(), "sys.worker.fact sys.worker.gone ");
	ck_assert_int_le(world_depth("sys.worker.topology"), 7);
}
END_TEST

/* A service of two stages: what belongs to the other one is not this one's concern. */
START_TEST(stages_keep_records_of_their_own)
{
	world_add_with(&before, (struct warren_instance_options){.system_suffix = "-a"});
	ck_assert_str_eq(stale(), "");
	world_remove(0);
	world_add_with(&after, (struct warren_instance_options){.system_suffix = "-b"});
	ck_assert_str_eq(stale(), "");
	world_add_with(&after, (struct warren_instance_options){.system_suffix = "-a"});
	ck_assert_str_eq(stale(), "sys-a.other.fact sys-a.worker.fact ");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_consumer_that_the_schema_dropped_is_told,
		a_record_is_read_with_care,
		stages_keep_records_of_their_own,
	};
	return world_main("service_former", tests, sizeof tests / sizeof tests[0]);
}
