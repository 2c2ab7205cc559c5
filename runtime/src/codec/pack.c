/*
 * Packing, in two walks: the first measures and finds what cannot be packed, the second writes from
 * the last byte to the first, so that a nested message's length is known when it is due.
 *
 * protobuf_c_message_pack does not serve: it reads the descriptors out of the structs, which need
 * not hold any here and must not be written to, and it leaves out a chosen but empty string.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "codec/field.h"
#include "codec/wire.h"
#include "warren/message.h"

static size_t varint_size(uint64_t number)
{
	size_t size = 1;
	while (number >>= 7)
		size++;
	return size;
}

/* The varint of a value whose type is written as one. */
static uint64_t value_varint(ProtobufCType type, const void *value)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_ENUM:
		return (uint64_t)(int64_t)*(const int32_t *)value;
	case PROTOBUF_C_TYPE_SINT32:
		return warren_zigzag(*(const int32_t *)value);
	case PROTOBUF_C_TYPE_UINT32:
		return *(const uint32_t *)value;
	case PROTOBUF_C_TYPE_SINT64:
		return warren_zigzag(*(const int64_t *)value);
	case PROTOBUF_C_TYPE_BOOL:
		return *(const protobuf_c_boolean *)value != 0;
	default:
		return *(const uint64_t *)value;
	}
}

/* How one field is written. */
enum form { FORM_ABSENT, FORM_SINGLE, FORM_EACH, FORM_PACKED };

static enum form field_form(const void *message, const ProtobufCFieldDescriptor *field)
{
	if (warren_field_is_repeated(field)) {
		if (warren_field_count(message, field) == 0)
			return FORM_ABSENT;
		return field->flags & PROTOBUF_C_FIELD_FLAG_PACKED ? FORM_PACKED : FORM_EACH;
	}
	if (!warren_field_is_present(message, field))
		return FORM_ABSENT;
	if (!warren_field_has_presence(field) &&
		warren_value_is_zero(field->type, warren_field_value(message, field)))
		return FORM_ABSENT;
	return FORM_SINGLE;
}

/* ---- measuring ---- */

static int message_size(
	const struct warren_message_type *type, const void *message, unsigned depth, size_t *ret);

/* The size of a value without tag, with the length that stands before text, bytes and messages. */
static int value_size(const ProtobufCFieldDescriptor *field, const struct warren_field *rules,
	const void *value, unsigned depth, size_t *ret)
{
	size_t size = 0;
	switch (warren_wire_type(field->type)) {
	case PROTOBUF_C_WIRE_TYPE_VARINT:
		*ret = varint_size(value_varint(field->type, value));
		return 0;
	case PROTOBUF_C_WIRE_TYPE_32BIT:
		*ret = 4;
		return 0;
	case PROTOBUF_C_WIRE_TYPE_64BIT:
		*ret = 8;
		return 0;
	case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
		break;
	}
	if (field->type == PROTOBUF_C_TYPE_BYTES) {
		const ProtobufCBinaryData *bytes = value;
		if (bytes->len > 0 && !bytes->data)
			return -EINVAL;
		size = bytes->len;
	} else {
		const void *pointer = warren_value_pointer(value);
		bool may_be_null =
			field->type == PROTOBUF_C_TYPE_STRING && !warren_field_is_repeated(field);
		if (!pointer && !may_be_null)
			return -EINVAL;
		if (field->type == PROTOBUF_C_TYPE_STRING) {
			size = pointer ? strlen(pointer) : 0;
		} else {
			int rc = message_size(rules->message, pointer, depth + 1, &size);
			if (rc < 0)
				return rc;
		}
	}
	*ret = varint_size(size) + size;
	return 0;
}

/* The sum of all values of a repeated field, without tags. */
static int values_size(const void *message, const ProtobufCFieldDescriptor *field,
	const struct warren_field *rules, unsigned depth, size_t *ret)
{
	const char *values = warren_value_pointer(warren_field_value(message, field));
	size_t step = warren_value_size(field->type);
	size_t count = warren_field_count(message, field);
	size_t sum = 0;
	if (!values)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		size_t size;
		int rc = value_size(field, rules, values + i * step, depth, &size);
		if (rc < 0)
			return rc;
		sum += size;
	}
	*ret = sum;
	return 0;
}

