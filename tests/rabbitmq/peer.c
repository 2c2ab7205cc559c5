/*
 * Another program's publishes, byte by byte: whatever a message carries, who consumes it lives, and
 * gets the next one.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "broker/amqp_connection.h"
#include "bytes.h"
#include "rig.h"

#define SMALL_STACK ((size_t)1 << 20)

/* ---- tables of each form ---- */

#define HEADERS_ROOM (WARREN_AMQP_FRAME_MAX - 256)

typedef void (*fill)(struct bytes *table);

/* A table in a table in a table, as deep as a frame can hold. */
static void deep_tables(struct bytes *table)
{
	enum { LEVEL = 6 };
	size_t levels = HEADERS_ROOM / LEVEL;

	for (size_t i = levels; i > 0; i--) {
		put_number(table, 0, 1); /* a name of no bytes */
		put_number(table, 'F', 1);
		put_number(table, (i - 1) * LEVEL, 4);
	}
}

static void deep_arrays(struct bytes *table)
{
	enum { LEVEL = 5 };
	size_t levels = HEADERS_ROOM / LEVEL;

	put_short(table, "deep", 4);
	for (size_t i = levels; i > 0; i--) {
		put_number(table, 'A', 1);
		put_number(table, (i - 1) * LEVEL, 4);
	}
}

static void every_kind(struct bytes *table)
{
	static const struct {
		char kind;
		int size;
	} kinds[] = {{'t', 1}, {'b', 1}, {'B', 1}, {'s', 2}, {'u', 2}, {'I', 4}, {'i', 4}, {'l', 8},
		{'f', 4}, {'d', 8}, {'D', 5}, {'T', 8}, {'V', 0}};
	char name[8];

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		put_short(table, name, (size_t)snprintf(name, sizeof name, "k%zu", i));
		put_number(table, (uint8_t)kinds[i].kind, 1);
		bool is_float = kinds[i].kind == 'f' || kinds[i].kind == 'd'; /* no NaN in Erlang */
		put_number(table, is_float ? 0 : UINT64_MAX, kinds[i].size);
	}
	put_short(table, "text", 4);
	put_number(table, 'S', 1);
	put_number(table, 6, 4);
	put(table, "a\0b\xff\xfe\n", 6);
	put_short(table, "bytes", 5);
	put_number(table, 'x', 1);
	put_number(table, 3, 4);
	put(table, "\0\1\2", 3);
}

static void one_long_text(struct bytes *table)
{
	static uint8_t text[HEADERS_ROOM];

	memset(text, 'h', sizeof text);
	put_short(table, "warren-once-before", 18);
	put_number(table, 'S', 1);
	put_number(table, HEADERS_ROOM - 64, 4);
	put(table, text, HEADERS_ROOM - 64);
}

static void many_names(struct bytes *table)
{
	while (table->len + 6 < HEADERS_ROOM) {
		put_short(table, "n", 1);
		put_number(table, 'b', 1);
		put_number(table, 7, 1);
	}
}

static void names_of_no_bytes_and_long_ones(struct bytes *table)
{
	uint8_t name[255];

	memset(name, 'n', sizeof name);
	put_short(table, name, 0);
	put_number(table, 'V', 1);
	put_short(table, name, sizeof name);
	put_number(table, 'V', 1);
	put_short(table, "\0\0", 2);
	put_number(table, 'b', 1);
	put_number(table, 1, 1);
}

/* A count that the publisher made up. */
static void counts(struct bytes *table)
{
	put_short(table, "x-delivery-count", 16);
	put_number(table, 'l', 1);
	put_number(table, 1000, 8);
	put_short(table, "x-acquired-count", 16);
	put_number(table, 'l', 1);
	put_number(table, 1000, 8);
}

static void no_headers(struct bytes *table)
{
	(void)table;
}

/* ---- a publisher that is no Warren ---- */

static amqp_connection_state_t peer_open(void)
{
	amqp_connection_state_t connection = amqp_new_connection();
	struct amqp_connection_info info;
	char url[TEXT_SIZE];

	snprintf(url, sizeof url, "%s", getenv("RABBITMQ_URL"));
	ck_assert_int_eq(amqp_parse_url(url, &info), AMQP_STATUS_OK);
	amqp_socket_t *socket = amqp_tcp_socket_new(connection);
	ck_assert_int_eq(amqp_socket_open(socket, info.host, info.port), AMQP_STATUS_OK);
	amqp_rpc_reply_t reply = amqp_login(connection, info.vhost, 0, WARREN_AMQP_FRAME_MAX, 0,
		AMQP_SASL_METHOD_PLAIN, info.user, info.password);
	ck_assert_int_eq(reply.reply_type, AMQP_RESPONSE_NORMAL);
	ck_assert_ptr_nonnull(amqp_channel_open(connection, 1));
	return connection;
}

static void write_frame(
	amqp_connection_state_t connection, uint8_t type, const struct bytes *payload)
{
	static struct bytes frame;
	const uint8_t *at = frame.at;

	frame.len = 0;
	put_number(&frame, type, 1);
	put_number(&frame, 1, 2);
	put_number(&frame, payload->len, 4);
	put(&frame, payload->at, payload->len);
	put_number(&frame, AMQP_FRAME_END, 1);
	for (size_t left = frame.len; left > 0;) {
		ssize_t written = write(amqp_get_sockfd(connection), at, left);
		ck_assert_int_gt(written, 0);
		at += written;
		left -= (size_t)written;
	}
}

