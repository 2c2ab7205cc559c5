/*
 * The outbox against a broker that is made of chance: what is published, how much the socket takes,
 * what is confirmed, refused or returned, when the channel or the connection goes, all in any
 * order.  Whatever happens, each publish ends once, and as what it was.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/amqp_outbox.h"

enum { PUBLISHES = 800, STEPS = 8000, ACKS_MAX = PUBLISHES + 1, WIRE_MAX = 8 << 20 };

#define EXCHANGE "system"
#define BODY_MAX 3000 /* of the broker, which may say so */

/* What is known of one publish. */
struct one {
	bool persistent, now_or_never, poison, large, unroutable, expires, to_exchange;
	bool unconfirmed;
	bool sent;       /* `offset` is on this connection */
	uint64_t offset; /* of its first byte */
	bool touched;    /* a byte of it was written to some connection */
	bool whole;      /* all of it was written to this one */
	uint64_t end;    /* behind its last byte, when it was looked at */
	bool at_risk;    /* and the broker did not discard it */
	bool broken;     /* it was at risk when a connection broke */
	bool nacked, not_found, acked;
	int processed, settled, returned;
	enum warren_broker_outcome outcome;
};

/* A channel of the broker. */
struct channel {
	bool open, confirms, closed; /* closed: it has said so and waits for close-ok */
	uint64_t number;
	struct {
		uint64_t number;
		int publish;
	} pending[ACKS_MAX]; /* not confirmed */
	int pending_count;
	int newest;  /* the highest number that was processed */
	int current; /* the publish whose frames come in; -1: none */
	uint64_t body_len, body_got;
};

struct world {
	unsigned random;
	struct warren_amqp_url url;
	struct warren_amqp_connection connection;
	struct warren_amqp_outbox outbox;
	struct one ones[PUBLISHES];
	int published, settled;
	int64_t wall_ms;
	bool heals; /* what is gone is declared again */
	bool gone;  /* the exchange */
	bool talkative;
	struct channel channels[2]; /* the second one without confirms */
	uint8_t *wire;              /* written and not read by the broker */
	size_t wire_len;
	uint64_t seen_position; /* of what was sent: how far it was looked at */
	int last[2];            /* the publish that was begun last on each channel */
};

static unsigned chance(struct world *world, unsigned among)
{
	world->random = world->random * 1103515245u + 12345u;
	return (world->random >> 8) % among;
}

/* ---- what the outbox tells ---- */

static int number_of(const struct warren_amqp_publication *publication)
{
	return atoi(publication->message.routing_key);
}

static void on_settle(
	struct warren_amqp_publication *publication, enum warren_broker_outcome outcome, void *data)
{
	struct world *world = data;
	int number = number_of(publication);
	struct one *one = &world->ones[number];

	ck_assert_msg(one->settled++ == 0, "publish %d was settled twice", number);
	one->outcome = outcome;
	world->settled++;
	switch (outcome) {
	case WARREN_BROKER_CONFIRMED:
		ck_assert_msg(!one->unconfirmed && one->acked && !one->unroutable,
			"%d was not confirmed", number);
		break;
	case WARREN_BROKER_SENT:
		ck_assert_msg(one->unconfirmed && one->whole, "%d was not sent", number);
		break;
	case WARREN_BROKER_RETURNED:
		ck_assert_msg(one->acked && one->unroutable, "%d was not returned", number);
		break;
	case WARREN_BROKER_REFUSED:
		ck_assert_msg(one->nacked || one->large ||
				      (!one->unconfirmed && (one->poison || one->not_found)),
			"%d was not refused", number);
		break;
	case WARREN_BROKER_UNSENT:
		ck_assert_msg(!one->at_risk, "%d may have arrived", number);
		break;
	case WARREN_BROKER_LOST:
		ck_assert_msg(one->touched, "%d has never left", number);
		ck_assert_msg(!one->unconfirmed || !one->whole, "%d was sent", number);
		break;
	}
	free(publication);
}