static int message_size(
	const struct warren_message_type *type, const void *message, unsigned depth, size_t *ret)
{
	size_t sum = 0;
	if (depth > WARREN_MESSAGE_DEPTH_MAX)
		return -E2BIG;
	for (unsigned i = 0; i < type->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &type->descriptor->fields[i];
		const struct warren_field *rules = &type->fields[i];
		size_t tag_size = varint_size(warren_tag(field->id, 0)), size = 0;
		int rc = 0;
		switch (field_form(message, field)) {
		case FORM_ABSENT:
			continue;
		case FORM_SINGLE:
			rc = value_size(
				field, rules, warren_field_value(message, field), depth, &size);
			size += tag_size;
			break;
		case FORM_EACH:
			rc = values_size(message, field, rules, depth, &size);
			size += tag_size * warren_field_count(message, field);
			break;
		case FORM_PACKED:
			rc = values_size(message, field, rules, depth, &size);
			size += tag_size + varint_size(size);
			break;
		}
		if (rc < 0)
			return rc;
		sum += size;
	}
	*ret = sum;
	return 0;
}

/* ---- writing: each call puts something before `to` and returns its beginning ---- */

static uint8_t *put_varint(uint8_t *to, uint64_t number)
{
	to -= varint_size(number);
	uint8_t *at = to;
	for (; number >= 0x80; number >>= 7)
		*at++ = (uint8_t)(number | 0x80);
	*at = (uint8_t)number;
	return to;
}

static uint8_t *put_bytes(uint8_t *to, const void *bytes, size_t len)
{
	to -= len;
	if (len > 0)
		memcpy(to, bytes, len);
	return to;
}

static uint8_t *put_message(
	uint8_t *to, const struct warren_message_type *type, const void *message);

static uint8_t *put_value(uint8_t *to, const ProtobufCFieldDescriptor *field,
	const struct warren_field *rules, const void *value)
{
	const uint8_t *end = to;
	switch (warren_wire_type(field->type)) {
	case PROTOBUF_C_WIRE_TYPE_VARINT:
		return put_varint(to, value_varint(field->type, value));
	case PROTOBUF_C_WIRE_TYPE_32BIT: {
		uint32_t bits = htole32(*(const uint32_t *)value);
		return put_bytes(to, &bits, sizeof bits);
	}
	case PROTOBUF_C_WIRE_TYPE_64BIT: {
		uint64_t bits = htole64(*(const uint64_t *)value);
		return put_bytes(to, &bits, sizeof bits);
	}
	case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
		break;
	}
	const void *pointer = warren_value_pointer(value);
	if (field->type == PROTOBUF_C_TYPE_BYTES) {
		const ProtobufCBinaryData *bytes = value;
		to = put_bytes(to, bytes->data, bytes->len);
	} else if (field->type == PROTOBUF_C_TYPE_STRING) {
		to = put_bytes(to, pointer, pointer ? strlen(pointer) : 0);
	} else {
		to = put_message(to, rules->message, pointer);
	}
	return put_varint(to, (uint64_t)(end - to));
}

static uint8_t *put_repeated(uint8_t *to, const void *message,
	const ProtobufCFieldDescriptor *field, const struct warren_field *rules, bool packed)
{
	const char *values = warren_value_pointer(warren_field_value(message, field));
	size_t step = warren_value_size(field->type);
	const uint8_t *end = to;
	for (size_t i = warren_field_count(message, field); i > 0; i--) {
		to = put_value(to, field, rules, values + (i - 1) * step);
		if (!packed)
			to = put_varint(to, warren_tag(field->id, warren_wire_type(field->type)));
	}
	if (!packed)
		return to;
	to = put_varint(to, (uint64_t)(end - to));
	return put_varint(to, warren_tag(field->id, PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED));
}

static uint8_t *put_message(
	uint8_t *to, const struct warren_message_type *type, const void *message)
{
	for (unsigned i = type->descriptor->n_fields; i > 0; i--) {
		const ProtobufCFieldDescriptor *field = &type->descriptor->fields[i - 1];
		const struct warren_field *rules = &type->fields[i - 1];
		switch (field_form(message, field)) {
		case FORM_ABSENT:
			break;
		case FORM_SINGLE:
			to = put_value(to, field, rules, warren_field_value(message, field));
			to = put_varint(to, warren_tag(field->id, warren_wire_type(field->type)));
			break;
		case FORM_EACH:
			to = put_repeated(to, message, field, rules, false);
			break;
		case FORM_PACKED:
			to = put_repeated(to, message, field, rules, true);
			break;
		}
	}
	return to;
}

int warren_message_pack(const struct warren_message_type *type, const void *message,
	struct warren_arena *arena, struct warren_bytes *ret)
{
	size_t size;
	int rc = message_size(type, message, 1, &size);
	if (rc < 0)
		return rc;
	uint8_t *data = warren_arena_alloc(arena, size > 0 ? size : 1);
	if (!data)
		return -ENOMEM;
	put_message(data + size, type, message);
	*ret = (struct warren_bytes){data, size};
	return 0;
}
