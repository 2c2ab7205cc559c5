#include "edge/socketio/recovery.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/socketio/ack.h"
#include "edge/socketio/handover.h"
#include "edge/socketio/room.h"

#define NAME_SHOWN 127

bool warren_recovery_is_on(const struct warren_edge *edge)
{
	return edge->options.recovery_ms > 0;
}

/* ---- offsets and pids ---- */

void warren_recovery_offset(struct warren_edge *edge, char ret[WARREN_OFFSET_LEN + 1])
{
	warren_offset_text(atomic_fetch_add(&edge->offset, 1), ret);
}

/* Two words of the process's secret hash: as hard to guess as its seed. */
static void sign(const char *sid, char ret[WARREN_PID_SIGNATURE + 1])
{
	char text[1 + WARREN_SID_SIZE], words[2][WARREN_OFFSET_LEN + 1];
	size_t len = strlen(sid);

	memcpy(text + 1, sid, len);
	for (int i = 0; i < 2; i++) {
		text[0] = (char)i;
		warren_offset_text(warren_hash(text, 1 + len), words[i]);
	}
	/* The first digit holds 4 bits alone. */
	memcpy(ret, words[0] + 1, WARREN_PID_SIGNATURE / 2);
	memcpy(ret + WARREN_PID_SIGNATURE / 2, words[1] + 1, WARREN_PID_SIGNATURE / 2 + 1);
}

void warren_recovery_pid(const struct warren_edge_socket *socket, char ret[WARREN_PID_SIZE])
{
	char signature[WARREN_PID_SIGNATURE + 1];

	if (socket->history && socket->history->pid) {
		snprintf(ret, WARREN_PID_SIZE, "%s", socket->history->pid);
		return;
	}
	sign(socket->sid, signature);
	snprintf(ret, WARREN_PID_SIZE, "%s%s", socket->sid, signature);
}

/* How long it takes says nothing about the right one. */
static bool is_equal(const char *a, const char *b, size_t len)
{
	unsigned differs = 0;

	for (size_t i = 0; i < len; i++)
		differs |= (unsigned)(a[i] ^ b[i]);
	return !differs;
}

struct warren_edge_socket *warren_recovery_find(struct warren_edge_namespace *ns, const char *pid)
{
	char sid[WARREN_SID_SIZE], right[WARREN_PID_SIZE];
	size_t len = strlen(pid);
	struct warren_edge_socket *socket;

	if (len <= WARREN_PID_SIGNATURE || len - WARREN_PID_SIGNATURE >= sizeof sid)
		return NULL;
	memcpy(sid, pid, len - WARREN_PID_SIGNATURE);
	sid[len - WARREN_PID_SIGNATURE] = '\0';
	socket = warren_map_get(ns->edge->sockets, sid);
	if (!socket || socket->ns != ns || socket->admission)
		return NULL;
	warren_recovery_pid(socket, right);
	return strlen(right) == len && is_equal(right, pid, len) ? socket : NULL;
}

/* ---- what is lost ---- */

/* Copies the name of the first event, as it was sent. */
static void first_name(const struct warren_history *history, char ret[NAME_SHOWN + 1])
{
	const struct warren_kept *kept = history->first;
	const char *at, *end;
	size_t len = 0;

	while (kept && !kept->count)
		kept = kept->next;
	if (kept) {
		at = (const char *)warren_frame_data(kept->frames[0]);
		end = at + kept->frames[0]->len;
		at = memchr(at, '[', (size_t)(end - at));
		for (at = at ? at + 2 : end; at < end && *at != '"' && len < NAME_SHOWN; at++)
			ret[len++] = *at;
	}
	ret[len] = '\0';
}

void warren_recovery_lose(struct warren_edge_socket *socket, const char *reason)
{
	const struct warren_history *history = socket->history;
	struct warren_edge_namespace *ns = socket->ns;
	char name[NAME_SHOWN + 1];
	struct warren_edge_lost lost = {.sid = socket->sid,
		.user = warren_edge_user(socket),
		.reason = reason,
		.first_event = name};

	if (!history || !(lost.count = history->events + history->dropped))
		return;
	first_name(history, name);
	warren_tally_add(ns->edge, lost, lost.count);
	warren_log(ns->edge->options.log, WARREN_LOG_INFO, "a socket may not have received all",
		WARREN_TEXT("sid", lost.sid), WARREN_TEXT("reason", reason),
		WARREN_INT("events", lost.count), WARREN_TEXT("first", name));
	if (ns->on_lost)
		ns->on_lost(&lost, ns->lost_data);
}

