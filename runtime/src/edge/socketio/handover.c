#include "edge/socketio/handover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edge/cluster/peer.h"
#include "edge/socketio/letter.h"
#include "edge/socketio/room.h"

#define OFFER "/recovery/offer"
#define TAKEN "/recovery/taken"
#define DELIVER "/recovery/deliver"
#define CHANGE "/recovery/change"
#define CALL_MS 5000
/* Edges that a client's CONNECT may be sent on to. */
#define HOPS_MAX 4
#define EVENTS_MAX 1000000

struct warren_arrival {
	struct warren_arrival *next;  /* of the client */
	struct warren_client *client; /* NULL: it has gone */
	struct warren_edge_namespace *ns;
	struct warren_json_span auth; /* ours, as all texts here */
	char *pid;
	uint64_t key; /* of the event that it received last; 0: none */
	uint32_t hops;
	uint64_t ghost;                     /* the number of the one that is here; 0: none */
	char instance[WARREN_INSTANCE_MAX]; /* who is asked */
	char sender[WARREN_INSTANCE_MAX];   /* "": this edge; who sent us there, and may be asked
					       again */
	char without[WARREN_INSTANCE_MAX];  /* "": none; who has been asked and has not got it */
};

/* ---- asking, and being let in ---- */

static struct warren_ghost *ghost_of(const struct warren_edge_socket *socket)
{
	return socket && socket->history ? socket->history->ghost : NULL;
}

static void on_settled(void *data)
{
	struct warren_ghost *ghost = data;

	warren_rooms_leave(ghost->socket);
}

/* The socket has gone to that edge.  Returns false when memory is out. */
static bool become_ghost(struct warren_edge_socket *socket, const char *instance)
{
	struct warren_edge *edge = socket->ns->edge;
	struct warren_ghost *ghost = calloc(1, sizeof *ghost);

	if (!ghost)
		return false;
	ghost->socket = socket;
	ghost->number = ++edge->ghost_number;
	memcpy(ghost->instance, instance, strlen(instance) + 1);
	warren_wheel_timer_init(&ghost->timer, on_settled, ghost);
	warren_wheel_set(&edge->wheel, &ghost->timer, warren_edge_now_ms(edge) + WARREN_SETTLE_MS);
	warren_recovery_become_ghost(socket, ghost);
	return true;
}

/* Whether the socket is here, and was offered to that edge. */
static bool is_offered(const struct warren_edge_socket *socket, const char *instance)
{
	return socket && !socket->client && !ghost_of(socket) && socket->history->offered_to &&
	       !strcmp(socket->history->offered_to, instance);
}

static void arrival_free(struct warren_arrival *arrival)
{
	free((char *)arrival->auth.text);
	free(arrival->pid);
	free(arrival);
}

bool warren_handover_waits(
	const struct warren_client *client, const struct warren_edge_namespace *ns)
{
	const struct warren_arrival *arrival = client->arrivals;

	while (arrival && arrival->ns != ns)
		arrival = arrival->next;
	return arrival;
}

void warren_handover_forget(struct warren_client *client)
{
	for (struct warren_arrival *arrival = client->arrivals; arrival; arrival = arrival->next)
		arrival->client = NULL;
	client->arrivals = NULL;
}

static void on_offer(int status, const void *body, size_t len, void *data);

static int ask(struct warren_arrival *arrival)
{
	struct warren_edge *edge = arrival->ns->edge;
	const char *ns = arrival->ns->name, *own = edge->instance;
	struct warren_buffer letter;
	int result;

	warren_buffer_init(&letter, WARREN_PEER_BODY_MAX);
	result = warren_letter_put_text(&letter, ns, strlen(ns));
	if (result == 0)
		result = warren_letter_put_text(&letter, arrival->pid, strlen(arrival->pid));
	if (result == 0)
		result = warren_letter_put_text(&letter, own, strlen(own));
	if (result == 0)
		result =
			warren_letter_put_text(&letter, arrival->without, strlen(arrival->without));
	if (result == 0)
		result = warren_letter_put(&letter, arrival->key);
	if (result == 0)
		result = warren_peer_call(edge, arrival->instance, OFFER, letter.data, letter.len,
			CALL_MS, on_offer, arrival);
	warren_buffer_free(&letter);
	return result;
}

/* Copies a span, with its end.  Returns false when memory is out. */
static bool copy(struct warren_json_span from, struct warren_json_span *ret)
{
	char *text = from.text ? malloc(from.len + 1) : NULL;

	if (from.text && !text)
		return false;
	if (text) {
		memcpy(text, from.text, from.len);
		text[from.len] = '\0';
	}
	*ret = (struct warren_json_span){text, from.len};
	return true;
}

