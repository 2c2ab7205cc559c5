#include "edge/engine/engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/engine/ws.h"
#include "edge/http/address.h"

int warren_engine_open(
	struct warren_edge *edge, const char *path, const struct warren_engine_app *app, void *data)
{
	struct warren_engine *engine;

	if (warren_engine_find(edge, path))
		return -EEXIST;
	engine = calloc(1, sizeof *engine);
	if (!engine)
		return -ENOMEM;
	engine->edge = edge;
	engine->app = app;
	engine->path = strdup(path);
	engine->sessions = warren_map_open_within(offsetof(struct warren_edge_session, sid));
	engine->ping = warren_frame_text(WARREN_ENGINE_PING, NULL, 0);
	if (!engine->path || !engine->sessions || !engine->ping) {
		free(engine->path);
		warren_map_close(engine->sessions);
		warren_frame_unref(engine->ping);
		free(engine);
		return -ENOMEM;
	}
	engine->data = data;
	engine->next = edge->engines;
	edge->engines = engine;
	return 0;
}

void warren_engines_close(struct warren_edge *edge)
{
	struct warren_engine *engine;

	while ((engine = edge->engines)) {
		edge->engines = engine->next;
		if (engine->app->freed)
			engine->app->freed(engine->data);
		warren_map_close(engine->sessions);
		warren_frame_unref(engine->ping);
		free(engine->path);
		free(engine);
	}
}

/* Clients leave the slash at its end out when they are told to (`addTrailingSlash: false`). */
static bool is_path_of(const struct warren_engine *engine, const char *path)
{
	size_t len = strlen(engine->path);

	return !strcmp(engine->path, path) ||
	       (engine->path[len - 1] == '/' && strlen(path) == len - 1 &&
		       !memcmp(engine->path, path, len - 1));
}

struct warren_engine *warren_engine_find(struct warren_edge *edge, const char *path)
{
	struct warren_engine *engine = edge->engines;

	while (engine && !is_path_of(engine, path))
		engine = engine->next;
	return engine;
}

/* ---- heartbeat ---- */

/*
 * One timer for both waits.  The pong's deadline counts from the time the ping was due, not from
 * when this ran, so that a session ends exactly ping_interval + ping_timeout after the last sign of
 * life.
 */
static void on_ping_timer(void *data)
{
	struct warren_edge_session *session = data;
	struct warren_edge *edge = session->engine->edge;
	int64_t due_ms = session->ping_timer.at_ms;

	if (session->awaiting_pong) {
		warren_tally_add(edge, ping_timeouts, 1);
		warren_session_close(session, "ping timeout");
		return;
	}
	session->awaiting_pong = true;
	session->pings++;
	warren_wheel_set(
		&edge->wheel, &session->ping_timer, due_ms + edge->options.ping_timeout_ms);
	warren_session_send(session, session->engine->ping);
}

static void wait_for_ping(struct warren_edge_session *session)
{
	struct warren_edge *edge = session->engine->edge;

	session->awaiting_pong = false;
	warren_wheel_set(&edge->wheel, &session->ping_timer,
		warren_edge_now_ms(edge) + edge->options.ping_interval_ms);
}

static void take_pong(struct warren_edge_session *session)
{
	struct warren_engine *engine = session->engine;
	bool proves = !session->forgiven;

	session->forgiven = false;
	wait_for_ping(session);
	if (proves && engine->app->arrived)
		engine->app->arrived(session, engine->data);
}

/* ---- life ---- */

static void session_free(struct warren_edge_session *session)
{
	struct warren_edge *edge = session->engine->edge;

	warren_tally_sub(edge, sessions, 1);
	warren_address_give(edge, WARREN_ADDRESS_SESSION, warren_session_address(session));
	free(session->handshake);
	warren_memory_give(session);
}

/* With its texts, in one piece of memory. */
static struct warren_edge_session *session_new(struct warren_edge *edge, const char *address)
{
	struct warren_edge_session *session;
	char sid[WARREN_SID_SIZE];
	size_t sid_size, address_size = strlen(address) + 1;

	warren_sid_new(edge, sid);
	sid_size = strlen(sid) + 1;
	session = warren_memory_take(
		offsetof(struct warren_edge_session, sid) + sid_size + address_size);
	if (session) {
		memcpy(session->sid, sid, sid_size);
		memcpy(session->sid + sid_size, address, address_size);
	}
	return session;
}

struct warren_edge_session *warren_session_open(
	struct warren_engine *engine, struct warren_edge_handshake *handshake, bool websocket)
{
	struct warren_edge *edge = engine->edge;
	struct warren_edge_session *session = NULL;

	if (handshake && !edge->stopping &&
		warren_address_take(edge, WARREN_ADDRESS_SESSION, handshake->address)) {
		session = session_new(edge, handshake->address);
		if (!session)
			warren_address_give(edge, WARREN_ADDRESS_SESSION, handshake->address);
	}
	if (!session) {
		free(handshake);
		return NULL;
	}
	warren_tally_add(edge, sessions, 1);
	session->engine = engine;
	session->websocket = websocket;
	session->handshake = handshake;
	warren_backlog_init(&session->out);
	warren_wheel_timer_init(&session->ping_timer, on_ping_timer, session);
	if (warren_map_add(engine->sessions, session->sid, session) < 0) {
		session_free(session);
		return NULL;
	}
	wait_for_ping(session);
	warren_tally_add(edge, handshakes, 1);
	return session;
}

