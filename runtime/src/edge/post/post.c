#include "edge/post/post.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edge/socketio/ack.h"
#include "edge/socketio/recovery.h"
#include "edge/socketio/survey.h"

void warren_post_free(struct warren_post *post)
{
	for (uint32_t i = 0; post->attachments && i < post->count; i++)
		warren_frame_unref(post->attachments[i]);
	free(post->attachments);
	warren_frame_unref(post->frame);
	if (post->target != post->short_target)
		free(post->target);
	free(post->to.text);
	free(post->except.text);
	free(post->about.text);
	free(post->ack);
	free(post->survey);
	free(post);
}

struct warren_post *warren_post_open(enum warren_post_what what)
{
	struct warren_post *post = calloc(1, sizeof *post);

	if (post) {
		post->what = what;
		post->kind = WARREN_PACKET_EVENT;
		post->ack_id = -1;
	}
	return post;
}

/* Does to a socket what the post asks. */
static void run_one(struct warren_edge_socket *socket, void *data)
{
	struct warren_post *post = data;

	if (post->what == WARREN_POST_EMIT || post->what == WARREN_POST_BROADCAST)
		warren_post_deliver(socket, post);
	else
		warren_post_control(socket, post);
}

static void run_many(struct warren_edge *edge, struct warren_post *post)
{
	struct warren_edge_namespace *ns =
		warren_namespace_find(edge, post->target, strlen(post->target));

	if (!ns || !ns->sockets)
		return;
	if (post->what == WARREN_POST_BROADCAST)
		warren_post_address(post, ns);
	warren_post_each(ns, post, run_one);
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
		warren_post_asked(post);
		return;
	}
	socket = warren_map_get(edge->sockets, post->target);
	if (!warren_post_await(reachable(socket) ? socket : NULL, post) || !socket)
		return;
	if (post->what == WARREN_POST_EMIT)
		warren_post_address(post, socket->ns);
	run_one(socket, post);
}

static void run(struct warren_edge *edge, struct warren_errand *errand)
{
	struct warren_post *post = (struct warren_post *)errand;

	run_post(edge, post);
	warren_post_free(post);
	warren_recovery_fit(edge);
}

static void drop(struct warren_errand *errand)
{
	struct warren_post *post = (struct warren_post *)errand;

	(void)warren_post_await(NULL, post);
	warren_post_asked(post);
	warren_post_free(post);
}

int warren_post_submit(struct warren_edge *edge, struct warren_post *post, const char *target)
{
	size_t len = strlen(target);
	int result;

	if (len < sizeof post->short_target)
		post->target = memcpy(post->short_target, target, len + 1);
	else
		post->target = strdup(target);
	post->errand.run = run;
	post->errand.drop = drop;
	post->errand.bytes += len;
	result = post->target ? warren_errand_submit(edge, &post->errand) : -ENOMEM;
	if (result < 0)
		warren_post_free(post);
	return result;
}
