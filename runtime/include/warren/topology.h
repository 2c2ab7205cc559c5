/*
 * Exchanges, queues and bindings, as tables.
 *
 * The compiler makes them from the schema (codegen/lua/model/topology.lua says what there is and
 * why); a service declares those of its own `struct warren_topology`, and each of its instances a
 * queue of its own beside them.  In a service's tables every name begins with the system's;
 * SYSTEM_SUFFIX is put in behind that at run time.
 */
#ifndef WARREN_TOPOLOGY_H
#define WARREN_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum warren_exchange_kind { WARREN_EXCHANGE_TOPIC, WARREN_EXCHANGE_FANOUT };
enum warren_queue_kind { WARREN_QUEUE_CLASSIC, WARREN_QUEUE_QUORUM };

/* Durable, never auto-deleted. */
struct warren_broker_exchange {
	const char *name;
	enum warren_exchange_kind kind;
};

/*
 * Durable, never exclusive.  x-queue-type and x-overflow are always sent; numbers that are 0, texts
 * that are NULL and flags that are false are not.
 */
struct warren_broker_queue {
	const char *name;
	enum warren_queue_kind kind;      /* x-queue-type */
	uint32_t message_ttl_ms;          /* x-message-ttl */
	uint32_t expires_ms;              /* x-expires */
	uint32_t max_length;              /* x-max-length */
	uint32_t delivery_limit;          /* x-delivery-limit, quorum only */
	bool reject_publish;              /* x-overflow: reject-publish, else drop-head */
	bool single_active_consumer;      /* x-single-active-consumer */
	const char *dead_letter_exchange; /* x-dead-letter-exchange; "" is the default exchange */
	bool dead_letter_at_least_once;   /* x-dead-letter-strategy: at-least-once, quorum only */
};

struct warren_broker_binding {
	const char *exchange;
	const char *queue;
	const char *routing_key; /* topic patterns: * is one word, # any number; "" for a fan-out */
};

/* The declarations of one service. */
struct warren_topology {
	const struct warren_broker_exchange *const *exchanges;
	size_t exchange_count;
	const struct warren_broker_queue *const *queues;
	size_t queue_count;
	const struct warren_broker_binding *const *bindings;
	size_t binding_count;
	/* The queue of each instance's own, `<system>.<service>.<instance>`; NULL: none. */
	const struct warren_broker_queue *own_queue;
	const char *own_exchange; /* the fan-out that it is bound to; NULL: none */
	bool has_record;          /* among the queues is `<system>.<service>.topology` */
};

#ifdef __cplusplus
}
#endif

#endif
