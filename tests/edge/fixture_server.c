/*
 * The edge's fixture: a server on the public interface alone, for tests that speak the protocol.
 *
 *   /engine.io/   every message comes back
 *   /socket.io/   namespaces / and /custom: the CONNECT payload comes back as the event auth;
 *                 in /, message comes back as message-back, message-with-ack as its ack
 *   and beside them routes, files (--files FOLDER), and the namespace /room: shout goes to the
 *   others, left tells them who went and why, flood sends back as many kilobytes as asked for
 *   join and part move between rooms, tell is sent to some rooms and not to others, whisper comes
 *   back as so many volatile events and one that is not
 *   and the namespace /control: handshake is answered with what the client said at first, leave
 *   with being disconnected, ask is asked back as question (timed: 1 ms to answer) and tells how
 *   that went, as answered or, to all, unanswered; a client whose query has refuse=TEXT gets no
 * session
 *
 * Clients and sockets that are let in later: fixture/later.c.
 *
 * It prints one line, `listening PORT`, and stops on SIGTERM, when it prints its counters as JSON.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture/fixture.h"

#define FLOOD_BYTES 1000

struct warren_edge *edge;

static void on_signal(int number)
{
	(void)number;
	warren_edge_stop(edge, 1000);
}

int must(int result)
{
	if (result < 0) {
		fprintf(stderr, "failed: %s\n", strerror(-result));
		exit(1);
	}
	return result;
}

/* ---- Engine.IO ---- */

static void on_raw(
	struct warren_edge_session *session, bool binary, const void *bytes, size_t len, void *data)
{
	(void)data;
	must(warren_edge_session_send(session, binary, bytes, len));
}

/* ---- Socket.IO ---- */

static int on_connect(struct warren_edge_socket *socket, const char *auth, size_t len,
	struct warren_error *error, void *data)
{
	static const char refused[] = "{\"token\":\"refuse me\"}";

	(void)data;
	if (len == sizeof refused - 1 && !memcmp(auth, refused, len)) {
		warren_error_set(error, WARREN_FORBIDDEN, NULL, "not \"you\"");
		return -EACCES;
	}
	must(warren_edge_emit(edge, warren_edge_sid(socket), "auth", auth, len));
	return 0;
}

static void on_message(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, void *data)
{
	(void)data;
	must(warren_edge_emit_binary(edge, warren_edge_sid(socket), "message-back", event->args,
		event->args_len, event->attachments, event->attachment_count));
}

static void on_message_with_ack(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, void *data)
{
	(void)data;
	if (event->ack_id >= 0)
		must(warren_edge_ack_binary(edge, warren_edge_sid(socket), event->ack_id,
			event->args, event->args_len, event->attachments, event->attachment_count));
}

/* Sends to everybody else. */
static void on_shout(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, void *data)
{
	(void)data;
	must(warren_edge_broadcast(
		edge, "/room", warren_edge_sid(socket), "shouted", event->args, event->args_len));
}

/* Reads the next argument, a plain string, into `ret`; cuts it into words.  Returns their number.
 */
static size_t read_words(const char **at, char ret[512], const char *words[64])
{
	size_t count = 0;
	int n = 0;

	ret[0] = '\0';
	if (sscanf(*at, "\"%511[^\"]\"%n", ret, &n) == 1)
		*at += n;
	else if (!strncmp(*at, "\"\"", 2))
		*at += 2;
	*at += **at == ',';
	for (char *word = strtok(ret, " "); word && count < 64; word = strtok(NULL, " "))
		words[count++] = word;
	return count;
}

static void move(struct warren_edge_socket *socket, const struct warren_edge_event *event,
	int (*fn)(struct warren_edge *edge, const char *sid, const char *room))
{
	char text[512], args[2048];
	const char *words[64], *at = args;
	size_t count;

	snprintf(args, sizeof args, "%.*s", (int)event->args_len, event->args);
	count = read_words(&at, text, words);
	for (size_t i = 0; i < count; i++)
		must(fn(edge, warren_edge_sid(socket), words[i]));
	if (event->ack_id >= 0)
		must(warren_edge_ack(edge, warren_edge_sid(socket), event->ack_id, "", 0));
}

