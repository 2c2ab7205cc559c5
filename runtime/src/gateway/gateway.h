/*
 * The gateway's own state, and the ways through it.
 *
 *   inbound   a browser's event -> request or publish -> answer
 *   outbound  an event to browsers -> sockets
 *   peers     other routers of this service -> edge
 *   control   what services ask of sockets -> edge
 *
 * All of it runs on the loop, in the order in which it came.
 *
 * The tables are the generated ones and const; what changes lives in the edge, the instance, the
 * admissions that are settled later, and the buckets of each socket, which only the loop thread touches.
 */
#ifndef WARREN_GATEWAY_GATEWAY_H
#define WARREN_GATEWAY_GATEWAY_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/keyring.h"
#include "base/map.h"
#include "base/seldom.h"
#include "gateway/limiter.h"
#include "service/instance.h"
#include "warren/edge.h"
#include "warren/gateway.h"

#define WARREN_GATEWAY_NAMESPACE "/"

struct warren_pending_admission;
struct warren_peers;

/* One row a counter: its name, and the text by which /metrics explains it. */
#define WARREN_GATEWAY_COUNTERS(X)                                                                 \
	X(rate_limited_socket, "events past MAX_EVENTS_PER_S")                                     \
	X(rate_limited_event, "events past the rate that the schema gives them")                   \
	X(overloaded, "events that found no room to wait for a worker, or for an event before "    \
		      "them (MAX_WAITING, WORK_QUEUE)")                                            \
	X(past_limit, "events that could not have been answered in time (docs/LIMITS.md)")         \
	X(slow_admits, "admit handlers that held up the loop for over 10 ms")                      \
	X(late_admits, "events that were not admitted in time by who was to settle that later")    \
	X(repeated, "events sent again that were answered as the first time")                      \
	X(announcements_refused, "announcements of other routers that were not believed")          \
	X(lost, "answers and events that no client got")

/* The state of an event that browsers send. */
struct warren_gateway_event_state {
	struct warren_limiter *limiter;
	struct warren_ops_label labels[2]; /* service="<name>",event="<name>" */
	struct warren_ops_source source;
};

struct warren_gateway_state {
	struct warren_instance *instance;
	const struct warren_gateway_table *table;
	struct warren_log *log;
	struct warren_edge *edge;
	struct warren_keyring *keys; /* NULL: there are no peers */
	struct warren_peers *peers;  /* NULL without keys */
	bool edge_runs;
	pthread_mutex_t end_mutex; /* guards what follows */
	pthread_cond_t end;
	bool edge_ended;
	atomic_bool draining;
	uint32_t max_events_per_s; /* of one socket */
	size_t max_waiting;        /* bytes that wait for a worker, or for an event before them */
	atomic_size_t waiting;
	uint32_t behind; /* events that wait for one before them; at most WORK_QUEUE */
	TAILQ_HEAD(, warren_pending_admission) admissions; /* admission.h */
#define WARREN_GATEWAY_FIELD(name_, help_) atomic_uint_fast64_t name_;
	WARREN_GATEWAY_COUNTERS(WARREN_GATEWAY_FIELD)
#undef WARREN_GATEWAY_FIELD
	struct warren_seldom lost_told;
	struct warren_gateway_event_state *events; /* of each in table->in */
	struct warren_map *in;                     /* wire name -> struct warren_gateway_in */
	struct warren_map *out;                    /* wire name -> struct warren_gateway_out */
	struct warren_ops_label label;             /* service="<name>" */
	struct warren_ops_source source;
};

/* settings.c: the extension's settings, and an edge's options as they say (texts are borrowed). */
extern const struct warren_setting warren_gateway_settings[];
void warren_gateway_options(struct warren_gateway_state *gateway, struct warren_edge_options *ret);

/*
 * Takes room for bytes that wait, and gives it back.  Returns false when there is
 * none. Thread: any.
 */
bool warren_gateway_reserve(struct warren_gateway_state *gateway, size_t bytes);
void warren_gateway_release(struct warren_gateway_state *gateway, size_t bytes);

/* An event or an answer was lost on its way to a browser: counted, and logged once a second at the
 * most.  Thread: any. */
void warren_gateway_lost(
	struct warren_gateway_state *gateway, const char *event, const char *reason);

/* An admit handler has returned, which was called at `began_ms`: counts and logs one that was slow. */
void warren_gateway_admitted(
	struct warren_gateway_state *gateway, const char *event, int64_t began_ms);

/* Returns the limiter of an event that browsers send. */
struct warren_limiter *warren_gateway_limiter(
	const struct warren_gateway_state *gateway, const struct warren_gateway_in *in);

/* Says that too much of the event is under way, and when it may be sent again.  Thread: any. */
void warren_gateway_too_much(const struct warren_gateway_state *gateway,
	const struct warren_gateway_in *in, struct warren_error *error);

/* status.c: adds the gateway to the process's registry, and removes it there.  The edge, the peers
 * and the limiters are open. */
void warren_gateway_show(struct warren_gateway_state *gateway);
void warren_gateway_hide(struct warren_gateway_state *gateway);

/* Handlers of the edge's callbacks; `data` is the state. */
int warren_gateway_connected(struct warren_edge_socket *socket, const char *auth, size_t len,
	struct warren_error *error, void *data);
void warren_gateway_disconnected(struct warren_edge_socket *socket, const char *reason, void *data);
void warren_gateway_event(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, void *data);
void warren_gateway_flawed(struct warren_edge_socket *socket, const struct warren_edge_event *event,
	enum warren_edge_flaw flaw, void *data);

/* The extension's `deliver` and `lost`. */
void warren_gateway_deliver(void *extension, const struct warren_broker_delivery *delivery);
void warren_gateway_find_lost(void *extension, const struct warren_broker_delivery *delivery);

#endif
