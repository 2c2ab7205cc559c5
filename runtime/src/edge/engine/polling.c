/* Engine.IO over HTTP long-polling: the checks of a request, GETs that wait, POSTs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "edge/engine/decide.h"
#include "edge/engine/engine.h"
#include "edge/engine/gate.h"
#include "edge/engine/handshake.h"
#include "edge/http/http.h"

int warren_engine_error(
	enum warren_engine_error error, const char *message, char ret[WARREN_REFUSAL_SIZE])
{
	static const char *const texts[] = {"Transport unknown", "Session ID unknown",
		"Bad handshake method", "Bad request", "Forbidden", "Unsupported protocol version"};

	struct warren_json_writer writer;
	const char *json;
	size_t len;

	warren_json_writer_init(&writer, WARREN_REFUSAL_SIZE - 1);
	warren_json_begin_object(&writer);
	warren_json_key(&writer, "code");
	warren_json_int64(&writer, (int64_t)error);
	warren_json_key(&writer, "message");
	warren_json_cstring(&writer, message ? message : texts[error]);
	warren_json_end_object(&writer);
	if (warren_json_finish(&writer, &json, &len) < 0) /* no memory, or not UTF-8 */
		snprintf(ret, WARREN_REFUSAL_SIZE, "{\"code\":%d,\"message\":\"%s\"}", (int)error,
			texts[error]);
	else
		snprintf(ret, WARREN_REFUSAL_SIZE, "%s", json);
	warren_json_writer_free(&writer);
	return error == WARREN_ENGINE_FORBIDDEN ? 403 : 400;
}

const char *warren_polling_type(const struct warren_http *http, int status)
{
	switch (status) {
	case 200:
		return http->method[0] == 'P' ? "text/html" : "text/plain; charset=UTF-8";
	case 400:
	case 403:
		return "application/json";
	default:
		return "text/plain; charset=utf-8";
	}
}

static void respond(struct warren_http *http, int status, const void *body, size_t len)
{
	warren_http_respond(http, &(struct warren_response){.status = status,
					  .content_type = warren_polling_type(http, status),
					  .shared = true,
					  .body = body,
					  .body_len = len});
}

static void refuse_saying(
	struct warren_http *http, enum warren_engine_error error, const char *message)
{
	char body[WARREN_REFUSAL_SIZE];
	int status = warren_engine_error(error, message, body);

	warren_tally_add(http->conn->edge, refused, 1);
	respond(http, status, body, strlen(body));
}

static void refuse(struct warren_http *http, enum warren_engine_error error)
{
	refuse_saying(http, error, NULL);
}

void warren_polling_unknown(struct warren_http *http)
{
	refuse(http, WARREN_ENGINE_UNKNOWN_SID);
}

/* ---- GET ---- */

/* Answers a GET with all that is queued. */
static void respond_queue(struct warren_http *http, struct warren_edge_session *session)
{
	uint8_t *body = warren_http_respond_space(
		http, &(struct warren_response){.status = 200,
			      .content_type = warren_polling_type(http, 200),
			      .shared = true,
			      .body_len = warren_payload_size(&session->out)});

	if (body)
		warren_payload_write(&session->out, body);
}

struct warren_edge_session *warren_polling_part(struct warren_http *http)
{
	struct warren_edge_session *session = http->data;

	http->data = NULL;
	if (session && session->held == http)
		session->held = NULL;
	if (session && session->posting == http)
		session->posting = NULL;
	return session;
}

void warren_polling_release(struct warren_edge_session *session, const char *packet)
{
	struct warren_http *http = session->held;

	warren_polling_part(http);
	respond(http, 200, packet, 1);
}

void warren_polling_flush(struct warren_edge_session *session)
{
	/* Written when the socket is ready, so that all of one wake-up goes out together. */
	if (session->held)
		warren_http_wake(session->held);
}

static void on_writeable(struct warren_http *http)
{
	struct warren_edge_session *session = http->data;

	if (!session || session->held != http)
		return;
	if (session->out.count) {
		warren_polling_part(http);
		respond_queue(http, session);
	} else if (session->probed) {
		warren_polling_release(session, "6");
	} else {
		warren_http_hold(http);
	}
}

static void on_whole(struct warren_http *http);

static void on_gone(struct warren_http *http, bool left)
{
	struct warren_edge_session *session = warren_polling_part(http);

	if (session && left)
		warren_session_close(session, "transport close");
}

