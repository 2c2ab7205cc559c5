/* Frames of a delivery put together, and handed over. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "broker/amqp_inbox.h"

void warren_amqp_assembly_reset(struct warren_amqp_assembly *assembly)
{
	struct warren_arena *arena = assembly->arena;

	free(assembly->body);
	warren_arena_reset(arena);
	*assembly = (struct warren_amqp_assembly){.arena = arena};
}

/* Returns a terminated copy; NULL when memory is out. */
static const char *copy(struct warren_amqp_assembly *assembly, amqp_bytes_t bytes)
{
	return warren_arena_strndup(assembly->arena, bytes.len ? bytes.bytes : "", bytes.len);
}

static void take_got(struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection,
	const amqp_basic_get_ok_t *got)
{
	struct warren_amqp_assembly *assembly = &inbox->assembly;

	if (assembly->has_method) {
		warren_amqp_connection_fail(connection, "a delivery began inside another");
		return;
	}
	assembly->get = warren_amqp_gets_answered(inbox);
	assembly->has_method = true;
	assembly->number = got->delivery_tag;
	assembly->delivery.redelivered = got->redelivered;
	assembly->delivery.message.exchange = copy(assembly, got->exchange);
	assembly->delivery.message.routing_key = copy(assembly, got->routing_key);
	if (!assembly->get)
		warren_amqp_connection_fail(connection, "a message came that was not asked for");
	else if (!assembly->delivery.message.exchange || !assembly->delivery.message.routing_key)
		warren_amqp_connection_fail(connection, "no memory for a delivery");
}

static void take_deliver(struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection,
	const amqp_basic_deliver_t *deliver)
{
	struct warren_amqp_assembly *assembly = &inbox->assembly;

	if (assembly->has_method) {
		warren_amqp_connection_fail(connection, "a delivery began inside another");
		return;
	}
	const char *consumer_tag = copy(assembly, deliver->consumer_tag);
	assembly->has_method = true;
	assembly->number = deliver->delivery_tag;
	assembly->delivery.redelivered = deliver->redelivered;
	assembly->delivery.message.exchange = copy(assembly, deliver->exchange);
	assembly->delivery.message.routing_key = copy(assembly, deliver->routing_key);
	if (!consumer_tag || !assembly->delivery.message.exchange ||
		!assembly->delivery.message.routing_key) {
		warren_amqp_connection_fail(connection, "no memory for a delivery");
		return;
	}
	assembly->no_ack = consumer_tag[0] == WARREN_AMQP_TAG_NO_ACK;
	assembly->consumer_id = consumer_tag[0] ? strtoull(consumer_tag + 1, NULL, 10) : 0;
}

/* ---- properties ---- */

static bool number_of(const amqp_field_value_t *value, int64_t *ret)
{
	switch (value->kind) {
	case AMQP_FIELD_KIND_I8:
		*ret = value->value.i8;
		return true;
	case AMQP_FIELD_KIND_U8:
		*ret = value->value.u8;
		return true;
	case AMQP_FIELD_KIND_I16:
		*ret = value->value.i16;
		return true;
	case AMQP_FIELD_KIND_U16:
		*ret = value->value.u16;
		return true;
	case AMQP_FIELD_KIND_I32:
		*ret = value->value.i32;
		return true;
	case AMQP_FIELD_KIND_U32:
		*ret = value->value.u32;
		return true;
	case AMQP_FIELD_KIND_I64:
		*ret = value->value.i64;
		return true;
	default:
		return false;
	}
}

static bool is_named(amqp_bytes_t name, const char *text)
{
	return name.len == strlen(text) && memcmp(name.bytes, text, name.len) == 0;
}

static bool is_brokers(amqp_bytes_t name)
{
	return name.len >= 2 && memcmp(name.bytes, "x-", 2) == 0;
}

static void take_count(uint32_t *ret_count, int64_t number)
{
	*ret_count = number <= 0 ? 0 : number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
}