bool warren_handover_ask(struct warren_edge_namespace *ns, struct warren_client *client,
	const char *instance, struct warren_json_span auth, const char *pid, uint64_t key)
{
	struct warren_arrival *arrival = calloc(1, sizeof *arrival);
	struct warren_ghost *ghost;

	if (!arrival)
		return false;
	arrival->ns = ns;
	arrival->client = client;
	arrival->key = key;
	arrival->pid = strdup(pid);
	strncpy(arrival->instance, instance, sizeof arrival->instance - 1);
	if (!arrival->pid || !copy(auth, &arrival->auth) || ask(arrival) < 0) {
		arrival_free(arrival);
		return false;
	}
	ghost = ghost_of(warren_recovery_find(ns, pid));
	if (ghost) {
		arrival->ghost = ghost->number;
		ghost->asked++;
	}
	arrival->next = client->arrivals;
	client->arrivals = arrival;
	return true;
}

/* Its question has been answered.  May end a ghost. */
static void arrival_end(struct warren_arrival *arrival)
{
	struct warren_edge_socket *socket = warren_recovery_find(arrival->ns, arrival->pid);
	struct warren_ghost *ghost = ghost_of(socket);

	if (ghost && ghost->number == arrival->ghost) {
		ghost->asked--;
		warren_ghost_flush(socket);
	}
	arrival_free(arrival);
}

/* Whether what came through that room is for the socket: it may have left since. */
static bool is_meant(const struct warren_edge_socket *socket, const char *via)
{
	return !*via || warren_room_has(socket, via);
}

/* Reads events to the end of a socket's history; with `once` those alone that it has not had. */
static int read_events(struct warren_edge_socket *socket, struct warren_letter *letter, bool once)
{
	uint32_t max = socket->ns->edge->options.max_attachments + 1;
	struct warren_frame **frames = calloc(max, sizeof *frames);
	char via[WARREN_LETTER_TEXT];
	int result = frames ? 0 : -ENOMEM;

	for (uint64_t n = warren_letter_number(letter); n && !letter->bad && result == 0; n--) {
		uint64_t key = 0;
		int count;

		warren_letter_text(letter, via);
		count = warren_letter_event(letter, &key, frames, max);
		if (count < 0)
			result = count;
		else if (is_meant(socket, via) && !(once && warren_history_has(socket, key)))
			result = warren_history_add(socket, key, count ? frames[0] : NULL,
				frames + 1, count > 1 ? (uint32_t)count - 1 : 0);
		for (int i = 0; i < count; i++)
			warren_frame_unref(frames[i]);
		if (result == -ENOSPC)
			result = 0; /* less than the other edge keeps */
	}
	free(frames);
	return letter->bad ? -EBADMSG : result;
}

/* Reads whose it is, the rooms and the events of a socket that has come. */
static int fill(struct warren_edge_socket *socket, struct warren_letter *letter)
{
	char text[WARREN_LETTER_TEXT];
	int result = warren_room_set_user(socket, warren_letter_text(letter, text));

	for (uint64_t n = warren_letter_number(letter); n && !letter->bad && result == 0; n--)
		if (*warren_letter_text(letter, text))
			result = warren_room_join(socket, text);
	if (result == 0)
		result = read_events(socket, letter, false);
	for (uint64_t n = warren_letter_number(letter); n && !letter->bad && result == 0; n--)
		warren_history_know(socket->history, warren_letter_number(letter));
	return letter->bad ? -EBADMSG : result;
}

/* Ends the ghost of a socket that comes back here; what it had, the other edge may have, too. */
static void end_ghost(struct warren_edge_socket *socket, struct warren_buffer *ret)
{
	struct warren_history *history = socket->history;

	if (warren_letter_put_events(ret, history, 0, history->count) == 0)
		warren_history_shift(history, history->count);
	else
		ret->len = 0;
	warren_recovery_give_up(socket, "it came back");
}

/* Makes the socket of an offer, which is sent what waited here, too.  Returns NULL when there is
 * none to make. */
static struct warren_edge_socket *make(struct warren_arrival *arrival, const char *sid,
	struct warren_letter *letter, struct warren_letter *waiting)
{
	struct warren_edge *edge = arrival->ns->edge;
	uint64_t base = warren_letter_number(letter);
	struct warren_edge_socket *socket = warren_socket_open(arrival->ns, arrival->client, sid);

