/*
 * Made by protoc-gen-warren from reserved.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "router_service.h"
#include "reserved_topology.h"

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

static int admit_user(struct warren_socket *socket, void *message, void *worker)
{
	return router_admit_user(socket, message, worker);
}

static int admit_class_(struct warren_socket *socket, void *message, void *worker)
{
	return router_admit_class_(socket, message, worker);
}

static int admit_class__to_browsers(struct warren_ctx *ctx, const struct warren_target *to,
	void *message, void *worker)
{
	return router_admit_class__to_browsers(ctx, to, message, worker);
}

static const struct warren_event *const publishes[] = {&user_event, &class__event};

static const char *const edges[] = {"router"};

static const char *const services[] = {"router", "users"};

static const struct warren_gateway_in in[] = {
	{.event = &user_event, .admit = admit_user},
	{.event = &class__event, .admit = admit_class_},
};

static const struct warren_gateway_out out[] = {
	{.event = &class__event, .admit = admit_class__to_browsers},
};

static const struct warren_gateway_table gateway = {
	.in = in,
	.in_count = sizeof in / sizeof in[0],
	.out = out,
	.out_count = sizeof out / sizeof out[0],
};

const struct warren_service router_service = {
	.api = WARREN_API,
	.system = "reserved",
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
