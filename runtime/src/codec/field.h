/*
 * One field of a generated struct, seen through its descriptor.
 *
 * The layout is protobuf-c's: `offset` finds the value, `quantifier_offset` the count of a repeated
 * field, the case of a oneof, or the has_ flag of an optional scalar.  An optional string and a
 * message are absent when NULL.  A repeated field points to an array of values; strings and
 * messages are pointers in it.
 */
#ifndef WARREN_CODEC_FIELD_H
#define WARREN_CODEC_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "warren/message.h"

static inline const void *warren_field_value(
	const void *message, const ProtobufCFieldDescriptor *field)
{
	return (const char *)message + field->offset;
}

static inline bool warren_field_is_repeated(const ProtobufCFieldDescriptor *field)
{
	return field->label == PROTOBUF_C_LABEL_REPEATED;
}

static inline bool warren_field_is_oneof(const ProtobufCFieldDescriptor *field)
{
	return (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
}

static inline size_t warren_field_count(const void *message, const ProtobufCFieldDescriptor *field)
{
	return *(const size_t *)((const char *)message + field->quantifier_offset);
}

static inline uint32_t warren_field_case(const void *message, const ProtobufCFieldDescriptor *field)
{
	return *(const uint32_t *)((const char *)message + field->quantifier_offset);
}

/* Reads a string, message or array pointer, whatever it points to. */
static inline const void *warren_value_pointer(const void *value)
{
	const void *pointer;
	memcpy(&pointer, value, sizeof pointer);
	return pointer;
}

/* Returns whether the field can be absent, as opposed to being zero. */
bool warren_field_has_presence(const ProtobufCFieldDescriptor *field);

/* Returns whether a value is there; always true of a field without presence. */
bool warren_field_is_present(const void *message, const ProtobufCFieldDescriptor *field);

/* Returns how many bytes a value of the type takes in a struct or array. */
size_t warren_value_size(ProtobufCType type);

/* Returns whether it is the type's zero, to the bit: -0.0 is none. */
bool warren_value_is_zero(ProtobufCType type, const void *value);

/*
 * The same from the side that fills a message.  Makes room for `more` values at the end of a
 * repeated field.  Arrays double; their capacity follows from the count, so that only arrays grown
 * here may be grown here.  Returns the first of the new values, zeroed and not yet counted; NULL.
 */
void *warren_field_grow(void *message, const ProtobufCFieldDescriptor *field, size_t more,
	struct warren_arena *arena) WARREN_MUST_CHECK;
void warren_field_add_count(void *message, const ProtobufCFieldDescriptor *field, size_t more);

/* Marks a singular field as given and returns where its value goes; a oneof forgets another member.
 */
void *warren_field_set(void *message, const ProtobufCFieldDescriptor *field);

/* Returns a new message with its defaults; NULL past the arena's cap. */
void *warren_message_new(
	const struct warren_message_type *type, struct warren_arena *arena) WARREN_MUST_CHECK;

#endif
