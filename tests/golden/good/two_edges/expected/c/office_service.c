/*
 * Made by protoc-gen-warren from two_edges.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "office_service.h"
#include "two_edges_topology.h"

static int open_worker(struct warren_instance *instance, void **ret)
{
	struct office_worker *worker;
	int rc = office_worker_open(instance, &worker);
	if (rc == 0)
		*ret = worker;
	return rc;
}

static void close_worker(void *worker)
{
	office_worker_close(worker);
}

static int handle_shift_ended(struct warren_ctx *ctx, const void *message, void *worker)
{
	return office_on_shift_ended((struct shift_ended_call *)ctx, message, worker);
}

static int admit_said(struct warren_socket *socket, void *message, void *worker)
{
	return office_admit_said(socket, message, worker);
}

static int admit_said_to_browsers(struct warren_ctx *ctx, const struct warren_target *to,
	void *message, void *worker)
{
	return office_admit_said_to_browsers(ctx, to, message, worker);
}

static int admit_alarm(struct warren_ctx *ctx, const struct warren_target *to, void *message,
	void *worker)
{
	return office_admit_alarm(ctx, to, message, worker);
}

static const uint32_t shift_ended_waits[] = {100, 200, 400, 800, 1600};

static const struct warren_handler handlers[] = {
	{
		.event = &shift_ended_event,
		.queue = &office_shift_ended_queue,
		.handle = handle_shift_ended,
		.replies = false,
		.max_attempts = 5,
		.waits = shift_ended_waits,
		.wait_count = 5,
	},
};

static const struct warren_event *const publishes[] = {&said_event};

static const char *const edges[] = {"shop", "office"};

static const char *const services[] = {"shop", "office", "chat"};

static const struct warren_gateway_in in[] = {{.event = &said_event, .admit = admit_said}};

static const struct warren_gateway_out out[] = {
	{.event = &said_event, .admit = admit_said_to_browsers},
	{.event = &alarm_event, .admit = admit_alarm},
};

static const struct warren_gateway_table gateway = {
	.in = in,
	.in_count = sizeof in / sizeof in[0],
	.out = out,
	.out_count = sizeof out / sizeof out[0],
};

const struct warren_service office_service = {
	.api = WARREN_API,
	.system = "two_edges",
	.name = "office",
	.handlers = handlers,
	.handler_count = sizeof handlers / sizeof handlers[0],
	.publishes = publishes,
	.publish_count = sizeof publishes / sizeof publishes[0],
	.edges = edges,
	.edge_count = sizeof edges / sizeof edges[0],
	.topology = &office_topology,
	.services = services,
	.service_count = sizeof services / sizeof services[0],
	.worker_open = open_worker,
	.worker_close = close_worker,
	.extension = &warren_gateway,
	.extension_table = &gateway,
};
