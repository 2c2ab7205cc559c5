/*
 * What any thread asks of the loop: events, broadcasts and acks.
 *
 * Each is encoded where it is asked for and waits in one queue, bounded in count and bytes; only
 * the first wakes the loop.  The header is written by the loop, which alone knows a socket's
 * namespace.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "edge/ack.h"

#define POSTS_MAX 65536
#define POST_BYTES_MAX ((size_t)64 << 20)
#define EVENT_NAME_MAX 4096

struct warren_post {
	struct warren_post *next;
	enum warren_packet_kind kind;
	bool broadcast, close_transport;
	char *target; /* a sid, or a namespace's name */
	char *except; /* a sid, or NULL */
	int64_t ack_id;
	struct warren_ack *ack; /* NULL: asks for no answer */
	struct warren_frame *frame;
	struct warren_frame **attachments;
	uint32_t count;
	size_t bytes;
};

static void post_free(struct warren_post *post)
{
	for (uint32_t i = 0; post->attachments && i < post->count; i++)
		warren_frame_unref(post->attachments[i]);
	free(post->attachments);
	warren_frame_unref(post->frame);
	free(post->target);
	free(post->except);
	free(post->ack);
	free(post);
}

/* Returns `["event",args]`, or `[args]` without an event, as a frame that lacks its header. */
static struct warren_frame *encode(const char *event, const char *args, size_t len)
{
	struct warren_json_writer name;
	struct warren_frame *frame = NULL;
	const char *text = "";
	size_t text_len = 0;
	uint8_t *at;

	warren_json_writer_init(&name, EVENT_NAME_MAX);
	if (event) {
		warren_json_cstring(&name, event);
		if (warren_json_finish(&name, &text, &text_len) < 0)
			goto out;
	}
	frame = warren_frame_open(
		false, WARREN_PACKET_HEADER_MAX, 1 + text_len + (event && len ? 1 : 0) + len + 1);
	if (!frame)
		goto out;
	at = warren_frame_data(frame);
	*at++ = '[';
	memcpy(at, text, text_len);
	at += text_len;
	if (event && len)
		*at++ = ',';
	if (len)
		memcpy(at, args, len);
	at[len] = ']';
out:
	warren_json_writer_free(&name);
	return frame;
}

static int copy_attachments(
	struct warren_post *post, const struct warren_edge_bytes *attachments, uint32_t count)
{
	if (!count)
		return 0;
	post->attachments = calloc(count, sizeof *post->attachments);
	if (!post->attachments)
		return -ENOMEM;
	post->count = count;
	for (uint32_t i = 0; i < count; i++) {
		struct warren_frame *frame = warren_frame_open(true, 0, attachments[i].len);

		if (!frame)
			return -ENOMEM;
		if (attachments[i].len)
			memcpy(warren_frame_data(frame), attachments[i].data, attachments[i].len);
		post->attachments[i] = frame;
		post->bytes += attachments[i].len;
	}
	return 0;
}

static void wake(struct warren_edge *edge)
{
	if (atomic_load(&edge->running) && pthread_equal(edge->thread, pthread_self()))
		ev_feed_event(edge->loop, &edge->waker, EV_CUSTOM);
	else
		ev_async_send(edge->loop, &edge->waker);
}

static int enqueue(struct warren_edge *edge, struct warren_post *post)
{
	bool wakes;

	pthread_mutex_lock(&edge->lock);
	if (edge->deaf || edge->post_count >= POSTS_MAX ||
		edge->post_bytes + post->bytes > POST_BYTES_MAX) {
		pthread_mutex_unlock(&edge->lock);
		post_free(post);
		return -EAGAIN;
	}
	*edge->post_end = post;
	edge->post_end = &post->next;
	edge->post_count++;
	edge->post_bytes += post->bytes;
	wakes = !edge->woken;
	edge->woken = true;
	pthread_mutex_unlock(&edge->lock);
	if (wakes)
		wake(edge);
	return 0;
}

