/*
 * What edges say to each other about sockets: two edges that know each other, "f" and "g", each
 * with a client over polling, without sockets.  What one asks of the other waits until the script
 * says what comes of it.  Time is turned.
 *
 * - s: the other edge is the present one.
 * - n: a client comes to it, in the place of the one there.  k: it breaks off.  p BYTES: it posts.
 * - t N: N ms pass.
 * - e: an event to the latest sid.  b N: the broadcast of that id.  j, l: it joins, it leaves.
 *   u NAME: whose it is.  d N: it is disconnected, with N its transport, too.
 * - y: the oldest question goes to the other edge, and its answer comes back.  x: it fails.
 *   a N LETTER: it is answered with that status and that.
 * - O, T, D, C LETTER: a peer offers, has taken, delivers, changes.
 *
 * A letter is words with '|' between them: 'text, =number, #bytes.  "$S", "$P" and "$O" stand for
 * the latest sid, pid and offset that a client was told.
 *
 * Whatever a peer says, each question is settled once, and of clients that left nothing stays but
 * what may come back, which ends with recovery.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edge/cluster/peer.h"
#include "edge/http/route.h"
#include "edge/socketio/handover.h"
#include "edge/socketio/letter.h"
#include "edge/socketio/room.h"
#include "support/script.h"

enum {
	EDGES = 2,
	CALLS_MAX = 8,
	PING_MS = 300,
	PONG_MS = 200,
	CONNECT_MS = 1000,
	RECOVERY_MS = 2000,
	LETTER_MAX = 1 << 16
};

#define ROOM "r"

struct call {
	struct call *next;
	struct warren_edge *edge; /* who asks */
	char path[32];
	struct warren_buffer letter;
	warren_peer_on_answer fn;
	void *data;
};

static struct warren_edge *edges[EDGES];
static char clients[EDGES][WARREN_SID_SIZE]; /* sessions */
static struct warren_clock *turned;
static struct call *calls;
static uint32_t call_count;
static char sid[WARREN_SID_SIZE], pid[WARREN_PID_SIZE], offset[WARREN_OFFSET_LEN + 1];

/* ---- questions: in the place of peer.c's, by the linker's --wrap ---- */

int __wrap_warren_peer_call(struct warren_edge *edge, const char *instance, const char *path,
	const void *body, size_t len, uint32_t timeout_ms, warren_peer_on_answer fn, void *data);

int __wrap_warren_peer_call(struct warren_edge *edge, const char *instance, const char *path,
	const void *body, size_t len, uint32_t timeout_ms, warren_peer_on_answer fn, void *data)
{
	struct call *call, **end = &calls;

	(void)timeout_ms;
	if (strcmp(instance, edge == edges[0] ? "g" : "f") != 0)
		return -ENOENT;
	if (len > WARREN_PEER_BODY_MAX)
		return -EMSGSIZE;
	if (call_count >= CALLS_MAX)
		return -EAGAIN;
	call = calloc(1, sizeof *call);
	*call = (struct call){.edge = edge, .fn = fn, .data = data};
	strncpy(call->path, path, sizeof call->path - 1);
	warren_buffer_init(&call->letter, WARREN_PEER_BODY_MAX);
	fuzz_demand(warren_buffer_append(&call->letter, body, len) == 0);
	while (*end)
		end = &(*end)->next;
	*end = call;
	call_count++;
	return 0;
}

static struct call *take_call(void)
{
	struct call *call = calls;

	if (call) {
		calls = call->next;
		call_count--;
	}
	return call;
}

static void answer(struct call *call, int status, const struct warren_buffer *body)
{
	call->fn(status, body && body->len ? (const void *)body->data : "", body ? body->len : 0,
		call->data);
	warren_buffer_free(&call->letter);
	free(call);
}

