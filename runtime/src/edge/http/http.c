#include "edge/http/http.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "edge/http/look.h"
#include "edge/http/tls.h"

#define CHUNK_BYTES 65536
/* A body this many times over the limit is not waited for. */
#define DRAIN_FACTOR 4

static const char *const methods[] = {
	"GET", "POST", "OPTIONS", "PUT", "PATCH", "DELETE", "CONNECT", "HEAD"};

static struct lws *wsi_of(struct warren_http *http)
{
	return http->conn->wsi;
}

static struct warren_edge *edge_of(struct warren_http *http)
{
	return http->conn->edge;
}

void warren_http_take(struct warren_http *http, const struct warren_http_user *user, void *data)
{
	http->user = user;
	http->data = data;
}

static void http_free(struct warren_http *http, bool left)
{
	struct warren_edge *edge = edge_of(http);

	ev_io_stop(edge->loop, &http->watch);
	if (http->late) {
		struct warren_http **link = &edge->late_first;

		while (*link != http)
			link = &(*link)->late_next;
		*link = http->late_next;
		if (!*link)
			edge->late_end = link;
	}
	http->conn->http = NULL;
	if (http->user && http->user->gone)
		http->user->gone(http, left);
	if (http->file >= 0)
		close(http->file);
	warren_buffer_free(&http->body);
	free(http->out);
	free(http->proof);
	free(http->path);
	free(http->query);
	free(http->origin);
	free(http->host);
	free(http);
}

void warren_http_gone(struct warren_http *http)
{
	http_free(http, true);
}

/* ---- reading ---- */

char *warren_http_header(struct lws *wsi, enum lws_token_indexes token)
{
	int len = lws_hdr_total_length(wsi, token);
	char *text;

	if (len <= 0)
		return NULL;
	text = malloc((size_t)len + 16); /* fragments are joined with ", " */
	if (text && lws_hdr_copy(wsi, text, len + 16, token) < 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* Finds the first argument of that name.  Returns the length of its value; -1: none. */
static int find_arg(struct lws *wsi, const char *name, char *pair, size_t size)
{
	size_t name_len = strlen(name);

	for (int i = 0;; i++) {
		int len = lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i);

		if ((size_t)len >= size)
			continue; /* none that is looked for */
		/* An empty one, as in `a=1&&b=2`, is as long as one that is not there. */
		if (lws_hdr_copy_fragment(wsi, pair, (int)size, WSI_TOKEN_HTTP_URI_ARGS, i) < 0)
			return -1;
		if (!strncmp(pair, name, name_len) && pair[name_len] == '=')
			return len - (int)name_len - 1;
	}
}

bool warren_http_arg(struct lws *wsi, const char *name, char *ret, size_t size)
{
	char pair[1024];

	if (find_arg(wsi, name, pair, sizeof pair) < 0)
		return false;
	return (size_t)snprintf(ret, size, "%s", pair + strlen(name) + 1) < size;
}

bool warren_http_has_arg(struct lws *wsi, const char *name)
{
	char pair[1024];

	return find_arg(wsi, name, pair, sizeof pair) > 0;
}

/* Appends one decoded argument to the query, encoded again; its first '=' divides it. */
static size_t encode_arg(const char *pair, size_t len, char *out)
{
	static const char hex[] = "0123456789ABCDEF";
	bool divided = false;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)pair[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || strchr("-._~", c);

		if ((plain && c) || (c == '=' && !divided)) {
			divided |= c == '=';
			out[n++] = (char)c;
		} else {
			out[n++] = '%';
			out[n++] = hex[c >> 4];
			out[n++] = hex[c & 15];
		}
	}
	return n;
}

/* libwebsockets keeps the arguments decoded and apart; this joins them again. */
char *warren_http_query(struct lws *wsi)
{
	int total = lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_URI_ARGS), len;
	char *query = malloc(total > 0 ? (size_t)total * 4 + 4 : 1);
	char *pair = malloc(total > 0 ? (size_t)total + 1 : 1);
	size_t n = 0;

	for (int i = 0; query && pair && total > 0; i++) {
		len = lws_hdr_copy_fragment(wsi, pair, total + 1, WSI_TOKEN_HTTP_URI_ARGS, i);
		if (len < 0)
			break;
		if (n)
			query[n++] = '&';
		n += encode_arg(pair, (size_t)len, query + n);
	}
	if (query)
		query[n] = '\0';
	free(pair);
	return query;
}

/* Whether a header's list of words has `word`. */
static bool has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = list; at && *at;) {
		size_t n = strcspn(at, ", \t");

		if (n == len && !strncasecmp(at, word, len))
			return true;
		at += n;
		at += strspn(at, ", \t");
	}
	return false;
}

