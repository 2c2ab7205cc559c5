/*
 * Made by protoc-gen-warren from reserved.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "reserved_topology.h"

const struct warren_broker_queue users_user_queue = {
	.name = "reserved.users.user",
	.kind = WARREN_QUEUE_QUORUM,
	.delivery_limit = 1000,
	.reject_publish = true,
	.dead_letter_exchange = "reserved.users.dead",
	.dead_letter_at_least_once = true,
};

const struct warren_broker_queue users_class__queue = {
	.name = "reserved.users.class",
	.kind = WARREN_QUEUE_QUORUM,
	.delivery_limit = 1000,
	.reject_publish = true,
	.dead_letter_exchange = "reserved.users.dead",
	.dead_letter_at_least_once = true,
};

static const struct warren_broker_exchange exchanges[] = {
	{.name = "reserved", .kind = WARREN_EXCHANGE_TOPIC},
	{.name = "reserved.users.dead", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "reserved.router", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "reserved.wait.100", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "reserved.wait.200", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "reserved.wait.400", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "reserved.wait.800", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "reserved.wait.1600", .kind = WARREN_EXCHANGE_FANOUT},
};

static const struct warren_broker_queue queues[] = {
	{
		.name = "reserved.users.dead",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
	{
		.name = "reserved.router.topology",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
	{
		.name = "reserved.wait.100",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 100,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "reserved.wait.200",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 200,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "reserved.wait.400",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 400,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "reserved.wait.800",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 800,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "reserved.wait.1600",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 1600,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "reserved.users.quarantine",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000,
		.reject_publish = true,
		.dead_letter_exchange = "reserved.users.dead",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "reserved.users.topology",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
};

static const struct warren_broker_binding bindings[] = {
	{"reserved.users.dead", "reserved.users.dead", ""},
	{"reserved", "reserved.users.user", "user.*"},
	{"reserved", "reserved.users.class", "class.*"},
	{"reserved.wait.100", "reserved.wait.100", ""},
	{"reserved.wait.200", "reserved.wait.200", ""},
	{"reserved.wait.400", "reserved.wait.400", ""},
	{"reserved.wait.800", "reserved.wait.800", ""},
	{"reserved.wait.1600", "reserved.wait.1600", ""},
};

/* ---- router ---- */

static const struct warren_broker_exchange *const router_exchanges[] = {
	&exchanges[0],
	&exchanges[1],
	&exchanges[2],
};

static const struct warren_broker_queue *const router_queues[] = {
	&queues[0],
	&users_user_queue,
	&users_class__queue,
	&queues[1],
};

static const struct warren_broker_binding *const router_bindings[] = {
	&bindings[0],
	&bindings[1],
	&bindings[2],
};

static const struct warren_broker_queue router_own_queue = {
	.name = "reserved.router.<instance>",
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
	.own_exchange = "reserved.router",
	.has_record = true,
};

/* ---- users ---- */

static const struct warren_broker_exchange *const users_exchanges[] = {
	&exchanges[0],
	&exchanges[1],
	&exchanges[2],
	&exchanges[3],
	&exchanges[4],
	&exchanges[5],
	&exchanges[6],
	&exchanges[7],
};

static const struct warren_broker_queue *const users_queues[] = {
	&queues[0],
	&users_user_queue,
	&users_class__queue,
	&queues[2],
	&queues[3],
	&queues[4],
	&queues[5],
	&queues[6],
	&queues[7],
	&queues[8],
};

static const struct warren_broker_binding *const users_bindings[] = {
	&bindings[0],
	&bindings[1],
	&bindings[2],
	&bindings[3],
	&bindings[4],
	&bindings[5],
	&bindings[6],
	&bindings[7],
};

const struct warren_topology users_topology = {
	.exchanges = users_exchanges,
	.exchange_count = 8,
	.queues = users_queues,
	.queue_count = 10,
	.bindings = users_bindings,
	.binding_count = 8,
	.has_record = true,
};
