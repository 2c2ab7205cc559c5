#include "broker/amqp_connection.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "broker/amqp_headers.h"

#define CONNECT_WITHIN_MS 10000
#define OUT_MAX ((size_t)256 << 20)
#define READ_SIZE (64u << 10)
#define READS_A_TURN 8
#define TLS_RECORD_MAX (16u << 10)
#define KEEP_CAPACITY (1u << 20) /* a buffer that grew past this is given back when empty */

void warren_amqp_connection_fail(struct warren_amqp_connection *connection, const char *fmt, ...)
{
	va_list args;

	if (connection->state == CONNECTION_BROKEN)
		return;
	connection->state = CONNECTION_BROKEN;
	va_start(args, fmt);
	vsnprintf(connection->reason, sizeof connection->reason, fmt, args);
	va_end(args);
}

/* ---- life ---- */

/* A broker that refuses a login may just hang up. */
static void fail_stream(struct warren_amqp_connection *connection)
{
	if (connection->state == CONNECTION_LOGGING_IN && connection->login_sent)
		warren_amqp_connection_fail(connection, "login refused for user %s (%s)",
			connection->url->user, connection->stream.reason);
	else
		warren_amqp_connection_fail(connection, "%s", connection->stream.reason);
}

void warren_amqp_connection_open(struct warren_amqp_connection *connection, int64_t now_ms)
{
	connection->state = CONNECTION_CONNECTING;
	connection->connect_until_ms = now_ms + CONNECT_WITHIN_MS;
	connection->heartbeat_ms = 0;
	connection->login_sent = false;
	connection->more_input = false;
	connection->sent = 0;
	connection->written = 0;
	connection->sent_ms = connection->received_ms = now_ms;
	warren_buffer_init(&connection->in, WARREN_AMQP_FRAME_MAX);
	warren_buffer_init(&connection->out, OUT_MAX);
	warren_amqp_stream_init(&connection->stream, connection->url);
	connection->codec = amqp_new_connection();
	if (!connection->codec)
		warren_amqp_connection_fail(connection, "no memory to connect");
	else if (warren_amqp_stream_open(
			 &connection->stream, connection->handler->on_wake, connection->data) < 0)
		fail_stream(connection);
}

void warren_amqp_connection_close(struct warren_amqp_connection *connection)
{
	warren_amqp_stream_close(&connection->stream);
	warren_buffer_free(&connection->in);
	warren_buffer_free(&connection->out);
	connection->sent = 0;
	if (connection->codec)
		amqp_destroy_connection(connection->codec);
	connection->codec = NULL;
	connection->state = CONNECTION_CLOSED;
}

void warren_amqp_connection_say_goodbye(struct warren_amqp_connection *connection)
{
	amqp_connection_close_t close = {
		.reply_code = AMQP_REPLY_SUCCESS, .reply_text = amqp_cstring_bytes("closing")};

	if (connection->state == CONNECTION_OPEN) {
		warren_amqp_send_method(connection, 0, AMQP_CONNECTION_CLOSE_METHOD, &close);
		connection->state = CONNECTION_CLOSING;
	} else if (connection->state != CONNECTION_CLOSED) {
		warren_amqp_connection_fail(connection, "closing");
	}
}

/* ---- in ---- */

static void control_frame(struct warren_amqp_connection *connection, const amqp_frame_t *frame)
{
	amqp_connection_close_ok_t close_ok = {0};

	if (frame->frame_type == AMQP_FRAME_HEARTBEAT)
		return;
	switch (frame->frame_type == AMQP_FRAME_METHOD ? frame->payload.method.id : 0) {
	case AMQP_CONNECTION_CLOSE_METHOD:
		warren_amqp_send_method(connection, 0, AMQP_CONNECTION_CLOSE_OK_METHOD, &close_ok);
		warren_amqp_connection_flush(connection, connection->received_ms);
		warren_amqp_login_closed(connection, frame->payload.method.decoded);
		break;
	case AMQP_CONNECTION_CLOSE_OK_METHOD:
		warren_amqp_connection_fail(connection, "closed");
		break;
	default:
		if (connection->state == CONNECTION_LOGGING_IN)
			warren_amqp_login_frame(connection, frame);
		else if (connection->state == CONNECTION_OPEN)
			connection->handler->on_frame(connection, frame, connection->data);
	}
}

static void take_frame(struct warren_amqp_connection *connection, const amqp_frame_t *frame)
{
	if (frame->channel == 0)
		control_frame(connection, frame);
	else if (connection->state == CONNECTION_OPEN &&
		 frame->channel <= WARREN_AMQP_DECLARING_CHANNEL)
		connection->handler->on_frame(connection, frame, connection->data);
	else if (connection->state != CONNECTION_CLOSING)
		warren_amqp_connection_fail(
			connection, "a frame of channel %u, which was not opened", frame->channel);
}

