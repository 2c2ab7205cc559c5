/* Made by protoc-gen-warren from empty.proto.  Do not edit: change the schema and run ./dev gen. */
#include "idle_service.h"
#include "empty_topology.h"

static int open_worker(struct warren_instance *instance, void **ret)
{
	struct idle_worker *worker;
	int rc = idle_worker_open(instance, &worker);
	if (rc == 0)
		*ret = worker;
	return rc;
}

static void close_worker(void *worker)
{
	idle_worker_close(worker);
}

static const char *const edges[] = {"router"};

const struct warren_service idle_service = {
	.api = WARREN_API,
	.system = "empty",
	.name = "idle",
	.edges = edges,
	.edge_count = sizeof edges / sizeof edges[0],
	.topology = &idle_topology,
	.worker_open = open_worker,
	.worker_close = close_worker,
};
