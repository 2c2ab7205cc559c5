/*
 * A gateway, a service behind it and pages in front of it, over the in-process broker.
 *
 *   gate     browsers send ask (it replies), fact, and hint (one a second); they receive notice,
 * and alert, which goes to browsers at least once worker   replies to ask with what it was asked,
 * and takes facts
 *
 * Both may be held at a *door*, as the edge's loop may: whoever comes to a door that is shut waits
 * at it, and a test can await who is there.
 */
#ifndef GATEWAY_WORLD_H
#define GATEWAY_WORLD_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "gateway/gateway.h"
#include "service/private.h"
#include "service_world.h"

/* ---- doors ---- */

struct door {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool shut;
	int inside; /* who came to it while it was shut, and is still there */
};

#define DOOR {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER}

static void door_pass(struct door *door)
{
	pthread_mutex_lock(&door->mutex);
	door->inside++;
	pthread_cond_broadcast(&door->changed);
	while (door->shut)
		pthread_cond_wait(&door->changed, &door->mutex);
	door->inside--;
	pthread_mutex_unlock(&door->mutex);
}

static void door_set(struct door *door, bool shut)
{
	pthread_mutex_lock(&door->mutex);
	door->shut = shut;
	pthread_cond_broadcast(&door->changed);
	pthread_mutex_unlock(&door->mutex);
}

static void door_await(struct door *door, int inside)
{
	pthread_mutex_lock(&door->mutex);
	while (door->inside < inside)
		pthread_cond_wait(&door->changed, &door->mutex);
	pthread_mutex_unlock(&door->mutex);
}

static struct door gate_door = DOOR;   /* the gate's workers, with each event of a browser */
static struct door push_door = DOOR;   /* the same, with each event to browsers */
static struct door worker_door = DOOR; /* the worker's, with each ask */

/* ---- the services ---- */

/* A text of that many characters. */
static char *text_of(size_t len)
{
	char *text = malloc(len + 1);
	memset(text, 'x', len);
	text[len] = '\0';
	return text;
}

static atomic_int asks, facts; /* that took effect */

static int worker_on_ask(struct warren_ctx *ctx, const void *message, void *worker)
{
	const struct note *ask = message;
	(void)worker;
	atomic_fetch_add(&asks, 1);
	door_pass(&worker_door);
	if (strcmp(ask->text, "join") == 0)
		ck_assert_int_eq(warren_join(ctx, warren_to_socket(ctx), "den"), 0);
	if (strcmp(ask->text, "fail") == 0)
		return note_fail(ctx, WARREN_NOT_FOUND, "number", "no number %d", ask->number);
	/* A page reads short messages alone. */
	const char *text = strlen(ask->text) < 1000 ? ask->text : "much";
	char *large = strcmp(text, "large") == 0 ? text_of(70000) : NULL;
	int rc = warren_reply(
		ctx, &(struct note){.text = large ? large : text, .number = ask->number});
	free(large);
	return rc;
}

static int worker_on_fact(struct warren_ctx *ctx, const void *message, void *worker)
{
	(void)ctx;
	(void)message;
	(void)worker;
	atomic_fetch_add(&facts, 1);
	return 0;
}

static const struct warren_message_type alert_type = NOTE_TYPE("Alert", "alert");
static const struct warren_event alert_event = {.name = "alert",
	.type = &alert_type,
	.schema = "00000000000000dd",
	.edges = notice_edges,
	.edge_count = 1,
	.sends_at_least_once = true};

/* As it is in the fixture, with one consumer. */
static const struct warren_event gate_fact_event = {.name = "fact",
	.type = &fact_type,
	.schema = "00000000000000ff",
	.queues = fact_queues,
	.queue_count = 1};

static const struct warren_handler worker_handlers[] = {
	{.event = &ask_event,
		.queue = &worker_ask,
		.handle = worker_on_ask,
		.replies = true,
		.prefetch = 64,
		.max_attempts = 1},
	{.event = &gate_fact_event,
		.queue = &worker_fact,
		.handle = worker_on_fact,
		.prefetch = 64,
		.max_attempts = 1},
};
static const struct warren_event *const worker_publishes[] = {&notice_event, &alert_event};
static const struct warren_service worker_service = {.api = WARREN_API,
	.system = "sys",
	.name = "worker",
	.topology = &sys_topology,
	.handlers = worker_handlers,
	.handler_count = 2,
	.publishes = worker_publishes,
	.publish_count = 2,
	.edges = notice_edges,
	.edge_count = 1};

static warren_admit_fn gate_admit; /* a test's own; NULL: none */

static int admit_in(struct warren_socket *socket, void *message, void *worker)
{
	const struct note *note = message;
	door_pass(&gate_door);
	if (gate_admit)
		return gate_admit(socket, message, worker);
	if (strcmp(note->text, "refuse") == 0)
		return warren_refuse(socket, WARREN_FORBIDDEN, "not you");
	return strcmp(note->text, "break") == 0 ? -EIO : 0;
}