/* ---- parking ---- */

static void plan(struct warren_edge *edge)
{
	struct warren_history *first = edge->parked.first;

	if (first)
		warren_wheel_set(&edge->wheel, &edge->parked_timer, first->until_ms);
	else
		warren_wheel_cancel(&edge->wheel, &edge->parked_timer);
}

static void on_time_over(void *data)
{
	struct warren_edge *edge = data;
	int64_t now_ms = edge->parked_timer.at_ms;

	while (edge->parked.first && edge->parked.first->until_ms <= now_ms)
		warren_recovery_give_up(edge->parked.first->socket, "it did not come back");
	plan(edge);
}

void warren_recovery_init(struct warren_edge *edge)
{
	uint64_t start;

	warren_random(&start, sizeof start);
	atomic_init(&edge->offset, start);
	warren_histories_init(&edge->live);
	warren_histories_init(&edge->parked);
	warren_histories_init(&edge->moved);
	warren_wheel_timer_init(&edge->parked_timer, on_time_over, edge);
}

void warren_recovery_end(struct warren_edge *edge, const char *reason)
{
	while (edge->parked.first)
		warren_recovery_give_up(edge->parked.first->socket, reason);
	while (edge->moved.first)
		warren_recovery_give_up(edge->moved.first->socket, reason);
	plan(edge);
}

void warren_recovery_give_up(struct warren_edge_socket *socket, const char *reason)
{
	struct warren_edge *edge = socket->ns->edge;

	warren_recovery_lose(socket, reason);
	warren_rooms_leave(socket);
	if (socket->history->list == &edge->parked)
		warren_tally_sub(edge, parked, 1);
	warren_socket_free(socket);
}

void warren_recovery_forget(struct warren_edge_socket *socket)
{
	char sid[WARREN_SID_SIZE];
	struct warren_edge *edge = socket->ns->edge;

	memcpy(sid, socket->sid, strlen(socket->sid) + 1);
	if (socket->client)
		warren_session_close(socket->client->session, "transport close");
	socket = warren_map_get(edge->sockets, sid);
	if (!socket)
		return;
	warren_history_shift(socket->history, socket->history->count);
	socket->history->dropped = 0;
	warren_recovery_give_up(socket, "another edge has it");
}

void warren_recovery_become_ghost(struct warren_edge_socket *socket, struct warren_ghost *ghost)
{
	struct warren_edge *edge = socket->ns->edge;

	warren_history_shift(socket->history, socket->history->offered);
	socket->history->ghost = ghost;
	warren_history_move(socket->history, &edge->moved);
	warren_tally_sub(edge, parked, 1);
	warren_tally_add(edge, handed_over, 1);
	if (edge->moved.count > edge->options.recovery_max_sockets)
		warren_recovery_give_up(edge->moved.first->socket, "too many have gone elsewhere");
	plan(edge);
}

/* Whether a client that went for that reason may come back as the same. */
static bool may_come_back(const char *reason)
{
	return !strcmp(reason, "transport close") || !strcmp(reason, "transport error") ||
	       !strcmp(reason, "ping timeout");
}

bool warren_recovery_park(struct warren_edge_socket *socket, const char *reason)
{
	struct warren_edge_namespace *ns = socket->ns;
	struct warren_edge *edge = ns->edge;
	struct warren_history *history;

	if (!warren_recovery_is_on(edge) || edge->closing || socket->admission ||
		!may_come_back(reason))
		return false;
	history = warren_history_open(socket);
	if (!history)
		return false;
	if (ns->on_disconnect)
		ns->on_disconnect(socket, reason, ns->disconnect_data);
	warren_acks_drop(socket);
	warren_socket_detach(socket);
	history->until_ms = warren_edge_now_ms(edge) + edge->options.recovery_ms;
	warren_history_move(history, &edge->parked);
	warren_tally_sub(edge, sockets, 1);
	warren_tally_add(edge, parked, 1);
	while (edge->parked.count > edge->options.recovery_max_sockets)
		warren_recovery_give_up(edge->parked.first->socket, "too many are to come back");
	plan(edge);
	return true;
}

