/*
 * Made by protoc-gen-warren from fan_out.proto, stock.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "orders_service.h"
#include "fan_out_topology.h"

static int open_worker(struct warren_instance *instance, void **ret)
{
	struct orders_worker *worker;
	int rc = orders_worker_open(instance, &worker);
	if (rc == 0)
		*ret = worker;
	return rc;
}

static void close_worker(void *worker)
{
	orders_worker_close(worker);
}

static int handle_order_placed(struct warren_ctx *ctx, const void *message, void *worker)
{
	return orders_on_order_placed((struct order_placed_call *)ctx, message, worker);
}

static int handle_stock_low(struct warren_ctx *ctx, const void *message, void *worker)
{
	return orders_on_stock_low((struct stock_low_call *)ctx, message, worker);
}

static const uint32_t order_placed_waits[] = {100, 200, 400, 800, 1600};
static const uint32_t stock_low_waits[] = {100, 200, 400, 800, 1600};

static const struct warren_handler handlers[] = {
	{
		.event = &order_placed_event,
		.queue = &orders_order_placed_queue,
		.handle = handle_order_placed,
		.replies = true,
		.max_attempts = 5,
		.waits = order_placed_waits,
		.wait_count = 5,
	},
	{
		.event = &stock_low_event,
		.queue = &orders_stock_low_queue,
		.handle = handle_stock_low,
		.replies = false,
		.is_inline = true,
		.prefetch = 8,
		.max_attempts = 5,
		.waits = stock_low_waits,
		.wait_count = 5,
	},
};

static const struct warren_event *const publishes[] = {
	&order_created_event,
	&tick_event,
	&reserve_event,
};

static const char *const edges[] = {"router"};

const struct warren_service orders_service = {
	.api = WARREN_API,
	.system = "fan_out",
	.name = "orders",
	.handlers = handlers,
	.handler_count = sizeof handlers / sizeof handlers[0],
	.publishes = publishes,
	.publish_count = sizeof publishes / sizeof publishes[0],
	.edges = edges,
	.edge_count = sizeof edges / sizeof edges[0],
	.topology = &orders_topology,
	.worker_open = open_worker,
	.worker_close = close_worker,
};
