/*
 * Two clients of a Socket.IO server, without sockets: what they post goes the way of a polling
 * POST's body, through the session and the Socket.IO layer to handlers; what is queued is taken
 * as a GET takes it.  Time is turned.
 *
 * - n: a client comes in the place of the present one.  s: the other one is the present one.
 * - p BODY: it posts.  g: it takes what is queued.
 * - t N: N ms pass.
 * - e: an event to it.  v: a volatile one.  q: a question.
 * - b ROOM: an event to a room.  j ROOM, l ROOM: it joins, it leaves.  u USER: whose it is.
 * - a N: it is let in, or, with N, refused: it said {"later":…} in CONNECT.
 * - d N: it is disconnected, with N its transport, too.
 *
 * Whatever comes in, what goes out is whole packets of JSON, each question is settled once, and
 * of clients that left nothing stays.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edge/socketio/room.h"
#include "support/script.h"

enum { CLIENTS = 2, INTERVAL_MS = 300, TIMEOUT_MS = 200, CONNECT_MS = 1000, OUTPUT_MAX = 3000 };

static struct warren_edge *edge;
static struct warren_clock *turned;
static const char later[] = "{\"later\":";
static uint32_t questions, answers;

/* ---- the server ---- */

static void may_be_full(int result)
{
	fuzz_demand(result == 0 || result == -EAGAIN);
}

static int on_connect(struct warren_edge_socket *socket, const char *auth, size_t len,
	struct warren_error *error, void *data)
{
	(void)data;
	fuzz_demand(fuzz_is_json(auth, len));
	if (len > strlen(later) && !memcmp(auth, later, strlen(later)))
		return WARREN_EDGE_LATER;
	if (len > 2 && auth[1] != '"') {
		warren_error_set(error, WARREN_FORBIDDEN, NULL, "not \"%.*s\"",
			(int)(len < 20 ? len : 20), auth);
		return -EACCES;
	}
	may_be_full(warren_edge_emit(edge, warren_edge_sid(socket), "auth", auth, len));
	return 0;
}

static void on_other(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, void *data)
{
	const char *sid = warren_edge_sid(socket);

	(void)data;
	if (event->ack_id >= 0)
		may_be_full(warren_edge_ack_binary(edge, sid, event->ack_id, event->args,
			event->args_len, event->attachments, event->attachment_count));
	else
		may_be_full(warren_edge_emit_binary(edge, sid, event->name, event->args,
			event->args_len, event->attachments, event->attachment_count));
}

static void on_answer(int result, const struct warren_edge_event *answer, void *data)
{
	(void)data;
	fuzz_demand((result == 0) == (answer != NULL));
	fuzz_demand(
		result == 0 || result == -ETIMEDOUT || result == -ENOTCONN || result == -EAGAIN);
	answers++;
}

static void open_edge(void)
{
	const struct warren_edge_options options = {.host = "127.0.0.1",
		.instance = "f",
		.ping_interval_ms = INTERVAL_MS,
		.ping_timeout_ms = TIMEOUT_MS,
		.connect_timeout_ms = CONNECT_MS,
		.max_payload = 4000,
		.max_output = OUTPUT_MAX,
		.max_rooms = 3,
		.max_acks = 3};
	static const char *const names[] = {"/", "/custom"};
	struct warren_error error;

	fuzz_demand(warren_edge_open(&options, &edge, &error) == 0);
	turned = warren_clock_open_turned(warren_clock_wall_ms(warren_clock_real()));
	warren_clock_advance_ms(turned, warren_edge_now_ms(edge) + 1000);
	edge->clock = turned;
	warren_edge_tick(edge);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct warren_edge_namespace *ns = warren_edge_namespace(edge, names[i]);

		warren_edge_connected(ns, on_connect, NULL);
		fuzz_demand(warren_edge_on(ns, NULL, on_other, NULL) == 0);
	}
}

/* ---- a client ---- */

struct client {
	char sid[WARREN_SID_SIZE];
};

/* The session may have ended in the meantime. */
static struct warren_edge_session *session_of(const struct client *client)
{
	return warren_map_get(edge->engines->sessions, client->sid);
}

static struct warren_edge_socket *socket_of(const struct client *client)
{
	struct warren_edge_session *session = session_of(client);
	struct warren_client *of = session ? session->app : NULL;

	return of ? of->sockets : NULL;
}

static void come(struct client *client)
{
	struct warren_edge_handshake *handshake = malloc(sizeof *handshake);
	struct warren_edge_session *session;

	*handshake = (struct warren_edge_handshake){
		.query = "", .headers = "", .address = "127.0.0.1", .auth = "{}"};
	session = warren_session_open(edge->engines, handshake, false);
	fuzz_demand(session && edge->engines->app->opened(session, edge->engines->data) == 0);
	strcpy(client->sid, session->sid);
}

static void leave(struct client *client)
{
	struct warren_edge_session *session = session_of(client);

	if (session)
		warren_session_close(session, "transport close");
}

static void post(struct client *client, const struct fuzz_step *step)
{
	struct warren_edge_session *session = session_of(client);
	uint8_t *payload;

	if (!session || step->len == 0)
		return;
	payload = malloc(step->len);
	memcpy(payload, step->bytes, step->len);
	if (warren_polling_take(session, payload, step->len) < 0)
		fuzz_demand(!session_of(client));
	free(payload);
}

/* ---- what a client gets ---- */