/* Takes `post` over, also on failure. */
static int submit(struct warren_edge *edge, struct warren_post *post, const char *target,
	const char *event, struct warren_json_span args,
	const struct warren_edge_bytes *attachments, uint32_t count)
{
	post->target = strdup(target);
	post->frame = encode(event, args.text, args.len);
	if (!post->target || !post->frame || copy_attachments(post, attachments, count) < 0) {
		post_free(post);
		return -ENOMEM;
	}
	post->bytes += post->frame->len;
	return enqueue(edge, post);
}

static struct warren_post *post_open(enum warren_packet_kind kind, int64_t ack_id)
{
	struct warren_post *post = calloc(1, sizeof *post);

	if (post) {
		post->kind = kind;
		post->ack_id = ack_id;
	}
	return post;
}

int warren_edge_emit_binary(struct warren_edge *edge, const char *sid, const char *event,
	const char *args, size_t len, const struct warren_edge_bytes *attachments, uint32_t count)
{
	struct warren_post *post =
		post_open(count ? WARREN_PACKET_BINARY_EVENT : WARREN_PACKET_EVENT, -1);

	if (!post)
		return -ENOMEM;
	return submit(
		edge, post, sid, event, (struct warren_json_span){args, len}, attachments, count);
}

int warren_edge_emit(
	struct warren_edge *edge, const char *sid, const char *event, const char *args, size_t len)
{
	return warren_edge_emit_binary(edge, sid, event, args, len, NULL, 0);
}

int warren_edge_ack_binary(struct warren_edge *edge, const char *sid, int64_t ack_id,
	const char *args, size_t len, const struct warren_edge_bytes *attachments, uint32_t count)
{
	struct warren_post *post =
		post_open(count ? WARREN_PACKET_BINARY_ACK : WARREN_PACKET_ACK, ack_id);

	if (!post)
		return -ENOMEM;
	return submit(
		edge, post, sid, NULL, (struct warren_json_span){args, len}, attachments, count);
}

int warren_edge_ack(
	struct warren_edge *edge, const char *sid, int64_t ack_id, const char *args, size_t len)
{
	return warren_edge_ack_binary(edge, sid, ack_id, args, len, NULL, 0);
}

int warren_edge_emit_ack(struct warren_edge *edge, const char *sid, const char *event,
	const char *args, size_t len, uint32_t timeout_ms, warren_edge_on_ack fn, void *data)
{
	struct warren_post *post = post_open(WARREN_PACKET_EVENT, -1);

	if (!post)
		return -ENOMEM;
	post->ack = calloc(1, sizeof *post->ack);
	if (!post->ack) {
		post_free(post);
		return -ENOMEM;
	}
	post->ack->fn = fn;
	post->ack->data = data;
	post->ack->timeout_ms = timeout_ms ? timeout_ms : WARREN_ACK_TIMEOUT_MS;
	return submit(edge, post, sid, event, (struct warren_json_span){args, len}, NULL, 0);
}

int warren_edge_broadcast(struct warren_edge *edge, const char *ns, const char *except,
	const char *event, const char *args, size_t len)
{
	struct warren_post *post = post_open(WARREN_PACKET_EVENT, -1);

	if (!post)
		return -ENOMEM;
	post->broadcast = true;
	if (except && !(post->except = strdup(except))) {
		post_free(post);
		return -ENOMEM;
	}
	return submit(edge, post, ns, event, (struct warren_json_span){args, len}, NULL, 0);
}

int warren_edge_disconnect(struct warren_edge *edge, const char *sid, bool close_transport)
{
	struct warren_post *post = post_open(WARREN_PACKET_DISCONNECT, -1);

	if (!post)
		return -ENOMEM;
	post->close_transport = close_transport;
	post->target = strdup(sid);
	if (!post->target) {
		post_free(post);
		return -ENOMEM;
	}
	return enqueue(edge, post);
}

/* ---- on the loop ---- */

static void write_header(struct warren_post *post, const char *ns)
{
	char header[1 + WARREN_PACKET_HEADER_MAX] = {WARREN_ENGINE_MESSAGE};
	size_t len = warren_packet_header(post->kind, post->count, ns, post->ack_id, header + 1);

	warren_frame_prepend(post->frame, header, 1 + len);
}

