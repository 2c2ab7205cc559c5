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
#include "edge/socketio/ack.h"
#include "edge/socketio/admit.h"
#include "edge/socketio/handover.h"
#include "edge/socketio/room.h"
#include "edge/socketio/survey.h"

#define POSTS_MAX 65536
#define POST_BYTES_MAX ((size_t)64 << 20)
#define EVENT_NAME_MAX 4096

enum post_what {
	POST_EMIT,
	POST_BROADCAST,
	POST_DISCONNECT,
	POST_JOIN,
	POST_LEAVE,
	POST_USER,
	POST_ERRAND
};

/* Names of rooms, one behind the other, each with its end. */
struct names {
	char *text;
	size_t len;
};

struct warren_post {
	struct warren_post *next;
	enum warren_packet_kind kind;
	enum post_what what;
	bool close_transport, is_volatile;
	bool must_reach, reached;
	bool has_id;  /* its offset is made of it */
	bool many;    /* for the sockets of `to` but `except`; else for one */
	char *target; /* a sid, or a namespace's name */
	struct names to, except;
	struct names about; /* the room that is joined or left; the user; the event's name */
	uint64_t round;
	uint64_t key; /* of its offset, or of what a volatile event has in that place; 0: none */
	int64_t ack_id;
	struct warren_ack *ack;       /* NULL: asks for no answer */
	struct warren_survey *survey; /* NULL: does not ask many */
	struct warren_errand *errand;
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
	free(post->to.text);
	free(post->except.text);
	free(post->about.text);
	free(post->ack);
	free(post->survey);
	free(post);
}

/* Returns `["event",args,"offset"]`, without an event or offset that is NULL, as a frame that lacks
 * its header. */
static struct warren_frame *encode(
	const char *event, const char *args, size_t len, const char *offset)
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
	frame = warren_frame_open(false, WARREN_PACKET_HEADER_MAX,
		1 + text_len + (event && len ? 1 : 0) + len + (offset ? WARREN_OFFSET_LEN + 3 : 0) +
			1);
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
	at += len;
	if (offset) {
		memcpy(at, ",\"", 2);
		memcpy(at + 2, offset, WARREN_OFFSET_LEN);
		at[2 + WARREN_OFFSET_LEN] = '"';
		at += WARREN_OFFSET_LEN + 3;
	}
	*at = ']';
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
		warren_tally_refused(edge, posts_full);
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
	char offset[WARREN_OFFSET_LEN + 1];
	bool asks = post->ack || post->survey;
	bool kept = warren_recovery_is_on(edge) && event && !asks && !post->is_volatile;

	if (kept) {
		if (post->has_id)
			warren_offset_text(post->key, offset);
		else
			warren_recovery_offset(edge, offset);
		post->key = warren_offset_key(offset, WARREN_OFFSET_LEN);
	}
	if (!kept)
		post->key = 0;
	post->target = strdup(target);
	post->frame = encode(event, args.text, args.len, kept ? offset : NULL);
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

static int copy_names(
	struct names *names, const char *const *from, size_t count, struct warren_post *post)
{
	size_t len = 0;

	for (size_t i = 0; i < count; i++)
		len += strlen(from[i]) + 1;
	if (!len)
		return 0;
	names->text = malloc(len);
	if (!names->text)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		size_t size = strlen(from[i]) + 1;

		memcpy(names->text + names->len, from[i], size);
		names->len += size;
	}
	post->bytes += len;
	return 0;
}

/* Returns NULL when memory is out. */
static struct warren_post *post_open_many(
	enum post_what what, const struct warren_edge_target *target)
{
	struct warren_post *post = post_open(WARREN_PACKET_EVENT, -1);

	if (!post)
		return NULL;
	post->what = what;
	post->many = true;
	post->is_volatile = target->is_volatile;
	post->must_reach = target->must_reach;
	if (copy_names(&post->to, target->to, target->to_count, post) == 0 &&
		copy_names(&post->except, target->except, target->except_count, post) == 0)
		return post;
	post_free(post);
	return NULL;
}

int warren_edge_broadcast_binary(struct warren_edge *edge, const struct warren_edge_target *target,
	const char *event, const char *args, size_t len,
	const struct warren_edge_bytes *attachments, uint32_t count)
{
	struct warren_post *post = post_open_many(POST_BROADCAST, target);

	if (!post)
		return -ENOMEM;
	if (target->id && !target->is_volatile) {
		post->has_id = true;
		post->key = warren_offset_key(target->id, strlen(target->id));
	}
	if (post->must_reach && copy_names(&post->about, &event, 1, post) < 0) {
		post_free(post);
		return -ENOMEM;
	}
	if (count)
		post->kind = WARREN_PACKET_BINARY_EVENT;
	return submit(edge, post, target->ns, event, (struct warren_json_span){args, len},
		attachments, count);
}