/* A session holds the request, or reads its body. */
static void join(struct warren_http *http, struct warren_edge_session *session)
{
	static const struct warren_http_user user = {
		.whole = on_whole, .writeable = on_writeable, .gone = on_gone, .late = true};

	warren_http_take(http, &user, session);
}

static void take_get(struct warren_http *http, struct warren_edge_session *session)
{
	if (session->held) {
		warren_session_close(session, "transport error"); /* which answers the first one */
		refuse(http, WARREN_ENGINE_BAD_REQUEST);
		return;
	}
	if (session->out.count) {
		respond_queue(http, session);
	} else if (session->probed) {
		respond(http, 200, "6", 1);
	} else {
		join(http, session);
		session->held = http;
		warren_http_hold(http);
		warren_session_sent(session);
	}
}

/* ---- POST ---- */

bool warren_polling_refuse_large(struct warren_http *http)
{
	if (http->content_length <= http->conn->edge->options.max_payload)
		return false;
	warren_tally_refused(http->conn->edge, too_large);
	respond(http, 413, "Payload too large\n", 18);
	return true;
}

static void take_post(struct warren_http *http, struct warren_edge_session *session)
{
	if (session->posting || http->octet_stream) {
		warren_session_close(session, "transport error");
		refuse(http, WARREN_ENGINE_BAD_REQUEST);
	} else if (!warren_polling_refuse_large(http)) {
		join(http, session);
		session->posting = http;
	}
}

/* Takes the packets in order, until the end, a bad one, or the end of the session. */
static int take_packets(struct warren_edge_session *session, uint8_t *payload, size_t len)
{
	struct warren_payload_reader reader;
	struct warren_engine_packet packet;
	int more;

	if (len == 0 || !warren_utf8_valid((const char *)payload, len))
		return -EBADMSG;
	warren_payload_read(&reader, payload, len);
	while (!session->closed && (more = warren_payload_next(&reader, &packet)) != 0) {
		int result = more < 0 ? more : warren_session_receive(session, &packet);

		if (result < 0)
			return result;
	}
	return 0;
}

int warren_polling_take(struct warren_edge_session *session, uint8_t *payload, size_t len)
{
	int result;

	warren_session_enter(session);
	result = take_packets(session, payload, len);
	if (result < 0 && !session->closed) {
		warren_session_bad(session, "bad packet");
		warren_session_close(session, "parse error");
	}
	warren_session_leave(session);
	return result;
}

static void on_whole(struct warren_http *http)
{
	struct warren_edge_session *session = warren_polling_part(http);

	if (!session) {
		refuse(http, WARREN_ENGINE_UNKNOWN_SID);
		return;
	}
	if (session->websocket) {
		refuse(http, WARREN_ENGINE_BAD_REQUEST);
		return;
	}
	if (warren_polling_take(session, http->body.data, http->body.len) < 0)
		refuse(http, WARREN_ENGINE_BAD_REQUEST);
	else
		respond(http, 200, "ok", 2);
}

/* ---- the checks ---- */

static void refuse_for_now(struct warren_http *http)
{
	respond(http, 503, "Not now\n", 8);
}

void warren_polling_open(struct warren_http *http, struct warren_engine *engine,
	struct warren_edge_handshake *handshake)
{
	struct warren_edge_session *session = warren_session_open(engine, handshake, false);
	char text[256] = "0";
	size_t len;

	if (!session) {
		refuse_for_now(http);
		return;
	}
	len = 1 + warren_session_handshake(session, text + 1, sizeof text - 1);
	warren_session_enter(session);
	if (engine->app->opened(session, engine->data) < 0)
		warren_session_close(session, "server error");
	if (session->closed)
		refuse_for_now(http);
	else
		respond(http, 200, text, len);
	warren_session_leave(session);
}

void warren_polling_refuse(struct warren_http *http, const struct warren_error *refusal)
{
	if (refusal)
		refuse_saying(http, WARREN_ENGINE_FORBIDDEN, refusal->message);
	else
		refuse_for_now(http);
}

/* Sends the client away for a while. */
static void refuse_until(struct warren_http *http, int status, const char *retry_after)
{
	warren_http_respond(http, &(struct warren_response){.status = status,
					  .content_type = warren_polling_type(http, status),
					  .headers = retry_after,
					  .body = "Not now\n",
					  .body_len = 8});
}

/* Waits until somebody decides.  Takes the handshake over. */
static void await_decision(struct warren_http *http, struct warren_engine *engine,
	struct warren_edge_handshake *handshake)
{
	if (warren_decision_await(http, engine, handshake) < 0)
		refuse_for_now(http);
}

