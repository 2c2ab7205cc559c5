#include "ops/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libwebsockets.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	CONNECTIONS_MAX = 16,
	HEAD_MAX_BYTES = 4096,
	CONNECTION_DEFAULT_MS = 10000,
	NO_TIMEOUT_S = 100000000,
	WRITE_BYTES = 65536, /* to the kernel at once */
	PAUSE_MS = 100,
	OWN_FDS = 16 /* the listening socket, and what libwebsockets opens for itself */
};

struct warren_ops_listener {
	struct warren_ops *ops;
	struct warren_ops_source source;
	struct lws_context *context;
	pthread_t thread;
	bool runs;
	atomic_bool stops;
	int fd; /* listens; -1 once libwebsockets owns it */
	uint16_t port;
	uint32_t connection_max_ms;
	/* The thread's. */
	struct lws *listening;
	bool adopting; /* a connection, which has not been closed meanwhile */
	size_t connections;
	atomic_uint_fast64_t answered, refused, timeouts;
};

/* ---- its own counters ---- */

struct values {
	uint64_t answered, refused, timeouts;
};

static const struct warren_ops_metric metrics[] = {
	WARREN_OPS_COUNTER("ops_answered", "requests to the ops port that were answered",
		offsetof(struct values, answered)),
	WARREN_OPS_COUNTER("ops_refused",
		"requests to the ops port from elsewhere than this machine, and connections past "
		"16",
		offsetof(struct values, refused)),
	WARREN_OPS_COUNTER("ops_timeouts", "connections to the ops port that took too long",
		offsetof(struct values, timeouts)),
};
static const struct warren_ops_table table = {
	metrics, sizeof metrics / sizeof metrics[0], sizeof(struct values)};

static void read_values(void *values, void *data)
{
	struct warren_ops_listener *listener = data;
	*(struct values *)values = (struct values){
		.answered = atomic_load(&listener->answered),
		.refused = atomic_load(&listener->refused),
		.timeouts = atomic_load(&listener->timeouts),
	};
}

/* ---- answers ---- */

struct answer {
	unsigned status;
	const char *type;
	char *text; /* allocated */
	size_t len;
};

static int answer_text(struct answer *answer, unsigned status, const char *text)
{
	char *copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	*answer = (struct answer){status, "text/plain; charset=utf-8", copy, strlen(copy)};
	return 0;
}

static int answer_path(struct warren_ops *ops, const char *path, struct answer *answer)
{
	bool ready = false;
	if (strcmp(path, "/healthz") == 0)
		return answer_text(answer, HTTP_STATUS_OK, "ok\n");
	if (strcmp(path, "/readyz") == 0) {
		int rc = warren_ops_readiness(ops, &ready, &answer->text, &answer->len);
		answer->status = ready ? HTTP_STATUS_OK : HTTP_STATUS_SERVICE_UNAVAILABLE;
		answer->type = "application/json";
		return rc;
	}
	if (strcmp(path, "/metrics") == 0) {
		answer->status = HTTP_STATUS_OK;
		answer->type = "text/plain; version=0.0.4; charset=utf-8";
		return warren_ops_metrics(ops, &answer->text, &answer->len);
	}
	return answer_text(answer, HTTP_STATUS_NOT_FOUND,
		"Not found; there are /healthz, /readyz and /metrics\n");
}

/* Whether `host`, with or without a port, is this machine's name for itself. */
static bool is_own_name(const char *host)
{
	static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		size_t len = strlen(names[i]);
		if (strncasecmp(host, names[i], len) != 0)
			continue;
		const char *port = host + len;
		if (*port == '\0' ||
			(*port == ':' && strspn(port + 1, "0123456789") == strlen(port + 1)))
			return true;
	}
	return false;
}

static bool is_from_here(struct lws *wsi)
{
	char host[64];
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HOST) == 0)
		return true;
	return lws_hdr_copy(wsi, host, sizeof host, WSI_TOKEN_HOST) > 0 && is_own_name(host);
}

static int decide(struct warren_ops_listener *listener, struct lws *wsi, const char *path,
	struct answer *answer)
{
	if (!is_from_here(wsi)) {
		atomic_fetch_add(&listener->refused, 1);
		return answer_text(answer, HTTP_STATUS_FORBIDDEN,
			"Refused: the Host must be 127.0.0.1, localhost or [::1]\n");
	}
	atomic_fetch_add(&listener->answered, 1);
	if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) == 0 &&
		lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) == 0)
		return answer_text(answer, HTTP_STATUS_METHOD_NOT_ALLOWED, "Only GET and HEAD\n");
	return answer_path(listener->ops, path, answer);
}