int warren_edge_broadcast_to(struct warren_edge *edge, const struct warren_edge_target *target,
	const char *event, const char *args, size_t len)
{
	return warren_edge_broadcast_binary(edge, target, event, args, len, NULL, 0);
}

int warren_edge_broadcast_ack(struct warren_edge *edge, const struct warren_edge_target *target,
	const char *event, const char *args, size_t len, uint32_t timeout_ms,
	warren_edge_on_answer fn, void *data)
{
	struct warren_post *post = post_open_many(POST_BROADCAST, target);

	if (!post)
		return -ENOMEM;
	post->survey = calloc(1, sizeof *post->survey);
	if (!post->survey) {
		post_free(post);
		return -ENOMEM;
	}
	*post->survey = (struct warren_survey){.open = 1,
		.timeout_ms = timeout_ms ? timeout_ms : WARREN_ACK_TIMEOUT_MS,
		.fn = fn,
		.data = data};
	return submit(edge, post, target->ns, event, (struct warren_json_span){args, len}, NULL, 0);
}

int warren_edge_broadcast(struct warren_edge *edge, const char *ns, const char *except,
	const char *event, const char *args, size_t len)
{
	return warren_edge_broadcast_to(edge,
		&(struct warren_edge_target){
			.ns = ns, .except = &except, .except_count = except ? 1 : 0},
		event, args, len);
}

/* A post without a packet of its own; takes it over, also on failure. */
static int submit_bare(struct warren_edge *edge, struct warren_post *post, const char *target)
{
	post->target = strdup(target);
	if (!post->target) {
		post_free(post);
		return -ENOMEM;
	}
	post->bytes += strlen(target);
	return enqueue(edge, post);
}

static struct warren_post *post_open_one(enum post_what what)
{
	struct warren_post *post = post_open(WARREN_PACKET_DISCONNECT, -1);

	if (post)
		post->what = what;
	return post;
}

/* Submits it with a name that it is about; takes it over, also on failure. */
static int submit_about(
	struct warren_edge *edge, struct warren_post *post, const char *target, const char *name)
{
	if (!post)
		return -ENOMEM;
	if (strlen(name) > edge->options.max_room_name) {
		post_free(post);
		return -EINVAL;
	}
	if (copy_names(&post->about, &name, 1, post) < 0) {
		post_free(post);
		return -ENOMEM;
	}
	return submit_bare(edge, post, target);
}

/* Whether sockets may be put in it, and taken out. */
static bool is_room(const char *name)
{
	return *name && strncmp(name, WARREN_USER_ROOM, sizeof WARREN_USER_ROOM - 1) != 0;
}

int warren_edge_join(struct warren_edge *edge, const char *sid, const char *room)
{
	return is_room(room) ? submit_about(edge, post_open_one(POST_JOIN), sid, room) : -EINVAL;
}

int warren_edge_leave(struct warren_edge *edge, const char *sid, const char *room)
{
	return is_room(room) ? submit_about(edge, post_open_one(POST_LEAVE), sid, room) : -EINVAL;
}

int warren_edge_set_user(struct warren_edge *edge, const char *sid, const char *user)
{
	return submit_about(edge, post_open_one(POST_USER), sid, user ? user : "");
}

int warren_edge_join_to(
	struct warren_edge *edge, const struct warren_edge_target *target, const char *room)
{
	if (!is_room(room))
		return -EINVAL;
	return submit_about(edge, post_open_many(POST_JOIN, target), target->ns, room);
}

int warren_edge_leave_to(
	struct warren_edge *edge, const struct warren_edge_target *target, const char *room)
{
	if (!is_room(room))
		return -EINVAL;
	return submit_about(edge, post_open_many(POST_LEAVE, target), target->ns, room);
}

int warren_edge_set_user_to(
	struct warren_edge *edge, const struct warren_edge_target *target, const char *user)
{
	return submit_about(edge, post_open_many(POST_USER, target), target->ns, user ? user : "");
}

int warren_post_errand(struct warren_edge *edge, struct warren_errand *errand, size_t bytes)
{
	struct warren_post *post = post_open(WARREN_PACKET_EVENT, -1);

	if (!post)
		return -ENOMEM;
	post->what = POST_ERRAND;
	post->errand = errand;
	post->bytes = bytes;
	return enqueue(edge, post);
}

