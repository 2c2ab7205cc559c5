/*
 * Made by protoc-gen-warren from reserved.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "users_service.h"
#include "reserved_topology.h"

static int open_worker(struct warren_instance *instance, void **ret)
{
	struct users_worker *worker;
	int rc = users_worker_open(instance, &worker);
	if (rc == 0)
		*ret = worker;
	return rc;
}

static void close_worker(void *worker)
{
	users_worker_close(worker);
}

static int handle_user(struct warren_ctx *ctx, const void *message, void *worker)
{
	return users_on_user((struct user_call *)ctx, message, worker);
}

static int handle_class_(struct warren_ctx *ctx, const void *message, void *worker)
{
	return users_on_class_((struct class__call *)ctx, message, worker);
}

static const uint32_t user_waits[] = {100, 200, 400, 800, 1600};
static const uint32_t class__waits[] = {100, 200, 400, 800, 1600};

static const struct warren_handler handlers[] = {
	{
		.event = &user_event,
		.queue = &users_user_queue,
		.handle = handle_user,
		.replies = true,
		.max_attempts = 5,
		.waits = user_waits,
		.wait_count = 5,
	},
	{
		.event = &class__event,
		.queue = &users_class__queue,
		.handle = handle_class_,
		.replies = false,
		.max_attempts = 5,
		.waits = class__waits,
		.wait_count = 5,
	},
};

static const struct warren_event *const publishes[] = {&class__event};

static const char *const edges[] = {"router"};

const struct warren_service users_service = {
	.api = WARREN_API,
	.system = "reserved",
	.name = "users",
	.handlers = handlers,
	.handler_count = sizeof handlers / sizeof handlers[0],
	.publishes = publishes,
	.publish_count = sizeof publishes / sizeof publishes[0],
	.edges = edges,
	.edge_count = sizeof edges / sizeof edges[0],
	.topology = &users_topology,
	.worker_open = open_worker,
	.worker_close = close_worker,
};
