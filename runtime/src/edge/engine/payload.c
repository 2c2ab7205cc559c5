#include "edge/engine/payload.h"

#include <errno.h>
#include <string.h>

#define SEPARATOR 0x1e

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int base64_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decodes over the text itself, which is never shorter.  Returns the length; -EBADMSG. */
static int64_t base64_decode(uint8_t *text, size_t len)
{
	size_t padding = 0, out = 0;

	if (len % 4)
		return -EBADMSG;
	while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
		padding++;
	for (size_t i = 0; i < len; i += 4) {
		size_t digits = i + 4 == len ? 4 - padding : 4;
		uint32_t bits = 0;

		for (size_t d = 0; d < 4; d++) {
			int value = d < digits ? base64_value(text[i + d]) : 0;

			if (value < 0)
				return -EBADMSG;
			bits = bits << 6 | (uint32_t)value;
		}
		for (size_t d = 0; d + 1 < digits; d++)
			text[out++] = (uint8_t)(bits >> (16 - 8 * d));
	}
	return (int64_t)out;
}

int warren_engine_packet_read(uint8_t *text, size_t len, struct warren_engine_packet *ret)
{
	int64_t bytes;

	if (len > 0 && text[0] == 'b') {
		bytes = base64_decode(text + 1, len - 1);
		if (bytes < 0)
			return -EBADMSG;
		*ret = (struct warren_engine_packet){.type = WARREN_ENGINE_MESSAGE,
			.binary = true,
			.data = text + 1,
			.len = (size_t)bytes};
		return 0;
	}
	if (len == 0 || text[0] < WARREN_ENGINE_OPEN || text[0] > WARREN_ENGINE_NOOP)
		return -EBADMSG;
	*ret = (struct warren_engine_packet){
		.type = (enum warren_engine_type)text[0], .data = text + 1, .len = len - 1};
	return 0;
}

void warren_payload_read(struct warren_payload_reader *reader, uint8_t *payload, size_t len)
{
	*reader = (struct warren_payload_reader){.at = payload, .end = payload + len};
}

int warren_payload_next(struct warren_payload_reader *reader, struct warren_engine_packet *ret)
{
	uint8_t *text = reader->at, *end;

	if (reader->done)
		return 0;
	end = memchr(text, SEPARATOR, (size_t)(reader->end - text));
	if (end) {
		reader->at = end + 1;
	} else {
		end = reader->end;
		reader->done = true;
	}
	return warren_engine_packet_read(text, (size_t)(end - text), ret) < 0 ? -EBADMSG : 1;
}

static size_t encoded_size(const struct warren_frame *frame)
{
	return frame->binary ? 1 + (frame->len + 2) / 3 * 4 : frame->len;
}

size_t warren_payload_size(const struct warren_backlog *queue)
{
	size_t size = queue->count ? queue->count - 1 : 0; /* the separators */

	for (const struct warren_backlog_item *item = queue->first; item; item = item->next)
		size += encoded_size(item->frame);
	return size;
}

static uint8_t *base64_encode(const uint8_t *data, size_t len, uint8_t *out)
{
	for (size_t i = 0; i < len; i += 3) {
		size_t rest = len - i;
		uint32_t bits = (uint32_t)data[i] << 16;

		if (rest > 1)
			bits |= (uint32_t)data[i + 1] << 8;
		if (rest > 2)
			bits |= data[i + 2];
		*out++ = (uint8_t)base64_digits[bits >> 18];
		*out++ = (uint8_t)base64_digits[bits >> 12 & 63];
		*out++ = rest > 1 ? (uint8_t)base64_digits[bits >> 6 & 63] : '=';
		*out++ = rest > 2 ? (uint8_t)base64_digits[bits & 63] : '=';
	}
	return out;
}

static uint8_t *write_packet(struct warren_frame *frame, uint8_t *out)
{
	if (!frame->binary) {
		memcpy(out, warren_frame_data(frame), frame->len);
		return out + frame->len;
	}
	*out++ = 'b';
	return base64_encode(warren_frame_data(frame), frame->len, out);
}

struct warren_frame *warren_payload_text(struct warren_frame *frame)
{
	struct warren_frame *text = warren_frame_open(false, 0, encoded_size(frame));

	if (text)
		write_packet(frame, warren_frame_data(text));
	return text;
}

void warren_payload_write(struct warren_backlog *queue, uint8_t *payload)
{
	struct warren_frame *frame;

	while ((frame = warren_backlog_pop(queue))) {
		payload = write_packet(frame, payload);
		if (queue->count)
			*payload++ = SEPARATOR;
		warren_frame_unref(frame);
	}
}