int warren_edge_disconnect(struct warren_edge *edge, const char *sid, bool close_transport)
{
	struct warren_post *post = post_open_one(POST_DISCONNECT);

	if (!post)
		return -ENOMEM;
	post->close_transport = close_transport;
	return submit_bare(edge, post, sid);
}

int warren_edge_disconnect_to(
	struct warren_edge *edge, const struct warren_edge_target *target, bool close_transport)
{
	struct warren_post *post = post_open_many(POST_DISCONNECT, target);

	if (!post)
		return -ENOMEM;
	post->close_transport = close_transport;
	return submit_bare(edge, post, target->ns);
}

/* ---- on the loop ---- */

static void write_header(struct warren_post *post, const char *ns)
{
	char header[1 + WARREN_PACKET_HEADER_MAX] = {WARREN_ENGINE_MESSAGE};
	size_t len = warren_packet_header(post->kind, post->count, ns, post->ack_id, header + 1);

	warren_frame_prepend(post->frame, header, 1 + len);
}

/* Returns the key of the text at the end of a volatile event, which stock clients take for an
 * offset; 0 when there is none. */
static uint64_t volatile_key(struct warren_edge *edge, struct warren_frame *frame)
{
	struct warren_json_reader reader;
	struct warren_json_span last = {"", 0};
	const char *text;
	size_t len;

	warren_json_read(
		&reader, (const char *)warren_frame_data(frame), frame->len, WARREN_JSON_DEPTH_MAX);
	if (warren_json_enter_array(&reader) < 0)
		return 0;
	while (warren_json_next_element(&reader) > 0 && warren_json_skip(&reader, &last) == 0)
		;
	warren_arena_reset(edge->scratch);
	if (!last.len || last.text[0] != '"' ||
		warren_json_string_decode(last, edge->scratch, &text, &len) < 0)
		return 0;
	return warren_offset_key(text, len);
}

/* Whether nobody but that socket is meant. */
static bool is_for_one(const struct warren_edge_socket *socket, const struct warren_post *post)
{
	return !post->many ||
	       (post->to.len == strlen(socket->sid) + 1 && !strcmp(post->to.text, socket->sid));
}

static void deliver(struct warren_edge_socket *socket, const struct warren_post *post)
{
	warren_recovery_send(socket, &(struct warren_parcel){.key = post->key,
					     .packet = post->frame,
					     .attachments = post->attachments,
					     .count = post->count,
					     .is_volatile = post->is_volatile,
					     .has_id = post->has_id || is_for_one(socket, post)});
}

static void deliver_one(struct warren_edge_socket *socket, void *data)
{
	struct warren_post *post = data;

	if (post->is_volatile &&
		!(socket->client && warren_session_is_idle(socket->client->session)))
		return;
	/* Who has no connection is not asked. */
	if (!post->survey || (socket->client && warren_survey_ask(post->survey, socket)))
		deliver(socket, post);
}

/* Keeps a socket out of the round that it carries from here on. */
static void leave_out(struct warren_edge_socket *socket, void *data)
{
	(void)socket;
	(void)data;
}

static void each_of(struct warren_edge_namespace *ns, const struct names *names,
	struct warren_post *post, void (*fn)(struct warren_edge_socket *socket, void *data))
{
	for (size_t at = 0; at < names->len; at += strlen(names->text + at) + 1)
		warren_room_each(ns, names->text + at, post->round, fn, post);
}

