#include "edge/socketio/socketio.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edge/socketio/ack.h"
#include "edge/socketio/admit.h"
#include "edge/socketio/handover.h"
#include "warren/arena.h"

static void on_connect_timeout(void *data)
{
	struct warren_client *client = data;
	struct warren_edge_session *session = client->session;

	warren_tally_refused(warren_client_edge(client), connect_timeouts);
	if (!client->sockets) {
		/* The last refusal may be of this very millisecond: it is said. */
		if (session->websocket && session->out.count)
			warren_session_end(session);
		else
			warren_session_close(session, "forced close");
		return;
	}
	/* Nobody has decided in time: it hears so. */
	warren_session_enter(session);
	while (!session->closed && client->sockets)
		warren_admission_refuse(client->sockets, WARREN_UNDECIDED_TEXT);
	warren_session_end(session);
	warren_session_leave(session);
}

static int on_opened(struct warren_edge_session *session, void *data)
{
	struct warren_edge *edge = session->engine->edge;
	struct warren_client *client = warren_memory_take(sizeof *client);

	(void)data;
	if (!client)
		return -ENOMEM;
	client->session = session;
	session->app = client;
	return warren_wheel_arm(&edge->wheel, &client->connect_timer,
		warren_edge_now_ms(edge) + edge->options.connect_timeout_ms, on_connect_timeout,
		client);
}

static void forget_attachments(struct warren_partial *partial)
{
	for (uint32_t i = 0; partial->attachments && i < partial->count; i++)
		free((void *)partial->attachments[i].data);
	free(partial->attachments);
	partial->attachments = NULL;
}

static void partial_close(struct warren_partial *partial)
{
	if (!partial)
		return;
	forget_attachments(partial);
	free(partial->text);
	free(partial);
}

static void on_closed(struct warren_edge_session *session, const char *reason, void *data)
{
	struct warren_client *client = session->app;

	(void)data;
	if (!client)
		return;
	warren_handover_forget(client);
	while (client->sockets)
		if (!warren_recovery_park(client->sockets, reason))
			warren_socket_leave(client->sockets, reason);
	warren_wheel_disarm(&warren_client_edge(client)->wheel, &client->connect_timer);
	partial_close(client->partial);
	session->app = NULL;
	warren_memory_give(client);
}

static struct warren_edge_socket *socket_in(
	struct warren_client *client, struct warren_json_span ns)
{
	struct warren_edge_socket *socket = client->sockets;

	while (socket &&
		(strlen(socket->ns->name) != ns.len || memcmp(socket->ns->name, ns.text, ns.len)))
		socket = socket->client_next;
	return socket;
}

/* Says that there is no such namespace; its name is the client's own. */
static int refuse_namespace(struct warren_client *client, struct warren_json_span ns)
{
	static const char before[] = "44", after[] = ",{\"message\":\"Invalid namespace\"}";
	size_t head = sizeof before - 1, tail = sizeof after - 1;
	struct warren_frame *frame;
	uint8_t *at;

	if (ns.len > WARREN_NAMESPACE_MAX) {
		warren_tally_refused(warren_client_edge(client), names_too_long);
		return -EBADMSG;
	}
	frame = warren_frame_open(false, 0, head + ns.len + tail);
	if (!frame)
		return -ENOMEM;
	at = warren_frame_data(frame);
	memcpy(at, before, head);
	memcpy(at + head, ns.text, ns.len);
	memcpy(at + head + ns.len, after, tail);
	warren_tally_add(warren_client_edge(client), refused, 1);
	warren_session_send(client->session, frame);
	warren_frame_unref(frame);
	return 0;
}

static int take_connect(struct warren_client *client, const struct warren_packet *packet)
{
	struct warren_edge_namespace *ns =
		warren_namespace_find(warren_client_edge(client), packet->ns.text, packet->ns.len);

	if (!ns)
		return refuse_namespace(client, packet->ns);
	if (socket_in(client, packet->ns) || warren_handover_waits(client, ns))
		return -EBADMSG;
	warren_namespace_join(ns, client, packet->payload);
	return 0;
}

