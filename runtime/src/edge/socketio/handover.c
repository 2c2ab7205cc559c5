/* What other edges ask about sockets. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edge/cluster/peer.h"
#include "edge/socketio/handover.h"
#include "edge/socketio/letter.h"
#include "edge/socketio/room.h"

bool warren_handover_offered(const struct warren_edge_socket *socket, const char *instance)
{
	return socket && !socket->client && !warren_ghost_of(socket) &&
	       socket->history->offered_to && !strcmp(socket->history->offered_to, instance);
}

bool warren_handover_meant(const struct warren_edge_socket *socket, const char *via)
{
	return !*via || warren_room_has(socket, via);
}

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
	const struct warren_ghost *ghost = warren_ghost_of(socket);
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
	if (warren_ghost_of(socket) && !strcmp(warren_ghost_of(socket)->instance, instance)) {
		response->status = 200; /* an answer to a question of ours has said so before */
		warren_ghost_flush(socket);
		return;
	}
	response->status = 409;
	if (!warren_handover_offered(socket, instance))
		return;
	response->status = 404;
	if (!warren_ghost_make(socket, instance))
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
		if (count > 0 && socket &&
			(warren_ghost_of(socket) || warren_handover_meant(socket, via))) {
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
	} routes[] = {{WARREN_HANDOVER_OFFER, serve_offer}, {WARREN_HANDOVER_TAKEN, serve_taken},
		{WARREN_HANDOVER_DELIVER, serve_deliver}, {WARREN_HANDOVER_CHANGE, serve_change}};
	int result = 0;

	warren_buffer_init(&edge->letter, WARREN_PEER_BODY_MAX);
	for (size_t i = 0; i < sizeof routes / sizeof routes[0] && result == 0; i++)
		result = warren_internal_route(edge, routes[i].path, routes[i].fn, edge);
	return result;
}
