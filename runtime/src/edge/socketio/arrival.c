/* A client that comes with the pid of a socket that is elsewhere: asking for it, and taking it
 * over. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edge/cluster/peer.h"
#include "edge/socketio/handover.h"
#include "edge/socketio/letter.h"
#include "edge/socketio/room.h"

/* Edges that a client's CONNECT may be sent on to. */
#define HOPS_MAX 4

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
		result = warren_peer_call(edge, arrival->instance, WARREN_HANDOVER_OFFER,
			letter.data, letter.len, WARREN_HANDOVER_CALL_MS, on_offer, arrival);
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
	ghost = warren_ghost_of(warren_recovery_find(ns, pid));
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
	struct warren_ghost *ghost = warren_ghost_of(socket);

	if (ghost && ghost->number == arrival->ghost) {
		ghost->asked--;
		warren_ghost_flush(socket);
	}
	arrival_free(arrival);
}

/* ---- taking over ---- */

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
		else if (warren_handover_meant(socket, via) &&
			 !(once && warren_history_has(socket, key)))
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

	if (!*sid || strlen(sid) >= WARREN_SID_SIZE || (here && !warren_ghost_of(here)))
		return NULL;
	warren_buffer_init(&events, WARREN_PEER_BODY_MAX);
	if (here)
		end_ghost(here, &events);
	warren_letter_read(&waiting, events.data, events.len);
	here = make(arrival, sid, letter, &waiting);
	warren_buffer_free(&events);
	return here;
}

static void on_told_taken(int status, const void *body, size_t len, void *data)
{
	struct warren_question *question = data;
	struct warren_edge_socket *socket = warren_map_get(question->edge->sockets, question->sid);

	(void)body;
	(void)len;
	if (status == 409 && socket && socket->history &&
		socket->history->number == question->number && !socket->history->ghost)
		warren_recovery_forget(socket);
	free(question);
}

/* When this fails, the other edge gives the socket up after a while, and counts as lost what has
 * been received here: it cannot know. */
static void tell_taken(struct warren_arrival *arrival, const char *sid)
{
	struct warren_edge *edge = arrival->ns->edge;
	const struct warren_edge_socket *socket = warren_map_get(edge->sockets, sid);
	struct warren_question *question = warren_question_open(socket, socket->history->number);
	const char *ns = arrival->ns->name, *own = edge->instance;
	struct warren_buffer letter;
	int result = question ? 0 : -ENOMEM;

	warren_buffer_init(&letter, WARREN_PEER_BODY_MAX);
	if (result == 0)
		result = warren_letter_put_text(&letter, ns, strlen(ns));
	if (result == 0)
		result = warren_letter_put_text(&letter, arrival->pid, strlen(arrival->pid));
	if (result == 0)
		result = warren_letter_put_text(&letter, own, strlen(own));
	if (result == 0)
		result = warren_peer_call(edge, arrival->instance, WARREN_HANDOVER_TAKEN,
			letter.data, letter.len, WARREN_HANDOVER_CALL_MS, on_told_taken, question);
	warren_buffer_free(&letter);
	if (result != 0)
		free(question);
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

/* The edge that is said to have the socket has not got it: asks the edge that said so for what is
 * there.  Returns whether it is asked. */
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
	if (taken && warren_ghost_make(socket, arrival->instance)) {
		if (!arrival->client)
			warren_ghost_flush(socket); /* else what waits there comes along */
		return;
	}
	socket = warren_recovery_claim(socket, arrival->key);
	if (socket)
		(void)warren_history_offer(socket->history, NULL);
}

/* Whether another answer has brought the socket meanwhile. */
static bool is_here(const struct warren_arrival *arrival)
{
	const struct warren_edge_socket *socket = warren_recovery_find(arrival->ns, arrival->pid);

	return socket && !warren_ghost_of(socket);
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
	if (warren_handover_offered(socket, arrival->instance))
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