const char *warren_session_address(const struct warren_edge_session *session)
{
	return session->sid + strlen(session->sid) + 1;
}

void warren_session_forget(struct warren_edge_session *session)
{
	free(session->handshake);
	session->handshake = NULL;
}

size_t warren_session_handshake(const struct warren_edge_session *session, char *ret, size_t size)
{
	const struct warren_edge_options *options = &session->engine->edge->options;

	return (size_t)snprintf(ret, size,
		"{\"sid\":\"%s\",\"upgrades\":[%s],\"pingInterval\":%u,\"pingTimeout\":%u,"
		"\"maxPayload\":%u}",
		session->sid, session->websocket ? "" : "\"websocket\"", options->ping_interval_ms,
		options->ping_timeout_ms, options->max_payload);
}

void warren_session_enter(struct warren_edge_session *session)
{
	session->busy++;
}

void warren_session_leave(struct warren_edge_session *session)
{
	if (--session->busy == 0 && session->closed)
		session_free(session);
}

void warren_session_end(struct warren_edge_session *session)
{
	session->ending = true;
	/* Over polling only a GET can be told; the next one is, when none waits. */
	if (session->websocket || session->held)
		warren_session_sent(session);
}

void warren_session_sent(struct warren_edge_session *session)
{
	if (session->ending && !session->out.count)
		warren_session_close(session, "forced server close");
}

void warren_session_close(struct warren_edge_session *session, const char *reason)
{
	struct warren_engine *engine = session->engine;
	struct warren_wheel *wheel = &engine->edge->wheel;

	if (session->closed)
		return;
	warren_session_enter(session);
	session->closed = true;
	warren_map_remove(engine->sessions, session->sid);
	warren_wheel_cancel(wheel, &session->ping_timer);
	warren_backlog_clear(&session->out);
	if (session->held)
		warren_polling_release(session, "1");
	if (session->posting)
		warren_polling_part(session->posting);
	if (session->probe)
		warren_ws_drop_probe(session->probe);
	if (session->ws)
		warren_ws_leave(session->ws);
	engine->app->closed(session, reason, engine->data);
	warren_session_leave(session);
}

/* ---- packets ---- */

void warren_session_bad(const struct warren_edge_session *session, const char *reason)
{
	struct warren_edge *edge = session->engine->edge;

	warren_tally_add(edge, bad_packets, 1);
	warren_log(edge->options.log, WARREN_LOG_DEBUG, "bad packet",
		WARREN_TEXT("sid", session->sid), WARREN_TEXT("reason", reason));
}

int warren_session_receive(struct warren_edge_session *session, struct warren_engine_packet *packet)
{
	struct warren_engine *engine = session->engine;

	if (session->closed)
		return 0;
	switch (packet->type) {
	case WARREN_ENGINE_PONG:
		take_pong(session);
		return 0;
	case WARREN_ENGINE_MESSAGE:
		if (session->ending)
			return 0;
		return engine->app->message(
			session, packet->binary, packet->data, packet->len, engine->data);
	case WARREN_ENGINE_CLOSE:
		if (session->held)
			warren_polling_release(session, "6");
		warren_session_close(session, "transport close");
		return 0;
	case WARREN_ENGINE_PING: /* in version 4 only the server asks */
		return -EBADMSG;
	case WARREN_ENGINE_OPEN:
	case WARREN_ENGINE_UPGRADE:
	case WARREN_ENGINE_NOOP:
		return 0;
	}
	return -EBADMSG;
}

void warren_session_send(struct warren_edge_session *session, struct warren_frame *frame)
{
	struct warren_edge *edge = session->engine->edge;

	if (session->closed)
		return;
	if (session->out.bytes + frame->len > edge->options.max_output ||
		warren_backlog_push(&session->out, frame) < 0) {
		warren_tally_add(edge, slow_readers, 1);
		warren_log(edge->options.log, WARREN_LOG_DEBUG, "slow reader dropped",
			WARREN_TEXT("sid", session->sid));
		if (session->ws)
			warren_ws_kill(session->ws);
		warren_session_close(session, "transport error");
		return;
	}
	if (session->out.count > 1)
		return; /* asked for already */
	if (session->websocket)
		warren_ws_flush(session->ws);
	else
		warren_polling_flush(session);
}

bool warren_session_is_idle(const struct warren_edge_session *session)
{
	if (session->closed || session->out.count)
		return false;
	return session->websocket ? !lws_send_pipe_choked(session->ws->conn->wsi)
				  : session->held != NULL;
}

/* The probing WebSocket has said 5: it is the transport from here on. */
void warren_session_upgrade(struct warren_edge_session *session)
{
	struct warren_edge *edge = session->engine->edge;

	session->ws = session->probe;
	session->probe = NULL;
	session->websocket = true;
	if (session->held)
		warren_polling_release(session, "6");
	/* A ping that polling may have swallowed is forgiven; the clock goes on. */
	if (session->awaiting_pong) {
		session->forgiven = true;
		wait_for_ping(session);
	}
	warren_tally_add(edge, upgrades, 1);
	if (session->out.count)
		warren_ws_flush(session->ws);
	else
		warren_session_sent(session);
}
