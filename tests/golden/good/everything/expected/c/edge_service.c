/*
 * Made by protoc-gen-warren from everything.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "edge_service.h"
#include "everything_topology.h"

static int open_worker(struct warren_instance *instance, void **ret)
{
	struct edge_worker *worker;
	int rc = edge_worker_open(instance, &worker);
	if (rc == 0)
		*ret = worker;
	return rc;
}

static void close_worker(void *worker)
{
	edge_worker_close(worker);
}

static int admit_everything(struct warren_socket *socket, void *message, void *worker)
{
	return edge_admit_everything(socket, message, worker);
}

static int admit_nothing(struct warren_socket *socket, void *message, void *worker)
{
	return edge_admit_nothing(socket, message, worker);
}

static const struct warren_event *const publishes[] = {&everything_event, &nothing_event};

static const char *const edges[] = {"edge"};

static const char *const services[] = {"edge", "shop"};

static const struct warren_gateway_in in[] = {
	{.event = &everything_event, .admit = admit_everything, .rate_per_s = 2, .burst = 4},
	{.event = &nothing_event, .admit = admit_nothing},
};

static const struct warren_gateway_table gateway = {
	.in = in,
	.in_count = sizeof in / sizeof in[0],
};

const struct warren_service edge_service = {
	.api = WARREN_API,
	.system = "everything",
	.name = "edge",
	.publishes = publishes,
	.publish_count = sizeof publishes / sizeof publishes[0],
	.edges = edges,
	.edge_count = sizeof edges / sizeof edges[0],
	.topology = &edge_topology,
	.services = services,
	.service_count = sizeof services / sizeof services[0],
	.worker_open = open_worker,
	.worker_close = close_worker,
	.extension = &warren_gateway,
	.extension_table = &gateway,
};