/* Takes text and integers; what does not fit, or is of another kind, is left out. */
static void take_headers(struct warren_amqp_assembly *assembly, const amqp_table_t *table)
{
	struct warren_broker_message *message = &assembly->delivery.message;

	for (int i = 0; i < table->num_entries; i++) {
		const amqp_table_entry_t *entry = &table->entries[i];
		struct warren_broker_header header = {0};
		bool is_number = number_of(&entry->value, &header.number);
		if (is_number && is_named(entry->key, "x-delivery-count"))
			take_count(&assembly->delivery_count, header.number);
		if (is_number && is_named(entry->key, "x-acquired-count"))
			take_count(&assembly->acquired_count, header.number);
		if (is_brokers(entry->key) || message->header_count == WARREN_BROKER_HEADERS_MAX)
			continue;
		if (entry->value.kind == AMQP_FIELD_KIND_UTF8)
			header.text = copy(assembly, entry->value.value.bytes);
		header.name = copy(assembly, entry->key);
		if (header.name && (is_number || header.text))
			assembly->headers[message->header_count++] = header;
	}
	message->headers = assembly->headers;
}

static const char *text_of(struct warren_amqp_assembly *assembly,
	const amqp_basic_properties_t *properties, amqp_flags_t flag, amqp_bytes_t bytes)
{
	return copy(assembly, properties->_flags & flag ? bytes : amqp_empty_bytes);
}

/* Returns false when memory is out. */
static bool take_properties(struct warren_amqp_assembly *assembly, const amqp_basic_properties_t *p)
{
	struct warren_broker_message *m = &assembly->delivery.message;

	m->type = text_of(assembly, p, AMQP_BASIC_TYPE_FLAG, p->type);
	m->message_id = text_of(assembly, p, AMQP_BASIC_MESSAGE_ID_FLAG, p->message_id);
	m->correlation_id = text_of(assembly, p, AMQP_BASIC_CORRELATION_ID_FLAG, p->correlation_id);
	m->reply_to = text_of(assembly, p, AMQP_BASIC_REPLY_TO_FLAG, p->reply_to);
	m->app_id = text_of(assembly, p, AMQP_BASIC_APP_ID_FLAG, p->app_id);
	m->content_type = text_of(assembly, p, AMQP_BASIC_CONTENT_TYPE_FLAG, p->content_type);
	m->user_id = text_of(assembly, p, AMQP_BASIC_USER_ID_FLAG, p->user_id);
	m->timestamp_s = p->_flags & AMQP_BASIC_TIMESTAMP_FLAG && p->timestamp <= INT64_MAX
				 ? (int64_t)p->timestamp
				 : 0;
	m->persistent = p->_flags & AMQP_BASIC_DELIVERY_MODE_FLAG && p->delivery_mode == 2;
	if (p->_flags & AMQP_BASIC_HEADERS_FLAG)
		take_headers(assembly, &p->headers);
	return m->type && m->message_id && m->correlation_id && m->reply_to && m->app_id &&
	       m->content_type && m->user_id;
}

/* ---- handing over ---- */

/*
 * RabbitMQ 3.10 to 4.2 count every return in x-delivery-count.  4.3 counts there only what was
 * rejected or lost its connection, and every time that a consumer held it in x-acquired-count.  On
 * the first delivery neither is the broker's: then, and on a queue that does not count, the
 * publisher may have put one there.
 */
static void set_count(struct warren_amqp_assembly *assembly, bool is_counted)
{
	struct warren_broker_delivery *delivery = &assembly->delivery;

	delivery->is_counted = is_counted;
	if (is_counted && delivery->redelivered)
		delivery->delivery_count = assembly->acquired_count > assembly->delivery_count
						   ? assembly->acquired_count
						   : assembly->delivery_count;
}

/* The consumer's callback runs without the lock; who cancels it meanwhile waits for its end. */
static bool hand_over(struct warren_amqp_inbox *inbox)
{
	struct warren_amqp_assembly *assembly = &inbox->assembly;
	warren_broker_on_delivery on_delivery = NULL;
	void *data = NULL;

	if (!inbox->on_delivering(inbox->data))
		return false;
	if (assembly->get) {
		pthread_mutex_lock(&inbox->lock);
		inbox->delivered_count++;
		set_count(assembly, warren_amqp_topology_counts(&inbox->topology,
					    warren_amqp_get_queue(assembly->get)));
		pthread_mutex_unlock(&inbox->lock);
		warren_amqp_get_tell(assembly->get, &assembly->delivery);
		assembly->get = NULL;
		return true;
	}
	pthread_mutex_lock(&inbox->lock);
	struct warren_amqp_consumer *consumer =
		warren_amqp_inbox_find(inbox, assembly->consumer_id);
	if (consumer) {
		inbox->delivering = consumer->id;
		inbox->delivered_count++;
		on_delivery = consumer->on_delivery;
		data = consumer->data;
		assembly->delivery.queue = consumer->queue; /* freed by this thread alone */
		set_count(assembly, consumer->is_counted);
	}
	pthread_mutex_unlock(&inbox->lock);
	if (!on_delivery)
		return false;
	on_delivery(&assembly->delivery, data);
	pthread_mutex_lock(&inbox->lock);
	inbox->delivering = 0;
	pthread_cond_broadcast(&inbox->delivered);
	pthread_mutex_unlock(&inbox->lock);
	return true;
}

