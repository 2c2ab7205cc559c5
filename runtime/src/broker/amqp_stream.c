#include "broker/amqp_stream.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/amqp_resolve.h"

static int fail(struct warren_amqp_stream *stream, int error, const char *fmt, ...)
	WARREN_PRINTF(3, 4);

static int fail(struct warren_amqp_stream *stream, int error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(stream->reason, sizeof stream->reason, fmt, args);
	va_end(args);
	return error;
}

static int fail_connect(struct warren_amqp_stream *stream, int error, const char *why)
{
	return fail(stream, error, "cannot connect to %s:%s: %c%s", stream->url->host,
		stream->url->port, tolower((unsigned char)why[0]), why + 1);
}

static int fail_broken(struct warren_amqp_stream *stream, int error)
{
	const char *why = error == -EPIPE ? "closed by the broker" : strerror(-error);
	return fail(stream, error, "connection to %s:%s lost: %c%s", stream->url->host,
		stream->url->port, tolower((unsigned char)why[0]), why + 1);
}

/* ---- TLS ---- */

static int fail_tls(struct warren_amqp_stream *stream)
{
	long verdict = stream->tls ? SSL_get_verify_result(stream->tls) : X509_V_OK;
	unsigned long code = ERR_get_error();
	const char *why = verdict != X509_V_OK ? X509_verify_cert_error_string(verdict)
			  : code               ? ERR_reason_error_string(code)
					       : NULL;

	ERR_clear_error();
	return fail(stream, -EPROTO, "no TLS with %s:%s: %s", stream->url->host, stream->url->port,
		why ? why : "the peer went away");
}

static bool tls_expects_host(SSL *tls, const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host) == 1;
	return SSL_set_tlsext_host_name(tls, host) == 1 && SSL_set1_host(tls, host) == 1;
}

static int secure(struct warren_amqp_stream *stream)
{
	const char *ca_file = stream->url->ca_file;
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	stream->tls_context = context;
	if (!context || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
		return fail_tls(stream);
	if (ca_file && SSL_CTX_load_verify_locations(context, ca_file, NULL) != 1) {
		ERR_clear_error();
		return fail(stream, -EINVAL, "no certificates can be read from %s", ca_file);
	}
	if (!ca_file && SSL_CTX_set_default_verify_paths(context) != 1)
		return fail_tls(stream);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(
		context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	stream->tls = SSL_new(context);
	if (!stream->tls || !tls_expects_host(stream->tls, stream->url->host) ||
		SSL_set_fd(stream->tls, stream->fd) != 1)
		return fail_tls(stream);
	SSL_set_connect_state(stream->tls);
	stream->state = STREAM_SECURING;
	return 0;
}

/* Returns 0 when the call is to be made again after a poll, else -errno with a reason. */
static int tls_waits(struct warren_amqp_stream *stream, int result)
{
	int error = errno;

	switch (SSL_get_error(stream->tls, result)) {
	case SSL_ERROR_WANT_READ:
		stream->tls_wants_write = false;
		return 0;
	case SSL_ERROR_WANT_WRITE:
		stream->tls_wants_write = true;
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		return fail_broken(stream, -EPIPE);
	case SSL_ERROR_SYSCALL:
		if (stream->state == STREAM_OPEN)
			return fail_broken(stream, error ? -error : -EPIPE);
		return fail_tls(stream);
	default:
		return fail_tls(stream);
	}
}

static int shake_hands(struct warren_amqp_stream *stream)
{
	ERR_clear_error();
	int result = SSL_do_handshake(stream->tls);
	if (result != 1)
		return tls_waits(stream, result);
	stream->state = STREAM_OPEN;
	stream->tls_wants_write = false;
	return 1;
}

/* ---- life ---- */

void warren_amqp_stream_init(struct warren_amqp_stream *stream, const struct warren_amqp_url *url)
{
	*stream = (struct warren_amqp_stream){.url = url, .fd = -1, .sockets = stream->sockets};
}

void warren_amqp_stream_close(struct warren_amqp_stream *stream)
{
	if (stream->tls && stream->state == STREAM_OPEN)
		SSL_shutdown(stream->tls); /* tells the peer; its answer is not awaited */
	SSL_free(stream->tls);
	SSL_CTX_free(stream->tls_context);
	ERR_clear_error();
	stream->tls = NULL;
	stream->tls_context = NULL;
	if (stream->fd >= 0)
		close(stream->fd);
	stream->fd = -1;
	warren_amqp_resolve_close(stream->resolve);
	stream->resolve = NULL;
	if (stream->addresses)
		freeaddrinfo(stream->addresses);
	stream->addresses = stream->address = NULL;
	stream->state = STREAM_CLOSED;
}

/* Begins with one address.  Returns 0 when it is under way; -errno. */
static int connect_begin(struct warren_amqp_stream *stream)
{
	const struct addrinfo *address = stream->address;
	int one = 1;

	if (stream->fd >= 0)
		close(stream->fd);
	stream->fd = socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
		address->ai_protocol);
	if (stream->fd < 0)
		return -errno;
	stream->sockets++;
	setsockopt(stream->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(stream->fd, address->ai_addr, address->ai_addrlen) < 0 && errno != EINPROGRESS)
		return -errno;
	stream->state = STREAM_CONNECTING;
	return 0;
}

/* Goes through the host's addresses, from the one at hand, until one is under way. */
static int connect_next(struct warren_amqp_stream *stream, int error)
{
	while (error < 0) {
		stream->address = stream->address->ai_next;
		if (!stream->address)
			return fail_connect(stream, error, strerror(-error));
		error = connect_begin(stream);
	}
	return 0;
}

static int connect_first(struct warren_amqp_stream *stream)
{
	stream->address = stream->addresses;
	return connect_next(stream, connect_begin(stream));
}

/* An address needs no lookup. */
int warren_amqp_stream_open(
	struct warren_amqp_stream *stream, void (*on_resolved)(void *data), void *data)
{
	const struct warren_amqp_url *url = stream->url;
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};

	if (getaddrinfo(url->host, url->port, &hints, &stream->addresses) == 0)
		return connect_first(stream);
	stream->addresses = NULL;
	int rc =
		warren_amqp_resolve_open(url->host, url->port, on_resolved, data, &stream->resolve);
	if (rc < 0)
		return fail_connect(stream, rc, strerror(-rc));
	stream->state = STREAM_RESOLVING;
	return 0;
}

