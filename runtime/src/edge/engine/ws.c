#include "edge/engine/ws.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"
#include "edge/engine/decide.h"
#include "edge/engine/gate.h"
#include "edge/engine/handshake.h"
#include "edge/http/http.h"
#include "edge/http/look.h"
#include "edge/http/tls.h"

#define CLOSE_NORMAL 1000
#define CLOSE_PROTOCOL 1002
#define CLOSE_NOT_UTF8 1007
#define CLOSE_POLICY 1008
#define CLOSE_TOO_LARGE 1009
#define CLOSE_CODE_END 5000

#define BATCH_BYTES_MAX 16384
#define FRAME_HEAD_MAX 4 /* of one that goes with others */

/* ---- the handshake ---- */

static int refuse_as(struct warren_conn *conn, int status, const char *headers, const char *body)
{
	warren_tally_add(conn->edge, refused, 1);
	warren_http_refuse(conn, NULL,
		&(struct warren_response){.status = status,
			.content_type = "application/json",
			.headers = headers,
			.body = body,
			.body_len = strlen(body)});
	return 1;
}

static int refuse_saying(
	struct warren_conn *conn, enum warren_engine_error error, const char *message)
{
	char body[WARREN_REFUSAL_SIZE];
	int status = warren_engine_error(error, message, body);

	return refuse_as(conn, status, NULL, body);
}

static int refuse(struct warren_conn *conn, enum warren_engine_error error)
{
	return refuse_saying(conn, error, NULL);
}

/* The gate has counted it. */
static int refuse_until(struct warren_conn *conn, int status, const char *retry_after)
{
	warren_http_refuse(conn, NULL,
		&(struct warren_response){.status = status,
			.content_type = "text/plain; charset=utf-8",
			.headers = retry_after,
			.body = "Not now\n",
			.body_len = 8});
	return 1;
}

/* 16 bytes in base64. */
static bool is_key(const char *key)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	return key && strspn(key, digits) == 22 && !strcmp(key + 22, "==");
}

/* What RFC 6455 asks of a handshake and libwebsockets does not look at.  Returns 0; else a status.
 */
static int judge_handshake(struct lws *wsi)
{
	char *http = warren_http_header(wsi, WSI_TOKEN_HTTP);
	char *key = warren_http_header(wsi, WSI_TOKEN_KEY);
	char *version = warren_http_header(wsi, WSI_TOKEN_VERSION);
	int status = 0;

	if (!http || strcmp(http, "HTTP/1.1") || !is_key(key) ||
		!warren_http_header_has(wsi, WSI_TOKEN_CONNECTION, "upgrade"))
		status = 400;
	else if (!version || strcmp(version, "13"))
		status = 426;
	free(http);
	free(key);
	free(version);
	return status;
}

/*
 * Engine.IO has no subprotocols; of those that a client offers it is told the first, which browsers
 * insist on.  libwebsockets looks the name up among its protocols right after this, and finds it.
 * Returns false when the first is no token, or too long.
 */