static void on_returned(const struct warren_broker_message *message, void *data)
{
	struct world *world = data;
	struct one *one = &world->ones[atoi(message->routing_key)];

	ck_assert_str_eq(message->message_id, message->routing_key);
	ck_assert(one->unconfirmed && one->unroutable);
	ck_assert_int_eq(one->settled, 1);
	ck_assert_int_eq(one->outcome, WARREN_BROKER_SENT);
	ck_assert_int_eq(one->returned++, 0);
}

static bool on_gone(const char *exchange, void *data)
{
	struct world *world = data;

	ck_assert_str_eq(exchange, EXCHANGE);
	if (world->heals)
		world->gone = false;
	return world->heals;
}

/* ---- frames ---- */

static uint64_t read_number(const uint8_t *at, int size)
{
	uint64_t number = 0;

	while (size-- > 0)
		number = number << 8 | *at++;
	return number;
}

/* Returns the number of the publish that a method frame begins; -1: it is another method. */
static int publish_in(const uint8_t *payload)
{
	char text[256];
	const uint8_t *exchange = payload + 6;

	if (read_number(payload, 4) != AMQP_BASIC_PUBLISH_METHOD)
		return -1;
	const uint8_t *key = exchange + 1 + exchange[0];
	memcpy(text, key + 1, key[0]);
	text[key[0]] = '\0';
	return atoi(text);
}

/* Returns 0 for the channel with confirms, 1 for the other one. */
static int channel_in(const uint8_t *frame)
{
	return (int)read_number(frame + 1, 2) - WARREN_AMQP_CHANNEL;
}

/* Looks at what was appended: where each publish begins. */
static void look_at_out(struct world *world)
{
	const struct warren_amqp_connection *connection = &world->connection;
	uint64_t end = warren_amqp_connection_position(connection);

	while (world->seen_position < end) {
		const uint8_t *frame = connection->out.data + connection->sent +
				       (world->seen_position - connection->written);
		int number = frame[0] == AMQP_FRAME_METHOD ? publish_in(frame + 7) : -1;
		if (number >= 0) {
			world->ones[number].sent = true;
			world->ones[number].offset = world->seen_position;
			world->last[channel_in(frame)] = number;
		}
		world->seen_position += 7 + read_number(frame + 3, 4) + 1;
		if (frame[0] != AMQP_FRAME_METHOD)
			world->ones[world->last[channel_in(frame)]].end = world->seen_position;
	}
}

/* ---- the broker ---- */

static void answer(struct world *world, int channel, amqp_method_number_t id, void *method)
{
	const amqp_frame_t frame = {.frame_type = AMQP_FRAME_METHOD,
		.channel = (amqp_channel_t)(WARREN_AMQP_CHANNEL + channel),
		.payload.method = {.id = id, .decoded = method}};
	warren_amqp_outbox_frame(&world->outbox, &world->connection, &frame);
}

/* What is behind `culprit` is never looked at, and nothing hears of what was taken before. */
static void close_channel(struct world *world, int culprit, int code, const char *text)
{
	amqp_channel_close_t close = {
		.reply_code = (uint16_t)code, .reply_text = amqp_cstring_bytes(text)};

	look_at_out(world);
	bool unconfirmed = world->ones[culprit].unconfirmed;
	for (int i = culprit; i < world->published; i++) {
		if (!world->ones[i].sent || world->ones[i].unconfirmed != unconfirmed)
			continue;
		world->ones[i].sent = false;
		world->ones[i].at_risk = world->ones[i].processed > 0 || world->ones[i].broken;
	}
	world->channels[unconfirmed].closed = true;
	world->channels[unconfirmed].pending_count = 0; /* nobody hears of them any more */
	answer(world, unconfirmed, AMQP_CHANNEL_CLOSE_METHOD, &close);
}

