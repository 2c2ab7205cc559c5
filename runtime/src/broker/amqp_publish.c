/* The publishing channel: frames out, confirms and returns in. */
#include <stdlib.h>
#include <string.h>

#include "broker/amqp_outbox.h"

#define PENDING_ENOUGH (128u << 10) /* for one send; the rest waits where it can still expire */
#define DELIVERY_TRANSIENT 1
#define HEADERS_TOO_LARGE "the headers are more than a frame of the broker holds"
#define TOO_LARGE "the body is over the broker's max_message_size"
#define DELIVERY_PERSISTENT 2

static amqp_bytes_t bytes_of(const char *text)
{
	return text ? amqp_cstring_bytes(text) : amqp_empty_bytes;
}

/* ---- out ---- */

static void set_text(amqp_basic_properties_t *properties, amqp_flags_t flag, amqp_bytes_t *field,
	const char *text)
{
	if (!text)
		return;
	properties->_flags |= flag;
	*field = amqp_cstring_bytes(text);
}

static amqp_basic_properties_t properties_of(
	const struct warren_broker_message *m, const char *account, amqp_table_entry_t *entries)
{
	amqp_basic_properties_t p = {._flags = AMQP_BASIC_DELIVERY_MODE_FLAG,
		.delivery_mode = m->persistent ? DELIVERY_PERSISTENT : DELIVERY_TRANSIENT};

	set_text(&p, AMQP_BASIC_TYPE_FLAG, &p.type, m->type);
	set_text(&p, AMQP_BASIC_MESSAGE_ID_FLAG, &p.message_id, m->message_id);
	set_text(&p, AMQP_BASIC_CORRELATION_ID_FLAG, &p.correlation_id, m->correlation_id);
	set_text(&p, AMQP_BASIC_REPLY_TO_FLAG, &p.reply_to, m->reply_to);
	set_text(&p, AMQP_BASIC_APP_ID_FLAG, &p.app_id, m->app_id);
	set_text(&p, AMQP_BASIC_CONTENT_TYPE_FLAG, &p.content_type, m->content_type);
	set_text(&p, AMQP_BASIC_USER_ID_FLAG, &p.user_id, account);
	if (m->timestamp_s) {
		p._flags |= AMQP_BASIC_TIMESTAMP_FLAG;
		p.timestamp = (uint64_t)m->timestamp_s;
	}
	for (size_t i = 0; i < m->header_count; i++) {
		const struct warren_broker_header *header = &m->headers[i];
		entries[i].key = amqp_cstring_bytes(header->name);
		if (header->text)
			entries[i].value = (amqp_field_value_t){.kind = AMQP_FIELD_KIND_UTF8,
				.value.bytes = amqp_cstring_bytes(header->text)};
		else
			entries[i].value = (amqp_field_value_t){
				.kind = AMQP_FIELD_KIND_I64, .value.i64 = header->number};
	}
	if (m->header_count > 0) {
		p._flags |= AMQP_BASIC_HEADERS_FLAG;
		p.headers = (amqp_table_t){(int)m->header_count, entries};
	}
	return p;
}

static uint16_t channel_of(const struct warren_broker_message *m)
{
	return m->unconfirmed ? WARREN_AMQP_UNCONFIRMED_CHANNEL : WARREN_AMQP_CHANNEL;
}

/* Returns whether all of it is on its way. */
static bool send_body(struct warren_amqp_outbox *outbox, struct warren_amqp_connection *connection)
{
	const struct warren_broker_message *m = &outbox->in_pieces->message;

	while (outbox->body_sent < m->body_len) {
		if (warren_amqp_connection_pending(connection) >= PENDING_ENOUGH ||
			connection->state != CONNECTION_OPEN)
			return false;
		outbox->body_sent += warren_amqp_send_body(connection, channel_of(m),
			m->body + outbox->body_sent, m->body_len - outbox->body_sent);
	}
	outbox->in_pieces->end = warren_amqp_connection_position(connection);
	outbox->in_pieces = NULL;
	return true;
}

/* Method and header; the body follows.  Returns false when its headers are more than a frame holds.
 */
static bool send_head(
	struct warren_amqp_connection *connection, const struct warren_broker_message *m)
{
	amqp_table_entry_t entries[WARREN_BROKER_HEADERS_MAX];
	amqp_basic_properties_t properties = properties_of(m, connection->url->user, entries);
	amqp_basic_publish_t publish = {.exchange = bytes_of(m->exchange),
		.routing_key = bytes_of(m->routing_key),
		.mandatory = m->mandatory};
	size_t before = connection->out.len;

	warren_amqp_send_method(connection, channel_of(m), AMQP_BASIC_PUBLISH_METHOD, &publish);
	if (warren_amqp_send_header(connection, channel_of(m), &properties, m->body_len) == 0)
		return true;
	connection->out.len = before;
	return false;
}

/* Sends the head of one.  Returns false when it is not sent, and what becomes of it. */
static bool begin(struct warren_amqp_outbox *outbox, struct warren_amqp_connection *connection,
	struct warren_amqp_publication *publication, int64_t wall_ms,
	enum warren_broker_outcome *ret_outcome)
{
	const struct warren_broker_message *m = &publication->message;
	bool expired = m->expires_ms != 0 && m->expires_ms <= wall_ms;

