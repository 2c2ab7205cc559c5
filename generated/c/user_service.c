/* Made by protoc-gen-warren from demo.proto.  Do not edit: change the schema and run ./dev gen. */
#include "user_service.h"
#include "demo_topology.h"

static int open_worker(struct warren_instance *instance, void **ret)
{
	struct user_worker *worker;
	int rc = user_worker_open(instance, &worker);
	if (rc == 0)
		*ret = worker;
	return rc;
}

static void close_worker(void *worker)
{
	user_worker_close(worker);
}

static int handle_user_register(struct warren_ctx *ctx, const void *message, void *worker)
{
	return user_on_user_register((struct user_register_call *)ctx, message, worker);
}

static int handle_user_login(struct warren_ctx *ctx, const void *message, void *worker)
{
	return user_on_user_login((struct user_login_call *)ctx, message, worker);
}

static const uint32_t user_register_waits[] = {100, 200, 400, 800, 1600};
static const uint32_t user_login_waits[] = {100, 200, 400, 800, 1600};

static const struct warren_handler handlers[] = {
	{
		.event = &user_register_event,
		.queue = &user_user_register_queue,
		.handle = handle_user_register,
		.replies = true,
		.max_attempts = 5,
		.waits = user_register_waits,
		.wait_count = 5,
	},
	{
		.event = &user_login_event,
		.queue = &user_user_login_queue,
		.handle = handle_user_login,
		.replies = true,
		.max_attempts = 5,
		.waits = user_login_waits,
		.wait_count = 5,
	},
};

static const struct warren_event *const publishes[] = {&frontend_message_event};

static const char *const edges[] = {"router"};

const struct warren_service user_service = {
	.api = WARREN_API,
	.system = "demo",
	.name = "user",
	.handlers = handlers,
	.handler_count = sizeof handlers / sizeof handlers[0],
	.publishes = publishes,
	.publish_count = sizeof publishes / sizeof publishes[0],
	.edges = edges,
	.edge_count = sizeof edges / sizeof edges[0],
	.topology = &user_topology,
	.worker_open = open_worker,
	.worker_close = close_worker,
};