	if (!socket)
		return NULL;
	if (!warren_history_open(socket) || !(socket->history->pid = strdup(arrival->pid)) ||
		fill(socket, letter) < 0) {
		warren_rooms_leave(socket);
		warren_socket_free(socket);
		return NULL;
	}
	if (!socket->base)
		socket->base = base;
	if (waiting->at < waiting->end && read_events(socket, waiting, true) < 0)
		warren_log(edge->options.log, WARREN_LOG_ERROR,
			"memory is out for what a socket missed", WARREN_TEXT("sid", sid));
	socket->history->number = ++edge->ghost_number;
	/* Twice: an event that is late here may have been passed on when the other edge was late.
	 */
	socket->history->settled_ms = warren_edge_now_ms(edge) + 2 * (int64_t)WARREN_SETTLE_MS;
	socket->recovered = true;
	warren_tally_add(edge, recovered, 1);
	return socket;
}

/* Takes the socket of an offer over.  Returns NULL when that cannot be. */
static struct warren_edge_socket *take_over(
	struct warren_arrival *arrival, struct warren_letter *letter)
{
	struct warren_edge *edge = arrival->ns->edge;
	char sid[WARREN_LETTER_TEXT];
	struct warren_edge_socket *here =
		warren_map_get(edge->sockets, warren_letter_text(letter, sid));
	struct warren_buffer events;
	struct warren_letter waiting;

	if (!*sid || strlen(sid) >= WARREN_SID_SIZE || (here && !ghost_of(here)))
		return NULL;
	warren_buffer_init(&events, WARREN_PEER_BODY_MAX);
	if (here)
		end_ghost(here, &events);
	warren_letter_read(&waiting, events.data, events.len);
	here = make(arrival, sid, letter, &waiting);
	warren_buffer_free(&events);
	return here;
}

/* A call about a socket, which may be another one of the same sid when it is answered. */
struct errand {
	struct warren_edge *edge;
	uint64_t number;
	char sid[WARREN_SID_SIZE];
};

static struct errand *errand_open(const struct warren_edge_socket *socket, uint64_t number)
{
	struct errand *errand = malloc(sizeof *errand);

	if (errand) {
		errand->edge = socket->ns->edge;
		errand->number = number;
		memcpy(errand->sid, socket->sid, strlen(socket->sid) + 1);
	}
	return errand;
}

static void on_told_taken(int status, const void *body, size_t len, void *data)
{
	struct errand *errand = data;
	struct warren_edge_socket *socket = warren_map_get(errand->edge->sockets, errand->sid);

	(void)body;
	(void)len;
	if (status == 409 && socket && socket->history &&
		socket->history->number == errand->number && !socket->history->ghost)
		warren_recovery_forget(socket);
	free(errand);
}

/* When this fails, the other edge gives the socket up after a while, and counts as lost what has
 * been received here: it cannot know. */
static void tell_taken(struct warren_arrival *arrival, const char *sid)
{
	struct warren_edge *edge = arrival->ns->edge;
	const struct warren_edge_socket *socket = warren_map_get(edge->sockets, sid);
	struct errand *errand = errand_open(socket, socket->history->number);
	const char *ns = arrival->ns->name, *own = edge->instance;
	struct warren_buffer letter;
	int result = errand ? 0 : -ENOMEM;

	warren_buffer_init(&letter, WARREN_PEER_BODY_MAX);
	if (result == 0)
		result = warren_letter_put_text(&letter, ns, strlen(ns));
	if (result == 0)
		result = warren_letter_put_text(&letter, arrival->pid, strlen(arrival->pid));
	if (result == 0)
		result = warren_letter_put_text(&letter, own, strlen(own));
	if (result == 0)
		result = warren_peer_call(edge, arrival->instance, TAKEN, letter.data, letter.len,
			CALL_MS, on_told_taken, errand);
	warren_buffer_free(&letter);
	if (result != 0)
		free(errand);
}

/* The client has its answer: the socket of the offer, or a new one. */
static void let_in(struct warren_arrival *arrival, struct warren_letter *offer)
{
	struct warren_client *client = arrival->client;
	struct warren_edge_session *session = client->session;
	struct warren_edge_socket *socket;
	char sid[WARREN_SID_SIZE];

	warren_session_enter(session);
	socket = offer ? take_over(arrival, offer) : NULL;
	if (!socket) {
		warren_namespace_admit(arrival->ns, client, NULL, arrival->auth);
	} else {
		memcpy(sid, socket->sid, strlen(socket->sid) + 1);
		warren_namespace_admit(arrival->ns, client, socket, arrival->auth);
		if (warren_map_get(arrival->ns->edge->sockets, sid))
			tell_taken(arrival, sid); /* else it was refused */
	}
	warren_session_leave(session);
}

