/*
 * Made by protoc-gen-warren from two_edges.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "two_edges_topology.h"

const struct warren_broker_queue chat_said_queue = {
	.name = "two_edges.chat.said",
	.kind = WARREN_QUEUE_QUORUM,
	.delivery_limit = 1000,
	.reject_publish = true,
	.dead_letter_exchange = "two_edges.chat.dead",
	.dead_letter_at_least_once = true,
};

const struct warren_broker_queue office_shift_ended_queue = {
	.name = "two_edges.office.shiftEnded",
	.kind = WARREN_QUEUE_QUORUM,
	.delivery_limit = 1000,
	.reject_publish = true,
	.dead_letter_exchange = "two_edges.office.dead",
	.dead_letter_at_least_once = true,
};

static const struct warren_broker_exchange exchanges[] = {
	{.name = "two_edges", .kind = WARREN_EXCHANGE_TOPIC},
	{.name = "two_edges.chat.dead", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "two_edges.shop", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "two_edges.office", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "two_edges.office.dead", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "two_edges.wait.100", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "two_edges.wait.200", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "two_edges.wait.400", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "two_edges.wait.800", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "two_edges.wait.1600", .kind = WARREN_EXCHANGE_FANOUT},
	{.name = "two_edges.office.lost", .kind = WARREN_EXCHANGE_FANOUT},
};

static const struct warren_broker_queue queues[] = {
	{
		.name = "two_edges.chat.dead",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
	{
		.name = "two_edges.shop.topology",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
	{
		.name = "two_edges.office.dead",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
	{
		.name = "two_edges.wait.100",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 100,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "two_edges.wait.200",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 200,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "two_edges.wait.400",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 400,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "two_edges.wait.800",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 800,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "two_edges.wait.1600",
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 1600,
		.delivery_limit = 1000000,
		.reject_publish = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "two_edges.office.quarantine",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000,
		.reject_publish = true,
		.dead_letter_exchange = "two_edges.office.dead",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "two_edges.office.lost",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
	{
		.name = "two_edges.office.topology",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
	{
		.name = "two_edges.chat.quarantine",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000,
		.reject_publish = true,
		.dead_letter_exchange = "two_edges.chat.dead",
		.dead_letter_at_least_once = true,
	},
	{
		.name = "two_edges.chat.topology",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true,
	},
};

static const struct warren_broker_binding bindings[] = {
	{"two_edges.chat.dead", "two_edges.chat.dead", ""},
	{"two_edges", "two_edges.chat.said", "said.*"},
	{"two_edges.office.dead", "two_edges.office.dead", ""},
	{"two_edges", "two_edges.office.shiftEnded", "shiftEnded.*"},
	{"two_edges.wait.100", "two_edges.wait.100", ""},
	{"two_edges.wait.200", "two_edges.wait.200", ""},
	{"two_edges.wait.400", "two_edges.wait.400", ""},
	{"two_edges.wait.800", "two_edges.wait.800", ""},
	{"two_edges.wait.1600", "two_edges.wait.1600", ""},
	{"two_edges.office.lost", "two_edges.office.lost", ""},
};

/* ---- shop ---- */

static const struct warren_broker_exchange *const shop_exchanges[] = {
	&exchanges[0],
	&exchanges[1],
	&exchanges[2],
	&exchanges[3],
};

static const struct warren_broker_queue *const shop_queues[] = {
	&queues[0],
	&chat_said_queue,
	&queues[1],
};

static const struct warren_broker_binding *const shop_bindings[] = {&bindings[0], &bindings[1]};

static const struct warren_broker_queue shop_own_queue = {
	.name = "two_edges.shop.<instance>",
	.kind = WARREN_QUEUE_CLASSIC,
	.expires_ms = 60000,
};

const struct warren_topology shop_topology = {
	.exchanges = shop_exchanges,
	.exchange_count = 4,
	.queues = shop_queues,
	.queue_count = 3,
	.bindings = shop_bindings,
	.binding_count = 2,
	.own_queue = &shop_own_queue,
	.own_exchange = "two_edges.shop",
	.has_record = true,
};

/* ---- office ---- */

static const struct warren_broker_exchange *const office_exchanges[] = {
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

static const struct warren_broker_queue *const office_queues[] = {
	&queues[0],
	&chat_said_queue,
	&queues[2],
	&office_shift_ended_queue,
	&queues[3],
	&queues[4],
	&queues[5],
	&queues[6],
	&queues[7],
	&queues[8],
	&queues[9],
	&queues[10],
};

static const struct warren_broker_binding *const office_bindings[] = {
	&bindings[0],
	&bindings[1],
	&bindings[2],
	&bindings[3],
	&bindings[4],
	&bindings[5],
	&bindings[6],
	&bindings[7],
	&bindings[8],
	&bindings[9],
};

static const struct warren_broker_queue office_own_queue = {
	.name = "two_edges.office.<instance>",
	.kind = WARREN_QUEUE_CLASSIC,
	.expires_ms = 60000,
	.dead_letter_exchange = "two_edges.office.lost",
};

const struct warren_topology office_topology = {
	.exchanges = office_exchanges,
	.exchange_count = 11,
	.queues = office_queues,
	.queue_count = 12,
	.bindings = office_bindings,
	.binding_count = 10,
	.own_queue = &office_own_queue,
	.own_exchange = "two_edges.office",
	.has_record = true,
};

/* ---- chat ---- */

static const struct warren_broker_exchange *const chat_exchanges[] = {
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
};

static const struct warren_broker_queue *const chat_queues[] = {
	&queues[0],
	&chat_said_queue,
	&queues[2],
	&office_shift_ended_queue,
	&queues[3],
	&queues[4],
	&queues[5],
	&queues[6],
	&queues[7],
	&queues[11],
	&queues[12],
};

static const struct warren_broker_binding *const chat_bindings[] = {
	&bindings[0],
	&bindings[1],
	&bindings[2],
	&bindings[3],
	&bindings[4],
	&bindings[5],
	&bindings[6],
	&bindings[7],
	&bindings[8],
};

const struct warren_topology chat_topology = {
	.exchanges = chat_exchanges,
	.exchange_count = 10,
	.queues = chat_queues,
	.queue_count = 11,
	.bindings = chat_bindings,
	.binding_count = 9,
	.has_record = true,
};