static void on_join(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, void *data)
{
	(void)data;
	move(socket, event, warren_edge_join);
}

static void on_part(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, void *data)
{
	(void)data;
	move(socket, event, warren_edge_leave);
}

/* tell("to …", "except …", payload); to all, told afterwards. */
static void on_tell(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, void *data)
{
	char to_text[512], except_text[512], args[2048];
	const char *to[64], *except[64], *at = args;
	struct warren_edge_target target = {.ns = "/room", .to = to, .except = except};

	(void)socket;
	(void)data;
	snprintf(args, sizeof args, "%.*s", (int)event->args_len, event->args);
	target.to_count = read_words(&at, to_text, to);
	target.except_count = read_words(&at, except_text, except);
	must(warren_edge_broadcast_to(edge, &target, "told", at, strlen(at)));
	must(warren_edge_broadcast(edge, "/room", NULL, "over", at, strlen(at)));
}

static void on_whisper(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, void *data)
{
	const char *sid = warren_edge_sid(socket);
	struct warren_edge_target target = {
		.ns = "/room", .to = &sid, .to_count = 1, .is_volatile = true};

	(void)data;
	for (int i = 0; i < 10; i++)
		must(warren_edge_broadcast_to(
			edge, &target, "whispered", event->args, event->args_len));
	must(warren_edge_emit(edge, sid, "over", event->args, event->args_len));
}

/* Sends as many events of a kilobyte as it is asked for: what a client too slow to read meets. */
static void on_flood(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, void *data)
{
	char args[FLOOD_BYTES + 1], number[16];

	(void)data;
	snprintf(number, sizeof number, "%.*s", (int)event->args_len, event->args);
	memset(args, 'x', FLOOD_BYTES);
	args[0] = args[FLOOD_BYTES - 1] = '"';
	for (int i = 0; i < atoi(number); i++)
		if (warren_edge_emit(edge, warren_edge_sid(socket), "flood", args, FLOOD_BYTES) < 0)
			return;
}

static void on_disconnect(struct warren_edge_socket *socket, const char *reason, void *data)
{
	char args[64];

	(void)data;
	snprintf(args, sizeof args, "\"%s\"", reason);
	must(warren_edge_broadcast(
		edge, "/room", warren_edge_sid(socket), "left", args, strlen(args)));
}

/* ---- what a client said at first, and its end ---- */

static int on_allow(
	const struct warren_edge_handshake *handshake, struct warren_error *error, void *data)
{
	char why[64];
	bool refused = warren_edge_handshake_query(handshake, "refuse", why, sizeof why);
	int later = later_allow(handshake, refused ? why : NULL);

	(void)data;
	if (later || !refused)
		return later;
	warren_error_set(error, WARREN_FORBIDDEN, NULL, "%s", why);
	return -EACCES;
}

/* Writes `,"<key>":"<text>"`; the test's texts are short. */
static int put(char *at, const char *key, const char *text)
{
	int n = sprintf(at, ",\"%s\":\"", key);

	for (; *text; text++)
		n += sprintf(at + n,
			*text == '\n'           ? "\\n"
			: strchr("\"\\", *text) ? "\\%c"
						: "%c",
			*text);
	return n + sprintf(at + n, "\"");
}

