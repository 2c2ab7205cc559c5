/* The port, and new connections.  Ours and not libwebsockets': it retries a busy port in silence.
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

int warren_listener_open(struct warren_edge *edge, struct warren_error *error)
{
	const struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	struct addrinfo *addresses = NULL;
	char port[8];
	int fd = -EADDRNOTAVAIL;

	snprintf(port, sizeof port, "%u", (unsigned)edge->options.port);
	if (getaddrinfo(edge->options.host, port, &hints, &addresses) != 0) {
		warren_error_set(error, WARREN_INVALID_ARGUMENT, "host", "no such address: %s",
			edge->options.host);
		return -EADDRNOTAVAIL;
	}
	for (const struct addrinfo *address = addresses; address && fd < 0;
		address = address->ai_next)
		fd = try_address(address);
	freeaddrinfo(addresses);
	if (fd < 0) {
		warren_error_set(error, WARREN_UNAVAILABLE, "port",
			fd == -EADDRINUSE ? "port %u on %s is in use by another program"
					  : "cannot listen on port %u of %s: %s",
			(unsigned)edge->options.port, edge->options.host, strerror(-fd));
		return fd;
	}
	edge->port = port_of(fd);
	ev_io_init(&edge->listener, on_accept, fd, EV_READ);
	edge->listener.data = edge;
	return 0;
}

void warren_listener_start(struct warren_edge *edge)
{
	if (edge->listener.fd >= 0)
		ev_io_start(edge->loop, &edge->listener);
}

void warren_listener_close(struct warren_edge *edge)
{
	int fd = edge->listener.fd;

	if (fd < 0)
		return;
	ev_io_stop(edge->loop, &edge->listener);
	ev_io_set(&edge->listener, -1, 0);
	close(fd);
}

static void welcome(struct warren_edge *edge, int fd, const struct sockaddr_storage *peer)
{
	static const char full[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
				   "Connection: close\r\n\r\n";
	char address[WARREN_ADDRESS_SIZE] = "";
	int on = 1;

	if (atomic_load(&edge->tally.connections) >= edge->options.max_connections) {
		warren_tally_add(edge, refused, 1);
		if (send(fd, full, sizeof full - 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			warren_log(edge->options.log, WARREN_LOG_DEBUG, "refused without a word");
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (peer->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)peer)->sin6_addr, address,
			sizeof address);
	else
		inet_ntop(AF_INET, &((const struct sockaddr_in *)peer)->sin_addr, address,
			sizeof address);
	warren_conn_open(edge, fd, address);
}

static void on_accept(struct ev_loop *loop, ev_io *watch, int events)
{
	struct warren_edge *edge = watch->data;

	(void)events;
	for (int i = 0; i < ACCEPTS_PER_WAKEUP; i++) {
		struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
		socklen_t len = sizeof peer;
		int fd = accept4(
			watch->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			welcome(edge, fd, &peer);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			/* The connection stays in the backlog; to ask again at once would spin. */
			warren_log(edge->options.log, WARREN_LOG_WARN, "cannot accept",
				WARREN_TEXT("error", strerror(errno)));
			ev_io_stop(loop, watch);
			warren_wheel_set(&edge->wheel, &edge->accept_timer,
				warren_edge_now_ms(edge) + PAUSE_MS);
			return;
		}
		if (errno == EAGAIN)
			return;
	}
}
