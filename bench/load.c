/*
 * Load for a server that speaks Socket.IO over WebSocket: requests from many sockets, one thread.
 *
 *   bench_load PORT ack|event NAME [TEXT]
 *
 * A request is the event NAME with {"name": TEXT, "n": number}.  With `ack` its argument is an
 * object and its answer the acknowledgement; with `event` the argument is a text that holds the
 * object, and the answer is an event whose argument has the same n.
 *
 * Orders come a line at a time on standard input; those with an arrow are answered with a line:
 *   open N [A]  N sockets join `/`; from A addresses, 127.0.0.2
 *               and on, every second of them from the first        -> opened MS
 *   closed N    from now on each socket has N requests under way
 *   rate N      from now on N requests a second leave, in turn from each socket, whatever becomes
 *               of those before
 *   mark        what happened since the last mark                  -> an object of JSON
 *               (addresses: of each, how many were answered in time)
 *   forget      what was due until now is not counted any more
 *   drain       no more requests leave; those under way are waited
 *               for until nobody would wait for them any more      -> drained LEFT
 *
 * The time of a request begins when it is due, not when it could be sent.  What goes wrong ends the
 * program and says so.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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

#include "times.h"

#define IN_BYTES 16384
#define SEND_MAX 2048 /* bytes of a frame that this program sends */
#define ADDRESSES_MAX 16
#define STALLED_US 60000000
#define IN_TIME_US 5000000 /* as long as the schema's requests wait by default */
#define ORDERS UINT64_MAX  /* standard input, among the sockets */

enum state { STATE_CONNECTING, STATE_UPGRADING, STATE_OPENING, STATE_JOINING, STATE_IN };

struct client {
	int fd;
	enum state state;
	size_t in_len, out_len, out_size;
	char *out;
	bool is_waiting; /* in load.waiting: something is to be sent */
	bool is_stuck;   /* the kernel took no more; epoll says when it does */
	uint64_t *due_us;
	uint32_t first, next, size; /* numbers under way; `size` is a power of two */
	char in[IN_BYTES];
};

enum refusal { REFUSED_OVERLOADED, REFUSED_TIMEOUT, REFUSED_OTHER, REFUSED_COUNT };
static const char *const refusal_names[REFUSED_COUNT] = {"overloaded", "timeout", "other"};

static struct {
	struct sockaddr_in server;
	int epoll;
	bool is_ack;
	const char *event, *text;
	struct client *clients;
	size_t addresses; /* 0: the usual one */
	uint64_t in_time[ADDRESSES_MAX];
	size_t count, in, turn; /* turn: who sends the next one of `rate` */
	struct client **waiting;
	size_t waiting_count;
	uint64_t now_us;
	/* what was ordered */
	unsigned under_way;
	double interval_us, due_us; /* interval_us 0: no rate */
	bool is_draining;
	uint64_t open; /* sent and not answered */
	/* since the last mark */
	uint64_t forgotten_us; /* what was due before is not counted */
	uint64_t marked_us, marked_cpu_us, sent, late, refused[REFUSED_COUNT];
	struct times answered, turned_away;
} load;

static void fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

