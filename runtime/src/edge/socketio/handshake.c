/* What a socket's client said in its first request, and with its CONNECT. */
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "edge/engine/handshake.h"
#include "edge/socketio/socketio.h"
#include "warren/arena.h"

#define HANDSHAKE_JSON_MAX ((size_t)4 << 20)

/* Decodes an argument's part into the arena; returns what is not UTF-8 or has a zero as it was. */
static const char *decoded(struct warren_arena *arena, const char *text, size_t len)
{
	char *copy = warren_arena_strndup(arena, text, len);
	char *plain = copy ? warren_arena_alloc(arena, len + 1) : NULL;

	return plain && warren_percent_decode(text, len, plain, len + 1) ? plain : copy;
}

static void write_query(
	struct warren_json_writer *writer, struct warren_arena *arena, const char *query)
{
	warren_json_begin_object(writer);
	for (const char *at = query; *at; at += *at == '&') {
		size_t len = strcspn(at, "&"), key_len = strcspn(at, "=&");
		size_t start = key_len < len ? key_len + 1 : len;
		const char *key = decoded(arena, at, key_len);
		const char *value = decoded(arena, at + start, len - start);

		if (key && value && len) {
			warren_json_key(writer, key);
			warren_json_cstring(writer, value);
		}
		at += len;
	}
	warren_json_end_object(writer);
}

static void write_headers(
	struct warren_json_writer *writer, struct warren_arena *arena, const char *headers)
{
	warren_json_begin_object(writer);
	for (const char *at = headers; *at; at += strcspn(at, "\n") + 1) {
		size_t len = strcspn(at, "\n"), name_len = strcspn(at, ":");
		char *name = warren_arena_strndup(arena, at, name_len);

		if (name && name_len + 2 <= len) {
			warren_json_key(writer, name);
			warren_json_string(writer, at + name_len + 2, len - name_len - 2);
		}
	}
	warren_json_end_object(writer);
}

/* As JavaScript shows a date. */
static void write_time(struct warren_json_writer *writer, int64_t time_ms)
{
	time_t seconds = (time_t)(time_ms / 1000);
	struct tm utc;
	char text[80];

	gmtime_r(&seconds, &utc);
	strftime(text, sizeof text, "%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)",
		&utc);
	warren_json_cstring(writer, text);
}

static void write_handshake(struct warren_json_writer *writer, struct warren_arena *arena,
	const struct warren_edge_handshake *handshake)
{
	const char *url = warren_arena_printf(arena, "%s?%s", handshake->path, handshake->query);

	warren_json_begin_object(writer);
	warren_json_key(writer, "headers");
	write_headers(writer, arena, handshake->headers);
	warren_json_key(writer, "time");
	write_time(writer, handshake->time_ms);
	warren_json_key(writer, "address");
	warren_json_cstring(writer, handshake->address);
	warren_json_key(writer, "xdomain");
	warren_json_bool(writer, handshake->cross_domain);
	warren_json_key(writer, "secure");
	warren_json_bool(writer, handshake->secure);
	warren_json_key(writer, "issued");
	warren_json_int64(writer, handshake->time_ms);
	warren_json_key(writer, "url");
	warren_json_cstring(writer, url ? url : handshake->path);
	warren_json_key(writer, "query");
	write_query(writer, arena, handshake->query);
	warren_json_key(writer, "auth");
	warren_json_raw(writer, handshake->auth, strlen(handshake->auth));
	warren_json_end_object(writer);
}

const char *warren_edge_handshake_json(struct warren_edge_socket *socket)
{
	struct warren_arena *arena = socket->ns->edge->scratch;
	struct warren_edge_handshake handshake;
	struct warren_json_writer writer;
	const char *json, *copy = NULL;
	size_t len;

	warren_edge_handshake(socket, &handshake);
	warren_json_writer_init(&writer, HANDSHAKE_JSON_MAX);
	write_handshake(&writer, arena, &handshake);
	if (warren_json_finish(&writer, &json, &len) == 0)
		copy = warren_arena_strndup(arena, json, len);
	warren_json_writer_free(&writer);
	return copy;
}

void warren_edge_handshake(
	const struct warren_edge_socket *socket, struct warren_edge_handshake *ret)
{
	const struct warren_edge_session *session = socket->client->session;

	if (session->handshake)
		*ret = *session->handshake;
	else
		*ret = (struct warren_edge_handshake){.query = "",
			.headers = "",
			.address = warren_session_address(session),
			.auth = "{}"};
	if (socket->auth)
		ret->auth = socket->auth;
}
