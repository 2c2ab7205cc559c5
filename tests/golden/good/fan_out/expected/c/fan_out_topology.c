/*
 * Made by protoc-gen-warren from fan_out.proto, stock.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "fan_out_topology.h"

const struct warren_broker_queue orders_order_placed_queue = {
	.name = "fan_out.orders.orderPlaced",
	.kind = WARREN_QUEUE_QUORUM,
	.delivery_limit = 1000,
	.reject_publish = true,
	.dead_letter_exchange = "fan_out.orders.dead",
	.dead_letter_at_least_once = true,
};

const struct warren_broker_queue billing_order_placed_queue = {
	.name = "fan_out.billing.orderPlaced",
	.kind = WARREN_QUEUE_QUORUM,
	.delivery_limit = 1000,
	.reject_publish = true,
	.dead_letter_exchange = "fan_out.billing.dead",
	.dead_letter_at_least_once = true,
};

const struct warren_broker_queue orders_stock_low_queue = {
	.name = "fan_out.orders.stockLow",
	.kind = WARREN_QUEUE_QUORUM,
	.delivery_limit = 1000,
	.reject_publish = true,
	.dead_letter_exchange = "fan_out.orders.dead",
	.dead_letter_at_least_once = true,
};

const struct warren_broker_queue billing_order_created_queue = {
	.name = "fan_out.billing.orderCreated",
	.kind = WARREN_QUEUE_QUORUM,
	.delivery_limit = 1000,
	.reject_publish = true,
	.dead_letter_exchange = "fan_out.billing.dead",
	.dead_letter_at_least_once = true,
};

const struct warren_broker_queue audit_order_created_queue = {
	.name = "fan_out.audit.orderCreated",
	.kind = WARREN_QUEUE_QUORUM,
	.delivery_limit = 1000,
	.reject_publish = true,
	.dead_letter_exchange = "fan_out.audit.dead",
	.dead_letter_at_least_once = true,
};

const struct warren_broker_queue audit_tick_queue = {
	.name = "fan_out.audit.tick",
	.kind = WARREN_QUEUE_CLASSIC,
};

const struct warren_broker_queue stock_reserve_queue = {
	.name = "fan_out.stock.reserve",
	.kind = WARREN_QUEUE_QUORUM,
	.delivery_limit = 1000,
	.reject_publish = true,
	.dead_letter_exchange = "fan_out.stock.dead",
	.dead_letter_at_least_once = true,
};

static const struct warren_broker_exchange exchanges[] = {
	{.name = "fan_out", .kind = WARREN_EXCHANGE_TOPIC},
	{.name = "fan_out.orders.dead", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "fan_out.billing.dead", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "fan_out.router", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "fan_out.wait.100", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "fan_out.wait.200", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "fan_out.wait.400", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "fan_out.wait.800", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "fan_out.wait.1600", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "fan_out.audit.dead", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "fan_out.stock.dead", .kind = WARREN_EXCHANGE_FANOUT},
};

static const struct warren_broker_queue queues[] = {
	{
		.name = "fan_out.orders.dead",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
	{
		.name = "fan_out.billing.dead",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
	{
		.name = "fan_out.router.topology",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
	{
		.name = "fan_out.wait.100",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 100,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "fan_out.wait.200",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 200,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "fan_out.wait.400",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 400,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "fan_out.wait.800",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 800,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "fan_out.wait.1600",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 1600,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "fan_out.orders.quarantine",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000,
		.reject_publish = true,
		.dead_letter_exchange = "fan_out.orders.dead",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "fan_out.audit.dead",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
	{
		.name = "fan_out.stock.dead",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
	{
		.name = "fan_out.orders.topology",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
	{
		.name = "fan_out.billing.quarantine",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000,
		.reject_publish = true,
		.dead_letter_exchange = "fan_out.billing.dead",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "fan_out.billing.topology",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
	{
		.name = "fan_out.audit.quarantine",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000,
		.reject_publish = true,
		.dead_letter_exchange = "fan_out.audit.dead",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "fan_out.audit.topology",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
	{
		.name = "fan_out.stock.quarantine",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000,
		.reject_publish = true,
		.dead_letter_exchange = "fan_out.stock.dead",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "fan_out.stock.topology",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
};

static const struct warren_broker_binding bindings[] = {
	{"fan_out.orders.dead", "fan_out.orders.dead", ""},
	{"fan_out", "fan_out.orders.orderPlaced", "orderPlaced.*"},
	{"fan_out.billing.dead", "fan_out.billing.dead", ""},
	{"fan_out", "fan_out.billing.orderPlaced", "orderPlaced.*"},
	{"fan_out.wait.100", "fan_out.wait.100", ""},
	{"fan_out.wait.200", "fan_out.wait.200", ""},
	{"fan_out.wait.400", "fan_out.wait.400", ""},
	{"fan_out.wait.800", "fan_out.wait.800", ""},
	{"fan_out.wait.1600", "fan_out.wait.1600", ""},
	{"fan_out", "fan_out.orders.stockLow", "stockLow.*"},
	{"fan_out", "fan_out.billing.orderCreated", "orderCreated.*"},
	{"fan_out.audit.dead", "fan_out.audit.dead", ""},
	{"fan_out", "fan_out.audit.orderCreated", "orderCreated.*"},
	{"fan_out", "fan_out.audit.tick", "tick.*"},
	{"fan_out.stock.dead", "fan_out.stock.dead", ""},
	{"fan_out", "fan_out.stock.reserve", "reserve.*"},
};

/* ---- router ---- */