/* Whether another edge may have brought it before. */
static bool is_repeated(const struct warren_edge_socket *socket, uint64_t key)
{
	const struct warren_history *history = socket->history;

	return history && warren_edge_now_ms(socket->ns->edge) < history->settled_ms &&
	       warren_history_has(socket, key);
}

static void pass_on(struct warren_edge_socket *socket, const struct warren_parcel *parcel)
{
	int result = warren_history_add(
		socket, parcel->key, parcel->packet, parcel->attachments, parcel->count);

	if (result == 0)
		result = warren_history_via(socket->history, socket->ns->edge->via);
	if (result < 0)
		warren_recovery_give_up(socket, "too much is on its way to another edge");
	else
		warren_ghost_flush(socket);
}

void warren_recovery_send(struct warren_edge_socket *socket, const struct warren_parcel *parcel)
{
	struct warren_edge_session *session;

	if (socket->history && socket->history->ghost) {
		/* An event without id cannot be told from one that the other edge sends itself. */
		if (!parcel->is_volatile && parcel->has_id)
			pass_on(socket, parcel);
		return;
	}
	if (parcel->key && (is_repeated(socket, parcel->key) ||
				   !warren_recovery_note(socket, parcel->key,
					   parcel->is_volatile ? NULL : parcel->packet,
					   parcel->attachments, parcel->count)))
		return;
	if (!socket->client)
		return; /* an answer to nobody */
	session = socket->client->session;
	warren_session_enter(session); /* sending may end it, and with it the socket */
	warren_session_send(session, parcel->packet);
	for (uint32_t i = 0; i < parcel->count; i++)
		warren_session_send(session, parcel->attachments[i]);
	warren_tally_add(session->engine->edge, events_out, 1);
	warren_session_leave(session);
}

bool warren_recovery_note(struct warren_edge_socket *socket, uint64_t key,
	struct warren_frame *packet, struct warren_frame *const *attachments, uint32_t count)
{
	int result = warren_history_add(socket, key, packet, attachments, count);

	if (socket->client) {
		if (result != -ENOMEM)
			return true;
		warren_session_close(socket->client->session, "server error");
	} else if (result < 0) {
		warren_recovery_give_up(socket, "it missed too much");
	}
	return false;
}

static struct warren_history *first_filled(struct warren_histories *list)
{
	struct warren_history *history = list->first;

	while (history && !history->first)
		history = history->next;
	return history;
}

void warren_recovery_fit(struct warren_edge *edge)
{
	struct warren_history *history;

	while (edge->kept_bytes > edge->options.recovery_max_memory) {
		if ((history = first_filled(&edge->parked)) ||
			(history = first_filled(&edge->moved))) {
			warren_recovery_give_up(history->socket, "memory is short");
		} else if ((history = first_filled(&edge->live))) {
			warren_history_drop(history);
			warren_history_move(history, &edge->live);
		}
	}
}

/* ---- coming back ---- */

/* Reads a member that is a text; false when there is none. */
static bool read_member(struct warren_edge *edge, struct warren_json_span object, const char *name,
	struct warren_json_span *ret)
{
	struct warren_json_reader reader;
	struct warren_json_span key, value;
	bool found = false;

	warren_json_read(&reader, object.text, object.len, edge->options.max_depth);
	if (!object.len || warren_json_enter_object(&reader) < 0)
		return false;
	while (warren_json_next_member(&reader, &key) > 0 && warren_json_skip(&reader, &value) == 0)
		if (warren_json_string_is(key, name))
			found = value.text[0] == '"' &&
				warren_json_string_decode(
					value, edge->scratch, &ret->text, &ret->len) == 0;
	return found;
}

struct warren_edge_socket *warren_recovery_claim(struct warren_edge_socket *socket, uint64_t key)
{
	char sid[WARREN_SID_SIZE];
	struct warren_edge *edge = socket->ns->edge;

	/* Its old connection is dead, and nobody has noticed. */
	if (socket->client) {
		memcpy(sid, socket->sid, strlen(socket->sid) + 1);
		warren_session_close(socket->client->session, "transport close");
		socket = warren_map_get(edge->sockets, sid);
	}
	if (socket && !warren_history_seek(socket, key)) {
		warren_recovery_give_up(socket, "what it missed is not there any more");
		return NULL;
	}
	return socket;
}