static bool take_subprotocol(struct warren_conn *conn)
{
	static const char stops[] = " \t,";
	static const char token[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";
	char *offered = warren_http_header(conn->wsi, WSI_TOKEN_PROTOCOL);
	const char *first = offered ? offered + strspn(offered, stops) : "";
	size_t len = strcspn(first, stops);
	bool taken = !offered ||
		     (len > 0 && len < WARREN_SUBPROTOCOL_SIZE && strspn(first, token) >= len);

	if (taken)
		snprintf(conn->edge->subprotocol, WARREN_SUBPROTOCOL_SIZE, "%.*s", (int)len, first);
	free(offered);
	return taken;
}

static bool origin_allowed(struct warren_conn *conn)
{
	char *origin = warren_http_header(conn->wsi, WSI_TOKEN_ORIGIN);
	char *host = warren_http_header(conn->wsi, WSI_TOKEN_HOST);
	bool allowed = warren_cors_allows(conn->edge, origin, host);

	if (!allowed)
		warren_cors_refused(conn->edge, origin, host);
	free(origin);
	free(host);
	return allowed;
}

static int refuse_handshake(struct warren_conn *conn, int status)
{
	char body[WARREN_REFUSAL_SIZE];

	(void)warren_engine_error(WARREN_ENGINE_BAD_REQUEST, NULL, body);
	return refuse_as(conn, status,
		status == 426 ? "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" : NULL, body);
}

/* The last checks of a WebSocket that begins a session; what it said is kept until it opens. */
static int confirm_new(struct warren_ws *ws)
{
	struct warren_conn *conn = ws->conn;
	struct warren_engine *engine = ws->upgrade->engine;
	struct warren_edge_handshake *handshake;
	struct warren_error error;
	char version[8], retry_after[WARREN_GATE_HEADER_SIZE];
	int allowed, status;

	status = warren_gate_pass(conn, retry_after);
	if (status)
		return refuse_until(conn, status, retry_after);
	ws->upgrade->handshake = handshake = warren_handshake_read(conn, engine->path);
	if (!handshake)
		return -1;
	allowed = warren_handshake_admit(conn->edge, handshake, &error);
	if (allowed < 0)
		return refuse_saying(conn, WARREN_ENGINE_FORBIDDEN, error.message);
	if (!warren_http_arg(conn->wsi, "EIO", version, sizeof version) || strcmp(version, "4"))
		return refuse(conn, WARREN_ENGINE_BAD_VERSION);
	if (allowed != WARREN_EDGE_LATER)
		return 0;
	ws->upgrade->handshake = NULL;
	return warren_decision_open(ws, handshake) < 0 ? -1 : 0;
}

static int on_open(struct warren_conn *conn);
static int on_receive(struct warren_conn *conn, uint8_t *bytes, size_t len);
static int on_peer_closes(struct warren_conn *conn, const uint8_t *bytes, size_t len);
static int on_writeable(struct warren_conn *conn);
static void on_unmasked(struct warren_conn *conn);
static void on_ends(struct warren_conn *conn);
static void on_expired(struct warren_conn *conn);
static void on_gone(struct warren_conn *conn);

/* From here on the connection is a WebSocket's.  Returns NULL when memory is out. */
static struct warren_ws *ws_new(
	struct warren_conn *conn, struct warren_engine *engine, struct warren_edge_session *session)
{
	static const struct warren_conn_user user = {.open = on_open,
		.receive = on_receive,
		.peer_closes = on_peer_closes,
		.writeable = on_writeable,
		.unmasked = on_unmasked,
		.ends = on_ends,
		.expired = on_expired,
		.gone = on_gone};
	struct warren_ws *ws = warren_memory_take(sizeof *ws);
	struct warren_upgrade *upgrade = ws ? calloc(1, sizeof *upgrade) : NULL;

	if (!upgrade) {
		warren_memory_give(ws);
		return NULL;
	}
	upgrade->engine = engine;
	upgrade->session = session;
	ws->conn = conn;
	ws->upgrade = upgrade;
	warren_conn_take(conn, &user, ws);
	return ws;
}

int warren_ws_confirm(struct warren_conn *conn, const char *protocol)
{
	char *path = warren_http_header(conn->wsi, WSI_TOKEN_GET_URI);
	struct warren_engine *engine = path ? warren_engine_find(conn->edge, path) : NULL;
	struct warren_edge_session *session = NULL;
	struct warren_ws *ws;
	char transport[16], sid[WARREN_SID_SIZE];
	int result;

	free(path);
	if (!engine || strcasecmp(protocol, "websocket"))
		return refuse(conn, WARREN_ENGINE_BAD_REQUEST);
	if (!warren_http_arg(conn->wsi, "transport", transport, sizeof transport) ||
		(strcmp(transport, "polling") && strcmp(transport, "websocket")))
		return refuse(conn, WARREN_ENGINE_UNKNOWN_TRANSPORT);
	if (warren_http_has_arg(conn->wsi, "sid")) {
		if (warren_http_arg(conn->wsi, "sid", sid, sizeof sid))
			session = warren_map_get(engine->sessions, sid);
		if (!session && !conn->edge->ways->relay(conn, engine->path, sid))
			return refuse(conn, WARREN_ENGINE_UNKNOWN_SID);
	} else if (conn->internal) {
		return refuse(conn, WARREN_ENGINE_FORBIDDEN);
	}
	if (strcmp(transport, "websocket"))
		return refuse(conn, WARREN_ENGINE_BAD_REQUEST);
	if (!take_subprotocol(conn))
		return refuse(conn, WARREN_ENGINE_BAD_REQUEST);
	if (!origin_allowed(conn))
		return refuse(conn, WARREN_ENGINE_FORBIDDEN);
	result = judge_handshake(conn->wsi);
	if (result)
		return refuse_handshake(conn, result);
	if (conn->user)
		return 0; /* it goes elsewhere */
	ws = ws_new(conn, engine, session);
	if (!ws)
		return -1;
	ws->text_alone = warren_http_has_arg(conn->wsi, "b64");
	return session ? 0 : confirm_new(ws);
}

static void drop_message(struct warren_ws *ws)
{
	if (ws->message)
		warren_buffer_free(ws->message);
	free(ws->message);
	ws->message = NULL;
}

/* Closes at the next turn; whatever was its session has forgotten it. */
static void leave(struct warren_ws *ws, uint16_t close_code)
{
	ws->session = NULL;
	ws->probe = ws->say_probe = false;
	ws->close_code = close_code;
	drop_message(ws);
	warren_conn_wait(ws->conn, WARREN_WAIT_CLOSED);
	warren_conn_write(ws->conn);
}

static void drop_upgrade(struct warren_ws *ws)
{
	struct warren_upgrade *upgrade = ws->upgrade;

	ws->upgrade = NULL;
	if (!upgrade)
		return;
	warren_decision_drop(upgrade->decision);
	free(upgrade->handshake);
	free(upgrade);
}

/* Begins a session on an open WebSocket, and says so.  Takes the handshake over. */
static void begin(
	struct warren_ws *ws, struct warren_engine *engine, struct warren_edge_handshake *handshake)
{
	struct warren_edge_session *session = warren_session_open(engine, handshake, true);
	struct warren_frame *frame;
	char text[256];
	size_t len;

	if (!session) {
		leave(ws, CLOSE_NORMAL);
		return;
	}
	session->ws = ws;
	ws->session = session;
	len = warren_session_handshake(session, text, sizeof text);
	frame = warren_frame_text(WARREN_ENGINE_OPEN, text, len);
	warren_session_enter(session);
	if (frame)
		warren_session_send(session, frame);
	if (!frame || engine->app->opened(session, engine->data) < 0)
		warren_session_close(session, "server error");
	warren_frame_unref(frame);
	warren_session_leave(session);
}

/* Becomes what its upgrade said. */
static void enter(struct warren_ws *ws)
{
	struct warren_upgrade upgrade = *ws->upgrade;
	struct warren_edge_session *session = upgrade.session;

	ws->upgrade->handshake = NULL;
	drop_upgrade(ws);
	if (ws->close_code) {
		free(upgrade.handshake);
		leave(ws, ws->close_code);
	} else if (!session) {
		begin(ws, upgrade.engine, upgrade.handshake);
	} else if (session->websocket || session->probe) {
		leave(ws, CLOSE_NORMAL); /* one transport, and one probe at a time */
	} else {
		ws->session = session;
		ws->probe = true;
		session->probe = ws;
		session->probed = false;
		warren_conn_wait(ws->conn, WARREN_WAIT_PROBE);
	}
}

static int on_open(struct warren_conn *conn)
{
	struct warren_ws *ws = conn->data;

	ws->open = true;
	warren_conn_wait_no_more(conn);
	warren_look_at_frame(conn);
	if (!ws->upgrade->decision)
		enter(ws);
	return 0;
}

void warren_ws_let_in(struct warren_ws *ws, struct warren_edge_handshake *handshake)
{
	ws->upgrade->decision = NULL;
	ws->upgrade->handshake = handshake;
	if (ws->open)
		enter(ws);
}

void warren_ws_refuse(struct warren_ws *ws)
{
	ws->upgrade->decision = NULL;
	ws->close_code = CLOSE_POLICY;
	if (ws->open)
		enter(ws);
}

/* ---- the end ---- */

static void on_gone(struct warren_conn *conn)
{
	struct warren_ws *ws = conn->data;
	struct warren_edge_session *session = ws->session;
	bool probe = ws->probe;

	warren_conn_take(conn, NULL, NULL);
	drop_upgrade(ws);
	drop_message(ws);
	warren_memory_give(ws);
	if (!session)
		return;
	if (probe) {
		session->probe = NULL;
	} else {
		session->ws = NULL;
		warren_session_close(session, "transport close");
	}
}

void warren_ws_leave(struct warren_ws *ws)
{
	ws->session->ws = NULL;
	leave(ws, CLOSE_NORMAL);
}

void warren_ws_drop_probe(struct warren_ws *ws)
{
	struct warren_edge_session *session = ws->session;

	session->probe = NULL;
	session->probed = false;
	leave(ws, CLOSE_NORMAL);
}

static void on_expired(struct warren_conn *conn)
{
	warren_ws_drop_probe(conn->data);
}

void warren_ws_kill(struct warren_ws *ws)
{
	warren_conn_kill(ws->conn);
}

/* Ends its session, and does not wait long for the client to answer the close frame. */
static void fail(struct warren_ws *ws, const char *reason)
{
	struct warren_edge_session *session = ws->session;

	warren_session_bad(session, reason);
	ws->session = NULL;
	if (ws->probe) {
		session->probe = NULL;
		session->probed = false;
		warren_conn_wait_no_more(ws->conn);
	} else {
		session->ws = NULL;
		warren_session_close(session, "parse error");
	}
	/* The client may never say that it has seen this. */
	warren_conn_wait(ws->conn, WARREN_WAIT_CLOSED);
}

/* Says what was wrong and closes; -1 is what libwebsockets wants to hear. */
static int close_bad(struct warren_ws *ws, uint16_t close_code, const char *reason)
{
	fail(ws, reason);
	lws_close_reason(ws->conn->wsi, (enum lws_close_status)close_code, NULL, 0);
	return -1;
}

/*
 * A frame may have broken the rules: then the client is told so, and its session ends now, for
 * libwebsockets would wait for the client's answer first.
 */
static void on_ends(struct warren_conn *conn)
{
	struct warren_ws *ws = conn->data;
	struct lws *wsi = conn->wsi;
	bool told = lws_get_close_length(wsi) > 0; /* a close frame is about to be sent */

	if (conn->killed || ws->peer_closes)
		return;
	if (!told) {
		/* A client that is still there has sent something for which libwebsockets closes without a word. */
		if (!ws->session || warren_tls_peek(wsi) < 0)
			return;
		lws_close_reason(wsi, (enum lws_close_status)CLOSE_PROTOCOL, NULL, 0);
	}
	if (ws->session)
		fail(ws, "bad frame");
	else if (ws->upgrade)
		warren_conn_wait(conn, WARREN_WAIT_CLOSED);
	drop_upgrade(ws);
}

/* RFC 6455, 5.1: this fails the connection. */
static void on_unmasked(struct warren_conn *conn)
{
	struct warren_ws *ws = conn->data;

	if (!ws->session && !ws->upgrade)
		return; /* on its way out */
	if (ws->session)
		fail(ws, "frame is not masked");
	drop_upgrade(ws);
	leave(ws, CLOSE_PROTOCOL);
}

/* ---- receiving ---- */

static int take_probe(struct warren_ws *ws, bool binary, const uint8_t *bytes, size_t len)
{
	struct warren_edge_session *session = ws->session;

	if (!binary && !session->probed && len == 6 && !memcmp(bytes, "2probe", 6)) {
		session->probed = true;
		ws->say_probe = true;
		warren_conn_write(ws->conn);
		/* Lets the client stop polling: a GET that waits has nothing to wait for. */
		warren_polling_flush(session);
		return 0;
	}
	if (!binary && session->probed && len == 1 && bytes[0] == WARREN_ENGINE_UPGRADE) {
		ws->probe = false;
		warren_conn_wait_no_more(ws->conn);
		warren_session_upgrade(session);
		return 0;
	}
	return close_bad(ws, CLOSE_PROTOCOL, "not a probe");
}

static int take_message(struct warren_ws *ws, bool binary, uint8_t *bytes, size_t len)
{
	struct warren_edge_session *session = ws->session;
	struct warren_engine_packet packet = {
		.type = WARREN_ENGINE_MESSAGE, .binary = binary, .data = bytes, .len = len};
	int result;

	if (!binary && !warren_utf8_valid((const char *)bytes, len))
		return close_bad(ws, CLOSE_NOT_UTF8, "text is not UTF-8");
	if (ws->probe)
		return take_probe(ws, binary, bytes, len);
	if (!binary && warren_engine_packet_read(bytes, len, &packet) < 0)
		return close_bad(ws, CLOSE_PROTOCOL, "unknown packet type");
	warren_session_enter(session);
	result = warren_session_receive(session, &packet);
	if (result < 0 && !session->closed)
		result = close_bad(
			ws, result == -EMSGSIZE ? CLOSE_TOO_LARGE : CLOSE_PROTOCOL, "bad packet");
	else
		result = 0;
	warren_session_leave(session);
	return result;
}

/*
 * Keeps a piece of a message.  One that announces too much is refused before it is sent.  Returns
 * 0; -EMSGSIZE; -ENOMEM.
 */
static int keep_piece(struct warren_ws *ws, const uint8_t *bytes, size_t len)
{
	if (!ws->message) {
		ws->message = malloc(sizeof *ws->message);
		if (!ws->message)
			return -ENOMEM;
		warren_buffer_init(ws->message, ws->conn->edge->options.max_payload);
	}
	if (len + lws_remaining_packet_payload(ws->conn->wsi) > ws->message->max - ws->message->len)
		return -EMSGSIZE;
	return warren_buffer_append(ws->message, bytes, len);
}

static int on_receive(struct warren_conn *conn, uint8_t *bytes, size_t len)
{
	struct warren_ws *ws = conn->data;
	struct lws *wsi = ws->conn->wsi;
	bool binary = lws_frame_is_binary(wsi), final = lws_is_final_fragment(wsi);
	struct warren_buffer *whole;
	int result;

	warren_tally_add(ws->conn->edge, bytes_in, len);
	if (!ws->session) {
		/* A client that is not let in yet has nothing to say: the server speaks first. */
		if (ws->upgrade) {
			drop_upgrade(ws);
			leave(ws, CLOSE_PROTOCOL);
		}
		return 0;
	}
	if (final && !ws->message && len <= ws->conn->edge->options.max_payload)
		return take_message(ws, binary, bytes, len);
	if (keep_piece(ws, bytes, len) < 0) {
		warren_tally_refused(ws->conn->edge, too_large);
		return close_bad(ws, CLOSE_TOO_LARGE, "message too large");
	}
	if (!final)
		return 0;
	/* The pieces leave the socket first: an idle one holds no memory, and may be freed below.
	 */
	whole = ws->message;
	ws->message = NULL;
	result = take_message(ws, binary, whole->len ? whole->data : bytes, whole->len);
	warren_buffer_free(whole);
	free(whole);
	return result;
}

/* A close frame, which libwebsockets answers with its own code unless that is refused here. */
static int on_peer_closes(struct warren_conn *conn, const uint8_t *bytes, size_t len)
{
	struct warren_ws *ws = conn->data;
	uint16_t close_code = 0;

	if (len == 1 || (len && (bytes[0] << 8 | bytes[1]) >= CLOSE_CODE_END))
		close_code = CLOSE_PROTOCOL;
	else if (len && !warren_utf8_valid((const char *)bytes + 2, len - 2))
		close_code = CLOSE_NOT_UTF8;
	if (!close_code) {
		ws->peer_closes = true;
		warren_conn_wait(conn, WARREN_WAIT_CLOSED);
		return 0;
	}
	lws_close_reason(conn->wsi, (enum lws_close_status)close_code, NULL, 0);
	return -1;
}

/* ---- sending ---- */

void warren_ws_flush(struct warren_ws *ws)
{
	warren_conn_write(ws->conn);
}

static int write_text(struct warren_ws *ws, const char *text, size_t len)
{
	uint8_t out[LWS_PRE + 16];

	memcpy(out + LWS_PRE, text, len);
	return lws_write(ws->conn->wsi, out + LWS_PRE, len, LWS_WRITE_TEXT) < 0 ? -1 : 0;
}

/* Puts a frame's head (RFC 6455, 5.2: whole, not masked) and data at `out`.  Returns their length. */
static size_t put_frame(uint8_t *out, struct warren_frame *frame)
{
	size_t head = 0;

	out[head++] = frame->binary ? 0x82 : 0x81;
	if (frame->len < 126) {
		out[head++] = (uint8_t)frame->len;
	} else {
		out[head++] = 126;
		out[head++] = (uint8_t)(frame->len >> 8);
		out[head++] = (uint8_t)frame->len;
	}
	memcpy(out + head, warren_frame_data(frame), frame->len);
	return head + frame->len;
}

static bool fits_batch(const struct warren_frame *frame, size_t used)
{
	return frame->len + FRAME_HEAD_MAX <= BATCH_BYTES_MAX - used;
}

/* Small frames that wait together leave in one write: a write costs more than what is in it. */
static int write_batch(struct warren_ws *ws, struct warren_backlog *queue)
{
	uint8_t out[LWS_PRE + BATCH_BYTES_MAX];
	size_t used = 0;

	while (queue->first && fits_batch(queue->first->frame, used)) {
		struct warren_frame *frame = warren_backlog_pop(queue);
		warren_tally_add(ws->conn->edge, bytes_out, frame->len);
		used += put_frame(out + LWS_PRE + used, frame);
		warren_frame_unref(frame);
	}
	/* For a WebSocket, too, libwebsockets writes these bytes as they stand. */
	return lws_write(ws->conn->wsi, out + LWS_PRE, used, LWS_WRITE_HTTP);
}

/* Returns the first frame as it goes out; NULL when memory is out. */
static struct warren_frame *pop_frame(struct warren_ws *ws, struct warren_backlog *queue)
{
	struct warren_frame *frame = warren_backlog_pop(queue), *text;

	if (!frame->binary || !ws->text_alone)
		return frame;
	text = warren_payload_text(frame);
	warren_frame_unref(frame);
	return text;
}

static int write_frame(struct warren_ws *ws, struct warren_backlog *queue)
{
	struct warren_frame *frame = pop_frame(ws, queue);
	int written;

	if (!frame)
		return -1;
	warren_tally_add(ws->conn->edge, bytes_out, frame->len);
	written = lws_write(ws->conn->wsi, warren_frame_data(frame), frame->len,
		frame->binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT);
	warren_frame_unref(frame);
	return written;
}

static int on_writeable(struct warren_conn *conn)
{
	struct warren_ws *ws = conn->data;
	struct lws *wsi = ws->conn->wsi;
	struct warren_edge_session *session = ws->session;
	struct warren_backlog *queue;
	bool several;

	/* libwebsockets has sent a close frame: nothing may follow it. */
	if (lws_get_close_length(wsi))
		return 0;
	if (ws->close_code) {
		lws_close_reason(wsi, (enum lws_close_status)ws->close_code, NULL, 0);
		return -1;
	}
	if (ws->say_probe) {
		ws->say_probe = false;
		if (session && session->out.count && !ws->probe)
			warren_conn_write(conn);
		return write_text(ws, "3probe", 6);
	}
	if (ws->probe || !session || !session->out.count)
		return 0;
	queue = &session->out;
	several = queue->count > 1 && !ws->text_alone && fits_batch(queue->first->frame, 0);
	if ((several ? write_batch(ws, queue) : write_frame(ws, queue)) < 0)
		return -1;
	if (queue->count)
		warren_conn_write(conn);
	else
		warren_session_sent(session);
	return 0;
}