/* Publishes with these headers; `text` bytes in every property that is one, but user_id. */
static void peer_publishes(
	amqp_connection_state_t connection, const char *queue, fill headers, size_t text)
{
	enum { ALL_BUT_USER_ID = 0xffe8 };
	static struct bytes payload, table;
	uint8_t texts[255];

	memset(texts, 0xff, sizeof texts); /* no UTF-8 */
	payload.len = table.len = 0;
	put_number(&payload, AMQP_BASIC_PUBLISH_METHOD, 4);
	put_number(&payload, 0, 2);
	put_short(&payload, "", 0);
	put_short(&payload, queue, strlen(queue));
	put_number(&payload, 0, 1);
	write_frame(connection, AMQP_FRAME_METHOD, &payload);

	payload.len = 0;
	headers(&table);
	put_number(&payload, AMQP_BASIC_CLASS, 2);
	put_number(&payload, 0, 2);
	put_number(&payload, 0, 8);                         /* no body */
	put_number(&payload, ALL_BUT_USER_ID & ~0x0100, 2); /* no expiration: it must be a number */
	put_short(&payload, texts, text);                   /* content type, encoding */
	put_short(&payload, texts, text);
	put_number(&payload, table.len, 4);
	put(&payload, table.at, table.len);
	put_number(&payload, 2, 1);
	put_number(&payload, 255, 1);
	put_short(&payload, texts, text); /* correlation id, reply to */
	put_short(&payload, texts, text);
	put_short(&payload, texts, text); /* message id */
	put_number(&payload, UINT64_MAX, 8);
	put_short(&payload, texts, text); /* type; no user id; app id */
	put_short(&payload, texts, text);
	write_frame(connection, AMQP_FRAME_HEADER, &payload);
}

/* ---- who consumes it ---- */

struct seen {
	struct rig *rig;
	int count;
	uint32_t delivery_count; /* the greatest */
	bool redelivered;
};

static void on_delivery(const struct warren_broker_delivery *delivery, void *data)
{
	struct seen *seen = data;
	const struct warren_broker_message *m = &delivery->message;

	ck_assert_uint_le(strlen(m->type), WARREN_BROKER_TEXT_MAX);
	ck_assert_uint_le(strlen(m->message_id), WARREN_BROKER_TEXT_MAX);
	ck_assert_uint_le(m->header_count, WARREN_BROKER_HEADERS_MAX);
	for (size_t i = 0; i < m->header_count; i++)
		ck_assert_ptr_nonnull(m->headers[i].name);
	ck_assert_int_ge(m->timestamp_s, 0);
	pthread_mutex_lock(&seen->rig->lock);
	seen->count++;
	if (delivery->delivery_count > seen->delivery_count)
		seen->delivery_count = delivery->delivery_count;
	seen->redelivered |= delivery->redelivered;
	pthread_cond_broadcast(&seen->rig->changed);
	pthread_mutex_unlock(&seen->rig->lock);
	warren_broker_ack(seen->rig->broker, delivery->tag);
}

static const struct {
	fill headers;
	size_t text;
} publishes[] = {
	{no_headers, 255},
	{every_kind, 255},
	{one_long_text, 0},
	{many_names, 0},
	{names_of_no_bytes_and_long_ones, 255},
	{counts, 1},
	{deep_tables, 0},
	{deep_arrays, 0},
};
enum { PUBLISHES = sizeof publishes / sizeof publishes[0] };

static void consume_all(const char *name, enum warren_queue_kind kind)
{
	const struct warren_broker_queue queue = {
		.name = name, .kind = kind, .dead_letter_exchange = ""};
	pthread_attr_t small;

	/* As on a machine whose threads have small stacks: the broker's own must not. */
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, SMALL_STACK);
	ck_assert_int_eq(pthread_setattr_default_np(&small), 0);
	pthread_attr_destroy(&small);
	const struct warren_broker_topology topology = {.queues = &queue, .queue_count = 1};
	struct rig *rig = rig_open(NULL);
	struct seen seen = {.rig = rig};
	uint64_t id;

	ck_assert_int_eq(warren_broker_declare(rig->broker, &topology), 0);
	AWAIT(rig, rig->ups > 0);
	amqp_connection_state_t peer = peer_open();
	for (int i = 0; i < PUBLISHES; i++)
		peer_publishes(peer, name, publishes[i].headers, publishes[i].text);
	/* An answer says that all of it was taken. */
	amqp_queue_declare(peer, 1, amqp_cstring_bytes(name), 1, 0, 0, 0, amqp_empty_table);
	ck_assert_int_eq(amqp_get_rpc_reply(peer).reply_type, AMQP_RESPONSE_NORMAL);
	ck_assert_int_eq(warren_broker_consume(rig->broker, name, 1, on_delivery, &seen, &id), 0);
	AWAIT(rig, seen.count == PUBLISHES);
	ck_assert(!seen.redelivered);
	ck_assert_uint_eq(seen.delivery_count, 0);
	ck_assert_int_eq(rig->downs, 0);
	amqp_queue_delete(peer, 1, amqp_cstring_bytes(name), 0, 0);
	amqp_connection_close(peer, AMQP_REPLY_SUCCESS);
	amqp_destroy_connection(peer);
	rig_close(rig, 5000);
	rig_free(rig);
}

START_TEST(whatever_a_message_carries_is_survived_on_a_classic_queue)
{
	consume_all("faults.peer.classic", WARREN_QUEUE_CLASSIC);
}
END_TEST

START_TEST(whatever_a_message_carries_is_survived_on_a_quorum_queue)
{
	consume_all("faults.peer.quorum", WARREN_QUEUE_QUORUM);
}
END_TEST

TCase *peer_case(void)
{
	TCase *tcase = tcase_create("peer");

	tcase_add_checked_fixture(tcase, rabbitmq_start, NULL);
	tcase_add_test(tcase, whatever_a_message_carries_is_survived_on_a_classic_queue);
	tcase_add_test(tcase, whatever_a_message_carries_is_survived_on_a_quorum_queue);
	return tcase;
}
