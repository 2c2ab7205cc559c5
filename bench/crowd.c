/*
 * A crowd of Socket.IO clients in one small process: what a server is measured with.
 *
 * Orders come a line at a time on standard input; each is answered with a line when it is done:
 *   open ws N        N clients join `/` over WebSocket                    -> opened MS
 *   open held N      … over polling, and wait in a GET                    -> opened MS
 *   open between N   … over polling, with no request under way            -> opened MS
 *   echo N OVER      N times `message-with-ack` and its answer, over the
 *                    first OVER WebSockets, one at a time on each         -> echoed MS
 *   leave            all connections are closed without a word            -> left
 * Pings of WebSockets are answered at all times.  What goes wrong ends the program and says so.
 *
 * The first request has the headers that Chromium sends.  Clients come from many loopback
 * addresses, so that ports suffice.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define IN_BYTES 2048
#define OUT_BYTES 2048
#define SOURCES 100
#define AT_ONCE 128 /* clients that are on their way in */
#define STALLED_MS 60000

enum kind { KIND_WS, KIND_HELD, KIND_BETWEEN };

enum state {
	STATE_CONNECTING,
	STATE_UPGRADING, /* WebSocket: the 101 is awaited, and then */
	STATE_OPENING,   /* the open packet, and then */
	STATE_JOINING,   /* that it is in `/` */
	STATE_GREETING,  /* polling: the open packet, and then */
	STATE_ASKING,    /* the answer to the POST that joins, and then */
	STATE_ASKED,     /* the GET that says that it is in */
	STATE_IN
};

struct client {
	int fd;
	enum kind kind;
	enum state state;
	size_t len;
	char sid[72];
	char in[IN_BYTES];
};

static struct {
	struct sockaddr_in server;
	int epoll;
	struct client *clients;
	size_t count, in, capacity;
	unsigned long echo_left, echo_open; /* to send; sent and not answered */
} crowd;

static const char browser_headers[] =
	"Connection: %s\r\n"
	"Pragma: no-cache\r\n"
	"Cache-Control: no-cache\r\n"
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
	"Chrome/136.0.0.0 Safari/537.36\r\n"
	"%s"
	"Origin: http://%s\r\n"
	"Accept-Encoding: gzip, deflate, br, zstd\r\n"
	"Accept-Language: en-GB,en;q=0.9\r\n"
	"Cookie: theme=dark; visitor=4c7f0f5e-3a51-4a7e-9a3a-0d4f7f7b1c11\r\n";

static void fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

