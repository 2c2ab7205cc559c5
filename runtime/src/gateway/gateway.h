/*
 * The gateway's own state, and the ways through it.
 *
 *   inbound   a browser's event (loop thread) -> lane of its socket -> request or publish -> answer
 *   outbound  an event to browsers (broker thread) -> lane of its target -> order -> sockets
 *   peers     other routers of this service (broker thread) -> edge
 *   control   what services ask of sockets (broker thread) -> order -> edge
 *
 * The tables are the generated ones and const; what changes lives in the edge, the instance, and
 * the buckets of each socket, which only the loop thread touches.
 */
#ifndef WARREN_GATEWAY_GATEWAY_H
#define WARREN_GATEWAY_GATEWAY_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "service/instance.h"
#include "warren/edge.h"
#include "warren/gateway.h"

#define WARREN_GATEWAY_NAMESPACE "/"

struct warren_order;
struct warren_peers;

struct warren_gateway_state {
	struct warren_instance *instance;
	const struct warren_gateway_table *table;
	struct warren_log *log;
	struct warren_edge *edge;
	struct warren_order *order; /* of what goes out */
	struct warren_peers *peers;
	pthread_t loop;
	bool loop_runs;
	atomic_bool draining;
	uint32_t max_events_per_s; /* of one socket */
	size_t max_waiting;        /* bytes that wait for a worker */
	atomic_size_t waiting;
	atomic_uint_fast64_t rate_limited_socket, rate_limited_event, overloaded;
	char metrics[16384];              /* the loop's */
	atomic_uint_fast64_t repeated;    /* answers of what was sent again */
	atomic_uint_fast64_t lost;        /* what nobody could be told of */
	atomic_int_fast64_t lost_next_ms; /* when the next loss may be logged */
	struct warren_map *in;            /* wire name -> struct warren_gateway_in */
	struct warren_map *out;           /* wire name -> struct warren_gateway_out */
};

/* settings.c: the extension's settings, and an edge's options as they say (texts are borrowed). */
extern const struct warren_setting warren_gateway_settings[];
void warren_gateway_options(struct warren_gateway_state *gateway, struct warren_edge_options *ret);

/*
 * Takes room for bytes that wait for a worker, and gives it back.  Returns false when there is
 * none. Thread: any.
 */
bool warren_gateway_reserve(struct warren_gateway_state *gateway, size_t bytes);
void warren_gateway_release(struct warren_gateway_state *gateway, size_t bytes);

/* An event or an answer was lost on its way to a browser: counted, and logged once a second at the
 * most.  Thread: any. */
void warren_gateway_lost(
	struct warren_gateway_state *gateway, const char *event, const char *reason);

/* Answers /metrics: every counter, as Prometheus reads them.  Runs on the loop thread. */
void warren_gateway_metrics(const struct warren_edge_request *request,
	struct warren_edge_response *response, void *data);

/* Where the events of one socket run in order. */
uint64_t warren_gateway_lane(const char *sid);

/* Handlers of the edge's callbacks; `data` is the state. */
int warren_gateway_connected(struct warren_edge_socket *socket, const char *auth, size_t len,
	struct warren_error *error, void *data);
void warren_gateway_disconnected(struct warren_edge_socket *socket, const char *reason, void *data);
void warren_gateway_event(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, void *data);

/* The extension's `deliver` and `lost`. */
void warren_gateway_deliver(void *extension, const struct warren_broker_delivery *delivery);
void warren_gateway_find_lost(void *extension, const struct warren_broker_delivery *delivery);

#endif
