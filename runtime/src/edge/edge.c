#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/cluster/cluster.h"
#include "edge/cluster/pass.h"
#include "edge/cluster/proof.h"
#include "edge/cluster/relay.h"
#include "edge/cluster/serve.h"
#include "edge/engine/decide.h"
#include "edge/engine/ws.h"
#include "edge/http/address.h"
#include "edge/http/conn.h"
#include "edge/http/http.h"
#include "edge/http/look.h"
#include "edge/http/route.h"
#include "edge/http/tls.h"
#include "edge/socketio/handover.h"
#include "warren/arena.h"

/*
 * Each WebSocket has such a buffer.  It holds a whole control frame; and libwebsockets 4.3 takes at
 * most a hundred of them (with LWS_PRE more each) of one TLS record, and would close for a longer
 * one.
 */
#define RX_BUFFER_BYTES 192
/* At once to the kernel; libwebsockets would take RX_BUFFER_BYTES. */
#define TX_BYTES 65536
/*
 * The buffer that everything is read to.  A whole TLS record fits: libwebsockets looks after what
 * OpenSSL has left over only while the loop is idle.
 */
#define RECORD_BYTES (LWS_PRE + 16384 + 64)
/* libwebsockets looks after its timers one by one: ours are on the wheel, and come first. */
#define NO_TIMEOUT_S 100000000
#define CLOSING_MS 1000

/* ---- the loop ---- */

static void begin_stop(struct warren_edge *edge);

static void on_wake(struct ev_loop *loop, ev_async *waker, int events)
{
	struct warren_edge *edge = waker->data;

	(void)loop;
	(void)events;
	warren_errands_run(edge);
	if (atomic_load(&edge->stop_asked) && !edge->stopping)
		begin_stop(edge);
	/* They may have been left in the last moment before the loop sleeps. */
	if (atomic_load(&edge->running))
		warren_planner_plan(edge);
}

static void on_reap(struct ev_loop *loop, ev_async *reaper, int events)
{
	(void)loop;
	(void)events;
	warren_conns_reap(reaper->data);
}

static void on_writers(struct ev_loop *loop, ev_async *writer, int events)
{
	(void)loop;
	(void)events;
	warren_conns_write(writer->data);
}

static void on_late(struct ev_loop *loop, ev_async *latecomer, int events)
{
	(void)loop;
	(void)events;
	warren_http_run_late(latecomer->data);
}

/* ---- stopping: drain, close, leave ---- */

static void kill_all(struct warren_edge *edge)
{
	while (edge->conns)
		warren_conn_kill(edge->conns); /* which takes it out */
}

static void on_closing_over(void *data)
{
	kill_all(data);
}

/* Whether nobody has anything to say there any more. */
static bool is_forsaken(const struct warren_conn *conn)
{
	if (conn->http)
		return conn->http->user && conn->http->user->forsaken;
	return !conn->user || conn->user->forsaken;
}

static void close_all(struct warren_edge *edge)
{
	struct warren_conn *conn, *next;

	for (struct warren_engine *engine = edge->engines; engine; engine = engine->next) {
		size_t cursor = 0;
		const char *sid;
		void *session;

		while (warren_map_next(engine->sessions, &cursor, &sid, &session))
			warren_session_close(session, "server shutting down");
	}
	warren_decisions_end(edge);
	warren_recovery_end(edge, "server shutting down");
	for (conn = edge->conns; conn; conn = next) {
		next = conn->next;
		if (is_forsaken(conn))
			warren_conn_kill(conn);
	}
	warren_wheel_timer_init(&edge->drain_timer, on_closing_over, edge);
	warren_wheel_set(&edge->wheel, &edge->drain_timer, warren_edge_now_ms(edge) + CLOSING_MS);
	edge->closing = true;
}

static void on_drain_over(void *data)
{
	close_all(data);
}

/* Whether anything waits to be sent. */
static bool is_drained(struct warren_edge *edge)
{
	for (struct warren_conn *conn = edge->conns; conn; conn = conn->next)
		if (conn->http && conn->http->state != WARREN_HTTP_TAKEN)
			return false;
	for (struct warren_engine *engine = edge->engines; engine; engine = engine->next) {
		size_t cursor = 0;
		const char *sid;
		void *session;

		while (warren_map_next(engine->sessions, &cursor, &sid, &session))
			if (((struct warren_edge_session *)session)->out.count)
				return false;
	}
	return true;
}

