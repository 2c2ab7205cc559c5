/*
 * Made by protoc-gen-warren from two_edges.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "chat_service.h"
#include "two_edges_topology.h"

static int open_worker(struct warren_instance *instance, void **ret)
{
	struct chat_worker *worker;
	int rc = chat_worker_open(instance, &worker);
	if (rc == 0)
		*ret = worker;
	return rc;
}

static void close_worker(void *worker)
{
	chat_worker_close(worker);
}

static int handle_said(struct warren_ctx *ctx, const void *message, void *worker)
{
	return chat_on_said((struct said_call *)ctx, message, worker);
}

static const uint32_t said_waits[] = {100, 200, 400, 800, 1600};

static const struct warren_handler handlers[] = {
	{
		.event = &said_event,
		.queue = &chat_said_queue,
		.handle = handle_said,
		.replies = false,
		.max_attempts = 5,
		.waits = said_waits,
		.wait_count = 5,
	},
};

static const struct warren_event *const publishes[] = {
	&said_event,
	&alarm_event,
	&shift_ended_event,
};

static const char *const edges[] = {"shop", "office"};

const struct warren_service chat_service = {
	.api = WARREN_API,
	.system = "two_edges",
	.name = "chat",
	.handlers = handlers,
	.handler_count = sizeof handlers / sizeof handlers[0],
	.publishes = publishes,
	.publish_count = sizeof publishes / sizeof publishes[0],
	.edges = edges,
	.edge_count = sizeof edges / sizeof edges[0],
	.topology = &chat_topology,
	.worker_open = open_worker,
	.worker_close = close_worker,
};
