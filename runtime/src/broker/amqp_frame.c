/* Frames onto the end of what waits to be sent. */
#include <errno.h>
#include <string.h>

#include "broker/amqp_connection.h"

#define METHOD_ROOM 8192           /* names are at most 255 bytes, a URL 2048 */
#define PROPERTIES_ROOM (96 << 10) /* headers 64 KiB, texts, and what encloses them */

static void put_u16(uint8_t *at, uint16_t n)
{
	at[0] = (uint8_t)(n >> 8);
	at[1] = (uint8_t)n;
}

static void put_u32(uint8_t *at, uint32_t n)
{
	put_u16(at, (uint16_t)(n >> 16));
	put_u16(at + 2, (uint16_t)n);
}

/* Returns where a payload of at most `room` bytes goes; NULL when the connection broke over it. */
static uint8_t *frame_begin(struct warren_amqp_connection *connection, size_t room)
{
	if (warren_buffer_reserve(&connection->out,
		    WARREN_AMQP_FRAME_HEAD_SIZE + room + WARREN_AMQP_FRAME_END_SIZE) < 0) {
		warren_amqp_connection_fail(connection, "no memory for what is to be sent");
		return NULL;
	}
	return connection->out.data + connection->out.len + WARREN_AMQP_FRAME_HEAD_SIZE;
}

static void frame_end(struct warren_amqp_connection *connection, uint8_t type, uint16_t channel,
	size_t payload_len)
{
	uint8_t *frame = connection->out.data + connection->out.len;

	frame[0] = type;
	put_u16(frame + 1, channel);
	put_u32(frame + 3, (uint32_t)payload_len);
	frame[WARREN_AMQP_FRAME_HEAD_SIZE + payload_len] = AMQP_FRAME_END;
	connection->out.len +=
		WARREN_AMQP_FRAME_HEAD_SIZE + payload_len + WARREN_AMQP_FRAME_END_SIZE;
}

void warren_amqp_send_method(struct warren_amqp_connection *connection, uint16_t channel,
	amqp_method_number_t id, void *method)
{
	uint8_t *payload = frame_begin(connection, METHOD_ROOM);

	if (!payload)
		return;
	put_u32(payload, id);
	int len = amqp_encode_method(
		id, method, (amqp_bytes_t){.len = METHOD_ROOM - 4, .bytes = payload + 4});
	if (len < 0) {
		warren_amqp_connection_fail(
			connection, "%s cannot be encoded", amqp_method_name(id));
		return;
	}
	frame_end(connection, AMQP_FRAME_METHOD, channel, 4 + (size_t)len);
}

int warren_amqp_send_header(struct warren_amqp_connection *connection, uint16_t channel,
	amqp_basic_properties_t *properties, uint64_t body_len)
{
	uint8_t *payload = frame_begin(connection, PROPERTIES_ROOM);

	if (!payload)
		return 0;
	put_u16(payload, AMQP_BASIC_CLASS);
	put_u16(payload + 2, 0);
	put_u32(payload + 4, (uint32_t)(body_len >> 32));
	put_u32(payload + 8, (uint32_t)body_len);
	int len = amqp_encode_properties(AMQP_BASIC_CLASS, properties,
		(amqp_bytes_t){.len = PROPERTIES_ROOM - 12, .bytes = payload + 12});
	if (len < 0 || WARREN_AMQP_FRAME_HEAD_SIZE + 12 + (size_t)len + WARREN_AMQP_FRAME_END_SIZE >
			       connection->frame_max)
		return -EMSGSIZE;
	frame_end(connection, AMQP_FRAME_HEADER, channel, 12 + (size_t)len);
	return 0;
}

size_t warren_amqp_send_body(struct warren_amqp_connection *connection, uint16_t channel,
	const uint8_t *body, size_t len)
{
	size_t most =
		connection->frame_max - WARREN_AMQP_FRAME_HEAD_SIZE - WARREN_AMQP_FRAME_END_SIZE;
	size_t part = len < most ? len : most;
	uint8_t *payload = frame_begin(connection, part);

	if (payload) {
		memcpy(payload, body, part);
		frame_end(connection, AMQP_FRAME_BODY, channel, part);
	}
	return part;
}
