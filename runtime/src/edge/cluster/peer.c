#include "edge/cluster/peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/cluster/link.h"

struct call {
	struct warren_edge *edge;
	struct warren_link *link;
	struct warren_wheel_timer timer; /* of the whole */
	warren_peer_on_answer fn;
	void *data;
	int status;
	struct warren_buffer body;
};

/* `status` is the answer's, or -errno. */
static void finish(struct call *call, int status)
{
	warren_wheel_cancel(&call->edge->wheel, &call->timer);
	call->fn(status, call->body.len ? (const void *)call->body.data : "",
		status < 0 ? 0 : call->body.len, call->data);
	warren_buffer_free(&call->body);
	free(call);
}

static int on_head(struct warren_link *link, const struct warren_link_head *head, void *data)
{
	struct call *call = data;

	(void)link;
	call->status = head->status;
	if (head->status != 101 && head->content_length <= WARREN_PEER_BODY_MAX)
		return 0;
	finish(call, head->status == 101 ? -EBADMSG : -EMSGSIZE);
	return -1;
}

static int on_body(struct warren_link *link, const void *bytes, size_t len, void *data)
{
	struct call *call = data;

	(void)link;
	if (warren_buffer_append(&call->body, bytes, len) == 0)
		return 0;
	finish(call, -ENOMEM);
	return -1;
}

static void on_end(int result, void *data)
{
	struct call *call = data;

	finish(call, result < 0 ? result : call->status);
}

static void on_timeout(void *data)
{
	struct call *call = data;

	warren_link_close(call->link);
	finish(call, -ETIMEDOUT);
}

int warren_peer_call(struct warren_edge *edge, const char *instance, const char *path,
	const void *body, size_t len, uint32_t timeout_ms, warren_peer_on_answer fn, void *data)
{
	static const struct warren_link_user user = {on_head, on_body, on_end};
	struct warren_peer_address address;
	struct call *call;
	char host[80];
	const struct warren_link_request request = {.method = "POST",
		.path = path,
		.query = "",
		.headers = host,
		.connection = "close",
		.body = len ? body : "",
		.body_len = len,
		.send_ms = timeout_ms,
		.answer_ms = timeout_ms};
	int result;

	if (!warren_peer_find(edge, instance, &address))
		return -ENOENT;
	if (len > WARREN_PEER_BODY_MAX)
		return -EMSGSIZE;
	call = calloc(1, sizeof *call);
	if (!call)
		return -ENOMEM;
	snprintf(host, sizeof host, "Host: %s\r\n", address.text);
	*call = (struct call){.edge = edge, .fn = fn, .data = data};
	warren_buffer_init(&call->body, WARREN_PEER_BODY_MAX);
	warren_wheel_timer_init(&call->timer, on_timeout, call);
	result = warren_link_open(edge, &address, &request, &user, call, &call->link);
	if (result < 0) {
		free(call);
		return result;
	}
	warren_wheel_set(&edge->wheel, &call->timer, warren_edge_now_ms(edge) + timeout_ms);
	return 0;
}