static int take_event(struct warren_edge_socket *socket, const struct warren_packet *packet,
	const char *name, struct warren_json_span args, const struct warren_edge_bytes *attachments)
{
	struct warren_edge_event event = {.name = name,
		.args = args.text,
		.args_len = args.len,
		.attachment_count = packet->attachment_count,
		.attachments = attachments,
		.ack_id = packet->ack_id};

	warren_namespace_event(socket, &event);
	return 0;
}

static int take_flawed(struct warren_edge_socket *socket, const struct warren_packet *packet,
	const char *name, enum warren_edge_flaw flaw)
{
	struct warren_edge_namespace *ns = socket->ns;
	const struct warren_edge_event event = {.name = name, .args = "", .ack_id = packet->ack_id};

	if (flaw == WARREN_EDGE_TOO_DEEP)
		warren_tally_refused(ns->edge, too_deep);
	else if (flaw == WARREN_EDGE_TOO_MANY_ATTACHMENTS)
		warren_tally_refused(ns->edge, too_many_attachments);
	else
		warren_tally_refused(ns->edge, too_large);
	if (ns->on_flawed)
		ns->on_flawed(socket, &event, flaw, ns->flawed_data);
	return 0;
}

static void take_answer(struct warren_edge_socket *socket, const struct warren_packet *packet,
	struct warren_json_span args, const struct warren_edge_bytes *attachments)
{
	struct warren_edge_event answer = {.name = "",
		.args = args.text,
		.args_len = args.len,
		.attachment_count = packet->attachment_count,
		.attachments = attachments,
		.ack_id = packet->ack_id};

	warren_ack_answer(socket, &answer);
}

static bool is_event(const struct warren_packet *packet)
{
	return packet->kind == WARREN_PACKET_EVENT || packet->kind == WARREN_PACKET_BINARY_EVENT;
}

/* Takes a packet that is complete. */
static int take_packet(struct warren_client *client, const struct warren_packet *packet,
	const struct warren_edge_bytes *attachments, enum warren_edge_flaw flaw)
{
	struct warren_arena *scratch = warren_client_edge(client)->scratch;
	struct warren_json_span args = {"", 0};
	struct warren_edge_socket *socket;
	const char *name = "";
	int result;

	warren_arena_reset(scratch);
	result = warren_packet_check(
		packet, warren_client_edge(client)->options.max_depth, scratch, &name, &args);
	if (result == -ELOOP && is_event(packet)) {
		flaw = WARREN_EDGE_TOO_DEEP;
		result = 0;
	}
	if (result < 0)
		return result;
	if (packet->kind == WARREN_PACKET_CONNECT)
		return take_connect(client, packet);
	socket = socket_in(client, packet->ns);
	if (!socket || (socket->admission && packet->kind != WARREN_PACKET_DISCONNECT))
		return -EBADMSG;
	if (flaw != WARREN_EDGE_SOUND)
		return take_flawed(socket, packet, name, flaw);
	switch (packet->kind) {
	case WARREN_PACKET_DISCONNECT:
		warren_socket_leave(socket, "client namespace disconnect");
		return 0;
	case WARREN_PACKET_EVENT:
	case WARREN_PACKET_BINARY_EVENT:
		return take_event(socket, packet, name, args, attachments);
	case WARREN_PACKET_ACK:
	case WARREN_PACKET_BINARY_ACK:
		take_answer(socket, packet, args, attachments);
		return 0;
	default:
		return -EBADMSG;
	}
}

/* ---- binary packets ---- */