/* Asks the edge that the socket has gone to.  Returns whether it is asked. */
static bool ask_next(struct warren_arrival *arrival, const void *body, size_t len)
{
	struct warren_letter letter;
	char instance[WARREN_LETTER_TEXT];

	warren_letter_read(&letter, body, len);
	warren_letter_text(&letter, instance);
	if (!*instance || strlen(instance) >= sizeof arrival->instance ||
		++arrival->hops > HOPS_MAX)
		return false;
	memcpy(arrival->sender, arrival->instance, sizeof arrival->sender);
	memcpy(arrival->instance, instance, strlen(instance) + 1);
	return ask(arrival) == 0;
}

/* Who is said to have the socket has not got it: asks who said so for what is there.  Returns
 * whether it is asked. */
static bool ask_back(struct warren_arrival *arrival)
{
	if (!*arrival->sender || ++arrival->hops > HOPS_MAX)
		return false;
	memcpy(arrival->without, arrival->instance, sizeof arrival->without);
	memcpy(arrival->instance, arrival->sender, sizeof arrival->instance);
	arrival->sender[0] = '\0';
	return ask(arrival) == 0;
}

/* The edge that the socket here was offered to has taken it; or has not got it, so that it is ours
 * again, if it can be. */
static void settle_offer(
	const struct warren_arrival *arrival, struct warren_edge_socket *socket, bool taken)
{
	if (taken && become_ghost(socket, arrival->instance))
		return;
	socket = warren_recovery_claim(socket, arrival->key);
	if (socket)
		(void)warren_history_offer(socket->history, NULL);
}

/* Whether another answer has brought the socket meanwhile. */
static bool is_here(const struct warren_arrival *arrival)
{
	const struct warren_edge_socket *socket = warren_recovery_find(arrival->ns, arrival->pid);

	return socket && !ghost_of(socket);
}

static void on_offer(int status, const void *body, size_t len, void *data)
{
	struct warren_arrival *arrival = data, **link;
	struct warren_edge_socket *socket;
	struct warren_letter letter;

	if (arrival->client &&
		(status == 409 ? ask_next(arrival, body, len) : status != 200 && ask_back(arrival)))
		return;
	socket = warren_recovery_find(arrival->ns, arrival->pid);
	if (is_offered(socket, arrival->instance))
		settle_offer(arrival, socket, status == 200);
	if (arrival->client) {
		for (link = &arrival->client->arrivals; *link != arrival; link = &(*link)->next)
			;
		*link = arrival->next;
		warren_letter_read(&letter, body, len);
		if (is_here(arrival))
			warren_namespace_join(arrival->ns, arrival->client, arrival->auth);
		else
			let_in(arrival, status == 200 ? &letter : NULL);
	}
	arrival_end(arrival);
}

/* ---- what a peer asks ---- */

/* Reads a namespace and a pid.  Returns the socket; NULL when there is none. */
static struct warren_edge_socket *read_socket(struct warren_edge *edge,
	struct warren_letter *letter, char instance[WARREN_LETTER_TEXT],
	char pid[WARREN_LETTER_TEXT])
{
	char name[WARREN_LETTER_TEXT];
	struct warren_edge_namespace *ns;

	warren_letter_text(letter, name);
	warren_letter_text(letter, pid);
	warren_letter_text(letter, instance);
	ns = letter->bad ? NULL : warren_namespace_find(edge, name, strlen(name));
	return ns && strlen(instance) < WARREN_INSTANCE_MAX ? warren_recovery_find(ns, pid) : NULL;
}

static int write_offer(struct warren_buffer *answer, const struct warren_edge_socket *socket)
{
	const char *user = warren_edge_user(socket);
	const struct warren_history *history = socket->history;
	int result = warren_letter_put_text(answer, socket->sid, strlen(socket->sid));

	if (result == 0)
		result = warren_letter_put(answer, socket->base);
	if (result == 0)
		result = warren_letter_put_text(answer, user, strlen(user));
	if (result == 0)
		result = warren_letter_put(answer, socket->room_count);
	for (struct warren_member *member = socket->rooms; member && result == 0;
		member = member->socket_next)
		result = warren_letter_put_text(
			answer, member->room->name, strlen(member->room->name));
	if (result == 0)
		result = warren_letter_put_events(answer, history, 0, history->count);
	if (result == 0)
		result = warren_letter_put(answer, history->known_count);
	for (uint32_t i = 0; i < history->known_count && result == 0; i++)
		result = warren_letter_put(answer, history->known[i]);
	return result;
}

