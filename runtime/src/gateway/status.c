/* How a gateway is: the edge's counters and its own, and its reasons for not being ready. */
#include <stddef.h>

#include "gateway/gateway.h"
#include "gateway/peers.h"

struct values {
	struct warren_edge_counters edge;
#define FIELD(name_, help_) uint64_t name_;
	WARREN_GATEWAY_COUNTERS(FIELD)
#undef FIELD
};

#define EDGE_GAUGE(name_, help_)                                                                   \
	WARREN_OPS_GAUGE("edge_" #name_, help_, offsetof(struct values, edge.name_))
#define EDGE_COUNTER(name_, help_)                                                                 \
	WARREN_OPS_COUNTER("edge_" #name_, help_, offsetof(struct values, edge.name_))

static const struct warren_ops_metric metrics[] = {
#define ROW(name_, help_)                                                                          \
	WARREN_OPS_COUNTER("gateway_" #name_, help_, offsetof(struct values, name_)),
	WARREN_GATEWAY_COUNTERS(ROW)
#undef ROW
		EDGE_GAUGE(connections, "connections"),
	EDGE_GAUGE(sessions, "clients"),
	EDGE_GAUGE(sockets, "clients in a namespace"),
	EDGE_GAUGE(parked, "clients that lost their connection and may come back"),
	EDGE_COUNTER(recovered, "clients that came back"),
	EDGE_COUNTER(handed_over, "clients that came back at another edge"),
	EDGE_COUNTER(lost, "events that clients may not have received"),
	EDGE_COUNTER(handshakes, "sessions that began"),
	EDGE_COUNTER(upgrades, "sessions that went from polling to WebSocket"),
	EDGE_COUNTER(events_in, "events from clients"),
	EDGE_COUNTER(events_out, "events to clients"),
	EDGE_COUNTER(bytes_in, "bytes from clients"),
	EDGE_COUNTER(bytes_out, "bytes to clients"),
	EDGE_COUNTER(passed_on, "requests of other edges' sessions"),
	EDGE_COUNTER(passed_failed, "of these, those that found no edge"),
	EDGE_COUNTER(
		peers_refused, "calls at the port for other routers without a proof that holds"),
	EDGE_COUNTER(ping_timeouts, "sessions that answered no ping"),
	EDGE_COUNTER(bad_packets, "sessions that broke the protocol"),
	EDGE_COUNTER(slow_readers, "sessions past MAX_OUTPUT"),
	EDGE_COUNTER(keep_alive_timeouts, "connections past KEEP_ALIVE_MS"),
	EDGE_COUNTER(refused, "all that was refused or ended by a limit, and for other reasons"),
	EDGE_COUNTER(refused_full, "connections and sessions past MAX_CONNECTIONS"),
	EDGE_COUNTER(refused_address, "connections and sessions past MAX_CONNECTIONS_PER_ADDRESS"),
	EDGE_COUNTER(refused_storm, "sessions past MAX_HANDSHAKES_PER_S"),
	EDGE_COUNTER(header_timeouts, "connections past HEADER_TIMEOUT_MS"),
	EDGE_COUNTER(request_timeouts, "requests past REQUEST_TIMEOUT_MS"),
	EDGE_COUNTER(response_timeouts, "answers past RESPONSE_TIMEOUT_MS"),
	EDGE_COUNTER(heads_too_large, "requests past MAX_HEAD"),
	EDGE_COUNTER(bad_heads, "requests with a malformed target"),
	EDGE_COUNTER(connect_timeouts, "sessions past CONNECT_TIMEOUT_MS"),
	EDGE_COUNTER(upgrade_timeouts, "upgrades past UPGRADE_TIMEOUT_MS"),
	EDGE_COUNTER(too_large, "messages past MAX_PAYLOAD"),
	EDGE_COUNTER(too_deep, "events past MAX_JSON_DEPTH"),
	EDGE_COUNTER(too_many_attachments, "events past MAX_ATTACHMENTS"),
	EDGE_COUNTER(too_many_rooms, "rooms past MAX_ROOMS"),
	EDGE_COUNTER(too_many_acks, "questions past MAX_ACKS"),
	EDGE_COUNTER(names_too_long,
		"names of rooms and users past MAX_ROOM_NAME, of namespaces past 128"),
	EDGE_COUNTER(refused_origin, "pages that CORS_ORIGINS does not name"),
	EDGE_COUNTER(posts_full, "what services ask of clients past MAX_POSTS or MAX_POST_BYTES"),
};
static const struct warren_ops_table table = {
	metrics, sizeof metrics / sizeof metrics[0], sizeof(struct values)};
_Static_assert(sizeof metrics / sizeof metrics[0] == sizeof(struct values) / sizeof(uint64_t),
	"each counter has a row");

static void read_values(void *values, void *data)
{
	struct values *to = values;
	struct warren_gateway_state *gateway = data;
	warren_edge_counters(gateway->edge, &to->edge);
#define READ(name_, help_) to->name_ = atomic_load(&gateway->name_);
	WARREN_GATEWAY_COUNTERS(READ)
#undef READ
}

/* ---- of each event ---- */

struct event_values {
	uint64_t limit, under_way;
};

static const struct warren_ops_metric event_metrics[] = {
	WARREN_OPS_GAUGE("gateway_limit", "how many may be under way when answers are late",
		offsetof(struct event_values, limit)),
	WARREN_OPS_GAUGE("gateway_under_way", "events that wait for their answer",
		offsetof(struct event_values, under_way)),
};
static const struct warren_ops_table event_table = {
	event_metrics, sizeof event_metrics / sizeof event_metrics[0], sizeof(struct event_values)};

static void read_event(void *values, void *data)
{
	struct event_values *to = values;
	const struct warren_gateway_event_state *event = data;
	struct warren_limiter_view view;
	warren_limiter_look(event->limiter, &view);
	*to = (struct event_values){view.limit, view.under_way};
}

static void show_event(struct warren_gateway_state *gateway, size_t at)
{
	struct warren_gateway_event_state *event = &gateway->events[at];
	event->labels[0] = gateway->label;
	event->labels[1] = (struct warren_ops_label){"event", gateway->table->in[at].event->name};
	event->source = (struct warren_ops_source){.name = gateway->source.name,
		.table = &event_table,
		.read = read_event,
		.labels = event->labels,
		.label_count = 2,
		.data = event};
	warren_ops_add(warren_instance_ops(gateway->instance), &event->source);
}

/* ---- of all ---- */

static void give_reasons(struct warren_ops_reasons *reasons, void *data)
{
	struct warren_gateway_state *gateway = data;
	if (gateway->peers && !warren_peers_ready(gateway->peers))
		warren_ops_reason(
			reasons, WARREN_OPS_BLOCKS, "other routers have not heard of this one yet");
}

void warren_gateway_show(struct warren_gateway_state *gateway)
{
	const char *name = warren_instance_service(gateway->instance)->name;
	gateway->label = (struct warren_ops_label){"service", name};
	gateway->source = (struct warren_ops_source){.name = name,
		.reasons = give_reasons,
		.table = &table,
		.read = read_values,
		.labels = &gateway->label,
		.label_count = 1,
		.data = gateway};
	warren_ops_add(warren_instance_ops(gateway->instance), &gateway->source);
	for (size_t i = 0; i < gateway->table->in_count; i++)
		show_event(gateway, i);
}

void warren_gateway_hide(struct warren_gateway_state *gateway)
{
	struct warren_ops *ops = warren_instance_ops(gateway->instance);
	warren_ops_remove(ops, &gateway->source);
	for (size_t i = 0; gateway->events && i < gateway->table->in_count; i++)
		warren_ops_remove(ops, &gateway->events[i].source);
}