/* Asks an edge; the answer's body is the caller's. */
static int serve(struct warren_edge *edge, const char *path, const struct warren_buffer *letter,
	struct warren_buffer *ret)
{
	const struct warren_route *route = edge->cluster->routes;
	struct warren_edge_request request = {.method = "POST", .path = path, .query = ""};
	struct warren_edge_response response = {.status = 200};
	char *exact = malloc(letter->len + 1); /* so that a sanitizer sees any byte too many */

	while (route && strcmp(route->path, path) != 0)
		route = route->next;
	fuzz_demand(route && exact);
	if (letter->len)
		memcpy(exact, letter->data, letter->len);
	request.body = letter->len ? exact : NULL;
	request.body_len = letter->len;
	route->fn(&request, &response, route->data);
	if (response.body_len)
		fuzz_demand(warren_buffer_append(ret, response.body, response.body_len) == 0);
	free(exact);
	return response.status;
}

static void pass_on(struct call *call)
{
	struct warren_edge *other = call->edge == edges[0] ? edges[1] : edges[0];
	struct warren_buffer body;
	int status;

	warren_buffer_init(&body, WARREN_PEER_BODY_MAX);
	status = serve(other, call->path, &call->letter, &body);
	answer(call, status, &body);
	warren_buffer_free(&body);
}

/* ---- letters ---- */

/* Appends bytes with "$S", "$P" and "$O" replaced. */
static void put_filled(struct warren_buffer *to, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char name = bytes[i] == '$' && i + 1 < len ? (char)bytes[i + 1] : '\0';
		const char *value = name == 'S' ? sid : name == 'P' ? pid : offset;

		if (name == 'S' || name == 'P' || name == 'O') {
			fuzz_demand(warren_buffer_append(to, value, strlen(value)) == 0);
			i++;
		} else {
			fuzz_demand(warren_buffer_append(to, bytes + i, 1) == 0);
		}
	}
}

static uint64_t read_number(const uint8_t *bytes, size_t len)
{
	uint64_t number = 0;

	for (size_t i = 0; i < len && bytes[i] >= '0' && bytes[i] <= '9'; i++)
		number = number * 10 + bytes[i] - '0';
	return number;
}

static void put_word(struct warren_buffer *letter, const uint8_t *word, size_t len)
{
	struct warren_buffer text;

	if (!len)
		return;
	if (*word == '=') {
		fuzz_demand(warren_letter_put(letter, read_number(word + 1, len - 1)) == 0);
		return;
	}
	warren_buffer_init(&text, LETTER_MAX * WARREN_PID_SIZE);
	put_filled(&text, word + 1, len - 1);
	if (*word == '\'')
		fuzz_demand(warren_letter_put_text(letter, (char *)text.data, text.len) == 0);
	else if (text.len)
		fuzz_demand(warren_buffer_append(letter, text.data, text.len) == 0);
	warren_buffer_free(&text);
}

static void write_letter(struct warren_buffer *ret, const uint8_t *bytes, size_t len)
{
	const uint8_t *end = bytes + len, *bar;

	warren_buffer_init(ret, WARREN_PEER_BODY_MAX);
	for (; bytes < end; bytes = bar + 1) {
		bar = memchr(bytes, '|', (size_t)(end - bytes));
		if (!bar)
			bar = end;
		put_word(ret, bytes, (size_t)(bar - bytes));
	}
}

/* ---- clients ---- */

static struct warren_edge_session *session_of(int at)
{
	return warren_map_get(edges[at]->engines->sessions, clients[at]);
}

static void leave(int at)
{
	struct warren_edge_session *session = session_of(at);

	if (session)
		warren_session_close(session, "transport close");
}

static void come(int at)
{
	struct warren_edge_handshake *handshake = malloc(sizeof *handshake);
	struct warren_edge_session *session;

	leave(at);
	*handshake = (struct warren_edge_handshake){
		.query = "", .headers = "", .address = "127.0.0.1", .auth = "{}"};
	session = warren_session_open(edges[at]->engines, handshake, false);
	fuzz_demand(
		session && edges[at]->engines->app->opened(session, edges[at]->engines->data) == 0);
	strcpy(clients[at], session->sid);
}