static const struct warren_broker_exchange *const router_exchanges[] = {
	&exchanges[0],
	&exchanges[1],
	&exchanges[2],
	&exchanges[3],
};

static const struct warren_broker_queue *const router_queues[] = {
	&queues[0],
	&orders_order_placed_queue,
	&queues[1],
	&billing_order_placed_queue,
	&queues[2],
};

static const struct warren_broker_binding *const router_bindings[] = {
	&bindings[0],
	&bindings[1],
	&bindings[2],
	&bindings[3],
};

static const struct warren_broker_queue router_own_queue = {
	.name = "fan_out.router.<instance>",
	.kind = WARREN_QUEUE_CLASSIC,
	.expires_ms = 60000,
};

const struct warren_topology router_topology = {
	.exchanges = router_exchanges,
	.exchange_count = 4,
	.queues = router_queues,
	.queue_count = 5,
	.bindings = router_bindings,
	.binding_count = 4,
	.own_queue = &router_own_queue,
	.own_exchange = "fan_out.router",
	.has_record = true,
};

/* ---- orders ---- */

static const struct warren_broker_exchange *const orders_exchanges[] = {
	&exchanges[0],
	&exchanges[1],
	&exchanges[2],
	&exchanges[3],
	&exchanges[4],
	&exchanges[5],
	&exchanges[6],
	&exchanges[7],
	&exchanges[8],
	&exchanges[9],
	&exchanges[10],
};

static const struct warren_broker_queue *const orders_queues[] = {
	&queues[0],
	&orders_order_placed_queue,
	&queues[1],
	&queues[3],
	&queues[4],
	&queues[5],
	&queues[6],
	&queues[7],
	&queues[8],
	&orders_stock_low_queue,
	&billing_order_created_queue,
	&queues[9],
	&audit_order_created_queue,
	&audit_tick_queue,
	&queues[10],
	&stock_reserve_queue,
	&queues[11],
};

static const struct warren_broker_binding *const orders_bindings[] = {
	&bindings[0],
	&bindings[1],
	&bindings[2],
	&bindings[4],
	&bindings[5],
	&bindings[6],
	&bindings[7],
	&bindings[8],
	&bindings[9],
	&bindings[10],
	&bindings[11],
	&bindings[12],
	&bindings[13],
	&bindings[14],
	&bindings[15],
};

static const struct warren_broker_queue orders_own_queue = {
	.name = "fan_out.orders.<instance>",
	.kind = WARREN_QUEUE_CLASSIC,
	.expires_ms = 60000,
};

const struct warren_topology orders_topology = {
	.exchanges = orders_exchanges,
	.exchange_count = 11,
	.queues = orders_queues,
	.queue_count = 17,
	.bindings = orders_bindings,
	.binding_count = 15,
	.own_queue = &orders_own_queue,
	.has_record = true,
};

