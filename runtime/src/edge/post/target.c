/* Whom a post is for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edge/post/post.h"
#include "edge/socketio/room.h"

int warren_post_copy_names(
	struct warren_post *post, struct warren_names *names, const char *const *from, size_t count)
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
	post->errand.bytes += len;
	return 0;
}

struct warren_post *warren_post_open_many(
	enum warren_post_what what, const struct warren_edge_target *target)
{
	struct warren_post *post = warren_post_open(what);

	if (!post)
		return NULL;
	post->many = true;
	post->is_volatile = target->is_volatile;
	post->must_reach = target->must_reach;
	if (warren_post_copy_names(post, &post->to, target->to, target->to_count) == 0 &&
		warren_post_copy_names(post, &post->except, target->except, target->except_count) ==
			0)
		return post;
	warren_post_free(post);
	return NULL;
}

bool warren_post_is_for_one(const struct warren_edge_socket *socket, const struct warren_post *post)
{
	return !post->many ||
	       (post->to.len == strlen(socket->sid) + 1 && !strcmp(post->to.text, socket->sid));
}

/* Keeps a socket out of the round that it carries from here on. */
static void leave_out(struct warren_edge_socket *socket, void *data)
{
	(void)socket;
	(void)data;
}

static void each_of(struct warren_edge_namespace *ns, const struct warren_names *names,
	struct warren_post *post, void (*fn)(struct warren_edge_socket *socket, void *data))
{
	for (size_t at = 0; at < names->len; at += strlen(names->text + at) + 1)
		warren_room_each(ns, names->text + at, post->round, fn, post);
}

void warren_post_each(struct warren_edge_namespace *ns, struct warren_post *post,
	void (*fn)(struct warren_edge_socket *socket, void *data))
{
	struct warren_edge_socket *socket, *next;

	post->round = ++ns->edge->round;
	each_of(ns, &post->except, post, leave_out);
	if (post->to.len) {
		each_of(ns, &post->to, post, fn);
		return;
	}
	for (socket = ns->sockets; socket; socket = next) {
		next = socket->next; /* this ends at most this client, with one socket here */
		if (socket->round != post->round)
			fn(socket, post);
	}
}