	/* A transient message is not sent twice. */
	*ret_outcome = warren_amqp_outbox_verdict(publication);
	if (expired || (publication->suspect && !m->persistent))
		return false;
	*ret_outcome = WARREN_BROKER_REFUSED;
	if (m->body_len > outbox->body_max) {
		warren_amqp_outbox_log_refused(
			outbox, publication, TOO_LARGE, sizeof TOO_LARGE - 1);
		return false;
	}
	publication->position = warren_amqp_connection_position(connection);
	publication->end = 0;
	if (!send_head(connection, m)) {
		warren_amqp_outbox_log_refused(
			outbox, publication, HEADERS_TOO_LARGE, sizeof HEADERS_TOO_LARGE - 1);
		return false;
	}
	if (m->unconfirmed)
		outbox->unconfirmed_used = true;
	else
		outbox->alone = publication->suspect;
	return true;
}

void warren_amqp_outbox_send(struct warren_amqp_outbox *outbox,
	struct warren_amqp_connection *connection, int64_t wall_ms)
{
	struct warren_amqp_publication *publication;

	if (!outbox->ready || outbox->blocked ||
		(outbox->in_pieces && !send_body(outbox, connection)))
		return;
	while (warren_amqp_connection_pending(connection) < PENDING_ENOUGH &&
		connection->state == CONNECTION_OPEN &&
		(publication = TAILQ_FIRST(&outbox->waiting))) {
		bool unconfirmed = publication->message.unconfirmed;
		if (!unconfirmed && outbox->count > 0 && (outbox->alone || publication->suspect))
			return;
		if (!unconfirmed && warren_amqp_outbox_reserve(outbox) < 0) {
			warren_amqp_connection_fail(connection, "no memory to publish");
			return;
		}
		TAILQ_REMOVE(&outbox->waiting, publication, link);
		enum warren_broker_outcome outcome;
		if (!begin(outbox, connection, publication, wall_ms, &outcome)) {
			outbox->settle(publication, outcome, outbox->data);
			continue;
		}
		if (unconfirmed)
			TAILQ_INSERT_TAIL(&outbox->leaving, publication, link);
		else
			warren_amqp_outbox_push(outbox, publication);
		outbox->in_pieces = publication;
		outbox->body_sent = 0;
		if (!send_body(outbox, connection))
			return;
	}
}

/* ---- in ---- */

void warren_amqp_outbox_ask_confirms(
	struct warren_amqp_outbox *outbox, struct warren_amqp_connection *connection)
{
	amqp_confirm_select_t select = {.nowait = 0};

	warren_amqp_send_method(
		connection, WARREN_AMQP_CHANNEL, AMQP_CONFIRM_SELECT_METHOD, &select);
	outbox->kept = warren_amqp_connection_position(connection);
}

/* Publishes on it need not wait for the answer. */
void warren_amqp_outbox_open_unconfirmed(
	struct warren_amqp_outbox *outbox, struct warren_amqp_connection *connection)
{
	amqp_channel_open_t open = {.out_of_band = amqp_empty_bytes};

	warren_amqp_send_method(
		connection, WARREN_AMQP_UNCONFIRMED_CHANNEL, AMQP_CHANNEL_OPEN_METHOD, &open);
	outbox->unconfirmed_used = false;
	outbox->kept = warren_amqp_connection_position(connection);
}

void warren_amqp_outbox_begin(
	struct warren_amqp_outbox *outbox, struct warren_amqp_connection *connection)
{
	warren_amqp_outbox_open_unconfirmed(outbox, connection);
	warren_amqp_outbox_ask_confirms(outbox, connection);
}

static void copy_short(char to[WARREN_AMQP_SHORT_MAX + 1], amqp_bytes_t from)
{
	size_t len = from.len < WARREN_AMQP_SHORT_MAX ? from.len : WARREN_AMQP_SHORT_MAX;

	if (len > 0)
		memcpy(to, from.bytes, len);
	to[len] = '\0';
}

static bool is_text(const char *text, amqp_bytes_t bytes)
{
	text = text ? text : "";
	return strlen(text) == bytes.len &&
	       (bytes.len == 0 || memcmp(text, bytes.bytes, bytes.len) == 0);
}

static void take_return_header(
	struct warren_amqp_outbox *outbox, const amqp_basic_properties_t *properties)
{
	amqp_bytes_t message_id = properties->_flags & AMQP_BASIC_MESSAGE_ID_FLAG
					  ? properties->message_id
					  : amqp_empty_bytes;
	amqp_bytes_t correlation_id = properties->_flags & AMQP_BASIC_CORRELATION_ID_FLAG
					      ? properties->correlation_id
					      : amqp_empty_bytes;

