/* Made by protoc-gen-warren from empty.proto.  Do not edit: change the schema and run ./dev gen. */
#include "router_service.h"
#include "empty_topology.h"

static int open_worker(struct warren_instance *instance, void **ret)
{
	struct router_worker *worker;
	int rc = router_worker_open(instance, &worker);
	if (rc == 0)
		*ret = worker;
	return rc;
}

static void close_worker(void *worker)
{
	router_worker_close(worker);
}

static const char *const edges[] = {"router"};

static const char *const services[] = {"router", "idle"};

static const struct warren_gateway_table gateway;

const struct warren_service router_service = {
	.api = WARREN_API,
	.system = "empty",
	.name = "router",
	.edges = edges,
	.edge_count = sizeof edges / sizeof edges[0],
	.topology = &router_topology,
	.services = services,
	.service_count = sizeof services / sizeof services[0],
	.worker_open = open_worker,
	.worker_close = close_worker,
	.extension = &warren_gateway,
	.extension_table = &gateway,
};
