/* What handlers say most: to the socket that they were called for. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "edge/socketio/socketio.h"
#include "warren/arena.h"

/* A text of JSON is at most as long as what it stands in. */
#define QUOTED_MAX(text_) (strlen(text_) * 6 + 3)

struct warren_edge *warren_edge_of(const struct warren_edge_socket *socket)
{
	return socket->ns->edge;
}

int warren_edge_send(struct warren_edge_socket *socket, const char *event, const char *args)
{
	if (!args)
		return -ENOMEM;
	return warren_edge_emit(warren_edge_of(socket), socket->sid, event, args, strlen(args));
}

int warren_edge_send_bytes(
	struct warren_edge_socket *socket, const char *event, const void *bytes, size_t len)
{
	static const char placeholder[] = "{\"_placeholder\":true,\"num\":0}";
	const struct warren_edge_bytes attachment = {bytes, len};

	return warren_edge_emit_binary(warren_edge_of(socket), socket->sid, event, placeholder,
		sizeof placeholder - 1, &attachment, 1);
}

int warren_edge_reply(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, const char *args)
{
	if (!args)
		return -ENOMEM;
	if (event->ack_id < 0)
		return 0;
	return warren_edge_ack(
		warren_edge_of(socket), socket->sid, event->ack_id, args, strlen(args));
}

int warren_edge_echo(
	struct warren_edge_socket *socket, const struct warren_edge_event *event, const char *as)
{
	struct warren_edge *edge = warren_edge_of(socket);

	if (as)
		return warren_edge_emit_binary(edge, socket->sid, as, event->args, event->args_len,
			event->attachments, event->attachment_count);
	if (event->ack_id < 0)
		return 0;
	return warren_edge_ack_binary(edge, socket->sid, event->ack_id, event->args,
		event->args_len, event->attachments, event->attachment_count);
}

const char *warren_edge_quote(struct warren_edge_socket *socket, const char *text)
{
	struct warren_json_writer writer;
	const char *json, *quoted = NULL;
	size_t len;

	warren_json_writer_init(&writer, QUOTED_MAX(text));
	warren_json_cstring(&writer, text);
	if (warren_json_finish(&writer, &json, &len) == 0)
		quoted = warren_arena_strndup(warren_edge_of(socket)->scratch, json, len);
	warren_json_writer_free(&writer);
	return quoted;
}

/* ---- questions ---- */

struct question {
	struct warren_edge *edge;
	warren_edge_on_event fn;
	void *data;
	char sid[WARREN_SID_SIZE];
};

static void on_answer(int result, const struct warren_edge_event *answer, void *data)
{
	struct question *question = data;
	struct warren_edge_socket *socket = NULL;

	if (result == 0)
		socket = warren_map_get(question->edge->sockets, question->sid);
	if (socket)
		question->fn(socket, answer, question->data);
	free(question);
}

int warren_edge_ask(struct warren_edge_socket *socket, const char *event, const char *args,
	warren_edge_on_event fn, void *data)
{
	struct question *question;
	int result;

	question = args ? calloc(1, sizeof *question) : NULL;
	if (!question)
		return -ENOMEM;
	question->edge = warren_edge_of(socket);
	question->fn = fn;
	question->data = data;
	snprintf(question->sid, sizeof question->sid, "%s", socket->sid);
	result = warren_edge_emit_ack(
		question->edge, question->sid, event, args, strlen(args), 0, on_answer, question);
	if (result < 0)
		free(question);
	return result;
}