static void begin(struct warren_edge *edge)
{
	edge->thread = pthread_self();
	atomic_store(&edge->running, true);
	warren_look_run(edge);
	warren_edge_tick(edge);
	warren_planner_start(edge);
	warren_listener_start(&edge->listener);
	warren_listener_start(&edge->internal);
}

/* Nothing of it runs any more: its end is told once. */
static void end(struct warren_edge *edge)
{
	warren_look_leave(edge);
	atomic_store(&edge->running, false);
	ev_prepare_stop(edge->loop, &edge->drainer);
	warren_planner_stop(edge);
	warren_listener_close(&edge->listener);
	warren_listener_close(&edge->internal);
	if (edge->on_end)
		edge->on_end(edge->end_data);
}

static void check_drained(struct warren_edge *edge)
{
	if (!edge->closing && is_drained(edge)) {
		warren_wheel_cancel(&edge->wheel, &edge->drain_timer);
		close_all(edge);
	}
	if (!edge->closing || edge->conns || edge->doomed)
		return;
	if (edge->shared)
		end(edge);
	else
		ev_break(edge->loop, EVBREAK_ALL);
}

static void on_drain(struct ev_loop *loop, ev_prepare *drainer, int events)
{
	(void)loop;
	(void)events;
	check_drained(drainer->data);
}

static void begin_stop(struct warren_edge *edge)
{
	edge->stopping = true;
	ev_prepare_start(edge->loop, &edge->drainer);
	warren_listener_close(&edge->listener);
	warren_wheel_timer_init(&edge->drain_timer, on_drain_over, edge);
	warren_wheel_set(&edge->wheel, &edge->drain_timer,
		warren_edge_now_ms(edge) + atomic_load(&edge->drain_ms));
}

void warren_edge_stop(struct warren_edge *edge, uint32_t drain_ms)
{
	atomic_store(&edge->drain_ms, drain_ms);
	atomic_store(&edge->stop_asked, true);
	ev_async_send(edge->loop, &edge->waker);
}

/* ---- what becomes of what a client asks ---- */

static void on_request(struct warren_http *http)
{
	if (http->conn->internal)
		warren_serve_begin(http);
	else if (!warren_polling_begin(http))
		warren_route_begin(http);
}

static int on_upgrade(struct warren_conn *conn, const char *protocol)
{
	warren_edge_tick(conn->edge);
	if (conn->internal && !warren_serve_upgrade(conn))
		return 1;
	return warren_ws_confirm(conn, protocol);
}

static const struct warren_ways ways = {.request = on_request,
	.upgrade = on_upgrade,
	.pass = warren_pass_begin,
	.relay = warren_relay_begin,
	.blank = warren_serve_blank,
	.seal = warren_serve_seal,
	.prove = warren_serve_prove};

/* ---- opening ---- */

/* Edges talk to each other without TLS. */
static struct lws_vhost *open_internal_vhost(
	struct warren_edge *edge, const struct lws_context_creation_info *clients)
{
	struct lws_context_creation_info info = *clients;

	info.vhost_name = "internal";
	info.options = 0;
	return lws_create_vhost(edge->lws, &info);
}

static int open_lws(struct warren_edge *edge, struct warren_error *error)
{
	static const lws_retry_bo_t no_pings = {0}; /* Engine.IO has its own */
	void *loops[] = {edge->loop};
	struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = edge->protocols,
		.options = LWS_SERVER_OPTION_LIBEV,
		.foreign_loops = loops,
		.user = edge,
		.gid = -1,
		.uid = -1,
		.vhost_name = "edge",
		.alpn = "http/1.1",
		.pt_serv_buf_size = RECORD_BYTES,
		.retry_and_idle_policy = &no_pings,
		/* A peer's call has a client's head, and its proof. */
		.max_http_header_data =
			(unsigned short)(edge->options.max_head +
					 (edge->options.internal_host ? WARREN_PROOF_CALL_SIZE
								      : 0)),
		.timeout_secs = NO_TIMEOUT_S,
		.timeout_secs_ah_idle = NO_TIMEOUT_S,
		.keepalive_timeout = NO_TIMEOUT_S};

	if (edge->tls)
		info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
				LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX;
	edge->protocols[0] = (struct lws_protocols){
		"", warren_conn_callback, 0, RX_BUFFER_BYTES, 0, NULL, TX_BYTES};
	edge->protocols[1] = edge->protocols[0];
	edge->protocols[1].name = edge->subprotocol;
	warren_look_listen();
	warren_memory_init();
	edge->lws = warren_options_start(&edge->options, &info);
	edge->vhost = edge->lws ? lws_get_vhost_by_name(edge->lws, "edge") : NULL;
	edge->internal_vhost = edge->vhost;
	if (edge->vhost && edge->tls)
		edge->internal_vhost = open_internal_vhost(edge, &info);
	if (edge->internal_vhost)
		return 0;
	warren_error_set(error, WARREN_INTERNAL, NULL,
		"libwebsockets does not start (is its libev plugin installed?)");
	return -ENOMEM;
}