static void fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("crowd: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void watch(struct client *client, int how, uint32_t events)
{
	struct epoll_event event = {
		.events = events, .data.u64 = (uint64_t)(client - crowd.clients)};

	if (epoll_ctl(crowd.epoll, how, client->fd, &event) < 0)
		fail("cannot watch a socket: %s", strerror(errno));
}

/* ---- saying ---- */

static void say(struct client *client, const void *bytes, size_t len)
{
	if (send(client->fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
		fail("cannot send: %s", strerror(errno));
}

/* A text frame; its mask of zeros changes nothing. */
static void say_frame(struct client *client, const char *text, size_t len)
{
	uint8_t out[6 + 125] = {0x81, (uint8_t)(0x80 | len)};

	if (len > 125)
		fail("a message is too long");
	memcpy(out + 6, text, len);
	say(client, out, 6 + len);
}

static void say_echo(struct client *client)
{
	static unsigned id;
	char text[120];
	int n = snprintf(text, sizeof text,
		"42%u[\"message-with-ack\",{\"text\":\"a few words, as people write them\"}]",
		id++ % 1000);

	crowd.echo_left--;
	crowd.echo_open++;
	say_frame(client, text, (size_t)n);
}

static void say_request(struct client *client, const char *method, const char *more,
	const char *connection, const char *body)
{
	char out[OUT_BYTES], host[32], headers[1024], sid[80] = "";
	int n;

	snprintf(host, sizeof host, "127.0.0.1:%u", (unsigned)ntohs(crowd.server.sin_port));
	if (*client->sid)
		snprintf(sid, sizeof sid, "&sid=%s", client->sid);
	snprintf(headers, sizeof headers, browser_headers, connection, more, host);
	n = snprintf(out, sizeof out,
		"%s /socket.io/?EIO=4&transport=%s%s HTTP/1.1\r\nHost: %s\r\n%s", method,
		client->kind == KIND_WS ? "websocket" : "polling", sid, host, headers);
	if (body)
		n += snprintf(out + n, sizeof out - (size_t)n,
			"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %zu\r\n",
			strlen(body));
	n += snprintf(out + n, sizeof out - (size_t)n, "\r\n%s", body ? body : "");
	say(client, out, (size_t)n);
}

static void say_get(struct client *client)
{
	say_request(client, "GET", "Accept: */*\r\n", "keep-alive", NULL);
}

static void say_hello(struct client *client)
{
	static const char upgrade[] =
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";

	if (client->kind == KIND_WS) {
		client->state = STATE_UPGRADING;
		say_request(client, "GET", upgrade, "Upgrade", NULL);
	} else {
		client->state = STATE_GREETING;
		say_get(client);
	}
}

/* ---- hearing ---- */

static void come_in(struct client *client)
{
	client->state = STATE_IN;
	crowd.in++;
}

static void hear_packet(struct client *client, const char *text, size_t len)
{
	bool is_open = len && text[0] == '0', is_joined = len > 2 && !memcmp(text, "40{", 3);

	if (client->state == STATE_OPENING && is_open) {
		client->state = STATE_JOINING;
		say_frame(client, "40", 2);
	} else if (client->state == STATE_JOINING && is_joined) {
		come_in(client);
	} else if (len == 1 && text[0] == '2') {
		say_frame(client, "3", 1);
	} else if (len > 1 && !memcmp(text, "43", 2)) {
		crowd.echo_open--;
		if (crowd.echo_left)
			say_echo(client);
	}
}

static void forget(struct client *client, size_t len)
{
	client->len -= len;
	memmove(client->in, client->in + len, client->len);
	client->in[client->len] = '\0';
}

/* Takes one frame.  Returns whether there was a whole one. */
static bool hear_frame(struct client *client)
{
	const uint8_t *in = (const uint8_t *)client->in;
	size_t head = 2, len = client->len > 1 ? in[1] & 0x7f : 0;

	if (client->len < 2)
		return false;
	if (len == 126) {
		head = 4;
		len = client->len < 4 ? IN_BYTES : (size_t)in[2] << 8 | in[3];
	}
	if (len == 127 || (len >= IN_BYTES && client->len >= 4))
		fail("a frame is too large");
	if (client->len < head + len)
		return false;
	if ((in[0] & 0x0f) == 8)
		fail("a WebSocket was closed by the server");
	hear_packet(client, client->in + head, len);
	forget(client, head + len);
	return true;
}

static void hear_body(struct client *client, const char *body, size_t len)
{
	if (client->state == STATE_GREETING) {
		if (sscanf(body, "0{\"sid\":\"%71[^\"]\"", client->sid) != 1)
			fail("no handshake: %.*s", (int)len, body);
		client->state = STATE_ASKING;
		say_request(client, "POST", "Accept: */*\r\n", "keep-alive", "40");
	} else if (client->state == STATE_ASKING) {
		client->state = STATE_ASKED;
		say_get(client);
	} else if (client->state == STATE_ASKED) {
		if (len < 3 || memcmp(body, "40{", 3) != 0)
			fail("did not join: %.*s", (int)len, body);
		come_in(client);
		if (client->kind == KIND_HELD)
			say_get(client);
	} else if (client->state == STATE_IN && client->kind == KIND_HELD) {
		say_get(client);
	}
}

/* Takes one response.  Returns whether there was a whole one. */
static bool hear_response(struct client *client)
{
	char *end = strstr(client->in, "\r\n\r\n"), *length;
	char body[IN_BYTES];
	size_t head, len;

	if (!end)
		return false;
	head = (size_t)(end - client->in) + 4;
	if (client->state == STATE_UPGRADING) {
		if (strncmp(client->in, "HTTP/1.1 101", 12) != 0)
			fail("no WebSocket: %s", client->in);
		client->state = STATE_OPENING;
		forget(client, head);
		return true;
	}
	length = strcasestr(client->in, "\r\nContent-Length:");
	if (strncmp(client->in, "HTTP/1.1 200", 12) != 0 || !length || length > end)
		fail("not what was asked for: %s", client->in);
	len = strtoul(length + 17, NULL, 10);
	if (head + len >= IN_BYTES)
		fail("a response is too large");
	if (client->len < head + len)
		return false;
	memcpy(body, client->in + head, len);
	body[len] = '\0';
	forget(client, head + len);
	hear_body(client, body, len);
	return true;
}

static void hear(struct client *client)
{
	ssize_t n = recv(client->fd, client->in + client->len, IN_BYTES - 1 - client->len, 0);
	bool more = true;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == 0 && client->kind == KIND_BETWEEN && client->state == STATE_IN) {
		/* Its session goes on: the server may close a connection that carries no request.
		 */
		watch(client, EPOLL_CTL_DEL, 0);
		return;
	}
	if (n <= 0)
		fail("the server ended a connection: %s", n < 0 ? strerror(errno) : "closed");
	client->len += (size_t)n;
	client->in[client->len] = '\0';
	while (client->len && more)
		more = client->state < STATE_OPENING || client->kind != KIND_WS
			       ? hear_response(client)
			       : hear_frame(client);
}

/* ---- the loop ---- */

static void turn(int timeout_ms)
{
	struct epoll_event events[256];
	int n = epoll_wait(crowd.epoll, events, 256, timeout_ms);

	for (int i = 0; i < n; i++) {
		struct client *client = &crowd.clients[events[i].data.u64];

		if (client->state == STATE_CONNECTING) {
			watch(client, EPOLL_CTL_MOD, EPOLLIN);
			say_hello(client);
		} else {
			hear(client);
		}
	}
	if (n == 0 && timeout_ms == STALLED_MS)
		fail("nothing comes any more");
}

static void begin(enum kind kind)
{
	struct client *client = &crowd.clients[crowd.count];
	struct sockaddr_in from = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(crowd.count % SOURCES))};
	int on = 1;

	*client = (struct client){.kind = kind, .state = STATE_CONNECTING};
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		fail("no socket: %s", strerror(errno));
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(client->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	if (bind(client->fd, (struct sockaddr *)&from, sizeof from) < 0)
		fail("cannot bind: %s", strerror(errno));
	if (connect(client->fd, (struct sockaddr *)&crowd.server, sizeof crowd.server) < 0 &&
		errno != EINPROGRESS)
		fail("cannot connect: %s", strerror(errno));
	watch(client, EPOLL_CTL_ADD, EPOLLOUT);
	crowd.count++;
}

/* ---- orders ---- */

static void open_clients(enum kind kind, size_t n)
{
	size_t goal = crowd.count + n;

	if (goal > crowd.capacity)
		fail("at most %zu clients", crowd.capacity);
	while (crowd.in < goal) {
		while (crowd.count < goal && crowd.count - crowd.in < AT_ONCE)
			begin(kind);
		turn(STALLED_MS);
	}
}

static void echo(unsigned long n, size_t over)
{
	if (over > crowd.count || over > n)
		fail("there are not so many clients");
	crowd.echo_left = n;
	for (size_t i = 0; i < over; i++)
		say_echo(&crowd.clients[i]);
	while (crowd.echo_open)
		turn(STALLED_MS);
}

static void leave(void)
{
	for (size_t i = 0; i < crowd.count; i++)
		close(crowd.clients[i].fd);
	crowd.count = crowd.in = 0;
}

static void obey(const char *order)
{
	double start_ms = now_ms();
	char kind[16];
	unsigned long n;
	size_t over;

	if (sscanf(order, "open %15s %lu", kind, &n) == 2) {
		open_clients(!strcmp(kind, "ws")     ? KIND_WS
			     : !strcmp(kind, "held") ? KIND_HELD
						     : KIND_BETWEEN,
			n);
		printf("opened %.3f\n", now_ms() - start_ms);
	} else if (sscanf(order, "echo %lu %zu", &n, &over) == 2) {
		echo(n, over);
		printf("echoed %.3f\n", now_ms() - start_ms);
	} else if (!strcmp(order, "leave\n")) {
		leave();
		printf("left\n");
	} else {
		fail("no such order: %s", order);
	}
	fflush(stdout);
}

static void prepare(const char *port)
{
	struct rlimit limit;

	crowd.server = (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		fail("no limit of open files");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		fail("cannot raise the limit of open files");
	crowd.capacity = limit.rlim_cur < 100000 ? limit.rlim_cur - 16 : 100000;
	crowd.clients = calloc(crowd.capacity, sizeof *crowd.clients);
	crowd.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!crowd.clients || crowd.epoll < 0)
		fail("no memory");
}

int main(int argc, char **argv)
{
	char order[80];

	if (argc != 2)
		fail("usage: bench_crowd PORT");
	prepare(argv[1]);
	setvbuf(stdin, NULL, _IONBF, 0);
	for (;;) {
		struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
			{.fd = crowd.epoll, .events = POLLIN}};

		poll(fds, 2, -1);
		if (fds[1].revents)
			turn(0);
		if (!fds[0].revents)
			continue;
		if (!fgets(order, sizeof order, stdin))
			return 0;
		obey(order);
	}
}