bool warren_http_header_has(struct lws *wsi, enum lws_token_indexes token, const char *word)
{
	char *list = warren_http_header(wsi, token);
	bool has = has_word(list, word);

	free(list);
	return has;
}

static void read_connection(struct warren_http *http)
{
	char *version = warren_http_header(wsi_of(http), WSI_TOKEN_HTTP);
	char *type = warren_http_header(wsi_of(http), WSI_TOKEN_HTTP_CONTENT_TYPE);

	http->keep_alive = !warren_http_header_has(wsi_of(http), WSI_TOKEN_CONNECTION, "close") &&
			   version && !strcmp(version, "HTTP/1.1");
	http->octet_stream = type && !strncasecmp(type, "application/octet-stream", 24);
	free(version);
	free(type);
}

/*
 * libwebsockets reads a body by Content-Length alone: one without never ends, and a chunked one is
 * not told apart from the next request.  Returns 0, or the status that refuses it.
 */
static int read_framing(struct warren_http *http)
{
	char *length = warren_http_header(wsi_of(http), WSI_TOKEN_HTTP_CONTENT_LENGTH);
	bool chunked = lws_hdr_total_length(wsi_of(http), WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0;
	bool wants = http->method[0] == 'P'; /* POST, PUT, PATCH */
	int status = 0;

	if (length && (strspn(length, "0123456789") != strlen(length) || strlen(length) > 15))
		status = 400;
	else if (chunked)
		status = length ? 400 : 411;
	else if (wants && !length)
		status = 411;
	else if (length)
		http->content_length = strtoull(length, NULL, 10);
	if (!status && !wants && http->content_length)
		status = 400;
	free(length);
	return status;
}

static struct warren_http *http_open(struct warren_conn *conn, const char *path, size_t len)
{
	struct warren_http *http = calloc(1, sizeof *http);
	char *uri;
	int uri_len, method;

	if (!http)
		return NULL;
	http->conn = conn;
	http->file = -1;
	conn->http = http;
	ev_init(&http->watch, NULL);
	warren_buffer_init(&http->body, conn->edge->options.max_payload);
	method = lws_http_get_uri_and_method(conn->wsi, &uri, &uri_len);
	http->method = method >= 0 && method < (int)(sizeof methods / sizeof methods[0])
			       ? methods[method]
			       : "";
	http->path = strndup(path, len);
	http->query = warren_http_query(conn->wsi);
	http->origin = warren_http_header(conn->wsi, WSI_TOKEN_ORIGIN);
	http->host = warren_http_header(conn->wsi, WSI_TOKEN_HOST);
	read_connection(http);
	if (http->path && http->query)
		return http;
	http_free(http, false);
	return NULL;
}

static void respond_status(struct warren_http *http, int status, const char *text)
{
	warren_http_respond(http, &(struct warren_response){.status = status,
					  .content_type = "text/plain; charset=utf-8",
					  .body = text,
					  .body_len = strlen(text)});
}

/* A client may wait for this with its body (RFC 9110, 10.1.1), unless it has been answered. */
static void say_continue(struct warren_http *http)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	uint8_t out[LWS_PRE + sizeof text];

	if (!http->holds_body || http->state != WARREN_HTTP_READING)
		return;
	http->holds_body = false;
	memcpy(out + LWS_PRE, text, sizeof text - 1);
	if (lws_write(wsi_of(http), out + LWS_PRE, sizeof text - 1, LWS_WRITE_HTTP) >= 0)
		warren_tally_add(edge_of(http), bytes_out, sizeof text - 1);
}

int warren_http_begin(struct warren_conn *conn, const char *path, size_t len)
{
	struct warren_edge *edge = conn->edge;
	struct warren_http *http;
	int status;

	if (conn->http) {
		/*
		 * The former one's answer waits for its turn to write; 4.3 reads on meanwhile. That
		 * answer goes out, this request gets none.
		 */
		conn->http->overrun = true;
		return 0;
	}
	http = http_open(conn, path, len);
	if (!http)
		return -1;
	warren_edge_tick(edge);
	warren_conn_wait(conn, WARREN_WAIT_BODY);
	status = read_framing(http);
	if (status) {
		warren_tally_add(edge, refused, 1);
		http->close_after = true;
		http->content_length = 0;
		respond_status(http, status,
			status == 411 ? "Content-Length required\n" : "Bad request framing\n");
	} else {
		http->holds_body =
			http->content_length > 0 &&
			warren_http_header_has(conn->wsi, WSI_TOKEN_HTTP_EXPECT, "100-continue");
		edge->ways->request(http);
		if (conn->http == http)
			say_continue(http);
	}
	if (conn->http == http && http->content_length == 0 && http->state == WARREN_HTTP_READING)
		return warren_http_body_done(http);
	return 0;
}

