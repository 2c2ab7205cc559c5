/* Events, answers and questions, for one socket or for many. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "edge/post/post.h"
#include "edge/socketio/ack.h"
#include "edge/socketio/recovery.h"
#include "edge/socketio/survey.h"

#define EVENT_NAME_MAX 4096

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
		post->errand.bytes += attachments[i].len;
	}
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
	} else {
		post->key = 0;
	}
	post->frame = encode(event, args.text, args.len, kept ? offset : NULL);
	if (!post->frame || copy_attachments(post, attachments, count) < 0) {
		warren_post_free(post);
		return -ENOMEM;
	}
	post->errand.bytes += post->frame->len;
	return warren_post_submit(edge, post, target);
}

int warren_edge_emit_binary(struct warren_edge *edge, const char *sid, const char *event,
	const char *args, size_t len, const struct warren_edge_bytes *attachments, uint32_t count)
{
	struct warren_post *post = warren_post_open(WARREN_POST_EMIT);

	if (!post)
		return -ENOMEM;
	if (count)
		post->kind = WARREN_PACKET_BINARY_EVENT;
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
	struct warren_post *post = warren_post_open(WARREN_POST_EMIT);

	if (!post)
		return -ENOMEM;
	post->kind = count ? WARREN_PACKET_BINARY_ACK : WARREN_PACKET_ACK;
	post->ack_id = ack_id;
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
	struct warren_post *post = warren_post_open(WARREN_POST_EMIT);

	if (!post)
		return -ENOMEM;
	post->ack = calloc(1, sizeof *post->ack);
	if (!post->ack) {
		warren_post_free(post);
		return -ENOMEM;
	}
	post->ack->fn = fn;
	post->ack->data = data;
	post->ack->timeout_ms = timeout_ms ? timeout_ms : WARREN_ACK_TIMEOUT_MS;
	return submit(edge, post, sid, event, (struct warren_json_span){args, len}, NULL, 0);
}

int warren_edge_broadcast_binary(struct warren_edge *edge, const struct warren_edge_target *target,
	const char *event, const char *args, size_t len,
	const struct warren_edge_bytes *attachments, uint32_t count)
{
	struct warren_post *post = warren_post_open_many(WARREN_POST_BROADCAST, target);

	if (!post)
		return -ENOMEM;
	if (target->id && !target->is_volatile) {
		post->has_id = true;
		post->key = warren_offset_key(target->id, strlen(target->id));
	}
	if (post->must_reach && warren_post_copy_names(post, &post->about, &event, 1) < 0) {
		warren_post_free(post);
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
	struct warren_post *post = warren_post_open_many(WARREN_POST_BROADCAST, target);

	if (!post)
		return -ENOMEM;
	post->survey = calloc(1, sizeof *post->survey);
	if (!post->survey) {
		warren_post_free(post);
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

static void deliver(struct warren_edge_socket *socket, const struct warren_post *post)
{
	warren_recovery_send(
		socket, &(struct warren_parcel){.key = post->key,
				.packet = post->frame,
				.attachments = post->attachments,
				.count = post->count,
				.is_volatile = post->is_volatile,
				.has_id = post->has_id || warren_post_is_for_one(socket, post)});
}

void warren_post_address(struct warren_post *post, struct warren_edge_namespace *ns)
{
	if (post->is_volatile && !post->survey && warren_recovery_is_on(ns->edge))
		post->key = volatile_key(ns->edge, post->frame);
	write_header(post, ns->name);
}

void warren_post_deliver(struct warren_edge_socket *socket, struct warren_post *post)
{
	if (socket->admission)
		return; /* not in yet: nothing reaches it */
	post->reached = true;
	if (post->is_volatile &&
		!(socket->client && warren_session_is_idle(socket->client->session)))
		return;
	/* A socket without a connection is not asked. */
	if (!post->survey || (socket->client && warren_survey_ask(post->survey, socket)))
		deliver(socket, post);
}

bool warren_post_await(struct warren_edge_socket *socket, struct warren_post *post)
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

void warren_post_asked(struct warren_post *post)
{
	struct warren_survey *survey = post->survey;

	post->survey = NULL;
	if (survey)
		warren_survey_sent(survey);
}
