/* Random messages. */
#include "random_message.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 5

uint64_t random_next(struct random *random)
{
	random->state ^= random->state << 13;
	random->state ^= random->state >> 7;
	random->state ^= random->state << 17;
	return random->state * UINT64_C(0x2545f4914f6cdd1d);
}

uint64_t random_below(struct random *random, uint64_t bound)
{
	return (random_next(random) >> 11) % bound;
}

static void *take(struct warren_arena *arena, size_t bytes)
{
	void *memory = warren_arena_alloc(arena, bytes > 0 ? bytes : 1);
	if (!memory)
		abort();
	return memory;
}

/* Short and long, near zero and at the ends. */
static uint64_t random_integer(struct random *random)
{
	uint64_t number = random_next(random) >> random_below(random, 64);
	switch (random_below(random, 6)) {
	case 0:
		return 0;
	case 1:
		return ~number;
	case 2:
		return UINT64_MAX >> random_below(random, 64);
	case 3:
		return UINT64_C(1) << random_below(random, 64);
	default:
		return number;
	}
}

static double random_double(struct random *random)
{
	double number;
	switch (random_below(random, 8)) {
	case 0:
		return INFINITY;
	case 1:
		return -INFINITY;
	case 2:
		return (double)random_below(random, 1000) / 8;
	case 3:
		return NAN;
	default:
		break;
	}
	do {
		uint64_t bits = random_next(random);
		memcpy(&number, &bits, sizeof number);
	} while (isnan(number) || number == 0);
	return number;
}

static float random_float(struct random *random)
{
	float number = (float)random_double(random);
	return number == 0 ? 0 : number; /* not -0 */
}

static char *random_string(struct random *random, struct warren_arena *arena)
{
	static const char *const characters[] = {"a", "Z", " ", "\"", "\\", "\n", "\x01", "\x7f",
		"/", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xef\xbf\xbf"};
	size_t count = random_below(random, random_below(random, 10) ? 12 : 300);
	char *text = take(arena, count * 4 + 1);
	*text = '\0';
	char *to = text;
	for (size_t i = 0; i < count; i++)
		to = stpcpy(to,
			characters[random_below(random, sizeof characters / sizeof characters[0])]);
	return text;
}

static ProtobufCBinaryData random_bytes(struct random *random, struct warren_arena *arena)
{
	ProtobufCBinaryData bytes = {.len = random_below(random, 20)};
	bytes.data = take(arena, bytes.len);
	for (size_t i = 0; i < bytes.len; i++)
		bytes.data[i] = (uint8_t)random_next(random);
	return bytes;
}

static int32_t random_enum(struct random *random, const ProtobufCEnumDescriptor *descriptor)
{
	if (random_below(random, 4) == 0)
		return (int32_t)random_integer(random);
	return descriptor->values[random_below(random, descriptor->n_values)].value;
}

static void *fill(const ProtobufCMessageDescriptor *descriptor, struct random *random,
	struct warren_arena *arena, unsigned depth);

static void fill_value(const ProtobufCFieldDescriptor *field, void *value, struct random *random,
	struct warren_arena *arena, unsigned depth)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_FLOAT:
		*(float *)value = random_float(random);
		break;
	case PROTOBUF_C_TYPE_DOUBLE:
		*(double *)value = random_double(random);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		*(protobuf_c_boolean *)value = (int)random_below(random, 2);
		break;
	case PROTOBUF_C_TYPE_ENUM:
		*(int32_t *)value = random_enum(random, field->descriptor);
		break;
	case PROTOBUF_C_TYPE_STRING:
		*(char **)value = random_string(random, arena);
		break;
	case PROTOBUF_C_TYPE_BYTES:
		*(ProtobufCBinaryData *)value = random_bytes(random, arena);
		break;
	case PROTOBUF_C_TYPE_MESSAGE:
		*(void **)value = fill(field->descriptor, random, arena, depth + 1);
		break;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		*(uint64_t *)value = random_integer(random);
		break;
	default:
		*(uint32_t *)value = (uint32_t)random_integer(random);
		break;
	}
}

static size_t value_size(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_BOOL:
	case PROTOBUF_C_TYPE_ENUM:
		return 4;
	default:
		return 8;
	}
}

static void fill_field(const ProtobufCFieldDescriptor *field, char *message, struct random *random,
	struct warren_arena *arena, unsigned depth)
{
	void *quantifier = message + field->quantifier_offset;
	char *value = message + field->offset;
	if (field->label == PROTOBUF_C_LABEL_REPEATED) {
		size_t count = random_below(random, random_below(random, 20) ? 4 : 200);
		if (field->type == PROTOBUF_C_TYPE_MESSAGE)
			count %= 4;
		char *values = take(arena, count * value_size(field->type));
		for (size_t i = 0; i < count; i++)
			fill_value(
				field, values + i * value_size(field->type), random, arena, depth);
		*(size_t *)quantifier = count;
		*(char **)value = values;
		return;
	}
	if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
		if (*(uint32_t *)quantifier != 0)
			return;
		*(uint32_t *)quantifier = field->id;
	} else if (field->label == PROTOBUF_C_LABEL_OPTIONAL && field->quantifier_offset > 0) {
		*(protobuf_c_boolean *)quantifier = 1;
	}
	fill_value(field, value, random, arena, depth);
}

static void *fill(const ProtobufCMessageDescriptor *descriptor, struct random *random,
	struct warren_arena *arena, unsigned depth)
{
	char *message = take(arena, descriptor->sizeof_message);
	descriptor->message_init((ProtobufCMessage *)message);
	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
		bool too_deep = field->type == PROTOBUF_C_TYPE_MESSAGE && depth >= DEPTH_MAX;
		if (!too_deep && random_below(random, 3) > 0)
			fill_field(field, message, random, arena, depth);
	}
	return message;
}

void *random_message(const ProtobufCMessageDescriptor *descriptor, struct random *random,
	struct warren_arena *arena)
{
	return fill(descriptor, random, arena, 0);
}
