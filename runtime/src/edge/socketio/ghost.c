/* Sockets that have gone to another edge. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edge/cluster/peer.h"
#include "edge/socketio/handover.h"
#include "edge/socketio/letter.h"
#include "edge/socketio/room.h"

struct warren_ghost *warren_ghost_of(const struct warren_edge_socket *socket)
{
	return socket && socket->history ? socket->history->ghost : NULL;
}

static void on_settled(void *data)
{
	struct warren_ghost *ghost = data;

	warren_rooms_leave(ghost->socket);
}

bool warren_ghost_make(struct warren_edge_socket *socket, const char *instance)
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

struct warren_question *warren_question_open(
	const struct warren_edge_socket *socket, uint64_t number)
{
	struct warren_question *question = malloc(sizeof *question);

	if (question) {
		question->edge = socket->ns->edge;
		question->number = number;
		memcpy(question->sid, socket->sid, strlen(socket->sid) + 1);
	}
	return question;
}

/* ---- what is passed on ---- */

void warren_ghost_free(struct warren_ghost *ghost)
{
	if (!ghost)
		return;
	warren_wheel_cancel(&ghost->socket->ns->edge->wheel, &ghost->timer);
	free(ghost);
}

static void on_delivered(int status, const void *body, size_t len, void *data)
{
	struct warren_question *question = data;
	struct warren_edge_socket *socket = warren_map_get(question->edge->sockets, question->sid);
	struct warren_ghost *ghost = warren_ghost_of(socket);

	(void)body;
	(void)len;
	if (ghost && ghost->number == question->number) {
		if (status == 200) {
			ghost->sent = ghost->sending;
			ghost->sending = 0;
			warren_ghost_flush(socket);
		} else {
			warren_recovery_give_up(socket, "the edge that it went to lost it");
		}
	}
	free(question);
}

static int deliver(struct warren_edge_socket *socket, struct warren_question *question)
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
			WARREN_HANDOVER_DELIVER, letter.data, letter.len, WARREN_HANDOVER_CALL_MS,
			on_delivered, question);
	warren_buffer_free(&letter);
	return result;
}

void warren_ghost_flush(struct warren_edge_socket *socket)
{
	struct warren_ghost *ghost = socket->history->ghost;
	struct warren_question *question;

	if (ghost->sending || ghost->asked)
		return;
	warren_history_shift(socket->history, ghost->sent);
	ghost->sent = 0;
	if (!socket->history->first)
		return;
	question = warren_question_open(socket, ghost->number);
	if (question && deliver(socket, question) == 0) {
		ghost->sending = socket->history->count;
		return;
	}
	free(question);
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
			WARREN_HANDOVER_CHANGE, letter.data, letter.len, WARREN_HANDOVER_CALL_MS,
			on_told, NULL);
	if (result < 0)
		warren_log(socket->ns->edge->options.log, WARREN_LOG_WARN,
			"a socket's other edge was not told of a change",
			WARREN_TEXT("sid", socket->sid));
	warren_buffer_free(&letter);
}
