/*
 * One HTTP request and its response.
 *
 * A request is read (head, then body), taken by whoever answers it, and answered once.  While it is
 * taken or answered its connection is not read, so that a peer who left cannot make the loop spin;
 * a taken request that waits (a held GET) is watched for that instead.  An answer given before the
 * body has arrived waits until it has, unless the body is too large to wait for or the client holds
 * it: then the connection is closed behind the answer.
 */
#ifndef WARREN_EDGE_HTTP_H
#define WARREN_EDGE_HTTP_H

#include "base/buffer.h"
#include "edge/http/conn.h"

enum warren_http_state { WARREN_HTTP_READING, WARREN_HTTP_TAKEN, WARREN_HTTP_ANSWERING };

struct warren_http;

struct warren_proof;

/* The calls of the part that answers a request.  One that may be NULL is not called then. */
struct warren_http_user {
	/* All of it is there: answer, or hold.  May be NULL where the head said everything. */
	void (*whole)(struct warren_http *http);
	/* It waits and there is a turn to write: answer, or hold again.  May be NULL. */
	void (*writeable)(struct warren_http *http);
	/* All that was given has gone out.  Returns whether there is more to come.  May be NULL: no. */
	bool (*awaits)(const struct warren_http *http);
	void (*more)(struct warren_http *http); /* it may be given now */
	/* It is freed; `left`: its client went before it was answered.  May be NULL. */
	void (*gone)(struct warren_http *http, bool left);
	bool late;     /* `whole` comes after everything else of a wake-up */
	bool forsaken; /* it is not answered any more when the edge is closed */
};

struct warren_http {
	struct warren_conn *conn;
	enum warren_http_state state;
	const char *method; /* "GET" … */
	char *path;         /* decoded, without ".." */
	char *query;        /* percent-encoded "a=b&c" */
	char *origin, *host;
	bool keep_alive, octet_stream;
	bool holds_body; /* the client sends it when it is told to go on */
	uint64_t content_length, body_seen;
	/* The next request has come already.  libwebsockets 4.3 takes it for the rest of the body.
	 */
	bool overrun;
	struct warren_buffer body;
	struct warren_proof *proof; /* of a peer's call; NULL: a client's */

	const struct warren_http_user *user; /* NULL: none yet, or it has been answered */
	void *data;                          /* the user's */
	struct warren_http *late_next;
	bool late;
	ev_io watch; /* of a held request's peer */

	uint8_t *out; /* NULL: not answered; LWS_PRE bytes of room, then head and body */
	size_t out_len, out_at;
	int file; /* -1: none */
	uint64_t file_left;
	bool close_after;
};

struct warren_response {
	int status;
	const char *content_type;  /* NULL: no body and no type */
	const char *cache_control; /* NULL: "no-store" */
	const char *headers;       /* more of them, each ended by \r\n; NULL: none */
	bool shared;               /* pages of allowed origins may read it, as they may an error */
	const void *body;
	size_t body_len;
};

#define WARREN_HTTP_HEAD_SIZE 2048

/* Writes the head of an answer whose body follows in pieces (warren_http_give).  Returns its length;
 * 0 when it is too long. */
size_t warren_http_head(struct warren_http *http, const struct warren_response *response,
	uint64_t body_len, char ret[WARREN_HTTP_HEAD_SIZE]);

/* libwebsockets' callbacks.  Return as they do: -1 closes. */
int warren_http_begin(struct warren_conn *conn, const char *path, size_t len);
int warren_http_body(struct warren_http *http, const void *bytes, size_t len);
int warren_http_body_done(struct warren_http *http);
int warren_http_writeable(struct warren_http *http);

/* The connection has gone; frees the request. */
void warren_http_gone(struct warren_http *http);

/* Who answers from here on, in the place of whoever was to do it before. */
void warren_http_take(struct warren_http *http, const struct warren_http_user *user, void *data);

/* Has a request whose body is there already go on with its user, unless it has been answered. */
void warren_http_is_whole(struct warren_http *http);

/* Runs the requests that were put off to the end of this wake-up. */
void warren_http_run_late(struct warren_edge *edge);

/* Answers, once.  The body is copied. */
void warren_http_respond(struct warren_http *http, const struct warren_response *response);

/* Answers with a body that the caller writes to what this returns; NULL: no memory, connection
 * killed. */
uint8_t *warren_http_respond_space(
	struct warren_http *http, const struct warren_response *response);

/* Answers with `size` bytes of an open file, which is closed. */
void warren_http_respond_file(
	struct warren_http *http, const struct warren_response *response, int file, uint64_t size);

/* Sends bytes that are an answer's head or follow it; then the user is asked for more. */
void warren_http_give(struct warren_http *http, const void *bytes, size_t len);

/* Waits with the answer and watches whether the peer leaves. */
void warren_http_hold(struct warren_http *http);

/* Has warren_http_writeable called for a request that waits. */
void warren_http_wake(struct warren_http *http);

/* Copies the first query argument of that name; false when there is none or it does not fit. */
bool warren_http_arg(struct lws *wsi, const char *name, char *ret, size_t size);

/* Returns all query arguments, percent-encoded; NULL when memory is out.  Owns: caller. */
char *warren_http_query(struct lws *wsi);

/* Returns whether there is such an argument that is not empty. */
bool warren_http_has_arg(struct lws *wsi, const char *name);

/*
 * Whether libwebsockets has read more than this request (of this connection or, rarely, another).
 * It reads a body that it finds there from memory that it has freed, so no request may follow.
 */
bool warren_http_is_pipelined(const struct warren_conn *conn);

/*
 * Writes a whole response at once, where a request is not read to its end; `origin` NULL: it is
 * nobody's or not known.
 */
void warren_http_refuse(
	struct warren_conn *conn, const char *origin, const struct warren_response *response);

/* Copies a header; NULL when there is none, or no memory.  Owns: caller. */
char *warren_http_header(struct lws *wsi, enum lws_token_indexes token);

/* Whether a header's list has that word, in whatever letters. */
bool warren_http_header_has(struct lws *wsi, enum lws_token_indexes token, const char *word);

#endif