static void take_known(
	struct warren_http *http, struct warren_edge_session *session, bool websocket)
{
	if (session->websocket != websocket || websocket)
		refuse(http, WARREN_ENGINE_BAD_REQUEST);
	else if (!strcmp(http->method, "GET"))
		take_get(http, session);
	else if (!strcmp(http->method, "POST"))
		take_post(http, session);
	else
		refuse(http, WARREN_ENGINE_BAD_REQUEST);
}

static void take_new(struct warren_http *http, struct warren_engine *engine, bool websocket)
{
	struct warren_edge *edge = http->conn->edge;
	struct warren_edge_handshake *handshake = NULL;
	struct warren_error error;
	char version[8], retry_after[WARREN_GATE_HEADER_SIZE];
	int allowed, status;

	if (strcmp(http->method, "GET")) {
		refuse(http, WARREN_ENGINE_BAD_HANDSHAKE_METHOD);
		return;
	}
	if (websocket) {
		refuse(http, WARREN_ENGINE_BAD_REQUEST);
		return;
	}
	if (!warren_cors_allows(edge, http->origin, http->host)) {
		warren_cors_refused(edge, http->origin, http->host);
		refuse(http, WARREN_ENGINE_FORBIDDEN);
		return;
	}
	status = warren_gate_pass(http->conn, retry_after);
	if (status) {
		refuse_until(http, status, retry_after);
		return;
	}
	handshake = warren_handshake_read(http->conn, engine->path);
	if (!handshake) {
		refuse_for_now(http);
	} else if ((allowed = warren_handshake_admit(edge, handshake, &error)) < 0) {
		refuse_saying(http, WARREN_ENGINE_FORBIDDEN, error.message);
	} else if (!warren_http_arg(http->conn->wsi, "EIO", version, sizeof version) ||
		   strcmp(version, "4")) {
		refuse(http, WARREN_ENGINE_BAD_VERSION);
	} else if (allowed == WARREN_EDGE_LATER) {
		await_decision(http, engine, handshake);
		return;
	} else {
		warren_polling_open(http, engine, handshake);
		return;
	}
	free(handshake);
}

/* Passes a request of another edge's session on to it.  Returns false when it is nobody's. */
static bool pass_on(struct warren_http *http, const char *sid)
{
	return (!strcmp(http->method, "GET") || !strcmp(http->method, "POST")) &&
	       http->conn->edge->ways->pass(http, sid);
}

/* Answers a browser that asks whether it may. */
static void preflight(struct warren_http *http)
{
	char *asked = warren_http_header(http->conn->wsi, WSI_TOKEN_HTTP_AC_REQUEST_HEADERS);
	bool fits = asked && strlen(asked) < 300;
	char headers[512] = "", cors[512];

	if (warren_cors_headers(http->conn->edge, http->origin, cors, sizeof cors))
		snprintf(headers, sizeof headers,
			"Access-Control-Allow-Methods: GET,POST\r\n%s%s%s",
			fits ? "Access-Control-Allow-Headers: " : "", fits ? asked : "",
			fits ? "\r\n" : "");
	free(asked);
	warren_http_respond(
		http, &(struct warren_response){.status = 204, .headers = headers, .shared = true});
}

bool warren_polling_begin(struct warren_http *http)
{
	struct warren_engine *engine = warren_engine_find(http->conn->edge, http->path);
	struct warren_edge_session *session;
	char transport[16], sid[WARREN_SID_SIZE];
	bool websocket;

	if (!engine)
		return false;
	if (!strcmp(http->method, "OPTIONS")) {
		preflight(http);
		return true;
	}
	if (!warren_http_arg(http->conn->wsi, "transport", transport, sizeof transport) ||
		(strcmp(transport, "polling") && strcmp(transport, "websocket"))) {
		refuse(http, WARREN_ENGINE_UNKNOWN_TRANSPORT);
		return true;
	}
	websocket = transport[0] == 'w';
	if (!warren_http_has_arg(http->conn->wsi, "sid")) {
		if (http->conn->internal)
			refuse(http, WARREN_ENGINE_FORBIDDEN);
		else
			take_new(http, engine, websocket);
		return true;
	}
	if (!warren_http_arg(http->conn->wsi, "sid", sid, sizeof sid))
		sid[0] = '\0';
	session = warren_map_get(engine->sessions, sid);
	if (session)
		take_known(http, session, websocket);
	else if (!pass_on(http, sid))
		warren_polling_unknown(http);
	return true;
}
