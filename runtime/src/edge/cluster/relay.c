#include "edge/cluster/relay.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge/cluster/forward.h"
#include "edge/cluster/link.h"
#include "edge/http/http.h"
#include "edge/http/tls.h"

#define CHUNK_BYTES 65536
#define LOOK_MS 1000

#define CLOSE_FAILED 1011
#define CLOSE_LATER 1013

struct side {
	struct warren_relay *relay;
	struct side *other;
	ev_io io;                  /* fd -1: not there */
	struct warren_buffer rest; /* what it has not taken yet */
	bool ended;                /* nothing more comes from it */
	bool told;                 /* that nothing more goes to it */
};

struct warren_relay {
	struct warren_conn *conn;
	struct warren_peer_address address;
	char *path, *query, *headers; /* of its request */
	struct warren_link *link;     /* until the peer has accepted */
	struct side client, peer;
	struct warren_wheel_timer timer; /* to look at who does not move */
	bool moved;
};

static struct warren_edge *edge_of(const struct warren_relay *relay)
{
	return relay->conn->edge;
}

static void set_timer(struct warren_relay *relay, uint32_t after_ms)
{
	struct warren_edge *edge = edge_of(relay);

	warren_wheel_set(&edge->wheel, &relay->timer, warren_edge_now_ms(edge) + after_ms);
}

/* ---- bytes ---- */

static bool is_client(const struct side *side)
{
	return side == &side->relay->client;
}

static bool has_bytes(const struct side *side)
{
	return is_client(side) && warren_tls_has_bytes(side->relay->conn->wsi);
}

/* As recv and send; the client's bytes may be ciphertext.  Return -errno. */
static ssize_t read_side(struct side *side, void *bytes, size_t len)
{
	ssize_t n;

	if (is_client(side))
		return warren_tls_read(side->relay->conn->wsi, bytes, len);
	n = recv(side->io.fd, bytes, len, 0);
	return n < 0 ? -errno : n;
}

static ssize_t write_side(struct side *side, const void *bytes, size_t len)
{
	ssize_t n;

	if (is_client(side))
		return warren_tls_write(side->relay->conn->wsi, bytes, len);
	n = send(side->io.fd, bytes, len, MSG_NOSIGNAL);
	return n < 0 ? -errno : n;
}

static bool is_for_now(ssize_t result)
{
	return result == -EAGAIN || result == -EINTR;
}

/* Has each side watched for what it can do, and the whole looked at while something is stuck. */
static void watch(struct side *side)
{
	struct ev_loop *loop = edge_of(side->relay)->loop;
	int events = (side->rest.len ? EV_WRITE : 0) |
		     (!side->ended && !side->other->rest.len ? EV_READ : 0);

	if (side->io.fd < 0 ||
		(ev_is_active(&side->io) && (side->io.events & (EV_READ | EV_WRITE)) == events))
		return;
	ev_io_stop(loop, &side->io);
	ev_io_set(&side->io, side->io.fd, events);
	if (events)
		ev_io_start(loop, &side->io);
	if ((events & EV_READ) && has_bytes(side))
		ev_feed_event(loop, &side->io, EV_READ); /* the kernel has told of them */
}

/* Tells a side that nothing more goes to it, when it has taken all. */
static void pass_end(struct side *side)
{
	if (!side->other->ended || side->rest.len || side->told)
		return;
	side->told = true;
	if (side->io.fd >= 0)
		shutdown(side->io.fd, SHUT_WR);
}

static void settle(struct warren_relay *relay)
{
	struct side *client = &relay->client, *peer = &relay->peer;

	pass_end(peer);
	pass_end(client);
	if (client->ended && peer->ended && client->told && peer->told) {
		warren_conn_kill(relay->conn);
		return;
	}
	watch(client);
	watch(peer);
	if (!client->rest.len && !peer->rest.len && !client->ended && !peer->ended)
		warren_wheel_cancel(&edge_of(relay)->wheel, &relay->timer);
	else if (!warren_wheel_is_set(&relay->timer))
		set_timer(relay, LOOK_MS);
}