/* ---- one request ---- */

static int add_header(struct lws *wsi, const char *name, const char *value, unsigned char **at,
	unsigned char *end)
{
	return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
		(const unsigned char *)value, (int)strlen(value), at, end);
}

static int write_head(struct lws *wsi, const struct answer *answer)
{
	unsigned char buffer[LWS_PRE + 1024], *start = buffer + LWS_PRE, *at = start;
	unsigned char *end = buffer + sizeof buffer - 1;
	if (lws_add_http_header_status(wsi, answer->status, &at, end) ||
		add_header(wsi, "content-type:", answer->type, &at, end) ||
		lws_add_http_header_content_length(wsi, answer->len, &at, end) ||
		add_header(wsi, "cache-control:", "no-store", &at, end) ||
		add_header(wsi, "x-content-type-options:", "nosniff", &at, end) ||
		add_header(wsi, "connection:", "close", &at, end) ||
		(answer->status == HTTP_STATUS_METHOD_NOT_ALLOWED &&
			add_header(wsi, "allow:", "GET, HEAD", &at, end)) ||
		lws_finalize_http_header(wsi, &at, end))
		return -1;
	return lws_write(wsi, start, (size_t)(at - start), LWS_WRITE_HTTP_HEADERS) < 0 ? -1 : 0;
}

static int write_body(struct lws *wsi, const struct answer *answer)
{
	unsigned char *copy = malloc(LWS_PRE + answer->len);
	if (!copy)
		return -1;
	memcpy(copy + LWS_PRE, answer->text, answer->len);
	int n = lws_write(wsi, copy + LWS_PRE, answer->len, LWS_WRITE_HTTP_FINAL);
	free(copy);
	return n < 0 ? -1 : 0;
}

/*
 * Answers a request at once and whole, and has its connection closed: libwebsockets keeps what the
 * kernel does not take yet, and closes behind it.  (In chunks, 4.3 ends a connection with what comes
 * behind the request.)
 */
static int begin(struct warren_ops_listener *listener, struct lws *wsi, const char *path)
{
	struct answer answer = {0};
	if (decide(listener, wsi, path, &answer) == 0 && write_head(wsi, &answer) == 0 &&
		lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) == 0)
		(void)write_body(wsi, &answer);
	free(answer.text);
	return -1;
}

/* ---- connections ---- */

static void open_connection(struct warren_ops_listener *listener, int fd)
{
	if (listener->connections == CONNECTIONS_MAX) {
		atomic_fetch_add(&listener->refused, 1);
		close(fd);
		return;
	}
	const struct lws_adopt_desc adoption = {.vh = lws_get_vhost(listener->listening),
		.type = LWS_ADOPT_HTTP | LWS_ADOPT_SOCKET,
		.fd.sockfd = fd,
		.opaque = listener};
	listener->connections++;
	listener->adopting = true;
	struct lws *wsi = lws_adopt_descriptor_vhost_via_info(&adoption);
	/* A failed adoption closes the socket; it may or may not have told us so. */
	if (!wsi && listener->adopting)
		listener->connections--;
	else if (listener->adopting)
		lws_set_timer_usecs(wsi, (lws_usec_t)listener->connection_max_ms * 1000);
	listener->adopting = false;
}

