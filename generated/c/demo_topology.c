/* Made by protoc-gen-warren from demo.proto.  Do not edit: change the schema and run ./dev gen. */
#include "demo_topology.h"

const struct warren_broker_queue user_user_register_queue = {
	.name = "demo.user.userRegister",
	.kind = WARREN_QUEUE_QUORUM,
	.delivery_limit = 1000,
	.reject_publish = true,
	.dead_letter_exchange = "demo.user.dead",
	.dead_letter_at_least_once = true,
};

const struct warren_broker_queue user_user_login_queue = {
	.name = "demo.user.userLogin",
	.kind = WARREN_QUEUE_QUORUM,
	.delivery_limit = 1000,
	.reject_publish = true,
	.dead_letter_exchange = "demo.user.dead",
	.dead_letter_at_least_once = true,
};

static const struct warren_broker_exchange exchanges[] = {
	{.name = "demo", .kind = WARREN_EXCHANGE_TOPIC},
	{.name = "demo.user.dead", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "demo.router", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "demo.wait.100", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "demo.wait.200", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "demo.wait.400", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "demo.wait.800", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "demo.wait.1600", .kind = WARREN_EXCHANGE_FANOUT},
};

static const struct warren_broker_queue queues[] = {
	{
		.name = "demo.user.dead",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
	{
		.name = "demo.router.topology",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
	{
		.name = "demo.wait.100",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 100,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "demo.wait.200",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 200,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "demo.wait.400",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 400,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "demo.wait.800",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 800,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "demo.wait.1600",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 1600,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "demo.user.quarantine",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000,
		.reject_publish = true,
		.dead_letter_exchange = "demo.user.dead",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "demo.user.topology",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
};

static const struct warren_broker_binding bindings[] = {
	{"demo.user.dead", "demo.user.dead", ""},
	{"demo", "demo.user.userRegister", "userRegister.*"},
	{"demo", "demo.user.userLogin", "userLogin.*"},
	{"demo.wait.100", "demo.wait.100", ""},
	{"demo.wait.200", "demo.wait.200", ""},
	{"demo.wait.400", "demo.wait.400", ""},
	{"demo.wait.800", "demo.wait.800", ""},
	{"demo.wait.1600", "demo.wait.1600", ""},
};

/* ---- router ---- */

static const struct warren_broker_exchange *const router_exchanges[] = {
	&exchanges[0],
	&exchanges[1],
	&exchanges[2],
};

static const struct warren_broker_queue *const router_queues[] = {
	&queues[0],
	&user_user_register_queue,
	&user_user_login_queue,
	&queues[1],
};

static const struct warren_broker_binding *const router_bindings[] = {
	&bindings[0],
	&bindings[1],
	&bindings[2],
};

static const struct warren_broker_queue router_own_queue = {
	.name = "demo.router.<instance>",
	.kind = WARREN_QUEUE_CLASSIC,
	.expires_ms = 60000,
};

const struct warren_topology router_topology = {
	.exchanges = router_exchanges,
	.exchange_count = 3,
	.queues = router_queues,
	.queue_count = 4,
	.bindings = router_bindings,
	.binding_count = 3,
	.own_queue = &router_own_queue,
	.own_exchange = "demo.router",
	.has_record = true,
};

/* ---- user ---- */

static const struct warren_broker_exchange *const user_exchanges[] = {
	&exchanges[0],
	&exchanges[1],
	&exchanges[2],
	&exchanges[3],
	&exchanges[4],
	&exchanges[5],
	&exchanges[6],
	&exchanges[7],
};

static const struct warren_broker_queue *const user_queues[] = {
	&queues[0],
	&user_user_register_queue,
	&user_user_login_queue,
	&queues[2],
	&queues[3],
	&queues[4],
	&queues[5],
	&queues[6],
	&queues[7],
	&queues[8],
};

static const struct warren_broker_binding *const user_bindings[] = {
	&bindings[0],
	&bindings[1],
	&bindings[2],
	&bindings[3],
	&bindings[4],
	&bindings[5],
	&bindings[6],
	&bindings[7],
};

const struct warren_topology user_topology = {
	.exchanges = user_exchanges,
	.exchange_count = 8,
	.queues = user_queues,
	.queue_count = 10,
	.bindings = user_bindings,
	.binding_count = 8,
	.has_record = true,
};