static void on_handshake(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, void *data)
{
	struct warren_edge_handshake handshake;
	char args[32768], who[8] = "", agent[64] = "";
	int n;

	(void)data;
	warren_edge_handshake(socket, &handshake);
	(void)warren_edge_handshake_query(&handshake, "who", who, sizeof who);
	(void)warren_edge_handshake_header(&handshake, "User-Agent", agent, sizeof agent);
	n = sprintf(args, "{\"time\":%" PRId64 ",\"secure\":%d,\"cross\":%d,\"auth\":%s",
		handshake.time_ms, handshake.secure, handshake.cross_domain, handshake.auth);
	n += put(args + n, "query", handshake.query);
	n += put(args + n, "headers", handshake.headers);
	n += put(args + n, "address", handshake.address);
	n += put(args + n, "who", who);
	n += put(args + n, "agent", agent);
	n += sprintf(args + n, "}");
	must(warren_edge_ack(edge, warren_edge_sid(socket), event->ack_id, args, (size_t)n));
}

/* Says farewell many times, so that there is something to send before the end. */
static void on_leave(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, void *data)
{
	const char *sid = warren_edge_sid(socket);

	(void)data;
	for (int i = 0; i < 100; i++)
		must(warren_edge_emit(edge, sid, "farewell", "1", 1));
	must(warren_edge_disconnect(edge, sid, !strncmp(event->args, "true", event->args_len)));
	must(warren_edge_emit(edge, sid, "never", "", 0));
}

/* ---- questions ---- */

static void on_answer(int result, const struct warren_edge_event *answer, void *data)
{
	char *sid = data, args[16];
	int n = snprintf(args, sizeof args, "\"%s\"",
		result == -ETIMEDOUT  ? "timeout"
		: result == -ENOTCONN ? "gone"
				      : "many");

	if (result == 0)
		must(warren_edge_emit_binary(edge, sid, "answered", answer->args, answer->args_len,
			answer->attachments, answer->attachment_count));
	else
		must(warren_edge_broadcast(edge, "/control", NULL, "unanswered", args, (size_t)n));
	free(sid);
}

static void ask(struct warren_edge_socket *socket, const struct warren_edge_event *event,
	uint32_t timeout_ms)
{
	const char *sid = warren_edge_sid(socket);

	must(warren_edge_emit_ack(edge, sid, "question", event->args, event->args_len, timeout_ms,
		on_answer, strdup(sid)));
}

static void on_ask(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, void *data)
{
	(void)data;
	ask(socket, event, 0);
}

static void on_timed(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, void *data)
{
	(void)data;
	ask(socket, event, 1);
}

/* ---- HTTP ---- */

static void on_counters(const struct warren_edge_request *request,
	struct warren_edge_response *response, void *data)
{
	static char body[1024];
	struct warren_edge_counters c;

	(void)request;
	(void)data;
	warren_edge_counters(edge, &c);
	snprintf(body, sizeof body,
		"{\"connections\":%" PRIu64 ",\"sockets\":%" PRIu64 ",\"handshakes\":%" PRIu64
		",\"upgrades\":%" PRIu64 ",\"events_in\":%" PRIu64 ",\"events_out\":%" PRIu64
		",\"refused\":%" PRIu64 ",\"slow_readers\":%" PRIu64 ",\"ping_timeouts\":%" PRIu64
		",\"bad_packets\":%" PRIu64 ",\"pid\":%d}",
		c.connections, c.sockets, c.handshakes, c.upgrades, c.events_in, c.events_out,
		c.refused, c.slow_readers, c.ping_timeouts, c.bad_packets, (int)getpid());
	response->content_type = "application/json";
	response->body = body;
	response->body_len = strlen(body);
}

/* Answers with what was asked. */
static void on_mirror(const struct warren_edge_request *request,
	struct warren_edge_response *response, void *data)
{
	static char body[2048];
	int n = snprintf(body, sizeof body, "%s %s ?%s %zu", request->method, request->path,
		request->query, request->body_len);

	(void)data;
	response->body = body;
	response->body_len = (size_t)n < sizeof body ? (size_t)n : sizeof body - 1;
}

/* Answers with the body, however large. */
static void on_body(const struct warren_edge_request *request,
	struct warren_edge_response *response, void *data)
{
	(void)data;
	response->content_type = "application/octet-stream";
	response->body = request->body;
	response->body_len = request->body_len;
}