/* Who has the socket now, as far as the client's offset tells: NULL when it is this edge. */
static const char *holder(
	const struct warren_edge_socket *socket, const char *without, uint64_t key)
{
	const struct warren_ghost *ghost = ghost_of(socket);
	const char *there = ghost ? ghost->instance : warren_history_taken_by(socket, key);

	return there && (ghost || strcmp(there, without) != 0) ? there : NULL;
}

static void serve_offer(const struct warren_edge_request *request,
	struct warren_edge_response *response, void *data)
{
	struct warren_edge *edge = data;
	struct warren_buffer *answer = &edge->letter;
	struct warren_letter letter;
	char instance[WARREN_LETTER_TEXT], pid[WARREN_LETTER_TEXT], without[WARREN_LETTER_TEXT];
	struct warren_edge_socket *socket;
	const char *there;
	uint64_t key;
	int result;

	warren_buffer_free(answer);
	warren_buffer_init(answer, WARREN_PEER_BODY_MAX);
	warren_letter_read(&letter, request->body, request->body_len);
	socket = read_socket(edge, &letter, instance, pid);
	warren_letter_text(&letter, without);
	key = warren_letter_number(&letter);
	response->status = 404;
	if (!socket || letter.bad)
		return;
	there = holder(socket, without, key);
	if (there && !strcmp(there, without))
		return;
	if (there) {
		result = warren_letter_put_text(answer, there, strlen(there));
		response->status = 409;
	} else {
		socket = warren_recovery_claim(socket, key);
		if (!socket)
			return;
		result = warren_history_offer(socket->history, instance);
		if (result == 0)
			result = write_offer(answer, socket);
		response->status = 200;
	}
	if (result < 0)
		response->status = 500;
	response->body = answer->data;
	response->body_len = answer->len;
}

static void serve_taken(const struct warren_edge_request *request,
	struct warren_edge_response *response, void *data)
{
	struct warren_edge *edge = data;
	struct warren_letter letter;
	char instance[WARREN_LETTER_TEXT], pid[WARREN_LETTER_TEXT];
	struct warren_edge_socket *socket;

	warren_letter_read(&letter, request->body, request->body_len);
	socket = read_socket(edge, &letter, instance, pid);
	response->status = 404;
	if (!socket)
		return;
	response->status = 409;
	if (!is_offered(socket, instance))
		return;
	response->status = 404;
	if (!become_ghost(socket, instance))
		return;
	response->status = 200;
	warren_ghost_flush(socket);
}

static void serve_deliver(const struct warren_edge_request *request,
	struct warren_edge_response *response, void *data)
{
	struct warren_edge *edge = data;
	uint32_t max = edge->options.max_attachments + 1;
	struct warren_frame **frames = calloc(max, sizeof *frames);
	struct warren_letter letter;
	char sid[WARREN_LETTER_TEXT], via[WARREN_LETTER_TEXT];
	int count = 0;

	warren_letter_read(&letter, request->body, request->body_len);
	warren_letter_text(&letter, sid);
	response->status = frames && warren_map_get(edge->sockets, sid) ? 200 : 404;
	for (uint64_t n = warren_letter_number(&letter); n && frames && count >= 0; n--) {
		struct warren_parcel parcel = {.has_id = true};
		struct warren_edge_socket *socket = warren_map_get(edge->sockets, sid);

		warren_letter_text(&letter, via);
		count = warren_letter_event(&letter, &parcel.key, frames, max);
		if (count > 0 && socket && (ghost_of(socket) || is_meant(socket, via))) {
			edge->via = *via ? via : NULL;
			parcel.packet = frames[0];
			parcel.attachments = frames + 1;
			parcel.count = (uint32_t)count - 1;
			warren_recovery_send(socket, &parcel);
			edge->via = NULL;
		}
		for (int i = 0; i < count; i++)
			warren_frame_unref(frames[i]);
	}
	free(frames);
}

static void serve_change(const struct warren_edge_request *request,
	struct warren_edge_response *response, void *data)
{
	struct warren_edge *edge = data;
	struct warren_letter letter;
	char sid[WARREN_LETTER_TEXT], name[WARREN_LETTER_TEXT];
	uint64_t what;