/* Returns how many bytes it took; -errno when it has gone. */
static ssize_t put(struct side *side, const uint8_t *bytes, size_t len)
{
	ssize_t n = write_side(side, bytes, len);

	if (n < 0)
		return is_for_now(n) ? 0 : n;
	side->relay->moved = true;
	return n;
}

/* Sends, or keeps.  Returns 0; -errno. */
static int pass_bytes(struct side *to, const uint8_t *bytes, size_t len)
{
	ssize_t n = 0;

	if (!len || to->io.fd < 0 || to->told)
		return 0;
	if (!to->rest.len)
		n = put(to, bytes, len);
	if (n < 0)
		return (int)n;
	if ((size_t)n == len)
		return 0;
	return warren_buffer_append(&to->rest, bytes + n, len - (size_t)n);
}

static int drain(struct side *side)
{
	ssize_t n = put(side, side->rest.data, side->rest.len);

	if (n < 0)
		return (int)n;
	warren_buffer_consume(&side->rest, (size_t)n);
	if (!side->rest.len)
		warren_buffer_free(&side->rest);
	return 0;
}

static int take_once(struct side *side)
{
	struct warren_edge *edge = edge_of(side->relay);
	uint8_t bytes[CHUNK_BYTES];
	ssize_t n = read_side(side, bytes, sizeof bytes);

	if (n < 0)
		return is_for_now(n) ? 0 : (int)n;
	side->relay->moved = true;
	if (n == 0) {
		side->ended = true;
		return 0;
	}
	if (is_client(side))
		warren_tally_add(edge, bytes_in, (uint64_t)n);
	else
		warren_tally_add(edge, bytes_out, (uint64_t)n);
	return pass_bytes(side->other, bytes, (size_t)n);
}

/* With TLS there may be more than one read gives, and the kernel does not know of it. */
static int take(struct side *side)
{
	int result;

	do
		result = take_once(side);
	while (result == 0 && !side->ended && !side->other->rest.len && has_bytes(side));
	return result;
}

static void on_side(struct ev_loop *loop, ev_io *io, int events)
{
	struct side *side = io->data;
	int result = 0;

	(void)loop;
	if ((events & EV_WRITE) && side->rest.len)
		result = drain(side);
	if (result == 0 && (events & EV_READ))
		result = take(side);
	if (result < 0)
		warren_conn_kill(side->relay->conn);
	else
		settle(side->relay);
}

static void start(struct side *side, int fd)
{
	ev_io_init(&side->io, on_side, fd, 0);
	side->io.data = side;
}

/* ---- the peer's word ---- */

/* The client hears a close frame, and has a moment to answer it. */
static void refuse(struct warren_relay *relay, unsigned code)
{
	const uint8_t frame[] = {0x88, 2, (uint8_t)(code >> 8), (uint8_t)code};

	warren_tally_add(edge_of(relay), passed_failed, 1);
	start(&relay->client, lws_get_socket_fd(relay->conn->wsi));
	relay->peer.ended = relay->peer.told = true;
	if (pass_bytes(&relay->client, frame, sizeof frame) < 0)
		warren_conn_kill(relay->conn);
	else
		settle(relay);
}

static int on_head(struct warren_link *link, const struct warren_link_head *head, void *data)
{
	struct warren_relay *relay = data;
	struct warren_edge *edge = edge_of(relay);

	relay->link = NULL;
	if (head->status != 101) {
		refuse(relay, CLOSE_FAILED);
		return -1;
	}
	start(&relay->peer, warren_link_take(link));
	start(&relay->client, lws_get_socket_fd(relay->conn->wsi));
	edge->cluster->relay_count++;
	if (pass_bytes(&relay->client, head->rest, head->rest_len) < 0)
		warren_conn_kill(relay->conn);
	else
		settle(relay);
	return -1;
}

static int on_body(struct warren_link *link, const void *bytes, size_t len, void *data)
{
	(void)link;
	(void)bytes;
	(void)len;
	(void)data;
	return 0;
}

static void on_end(int result, void *data)
{
	struct warren_relay *relay = data;

	(void)result;
	relay->link = NULL;
	refuse(relay, CLOSE_FAILED);
}

