/*
 * Made by protoc-gen-warren from fan_out.proto, stock.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "billing_service.h"
#include "fan_out_topology.h"

static int open_worker(struct warren_instance *instance, void **ret)
{
	struct billing_worker *worker;
	int rc = billing_worker_open(instance, &worker);
	if (rc == 0)
		*ret = worker;
	return rc;
}

static void close_worker(void *worker)
{
	billing_worker_close(worker);
}

static int handle_order_placed(struct warren_ctx *ctx, const void *message, void *worker)
{
	return billing_on_order_placed((struct order_placed_call *)ctx, message, worker);
}

static int handle_order_created(struct warren_ctx *ctx, const void *message, void *worker)
{
	return billing_on_order_created((struct order_created_call *)ctx, message, worker);
}

static const uint32_t order_placed_waits[] = {100, 200, 400, 800, 1600};

static const struct warren_handler handlers[] = {
	{
		.event = &order_placed_event,
		.queue = &billing_order_placed_queue,
		.handle = handle_order_placed,
		.replies = false,
		.max_attempts = 5,
		.waits = order_placed_waits,
		.wait_count = 5,
	},
	{
		.event = &order_created_event,
		.queue = &billing_order_created_queue,
		.handle = handle_order_created,
		.replies = false,
		.max_attempts = 1,
	},
};

static const struct warren_event *const publishes[] = {&reserve_event};

static const char *const edges[] = {"router"};

const struct warren_service billing_service = {
	.api = WARREN_API,
	.system = "fan_out",
	.name = "billing",
	.handlers = handlers,
	.handler_count = sizeof handlers / sizeof handlers[0],
	.publishes = publishes,
	.publish_count = sizeof publishes / sizeof publishes[0],
	.edges = edges,
	.edge_count = sizeof edges / sizeof edges[0],
	.topology = &billing_topology,
	.worker_open = open_worker,
	.worker_close = close_worker,
};
