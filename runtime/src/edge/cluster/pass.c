#include "edge/cluster/pass.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "edge/cluster/forward.h"
#include "edge/cluster/link.h"
#include "edge/engine/engine.h"

#define POSTED_BYTES 2 /* "ok" */

struct warren_pass {
	struct warren_http *http;
	struct warren_link *link; /* NULL: not yet, or over */
	struct warren_peer_address address;
	char *headers;               /* of the request */
	struct warren_buffer answer; /* what has come and is not the client's yet */
	bool begun;                  /* something is */
	bool whole;                  /* nothing more comes */
};

static struct warren_edge *edge_of(const struct warren_pass *pass)
{
	return pass->http->conn->edge;
}

static void pass_free(struct warren_pass *pass)
{
	if (pass->link)
		warren_link_close(pass->link);
	warren_buffer_free(&pass->answer);
	free(pass->headers);
	free(pass);
}

/* There will be no answer, or not the rest of it. */
static void fail(struct warren_pass *pass)
{
	struct warren_http *http = pass->http;

	warren_tally_add(edge_of(pass), passed_failed, 1);
	if (pass->begun || pass->answer.len) {
		warren_conn_kill(http->conn);
		return;
	}
	warren_http_take(http, NULL, NULL);
	pass_free(pass);
	warren_polling_unknown(http);
}

/* ---- the answer ---- */

/* Gives the client what has come, if it has taken what came before. */
static void give(struct warren_pass *pass)
{
	struct warren_http *http = pass->http;

	if (!http->out && pass->answer.len) {
		pass->begun = true;
		warren_http_give(http, pass->answer.data, pass->answer.len);
		warren_buffer_free(&pass->answer);
	}
	if (pass->link)
		warren_link_pause(pass->link, pass->answer.len > 0);
}

/* Whether that is what the owner of a session says of its requests. */
static bool is_known(const struct warren_http *http, const struct warren_link_head *head)
{
	switch (head->status) {
	case 200:
		return http->method[0] == 'G' || head->content_length == POSTED_BYTES;
	case 400:
	case 403:
	case 413:
		return true;
	default:
		return false;
	}
}

/* The head that this edge itself would give such an answer: the peer's status and length are all
 * that goes along. */
static int put_head(struct warren_pass *pass, const struct warren_link_head *answer)
{
	char head[WARREN_HTTP_HEAD_SIZE];
	size_t len = warren_http_head(pass->http,
		&(struct warren_response){.status = answer->status,
			.content_type = warren_polling_type(pass->http, answer->status),
			.shared = true},
		answer->content_length, head);

	return len ? warren_buffer_append(&pass->answer, head, len) : -EMSGSIZE;
}

static int on_head(struct warren_link *link, const struct warren_link_head *head, void *data)
{
	struct warren_pass *pass = data;
	struct warren_http *http = pass->http;

	(void)link;
	if (!http->keep_alive || edge_of(pass)->stopping)
		http->close_after = true;
	if (is_known(http, head) && put_head(pass, head) == 0) {
		if (!head->rest_len)
			give(pass);
		return 0;
	}
	pass->link = NULL;
	fail(pass);
	return -1;
}

static int on_body(struct warren_link *link, const void *bytes, size_t len, void *data)
{
	struct warren_pass *pass = data;

	(void)link;
	if (warren_buffer_append(&pass->answer, bytes, len) == 0) {
		give(pass);
		return 0;
	}
	pass->link = NULL;
	fail(pass);
	return -1;
}

static void on_end(int result, void *data)
{
	struct warren_pass *pass = data;

	pass->link = NULL;
	pass->whole = result == 0;
	if (result < 0)
		fail(pass);
	else
		give(pass);
}

static bool awaits(const struct warren_http *http)
{
	const struct warren_pass *pass = http->data;

	return !pass->whole || pass->answer.len;
}

static void more(struct warren_http *http)
{
	give(http->data);
}

/* ---- the request ---- */

/* By when its owner has answered: a held poll gets a ping at least, or its session ends. */
static uint32_t answer_ms(const struct warren_http *http)
{
	const struct warren_edge_options *options = &http->conn->edge->options;
	uint64_t held_ms = http->method[0] == 'G'
				   ? (uint64_t)options->ping_interval_ms + options->ping_timeout_ms
				   : 0;

	return (uint32_t)MIN(held_ms + options->peer_timeout_ms, UINT32_MAX);
}

/* The request is whole. */
static void ask(struct warren_http *http)
{
	static const struct warren_link_user user = {on_head, on_body, on_end};
	struct warren_pass *pass = http->data;
	struct warren_edge *edge = edge_of(pass);
	const struct warren_link_request request = {.method = http->method,
		.path = http->path,
		.query = http->query,
		.headers = pass->headers,
		.connection = "keep-alive",
		.body = http->method[0] == 'P' && !http->body.data ? (const void *)""
								   : http->body.data,
		.body_len = http->body.len,
		.send_ms = edge->options.peer_timeout_ms,
		.answer_ms = answer_ms(http),
		.keep = true};
	int result;

	warren_tally_add(edge, passed_on, 1);
	warren_http_hold(http);
	result = warren_link_open(edge, &pass->address, &request, &user, pass, &pass->link);
	warren_buffer_free(&http->body);
	if (result < 0)
		fail(pass);
}

static void on_gone(struct warren_http *http, bool left)
{
	(void)left;
	pass_free(http->data);
}

bool warren_pass_begin(struct warren_http *http, const char *sid)
{
	static const struct warren_http_user user = {.whole = ask,
		.awaits = awaits,
		.more = more,
		.gone = on_gone,
		.late = true,
		.forsaken = true};
	struct warren_peer_address peer;
	struct warren_pass *pass;

	if (!warren_forward_find(http->conn, sid, &peer))
		return false;
	if (warren_polling_refuse_large(http))
		return true;
	pass = calloc(1, sizeof *pass);
	if (!pass)
		return false;
	pass->http = http;
	pass->address = peer;
	warren_buffer_init(&pass->answer, SIZE_MAX);
	pass->headers = warren_forward_headers(http->conn, "");
	if (!pass->headers) {
		pass_free(pass);
		return false;
	}
	warren_http_take(http, &user, pass);
	if (http->content_length == 0)
		ask(http);
	return true;
}
