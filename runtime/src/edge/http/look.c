#include "edge/http/look.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "edge/http/http.h"

/* What a client has sent behind a head that is refused, and is read so that the answer arrives. */
#define DRAIN_BYTES 65536
#define FRAME_HEAD 2
#define MASKED 0x80

#define NOTHING UINT64_MAX

/* A connection that waits for its next request holds one. */
struct warren_look {
	ev_io watch;         /* `data` is the connection */
	uint64_t taken_then; /* what had been read of the connection when a part was seen first */
};

/* An edge whose loop this thread is; with several, the one that began last counts for all. */
static _Thread_local struct warren_edge *looking;

static int fd_of(const struct warren_look *look)
{
	return look->watch.fd;
}

void warren_look_away(struct warren_conn *conn)
{
	if (!conn->look)
		return;
	ev_io_stop(conn->edge->loop, &conn->look->watch);
	warren_memory_give(conn->look);
	conn->look = NULL;
}

static ssize_t peek(const struct warren_look *look, void *bytes, size_t len)
{
	return recv(fd_of(look), bytes, len, MSG_PEEK | MSG_DONTWAIT);
}

/* Returns how many bytes have been read of the connection; what comes meanwhile makes it less. */
static uint64_t taken(const struct warren_look *look)
{
	struct tcp_info info = {.tcpi_bytes_received = 0};
	socklen_t len = sizeof info;
	int waiting = 0;

	if (getsockopt(fd_of(look), IPPROTO_TCP, TCP_INFO, &info, &len) < 0 ||
		ioctl(fd_of(look), FIONREAD, &waiting) < 0 ||
		info.tcpi_bytes_received < (uint64_t)waiting)
		return 0;
	return info.tcpi_bytes_received - (uint64_t)waiting;
}

/* Returns how much has been read since a part was seen first, which is now when there was none. */
static uint64_t taken_since(struct warren_look *look)
{
	uint64_t now = taken(look);

	if (look->taken_then == NOTHING)
		look->taken_then = now;
	return now > look->taken_then ? now - look->taken_then : 0;
}

/* ---- heads ---- */

/*
 * Whether a head ends in these bytes.  The beginning of its end may have been read before, so that
 * an end of a line with nothing in front is taken for one.
 */