static void give_back(struct world *world, int number)
{
	char text[16];
	amqp_basic_return_t back = {
		.exchange = amqp_cstring_bytes(world->ones[number].to_exchange ? EXCHANGE : "")};
	amqp_basic_properties_t properties = {._flags = AMQP_BASIC_MESSAGE_ID_FLAG};

	snprintf(text, sizeof text, "%d", number);
	back.routing_key = properties.message_id = amqp_cstring_bytes(text);
	int channel = world->ones[number].unconfirmed;
	answer(world, channel, AMQP_BASIC_RETURN_METHOD, &back);
	const amqp_frame_t header = {.frame_type = AMQP_FRAME_HEADER,
		.channel = (amqp_channel_t)(WARREN_AMQP_CHANNEL + channel),
		.payload.properties = {.class_id = AMQP_BASIC_CLASS, .decoded = &properties}};
	warren_amqp_outbox_frame(&world->outbox, &world->connection, &header);
}

/* One publish is complete on the channel. */
static void process(struct world *world, int number)
{
	struct one *one = &world->ones[number];
	struct channel *channel = &world->channels[one->unconfirmed];
	char text[128];

	if (one->to_exchange && world->gone) {
		for (int i = 0; i < world->published; i++)
			world->ones[i].not_found |=
				world->ones[i].to_exchange && world->ones[i].sent;
		close_channel(world, number, AMQP_NOT_FOUND,
			"NOT_FOUND - no exchange '" EXCHANGE "' in vhost '/'");
		return;
	}
	if (one->large || one->poison) {
		snprintf(text, sizeof text,
			"PRECONDITION_FAILED - message size %d is larger than configured max size "
			"%d",
			(int)channel->body_len, BODY_MAX);
		close_channel(world, number, AMQP_PRECONDITION_FAILED,
			one->large && world->talkative ? text : "PRECONDITION_FAILED - no");
		return;
	}
	ck_assert_msg(one->processed == 0 || (one->persistent && !one->unconfirmed),
		"%d was sent twice", number);
	ck_assert_msg(one->processed > 0 || number > channel->newest, "%d came after %d", number,
		channel->newest);
	if (one->processed++ == 0)
		channel->newest = number;
	if (one->unconfirmed) {
		if (one->unroutable)
			give_back(world, number);
		return;
	}
	channel->number++;
	channel->pending[channel->pending_count].number = channel->number;
	channel->pending[channel->pending_count++].publish = number;
}

static void take_method(struct world *world, int number, const uint8_t *payload)
{
	struct channel *channel = &world->channels[number];

	switch (read_number(payload, 4)) {
	case AMQP_CHANNEL_CLOSE_OK_METHOD:
		ck_assert(channel->closed);
		*channel = (struct channel){.current = -1, .newest = channel->newest};
		break;
	case AMQP_CHANNEL_OPEN_METHOD:
		ck_assert(!channel->open);
		channel->open = true;
		answer(world, number, AMQP_CHANNEL_OPEN_OK_METHOD, NULL);
		break;
	case AMQP_CONFIRM_SELECT_METHOD:
		ck_assert(channel->open);
		channel->confirms = true;
		answer(world, number, AMQP_CONFIRM_SELECT_OK_METHOD, NULL);
		break;
	case AMQP_BASIC_PUBLISH_METHOD:
		ck_assert(channel->open && channel->confirms == (number == 0));
		ck_assert_int_eq(world->ones[publish_in(payload)].unconfirmed, number);
		channel->current = publish_in(payload);
		channel->body_got = 0;
		break;
	default:
		ck_abort_msg("an unexpected method");
	}
}

static void take_frame(
	struct world *world, int of, uint8_t type, const uint8_t *payload, size_t len)
{
	struct channel *channel = &world->channels[of];