static void post(int at, const struct fuzz_step *step)
{
	struct warren_edge_session *session = session_of(at);
	struct warren_buffer payload;

	warren_buffer_init(&payload, LETTER_MAX * WARREN_PID_SIZE);
	put_filled(&payload, step->bytes, step->len);
	if (session && payload.len && warren_polling_take(session, payload.data, payload.len) < 0)
		fuzz_demand(!session_of(at));
	warren_buffer_free(&payload);
}

/* Copies what stands between `before` and the next quote, when it fits. */
static void note(const char *text, const char *before, char *ret, size_t size)
{
	const char *at = strstr(text, before), *end;

	if (!at)
		return;
	at += strlen(before);
	end = strchr(at, '"');
	if (end && (size_t)(end - at) < size)
		*(char *)mempcpy(ret, at, (size_t)(end - at)) = '\0';
}

/* The client reads all that is queued. */
static void take(int at)
{
	struct warren_edge_session *session = session_of(at);
	size_t size;
	char *payload;

	if (!session || !session->out.count)
		return;
	size = warren_payload_size(&session->out);
	payload = malloc(size + 1);
	warren_payload_write(&session->out, (uint8_t *)payload);
	payload[size] = '\0';
	fuzz_demand(session->out.count == 0);
	warren_session_sent(session);
	note(payload, "{\"sid\":\"", sid, sizeof sid);
	note(payload, "\"pid\":\"", pid, sizeof pid);
	note(payload, "[\"n\",\"", offset, sizeof offset);
	note(payload, "},\"", offset, sizeof offset); /* behind CONNECT */
	free(payload);
}

/* ---- steps ---- */

static void may_be_full(int result)
{
	fuzz_demand(result == 0 || result == -EAGAIN);
}

static void pass(uint32_t ms)
{
	warren_clock_advance_ms(turned, ms);
	for (int i = 0; i < EDGES; i++)
		warren_edge_tick(edges[i]);
}

static void broadcast(struct warren_edge *edge, const char *id)
{
	static const char *const rooms[] = {ROOM};
	const struct warren_edge_target target = {
		.ns = "/", .to = rooms, .to_count = 1, .id = *id ? id : NULL};

	may_be_full(warren_edge_broadcast_to(edge, &target, "n", NULL, 0));
}

static void change(struct warren_edge *edge, const struct fuzz_step *step)
{
	char name[32];

	fuzz_step_text(step, name, sizeof name);
	if (step->verb == 'e')
		may_be_full(warren_edge_emit(edge, sid, "n", NULL, 0));
	else if (step->verb == 'b')
		broadcast(edge, name);
	else if (step->verb == 'j')
		may_be_full(warren_edge_join(edge, sid, ROOM));
	else if (step->verb == 'l')
		may_be_full(warren_edge_leave(edge, sid, ROOM));
	else if (step->verb == 'u')
		may_be_full(warren_edge_set_user(edge, sid, name));
	else if (step->verb == 'd')
		may_be_full(warren_edge_disconnect(edge, sid, fuzz_step_number(step) > 0));
}

static void ask(struct warren_edge *edge, const struct fuzz_step *step)
{
	static const struct {
		char verb;
		const char *path;
	} kinds[] = {{'O', "/recovery/offer"}, {'T', "/recovery/taken"}, {'D', "/recovery/deliver"},
		{'C', "/recovery/change"}};
	struct warren_buffer letter, body;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (kinds[i].verb != step->verb)
			continue;
		write_letter(&letter, step->bytes, step->len);
		warren_buffer_init(&body, WARREN_PEER_BODY_MAX);
		(void)serve(edge, kinds[i].path, &letter, &body);
		warren_buffer_free(&body);
		warren_buffer_free(&letter);
	}
}