int warren_http_body(struct warren_http *http, const void *bytes, size_t len)
{
	uint64_t left = http->content_length - http->body_seen;

	warren_tally_add(edge_of(http), bytes_in, len);
	if (http->overrun)
		return 0;
	if (len > left) {
		http->overrun = true;
		len = (size_t)left;
	}
	http->body_seen += len;
	/* When it is answered already, the rest is only read. */
	if (!http->out && warren_buffer_append(&http->body, bytes, len) < 0)
		return -1;
	/* libwebsockets 4.3 has lost count and will not say that the body is whole. */
	return http->overrun ? warren_http_body_done(http) : 0;
}

/* From here on the connection is not read until the answer has gone out. */
static void stop_reading(struct warren_http *http)
{
	if (http->state != WARREN_HTTP_READING)
		return;
	http->state = WARREN_HTTP_TAKEN;
	lws_rx_flow_control(wsi_of(http), 0);
	lws_set_timeout(wsi_of(http), NO_PENDING_TIMEOUT, 0);
	warren_conn_wait_no_more(http->conn);
}

/*
 * Asks libwebsockets for a turn to write.  It grants none while the connection is not read, so that
 * it is read again from here to that turn.
 */
void warren_http_wake(struct warren_http *http)
{
	ev_io_stop(edge_of(http)->loop, &http->watch);
	lws_rx_flow_control(wsi_of(http), 1);
	lws_callback_on_writable(wsi_of(http));
}

static void start_answer(struct warren_http *http)
{
	stop_reading(http);
	http->state = WARREN_HTTP_ANSWERING;
	warren_conn_wait(http->conn, WARREN_WAIT_TAKEN);
	warren_http_wake(http);
}

/* Tells the user that the body is there. */
static void tell_whole(struct warren_http *http)
{
	struct warren_edge *edge = edge_of(http);

	if (!http->user->late) {
		http->user->whole(http);
		return;
	}
	/*
	 * A post of a polling client is taken after everything else of this wake-up: libev calls
	 * the watchers of one wake-up last come first, and a GET that was sent before must be seen
	 * first.
	 */
	http->late = true;
	http->late_next = NULL;
	*edge->late_end = http;
	edge->late_end = &http->late_next;
	ev_feed_event(edge->loop, &edge->latecomer, EV_CUSTOM);
}

int warren_http_body_done(struct warren_http *http)
{
	if (http->state != WARREN_HTTP_READING)
		return 0;
	if (http->out) {
		start_answer(http);
		return 0;
	}
	if (!http->user || !http->user->whole)
		return -1; /* memory was out when it was to be answered */
	stop_reading(http);
	tell_whole(http);
	return 0;
}

void warren_http_is_whole(struct warren_http *http)
{
	if (http->out)
		return;
	if (http->user && http->user->whole)
		tell_whole(http);
	else
		warren_conn_kill(http->conn);
}

void warren_http_run_late(struct warren_edge *edge)
{
	struct warren_http *http;

	while ((http = edge->late_first)) {
		edge->late_first = http->late_next;
		if (!edge->late_first)
			edge->late_end = &edge->late_first;
		http->late = false;
		http->user->whole(http);
	}
}

/* ---- waiting ---- */

static void on_peer(struct ev_loop *loop, ev_io *watch, int events)
{
	struct warren_http *http = watch->data;
	int said = warren_tls_peek(wsi_of(http));

	(void)events;
	if (said == 0)
		return;
	/* The next request already: it waits for this one's answer. */
	ev_io_stop(loop, watch);
	if (said < 0)
		warren_conn_kill(http->conn);
}

static void watch(struct warren_http *http, void (*fn)(struct ev_loop *, ev_io *, int), int events)
{
	ev_io_init(&http->watch, fn, lws_get_socket_fd(wsi_of(http)), events);
	http->watch.data = http;
	ev_io_start(edge_of(http)->loop, &http->watch);
}

void warren_http_hold(struct warren_http *http)
{
	stop_reading(http);
	watch(http, on_peer, EV_READ);
}

/* ---- answering ---- */