static int admit_out(
	struct warren_ctx *ctx, const struct warren_target *to, void *message, void *worker)
{
	struct note *note = message;
	(void)ctx;
	(void)to;
	(void)worker;
	door_pass(&push_door);
	if (strlen(note->text) >= 300000)
		note->text = "much";
	return 0;
}

static const struct warren_gateway_in gate_in[] = {
	{.event = &ask_event, .admit = admit_in},
	{.event = &gate_fact_event, .admit = admit_in},
	{.event = &hint_event, .admit = admit_in, .rate_per_s = 1, .burst = 1},
};
static const struct warren_gateway_out gate_out[] = {
	{.event = &notice_event, .admit = admit_out},
	{.event = &alert_event, .admit = admit_out},
};
static const struct warren_gateway_table gate_table = {
	.in = gate_in, .in_count = 3, .out = gate_out, .out_count = 2};
static const struct warren_event *const gate_publishes[] = {
	&ask_event, &gate_fact_event, &hint_event};
static const struct warren_service gate_service = {.api = WARREN_API,
	.system = "sys",
	.name = "gate",
	.topology = &gate_topology,
	.publishes = gate_publishes,
	.publish_count = 3,
	.edges = notice_edges,
	.edge_count = 1,
	.extension = &warren_gateway,
	.extension_table = &gate_table};

/* ---- settings: those of a gateway, with other defaults ---- */

#define SETTINGS_MAX 100

static struct warren_setting gate_rows[SETTINGS_MAX];
static struct warren_settings *gate_settings;

static void gate_set(const char *name, const char *value)
{
	size_t i = 0;
	while (gate_rows[i].name && strcmp(gate_rows[i].name, name) != 0)
		i++;
	ck_assert_msg(gate_rows[i].name, "there is no setting %s", name);
	gate_rows[i].default_value = value;
	gate_rows[i].min = 0; /* a port of 0 is any free one */
}

/* With what a test wants otherwise: names and values in turn, up to a NULL. */
static void gate_settings_open(const char *const *changes)
{
	static const char *const usual[] = {"INTERNAL_API_PORT", "0", "INTERNAL_API_HOST",
		"127.0.0.1", "CLIENT_DIR", "", "DOCS_DIR", "", "SOCKET_IO_CLIENT_DIR", "", NULL};
	const struct warren_setting *const tables[] = {gate_rows};
	struct warren_error error;
	size_t count = 0;
	while (warren_gateway_settings[count].name)
		count++;
	ck_assert_uint_lt(count, SETTINGS_MAX);
	memcpy(gate_rows, warren_gateway_settings, (count + 1) * sizeof gate_rows[0]);
	for (const char *const *at = usual; *at; at += 2)
		gate_set(at[0], at[1]);
	for (const char *const *at = changes; at && *at; at += 2)
		gate_set(at[0], at[1]);
	ck_assert_int_eq(warren_settings_load(tables, 1, NULL, &gate_settings, &error), 0);
}

/* ---- the whole ---- */

static struct warren_instance *gate, *worker;
static struct warren_gateway_state *gateway;

/* The gate is the last one, so that a test can take it away. */
static void gate_open(const char *const *changes, struct warren_instance_options options)
{
	atomic_store(&asks, 0);
	atomic_store(&facts, 0);
	gate_settings_open(changes);
	worker = world_add_with(
		&worker_service, (struct warren_instance_options){.workers = 1}); /* in order */
	options.settings = gate_settings;
	gate = world_add_with(&gate_service, options);
	gateway = gate->extension;
	world_rest();
}

static void gate_close(void)
{
	while (world.rest.instance_count > 0)
		world_remove(0);
	warren_settings_close(gate_settings);
}

/* ---- pages: a WebSocket each, whose messages are read one by one ---- */

struct page {
	int fd;
	size_t len, at; /* of what came, and of it what was read */
	char sid[64];
	char text[1 << 16]; /* the message that was read last */
	uint8_t bytes[1 << 17];
};

static void page_write(struct page *page, const void *bytes, size_t len)
{
	const char *at = bytes;
	while (len > 0) {
		ssize_t n = send(page->fd, at, len, MSG_NOSIGNAL);
		ck_assert_int_gt(n, 0);
		at += n;
		len -= (size_t)n;
	}
}

static void page_say(struct page *page, const char *text, size_t len)
{
	uint8_t head[14] = {0x81, 0x80 | 127};
	for (int i = 0; i < 8; i++)
		head[2 + i] = (uint8_t)((uint64_t)len >> (56 - 8 * i));
	if (len < 126) {
		head[1] = 0x80 | (uint8_t)len;
		memset(head + 2, 0, 4); /* a mask of zeros changes nothing */
	} else if (len < 65536) {
		head[1] = 0x80 | 126;
		head[2] = (uint8_t)(len >> 8);
		head[3] = (uint8_t)len;
		memset(head + 4, 0, 4);
	}
	page_write(page, head, len < 126 ? 6 : len < 65536 ? 8 : 14);
	page_write(page, text, len);
}