static void settle(const struct fuzz_step *step)
{
	struct call *call = take_call();
	const uint8_t *space = memchr(step->bytes, ' ', step->len);
	struct warren_buffer letter;

	if (!call)
		return;
	if (step->verb == 'y') {
		pass_on(call);
	} else if (step->verb == 'x') {
		answer(call, -ECONNREFUSED, NULL);
	} else {
		space = space ? space + 1 : step->bytes + step->len;
		write_letter(&letter, space, (size_t)(step->bytes + step->len - space));
		answer(call, (int)fuzz_step_number(step), &letter);
		warren_buffer_free(&letter);
	}
}

/* What each edge counts is what there is. */
static void demand_counted(void)
{
	for (int i = 0; i < EDGES; i++) {
		struct warren_edge *edge = edges[i];

		fuzz_demand(edge->tally.parked == edge->parked.count);
		fuzz_demand(edge->tally.sockets + edge->parked.count + edge->moved.count ==
			    warren_map_count(edge->sockets));
	}
}

static void run(struct fuzz_script *script)
{
	struct fuzz_step step;
	int at = 0;

	while (fuzz_script_next(script, &step)) {
		if (step.verb == 's')
			at = !at;
		else if (step.verb == 'n')
			come(at);
		else if (step.verb == 'k')
			leave(at);
		else if (step.verb == 'p')
			post(at, &step);
		else if (step.verb == 't')
			pass(fuzz_step_number(&step));
		else if (step.verb == 'y' || step.verb == 'x' || step.verb == 'a')
			settle(&step);
		else if (strchr("OTDC", step.verb))
			ask(edges[at], &step);
		else
			change(edges[at], &step);
		for (int i = 0; i < EDGES; i++) {
			warren_errands_run(edges[i]);
			take(i);
		}
		demand_counted();
	}
}

static void demand_nothing_stays(void)
{
	for (struct call *call; (call = take_call());)
		answer(call, -ECANCELED, NULL);
	pass(CONNECT_MS);
	for (int i = 0; i < EDGES; i++) {
		struct warren_edge *edge = edges[i];

		warren_recovery_end(edge, "the script is over");
		fuzz_demand(!calls && warren_map_count(edge->engines->sessions) == 0);
		fuzz_demand(warren_map_count(edge->sockets) == 0 && edge->kept_bytes == 0);
		for (struct warren_edge_namespace *ns = edge->namespaces; ns; ns = ns->next)
			fuzz_demand(
				!ns->sockets && (!ns->rooms || warren_map_count(ns->rooms) == 0));
		fuzz_demand(!edge->live.count && !edge->parked.count && !edge->moved.count);
		fuzz_demand(warren_wheel_next_ms(&edge->wheel) == WARREN_WHEEL_NEVER);
	}
	demand_counted();
}

static void open_edges(void)
{
	struct warren_edge_options options = {.host = "127.0.0.1",
		.ping_interval_ms = PING_MS,
		.ping_timeout_ms = PONG_MS,
		.connect_timeout_ms = CONNECT_MS,
		.max_payload = LETTER_MAX,
		.max_rooms = 3,
		.max_attachments = 2,
		.recovery_ms = RECOVERY_MS,
		.recovery_max_events = 8,
		.recovery_max_bytes = 2000,
		.recovery_max_memory = 600,
		.recovery_max_sockets = 3,
		.recovery_offset_event = true};
	struct warren_error error;

	turned = warren_clock_open_turned(warren_clock_wall_ms(warren_clock_real()));
	for (int i = 0; i < EDGES; i++) {
		options.instance = i ? "g" : "f";
		fuzz_demand(warren_edge_open(&options, &edges[i], &error) == 0);
		fuzz_demand(warren_edge_namespace(edges[i], "/") != NULL);
		if (i == 0)
			warren_clock_advance_ms(turned, warren_edge_now_ms(edges[0]) + 1000);
		edges[i]->clock = turned;
		warren_edge_tick(edges[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_script script = fuzz_script_open(data, len);

	if (!edges[0])
		open_edges();
	strcpy(sid, "f.nobody");
	strcpy(pid, "f.nobody");
	strcpy(offset, "none");
	run(&script);
	for (int i = 0; i < EDGES; i++)
		leave(i);
	demand_nothing_stays();
	return 0;
}