/* Sends the packet that says so, and takes the socket out. */
static void disconnect(struct warren_edge_socket *socket)
{
	struct warren_edge_session *session = socket->client->session;
	char header[WARREN_PACKET_HEADER_MAX];
	size_t len;
	struct warren_frame *frame;

	if (socket->admission) {
		warren_admission_refuse(socket, WARREN_FORBIDDEN_TEXT);
		return;
	}
	len = warren_packet_header(WARREN_PACKET_DISCONNECT, 0, socket->ns->name, -1, header);
	frame = warren_frame_text(WARREN_ENGINE_MESSAGE, header, len);
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
	struct warren_edge_session *session;

	if (!client) {
		warren_recovery_give_up(socket, "server namespace disconnect");
		return;
	}
	session = client->session;
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

static void run_join(struct warren_edge_socket *socket, const char *room)
{
	if (warren_room_join(socket, room) < 0)
		warren_log(socket->ns->edge->options.log, WARREN_LOG_WARN,
			"a socket that has too many rooms stays out of one more",
			WARREN_TEXT("sid", socket->sid), WARREN_TEXT("room", room));
}

static void run_user(struct warren_edge_socket *socket, const char *user)
{
	if (warren_room_set_user(socket, user) < 0)
		warren_log(socket->ns->edge->options.log, WARREN_LOG_ERROR,
			"memory is out for a socket's user", WARREN_TEXT("sid", socket->sid));
}

/* Changes a socket where it has gone to, when it has.  What is asked for many is asked there, too.
 */
static bool pass_on(struct warren_edge_socket *socket, const struct warren_post *post)
{
	static const char whats[] = {[POST_JOIN] = 'j', [POST_LEAVE] = 'l', [POST_USER] = 'u'};
	bool ends = post->what == POST_DISCONNECT, alone = is_for_one(socket, post);

	if (!socket->history || !socket->history->ghost || post->what == POST_EMIT ||
		post->what == POST_BROADCAST)
		return false;
	if (ends && alone)
		warren_ghost_change(socket, post->close_transport ? 'c' : 'd', "");
	else if (alone)
		warren_ghost_change(socket, whats[post->what], post->about.text);
	return true;
}

static void change(struct warren_edge_socket *socket, void *data)
{
	struct warren_post *post = data;

	if (pass_on(socket, post))
		return;
	switch (post->what) {
	case POST_DISCONNECT:
		run_disconnect(socket, post->close_transport);
		break;
	case POST_JOIN:
		run_join(socket, post->about.text);
		break;
	case POST_LEAVE:
		warren_room_leave(socket, post->about.text);
		break;
	case POST_USER:
		run_user(socket, post->about.text);
		break;
	case POST_EMIT:
	case POST_BROADCAST:
	case POST_ERRAND:
		if (socket->admission)
			break; /* not in yet: nothing reaches it */
		post->reached = true;
		deliver_one(socket, post);
		break;
	}
}

/* The post's survey ends when those who are asked have answered, or cannot any more. */
static void survey_sent(struct warren_post *post)
{
	struct warren_survey *survey = post->survey;

	post->survey = NULL;
	if (survey)
		warren_survey_sent(survey);
}

static void run_many(struct warren_edge *edge, struct warren_post *post)
{
	struct warren_edge_namespace *ns =
		warren_namespace_find(edge, post->target, strlen(post->target));
	struct warren_edge_socket *socket = ns ? ns->sockets : NULL, *next;

	if (!socket)
		return;
	if (post->is_volatile && !post->survey && warren_recovery_is_on(edge))
		post->key = volatile_key(edge, post->frame);
	if (post->what == POST_BROADCAST)
		write_header(post, ns->name);
	post->round = ++edge->round;
	each_of(ns, &post->except, post, leave_out);
	if (post->to.len) {
		each_of(ns, &post->to, post, change);
		return;
	}
	for (; socket; socket = next) {
		next = socket->next; /* this ends at most this client, with one socket here */
		if (socket->round != post->round)
			change(socket, post);
	}
}

/* Whether a question would reach the socket: one without a connection is not asked. */
static bool reachable(const struct warren_edge_socket *socket)
{
	return socket && socket->client && !socket->admission;
}

static void lose(struct warren_edge *edge, const struct warren_post *post)
{
	warren_tally_add(edge, lost, 1);
	warren_log(edge->options.log, WARREN_LOG_WARN, "nobody was there for what must arrive",
		WARREN_TEXT("event", post->about.text),
		WARREN_TEXT("to", post->to.len ? post->to.text : ""));
}

static void run_post(struct warren_edge *edge, struct warren_post *post)
{
	struct warren_edge_socket *socket;

	if (post->many) {
		if (post->survey)
			post->ack_id = post->survey->id = WARREN_SURVEY_FIRST + edge->survey++;
		run_many(edge, post);
		if (post->must_reach && !post->reached)
			lose(edge, post);
		survey_sent(post);
		return;
	}
	if (post->what == POST_ERRAND) {
		post->errand->run(edge, post->errand);
		return;
	}
	socket = warren_map_get(edge->sockets, post->target);
	if (!await_ack(reachable(socket) ? socket : NULL, post) || !socket)
		return;
	if (post->what == POST_EMIT)
		write_header(post, socket->ns->name);
	change(socket, post);
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
		warren_recovery_fit(edge);
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
		survey_sent(post);
		if (post->errand)
			post->errand->drop(post->errand);
		post_free(post);
	}
}