	if (channel->closed && (type != AMQP_FRAME_METHOD ||
				       read_number(payload, 4) != AMQP_CHANNEL_CLOSE_OK_METHOD))
		return;
	if (type == AMQP_FRAME_METHOD) {
		take_method(world, of, payload);
		return;
	}
	ck_assert_int_ge(channel->current, 0);
	if (type == AMQP_FRAME_HEADER)
		channel->body_len = read_number(payload + 4, 8);
	else
		channel->body_got += len;
	if (channel->body_got == channel->body_len) {
		int number = channel->current;
		channel->current = -1;
		process(world, number);
	}
}

/* The broker reads what was written, as far as frames are whole. */
static void broker_reads(struct world *world)
{
	size_t at = 0;

	while (world->wire_len - at >= 7) {
		size_t len = read_number(world->wire + at + 3, 4);
		if (world->wire_len - at < 7 + len + 1)
			break;
		ck_assert_uint_eq(world->wire[at + 7 + len], AMQP_FRAME_END);
		take_frame(world, channel_in(world->wire + at), world->wire[at],
			world->wire + at + 7, len);
		at += 7 + len + 1;
	}
	memmove(world->wire, world->wire + at, world->wire_len - at);
	world->wire_len -= at;
}

/* Confirms, refuses or returns some of what waits for it: one, or all up to one. */
static void broker_confirms(struct world *world)
{
	struct channel *channel = &world->channels[0];
	bool multiple = chance(world, 3) == 0;

	if (channel->pending_count == 0 || channel->closed)
		return;
	int last = (int)chance(world, (unsigned)channel->pending_count),
	    first = multiple ? 0 : last;
	bool taken = chance(world, 20) > 0;
	amqp_basic_ack_t ack = {
		.delivery_tag = channel->pending[last].number, .multiple = multiple};
	amqp_basic_nack_t nack = {.delivery_tag = ack.delivery_tag, .multiple = multiple};
	for (int i = first; i <= last; i++) {
		struct one *one = &world->ones[channel->pending[i].publish];
		*(taken || one->unroutable ? &one->acked : &one->nacked) = true;
		if (one->unroutable)
			give_back(world, channel->pending[i].publish);
	}
	memmove(&channel->pending[first], &channel->pending[last + 1],
		(size_t)(channel->pending_count - last - 1) * sizeof channel->pending[0]);
	channel->pending_count -= last - first + 1;
	answer(world, 0, taken ? AMQP_BASIC_ACK_METHOD : AMQP_BASIC_NACK_METHOD,
		taken ? (void *)&ack : (void *)&nack);
	if (chance(world, 10) == 0) /* the broker repeats itself */
		answer(world, 0, AMQP_BASIC_ACK_METHOD, &ack);
}

/* ---- the connection ---- */

static void forget_taken_back(struct world *world)
{
	uint64_t end = warren_amqp_connection_position(&world->connection);

	for (int i = 0; i < world->published; i++)
		if (world->ones[i].sent && world->ones[i].offset >= end)
			world->ones[i].sent = false;
	world->seen_position = end;
}

static void socket_takes(struct world *world, size_t len)
{
	struct warren_amqp_connection *connection = &world->connection;
	size_t pending = warren_amqp_connection_pending(connection);

	look_at_out(world);
	len = len < pending ? len : pending;
	ck_assert_uint_le(world->wire_len + len, WIRE_MAX);
	if (len == 0)
		return;
	memcpy(world->wire + world->wire_len, connection->out.data, len);
	world->wire_len += len;
	connection->written += len;
	warren_buffer_consume(&connection->out, len);
	for (int i = 0; i < world->published; i++)
		if (world->ones[i].sent && world->ones[i].offset < connection->written)
			world->ones[i].touched = world->ones[i].at_risk = true;
	for (int i = 0; i < world->published; i++)
		if (world->ones[i].sent && world->ones[i].end > world->ones[i].offset &&
			world->ones[i].end <= connection->written)
			world->ones[i].whole = world->outbox.in_pieces == NULL ||
					       number_of(world->outbox.in_pieces) != i;
	warren_amqp_outbox_flushed(&world->outbox, connection);
}