static void init_watchers(struct warren_edge *edge)
{
	warren_planner_init(edge);
	ev_prepare_init(&edge->drainer, on_drain);
	ev_set_priority(&edge->drainer, 1); /* before the planner: it may set a timer */
	ev_async_init(&edge->waker, on_wake);
	ev_async_init(&edge->reaper, on_reap);
	ev_async_init(&edge->writer, on_writers);
	ev_set_priority(&edge->writer, -1);
	ev_async_init(&edge->latecomer, on_late);
	ev_set_priority(&edge->latecomer, EV_MINPRI);
	edge->drainer.data = edge->waker.data = edge;
	edge->reaper.data = edge->writer.data = edge->latecomer.data = edge;
	warren_wheel_init(&edge->wheel, warren_edge_now_ms(edge));
	warren_wheel_timer_init(&edge->drain_timer, on_drain_over, edge);
	warren_recovery_init(edge);
}

static int open_parts(struct warren_edge *edge, const struct warren_edge_options *options,
	struct warren_error *error)
{
	int result = warren_options_copy(edge, options, error);

	if (result < 0)
		return result;
	result = warren_addresses_open(edge, error);
	if (result < 0)
		return result;
	warren_bucket_init(&edge->handshakes, edge->options.max_handshakes_per_s,
		edge->options.handshake_burst, warren_edge_now_ms(edge));
	edge->decisions = warren_map_open();
	edge->sockets = warren_map_open_within(offsetof(struct warren_edge_socket, sid));
	edge->scratch = warren_arena_open((size_t)edge->options.max_payload + 4096);
	edge->loop = edge->shared ? warren_loop_ev(edge->shared) : ev_loop_new(EVBACKEND_EPOLL);
	if (!edge->decisions || !edge->sockets || !edge->scratch || !edge->loop)
		return -ENOMEM;
	result = warren_tls_open(edge, error);
	if (result < 0)
		return result;
	result = warren_engine_open(edge, edge->options.path, &warren_socketio_app, NULL);
	if (result < 0)
		return result;
	result = warren_scripts_open(edge);
	if (result < 0)
		return result;
	result = warren_cluster_open(edge, error);
	if (result == 0 && warren_recovery_is_on(edge))
		result = warren_handover_open(edge);
	if (result < 0)
		return result;
	result = warren_listener_open(
		&edge->listener, edge->options.host, edge->options.port, error);
	if (result == 0 && edge->options.internal_host)
		result = warren_listener_open(&edge->internal, edge->options.internal_host,
			edge->options.internal_port, error);
	if (result < 0)
		return result;
	warren_options_fit(edge);
	result = open_lws(edge, error);
	if (result < 0)
		return result;
	ev_async_start(edge->loop, &edge->waker);
	return 0;
}

struct opening {
	struct warren_edge *edge;
	const struct warren_edge_options *options;
	struct warren_error *error;
	int result;
};

static void open_on_loop(void *data)
{
	struct opening *opening = data;

	opening->result = open_parts(opening->edge, opening->options, opening->error);
}

int warren_edge_open(const struct warren_edge_options *options, struct warren_edge **ret,
	struct warren_error *error)
{
	struct warren_edge *edge = calloc(1, sizeof *edge);
	struct opening opening = {.edge = edge, .options = options, .error = error};

	if (!edge)
		return -ENOMEM;
	edge->shared = options->loop;
	warren_listener_init(&edge->listener, edge);
	warren_listener_init(&edge->internal, edge);
	edge->internal.internal = true;
	edge->ways = &ways;
	edge->clock = warren_clock_real();
	edge->late_end = &edge->late_first;
	edge->errand_end = &edge->errand_first;
	pthread_mutex_init(&edge->lock, NULL);
	init_watchers(edge);
	warren_error_set(error, WARREN_INTERNAL, NULL, "memory is out");
	if (edge->shared)
		warren_loop_call(edge->shared, open_on_loop, &opening);
	else
		open_on_loop(&opening);
	if (opening.result < 0) {
		warren_edge_close(edge);
		return opening.result;
	}
	*ret = edge;
	return 0;
}

