/*
 * Made by protoc-gen-warren from fan_out.proto, stock.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "router_service.h"
#include "fan_out_topology.h"

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

static int admit_order_placed(struct warren_socket *socket, void *message, void *worker)
{
	return router_admit_order_placed(socket, message, worker);
}

static const struct warren_event *const publishes[] = {&order_placed_event};

static const char *const edges[] = {"router"};

static const char *const services[] = {"router", "orders", "billing", "audit", "stock"};

static const struct warren_gateway_in in[] = {
	{.event = &order_placed_event, .admit = admit_order_placed},
};

static const struct warren_gateway_table gateway = {
	.in = in,
	.in_count = sizeof in / sizeof in[0],
};

const struct warren_service router_service = {
	.api = WARREN_API,
	.system = "fan_out",
	.name = "router",
	.publishes = publishes,
	.publish_count = sizeof publishes / sizeof publishes[0],
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