static void connect_again(struct world *world)
{
	struct warren_amqp_connection *connection = &world->connection;

	connection->written = world->seen_position = 0;
	connection->sent = 0;
	connection->out.len = 0;
	connection->state = CONNECTION_OPEN;
	world->wire_len = 0;
	for (int i = 0; i < 2; i++)
		world->channels[i] = (struct channel){
			.open = i == 0, .current = -1, .newest = world->channels[i].newest};
	for (int i = 0; i < world->published; i++)
		world->ones[i].sent = false;
	warren_amqp_outbox_begin(&world->outbox, connection);
}

static void break_connection(struct world *world)
{
	world->talkative = chance(world, 2) == 0;
	look_at_out(world);
	for (int i = 0; i < world->published; i++)
		world->ones[i].broken |= world->ones[i].at_risk;
	warren_amqp_outbox_hold(&world->outbox, true);
	warren_amqp_outbox_break(&world->outbox, &world->connection);
	warren_amqp_outbox_expire(&world->outbox, world->wall_ms);
	connect_again(world);
	warren_amqp_outbox_hold(&world->outbox, false);
}

static void block(struct world *world, bool blocked)
{
	answer(world, 0,
		blocked ? AMQP_CONNECTION_BLOCKED_METHOD : AMQP_CONNECTION_UNBLOCKED_METHOD, NULL);
	forget_taken_back(world);
	warren_amqp_outbox_hold(&world->outbox, blocked);
	warren_amqp_outbox_expire(&world->outbox, world->wall_ms);
}

/* ---- publishing ---- */

static void publish(struct world *world)
{
	static const uint8_t body[2 * BODY_MAX];
	char number[16];
	struct one *one = &world->ones[world->published];
	struct warren_amqp_publications list = TAILQ_HEAD_INITIALIZER(list);

	*one = (struct one){.persistent = chance(world, 3) > 0,
		.unconfirmed = chance(world, 3) == 0,
		.now_or_never = chance(world, 6) == 0,
		.poison = chance(world, 60) == 0,
		.large = chance(world, 60) == 0,
		.unroutable = chance(world, 10) == 0,
		.expires = chance(world, 10) == 0,
		.to_exchange = chance(world, 3) == 0};
	snprintf(number, sizeof number, "%d", world->published);
	const struct warren_broker_message message = {
		.exchange = one->to_exchange ? EXCHANGE : NULL,
		.routing_key = number,
		.message_id = number,
		.body = body,
		.body_len =
			one->large ? BODY_MAX + 1 + chance(world, 500) : chance(world, BODY_MAX),
		.persistent = one->persistent,
		.mandatory = one->unroutable,
		.unconfirmed = one->unconfirmed,
		.now_or_never = one->now_or_never,
		.expires_ms = one->expires ? world->wall_ms + (int64_t)chance(world, 300) : 0,
	};
	struct warren_amqp_publication *publication =
		warren_amqp_publication_open(&message, NULL, NULL);
	ck_assert_ptr_nonnull(publication);
	world->published++;
	TAILQ_INSERT_TAIL(&list, publication, link);
	warren_amqp_outbox_take(&world->outbox, &list);
}

static void send(struct world *world)
{
	warren_amqp_outbox_send(&world->outbox, &world->connection, world->wall_ms);
	warren_amqp_outbox_expire(&world->outbox, world->wall_ms);
	look_at_out(world);
}

/* ---- the course of things ---- */

static struct world *world_open(unsigned seed)
{
	struct world *world = calloc(1, sizeof *world);

