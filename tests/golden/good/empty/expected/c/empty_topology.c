/* Made by protoc-gen-warren from empty.proto.  Do not edit: change the schema and run ./dev gen. */
#include "empty_topology.h"

static const struct warren_broker_exchange exchanges[] = {
	{.name = "empty", .kind = WARREN_EXCHANGE_TOPIC},
	{.name = "empty.router", .kind = WARREN_EXCHANGE_FANOUT},
};

/* ---- router ---- */

static const struct warren_broker_exchange *const router_exchanges[] = {
	&exchanges[0],
	&exchanges[1],
};

static const struct warren_broker_queue router_own_queue = {
	.name = "empty.router.<instance>",
	.kind = WARREN_QUEUE_CLASSIC,
	.expires_ms = 60000,
};

const struct warren_topology router_topology = {
	.exchanges = router_exchanges,
	.exchange_count = 2,
	.own_queue = &router_own_queue,
	.own_exchange = "empty.router",
};

/* ---- idle ---- */

static const struct warren_broker_exchange *const idle_exchanges[] = {&exchanges[0], &exchanges[1]};

const struct warren_topology idle_topology = {
	.exchanges = idle_exchanges,
	.exchange_count = 2,
};
