#include "edge/http/conn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/http/address.h"
#include "edge/http/http.h"
#include "edge/http/look.h"
#include "edge/http/tls.h"

static void link_conn(struct warren_conn *conn, struct warren_conn **list)
{
	conn->next = *list;
	conn->link = list;
	if (conn->next)
		conn->next->link = &conn->next;
	*list = conn;
}

static void unlink_conn(struct warren_conn *conn)
{
	*conn->link = conn->next;
	if (conn->next)
		conn->next->link = conn->link;
}

void warren_conn_take(struct warren_conn *conn, const struct warren_conn_user *user, void *data)
{
	conn->user = user;
	conn->data = data;
}

/* Its user lets go of it; none: nothing. */
static void leave(struct warren_conn *conn)
{
	const struct warren_conn_user *user = conn->user;

	if (user)
		user->gone(conn);
	warren_conn_take(conn, NULL, NULL);
}

/* It goes before its turn to write. */
static void forget_writer(struct warren_conn *conn)
{
	struct warren_edge *edge = conn->edge;

	for (size_t i = 0; conn->writes && i < edge->writer_count; i++) {
		if (edge->writers[i] == conn) {
			edge->writers[i] = NULL;
			return;
		}
	}
}

static void conn_free(struct warren_conn *conn)
{
	struct warren_edge *edge = conn->edge;

	if (conn->http)
		warren_http_gone(conn->http);
	leave(conn);
	warren_look_away(conn);
	unlink_conn(conn);
	if (edge->adopting == conn)
		edge->adopting = NULL;
	if (conn->internal) {
		edge->internal_count--;
	} else {
		warren_tally_sub(edge, connections, 1);
		warren_address_give(edge, WARREN_ADDRESS_CONNECTION, conn->address);
	}
	warren_wheel_disarm(&edge->wheel, &conn->timer);
	forget_writer(conn);
	warren_memory_give(conn);
}

/* ---- time ---- */

static void on_timeout(void *data)
{
	struct warren_conn *conn = data;
	struct warren_edge *edge = conn->edge;

	switch ((enum warren_wait)conn->wait) {
	case WARREN_WAIT_HEAD:
		warren_tally_refused(edge, header_timeouts);
		break;
	case WARREN_WAIT_BODY:
		warren_tally_refused(edge, request_timeouts);
		break;
	case WARREN_WAIT_TAKEN:
		warren_tally_refused(edge, response_timeouts);
		break;
	case WARREN_WAIT_NEXT:
		warren_tally_add(edge, keep_alive_timeouts, 1);
		break;
	case WARREN_WAIT_PROBE:
		warren_tally_refused(edge, upgrade_timeouts);
		conn->user->expired(conn);
		return;
	case WARREN_WAIT_CLOSED:
		break;
	}
	warren_conn_kill(conn);
}

static uint32_t wait_ms(const struct warren_conn *conn, enum warren_wait wait)
{
	const struct warren_edge_options *options = &conn->edge->options;

	switch (wait) {
	case WARREN_WAIT_HEAD:
		return options->header_timeout_ms;
	case WARREN_WAIT_BODY:
		return options->request_timeout_ms;
	case WARREN_WAIT_TAKEN:
		return options->response_timeout_ms;
	case WARREN_WAIT_NEXT:
		return conn->internal ? 2 * WARREN_KEPT_MS : options->keep_alive_ms;
	case WARREN_WAIT_PROBE:
		return options->upgrade_timeout_ms;
	case WARREN_WAIT_CLOSED:
		break;
	}
	return WARREN_CLOSE_TIMEOUT_MS;
}

void warren_conn_wait(struct warren_conn *conn, enum warren_wait wait)
{
	struct warren_edge *edge = conn->edge;

	conn->wait = (uint8_t)wait;
	if (warren_wheel_arm(&edge->wheel, &conn->timer,
		    warren_edge_now_ms(edge) + wait_ms(conn, wait), on_timeout, conn) < 0)
		warren_conn_kill(conn);
}

void warren_conn_wait_no_more(struct warren_conn *conn)
{
	warren_wheel_disarm(&conn->edge->wheel, &conn->timer);
}

/* ---- life ---- */

void warren_conn_open(struct warren_edge *edge, int fd, const char *address, bool internal)
{
	size_t address_size = strlen(address) + 1;
	struct warren_conn *conn =
		warren_memory_take(offsetof(struct warren_conn, address) + address_size);
	struct lws_adopt_desc adoption = {.vh = internal ? edge->internal_vhost : edge->vhost,
		.type = LWS_ADOPT_HTTP | LWS_ADOPT_SOCKET |
			(edge->tls && !internal ? LWS_ADOPT_ALLOW_SSL : 0),
		.fd.sockfd = fd,
		.opaque = conn};
	struct lws *wsi;

	if (!conn) {
		if (!internal)
			warren_address_give(edge, WARREN_ADDRESS_CONNECTION, address);
		close(fd);
		return;
	}
	conn->edge = edge;
	memcpy(conn->address, address, address_size);
	link_conn(conn, &edge->conns);
	conn->internal = internal;
	if (internal)
		edge->internal_count++;
	else
		warren_tally_add(edge, connections, 1);
	/* A failed adoption closes the socket; it may or may not have told us so. */
	edge->adopting = conn;
	wsi = lws_adopt_descriptor_vhost_via_info(&adoption);
	if (!edge->adopting)
		return;
	edge->adopting = NULL;
	conn->wsi = wsi;
	if (!wsi) {
		conn_free(conn);
		return;
	}
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0); /* the wheel has ours */
	/* Without one libwebsockets does not tell that it is about to close. */
	lws_set_wsi_user(wsi, conn);
	warren_conn_wait(conn, WARREN_WAIT_HEAD);
	warren_look_at_head(conn);
}

