/*
 * Made by protoc-gen-warren from everything.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "shop_service.h"
#include "everything_topology.h"

static int open_worker(struct warren_instance *instance, void **ret)
{
	struct shop_worker *worker;
	int rc = shop_worker_open(instance, &worker);
	if (rc == 0)
		*ret = worker;
	return rc;
}

static void close_worker(void *worker)
{
	shop_worker_close(worker);
}

static int handle_everything(struct warren_ctx *ctx, const void *message, void *worker)
{
	return shop_on_everything((struct everything_call *)ctx, message, worker);
}

static int handle_nothing(struct warren_ctx *ctx, const void *message, void *worker)
{
	return shop_on_nothing((struct nothing_call *)ctx, message, worker);
}

static const uint32_t everything_waits[] = {100, 100, 200};
static const uint32_t nothing_waits[] = {100, 200, 400, 800, 1600};

static const struct warren_handler handlers[] = {
	{
		.event = &everything_event,
		.queue = &shop_everything_queue,
		.handle = handle_everything,
		.replies = true,
		.prefetch = 7,
		.max_attempts = 3,
		.waits = everything_waits,
		.wait_count = 3,
	},
	{
		.event = &nothing_event,
		.queue = &shop_nothing_queue,
		.handle = handle_nothing,
		.replies = false,
		.max_attempts = 5,
		.waits = nothing_waits,
		.wait_count = 5,
	},
};

static const char *const edges[] = {"edge"};

const struct warren_service shop_service = {
	.api = WARREN_API,
	.system = "everything",
	.name = "shop",
	.handlers = handlers,
	.handler_count = sizeof handlers / sizeof handlers[0],
	.edges = edges,
	.edge_count = sizeof edges / sizeof edges[0],
	.topology = &shop_topology,
	.worker_open = open_worker,
	.worker_close = close_worker,
};