static void add_routes(const char *folder)
{
	must(warren_edge_http(edge, "GET", "/counters", on_counters, NULL));
	must(warren_edge_http(edge, "GET", "/mirror/*", on_mirror, NULL));
	must(warren_edge_http(edge, "POST", "/mirror/deep/*", on_mirror, NULL));
	must(warren_edge_http(edge, "POST", "/body", on_body, NULL));
	if (folder)
		must(warren_edge_files(edge, "/", folder));
}

static void add_events(void)
{
	struct warren_edge_namespace *root = warren_edge_namespace(edge, "/");
	struct warren_edge_namespace *custom = warren_edge_namespace(edge, "/custom");
	struct warren_edge_namespace *room = warren_edge_namespace(edge, "/room");
	struct warren_edge_namespace *control = warren_edge_namespace(edge, "/control");

	if (!root || !custom || !room || !control)
		must(-ENOMEM);
	warren_edge_connected(root, on_connect, NULL);
	warren_edge_connected(custom, on_connect, NULL);
	warren_edge_disconnected(room, on_disconnect, NULL);
	must(warren_edge_on(root, "message", on_message, NULL));
	must(warren_edge_on(root, "message-with-ack", on_message_with_ack, NULL));
	must(warren_edge_on(room, "shout", on_shout, NULL));
	must(warren_edge_on(room, "join", on_join, NULL));
	must(warren_edge_on(room, "part", on_part, NULL));
	must(warren_edge_on(room, "tell", on_tell, NULL));
	must(warren_edge_on(room, "whisper", on_whisper, NULL));
	must(warren_edge_on(room, "flood", on_flood, NULL));
	must(warren_edge_on(control, "handshake", on_handshake, NULL));
	must(warren_edge_on(control, "leave", on_leave, NULL));
	must(warren_edge_on(control, "ask", on_ask, NULL));
	must(warren_edge_on(control, "timed", on_timed, NULL));
	must(warren_edge_raw(edge, "/engine.io/", on_raw, NULL));
	later_add();
	recovery_add();
}

int main(int argc, char **argv)
{
	struct warren_edge_options options = {.host = "127.0.0.1",
		.cors_origins = "*",
		.headers = "x-first, X-Second",
		.allow = on_allow,
		.ping_interval_ms = 300,
		.ping_timeout_ms = 200,
		.connect_timeout_ms = 1000};
	const char *folder = NULL;
	struct warren_error error;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--port"))
			options.port = (uint16_t)atoi(argv[i + 1]);
		else if (!strcmp(argv[i], "--files"))
			folder = argv[i + 1];
		else if (!strcmp(argv[i], "--cors"))
			options.cors_origins = argv[i + 1];
		else if (!strcmp(argv[i], "--ping-interval"))
			options.ping_interval_ms = (uint32_t)atoi(argv[i + 1]);
		else if (!strcmp(argv[i], "--ping-timeout"))
			options.ping_timeout_ms = (uint32_t)atoi(argv[i + 1]);
		else if (!strcmp(argv[i], "--connect-timeout"))
			options.connect_timeout_ms = (uint32_t)atoi(argv[i + 1]);
		else if (!strcmp(argv[i], "--upgrade-timeout"))
			options.upgrade_timeout_ms = (uint32_t)atoi(argv[i + 1]);
		else if (!strcmp(argv[i], "--max-output"))
			options.max_output = (uint32_t)atoi(argv[i + 1]);
		else if (!strcmp(argv[i], "--max-connections"))
			options.max_connections = (uint32_t)atoi(argv[i + 1]);
	}
	if (warren_edge_open(&options, &edge, &error) < 0) {
		fprintf(stderr, "%s\n", error.message);
		return 1;
	}
	add_events();
	add_routes(folder);
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	signal(SIGPIPE, SIG_IGN);
	printf("listening %u\n", (unsigned)warren_edge_port(edge));
	fflush(stdout);
	warren_edge_run(edge);
	warren_edge_close(edge);
	puts("stopped");
	return 0;
}
