/*
 * Made by protoc-gen-warren from fan_out.proto, stock.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "stock_service.h"
#include "fan_out_topology.h"

static int open_worker(struct warren_instance *instance, void **ret)
{
	struct stock_worker *worker;
	int rc = stock_worker_open(instance, &worker);
	if (rc == 0)
		*ret = worker;
	return rc;
}

static void close_worker(void *worker)
{
	stock_worker_close(worker);
}

static int handle_reserve(struct warren_ctx *ctx, const void *message, void *worker)
{
	return stock_on_reserve((struct reserve_call *)ctx, message, worker);
}

static const uint32_t reserve_waits[] = {100, 200, 400, 800, 1600};

static const struct warren_handler handlers[] = {
	{
		.event = &reserve_event,
		.queue = &stock_reserve_queue,
		.handle = handle_reserve,
		.replies = true,
		.max_attempts = 5,
		.waits = reserve_waits,
		.wait_count = 5,
	},
};

static const struct warren_event *const publishes[] = {&order_created_event, &stock_low_event};

static const char *const edges[] = {"router"};

const struct warren_service stock_service = {
	.api = WARREN_API,
	.system = "fan_out",
	.name = "stock",
	.handlers = handlers,
	.handler_count = sizeof handlers / sizeof handlers[0],
	.publishes = publishes,
	.publish_count = sizeof publishes / sizeof publishes[0],
	.edges = edges,
	.edge_count = sizeof edges / sizeof edges[0],
	.topology = &stock_topology,
	.worker_open = open_worker,
	.worker_close = close_worker,
};