/* Whether its connection is more than what is still to be read of it. */
static bool is_open(const struct side *side)
{
	struct tcp_info info;
	socklen_t len = sizeof info;

	return side->io.fd >= 0 && !side->ended &&
	       getsockopt(side->io.fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	       info.tcpi_state == TCP_ESTABLISHED;
}

static void on_timer(void *data)
{
	struct warren_relay *relay = data;

	if (relay->moved || (is_open(&relay->client) && is_open(&relay->peer))) {
		relay->moved = false;
		set_timer(relay, LOOK_MS);
	} else {
		warren_conn_kill(relay->conn);
	}
}

/* ---- life ---- */

/* Keeps its request, while libwebsockets has it.  Returns 0; -ENOMEM. */
static int keep_request(struct warren_relay *relay, const char *path)
{
	relay->path = strdup(path);
	relay->query = warren_http_query(relay->conn->wsi);
	relay->headers = warren_forward_headers(relay->conn, "Upgrade: websocket\r\n");
	return relay->path && relay->query && relay->headers ? 0 : -ENOMEM;
}

static void drop_request(struct warren_relay *relay)
{
	free(relay->path);
	free(relay->query);
	free(relay->headers);
	relay->path = relay->query = relay->headers = NULL;
}

static void relay_free(struct warren_relay *relay)
{
	struct warren_edge *edge = edge_of(relay);

	warren_wheel_cancel(&edge->wheel, &relay->timer);
	if (relay->link)
		warren_link_close(relay->link);
	ev_io_stop(edge->loop, &relay->client.io);
	ev_io_stop(edge->loop, &relay->peer.io);
	if (relay->peer.io.fd >= 0) {
		close(relay->peer.io.fd);
		edge->cluster->relay_count--;
	}
	warren_buffer_free(&relay->client.rest);
	warren_buffer_free(&relay->peer.rest);
	drop_request(relay);
	free(relay);
}

static int on_open(struct warren_conn *conn)
{
	static const struct warren_link_user user = {on_head, on_body, on_end};
	struct warren_relay *relay = conn->data;
	struct warren_edge *edge = conn->edge;
	const struct warren_link_request request = {.method = "GET",
		.path = relay->path,
		.query = relay->query,
		.headers = relay->headers,
		.connection = "Upgrade",
		.send_ms = edge->options.peer_timeout_ms,
		.answer_ms = edge->options.peer_timeout_ms};
	int result;

	/* Bytes that libwebsockets has read already would be missing: clients wait for the 101. */
	if (warren_http_is_pipelined(conn))
		return -1;
	warren_conn_wait_no_more(conn);
	lws_rx_flow_control(conn->wsi, 0);
	warren_tally_add(edge, passed_on, 1);
	result = warren_link_open(edge, &relay->address, &request, &user, relay, &relay->link);
	drop_request(relay);
	if (result < 0)
		refuse(relay, result == -EAGAIN ? CLOSE_LATER : CLOSE_FAILED);
	return 0;
}

static void on_gone(struct warren_conn *conn)
{
	relay_free(conn->data);
}

bool warren_relay_begin(struct warren_conn *conn, const char *path, const char *sid)
{
	static const struct warren_conn_user user = {
		.open = on_open, .gone = on_gone, .forsaken = true};
	struct warren_peer_address peer;
	struct warren_relay *relay;

	if (!warren_forward_find(conn, sid, &peer))
		return false;
	relay = calloc(1, sizeof *relay);
	if (!relay)
		return false;
	relay->conn = conn;
	relay->address = peer;
	for (struct side *side = &relay->client; side;
		side = side == &relay->client ? &relay->peer : NULL) {
		side->relay = relay;
		side->other = side == &relay->client ? &relay->peer : &relay->client;
		warren_buffer_init(&side->rest, CHUNK_BYTES * 2);
		ev_io_init(&side->io, on_side, -1, 0);
	}
	warren_wheel_timer_init(&relay->timer, on_timer, relay);
	if (keep_request(relay, path) < 0) {
		relay_free(relay);
		return false;
	}
	warren_conn_take(conn, &user, relay);
	return true;
}
