/* Presence, sizes and growth of fields. */
#include "codec/field.h"

#include <stdint.h>

#define FIRST_ARRAY_CAPACITY 4

bool warren_field_has_presence(const ProtobufCFieldDescriptor *field)
{
	return warren_field_is_oneof(field) || field->label == PROTOBUF_C_LABEL_OPTIONAL ||
	       (field->type == PROTOBUF_C_TYPE_MESSAGE && !warren_field_is_repeated(field));
}

bool warren_field_is_present(const void *message, const ProtobufCFieldDescriptor *field)
{
	if (!warren_field_has_presence(field))
		return true;
	if (warren_field_is_oneof(field))
		return warren_field_case(message, field) == field->id;
	if (field->type == PROTOBUF_C_TYPE_MESSAGE || field->type == PROTOBUF_C_TYPE_STRING)
		return warren_value_pointer(warren_field_value(message, field)) != NULL;
	return *(const protobuf_c_boolean *)((const char *)message + field->quantifier_offset) != 0;
}

size_t warren_value_size(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_ENUM:
		return 4;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return 8;
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		break;
	}
	return sizeof(void *);
}

bool warren_value_is_zero(ProtobufCType type, const void *value)
{
	static const char zeros[sizeof(ProtobufCBinaryData)];
	if (type == PROTOBUF_C_TYPE_BYTES)
		return ((const ProtobufCBinaryData *)value)->len == 0;
	if (type == PROTOBUF_C_TYPE_STRING) {
		const char *text = warren_value_pointer(value);
		return !text || !*text;
	}
	return memcmp(value, zeros, warren_value_size(type)) == 0;
}

static size_t array_capacity(size_t count)
{
	if (count == 0)
		return 0;
	size_t capacity = FIRST_ARRAY_CAPACITY;
	while (capacity < count)
		capacity *= 2;
	return capacity;
}

void *warren_field_grow(void *message, const ProtobufCFieldDescriptor *field, size_t more,
	struct warren_arena *arena)
{
	size_t size = warren_value_size(field->type);
	size_t count = warren_field_count(message, field);
	char *array = (void *)warren_value_pointer(warren_field_value(message, field));
	if (more > SIZE_MAX / 4 / size - count)
		return NULL;
	size_t capacity = array_capacity(count + more);
	if (capacity > array_capacity(count)) {
		char *grown = warren_arena_alloc(arena, capacity * size);
		if (!grown)
			return NULL;
		if (count > 0)
			memcpy(grown, array, count * size);
		array = grown;
		memcpy((char *)message + field->offset, &array, sizeof array);
	}
	return array + count * size;
}

void warren_field_add_count(void *message, const ProtobufCFieldDescriptor *field, size_t more)
{
	*(size_t *)((char *)message + field->quantifier_offset) += more;
}

void *warren_field_set(void *message, const ProtobufCFieldDescriptor *field)
{
	void *value = (char *)message + field->offset;
	void *quantifier = (char *)message + field->quantifier_offset;
	bool is_pointer =
		field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE;
	if (warren_field_is_oneof(field)) {
		if (warren_field_case(message, field) != field->id)
			memset(value, 0, warren_value_size(field->type));
		*(uint32_t *)quantifier = field->id;
	} else if (field->label == PROTOBUF_C_LABEL_OPTIONAL && !is_pointer) {
		*(protobuf_c_boolean *)quantifier = 1;
	}
	return value;
}

void *warren_message_new(const struct warren_message_type *type, struct warren_arena *arena)
{
	void *message = warren_arena_alloc(arena, type->descriptor->sizeof_message);
	if (message)
		type->descriptor->message_init(message);
	return message;
}
