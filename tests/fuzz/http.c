/*
 * Bytes over the connections of a whole edge, libwebsockets included.  Time is turned.
 *
 * - s N: the Nth client is the present one.  c: it connects.  w BYTES: it sends.
 * - x: it sends no more.  k: it breaks off.
 * - t N: N ms pass.
 * - d N: the latest one with `later` in its query gets a session, or, with N, none.
 *
 * "$S" in what is sent stands for the latest sid that the edge has told.  What comes back begins
 * as HTTP does, and of clients that left nothing stays.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/engine/engine.h"
#include "edge/http/http.h"
#include "support/script.h"

enum {
	CLIENTS = 4,
	PING_MS = 300,
	PONG_MS = 200,
	CONNECT_MS = 1000,
	QUIET_TURNS = 4,
	TURNS_MAX = 2000,
	TEXT_MAX = 1 << 16
};

static const char status_line[] = "HTTP/1."; /* libwebsockets itself speaks 1.0, too */

static struct warren_edge *edge;
static struct warren_clock *turned;
static char sid[WARREN_SID_SIZE];
static uint64_t ticket;

struct client {
	int fd; /* -1: none */
	size_t taken;
};

/* ---- the server ---- */

static void on_raw(
	struct warren_edge_session *session, bool binary, const void *bytes, size_t len, void *data)
{
	(void)data;
	(void)warren_edge_session_send(session, binary, bytes, len);
}

static void on_event(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, void *data)
{
	(void)data;
	(void)warren_edge_emit_binary(edge, warren_edge_sid(socket), "back", event->args,
		event->args_len, event->attachments, event->attachment_count);
	if (event->ack_id >= 0)
		(void)warren_edge_ack(
			edge, warren_edge_sid(socket), event->ack_id, event->args, event->args_len);
}

static void on_page(const struct warren_edge_request *request,
	struct warren_edge_response *response, void *data)
{
	(void)data;
	response->body = request->body;
	response->body_len = request->body_len;
}

static int on_allow(
	const struct warren_edge_handshake *handshake, struct warren_error *error, void *data)
{
	char why[64];

	(void)data;
	if (warren_edge_handshake_query(handshake, "later", why, sizeof why)) {
		ticket = handshake->ticket;
		return WARREN_EDGE_LATER;
	}
	if (!warren_edge_handshake_query(handshake, "refuse", why, sizeof why) &&
		!warren_edge_handshake_header(handshake, "x-refuse", why, sizeof why))
		return 0;
	warren_error_set(error, WARREN_FORBIDDEN, NULL, "%s", why);
	return -1;
}

static void open_edge(void)
{
	const struct warren_edge_options options = {.host = "127.0.0.1",
		.instance = "f",
		.cors_origins = "http://a.example, http://b.example",
		.headers = "x-refuse",
		.allow = on_allow,
		.ping_interval_ms = PING_MS,
		.ping_timeout_ms = PONG_MS,
		.connect_timeout_ms = CONNECT_MS,
		.max_payload = 1000};
	struct warren_edge_namespace *ns;
	struct warren_error error;

	fuzz_demand(warren_edge_open(&options, &edge, &error) == 0);
	ns = warren_edge_namespace(edge, "/");
	fuzz_demand(ns && warren_edge_on(ns, NULL, on_event, NULL) == 0);
	fuzz_demand(warren_edge_raw(edge, "/engine.io/", on_raw, NULL) == 0);
	fuzz_demand(warren_edge_http(edge, "GET", "/page/*", on_page, NULL) == 0);
	fuzz_demand(warren_edge_http(edge, "POST", "/page/*", on_page, NULL) == 0);
	turned = warren_clock_open_turned(warren_clock_wall_ms(warren_clock_real()));
	warren_clock_advance_ms(turned, warren_edge_now_ms(edge) + 1000);
	edge->clock = turned;
	warren_edge_tick(edge);
}

/* ---- clients ---- */

static void note_sid(const char *text)
{
	static const char before[] = "\"sid\":\"f.";
	const char *at = strstr(text, before), *end;

	if (!at)
		return;
	at += sizeof before - 3;
	end = strchr(at, '"');
	if (end && end - at < (ptrdiff_t)sizeof sid)
		*(char *)mempcpy(sid, at, (size_t)(end - at)) = '\0';
}