	ck_assert_ptr_nonnull(world);
	world->wire = malloc(WIRE_MAX);
	ck_assert_ptr_nonnull(world->wire);
	world->random = seed;
	world->channels[0].newest = world->channels[1].newest = -1;
	world->wall_ms = 1770000000000;
	world->url.user = "account";
	world->connection.url = &world->url;
	world->connection.frame_max = 4096;
	warren_buffer_init(&world->connection.out, 64u << 20);
	warren_amqp_outbox_init(&world->outbox);
	world->outbox.settle = on_settle;
	world->outbox.declare_again = on_gone;
	world->outbox.returned = on_returned;
	world->outbox.data = world;
	connect_again(world);
	warren_amqp_outbox_hold(&world->outbox, false);
	return world;
}

static void step(struct world *world)
{
	switch (chance(world, 16)) {
	case 0:
	case 1:
	case 2:
	case 3:
		if (world->published < PUBLISHES)
			publish(world);
		break;
	case 4:
	case 5:
	case 6:
		send(world);
		break;
	case 7:
	case 8:
		socket_takes(world, chance(world, 9000));
		break;
	case 9:
	case 10:
		broker_reads(world);
		break;
	case 11:
	case 12:
		broker_confirms(world);
		break;
	case 13:
		world->wall_ms += chance(world, 20);
		break;
	case 14:
		if (chance(world, 10) == 0)
			block(world, !world->outbox.blocked);
		world->heals = chance(world, 4) > 0;
		world->gone |= chance(world, 20) == 0;
		break;
	case 15:
		if (chance(world, 40) == 0)
			break_connection(world);
		break;
	}
}

/* The end of all trouble: everything is settled soon. */
static void come_to_rest(struct world *world)
{
	world->gone = false;
	if (world->outbox.blocked)
		block(world, false);
	for (int turns = 0; world->settled < world->published; turns++) {
		ck_assert_msg(turns < 200 * PUBLISHES, "%d of %d are settled, and no more",
			world->settled, world->published);
		send(world);
		socket_takes(world, SIZE_MAX);
		broker_reads(world);
		broker_confirms(world);
	}
}

START_TEST(each_publish_ends_once_and_as_what_it_was)
{
	struct world *world = world_open((unsigned)_i * 7919 + 1);

	for (int i = 0; i < STEPS; i++)
		step(world);
	come_to_rest(world);
	for (int i = 0; i < world->published; i++) {
		const struct one *one = &world->ones[i];
		bool bad = one->poison || one->large;
		if (one->unconfirmed)
			ck_assert_int_eq(one->returned, one->processed && one->unroutable);
		if (!one->persistent || one->expires || one->now_or_never || one->unconfirmed)
			continue;
		ck_assert_msg(
			one->outcome != WARREN_BROKER_LOST && one->outcome != WARREN_BROKER_UNSENT,
			"%d was given up", i);
		if (bad)
			ck_assert_int_eq(one->outcome, WARREN_BROKER_REFUSED);
	}
	ck_assert_uint_gt(world->outbox.resets, 0);
	warren_amqp_outbox_break(&world->outbox, &world->connection);
	warren_amqp_outbox_end(&world->outbox);
	warren_amqp_outbox_free(&world->outbox);
	warren_buffer_free(&world->connection.out);
	free(world->wire);
	free(world);
}
END_TEST

START_TEST(what_is_left_at_the_end_is_settled)
{
	struct world *world = world_open((unsigned)_i * 104729 + 3);

	for (int i = 0; i < 500 + 40 * _i; i++)
		step(world);
	look_at_out(world);
	warren_amqp_outbox_break(&world->outbox, &world->connection);
	warren_amqp_outbox_end(&world->outbox);
	ck_assert_int_eq(world->settled, world->published);
	warren_amqp_outbox_free(&world->outbox);
	warren_buffer_free(&world->connection.out);
	free(world->wire);
	free(world);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("broker_amqp_outbox");
	TCase *tcase = tcase_create("chance");
	SRunner *runner = srunner_create(suite);

	tcase_add_loop_test(tcase, each_publish_ends_once_and_as_what_it_was, 0, 24);
	tcase_add_loop_test(tcase, what_is_left_at_the_end_is_settled, 0, 24);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