static void fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("load: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static void watch(struct client *client, int how, uint32_t events)
{
	struct epoll_event event = {
		.events = events, .data.u64 = (uint64_t)(client - load.clients)};

	if (epoll_ctl(load.epoll, how, client->fd, &event) < 0)
		fail("cannot watch a socket: %s", strerror(errno));
}

/* ---- sending ---- */

static char *room_for(struct client *client, size_t len)
{
	if (client->out_size - client->out_len < len) {
		client->out_size = 2 * client->out_size + len;
		client->out = realloc(client->out, client->out_size);
		if (!client->out)
			fail("no memory");
	}
	if (!client->is_waiting && !client->is_stuck) {
		client->is_waiting = true;
		load.waiting[load.waiting_count++] = client;
	}
	return client->out + client->out_len;
}

/* A text frame; its mask of zeros changes nothing. */
static void send_frame(struct client *client, const char *text, size_t len)
{
	uint8_t *out = (uint8_t *)room_for(client, 8 + len);
	size_t head = 2;

	if (len > SEND_MAX)
		fail("a message is too long");
	out[0] = 0x81;
	if (len < 126) {
		out[1] = (uint8_t)(0x80 | len);
	} else {
		out[1] = 0x80 | 126;
		out[2] = (uint8_t)(len >> 8);
		out[3] = (uint8_t)len;
		head = 4;
	}
	memset(out + head, 0, 4);
	memcpy(out + head + 4, text, len);
	client->out_len += head + 4 + len;
}

static void flush(struct client *client)
{
	size_t sent = 0;

	while (sent < client->out_len) {
		ssize_t n =
			send(client->fd, client->out + sent, client->out_len - sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			fail("cannot send: %s", strerror(errno));
		sent += (size_t)n;
	}
	client->out_len -= sent;
	memmove(client->out, client->out + sent, client->out_len);
	if (client->is_stuck != (client->out_len > 0)) {
		client->is_stuck = client->out_len > 0;
		watch(client, EPOLL_CTL_MOD, EPOLLIN | (client->is_stuck ? EPOLLOUT : 0));
	}
}

static void flush_all(void)
{
	for (size_t i = 0; i < load.waiting_count; i++) {
		load.waiting[i]->is_waiting = false;
		flush(load.waiting[i]);
	}
	load.waiting_count = 0;
}

/* Room for one more number under way. */
static void make_room(struct client *client)
{
	uint32_t size = client->size ? 2 * client->size : 64;
	uint64_t *due_us = calloc(size, sizeof *due_us);

	if (!due_us)
		fail("no memory");
	for (uint32_t n = client->first; n != client->next; n++)
		due_us[n & (size - 1)] = client->due_us[n & (client->size - 1)];
	free(client->due_us);
	client->due_us = due_us;
	client->size = size;
}

static void send_request(struct client *client, uint64_t due_us)
{
	char text[SEND_MAX];
	uint32_t n = client->next;
	int len;

	if (client->next - client->first == client->size)
		make_room(client);
	client->next++;
	client->due_us[n & (client->size - 1)] = due_us;
	if (load.is_ack)
		len = snprintf(text, sizeof text, "42%u[\"%s\",{\"name\":\"%s\",\"n\":%u}]", n,
			load.event, load.text, n);
	else
		len = snprintf(text, sizeof text,
			"42[\"%s\",\"{\\\"name\\\":\\\"%s\\\",\\\"n\\\":%u}\"]", load.event,
			load.text, n);
	load.sent++;
	load.open++;
	send_frame(client, text, (size_t)len);
}

static void send_due(void)
{
	while (load.interval_us > 0 && load.due_us <= (double)load.now_us) {
		send_request(&load.clients[load.turn], (uint64_t)load.due_us);
		load.turn = (load.turn + 1) % load.count;
		load.due_us += load.interval_us;
	}
}

static void send_upgrade(struct client *client)
{
	static const char request[] =
		"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
		"Host: 127.0.0.1:%u\r\n"
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
	char *out = room_for(client, 512);

	client->state = STATE_UPGRADING;
	client->out_len +=
		(size_t)snprintf(out, 512, request, (unsigned)ntohs(load.server.sin_port));
}

/* ---- receiving ---- */

static void count_refusal(const char *text)
{
	static bool is_told;
	const char *code = strstr(text, "\"code\":\"");
	enum refusal refusal = 0;

	code = code ? code + strlen("\"code\":\"") : "";
	while (refusal < REFUSED_OTHER &&
		strncmp(code, refusal_names[refusal], strlen(refusal_names[refusal])) != 0)
		refusal++;
	load.refused[refusal]++;
	if (refusal == REFUSED_OTHER && !is_told)
		fprintf(stderr, "load: refused: %s\n", text);
	is_told = is_told || refusal == REFUSED_OTHER;
}

/* Every second socket is of the first address. */
static size_t address_of(const struct client *client)
{
	size_t at = (size_t)(client - load.clients);

	if (load.addresses < 2 || at % 2 == 0)
		return 0;
	return 1 + at / 2 % (load.addresses - 1);
}

static void count_answer(const struct client *client, const char *text, uint64_t us)
{
	if (strstr(text, "{\"error\":")) {
		times_add(&load.turned_away, us);
		count_refusal(text);
	} else {
		times_add(&load.answered, us);
		load.late += us > IN_TIME_US;
		load.in_time[address_of(client)] += us <= IN_TIME_US;
	}
}

static void answered(struct client *client, uint32_t n, const char *text)
{
	uint64_t *due_us = &client->due_us[n & (client->size - 1)];

	if (n - client->first >= client->next - client->first || *due_us == 0)
		fail("an answer to nothing: %s", text);
	uint64_t us = load.now_us - *due_us;
	*due_us = 0;
	while (client->first != client->next &&
		client->due_us[client->first & (client->size - 1)] == 0)
		client->first++;
	load.open--;
	if (load.now_us - us >= load.forgotten_us)
		count_answer(client, text, us);
	if (load.under_way && !load.is_draining)
		send_request(client, load.now_us);
}

static void hear_packet(struct client *client, const char *text)
{
	const char *number;

	if (client->state == STATE_OPENING && text[0] == '0') {
		client->state = STATE_JOINING;
		send_frame(client, "40", 2);
	} else if (client->state == STATE_JOINING && strncmp(text, "40{", 3) == 0) {
		client->state = STATE_IN;
		load.in++;
	} else if (strcmp(text, "2") == 0) {
		send_frame(client, "3", 1);
	} else if (load.is_ack && strncmp(text, "43", 2) == 0) {
		answered(client, (uint32_t)strtoul(text + 2, NULL, 10), text);
	} else if (!load.is_ack && (number = strstr(text, "\"n\":"))) {
		answered(client, (uint32_t)strtoul(number + 4, NULL, 10), text);
	} else if (strncmp(text, "42[\"warrenOffset\"", 17) != 0) {
		fail("the server says %s", text);
	}
}

/* Takes one frame from `in`.  Returns its length, 0 when it is not whole. */
static size_t hear_frame(struct client *client, uint8_t *in, size_t in_len)
{
	size_t head = 2, len = in_len > 1 ? in[1] & 0x7f : 0;

	if (in_len < 2 || (len == 126 && in_len < 4))
		return 0;
	if (len == 126) {
		head = 4;
		len = (size_t)in[2] << 8 | in[3];
	}
	if (len == 127 || head + len >= IN_BYTES)
		fail("a frame is too large");
	if (in_len < head + len)
		return 0;
	if (in[0] != 0x81)
		fail("a frame that is no text: %02x", in[0]);
	/* The text ends where the next frame begins, or where `in` has room for a byte. */
	uint8_t after = in[head + len];
	in[head + len] = '\0';
	hear_packet(client, (const char *)in + head);
	in[head + len] = after;
	return head + len;
}

static size_t hear_response(struct client *client)
{
	client->in[client->in_len] = '\0';
	const char *end = strstr(client->in, "\r\n\r\n");

	if (!end)
		return 0;
	if (strncmp(client->in, "HTTP/1.1 101", 12) != 0)
		fail("no WebSocket: %.60s", client->in);
	client->state = STATE_OPENING;
	return (size_t)(end + 4 - client->in);
}

static void hear(struct client *client)
{
	size_t taken = 0, len = 1;
	ssize_t n = recv(client->fd, client->in + client->in_len, IN_BYTES - 1 - client->in_len, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		fail("the server ended a connection: %s", n < 0 ? strerror(errno) : "closed");
	client->in_len += (size_t)n;
	while (len && taken < client->in_len) {
		if (client->state == STATE_UPGRADING)
			len = hear_response(client);
		else
			len = hear_frame(
				client, (uint8_t *)client->in + taken, client->in_len - taken);
		taken += len;
	}
	client->in_len -= taken;
	memmove(client->in, client->in + taken, client->in_len);
}

/* ---- orders ---- */

static void begin(struct client *client)
{
	int on = 1;

	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		fail("no socket: %s", strerror(errno));
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	struct sockaddr_in from = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (uint32_t)address_of(client))};
	if (load.addresses && bind(client->fd, (struct sockaddr *)&from, sizeof from) < 0)
		fail("cannot have an address: %s", strerror(errno));
	if (connect(client->fd, (struct sockaddr *)&load.server, sizeof load.server) < 0 &&
		errno != EINPROGRESS)
		fail("cannot connect: %s", strerror(errno));
	watch(client, EPOLL_CTL_ADD, EPOLLOUT);
}

static void turn(void);

static void open_clients(size_t n)
{
	if (load.count)
		fail("they are open already");
	load.clients = calloc(n, sizeof *load.clients);
	load.waiting = calloc(n, sizeof *load.waiting);
	if (!load.clients || !load.waiting)
		fail("no memory");
	for (size_t i = 0; i < n; i++)
		begin(&load.clients[i]);
	load.count = n;
	while (load.in < n)
		turn();
}

static void set_rate(double per_s)
{
	load.under_way = 0;
	load.interval_us = 1e6 / per_s;
	load.due_us = (double)load.now_us;
}

static void set_under_way(unsigned n)
{
	load.under_way = n;
	load.interval_us = 0;
	for (size_t i = 0; i < load.count; i++) {
		for (unsigned j = 0; j < n; j++)
			send_request(&load.clients[i], load.now_us);
	}
}

static void count_anew(void)
{
	load.marked_us = read_clock_us(CLOCK_MONOTONIC);
	load.marked_cpu_us = read_clock_us(CLOCK_PROCESS_CPUTIME_ID);
	load.sent = load.late = 0;
	memset(load.refused, 0, sizeof load.refused);
	memset(load.in_time, 0, sizeof load.in_time);
	memset(&load.answered, 0, sizeof load.answered);
	memset(&load.turned_away, 0, sizeof load.turned_away);
}

static void mark(void)
{
	uint64_t now_us = read_clock_us(CLOCK_MONOTONIC);
	uint64_t cpu_us = read_clock_us(CLOCK_PROCESS_CPUTIME_ID);

	printf("{\"ms\":%.3f,\"cpuUs\":%lu,\"open\":%lu,\"sent\":%lu,\"answered\":%lu,\"late\":%lu,"
	       "\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f,\"refused\":%lu,\"refusedP50\":%.3f,"
	       "\"refusedP99\":%.3f",
		(double)(now_us - load.marked_us) / 1e3, cpu_us - load.marked_cpu_us, load.open,
		load.sent, load.answered.count, load.late, times_ms(&load.answered, 0.5),
		times_ms(&load.answered, 0.99), (double)load.answered.max_us / 1e3,
		load.turned_away.count, times_ms(&load.turned_away, 0.5),
		times_ms(&load.turned_away, 0.99));
	for (size_t i = 0; i < REFUSED_COUNT; i++)
		printf(",\"%s\":%lu", refusal_names[i], load.refused[i]);
	printf(",\"addresses\":[");
	for (size_t i = 0; i < load.addresses; i++)
		printf("%s%lu", i ? "," : "", load.in_time[i]);
	printf("]}\n");
	count_anew();
}

static void drain(void)
{
	uint64_t until_us = load.now_us + IN_TIME_US + IN_TIME_US / 2;

	load.is_draining = true;
	load.interval_us = 0;
	while (load.open && load.now_us < until_us)
		turn();
	load.is_draining = false;
	load.under_way = 0;
	printf("drained %lu\n", load.open);
}

static void obey(void)
{
	char order[80];
	unsigned long n, addresses = 0;
	double per_s;

	if (!fgets(order, sizeof order, stdin))
		exit(0);
	if (sscanf(order, "open %lu %lu", &n, &addresses) >= 1 && n > 0 &&
		addresses <= ADDRESSES_MAX) {
		load.addresses = addresses;
		uint64_t start_us = load.now_us;
		open_clients(n);
		printf("opened %.3f\n", (double)(load.now_us - start_us) / 1e3);
	} else if (sscanf(order, "closed %lu", &n) == 1) {
		set_under_way((unsigned)n);
	} else if (sscanf(order, "rate %lf", &per_s) == 1 && per_s > 0) {
		set_rate(per_s);
	} else if (strcmp(order, "mark\n") == 0) {
		mark();
	} else if (strcmp(order, "forget\n") == 0) {
		load.forgotten_us = load.now_us;
		count_anew();
	} else if (strcmp(order, "drain\n") == 0) {
		drain();
	} else {
		fail("no such order: %s", order);
	}
	fflush(stdout);
}

/* ---- the loop ---- */

static int64_t wait_us(void)
{
	if (load.interval_us > 0) {
		double us = load.due_us - (double)read_clock_us(CLOCK_MONOTONIC);
		return us > 0 ? (int64_t)us + 1 : 0;
	}
	if (load.is_draining)
		return IN_TIME_US / 10;
	return load.open || load.in < load.count ? STALLED_US : -1;
}

static void turn(void)
{
	struct epoll_event events[256];
	flush_all();
	int64_t us = wait_us();
	struct timespec span = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
	int n = epoll_pwait2(load.epoll, events, 256, us < 0 ? NULL : &span, NULL);

	load.now_us = read_clock_us(CLOCK_MONOTONIC);
	if (n == 0 && us == STALLED_US)
		fail("nothing comes any more; %lu under way", load.open);
	send_due();
	for (int i = 0; i < n; i++) {
		if (events[i].data.u64 == ORDERS) {
			if (!load.is_draining && load.in == load.count)
				obey();
			continue;
		}
		struct client *client = &load.clients[events[i].data.u64];
		if (client->state == STATE_CONNECTING) {
			watch(client, EPOLL_CTL_MOD, EPOLLIN);
			send_upgrade(client);
		} else if (events[i].events & EPOLLOUT) {
			flush(client);
		}
		if (events[i].events & EPOLLIN)
			hear(client);
	}
}

static void prepare(char **argv)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = ORDERS};
	struct rlimit limit;

	load.server = (struct sockaddr_in){.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	load.is_ack = strcmp(argv[2], "ack") == 0;
	load.event = argv[3];
	load.text = argv[4] ? argv[4] : "ada";
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	load.epoll = epoll_create1(EPOLL_CLOEXEC);
	setvbuf(stdin, NULL, _IONBF, 0);
	if (load.epoll < 0 || epoll_ctl(load.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event) < 0)
		fail("cannot watch standard input: %s", strerror(errno));
	load.now_us = read_clock_us(CLOCK_MONOTONIC);
}

int main(int argc, char **argv)
{
	if (argc < 4 || argc > 5 || (strcmp(argv[2], "ack") != 0 && strcmp(argv[2], "event") != 0))
		fail("usage: bench_load PORT ack|event NAME [TEXT]");
	prepare(argv);
	for (;;)
		turn();
}
