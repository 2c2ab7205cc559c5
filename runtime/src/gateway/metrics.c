/* The edge's counters and the gateway's own, as Prometheus reads them. */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "gateway/gateway.h"
#include "service/store.h"

struct metric {
	const char *name, *text;
	size_t offset; /* in struct warren_edge_counters */
	bool gauge;    /* goes up and down */
};

#define GAUGE(name_, text_) {#name_, text_, offsetof(struct warren_edge_counters, name_), true}
#define COUNTER(name_, text_) {#name_, text_, offsetof(struct warren_edge_counters, name_), false}

static const struct metric metrics[] = {
	GAUGE(connections, "connections"),
	GAUGE(sessions, "clients"),
	GAUGE(sockets, "clients in a namespace"),
	GAUGE(parked, "clients that lost their connection and may come back"),
	COUNTER(recovered, "clients that came back"),
	COUNTER(handed_over, "clients that came back at another edge"),
	COUNTER(lost, "events that clients may not have received"),
	COUNTER(handshakes, "sessions that began"),
	COUNTER(upgrades, "sessions that went from polling to WebSocket"),
	COUNTER(events_in, "events from clients"),
	COUNTER(events_out, "events to clients"),
	COUNTER(bytes_in, "bytes from clients"),
	COUNTER(bytes_out, "bytes to clients"),
	COUNTER(passed_on, "requests of other edges' sessions"),
	COUNTER(passed_failed, "of these, those that found no edge"),
	COUNTER(ping_timeouts, "sessions that answered no ping"),
	COUNTER(bad_packets, "sessions that broke the protocol"),
	COUNTER(slow_readers, "sessions past MAX_OUTPUT"),
	COUNTER(keep_alive_timeouts, "connections past KEEP_ALIVE_MS"),
	COUNTER(refused, "all that was refused or ended by a limit, and for other reasons"),
	COUNTER(refused_full, "connections and sessions past MAX_CONNECTIONS"),
	COUNTER(refused_address, "connections and sessions past MAX_CONNECTIONS_PER_ADDRESS"),
	COUNTER(refused_storm, "sessions past MAX_HANDSHAKES_PER_S"),
	COUNTER(header_timeouts, "connections past HEADER_TIMEOUT_MS"),
	COUNTER(request_timeouts, "requests past REQUEST_TIMEOUT_MS"),
	COUNTER(response_timeouts, "answers past RESPONSE_TIMEOUT_MS"),
	COUNTER(heads_too_large, "requests past MAX_HEAD"),
	COUNTER(bad_heads, "requests with a malformed target"),
	COUNTER(connect_timeouts, "sessions past CONNECT_TIMEOUT_MS"),
	COUNTER(upgrade_timeouts, "upgrades past UPGRADE_TIMEOUT_MS"),
	COUNTER(too_large, "messages past MAX_PAYLOAD"),
	COUNTER(too_deep, "events past MAX_JSON_DEPTH"),
	COUNTER(too_many_attachments, "events past MAX_ATTACHMENTS"),
	COUNTER(too_many_rooms, "rooms past MAX_ROOMS"),
	COUNTER(too_many_acks, "questions past MAX_ACKS"),
	COUNTER(names_too_long,
		"names of rooms and users past MAX_ROOM_NAME, of namespaces past 128"),
	COUNTER(posts_full, "what services ask of clients past MAX_POSTS or MAX_POST_BYTES"),
};

/* Appends one metric; what does not fit any more is left out whole. */
static size_t put(
	char *at, size_t size, const char *name, const char *text, uint64_t value, bool gauge)
{
	const char *end = gauge ? "" : "_total";
	int n = snprintf(at, size,
		"# HELP warren_%s%s %s\n# TYPE warren_%s%s %s\nwarren_%s%s %" PRIu64 "\n", name,
		end, text, name, end, gauge ? "gauge" : "counter", name, end, value);
	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

void warren_gateway_metrics(const struct warren_edge_request *request,
	struct warren_edge_response *response, void *data)
{
	struct warren_gateway_state *gateway = data;
	char *text = gateway->metrics, name[64];
	size_t size = sizeof gateway->metrics, len = 0;
	struct warren_edge_counters counters;
	struct warren_store_counters inbox;
	(void)request;
	warren_store_counters(warren_instance_store(gateway->instance), &inbox);
	warren_edge_counters(gateway->edge, &counters);
	for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
		const struct metric *metric = &metrics[i];
		snprintf(name, sizeof name, "edge_%s", metric->name);
		len += put(text + len, size - len, name, metric->text,
			*(uint64_t *)((char *)&counters + metric->offset), metric->gauge);
	}
	len += put(text + len, size - len, "gateway_rate_limited_socket",
		"events past MAX_EVENTS_PER_S", atomic_load(&gateway->rate_limited_socket), false);
	len += put(text + len, size - len, "gateway_rate_limited_event",
		"events past the rate that the schema gives them",
		atomic_load(&gateway->rate_limited_event), false);
	len += put(text + len, size - len, "gateway_overloaded",
		"events that found no room to wait for a worker (MAX_WAITING, WORK_QUEUE)",
		atomic_load(&gateway->overloaded), false);
	len += put(text + len, size - len, "gateway_repeated",
		"events sent again that were answered as the first time",
		atomic_load(&gateway->repeated), false);
	len += put(text + len, size - len, "gateway_lost", "answers and events that no client got",
		atomic_load(&gateway->lost), false);
	len += put(text + len, size - len, "gateway_forgotten",
		"answers to what may be sent again that had to go for INBOX_MAX_BYTES",
		inbox.forgotten, false);
	response->content_type = "text/plain; version=0.0.4; charset=utf-8";
	response->body = text;
	response->body_len = len;
}
