/* Namespaces: who is in them, and who handles what they send. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "edge/socketio/ack.h"
#include "edge/socketio/admit.h"
#include "edge/socketio/room.h"

struct warren_edge_namespace *warren_namespace_find(
	struct warren_edge *edge, const char *name, size_t len)
{
	struct warren_edge_namespace *ns = edge->namespaces;

	while (ns && (strlen(ns->name) != len || memcmp(ns->name, name, len) != 0))
		ns = ns->next;
	return ns;
}

struct warren_edge_namespace *warren_edge_namespace(struct warren_edge *edge, const char *name)
{
	struct warren_edge_namespace *ns = warren_namespace_find(edge, name, strlen(name));

	if (ns)
		return ns;
	if (name[0] != '/' || strlen(name) > WARREN_NAMESPACE_MAX || strchr(name, ','))
		return NULL;
	ns = calloc(1, sizeof *ns);
	if (!ns)
		return NULL;
	ns->edge = edge;
	ns->name = strdup(name);
	ns->handlers = warren_map_open();
	if (!ns->name || !ns->handlers) {
		free(ns->name);
		warren_map_close(ns->handlers);
		free(ns);
		return NULL;
	}
	ns->next = edge->namespaces;
	edge->namespaces = ns;
	return ns;
}

void warren_namespaces_close(struct warren_edge *edge)
{
	struct warren_edge_namespace *ns;

	while ((ns = edge->namespaces)) {
		size_t cursor = 0;
		const char *event;
		void *handler;

		while (warren_map_next(ns->handlers, &cursor, &event, &handler))
			free(handler);
		warren_map_close(ns->handlers);
		edge->namespaces = ns->next;
		if (ns->rooms)
			warren_map_close(ns->rooms);
		free(ns->name);
		free(ns);
	}
}

void warren_edge_connected(struct warren_edge_namespace *ns, warren_edge_on_connect fn, void *data)
{
	ns->on_connect = fn;
	ns->connect_data = data;
}

void warren_edge_disconnected(
	struct warren_edge_namespace *ns, warren_edge_on_disconnect fn, void *data)
{
	ns->on_disconnect = fn;
	ns->disconnect_data = data;
}

int warren_edge_on(
	struct warren_edge_namespace *ns, const char *event, warren_edge_on_event fn, void *data)
{
	struct warren_handler *handler;
	int result;

	if (!event) {
		ns->other = (struct warren_handler){fn, data};
		return 0;
	}
	handler = warren_map_get(ns->handlers, event);
	if (!handler) {
		handler = calloc(1, sizeof *handler);
		if (!handler)
			return -ENOMEM;
		result = warren_map_add(ns->handlers, event, handler);
		if (result < 0) {
			free(handler);
			return result;
		}
	}
	*handler = (struct warren_handler){fn, data};
	return 0;
}

void warren_namespace_event(struct warren_edge_socket *socket, struct warren_edge_event *event)
{
	struct warren_edge_namespace *ns = socket->ns;
	struct warren_handler *handler = warren_map_get(ns->handlers, event->name);

	if (!handler)
		handler = &ns->other;
	warren_tally_add(ns->edge, events_in, 1);
	if (handler->fn)
		handler->fn(socket, event, handler->data);
}

/* ---- coming and going ---- */

static void send_text(struct warren_client *client, const char *header, size_t header_len,
	const char *json, size_t len)
{
	struct warren_frame *frame = warren_frame_open(false, 0, 1 + header_len + len);
	uint8_t *at;

	if (!frame) {
		warren_session_close(client->session, "transport error");
		return;
	}
	at = warren_frame_data(frame);
	*at = WARREN_ENGINE_MESSAGE;
	memcpy(at + 1, header, header_len);
	memcpy(at + 1 + header_len, json, len);
	warren_session_send(client->session, frame);
	warren_frame_unref(frame);
}

/* Sends `{"<key>":"<text>"}` in a packet of that kind. */
static void send_pair(struct warren_client *client, enum warren_packet_kind kind, const char *ns,
	const char *key, const char *text)
{
	char header[WARREN_PACKET_HEADER_MAX];
	size_t header_len = warren_packet_header(kind, 0, ns, -1, header), len;
	struct warren_json_writer writer;
	const char *json;

	warren_json_writer_init(&writer, 4096);
	warren_json_begin_object(&writer);
	warren_json_key(&writer, key);
	warren_json_cstring(&writer, text);
	warren_json_end_object(&writer);
	if (warren_json_finish(&writer, &json, &len) == 0)
		send_text(client, header, header_len, json, len);
	else
		warren_session_close(client->session, "transport error");
	warren_json_writer_free(&writer);
}

