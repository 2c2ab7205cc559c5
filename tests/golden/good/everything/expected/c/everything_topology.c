/*
 * Made by protoc-gen-warren from everything.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "everything_topology.h"

const struct warren_broker_queue shop_everything_queue = {
	.name = "everything.shop.everything",
	.kind = WARREN_QUEUE_CLASSIC,
	.message_ttl_ms = 60000,
	.max_length = 1000,
	.reject_publish = true,
	.dead_letter_exchange = "everything.shop.dead",
};

const struct warren_broker_queue shop_nothing_queue = {
	.name = "everything.shop.nothing",
	.kind = WARREN_QUEUE_QUORUM,
	.delivery_limit = 1000,
	.reject_publish = true,
	.dead_letter_exchange = "everything.shop.dead",
	.dead_letter_at_least_once = true,
};

static const struct warren_broker_exchange exchanges[] = {
	{.name = "everything", .kind = WARREN_EXCHANGE_TOPIC},
	{.name = "everything.shop.dead", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "everything.edge", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "everything.wait.100", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "everything.wait.200", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "everything.wait.400", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "everything.wait.800", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "everything.wait.1600", .kind = WARREN_EXCHANGE_FANOUT},
};

static const struct warren_broker_queue queues[] = {
	{
		.name = "everything.shop.dead",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
	{
		.name = "everything.edge.topology",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
	{
		.name = "everything.wait.100",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 100,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "everything.wait.200",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 200,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "everything.shop.quarantine",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000,
		.reject_publish = true,
		.dead_letter_exchange = "everything.shop.dead",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "everything.wait.400",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 400,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "everything.wait.800",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 800,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "everything.wait.1600",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 1600,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "everything.shop.topology",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
};

static const struct warren_broker_binding bindings[] = {
	{"everything.shop.dead", "everything.shop.dead", ""},
	{"everything", "everything.shop.everything", "everything.*"},
	{"everything", "everything.shop.nothing", "nothing.*"},
	{"everything.wait.100", "everything.wait.100", ""},
	{"everything.wait.200", "everything.wait.200", ""},
	{"everything.wait.400", "everything.wait.400", ""},
	{"everything.wait.800", "everything.wait.800", ""},
	{"everything.wait.1600", "everything.wait.1600", ""},
};

/* ---- edge ---- */

static const struct warren_broker_exchange *const edge_exchanges[] = {
	&exchanges[0],
	&exchanges[1],
	&exchanges[2],
};

static const struct warren_broker_queue *const edge_queues[] = {
	&queues[0],
	&shop_everything_queue,
	&shop_nothing_queue,
	&queues[1],
};

static const struct warren_broker_binding *const edge_bindings[] = {
	&bindings[0],
	&bindings[1],
	&bindings[2],
};

static const struct warren_broker_queue edge_own_queue = {
	.name = "everything.edge.<instance>",
	.kind = WARREN_QUEUE_CLASSIC,
	.expires_ms = 60000,
};

const struct warren_topology edge_topology = {
	.exchanges = edge_exchanges,
	.exchange_count = 3,
	.queues = edge_queues,
	.queue_count = 4,
	.bindings = edge_bindings,
	.binding_count = 3,
	.own_queue = &edge_own_queue,
	.own_exchange = "everything.edge",
	.has_record = true,
};

/* ---- shop ---- */

static const struct warren_broker_exchange *const shop_exchanges[] = {
	&exchanges[0],
	&exchanges[1],
	&exchanges[2],
	&exchanges[3],
	&exchanges[4],
	&exchanges[5],
	&exchanges[6],
	&exchanges[7],
};

static const struct warren_broker_queue *const shop_queues[] = {
	&queues[0],
	&shop_everything_queue,
	&shop_nothing_queue,
	&queues[2],
	&queues[3],
	&queues[4],
	&queues[5],
	&queues[6],
	&queues[7],
	&queues[8],
};

static const struct warren_broker_binding *const shop_bindings[] = {
	&bindings[0],
	&bindings[1],
	&bindings[2],
	&bindings[3],
	&bindings[4],
	&bindings[5],
	&bindings[6],
	&bindings[7],
};

const struct warren_topology shop_topology = {
	.exchanges = shop_exchanges,
	.exchange_count = 8,
	.queues = shop_queues,
	.queue_count = 10,
	.bindings = shop_bindings,
	.binding_count = 8,
	.has_record = true,
};