static bool has_end(const char *bytes, size_t len, bool begun)
{
	const char *at = bytes, *end = bytes + len;

	if (begun && len && (bytes[0] == '\n' || (bytes[0] == '\r' && len > 1 && bytes[1] == '\n')))
		return true;
	while ((at = memchr(at, '\n', (size_t)(end - at)))) {
		at++;
		if (at < end && (*at == '\n' || (*at == '\r' && at + 1 < end && at[1] == '\n')))
			return true;
	}
	return false;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Whether the target of a request whose first line is there has an escape that is none, or of 0. */
static bool is_malformed(const char *bytes, size_t len)
{
	const char *line_end = memchr(bytes, '\n', len);
	const char *at = line_end ? memchr(bytes, ' ', (size_t)(line_end - bytes)) : NULL;
	const char *end = at ? memchr(at + 1, ' ', (size_t)(line_end - at - 1)) : NULL;

	if (!at)
		return false;
	if (!end)
		end = line_end;
	while ((at = memchr(at, '%', (size_t)(end - at)))) {
		if (end - at < 3 || hex(at[1]) < 0 || hex(at[2]) < 0 ||
			(at[1] == '0' && at[2] == '0'))
			return true;
		at += 3;
	}
	return false;
}

/* Copies the origin that a head names, as far as it has come; "" when there is none. */
static void find_origin(const char *bytes, size_t len, char *ret, size_t size)
{
	static const char name[] = "\norigin:";
	const char *at = bytes, *end = bytes + len;
	size_t n = 0;

	ret[0] = '\0';
	while ((at = memchr(at, '\n', (size_t)(end - at)))) {
		if ((size_t)(end - at) >= sizeof name && !strncasecmp(at, name, sizeof name - 1))
			break;
		at++;
	}
	if (!at)
		return;
	at += sizeof name - 1;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	while (at + n < end && at[n] > ' ' && at[n] < 0x7f)
		n++;
	if (n >= size || at + n == end)
		return;
	memcpy(ret, at, n);
	ret[n] = '\0';
}

/* Answers a head of which `len` bytes have come. */
static void refuse(
	struct warren_conn *conn, int status, const char *text, const char *bytes, size_t len)
{
	char rest[4096], origin[256];
	ssize_t n;

	find_origin(bytes, len, origin, sizeof origin);
	warren_http_refuse(conn, origin[0] ? origin : NULL,
		&(struct warren_response){.status = status,
			.content_type = "text/plain; charset=utf-8",
			.body = text,
			.body_len = strlen(text)});
	/* With bytes that nobody has read the kernel would answer with a reset. */
	for (size_t left = DRAIN_BYTES; left; left -= (size_t)n) {
		n = recv(fd_of(conn->look), rest, left < sizeof rest ? left : sizeof rest,
			MSG_DONTWAIT);
		if (n <= 0)
			break;
	}
	warren_look_away(conn);
	warren_conn_kill(conn);
}

static void on_head(struct ev_loop *loop, ev_io *watch, int events)
{
	struct warren_conn *conn = watch->data;
	struct warren_look *look = conn->look;
	struct warren_edge *edge = conn->edge;
	char bytes[WARREN_HEAD_MAX + 1];
	size_t max = edge->options.max_head, left;
	bool begun = look->taken_then != NOTHING;
	ssize_t n = peek(look, bytes, max + 1);
	uint64_t before;

	(void)loop;
	(void)events;
	if (n <= 0 || conn->doomed)
		return; /* libwebsockets closes it */
	before = begun ? taken_since(look) : 0;
	left = before < max ? max - (size_t)before : 0;
	if (!before && is_malformed(bytes, (size_t)n)) {
		warren_tally_refused(edge, bad_heads);
		refuse(conn, 400, "Bad request target\n", bytes, (size_t)n);
	} else if (has_end(bytes, (size_t)n < left ? (size_t)n : left, begun)) {
		warren_look_away(conn);
	} else if ((size_t)n > left) {
		warren_tally_refused(edge, heads_too_large);
		refuse(conn, 431, "Request head too large\n", bytes, (size_t)n);
	} else {
		(void)taken_since(look);
	}
}

/* ---- frames ---- */

static void on_frame(struct ev_loop *loop, ev_io *watch, int events)
{
	struct warren_conn *conn = watch->data;
	struct warren_look *look = conn->look;
	uint8_t head[FRAME_HEAD];
	bool begun = look->taken_then != NOTHING;
	ssize_t n;

	if (events & EV_CUSTOM) {
		/* Was more than the handshake read with it, its beginning is not to be seen. */
		if (warren_http_is_pipelined(conn))
			warren_look_away(conn);
		else
			ev_io_start(loop, watch);
		return;
	}
	n = peek(look, head, sizeof head);
	if (n <= 0 || conn->doomed)
		return;
	if (begun && taken_since(look) != 1) {
		warren_look_away(conn); /* the second byte was read with the first */
	} else if (begun || n == FRAME_HEAD) {
		bool masked = head[begun ? 0 : 1] & MASKED;

		warren_look_away(conn);
		if (!masked)
			conn->user->unmasked(conn);
	} else {
		(void)taken_since(look);
	}
}

/* ---- looking ---- */

static struct warren_look *look_open(
	struct warren_conn *conn, void (*fn)(struct ev_loop *loop, ev_io *watch, int events))
{
	struct warren_look *look = warren_memory_take(sizeof *look);

	warren_look_away(conn);
	if (!look)
		return NULL; /* libwebsockets judges alone */
	look->taken_then = NOTHING;
	ev_io_init(&look->watch, fn, lws_get_socket_fd(conn->wsi), EV_READ);
	ev_set_priority(&look->watch, 1); /* before libwebsockets' own */
	look->watch.data = conn;
	conn->look = look;
	return look;
}

void warren_look_at_head(struct warren_conn *conn)
{
	struct warren_look *look;

	if (conn->internal || lws_get_ssl(conn->wsi))
		return;
	look = look_open(conn, on_head);
	if (look)
		ev_io_start(conn->edge->loop, &look->watch);
}

void warren_look_at_frame(struct warren_conn *conn)
{
	struct warren_look *look;

	if (lws_get_ssl(conn->wsi))
		return;
	look = look_open(conn, on_frame);
	/* Only when libwebsockets' callback has returned it is known what it has read. */
	if (look)
		ev_feed_event(conn->edge->loop, &look->watch, EV_CUSTOM);
}

/* ---- what libwebsockets says ---- */

static void on_log(int level, const char *line)
{
	(void)level;
	if (looking && (strstr(line, "Ran out of header data space") ||
			       strstr(line, "More hdr frags than we can deal with")))
		warren_tally_refused(looking, heads_too_large);
}

void warren_look_listen(void)
{
	lws_set_log_level(LLL_ERR | LLL_WARN, on_log);
}

void warren_look_run(struct warren_edge *edge)
{
	looking = edge;
}

void warren_look_leave(struct warren_edge *edge)
{
	if (looking == edge)
		looking = NULL;
}