void warren_conn_kill(struct warren_conn *conn)
{
	struct warren_edge *edge = conn->edge;

	if (conn->doomed)
		return;
	conn->doomed = conn->killed = true;
	unlink_conn(conn);
	link_conn(conn, &edge->doomed);
	ev_feed_event(edge->loop, &edge->reaper, EV_CUSTOM);
}

/* Returns whether there is room for one more. */
static bool make_room(struct warren_edge *edge)
{
	size_t capacity = edge->writer_capacity ? 2 * edge->writer_capacity : 64;
	struct warren_conn **writers;

	if (edge->writer_count < edge->writer_capacity)
		return true;
	writers = realloc(edge->writers, capacity * sizeof(struct warren_conn *));
	if (!writers)
		return false;
	edge->writers = writers;
	edge->writer_capacity = capacity;
	return true;
}

void warren_conn_write(struct warren_conn *conn)
{
	struct warren_edge *edge = conn->edge;

	if (conn->writes)
		return;
	if (!make_room(edge)) {
		lws_callback_on_writable(conn->wsi);
		return;
	}
	conn->writes = true;
	if (edge->writer_count == 0)
		ev_feed_event(edge->loop, &edge->writer, EV_CUSTOM);
	edge->writers[edge->writer_count++] = conn;
}

void warren_conns_write(struct warren_edge *edge)
{
	/* One that has more to say comes again behind the others. */
	for (size_t i = 0; i < edge->writer_count; i++) {
		struct warren_conn *conn = edge->writers[i];
		struct lws_pollfd ready = {.events = LWS_POLLOUT, .revents = LWS_POLLOUT};

		if (!conn)
			continue;
		edge->writers[i] = NULL;
		conn->writes = false;
		ready.fd = lws_get_socket_fd(conn->wsi);
		lws_service_fd(edge->lws, &ready);
	}
	edge->writer_count = 0;
}

void warren_conns_reap(struct warren_edge *edge)
{
	struct warren_conn *conn;

	while ((conn = edge->doomed)) {
		/* Once is enough: it goes now, or when libwebsockets comes to it. */
		unlink_conn(conn);
		link_conn(conn, &edge->conns);
		conn->doomed = false;
		lws_set_timeout(conn->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
	}
}

/* The head of a 101 is libwebsockets' own; its request is still there. */
static int add_proof(struct warren_conn *conn, struct lws_process_html_args *head)
{
	char line[WARREN_PROOF_LINE_SIZE];
	size_t len;

	if (!conn->proved)
		return 0;
	conn->edge->ways->prove(conn, 101, "", 0, line);
	len = strlen(line);
	if (head->max_len < (int)len)
		return -1;
	memcpy(head->p, line, len);
	head->p += len;
	return 0;
}

static int on_websocket(
	struct warren_conn *conn, enum lws_callback_reasons reason, void *in, size_t len)
{
	const struct warren_conn_user *user = conn->user;

	switch (reason) {
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		if (conn->http)
			return 1; /* the request before it is not answered */
		leave(conn);      /* of an upgrade that was refused */
		warren_look_away(conn);
		return conn->edge->ways->upgrade(conn, in);
	case LWS_CALLBACK_ADD_HEADERS:
		return add_proof(conn, in);
	case LWS_CALLBACK_ESTABLISHED:
		return user ? user->open(conn) : -1;
	case LWS_CALLBACK_RECEIVE:
		return user && user->receive ? user->receive(conn, in, len) : -1;
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		return user && user->peer_closes ? user->peer_closes(conn, in, len) : -1;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		if (!user)
			return -1;
		return user->writeable ? user->writeable(conn) : 0;
	case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:
		if (user && user->ends)
			user->ends(conn);
		return 0;
	case LWS_CALLBACK_CLOSED:
		warren_look_away(conn);
		leave(conn);
		return 0;
	default:
		return 0;
	}
}

static int on_http(struct warren_conn *conn, enum lws_callback_reasons reason, void *in, size_t len)
{
	switch (reason) {
	case LWS_CALLBACK_HTTP:
		warren_look_away(conn);
		return warren_http_begin(conn, in, len);
	case LWS_CALLBACK_HTTP_BODY:
		return conn->http ? warren_http_body(conn->http, in, len) : -1;
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return conn->http ? warren_http_body_done(conn->http) : -1;
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return conn->http ? warren_http_writeable(conn->http) : 0;
	case LWS_CALLBACK_CLOSED_HTTP:
		if (conn->http)
			warren_http_gone(conn->http);
		return 0;
	default:
		return on_websocket(conn, reason, in, len);
	}
}

int warren_conn_callback(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct warren_conn *conn;

	switch (reason) {
	case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
		warren_tls_prepare(lws_context_user(lws_get_context(wsi)), user);
		return 0;
	case LWS_CALLBACK_PROTOCOL_INIT: /* these come with no connection of ours */
	case LWS_CALLBACK_PROTOCOL_DESTROY:
	case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
	case LWS_CALLBACK_GET_THREAD_ID:
	case LWS_CALLBACK_ADD_POLL_FD:
	case LWS_CALLBACK_DEL_POLL_FD:
	case LWS_CALLBACK_CHANGE_MODE_POLL_FD:
	case LWS_CALLBACK_LOCK_POLL:
	case LWS_CALLBACK_UNLOCK_POLL:
		return 0;
	default:
		break;
	}
	conn = lws_get_opaque_user_data(wsi);
	if (!conn)
		return 0;
	if (reason == LWS_CALLBACK_WSI_DESTROY) {
		lws_set_opaque_user_data(wsi, NULL);
		conn_free(conn);
		return 0;
	}
	conn->wsi = wsi;
	return on_http(conn, reason, in, len);
}