/* Reads what has come.  Returns whether something has. */
static bool take(struct client *client)
{
	static char text[TEXT_MAX + 1];
	ssize_t n = client->fd < 0 ? 0 : recv(client->fd, text, TEXT_MAX, MSG_DONTWAIT);

	if (n <= 0)
		return false;
	text[n] = '\0';
	if (client->taken == 0 && n >= (ssize_t)sizeof status_line - 1)
		fuzz_demand(!memcmp(text, status_line, sizeof status_line - 1));
	client->taken += (size_t)n;
	note_sid(text);
	return true;
}

/* Lets the loop turn until nothing happens any more. */
static void turn(struct client *clients)
{
	for (int quiet = 0, turns = 0; quiet < QUIET_TURNS; quiet++) {
		ev_run(edge->loop, EVRUN_NOWAIT);
		for (int i = 0; i < CLIENTS; i++)
			if (take(&clients[i]))
				quiet = 0;
		fuzz_demand(++turns < TURNS_MAX);
	}
}

static void come(struct client *client)
{
	int fds[2];

	if (client->fd >= 0)
		return;
	fuzz_demand(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
	*client = (struct client){.fd = fds[0]};
	warren_conn_open(edge, fds[1], "127.0.0.1", false);
}

static void go(struct client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	client->fd = -1;
}

static void put(struct client *client, const uint8_t *bytes, size_t len)
{
	/* What does not fit is not sent: the peer reads all that it may. */
	if (len && client->fd >= 0)
		(void)!send(client->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void say(struct client *client, const struct fuzz_step *step)
{
	size_t sid_len = strlen(sid), n = 0;
	uint8_t *out = malloc(step->len * (sid_len + 1) + 1);

	for (size_t i = 0; i < step->len; i++) {
		if (step->bytes[i] == '$' && i + 1 < step->len && step->bytes[i + 1] == 'S') {
			memcpy(out + n, sid, sid_len);
			n += sid_len;
			i++;
		} else {
			out[n++] = step->bytes[i];
		}
	}
	put(client, out, n);
	free(out);
}

static void pass(uint32_t ms)
{
	warren_clock_advance_ms(turned, ms);
	warren_edge_tick(edge);
}

static void decide(bool refused)
{
	struct warren_error error;

	warren_error_set(&error, WARREN_FORBIDDEN, NULL, "not \"you\"");
	fuzz_demand(warren_edge_decide(edge, ticket, refused ? &error : NULL) == 0);
}

static void run(struct fuzz_script *script, struct client *clients)
{
	struct client *present = &clients[0];
	struct fuzz_step step;

	while (fuzz_script_next(script, &step)) {
		if (step.verb == 's')
			present = &clients[fuzz_step_number(&step) % CLIENTS];
		else if (step.verb == 'c')
			come(present);
		else if (step.verb == 'w')
			say(present, &step);
		else if (step.verb == 'x' && present->fd >= 0)
			shutdown(present->fd, SHUT_WR);
		else if (step.verb == 'k')
			go(present);
		else if (step.verb == 't')
			pass(fuzz_step_number(&step));
		else if (step.verb == 'd')
			decide(fuzz_step_number(&step) > 0);
		turn(clients);
	}
}

/*
 * A connection ends with its client; only one that holds a GET, with another request behind it,
 * notices no earlier than it is answered: with the next ping, or when it is decided on.
 */
static void demand_nothing_stays(struct client *clients)
{
	turn(clients);
	for (struct warren_conn *conn = edge->conns; conn; conn = conn->next)
		fuzz_demand(conn->http && conn->http->user);
	pass(PING_MS);
	turn(clients);
	pass(CONNECT_MS - PING_MS);
	turn(clients);
	fuzz_demand(!edge->conns && edge->tally.connections == 0);
	for (struct warren_engine *engine = edge->engines; engine; engine = engine->next)
		fuzz_demand(warren_map_count(engine->sessions) == 0);
	fuzz_demand(warren_map_count(edge->sockets) == 0);
	fuzz_demand(warren_wheel_next_ms(&edge->wheel) == WARREN_WHEEL_NEVER);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_script script = fuzz_script_open(data, len);
	struct client clients[CLIENTS];

	if (!edge)
		open_edge();
	strcpy(sid, "f.");
	ticket = 0;
	for (int i = 0; i < CLIENTS; i++)
		clients[i].fd = -1;
	run(&script, clients);
	for (int i = 0; i < CLIENTS; i++)
		go(&clients[i]);
	demand_nothing_stays(clients);
	return 0;
}
