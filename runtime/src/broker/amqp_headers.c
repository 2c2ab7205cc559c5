#include "broker/amqp_headers.h"

#include <stdbool.h>
#include <string.h>

#include "broker/amqp_connection.h"

#define FLAGS_AT (WARREN_AMQP_FRAME_HEAD_SIZE + 12) /* behind class, weight and size of the body */
#define MORE_FLAGS 1u
#define LENGTH_SIZE 4
#define KIND_SIZE 1

static uint16_t get_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)get_u16(at) << 16 | get_u16(at + 2);
}

static void put_u32(uint8_t *at, uint32_t n)
{
	for (int i = 0; i < LENGTH_SIZE; i++)
		at[i] = (uint8_t)(n >> (24 - 8 * i));
}

/* The bytes behind a value's kind: so many, or a length and as many bytes as that says. */
enum shape { UNKNOWN, FIXED, TEXT, NESTED };

struct kind {
	enum shape shape;
	uint8_t size;
};

static struct kind kind_of(uint8_t kind)
{
	switch (kind) {
	case AMQP_FIELD_KIND_VOID:
		return (struct kind){FIXED, 0};
	case AMQP_FIELD_KIND_BOOLEAN:
	case AMQP_FIELD_KIND_I8:
	case AMQP_FIELD_KIND_U8:
		return (struct kind){FIXED, 1};
	case AMQP_FIELD_KIND_I16:
	case AMQP_FIELD_KIND_U16:
		return (struct kind){FIXED, 2};
	case AMQP_FIELD_KIND_I32:
	case AMQP_FIELD_KIND_U32:
	case AMQP_FIELD_KIND_F32:
		return (struct kind){FIXED, 4};
	case AMQP_FIELD_KIND_DECIMAL:
		return (struct kind){FIXED, 5};
	case AMQP_FIELD_KIND_I64:
	case AMQP_FIELD_KIND_U64:
	case AMQP_FIELD_KIND_F64:
	case AMQP_FIELD_KIND_TIMESTAMP:
		return (struct kind){FIXED, 8};
	case AMQP_FIELD_KIND_UTF8:
	case AMQP_FIELD_KIND_BYTES:
		return (struct kind){TEXT, LENGTH_SIZE};
	case AMQP_FIELD_KIND_TABLE:
	case AMQP_FIELD_KIND_ARRAY:
		return (struct kind){NESTED, LENGTH_SIZE};
	default:
		return (struct kind){UNKNOWN, 0};
	}
}

/* Returns how many of the `len` bytes the first header takes; 0 when it cannot be read. */
static size_t header_size(const uint8_t *at, size_t len, bool *ret_nested)
{
	size_t size = 1u + at[0] + KIND_SIZE;

	if (size > len)
		return 0;
	struct kind kind = kind_of(at[size - KIND_SIZE]);
	if (kind.shape == UNKNOWN || kind.size > len - size)
		return 0;
	size_t inside = kind.shape == FIXED ? 0 : get_u32(at + size);
	size += kind.size;
	if (inside > len - size)
		return 0;
	*ret_nested = kind.shape == NESTED;
	return size + inside;
}

/* Returns how many bytes of the table stay, moved to its beginning. */
static size_t flatten(uint8_t *table, size_t len)
{
	size_t kept = 0, size;

	for (size_t at = 0; at < len; at += size) {
		bool is_nested = false;
		size = header_size(table + at, len - at, &is_nested);
		if (size == 0)
			break;
		if (is_nested)
			continue;
		if (kept < at)
			memmove(table + kept, table + at, size);
		kept += size;
	}
	return kept;
}

/* Returns where the length of the table of headers stands; 0 when there is none. */
static size_t table_at(const uint8_t *frame, size_t end)
{
	size_t at = FLAGS_AT;
	uint16_t flags, first = 0;

	do {
		if (end < at + sizeof flags)
			return 0;
		flags = get_u16(frame + at);
		first = at == FLAGS_AT ? flags : first;
		at += sizeof flags;
	} while (flags & MORE_FLAGS);
	if (!(first & AMQP_BASIC_HEADERS_FLAG))
		return 0;
	if (first & AMQP_BASIC_CONTENT_TYPE_FLAG && at < end)
		at += 1u + frame[at];
	if (first & AMQP_BASIC_CONTENT_ENCODING_FLAG && at < end)
		at += 1u + frame[at];
	return at + LENGTH_SIZE <= end ? at : 0;
}

size_t warren_amqp_headers_flatten(uint8_t *frame, size_t len)
{
	size_t end = len - WARREN_AMQP_FRAME_END_SIZE;
	size_t at = table_at(frame, end);

	if (at == 0 || get_u32(frame + at) > end - at - LENGTH_SIZE)
		return len;
	uint8_t *table = frame + at + LENGTH_SIZE;
	size_t table_len = get_u32(frame + at);
	size_t kept = flatten(table, table_len);
	size_t gone = table_len - kept;
	if (gone == 0)
		return len;
	memmove(table + kept, table + table_len, (size_t)(frame + len - (table + table_len)));
	put_u32(frame + at, (uint32_t)kept);
	put_u32(frame + 3,
		(uint32_t)(len - gone - WARREN_AMQP_FRAME_HEAD_SIZE - WARREN_AMQP_FRAME_END_SIZE));
	return len - gone;
}