static struct warren_edge_socket *socket_open(
	struct warren_edge_namespace *ns, struct warren_client *client)
{
	struct warren_edge_socket *socket;
	char sid[WARREN_SID_SIZE];

	warren_edge_new_sid(ns->edge, sid);
	socket = calloc(1, sizeof *socket + strlen(sid) + 1);
	if (!socket)
		return NULL;
	socket->ns = ns;
	socket->client = client;
	memcpy(socket->sid, sid, strlen(sid) + 1);
	if (warren_map_add(ns->edge->sockets, socket->sid, socket) < 0) {
		free(socket);
		return NULL;
	}
	socket->next = ns->sockets;
	socket->link = &ns->sockets;
	if (socket->next)
		socket->next->link = &socket->next;
	ns->sockets = socket;
	socket->client_next = client->sockets;
	client->sockets = socket;
	warren_tally_add(ns->edge, sockets, 1);
	return socket;
}

static void socket_close(struct warren_edge_socket *socket)
{
	struct warren_edge *edge = socket->ns->edge;
	struct warren_edge_socket **link = &socket->client->sockets;

	while (*link != socket)
		link = &(*link)->client_next;
	*link = socket->client_next;
	*socket->link = socket->next;
	if (socket->next)
		socket->next->link = socket->link;
	warren_map_remove(edge->sockets, socket->sid);
	warren_admission_drop(socket);
	free(socket->auth);
	free(socket);
	warren_tally_sub(edge, sockets, 1);
}

void warren_socket_let_in(struct warren_edge_socket *socket)
{
	struct warren_client *client = socket->client;

	/* Joining one is enough; a client that was refused everywhere is still waited for. */
	warren_wheel_cancel(&client->edge->wheel, &client->connect_timer);
	if (client->edge->options.forget_handshake) {
		warren_session_forget(client->session);
		free(socket->auth);
		socket->auth = NULL;
	}
	send_pair(client, WARREN_PACKET_CONNECT, socket->ns->name, "sid", socket->sid);
}

void warren_namespace_refuse(
	struct warren_edge_namespace *ns, struct warren_client *client, const char *message)
{
	warren_tally_add(ns->edge, refused, 1);
	send_pair(client, WARREN_PACKET_CONNECT_ERROR, ns->name, "message", message);
}

void warren_namespace_join(struct warren_edge_namespace *ns, struct warren_client *client,
	struct warren_json_span auth)
{
	struct warren_edge_session *session = client->session;
	struct warren_edge_socket *socket = socket_open(ns, client);
	struct warren_error error = {.code = WARREN_FORBIDDEN, .message = "Forbidden"};
	int allowed = 0;

	if (socket && auth.len && !(socket->auth = strndup(auth.text, auth.len))) {
		socket_close(socket);
		socket = NULL;
	}
	if (!socket) {
		warren_session_close(session, "transport error");
		return;
	}
	if (!auth.len)
		auth = (struct warren_json_span){"{}", 2};
	if (ns->on_connect)
		allowed = ns->on_connect(socket, auth.text, auth.len, &error, ns->connect_data);
	if (allowed < 0) {
		socket_close(socket);
		warren_namespace_refuse(ns, client, error.message);
	} else if (allowed != WARREN_EDGE_LATER) {
		warren_socket_let_in(socket);
	} else if (warren_admission_open(socket) < 0) {
		warren_session_close(session, "transport error");
	}
}

void warren_socket_leave(struct warren_edge_socket *socket, const char *reason)
{
	struct warren_edge_namespace *ns = socket->ns;

	if (ns->on_disconnect)
		ns->on_disconnect(socket, reason, ns->disconnect_data);
	warren_acks_drop(socket);
	warren_rooms_leave(socket);
	socket_close(socket);
}

/* ---- a socket, in a callback ---- */

const char *warren_edge_sid(const struct warren_edge_socket *socket)
{
	return socket->sid;
}

void *warren_edge_socket_data(const struct warren_edge_socket *socket)
{
	return socket->data;
}

void warren_edge_socket_set_data(struct warren_edge_socket *socket, void *data)
{
	socket->data = data;
}

const char *warren_edge_remote_address(const struct warren_edge_socket *socket)
{
	return warren_session_address(socket->client->session);
}