static void fail_not_amqp(struct warren_amqp_connection *connection, const char *why)
{
	warren_amqp_connection_fail(connection, "%s:%s sent what is not AMQP: %s",
		connection->url->host, connection->url->port, why);
}

/* Hands bytes to the codec, at most up to the end of a frame.  Returns how many it took. */
static size_t decode(struct warren_amqp_connection *connection, uint8_t *bytes, size_t len)
{
	amqp_frame_t frame;
	int taken = amqp_handle_input(
		connection->codec, (amqp_bytes_t){.len = len, .bytes = bytes}, &frame);

	if (taken < 0) {
		fail_not_amqp(connection, amqp_error_string2(taken));
		return len;
	}
	if (frame.frame_type != 0) {
		take_frame(connection, &frame);
		amqp_maybe_release_buffers(connection->codec);
	}
	return (size_t)taken;
}

/* Returns the size of the frame that begins here; 0 while its head is not whole. */
static size_t frame_size(const uint8_t *bytes, size_t len)
{
	if (len < WARREN_AMQP_FRAME_HEAD_SIZE)
		return 0;
	size_t payload =
		(size_t)bytes[3] << 24 | (size_t)bytes[4] << 16 | (size_t)bytes[5] << 8 | bytes[6];
	return WARREN_AMQP_FRAME_HEAD_SIZE + payload + WARREN_AMQP_FRAME_END_SIZE;
}

static void take_whole_frame(struct warren_amqp_connection *connection, uint8_t *frame, size_t len)
{
	if (frame[0] == AMQP_FRAME_HEADER)
		len = warren_amqp_headers_flatten(frame, len);
	decode(connection, frame, len);
}

/* Keeps the beginning of a frame until the rest has come.  Returns how many bytes it took. */
static size_t keep_part(struct warren_amqp_connection *connection, const uint8_t *bytes, size_t len)
{
	struct warren_buffer *in = &connection->in;
	size_t size = frame_size(in->data, in->len);
	size_t lacks = (size ? size : WARREN_AMQP_FRAME_HEAD_SIZE) - in->len;
	size_t part = len < lacks ? len : lacks;

	if (warren_buffer_append(in, bytes, part) < 0) {
		warren_amqp_connection_fail(connection, "no memory for what came");
		return len;
	}
	size = frame_size(in->data, in->len);
	if (size > connection->frame_max)
		fail_not_amqp(connection, "a frame over the limit");
	else if (in->len == size)
		take_whole_frame(connection, in->data, size);
	if (in->len == size)
		in->len = 0;
	return part;
}

/* A frame that lies here as a whole is taken where it is. */
static size_t take_framed(struct warren_amqp_connection *connection, uint8_t *bytes, size_t len)
{
	size_t size = frame_size(bytes, len);

	if (connection->in.len > 0 || size == 0 || size > len)
		return keep_part(connection, bytes, len);
	take_whole_frame(connection, bytes, size);
	return size;
}

/* Bytes before the login has ended may be no frame at all: that is for the codec to say. */
static void take_bytes(struct warren_amqp_connection *connection, uint8_t *bytes, size_t len)
{
	while (len > 0 && connection->state != CONNECTION_BROKEN) {
		bool logged_in = connection->state != CONNECTION_LOGGING_IN;
		size_t taken = logged_in ? take_framed(connection, bytes, len)
					 : decode(connection, bytes, len);
		bytes += taken;
		len -= taken;
	}
}

static void receive(struct warren_amqp_connection *connection, int64_t now_ms)
{
	uint8_t bytes[READ_SIZE];

	for (int i = 0; i < READS_A_TURN && connection->state != CONNECTION_BROKEN; i++) {
		ssize_t got = warren_amqp_stream_receive(&connection->stream, bytes, sizeof bytes);
		if (got == 0)
			return;
		if (got < 0) {
			fail_stream(connection);
			return;
		}
		connection->received_ms = now_ms;
		take_bytes(connection, bytes, (size_t)got);
		if ((size_t)got < sizeof bytes && !warren_amqp_stream_has_more(&connection->stream))
			return;
	}
	connection->more_input = warren_amqp_stream_has_more(&connection->stream);
}

/* ---- out ---- */

size_t warren_amqp_connection_pending(const struct warren_amqp_connection *connection)
{
	return connection->out.len - connection->sent;
}

uint64_t warren_amqp_connection_position(const struct warren_amqp_connection *connection)
{
	return connection->written + warren_amqp_connection_pending(connection);
}

