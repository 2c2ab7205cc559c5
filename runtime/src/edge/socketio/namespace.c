/* Namespaces: who is in them, and who handles what they send. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "edge/socketio/ack.h"
#include "edge/socketio/admit.h"
#include "edge/socketio/recovery.h"
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

void warren_edge_flawed(struct warren_edge_namespace *ns, warren_edge_on_flawed fn, void *data)
{
	ns->on_flawed = fn;
	ns->flawed_data = data;
}

void warren_edge_lost(struct warren_edge_namespace *ns, warren_edge_on_lost fn, void *data)
{
	ns->on_lost = fn;
	ns->lost_data = data;
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

struct pair {
	const char *key, *text;
};

/* Sends `{"<key>":"<text>",…}` in a packet of that kind; a pair may have no text. */
static void send_pairs(struct warren_client *client, enum warren_packet_kind kind, const char *ns,
	const struct pair pairs[2])
{
	char header[WARREN_PACKET_HEADER_MAX];
	size_t header_len = warren_packet_header(kind, 0, ns, -1, header), len;
	struct warren_json_writer writer;
	const char *json;

	warren_json_writer_init(&writer, 4096);
	warren_json_begin_object(&writer);
	for (int i = 0; i < 2; i++) {
		if (!pairs[i].text)
			continue;
		warren_json_key(&writer, pairs[i].key);
		warren_json_cstring(&writer, pairs[i].text);
	}
	warren_json_end_object(&writer);
	if (warren_json_finish(&writer, &json, &len) == 0)
		send_text(client, header, header_len, json, len);
	else
		warren_session_close(client->session, "transport error");
	warren_json_writer_free(&writer);
}

struct warren_edge_socket *warren_socket_open(
	struct warren_edge_namespace *ns, struct warren_client *client, const char *sid)
{
	struct warren_edge_socket *socket =
		warren_memory_take(offsetof(struct warren_edge_socket, sid) + strlen(sid) + 1);

	if (!socket)
		return NULL;
	socket->ns = ns;
	memcpy(socket->sid, sid, strlen(sid) + 1);
	if (warren_map_add(ns->edge->sockets, socket->sid, socket) < 0) {
		warren_memory_give(socket);
		return NULL;
	}
	socket->next = ns->sockets;
	socket->link = &ns->sockets;
	if (socket->next)
		socket->next->link = &socket->next;
	ns->sockets = socket;
	warren_socket_attach(socket, client);
	warren_tally_add(ns->edge, sockets, 1);
	return socket;
}

void warren_socket_detach(struct warren_edge_socket *socket)
{
	struct warren_edge_socket **link = &socket->client->sockets;

	while (*link != socket)
		link = &(*link)->client_next;
	*link = socket->client_next;
	socket->client = NULL;
}

void warren_socket_attach(struct warren_edge_socket *socket, struct warren_client *client)
{
	socket->client = client;
	socket->client_next = client->sockets;
	client->sockets = socket;
}

void warren_socket_free(struct warren_edge_socket *socket)
{
	struct warren_edge *edge = socket->ns->edge;

	if (socket->client) {
		warren_socket_detach(socket);
		warren_tally_sub(edge, sockets, 1);
	}
	*socket->link = socket->next;
	if (socket->next)
		socket->next->link = socket->link;
	warren_map_remove(edge->sockets, socket->sid);
	warren_admission_drop(socket);
	warren_history_close(socket);
	free(socket->auth);
	warren_memory_give(socket);
}

void warren_socket_let_in(struct warren_edge_socket *socket)
{
	struct warren_client *client = socket->client;
	struct warren_edge_session *session = client->session;
	char pid[WARREN_PID_SIZE];
	struct pair pairs[2] = {{"sid", socket->sid}, {"pid", NULL}};

	/* Joining one is enough; a client that was refused everywhere is still waited for. */
	warren_wheel_disarm(&warren_client_edge(client)->wheel, &client->connect_timer);
	if (warren_client_edge(client)->options.forget_handshake) {
		warren_session_forget(client->session);
		free(socket->auth);
		socket->auth = NULL;
	}
	warren_session_enter(session); /* sending may end it, and with it the socket */
	if (warren_recovery_is_on(warren_client_edge(client))) {
		warren_recovery_pid(socket, pid);
		pairs[1].text = pid;
	}
	if (socket->recovered)
		warren_recovery_replay(socket);
	if (!session->closed)
		send_pairs(client, WARREN_PACKET_CONNECT, socket->ns->name, pairs);
	if (!session->closed)
		warren_recovery_greet(socket);
	warren_session_leave(session);
}

void warren_namespace_refuse(
	struct warren_edge_namespace *ns, struct warren_client *client, const char *message)
{
	warren_tally_add(ns->edge, refused, 1);
	send_pairs(client, WARREN_PACKET_CONNECT_ERROR, ns->name,
		(const struct pair[2]){{"message", message}});
}

static int set_auth(struct warren_edge_socket *socket, struct warren_json_span auth)
{
	free(socket->auth);
	socket->auth = NULL;
	if (auth.len && !(socket->auth = strndup(auth.text, auth.len)))
		return -ENOMEM;
	return 0;
}

void warren_namespace_join(struct warren_edge_namespace *ns, struct warren_client *client,
	struct warren_json_span auth)
{
	bool waits;
	struct warren_edge_socket *socket = warren_recovery_resume(ns, client, auth, &waits);

	if (!waits)
		warren_namespace_admit(ns, client, socket, auth);
}

void warren_namespace_admit(struct warren_edge_namespace *ns, struct warren_client *client,
	struct warren_edge_socket *socket, struct warren_json_span auth)
{
	struct warren_edge_session *session = client->session;
	char sid[WARREN_SID_SIZE];
	struct warren_error error = {.code = WARREN_FORBIDDEN, .message = "Forbidden"};
	int allowed = 0;

	if (!socket) {
		warren_sid_new(ns->edge, sid);
		socket = warren_socket_open(ns, client, sid);
	}
	if (!socket || set_auth(socket, auth) < 0) {
		warren_session_close(session, "server error");
		return;
	}
	if (!auth.len)
		auth = (struct warren_json_span){"{}", 2};
	if (ns->on_connect)
		allowed = ns->on_connect(socket, auth.text, auth.len, &error, ns->connect_data);
	if (allowed < 0) {
		warren_recovery_lose(socket, "refused");
		warren_rooms_leave(socket);
		warren_socket_free(socket);
		warren_namespace_refuse(ns, client, error.message);
	} else if (allowed != WARREN_EDGE_LATER || socket->recovered) {
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
	/* A client that left by will, or was sent away in order, has got all that it is to get. */
	if (!strstr(reason, "namespace disconnect"))
		warren_recovery_lose(socket, reason);
	warren_acks_drop(socket);
	warren_rooms_leave(socket);
	warren_socket_free(socket);
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