static int resolve_end(struct warren_amqp_stream *stream)
{
	int result = 0;

	if (!warren_amqp_resolve_take(stream->resolve, &result, &stream->addresses))
		return 0;
	warren_amqp_resolve_close(stream->resolve);
	stream->resolve = NULL;
	if (result != 0)
		return fail_connect(stream, -EHOSTUNREACH, gai_strerror(result));
	return connect_first(stream);
}

static int connect_end(struct warren_amqp_stream *stream)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof peer;
	int error = 0;
	socklen_t error_len = sizeof error;

	if (getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &error, &error_len) < 0)
		error = errno;
	if (error)
		return connect_next(stream, -error);
	if (getpeername(stream->fd, (struct sockaddr *)&peer, &len) < 0)
		return errno == ENOTCONN ? 0 : connect_next(stream, -errno);
	if (stream->url->tls)
		return secure(stream);
	stream->state = STREAM_OPEN;
	return 1;
}

int warren_amqp_stream_advance(struct warren_amqp_stream *stream)
{
	if (stream->state == STREAM_RESOLVING)
		return resolve_end(stream);
	if (stream->state == STREAM_CONNECTING) {
		int rc = connect_end(stream);
		if (rc != 0 || stream->state != STREAM_SECURING)
			return rc;
	}
	return stream->state == STREAM_SECURING ? shake_hands(stream) : 1;
}

/* ---- bytes ---- */

static ssize_t plain_result(struct warren_amqp_stream *stream, ssize_t len)
{
	if (len >= 0)
		return len;
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
		return 0;
	return fail_broken(stream, -errno);
}

ssize_t warren_amqp_stream_receive(struct warren_amqp_stream *stream, void *bytes, size_t len)
{
	if (stream->tls) {
		size_t got = 0;
		ERR_clear_error();
		int result = SSL_read_ex(stream->tls, bytes, len, &got);
		return result == 1 ? (ssize_t)got : tls_waits(stream, result);
	}
	ssize_t got = recv(stream->fd, bytes, len, 0);
	return got == 0 ? fail_broken(stream, -EPIPE) : plain_result(stream, got);
}

ssize_t warren_amqp_stream_send(struct warren_amqp_stream *stream, const void *bytes, size_t len)
{
	if (stream->tls) {
		size_t sent = 0;
		ERR_clear_error();
		int result = SSL_write_ex(stream->tls, bytes, len, &sent);
		return result == 1 ? (ssize_t)sent : tls_waits(stream, result);
	}
	return plain_result(stream, send(stream->fd, bytes, len, MSG_NOSIGNAL));
}

short warren_amqp_stream_events(const struct warren_amqp_stream *stream, bool sending)
{
	switch (stream->state) {
	case STREAM_CONNECTING:
		return POLLOUT;
	case STREAM_SECURING:
		return stream->tls_wants_write ? POLLOUT : POLLIN;
	case STREAM_OPEN:
		return sending || stream->tls_wants_write ? POLLIN | POLLOUT : POLLIN;
	case STREAM_CLOSED:
	case STREAM_RESOLVING:
		break;
	}
	return 0;
}

bool warren_amqp_stream_has_more(const struct warren_amqp_stream *stream)
{
	return stream->tls && SSL_pending(stream->tls) > 0;
}