/* Copies who has the socket of a pid, when that is not this edge.  Returns whether somebody has. */
static bool is_elsewhere(struct warren_edge *edge, const struct warren_edge_socket *socket,
	const char *pid, uint64_t key, char ret[WARREN_INSTANCE_MAX])
{
	const char *there = NULL;

	if (!socket)
		return warren_sid_instance(pid, ret) && strcmp(ret, edge->instance) != 0;
	if (socket->history && socket->history->ghost)
		there = socket->history->ghost->instance;
	else if (!socket->client)
		there = warren_history_taken_by(socket, key);
	if (there)
		memcpy(ret, there, strlen(there) + 1);
	return there;
}

struct warren_edge_socket *warren_recovery_resume(struct warren_edge_namespace *ns,
	struct warren_client *client, struct warren_json_span auth, bool *ret_waits)
{
	struct warren_json_span pid = {NULL, 0}, offset = {NULL, 0};
	char instance[WARREN_INSTANCE_MAX];
	struct warren_edge_socket *socket;
	uint64_t key = 0;

	*ret_waits = false;
	if (!warren_recovery_is_on(ns->edge) || !read_member(ns->edge, auth, "pid", &pid) ||
		strlen(pid.text) != pid.len)
		return NULL;
	if (read_member(ns->edge, auth, "offset", &offset))
		key = warren_offset_key(offset.text, offset.len);
	socket = warren_recovery_find(ns, pid.text);
	if (is_elsewhere(ns->edge, socket, pid.text, key, instance)) {
		*ret_waits = warren_handover_ask(ns, client, instance, auth, pid.text, key);
		return NULL;
	}
	if (socket)
		socket = warren_recovery_claim(socket, key);
	if (!socket)
		return NULL;
	(void)warren_history_offer(socket->history, NULL);
	warren_history_move(socket->history, &ns->edge->live);
	plan(ns->edge);
	warren_socket_attach(socket, client);
	socket->recovered = true;
	warren_tally_sub(ns->edge, parked, 1);
	warren_tally_add(ns->edge, sockets, 1);
	warren_tally_add(ns->edge, recovered, 1);
	return socket;
}

void warren_recovery_replay(struct warren_edge_socket *socket)
{
	struct warren_edge_session *session = socket->client->session;
	struct warren_kept *kept = socket->history ? socket->history->first : NULL;

	for (; kept; kept = kept->next)
		kept->ping = session->pings;
	/* Sending may end the session, and with it all of this. */
	kept = socket->history ? socket->history->first : NULL;
	while (kept && !session->closed) {
		struct warren_kept *next = kept->next;
		uint32_t count = kept->count;

		for (uint32_t i = 0; i < count && !session->closed; i++)
			warren_session_send(session, kept->frames[i]);
		warren_tally_add(session->engine->edge, events_out, count > 0);
		kept = next;
	}
}

void warren_recovery_greet(struct warren_edge_socket *socket)
{
	static const char name[] = WARREN_EDGE_OFFSET_EVENT;
	struct warren_edge_session *session = socket->client->session;
	struct warren_edge *edge = socket->ns->edge;
	char text[WARREN_PACKET_HEADER_MAX + sizeof name + 64], offset[WARREN_OFFSET_LEN + 1];
	/*
	 * The first event of a socket need not be kept: as long as none has left its history, one
	 * who comes back with this offset has missed all that is there, as one has who comes with
	 * none. So an idle socket has no history, even before its first pong.
	 */
	bool is_first = !socket->history && !socket->base;
	struct warren_frame *frame;
	size_t len;

	if (!edge->options.recovery_offset_event)
		return;
	warren_recovery_offset(edge, offset);
	len = warren_packet_header(WARREN_PACKET_EVENT, 0, socket->ns->name, -1, text);
	len += (size_t)snprintf(text + len, sizeof text - len, "[\"%s\",{\"recovered\":%s},\"%s\"]",
		name, socket->recovered ? "true" : "false", offset);
	frame = warren_frame_text(WARREN_ENGINE_MESSAGE, text, len);
	if (!frame)
		warren_session_close(session, "server error");
	else if (is_first || warren_recovery_note(socket,
				     warren_offset_key(offset, WARREN_OFFSET_LEN), frame, NULL, 0))
		warren_session_send(session, frame);
	warren_frame_unref(frame);
}

bool warren_edge_recovered(const struct warren_edge_socket *socket)
{
	return socket->recovered;
}