static void deliver(struct warren_edge_socket *socket, struct warren_post *post)
{
	struct warren_edge_session *session = socket->client->session;

	warren_session_enter(session); /* sending may end it, and with it the socket */
	warren_session_send(session, post->frame);
	for (uint32_t i = 0; i < post->count; i++)
		warren_session_send(session, post->attachments[i]);
	warren_tally_add(session->engine->edge, events_out, 1);
	warren_session_leave(session);
}

static void run_broadcast(struct warren_edge *edge, struct warren_post *post)
{
	struct warren_edge_namespace *ns =
		warren_namespace_find(edge, post->target, strlen(post->target));
	struct warren_edge_socket *socket = ns ? ns->sockets : NULL, *next;

	if (!socket)
		return;
	write_header(post, ns->name);
	for (; socket; socket = next) {
		next = socket->next; /* delivering ends at most this client, with one socket here */
		if (!post->except || strcmp(post->except, socket->sid))
			deliver(socket, post);
	}
}

/* Sends the packet that says so, and takes the socket out. */
static void disconnect(struct warren_edge_socket *socket)
{
	struct warren_edge_session *session = socket->client->session;
	char header[WARREN_PACKET_HEADER_MAX];
	size_t len =
		warren_packet_header(WARREN_PACKET_DISCONNECT, 0, socket->ns->name, -1, header);
	struct warren_frame *frame = warren_frame_text(WARREN_ENGINE_MESSAGE, header, len);

	if (!frame) {
		warren_session_close(session, "transport error");
		return;
	}
	warren_session_send(session, frame);
	warren_frame_unref(frame);
	if (!session->closed) /* else sending has ended it, and the socket with it */
		warren_socket_leave(socket, "server namespace disconnect");
}

static void run_disconnect(struct warren_edge_socket *socket, bool close_transport)
{
	struct warren_client *client = socket->client;
	struct warren_edge_session *session = client->session;

	warren_session_enter(session);
	disconnect(socket);
	if (close_transport) {
		while (!session->closed && client->sockets)
			disconnect(client->sockets);
		warren_session_end(session);
	}
	warren_session_leave(session);
}

/* Lets the post's ack wait for its answer.  Returns false when it cannot; then it has failed. */
static bool await_ack(struct warren_edge_socket *socket, struct warren_post *post)
{
	struct warren_ack *ack = post->ack;

	if (!ack)
		return true;
	post->ack = NULL;
	if (!socket || !warren_ack_wait(ack, socket)) {
		warren_ack_fail(ack, socket ? -EAGAIN : -ENOTCONN);
		return false;
	}
	post->ack_id = ack->id;
	return true;
}

static void run_post(struct warren_edge *edge, struct warren_post *post)
{
	struct warren_edge_socket *socket;

	if (post->broadcast) {
		run_broadcast(edge, post);
		return;
	}
	socket = warren_map_get(edge->sockets, post->target);
	if (!await_ack(socket, post) || !socket)
		return;
	if (post->kind == WARREN_PACKET_DISCONNECT) {
		run_disconnect(socket, post->close_transport);
		return;
	}
	write_header(post, socket->ns->name);
	deliver(socket, post);
}

static struct warren_post *take_all(struct warren_edge *edge)
{
	struct warren_post *first;

	pthread_mutex_lock(&edge->lock);
	first = edge->post_first;
	edge->post_first = NULL;
	edge->post_end = &edge->post_first;
	edge->post_count = 0;
	edge->post_bytes = 0;
	edge->woken = false;
	pthread_mutex_unlock(&edge->lock);
	return first;
}

void warren_posts_run(struct warren_edge *edge)
{
	struct warren_post *post = take_all(edge), *next;

	for (; post; post = next) {
		next = post->next;
		run_post(edge, post);
		post_free(post);
	}
}

void warren_posts_drop(struct warren_edge *edge)
{
	struct warren_post *post, *next;

	pthread_mutex_lock(&edge->lock);
	edge->deaf = true;
	pthread_mutex_unlock(&edge->lock);
	post = take_all(edge);
	for (; post; post = next) {
		next = post->next;
		(void)await_ack(NULL, post);
		post_free(post);
	}
}