static const char *status_text(int status)
{
	static const struct {
		int status;
		const char *text;
	} texts[] = {{200, "OK"}, {204, "No Content"}, {206, "Partial Content"},
		{301, "Moved Permanently"}, {302, "Found"}, {303, "See Other"},
		{304, "Not Modified"}, {400, "Bad Request"}, {401, "Unauthorized"},
		{403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"},
		{411, "Length Required"}, {413, "Payload Too Large"}, {426, "Upgrade Required"},
		{429, "Too Many Requests"}, {431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"}, {503, "Service Unavailable"}};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (texts[i].status == status)
			return texts[i].text;
	return "Status";
}

/* Writes the response's head to a page of that origin, with a line of the edge's own.  Returns its
 * length. */
static size_t write_head(const struct warren_edge *edge, const char *origin,
	const struct warren_response *response, uint64_t body_len, bool keep_alive,
	const char *line, char *head, size_t size)
{
	bool bodiless = response->status == 204 || response->status == 304;
	time_t now = time(NULL);
	struct tm utc;
	char date[40], length[40] = "", type[160] = "", cors[512] = "";
	int n;

	gmtime_r(&now, &utc);
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &utc);
	if (!bodiless)
		snprintf(length, sizeof length, "Content-Length: %llu\r\n",
			(unsigned long long)body_len);
	if (response->content_type)
		snprintf(type, sizeof type, "Content-Type: %s\r\n", response->content_type);
	if (response->shared || response->status >= 400)
		warren_cors_headers(edge, origin, cors, sizeof cors);
	n = snprintf(head, size,
		"HTTP/1.1 %d %s\r\nDate: %s\r\n%s%sCache-Control: %s\r\n"
		"X-Content-Type-Options: nosniff\r\n%s%s%sConnection: %s\r\n\r\n",
		response->status, status_text(response->status), date, type, length,
		response->cache_control ? response->cache_control : "no-store", cors,
		response->headers ? response->headers : "", line,
		keep_alive ? "keep-alive" : "close");
	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

size_t warren_http_head(struct warren_http *http, const struct warren_response *response,
	uint64_t body_len, char ret[WARREN_HTTP_HEAD_SIZE])
{
	return write_head(edge_of(http), http->origin, response, body_len, !http->close_after,
		http->proof ? edge_of(http)->ways->blank : "", ret, WARREN_HTTP_HEAD_SIZE);
}

uint8_t *warren_http_respond_space(struct warren_http *http, const struct warren_response *response)
{
	bool waits =
		!http->holds_body &&
		http->content_length <= (uint64_t)edge_of(http)->options.max_payload * DRAIN_FACTOR;
	bool head_only = !strcmp(http->method, "HEAD");
	size_t size = head_only ? 0 : response->body_len;
	char head[WARREN_HTTP_HEAD_SIZE];
	size_t len;

	assert(!http->out);
	if (!waits || !http->keep_alive || edge_of(http)->stopping)
		http->close_after = true;
	len = warren_http_head(http, response, response->body_len + http->file_left, head);
	http->out = len ? malloc(LWS_PRE + len + response->body_len) : NULL;
	if (!http->out) {
		warren_conn_kill(http->conn);
		return NULL;
	}
	memcpy(http->out + LWS_PRE, head, len);
	http->out_len = len + size;
	if (head_only)
		http->file_left = 0;
	if (http->state != WARREN_HTTP_READING || !waits || http->content_length == 0)
		start_answer(http);
	return http->out + LWS_PRE + len;
}

void warren_http_respond(struct warren_http *http, const struct warren_response *response)
{
	uint8_t *body = warren_http_respond_space(http, response);

	if (body && response->body_len)
		memcpy(body, response->body, response->body_len);
}

void warren_http_respond_file(
	struct warren_http *http, const struct warren_response *response, int file, uint64_t size)
{
	http->file = file;
	http->file_left = size;
	warren_http_respond_space(http, response);
}

/* Reads the next piece of the file to `out`.  Returns false when it is shorter than it was. */
static bool next_piece(struct warren_http *http)
{
	size_t want = http->file_left < CHUNK_BYTES ? (size_t)http->file_left : CHUNK_BYTES;
	uint8_t *out = realloc(http->out, LWS_PRE + want);
	ssize_t n;

	if (!out)
		return false;
	http->out = out;
	n = read(http->file, out + LWS_PRE, want);
	if (n <= 0)
		return false;
	http->out_at = 0;
	http->out_len = (size_t)n;
	http->file_left -= (uint64_t)n;
	return true;
}

static void on_room(struct ev_loop *loop, ev_io *watch, int events)
{
	(void)loop;
	(void)events;
	warren_http_wake(watch->data);
}

/* Waits for room in the socket without reading it. */
static int wait_for_room(struct warren_http *http)
{
	warren_conn_wait(http->conn, WARREN_WAIT_TAKEN);
	lws_rx_flow_control(wsi_of(http), 0);
	watch(http, on_room, EV_WRITE);
	return 0;
}

bool warren_http_is_pipelined(const struct warren_conn *conn)
{
	/* Unless bytes wait, a time of -1 comes back as it is; 4.3 makes 0 of others at times. */
	return (conn->http && conn->http->overrun) || warren_tls_has_bytes(conn->wsi) ||
	       lws_service_adjust_timeout(conn->edge->lws, -1, 0) == 0;
}

void warren_http_give(struct warren_http *http, const void *bytes, size_t len)
{
	http->out = malloc(LWS_PRE + len);
	if (!http->out) {
		warren_conn_kill(http->conn);
		return;
	}
	memcpy(http->out + LWS_PRE, bytes, len);
	http->out_len = len;
	http->out_at = 0;
	if (edge_of(http)->stopping)
		http->close_after = true;
	start_answer(http);
}

/* The answer so far has gone out: the connection waits for the rest as it did before. */
static int wait_for_more(struct warren_http *http)
{
	free(http->out);
	http->out = NULL;
	http->state = WARREN_HTTP_TAKEN;
	warren_conn_wait_no_more(http->conn);
	lws_rx_flow_control(wsi_of(http), 0);
	watch(http, on_peer, EV_READ);
	http->user->more(http);
	return 0;
}

/* A peer was told that it may send on; what it has sent meanwhile is not taken. */
static void say_not_taken(struct warren_conn *conn)
{
	static const char text[] = WARREN_NOT_TAKEN;
	uint8_t out[LWS_PRE + sizeof text];

	memcpy(out + LWS_PRE, text, sizeof text);
	if (lws_write(conn->wsi, out + LWS_PRE, sizeof text - 1, LWS_WRITE_HTTP) >= 0)
		warren_tally_add(conn->edge, bytes_out, sizeof text - 1);
}

static int finish(struct warren_http *http)
{
	struct warren_conn *conn = http->conn;
	bool told = http->close_after, close_after = told || warren_http_is_pipelined(conn);

	http_free(http, false);
	if (conn->internal && close_after && !told)
		say_not_taken(conn);
	if (lws_http_transaction_completed(conn->wsi) || close_after)
		return -1;
	lws_set_timeout(conn->wsi, NO_PENDING_TIMEOUT, 0);
	warren_conn_wait(conn, WARREN_WAIT_NEXT);
	warren_look_at_head(conn);
	return 0;
}

int warren_http_writeable(struct warren_http *http)
{
	struct warren_edge *edge = edge_of(http);
	struct lws *wsi = wsi_of(http);
	size_t len;

	if (!http->out && http->state == WARREN_HTTP_TAKEN && http->user && http->user->writeable)
		http->user->writeable(http);
	if (http->state != WARREN_HTTP_ANSWERING || !http->out)
		return 0;
	if (http->proof && http->out_at == 0)
		edge->ways->seal(http);
	if (http->out_at == http->out_len && http->file_left && !next_piece(http))
		return -1;
	len = http->out_len - http->out_at;
	if (len > CHUNK_BYTES)
		len = CHUNK_BYTES;
	if (len &&
		lws_write(wsi, http->out + LWS_PRE + http->out_at, len, LWS_WRITE_HTTP) < (int)len)
		return -1;
	warren_tally_add(edge, bytes_out, len);
	http->out_at += len;
	/* libwebsockets keeps the bytes that the kernel did not take, and sends them before it
	 * calls again. */
	if (http->out_at < http->out_len || http->file_left || lws_partial_buffered(wsi))
		return wait_for_room(http);
	if (http->user && http->user->awaits && http->user->awaits(http))
		return wait_for_more(http);
	return finish(http);
}

void warren_http_refuse(
	struct warren_conn *conn, const char *origin, const struct warren_response *response)
{
	char out[LWS_PRE + WARREN_HTTP_HEAD_SIZE];
	char *head = out + LWS_PRE, line[WARREN_PROOF_LINE_SIZE] = "";
	size_t len;

	if (conn->proved)
		conn->edge->ways->prove(
			conn, response->status, response->body, response->body_len, line);
	len = write_head(conn->edge, origin, response, response->body_len, false, line, head,
		sizeof out - LWS_PRE);

	assert(len && len + response->body_len < sizeof out - LWS_PRE);
	memcpy(head + len, response->body, response->body_len);
	len += response->body_len;
	if (lws_write(conn->wsi, (unsigned char *)head, len, LWS_WRITE_HTTP) >= 0)
		warren_tally_add(conn->edge, bytes_out, len);
}