	for (size_t i = 0; i < outbox->count; i++) {
		struct warren_amqp_publication *publication = warren_amqp_outbox_at(outbox, i);
		if (!publication || publication->returned || !publication->message.mandatory)
			continue;
		const struct warren_broker_message *m = &publication->message;
		if (is_text(outbox->return_exchange, bytes_of(m->exchange)) &&
			is_text(outbox->return_key, bytes_of(m->routing_key)) &&
			is_text(m->message_id, message_id) &&
			is_text(m->correlation_id, correlation_id)) {
			publication->returned = true;
			return;
		}
	}
}

static void take_method(struct warren_amqp_outbox *outbox,
	struct warren_amqp_connection *connection, const amqp_method_t *method)
{
	const amqp_basic_ack_t *ack = method->decoded;
	const amqp_basic_nack_t *nack = method->decoded;
	const amqp_basic_return_t *back = method->decoded;

	switch (method->id) {
	case AMQP_BASIC_ACK_METHOD:
		warren_amqp_outbox_confirm(outbox, ack->delivery_tag, ack->multiple, true);
		break;
	case AMQP_BASIC_NACK_METHOD:
		warren_amqp_outbox_confirm(outbox, nack->delivery_tag, nack->multiple, false);
		break;
	case AMQP_BASIC_RETURN_METHOD:
		copy_short(outbox->return_exchange, back->exchange);
		copy_short(outbox->return_key, back->routing_key);
		break;
	case AMQP_CHANNEL_OPEN_OK_METHOD:
		break;
	case AMQP_CONFIRM_SELECT_OK_METHOD:
		outbox->ready = true;
		break;
	case AMQP_CHANNEL_CLOSE_METHOD:
		warren_amqp_outbox_refused(outbox, connection, method->decoded);
		break;
	case AMQP_CONNECTION_BLOCKED_METHOD:
		outbox->blocked = true;
		warren_amqp_outbox_take_back(outbox, connection);
		break;
	case AMQP_CONNECTION_UNBLOCKED_METHOD:
		outbox->blocked = false;
		break;
	default:
		warren_amqp_connection_fail(connection, "%s came unasked while publishing",
			amqp_method_name(method->id));
	}
}

/* ---- in, on the channel without confirms ---- */

/* The outcome comes first: what comes back was written. */
static void tell_returned(struct warren_amqp_outbox *outbox,
	const struct warren_amqp_connection *connection, const amqp_basic_properties_t *p)
{
	char message_id[WARREN_AMQP_SHORT_MAX + 1] = "", correlation_id[sizeof message_id] = "",
						reply_to[sizeof message_id] = "",
						type[sizeof message_id] = "";
	const struct warren_broker_message message = {
		.exchange = outbox->unconfirmed_exchange,
		.routing_key = outbox->unconfirmed_key,
		.type = type,
		.message_id = message_id,
		.correlation_id = correlation_id,
		.reply_to = reply_to,
		.unconfirmed = true,
		.mandatory = true,
	};

	if (p->_flags & AMQP_BASIC_MESSAGE_ID_FLAG)
		copy_short(message_id, p->message_id);
	if (p->_flags & AMQP_BASIC_CORRELATION_ID_FLAG)
		copy_short(correlation_id, p->correlation_id);
	if (p->_flags & AMQP_BASIC_REPLY_TO_FLAG)
		copy_short(reply_to, p->reply_to);
	if (p->_flags & AMQP_BASIC_TYPE_FLAG)
		copy_short(type, p->type);
	warren_amqp_outbox_flushed(outbox, connection);
	outbox->returned(&message, outbox->data);
}

static void take_unconfirmed(struct warren_amqp_outbox *outbox,
	struct warren_amqp_connection *connection, const amqp_frame_t *frame)
{
	const amqp_method_t *method = &frame->payload.method;
	const amqp_basic_return_t *back = method->decoded;

	if (frame->frame_type == AMQP_FRAME_HEADER)
		tell_returned(outbox, connection, frame->payload.properties.decoded);
	if (frame->frame_type != AMQP_FRAME_METHOD)
		return;
	switch (method->id) {
	case AMQP_BASIC_RETURN_METHOD:
		copy_short(outbox->unconfirmed_exchange, back->exchange);
		copy_short(outbox->unconfirmed_key, back->routing_key);
		break;
	case AMQP_CHANNEL_OPEN_OK_METHOD:
		break;
	case AMQP_CHANNEL_CLOSE_METHOD:
		warren_amqp_outbox_refused_unconfirmed(outbox, connection, method->decoded);
		break;
	default:
		warren_amqp_connection_fail(connection, "%s came unasked while publishing",
			amqp_method_name(method->id));
	}
}

void warren_amqp_outbox_frame(struct warren_amqp_outbox *outbox,
	struct warren_amqp_connection *connection, const amqp_frame_t *frame)
{
	if (frame->channel == WARREN_AMQP_UNCONFIRMED_CHANNEL)
		take_unconfirmed(outbox, connection, frame);
	else if (frame->frame_type == AMQP_FRAME_METHOD)
		take_method(outbox, connection, &frame->payload.method);
	else if (frame->frame_type == AMQP_FRAME_HEADER)
		take_return_header(outbox, frame->payload.properties.decoded);
	/* The body of what comes back is what was sent. */
}
