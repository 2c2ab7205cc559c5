/*
 * Made by protoc-gen-warren from fan_out.proto, stock.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "audit_service.h"
#include "fan_out_topology.h"

static int open_worker(struct warren_instance *instance, void **ret)
{
	struct audit_worker *worker;
	int rc = audit_worker_open(instance, &worker);
	if (rc == 0)
		*ret = worker;
	return rc;
}

static void close_worker(void *worker)
{
	audit_worker_close(worker);
}

static int handle_order_created(struct warren_ctx *ctx, const void *message, void *worker)
{
	return audit_on_order_created((struct order_created_call *)ctx, message, worker);
}

static int handle_tick(struct warren_ctx *ctx, const void *message, void *worker)
{
	return audit_on_tick((struct tick_call *)ctx, message, worker);
}

static const uint32_t order_created_waits[] = {100, 200, 400, 800, 1600};

static const struct warren_handler handlers[] = {
	{
		.event = &order_created_event,
		.queue = &audit_order_created_queue,
		.handle = handle_order_created,
		.replies = false,
		.max_attempts = 5,
		.waits = order_created_waits,
		.wait_count = 5,
	},
	{
		.event = &tick_event,
		.queue = &audit_tick_queue,
		.handle = handle_tick,
		.replies = false,
		.is_inline = true,
		.max_attempts = 1,
	},
};

static const struct warren_event *const publishes[] = {&order_forgotten_event};

static const char *const edges[] = {"router"};

const struct warren_service audit_service = {
	.api = WARREN_API,
	.system = "fan_out",
	.name = "audit",
	.handlers = handlers,
	.handler_count = sizeof handlers / sizeof handlers[0],
	.publishes = publishes,
	.publish_count = sizeof publishes / sizeof publishes[0],
	.edges = edges,
	.edge_count = sizeof edges / sizeof edges[0],
	.topology = &audit_topology,
	.worker_open = open_worker,
	.worker_close = close_worker,
};
