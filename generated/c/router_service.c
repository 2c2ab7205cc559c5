/* Made by protoc-gen-warren from demo.proto.  Do not edit: change the schema and run ./dev gen. */
#include "router_service.h"
#include "demo_topology.h"

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

static int admit_user_register(struct warren_socket *socket, void *message, void *worker)
{
	return router_admit_user_register(socket, message, worker);
}

static int admit_user_login(struct warren_socket *socket, void *message, void *worker)
{
	return router_admit_user_login(socket, message, worker);
}

static int admit_frontend_message(struct warren_ctx *ctx, const struct warren_target *to,
	void *message, void *worker)
{
	return router_admit_frontend_message(ctx, to, message, worker);
}

static const struct warren_event *const publishes[] = {&user_register_event, &user_login_event};

static const char *const edges[] = {"router"};

static const char *const services[] = {"router", "user"};

static const struct warren_gateway_in in[] = {
	{.event = &user_register_event, .admit = admit_user_register, .rate_per_s = 1, .burst = 5},
	{.event = &user_login_event, .admit = admit_user_login, .rate_per_s = 5, .burst = 10},
};

static const struct warren_gateway_out out[] = {
	{.event = &frontend_message_event, .admit = admit_frontend_message},
};

static const struct warren_gateway_table gateway = {
	.in = in,
	.in_count = sizeof in / sizeof in[0],
	.out = out,
	.out_count = sizeof out / sizeof out[0],
};

const struct warren_service router_service = {
	.api = WARREN_API,
	.system = "demo",
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
