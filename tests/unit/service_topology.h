/*
 * What the system `sys` of these tests has on the broker, as generated code would have it, but for
 * that all its services declare all of it: `.topology = &sys_topology`, and `&gate_topology` for
 * the edge.
 */
#ifndef SERVICE_TOPOLOGY_H
#define SERVICE_TOPOLOGY_H

#include "warren/topology.h"

/* For a handler's `waits`. */
#define SYS_WAITS(...)                                                                             \
	.waits = (const uint32_t[]){__VA_ARGS__},                                                  \
	.wait_count = sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)

#define SYS_CONSUMER(service_, event_)                                                             \
	{.name = "sys." #service_ "." #event_,                                                     \
		.kind = WARREN_QUEUE_QUORUM,                                                       \
		.delivery_limit = 1000,                                                            \
		.reject_publish = true,                                                            \
		.dead_letter_exchange = "sys." #service_ ".dead",                                  \
		.dead_letter_at_least_once = true}
#define SYS_KEPT(service_, what_)                                                                  \
	{.name = "sys." #service_ "." #what_,                                                      \
		.kind = WARREN_QUEUE_QUORUM,                                                       \
		.delivery_limit = 1000000,                                                         \
		.reject_publish = true}
#define SYS_QUARANTINE(service_)                                                                   \
	{.name = "sys." #service_ ".quarantine",                                                   \
		.kind = WARREN_QUEUE_QUORUM,                                                       \
		.delivery_limit = 1000,                                                            \
		.reject_publish = true,                                                            \
		.dead_letter_exchange = "sys." #service_ ".dead",                                  \
		.dead_letter_at_least_once = true}
#define SYS_RUNG(ms_)                                                                              \
	{.name = "sys.wait." #ms_,                                                                 \
		.kind = WARREN_QUEUE_QUORUM,                                                       \
		.message_ttl_ms = (ms_),                                                           \
		.delivery_limit = 1000000,                                                         \
		.reject_publish = true,                                                            \
		.dead_letter_exchange = "",                                                        \
		.dead_letter_at_least_once = true}
#define SYS_FANOUT(name_)                                                                          \
	&(const struct warren_broker_exchange)                                                     \
	{                                                                                          \
		.name = (name_), .kind = WARREN_EXCHANGE_FANOUT                                    \
	}
#define SYS_EVENT(service_, event_)                                                                \
	&(const struct warren_broker_binding){"sys", "sys." #service_ "." #event_, #event_ ".*"}
#define SYS_BEHIND(name_) &(const struct warren_broker_binding){(name_), (name_), ""}

static const struct warren_broker_queue worker_ask = SYS_CONSUMER(worker, ask),
					worker_fact = SYS_CONSUMER(worker, fact),
					other_fact = SYS_CONSUMER(other, fact),
					relay_queue = SYS_CONSUMER(relay, relay),
					worker_hint = {.name = "sys.worker.hint"};

static const struct warren_broker_queue sys_kept[] = {SYS_KEPT(worker, dead), SYS_KEPT(other, dead),
	SYS_KEPT(relay, dead), SYS_KEPT(gate, lost), SYS_QUARANTINE(worker), SYS_QUARANTINE(other),
	SYS_QUARANTINE(relay), SYS_RUNG(100), SYS_RUNG(200), SYS_RUNG(400), SYS_RUNG(800),
	SYS_RUNG(1600)};

static const struct warren_broker_exchange *const sys_exchanges[] = {
	&(const struct warren_broker_exchange){.name = "sys", .kind = WARREN_EXCHANGE_TOPIC},
	SYS_FANOUT("sys.gate"), SYS_FANOUT("sys.worker.dead"), SYS_FANOUT("sys.other.dead"),
	SYS_FANOUT("sys.relay.dead"), SYS_FANOUT("sys.gate.lost"), SYS_FANOUT("sys.wait.100"),
	SYS_FANOUT("sys.wait.200"), SYS_FANOUT("sys.wait.400"), SYS_FANOUT("sys.wait.800"),
	SYS_FANOUT("sys.wait.1600")};

static const struct warren_broker_queue *const sys_queues[] = {&worker_ask, &worker_fact,
	&other_fact, &relay_queue, &worker_hint, &sys_kept[0], &sys_kept[1], &sys_kept[2],
	&sys_kept[3], &sys_kept[4], &sys_kept[5], &sys_kept[6], &sys_kept[7], &sys_kept[8],
	&sys_kept[9], &sys_kept[10], &sys_kept[11]};

static const struct warren_broker_binding *const sys_bindings[] = {SYS_EVENT(worker, ask),
	SYS_EVENT(worker, fact), SYS_EVENT(other, fact), SYS_EVENT(relay, relay),
	SYS_EVENT(worker, hint), SYS_BEHIND("sys.worker.dead"), SYS_BEHIND("sys.other.dead"),
	SYS_BEHIND("sys.relay.dead"), SYS_BEHIND("sys.gate.lost"), SYS_BEHIND("sys.wait.100"),
	SYS_BEHIND("sys.wait.200"), SYS_BEHIND("sys.wait.400"), SYS_BEHIND("sys.wait.800"),
	SYS_BEHIND("sys.wait.1600")};

#define SYS_ALL                                                                                    \
	.exchanges = sys_exchanges,                                                                \
	.exchange_count = sizeof sys_exchanges / sizeof sys_exchanges[0], .queues = sys_queues,    \
	.queue_count = sizeof sys_queues / sizeof sys_queues[0], .bindings = sys_bindings,         \
	.binding_count = sizeof sys_bindings / sizeof sys_bindings[0]

static const struct warren_topology sys_topology = {
	SYS_ALL, .own_queue = &(const struct warren_broker_queue){
			 .name = "sys.<service>.<instance>", .expires_ms = 60000}};

static const struct warren_topology gate_topology = {SYS_ALL,
	.own_queue = &(const struct warren_broker_queue){.name = "sys.gate.<instance>",
		.expires_ms = 60000,
		.dead_letter_exchange = "sys.gate.lost"},
	.own_exchange = "sys.gate"};

#endif