	warren_letter_read(&letter, request->body, request->body_len);
	warren_letter_text(&letter, sid);
	what = warren_letter_number(&letter);
	warren_letter_text(&letter, name);
	response->status = letter.bad ? 400 : 200;
	if (letter.bad)
		return;
	if (what == 'j')
		(void)warren_edge_join(edge, sid, name);
	else if (what == 'l')
		(void)warren_edge_leave(edge, sid, name);
	else if (what == 'u')
		(void)warren_edge_set_user(edge, sid, name);
	else if (what == 'd' || what == 'c')
		(void)warren_edge_disconnect(edge, sid, what == 'c');
}

int warren_handover_open(struct warren_edge *edge)
{
	static const struct {
		const char *path;
		warren_edge_on_request fn;
	} routes[] = {{OFFER, serve_offer}, {TAKEN, serve_taken}, {DELIVER, serve_deliver},
		{CHANGE, serve_change}};
	int result = 0;

	warren_buffer_init(&edge->letter, WARREN_PEER_BODY_MAX);
	for (size_t i = 0; i < sizeof routes / sizeof routes[0] && result == 0; i++)
		result = warren_internal_route(edge, routes[i].path, routes[i].fn, edge);
	return result;
}

/* ---- ghosts ---- */

void warren_ghost_free(struct warren_ghost *ghost)
{
	if (!ghost)
		return;
	warren_wheel_cancel(&ghost->socket->ns->edge->wheel, &ghost->timer);
	free(ghost);
}

static void on_delivered(int status, const void *body, size_t len, void *data)
{
	struct errand *errand = data;
	struct warren_edge_socket *socket = warren_map_get(errand->edge->sockets, errand->sid);
	struct warren_ghost *ghost = ghost_of(socket);

	(void)body;
	(void)len;
	if (ghost && ghost->number == errand->number) {
		if (status == 200) {
			ghost->sent = ghost->sending;
			ghost->sending = 0;
			warren_ghost_flush(socket);
		} else {
			warren_recovery_give_up(socket, "the edge that it went to lost it");
		}
	}
	free(errand);
}

static int deliver(struct warren_edge_socket *socket, struct errand *errand)
{
	struct warren_buffer letter;
	int result;

	warren_buffer_init(&letter, WARREN_PEER_BODY_MAX);
	result = warren_letter_put_text(&letter, socket->sid, strlen(socket->sid));
	if (result == 0)
		result = warren_letter_put_events(
			&letter, socket->history, 0, socket->history->count);
	if (result == 0)
		result = warren_peer_call(socket->ns->edge, socket->history->ghost->instance,
			DELIVER, letter.data, letter.len, CALL_MS, on_delivered, errand);
	warren_buffer_free(&letter);
	return result;
}

void warren_ghost_flush(struct warren_edge_socket *socket)
{
	struct warren_ghost *ghost = socket->history->ghost;
	struct errand *errand;

	if (ghost->sending || ghost->asked)
		return;
	warren_history_shift(socket->history, ghost->sent);
	ghost->sent = 0;
	if (!socket->history->first)
		return;
	errand = errand_open(socket, ghost->number);
	if (errand && deliver(socket, errand) == 0) {
		ghost->sending = socket->history->count;
		return;
	}
	free(errand);
	warren_recovery_give_up(socket, "the edge that it went to cannot be reached");
}

static void on_told(int status, const void *body, size_t len, void *data)
{
	(void)status;
	(void)body;
	(void)len;
	(void)data;
}

void warren_ghost_change(struct warren_edge_socket *socket, char what, const char *name)
{
	struct warren_buffer letter;
	int result;

	warren_buffer_init(&letter, WARREN_PEER_BODY_MAX);
	result = warren_letter_put_text(&letter, socket->sid, strlen(socket->sid));
	if (result == 0)
		result = warren_letter_put(&letter, (uint64_t)what);
	if (result == 0)
		result = warren_letter_put_text(&letter, name, strlen(name));
	if (result == 0)
		result = warren_peer_call(socket->ns->edge, socket->history->ghost->instance,
			CHANGE, letter.data, letter.len, CALL_MS, on_told, NULL);
	if (result < 0)
		warren_log(socket->ns->edge->options.log, WARREN_LOG_WARN,
			"a socket's other edge was not told of a change",
			WARREN_TEXT("sid", socket->sid));
	warren_buffer_free(&letter);
}