/* Waits for so many bytes; returns false at the end of the connection. */
static bool page_has(struct page *page, size_t len)
{
	while (page->len - page->at < len) {
		if (page->at > 0) {
			memmove(page->bytes, page->bytes + page->at, page->len - page->at);
			page->len -= page->at;
			page->at = 0;
		}
		ssize_t n =
			recv(page->fd, page->bytes + page->len, sizeof page->bytes - page->len, 0);
		if (n <= 0)
			return false;
		page->len += (size_t)n;
	}
	return true;
}

static uint8_t *page_bytes(struct page *page, size_t len)
{
	ck_assert(page_has(page, len));
	page->at += len;
	return page->bytes + page->at - len;
}

/* Returns the next message, pings aside; NULL when the connection has ended. */
static const char *page_next(struct page *page)
{
	for (;;) {
		if (!page_has(page, 2))
			return NULL;
		uint8_t *head = page_bytes(page, 2);
		size_t len = head[1];
		bool is_text = head[0] == 0x81;
		if (len == 126) {
			uint8_t *more = page_bytes(page, 2);
			len = (size_t)more[0] << 8 | more[1];
		}
		ck_assert_uint_lt(len, sizeof page->text);
		memcpy(page->text, page_bytes(page, len), len);
		page->text[len] = '\0';
		if (!is_text)
			return NULL;
		if (strcmp(page->text, "2") != 0)
			return page->text;
		page_say(page, "3", 1);
	}
}

/* The next message is that event with that text. */
static void page_expect(struct page *page, const char *event, const char *note)
{
	char begin[256];
	const char *text = page_next(page);
	ck_assert_ptr_nonnull(text);
	snprintf(begin, sizeof begin, "42[\"%s\",{\"text\":\"%s\",", event, note);
	ck_assert_msg(strncmp(text, begin, strlen(begin)) == 0, "%s, and not %s", text, begin);
}

/* From one of this machine's addresses. */
static void page_open_from(struct page *page, uint32_t from)
{
	static const char upgrade[] = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
				      "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
				      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
				      "Sec-WebSocket-Version: 13\r\n\r\n";
	const struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(warren_edge_port(gateway->edge)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(from)};
	page->len = page->at = 0;
	page->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(page->fd, (const struct sockaddr *)&own, sizeof own), 0);
	setsockopt(page->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	ck_assert_int_eq(connect(page->fd, (const struct sockaddr *)&address, sizeof address), 0);
	page_write(page, upgrade, sizeof upgrade - 1);
	size_t len = 4;
	do
		ck_assert(page_has(page, len));
	while (memcmp(page->bytes + len++ - 4, "\r\n\r\n", 4) != 0);
	ck_assert_int_eq(memcmp(page->bytes, "HTTP/1.1 101", 12), 0);
	page->at = len - 1;
	ck_assert_int_eq(page_next(page)[0], '0');
	page_say(page, "40", 2);
	ck_assert_int_eq(sscanf(page_next(page), "40{\"sid\":\"%63[^\"]\"", page->sid), 1);
	ck_assert_ptr_nonnull(strstr(page_next(page), WARREN_EDGE_OFFSET_EVENT));
}

static void page_open(struct page *page)
{
	page_open_from(page, INADDR_LOOPBACK);
}

static void page_close(struct page *page)
{
	close(page->fd);
}

/* Emits an event of that text and number; `ack` -1: asks for no answer; `id` NULL: without one. */
static void page_emit(
	struct page *page, int ack, const char *event, const char *text, int number, const char *id)
{
	char *json, ack_text[16] = "", id_text[64] = "";
	if (ack >= 0)
		snprintf(ack_text, sizeof ack_text, "%d", ack);
	if (id)
		snprintf(id_text, sizeof id_text, ",{\"id\":\"%s\"}", id);
	int len = asprintf(&json, "42%s[\"%s\",{\"text\":\"%s\",\"number\":%d}%s]", ack_text, event,
		text, number, id_text);
	ck_assert_int_gt(len, 0);
	page_say(page, json, (size_t)len);
	free(json);
}

/* Returns the code of the error in the answer to that ack; "ok" when there is none. */
static const char *page_answer(struct page *page, int ack)
{
	static char code[64];
	char head[32];
	const char *text = page_next(page);
	ck_assert_ptr_nonnull(text);
	snprintf(head, sizeof head, "43%d[", ack);
	ck_assert_msg(strncmp(text, head, strlen(head)) == 0, "%s is no answer to %d", text, ack);
	if (sscanf(text + strlen(head), "{\"error\":{\"code\":\"%63[^\"]\"", code) != 1)
		return "ok";
	return code;
}

/* A page's address on the broker. */
static const char *address_of(const struct page *page)
{
	static char address[128];
	snprintf(address, sizeof address, "sys.gate.%s", page->sid);
	return address;
}

/* Sends an event of that text to browsers, as the worker. */
static void push(const struct warren_event *event, struct warren_target to, const char *text)
{
	ck_assert_int_eq(
		warren_send(warren_root(worker), event, to, &(struct note){.text = text}), 0);
}

__attribute__((unused)) static const void *const gateway_all[] = {page_close, page_expect, push,
	address_of, text_of, page_answer, page_emit, page_open, door_await, door_set, gate_close,
	gate_open, &other_fact};

#endif
