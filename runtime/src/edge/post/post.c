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
	if (edge->deaf || edge->post_count >= edge->options.max_posts ||
		edge->post_bytes + post->bytes > edge->options.max_post_bytes) {
		pthread_mutex_unlock(&edge->lock);
		warren_tally_refused(edge, posts_full);
		warren_post_free(post);
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

int warren_post_submit(struct warren_edge *edge, struct warren_post *post, const char *target)
{
	post->target = strdup(target);
	if (!post->target) {
		warren_post_free(post);
		return -ENOMEM;
	}
	post->bytes += strlen(target);
	return enqueue(edge, post);
}

int warren_post_errand(struct warren_edge *edge, struct warren_errand *errand, size_t bytes)
{
	struct warren_post *post = warren_post_open(WARREN_POST_ERRAND);

	if (!post)
		return -ENOMEM;
	post->errand = errand;
	post->bytes = bytes;
	return enqueue(edge, post);
}

/* ---- on the loop ---- */

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
	if (post->what == WARREN_POST_ERRAND) {
		post->errand->run(edge, post->errand);
		return;
	}
	socket = warren_map_get(edge->sockets, post->target);
	if (!warren_post_await(reachable(socket) ? socket : NULL, post) || !socket)
		return;
	if (post->what == WARREN_POST_EMIT)
		warren_post_address(post, socket->ns);
	run_one(socket, post);
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
		warren_post_free(post);
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
		(void)warren_post_await(NULL, post);
		warren_post_asked(post);
		if (post->errand)
			post->errand->drop(post->errand);
		warren_post_free(post);
	}
}