static void refuse_too_big(
	struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection)
{
	const struct warren_amqp_assembly *assembly = &inbox->assembly;
	amqp_basic_reject_t reject = {.delivery_tag = assembly->number};

	warren_log(inbox->log, WARREN_LOG_ERROR,
		"a delivery over the limit was dead-lettered or dropped",
		WARREN_TEXT("routingKey", assembly->delivery.message.routing_key),
		WARREN_INT("bytes", (int64_t)assembly->body_len),
		WARREN_INT("limit", WARREN_BROKER_BODY_MAX));
	if (!assembly->no_ack)
		warren_amqp_send_method(
			connection, WARREN_AMQP_CHANNEL, AMQP_BASIC_REJECT_METHOD, &reject);
}

static void finish(struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection,
	const uint8_t *body)
{
	struct warren_amqp_assembly *assembly = &inbox->assembly;

	assembly->delivery.message.body = body;
	assembly->delivery.message.body_len = assembly->body_len;
	if (assembly->body_len > WARREN_BROKER_BODY_MAX)
		refuse_too_big(inbox, connection);
	else if (assembly->no_ack)
		hand_over(inbox);
	else if (warren_amqp_inbox_note(inbox, assembly->number) < 0)
		warren_amqp_connection_fail(connection, "no memory for a delivery");
	else if (!hand_over(inbox))
		warren_amqp_inbox_give_back(inbox, connection);
	if (assembly->get)
		warren_amqp_get_tell(assembly->get, NULL);
	warren_amqp_assembly_reset(assembly);
}

/* ---- frames ---- */

static void take_header(struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection,
	const amqp_frame_t *frame)
{
	static const uint8_t nothing[1];
	struct warren_amqp_assembly *assembly = &inbox->assembly;

	if (!assembly->has_method || assembly->has_header ||
		frame->payload.properties.class_id != AMQP_BASIC_CLASS) {
		warren_amqp_connection_fail(connection, "a header without a delivery");
		return;
	}
	assembly->has_header = true;
	assembly->body_len = frame->payload.properties.body_size;
	if (!take_properties(assembly, frame->payload.properties.decoded))
		warren_amqp_connection_fail(connection, "no memory for a delivery");
	else if (assembly->body_len == 0)
		finish(inbox, connection, nothing);
}

/* A body in one frame is handed over where it lies. */
static void take_body(struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection,
	amqp_bytes_t part)
{
	struct warren_amqp_assembly *assembly = &inbox->assembly;
	bool keep = assembly->body_len <= WARREN_BROKER_BODY_MAX;

	if (!assembly->has_header || part.len > assembly->body_len - assembly->body_got) {
		warren_amqp_connection_fail(connection, "a body without a delivery");
		return;
	}
	if (part.len == assembly->body_len) {
		finish(inbox, connection, part.bytes);
		return;
	}
	if (keep && !assembly->body) {
		assembly->body = malloc(assembly->body_len);
		if (!assembly->body) {
			warren_amqp_connection_fail(connection, "no memory for a delivery");
			return;
		}
	}
	if (keep)
		memcpy(assembly->body + assembly->body_got, part.bytes, part.len);
	assembly->body_got += part.len;
	if (assembly->body_got == assembly->body_len)
		finish(inbox, connection, assembly->body);
}

void warren_amqp_assembly_frame(struct warren_amqp_inbox *inbox,
	struct warren_amqp_connection *connection, const amqp_frame_t *frame)
{
	if (frame->frame_type == AMQP_FRAME_METHOD &&
		frame->payload.method.id == AMQP_BASIC_GET_OK_METHOD)
		take_got(inbox, connection, frame->payload.method.decoded);
	else if (frame->frame_type == AMQP_FRAME_METHOD)
		take_deliver(inbox, connection, frame->payload.method.decoded);
	else if (frame->frame_type == AMQP_FRAME_HEADER)
		take_header(inbox, connection, frame);
	else if (frame->frame_type == AMQP_FRAME_BODY)
		take_body(inbox, connection, frame->payload.body_fragment);
}
