/* Ports, and new connections.  Ours and not libwebsockets': it retries a busy port in silence.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "edge/http/address.h"
#include "edge/http/conn.h"

#define BACKLOG 4096
#define ACCEPTS_PER_WAKEUP 64
#define PAUSE_MS 100

static int try_address(const struct addrinfo *address)
{
	int fd = socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, result;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	result = -errno;
	close(fd);
	return result;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof address;

	memset(&address, 0, sizeof address);
	if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		return 0;
	return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
						   : ((struct sockaddr_in *)&address)->sin_port);
}

static void on_accept(struct ev_loop *loop, ev_io *watch, int events);

static void on_pause_over(void *data)
{
	struct warren_listener *listener = data;

	if (!listener->edge->stopping)
		warren_listener_start(listener);
}

void warren_listener_init(struct warren_listener *listener, struct warren_edge *edge)
{
	listener->edge = edge;
	ev_io_init(&listener->io, on_accept, -1, EV_READ);
	listener->io.data = listener;
	warren_wheel_timer_init(&listener->pause, on_pause_over, listener);
}

int warren_listener_open(struct warren_listener *listener, const char *host, uint16_t port,
	struct warren_error *error)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	struct addrinfo *addresses = NULL;
	char service[8];
	int fd = -EADDRNOTAVAIL;

	snprintf(service, sizeof service, "%u", (unsigned)port);
	if (getaddrinfo(host, service, &hints, &addresses) != 0) {
		warren_error_set(error, WARREN_INVALID_ARGUMENT,
			listener->internal ? "internal_host" : "host", "no such address: %s", host);
		return -EADDRNOTAVAIL;
	}
	for (const struct addrinfo *address = addresses; address && fd < 0;
		address = address->ai_next)
		fd = try_address(address);
	freeaddrinfo(addresses);
	if (fd < 0) {
		warren_error_set(error, WARREN_UNAVAILABLE,
			listener->internal ? "internal_port" : "port",
			fd == -EADDRINUSE ? "port %u on %s is in use by another program"
					  : "cannot listen on port %u of %s: %s",
			(unsigned)port, host, strerror(-fd));
		return fd;
	}
	listener->port = port_of(fd);
	ev_io_set(&listener->io, fd, EV_READ);
	return 0;
}

void warren_listener_start(struct warren_listener *listener)
{
	if (listener->io.fd >= 0)
		ev_io_start(listener->edge->loop, &listener->io);
}

void warren_listener_close(struct warren_listener *listener)
{
	int fd = listener->io.fd;

	if (fd < 0)
		return;
	ev_io_stop(listener->edge->loop, &listener->io);
	ev_io_set(&listener->io, -1, 0);
	close(fd);
}

/* Whether there is room for one more of its kind. */
static bool has_room(const struct warren_listener *listener)
{
	const struct warren_edge *edge = listener->edge;

	if (listener->internal)
		return edge->internal_count < edge->options.max_passed;
	return atomic_load(&edge->tally.connections) < edge->options.max_connections;
}

static void send_away(const struct warren_listener *listener, int fd, const char *status)
{
	struct warren_edge *edge = listener->edge;
	char answer[128];
	int len = snprintf(answer, sizeof answer,
		"HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status);

	if (edge->tls && !listener->internal)
		len = 0; /* a handshake would cost more than there is to say */
	if (len && send(fd, answer, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		warren_log(edge->options.log, WARREN_LOG_DEBUG, "refused without a word");
	close(fd);
}

static void welcome(
	const struct warren_listener *listener, int fd, const struct sockaddr_storage *peer)
{
	struct warren_edge *edge = listener->edge;
	char address[WARREN_ADDRESS_SIZE] = "";
	int on = 1;

	if (!has_room(listener)) {
		warren_tally_refused(edge, refused_full);
		send_away(listener, fd, "503 Service Unavailable");
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (peer->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)peer)->sin6_addr, address,
			sizeof address);
	else
		inet_ntop(AF_INET, &((const struct sockaddr_in *)peer)->sin_addr, address,
			sizeof address);
	if (!listener->internal && !warren_address_take(edge, WARREN_ADDRESS_CONNECTION, address)) {
		warren_tally_refused(edge, refused_address);
		send_away(listener, fd, "429 Too Many Requests");
		return;
	}
	warren_conn_open(edge, fd, address, listener->internal);
}

static void on_accept(struct ev_loop *loop, ev_io *watch, int events)
{
	struct warren_listener *listener = watch->data;
	struct warren_edge *edge = listener->edge;

	(void)events;
	for (int i = 0; i < ACCEPTS_PER_WAKEUP; i++) {
		struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
		socklen_t len = sizeof peer;
		int fd = accept4(
			watch->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			welcome(listener, fd, &peer);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			/* The connection stays in the backlog; to ask again at once would spin. */
			warren_log(edge->options.log, WARREN_LOG_WARN, "cannot accept",
				WARREN_TEXT("error", strerror(errno)));
			ev_io_stop(loop, watch);
			warren_wheel_set(&edge->wheel, &listener->pause,
				warren_edge_now_ms(edge) + PAUSE_MS);
			return;
		}
		if (errno == EAGAIN)
			return;
	}
}