/* With no file descriptors left a connection stays where it is; to ask at once again would spin. */
static void accept_all(struct warren_ops_listener *listener)
{
	int fd;
	while ((fd = accept4(lws_get_socket_fd(listener->listening), NULL, NULL,
			SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		open_connection(listener, fd);
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
		lws_rx_flow_control(listener->listening, 0);
		lws_set_timer_usecs(listener->listening, (lws_usec_t)PAUSE_MS * 1000);
	}
}

static int on_listening(struct warren_ops_listener *listener, enum lws_callback_reasons reason)
{
	if (reason == LWS_CALLBACK_RAW_RX_FILE)
		accept_all(listener);
	else if (reason == LWS_CALLBACK_TIMER)
		lws_rx_flow_control(listener->listening, 1);
	return 0;
}

static int on_event(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct warren_ops_listener *listener = lws_context_user(lws_get_context(wsi));
	(void)user;
	(void)len;
	if (wsi == listener->listening)
		return on_listening(listener, reason);
	if (lws_get_opaque_user_data(wsi) != listener)
		return 0; /* no connection of ours */
	switch (reason) {
	case LWS_CALLBACK_HTTP:
		return begin(listener, wsi, in);
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return -1;
	case LWS_CALLBACK_TIMER:
		atomic_fetch_add(&listener->timeouts, 1);
		return -1;
	case LWS_CALLBACK_WSI_DESTROY:
		lws_set_opaque_user_data(wsi, NULL);
		listener->connections--;
		listener->adopting = false;
		return 0;
	default:
		return 0;
	}
}

/* ---- life ---- */

static void *run(void *data)
{
	struct warren_ops_listener *listener = data;
	while (!atomic_load(&listener->stops) && lws_service(listener->context, 0) >= 0)
		;
	return NULL;
}

/* Ours, since libwebsockets tries again in silence when a port is in use. */
static int open_socket(struct warren_ops_listener *listener, uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof address;
	int on = 1;
	listener->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (listener->fd < 0 ||
		setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
		bind(listener->fd, (struct sockaddr *)&address, len) < 0 ||
		listen(listener->fd, CONNECTIONS_MAX) < 0 ||
		getsockname(listener->fd, (struct sockaddr *)&address, &len) < 0)
		return -errno;
	listener->port = ntohs(address.sin_port);
	return 0;
}

static int open_lws(struct warren_ops_listener *listener)
{
	static const struct lws_protocols protocols[] = {
		{"ops", on_event, 0, 0, 0, NULL, WRITE_BYTES}, {NULL, NULL, 0, 0, 0, NULL, 0}};
	const struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = protocols,
		.user = listener,
		.gid = -1,
		.uid = -1,
		.vhost_name = "ops",
		.max_http_header_data = HEAD_MAX_BYTES,
		.max_http_header_pool = CONNECTIONS_MAX,
		/* The timer of each connection is the listener's own; a long answer to one client
		 * holds up the others. */
		.timeout_secs = NO_TIMEOUT_S,
		.timeout_secs_ah_idle = NO_TIMEOUT_S,
		.keepalive_timeout = NO_TIMEOUT_S,
		.fd_limit_per_thread = CONNECTIONS_MAX + OWN_FDS,
	};
	lws_set_log_level(0, NULL);
	listener->context = lws_create_context(&info);
	struct lws_vhost *vhost =
		listener->context ? lws_get_vhost_by_name(listener->context, "ops") : NULL;
	if (!vhost)
		return -ENOMEM;
	const struct lws_adopt_desc adoption = {.vh = vhost,
		.type = LWS_ADOPT_RAW_FILE_DESC,
		.fd.filefd = listener->fd,
		.vh_prot_name = "ops"};
	listener->fd = -1; /* adopted or closed */
	listener->listening = lws_adopt_descriptor_vhost_via_info(&adoption);
	return listener->listening ? 0 : -ENOMEM;
}

int warren_ops_listen(struct warren_ops *ops, const struct warren_ops_listener_options *options,
	struct warren_ops_listener **ret, struct warren_error *error)
{
	struct warren_ops_listener *listener = calloc(1, sizeof *listener);
	if (!listener) {
		warren_error_set(error, WARREN_UNAVAILABLE, NULL, "out of memory");
		return -ENOMEM;
	}
	listener->ops = ops;
	listener->connection_max_ms =
		options->connection_max_ms ? options->connection_max_ms : CONNECTION_DEFAULT_MS;
	listener->source = (struct warren_ops_source){
		.name = "ops", .table = &table, .read = read_values, .data = listener};
	int rc = open_socket(listener, options->port);
	if (rc == 0)
		rc = open_lws(listener);
	if (rc == 0)
		rc = -pthread_create(&listener->thread, NULL, run, listener);
	if (rc < 0) {
		warren_error_set(error, WARREN_UNAVAILABLE, NULL,
			rc == -EADDRINUSE ? "port %u on 127.0.0.1 is in use by another program"
					  : "cannot listen on port %u of 127.0.0.1: %s",
			(unsigned)options->port, strerror(-rc));
		warren_ops_listener_close(listener);
		return rc;
	}
	listener->runs = true;
	warren_ops_add(ops, &listener->source);
	*ret = listener;
	return 0;
}

void warren_ops_listener_close(struct warren_ops_listener *listener)
{
	if (!listener)
		return;
	warren_ops_remove(listener->ops, &listener->source);
	if (listener->runs) {
		atomic_store(&listener->stops, true);
		lws_cancel_service(listener->context);
		pthread_join(listener->thread, NULL);
	}
	if (listener->context)
		lws_context_destroy(listener->context);
	if (listener->fd >= 0)
		close(listener->fd);
	free(listener);
}

uint16_t warren_ops_listener_port(const struct warren_ops_listener *listener)
{
	return listener->port;
}