int warren_edge_run(struct warren_edge *edge)
{
	assert(!edge->shared);
	begin(edge);
	ev_run(edge->loop, 0);
	end(edge);
	return 0;
}

static void begin_on_loop(void *data)
{
	begin(data);
}

void warren_edge_start(struct warren_edge *edge, void (*on_end)(void *data), void *data)
{
	edge->on_end = on_end;
	edge->end_data = data;
	warren_loop_call(edge->shared, begin_on_loop, edge);
}

/* On the loop's thread, when that lives. */
static void close_watched(void *data)
{
	struct warren_edge *edge = data;

	warren_listener_close(&edge->listener);
	warren_listener_close(&edge->internal);
	if (edge->lws)
		lws_context_destroy(edge->lws);
	warren_recovery_end(edge, "server shutting down");
	warren_cluster_close(edge);
	if (!edge->loop)
		return;
	ev_async_stop(edge->loop, &edge->waker);
	ev_clear_pending(edge->loop, &edge->reaper);
	ev_clear_pending(edge->loop, &edge->writer);
	ev_clear_pending(edge->loop, &edge->latecomer);
	if (!edge->shared)
		ev_loop_destroy(edge->loop);
}

void warren_edge_close(struct warren_edge *edge)
{
	assert(!atomic_load(&edge->running));
	if (edge->shared)
		warren_loop_call(edge->shared, close_watched, edge);
	else
		close_watched(edge);
	warren_errands_drop(edge);
	warren_alarms_drop(edge);
	warren_engines_close(edge);
	warren_routes_free(edge->routes);
	warren_namespaces_close(edge);
	warren_map_close(edge->decisions);
	warren_map_close(edge->sockets);
	warren_arena_close(edge->scratch);
	free(edge->writers);
	warren_buffer_free(&edge->letter);
	pthread_mutex_destroy(&edge->lock);
	warren_addresses_close(edge);
	warren_tls_close(edge);
	warren_options_free(edge);
	free(edge);
}

uint16_t warren_edge_port(const struct warren_edge *edge)
{
	return edge->listener.port;
}

uint16_t warren_edge_internal_port(const struct warren_edge *edge)
{
	return edge->internal.port;
}

void warren_edge_counters(struct warren_edge *edge, struct warren_edge_counters *ret)
{
	struct warren_tally *tally = &edge->tally;

	*ret = (struct warren_edge_counters){.connections = tally->connections,
		.sessions = tally->sessions,
		.sockets = tally->sockets,
		.handshakes = tally->handshakes,
		.upgrades = tally->upgrades,
		.events_in = tally->events_in,
		.events_out = tally->events_out,
		.bytes_in = tally->bytes_in,
		.bytes_out = tally->bytes_out,
		.refused = tally->refused,
		.slow_readers = tally->slow_readers,
		.ping_timeouts = tally->ping_timeouts,
		.bad_packets = tally->bad_packets,
		.passed_on = tally->passed_on,
		.passed_failed = tally->passed_failed,
		.peers_refused = tally->peers_refused,
		.refused_full = tally->refused_full,
		.refused_address = tally->refused_address,
		.refused_storm = tally->refused_storm,
		.header_timeouts = tally->header_timeouts,
		.request_timeouts = tally->request_timeouts,
		.response_timeouts = tally->response_timeouts,
		.keep_alive_timeouts = tally->keep_alive_timeouts,
		.heads_too_large = tally->heads_too_large,
		.bad_heads = tally->bad_heads,
		.connect_timeouts = tally->connect_timeouts,
		.upgrade_timeouts = tally->upgrade_timeouts,
		.too_large = tally->too_large,
		.too_deep = tally->too_deep,
		.too_many_attachments = tally->too_many_attachments,
		.too_many_rooms = tally->too_many_rooms,
		.too_many_acks = tally->too_many_acks,
		.names_too_long = tally->names_too_long,
		.posts_full = tally->posts_full,
		.refused_origin = tally->refused_origin,
		.parked = tally->parked,
		.recovered = tally->recovered,
		.handed_over = tally->handed_over,
		.lost = tally->lost};
}