/* Checks one Socket.IO packet.  Returns how many attachments follow it. */
static uint32_t check_text(const char *text, size_t len)
{
	struct warren_packet packet;

	fuzz_demand(warren_packet_read(text, len, edge->options.max_attachments, &packet) == 0);
	fuzz_demand(!packet.too_many);
	fuzz_demand(
		packet.payload.len == 0 || fuzz_is_json(packet.payload.text, packet.payload.len));
	fuzz_demand((packet.payload.len == 0) == (packet.kind == WARREN_PACKET_DISCONNECT));
	return packet.attachment_count;
}

static void check_payload(uint8_t *payload, size_t len)
{
	struct warren_payload_reader reader;
	struct warren_engine_packet packet;
	uint32_t awaited = 0;
	int more;

	warren_payload_read(&reader, payload, len);
	while ((more = warren_payload_next(&reader, &packet)) == 1) {
		if (packet.binary) {
			fuzz_demand(awaited-- > 0);
		} else if (packet.type == WARREN_ENGINE_MESSAGE) {
			fuzz_demand(awaited == 0);
			awaited = check_text((const char *)packet.data, packet.len);
		}
	}
	fuzz_demand(more == 0 && awaited == 0);
}

static void take(struct client *client)
{
	struct warren_edge_session *session = session_of(client);
	size_t size;
	uint8_t *payload;

	if (!session || !session->out.count)
		return;
	size = warren_payload_size(&session->out);
	payload = malloc(size);
	warren_payload_write(&session->out, payload);
	fuzz_demand(session->out.count == 0);
	warren_session_sent(session);
	check_payload(payload, size);
	free(payload);
}

/* ---- steps ---- */

static void pass(uint32_t ms)
{
	warren_clock_advance_ms(turned, ms);
	warren_edge_tick(edge);
}

static void tell(char verb, const char *room)
{
	struct warren_edge_target target = {
		.ns = "/", .to = &room, .to_count = 1, .is_volatile = verb == 'v'};

	may_be_full(warren_edge_broadcast_to(edge, &target, "told", "1", 1));
}

static void ask(const char *sid)
{
	int result = warren_edge_emit_ack(edge, sid, "question", "2", 1, 250, on_answer, NULL);

	may_be_full(result);
	questions += result == 0;
}

static void decide(const char *sid, bool refused)
{
	struct warren_error error;

	warren_error_set(&error, WARREN_FORBIDDEN, NULL, "not \"you\"");
	may_be_full(warren_edge_admit(edge, sid, refused ? &error : NULL));
}

/* Those of users are not to be joined. */
static bool is_room(const char *name)
{
	return *name && strncmp(name, WARREN_USER_ROOM, strlen(WARREN_USER_ROOM)) != 0;
}

static void act_on(struct client *client, const struct fuzz_step *step)
{
	struct warren_edge_socket *socket = socket_of(client);
	const char *sid = socket ? warren_edge_sid(socket) : "f.nobody";
	char room[32];
	int result;

	fuzz_step_text(step, room, sizeof room);
	if (step->verb == 'e')
		may_be_full(warren_edge_emit(edge, sid, "event", "\"x\",{}", 6));
	else if (step->verb == 'v')
		tell('v', sid);
	else if (step->verb == 'b')
		tell('b', room);
	else if (step->verb == 'q')
		ask(sid);
	else if (step->verb == 'd')
		may_be_full(warren_edge_disconnect(edge, sid, fuzz_step_number(step) > 0));
	else if (step->verb == 'a')
		decide(sid, fuzz_step_number(step) > 0);
	else if (step->verb == 'u')
		may_be_full(warren_edge_set_user(edge, sid, room));
	else if (step->verb == 'j' || step->verb == 'l') {
		result = step->verb == 'j' ? warren_edge_join(edge, sid, room)
					   : warren_edge_leave(edge, sid, room);
		fuzz_demand(result == 0 || (result == -EINVAL && !is_room(room)));
	}
}

static void run(struct fuzz_script *script)
{
	struct client clients[CLIENTS] = {0}, *present = &clients[0];
	struct fuzz_step step;

	for (int i = 0; i < CLIENTS; i++)
		come(&clients[i]);
	while (fuzz_script_next(script, &step)) {
		if (step.verb == 'n') {
			leave(present);
			come(present);
		} else if (step.verb == 's') {
			present = &clients[present == &clients[0]];
		} else if (step.verb == 'p') {
			post(present, &step);
		} else if (step.verb == 'g') {
			take(present);
		} else if (step.verb == 't') {
			pass(fuzz_step_number(&step));
		} else {
			act_on(present, &step);
		}
		warren_errands_run(edge);
	}
	for (int i = 0; i < CLIENTS; i++) {
		take(&clients[i]);
		leave(&clients[i]);
	}
}

static void demand_nothing_stays(void)
{
	fuzz_demand(warren_map_count(edge->engines->sessions) == 0);
	fuzz_demand(warren_map_count(edge->sockets) == 0 && edge->tally.sockets == 0);
	fuzz_demand(questions == answers);
	for (struct warren_edge_namespace *ns = edge->namespaces; ns; ns = ns->next)
		fuzz_demand(!ns->sockets && (!ns->rooms || warren_map_count(ns->rooms) == 0));
	pass(CONNECT_MS);
	fuzz_demand(warren_wheel_next_ms(&edge->wheel) == WARREN_WHEEL_NEVER);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_script script = fuzz_script_open(data, len);

	if (!edge)
		open_edge();
	run(&script);
	warren_errands_run(edge);
	demand_nothing_stays();
	return 0;
}