/* ---- billing ---- */

static const struct warren_broker_exchange *const billing_exchanges[] = {
	&exchanges[0],
	&exchanges[2],
	&exchanges[3],
	&exchanges[4],
	&exchanges[5],
	&exchanges[6],
	&exchanges[7],
	&exchanges[8],
	&exchanges[10],
};

static const struct warren_broker_queue *const billing_queues[] = {
	&queues[1],
	&billing_order_placed_queue,
	&queues[3],
	&queues[4],
	&queues[5],
	&queues[6],
	&queues[7],
	&billing_order_created_queue,
	&queues[10],
	&stock_reserve_queue,
	&queues[12],
	&queues[13],
};

static const struct warren_broker_binding *const billing_bindings[] = {
	&bindings[2],
	&bindings[3],
	&bindings[4],
	&bindings[5],
	&bindings[6],
	&bindings[7],
	&bindings[8],
	&bindings[10],
	&bindings[14],
	&bindings[15],
};

static const struct warren_broker_queue billing_own_queue = {
	.name = "fan_out.billing.<instance>",
	.kind = WARREN_QUEUE_CLASSIC,
	.expires_ms = 60000,
};

const struct warren_topology billing_topology = {
	.exchanges = billing_exchanges,
	.exchange_count = 9,
	.queues = billing_queues,
	.queue_count = 12,
	.bindings = billing_bindings,
	.binding_count = 10,
	.own_queue = &billing_own_queue,
	.has_record = true,
};

/* ---- audit ---- */

static const struct warren_broker_exchange *const audit_exchanges[] = {
	&exchanges[0],
	&exchanges[3],
	&exchanges[4],
	&exchanges[5],
	&exchanges[6],
	&exchanges[7],
	&exchanges[8],
	&exchanges[9],
};

static const struct warren_broker_queue *const audit_queues[] = {
	&queues[3],
	&queues[4],
	&queues[5],
	&queues[6],
	&queues[7],
	&queues[9],
	&audit_order_created_queue,
	&audit_tick_queue,
	&queues[14],
	&queues[15],
};

static const struct warren_broker_binding *const audit_bindings[] = {
	&bindings[4],
	&bindings[5],
	&bindings[6],
	&bindings[7],
	&bindings[8],
	&bindings[11],
	&bindings[12],
	&bindings[13],
};

const struct warren_topology audit_topology = {
	.exchanges = audit_exchanges,
	.exchange_count = 8,
	.queues = audit_queues,
	.queue_count = 10,
	.bindings = audit_bindings,
	.binding_count = 8,
	.has_record = true,
};

/* ---- stock ---- */

static const struct warren_broker_exchange *const stock_exchanges[] = {
	&exchanges[0],
	&exchanges[1],
	&exchanges[2],
	&exchanges[3],
	&exchanges[4],
	&exchanges[5],
	&exchanges[6],
	&exchanges[7],
	&exchanges[8],
	&exchanges[9],
	&exchanges[10],
};

static const struct warren_broker_queue *const stock_queues[] = {
	&queues[0],
	&queues[1],
	&queues[3],
	&queues[4],
	&queues[5],
	&queues[6],
	&queues[7],
	&orders_stock_low_queue,
	&billing_order_created_queue,
	&queues[9],
	&audit_order_created_queue,
	&queues[10],
	&stock_reserve_queue,
	&queues[16],
	&queues[17],
};

static const struct warren_broker_binding *const stock_bindings[] = {
	&bindings[0],
	&bindings[2],
	&bindings[4],
	&bindings[5],
	&bindings[6],
	&bindings[7],
	&bindings[8],
	&bindings[9],
	&bindings[10],
	&bindings[11],
	&bindings[12],
	&bindings[14],
	&bindings[15],
};

const struct warren_topology stock_topology = {
	.exchanges = stock_exchanges,
	.exchange_count = 11,
	.queues = stock_queues,
	.queue_count = 15,
	.bindings = stock_bindings,
	.binding_count = 13,
	.has_record = true,
};