uint64_t warren_amqp_connection_fixed(const struct warren_amqp_connection *connection)
{
	return connection->written + (connection->url->tls ? TLS_RECORD_MAX : 0);
}

void warren_amqp_connection_cut(struct warren_amqp_connection *connection, uint64_t position)
{
	assert(position >= connection->written &&
		position <= warren_amqp_connection_position(connection));
	connection->out.len = connection->sent + (size_t)(position - connection->written);
}

void warren_amqp_connection_flush(struct warren_amqp_connection *connection, int64_t now_ms)
{
	struct warren_buffer *out = &connection->out;

	if (connection->stream.state != STREAM_OPEN || connection->state == CONNECTION_BROKEN)
		return;
	while (connection->sent < out->len) {
		ssize_t len = warren_amqp_stream_send(&connection->stream,
			out->data + connection->sent, out->len - connection->sent);
		if (len < 0)
			fail_stream(connection);
		if (len <= 0)
			break;
		connection->sent += (size_t)len;
		connection->written += (uint64_t)len;
		connection->sent_ms = now_ms;
	}
	if (connection->sent > 0) {
		warren_buffer_consume(out, connection->sent);
		connection->sent = 0;
	}
	if (out->len == 0 && out->capacity > KEEP_CAPACITY)
		warren_buffer_free(out);
}

/* ---- time ---- */

/* Bytes that wait for the socket are as good a sign of life as a heartbeat, and go before it anyway.
 */
static void keep_heartbeat(struct warren_amqp_connection *connection, int64_t now_ms)
{
	static const uint8_t heartbeat[8] = {
		AMQP_FRAME_HEARTBEAT, 0, 0, 0, 0, 0, 0, AMQP_FRAME_END};

	if (connection->heartbeat_ms == 0)
		return;
	if (now_ms - connection->received_ms >= 2 * (int64_t)connection->heartbeat_ms)
		warren_amqp_connection_fail(connection, "no sign of life from %s:%s for %u s",
			connection->url->host, connection->url->port,
			connection->heartbeat_ms / 500);
	else if (now_ms - connection->sent_ms >= connection->heartbeat_ms / 2 &&
		 warren_amqp_connection_pending(connection) == 0 &&
		 warren_buffer_append(&connection->out, heartbeat, sizeof heartbeat) < 0)
		warren_amqp_connection_fail(connection, "no memory for what is to be sent");
}

int64_t warren_amqp_connection_wake_ms(const struct warren_amqp_connection *connection)
{
	if (connection->more_input)
		return 0;
	switch (connection->state) {
	case CONNECTION_CONNECTING:
	case CONNECTION_LOGGING_IN:
		return connection->connect_until_ms;
	case CONNECTION_OPEN:
	case CONNECTION_CLOSING:
		if (connection->heartbeat_ms == 0)
			break;
		if (warren_amqp_connection_pending(connection) > 0)
			return connection->received_ms + 2 * (int64_t)connection->heartbeat_ms;
		return connection->sent_ms + connection->heartbeat_ms / 2;
	case CONNECTION_CLOSED:
	case CONNECTION_BROKEN:
		break;
	}
	return INT64_MAX;
}

short warren_amqp_connection_events(const struct warren_amqp_connection *connection)
{
	return warren_amqp_stream_events(
		&connection->stream, warren_amqp_connection_pending(connection) > 0);
}

void warren_amqp_connection_turn(
	struct warren_amqp_connection *connection, short revents, int64_t now_ms)
{
	if (connection->state == CONNECTION_CLOSED || connection->state == CONNECTION_BROKEN)
		return;
	if (connection->state == CONNECTION_CONNECTING &&
		(revents || connection->stream.state == STREAM_RESOLVING)) {
		int rc = warren_amqp_stream_advance(&connection->stream);
		if (rc < 0)
			fail_stream(connection);
		else if (rc == 1)
			warren_amqp_login_begin(connection);
	} else if (connection->stream.state == STREAM_OPEN && (revents || connection->more_input)) {
		connection->more_input = false;
		receive(connection, now_ms);
	}
	if ((connection->state == CONNECTION_CONNECTING ||
		    connection->state == CONNECTION_LOGGING_IN) &&
		now_ms >= connection->connect_until_ms)
		warren_amqp_connection_fail(connection,
			"cannot connect to %s:%s: no answer within %d s", connection->url->host,
			connection->url->port, CONNECT_WITHIN_MS / 1000);
	if (connection->state == CONNECTION_OPEN || connection->state == CONNECTION_CLOSING)
		keep_heartbeat(connection, now_ms);
	warren_amqp_connection_flush(connection, now_ms);
}