static int begin_partial(struct warren_client *client, const struct warren_packet *packet)
{
	struct warren_partial *partial = calloc(1, sizeof *partial);
	const char *ns = packet->ns.text, *payload = packet->payload.text;
	size_t len = packet->ns.len + packet->payload.len;

	if (!partial)
		return -ENOMEM;
	partial->flaw = packet->too_many ? WARREN_EDGE_TOO_MANY_ATTACHMENTS : WARREN_EDGE_SOUND;
	partial->text = malloc(len);
	if (!packet->too_many)
		partial->attachments =
			calloc(packet->attachment_count, sizeof *partial->attachments);
	if (!partial->text || (!partial->attachments && !packet->too_many)) {
		partial_close(partial);
		return -ENOMEM;
	}
	memcpy(partial->text, ns, packet->ns.len);
	memcpy(partial->text + packet->ns.len, payload, packet->payload.len);
	partial->packet = *packet;
	partial->packet.ns.text = partial->text;
	partial->packet.payload.text = partial->text + packet->ns.len;
	client->partial = partial;
	return 0;
}

/* Keeps an attachment.  Those of a flawed event are let go as they come. */
static int keep_attachment(struct warren_partial *partial, const uint8_t *bytes, size_t len)
{
	uint8_t *copy = NULL;

	if (partial->flaw == WARREN_EDGE_SOUND) {
		copy = malloc(len ? len : 1);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, bytes, len);
		partial->attachments[partial->count] = (struct warren_edge_bytes){copy, len};
		partial->bytes += len;
	}
	partial->count++;
	return 0;
}

static int take_attachment(struct warren_client *client, const uint8_t *bytes, size_t len)
{
	struct warren_partial *partial = client->partial;
	int result;

	if (!partial)
		return -EBADMSG;
	/* All attachments of one packet together are as large as one message may be. */
	if (partial->flaw == WARREN_EDGE_SOUND &&
		len > warren_client_edge(client)->options.max_payload - partial->bytes) {
		if (!is_event(&partial->packet))
			return -EMSGSIZE;
		forget_attachments(partial);
		partial->flaw = WARREN_EDGE_TOO_LARGE;
	}
	result = keep_attachment(partial, bytes, len);
	if (result < 0 || partial->count < partial->packet.attachment_count)
		return result;
	client->partial = NULL;
	result = take_packet(client, &partial->packet, partial->attachments, partial->flaw);
	partial_close(partial);
	return result;
}

static int take_text(struct warren_client *client, const char *text, size_t len)
{
	struct warren_packet packet;
	int result;

	if (client->partial)
		return -EBADMSG;
	result = warren_packet_read(
		text, len, warren_client_edge(client)->options.max_attachments, &packet);
	if (result < 0)
		return result;
	if (packet.attachment_count)
		return begin_partial(client, &packet);
	return take_packet(client, &packet, NULL, WARREN_EDGE_SOUND);
}

/* Counts the limit that a packet was past. */
static void count_refused(struct warren_edge *edge, int result)
{
	if (result == -EMSGSIZE)
		warren_tally_refused(edge, too_large);
	else if (result == -E2BIG)
		warren_tally_refused(edge, too_many_attachments);
	else if (result == -ELOOP)
		warren_tally_refused(edge, too_deep);
}

static int on_message(
	struct warren_edge_session *session, bool binary, uint8_t *bytes, size_t len, void *data)
{
	struct warren_client *client = session->app;
	struct warren_edge *edge =
		warren_client_edge(client); /* the client may be gone afterwards */
	int result = binary ? take_attachment(client, bytes, len)
			    : take_text(client, (const char *)bytes, len);

	(void)data;
	count_refused(edge, result);
	return result;
}

static void on_arrived(struct warren_edge_session *session, void *data)
{
	struct warren_client *client = session->app;

	(void)data;
	for (struct warren_edge_socket *socket = client ? client->sockets : NULL; socket;
		socket = socket->client_next)
		warren_history_pong(socket, session->pings);
}

const struct warren_engine_app warren_socketio_app = {
	.arrived = on_arrived, .opened = on_opened, .message = on_message, .closed = on_closed};
