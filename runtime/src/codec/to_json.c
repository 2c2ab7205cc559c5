/* Writing JSON by the proto3 mapping, and the same with secrets redacted for logs. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "codec/base64.h"
#include "codec/field.h"
#include "codec/safe_integer.h"
#include "warren/message.h"

#define JSON_FIRST 1024             /* written without an allocation */
#define JSON_MAX ((size_t)64 << 20) /* no message is longer; the arena's cap is far below */

struct output {
	struct warren_json_writer writer;
	struct warren_arena *arena; /* for the base64 of bytes */
	bool redact;
};

static int message_write(struct output *out, const struct warren_message_type *type,
	const void *message, unsigned depth);

/* 64-bit integers are strings, because JavaScript's numbers lose their last digits. */
static int int64_write(struct output *out, const struct warren_field *rules, int64_t number)
{
	if (rules->flags & WARREN_FIELD_SAFE_INTEGER) {
		if (!out->redact && !warren_int64_is_safe(number))
			return -EINVAL;
		warren_json_int64(&out->writer, number);
	} else {
		char text[24];
		snprintf(text, sizeof text, "%" PRId64, number);
		warren_json_cstring(&out->writer, text);
	}
	return 0;
}

static int uint64_write(struct output *out, const struct warren_field *rules, uint64_t number)
{
	if (rules->flags & WARREN_FIELD_SAFE_INTEGER) {
		if (!out->redact && !warren_uint64_is_safe(number))
			return -EINVAL;
		warren_json_uint64(&out->writer, number);
	} else {
		char text[24];
		snprintf(text, sizeof text, "%" PRIu64, number);
		warren_json_cstring(&out->writer, text);
	}
	return 0;
}

static int bytes_write(struct output *out, const ProtobufCBinaryData *bytes)
{
	if (bytes->len > 0 && !bytes->data)
		return -EINVAL;
	if (bytes->len > JSON_MAX)
		return -ENOMEM;
	size_t len = WARREN_BASE64_SIZE(bytes->len);
	char *text = warren_arena_alloc(out->arena, len + 2);
	if (!text)
		return -ENOMEM;
	text[0] = text[len + 1] = '"';
	warren_base64_encode(text + 1, bytes->data, bytes->len);
	warren_json_raw(&out->writer, text, len + 2);
	return 0;
}

static void enum_write(
	struct output *out, const ProtobufCEnumDescriptor *descriptor, int32_t number)
{
	const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(descriptor, number);
	if (value)
		warren_json_cstring(&out->writer, value->name);
	else
		warren_json_int64(&out->writer, number);
}

static int value_write(struct output *out, const ProtobufCFieldDescriptor *field,
	const struct warren_field *rules, const void *value, unsigned depth)
{
	const void *pointer;
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		warren_json_int64(&out->writer, *(const int32_t *)value);
		return 0;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		warren_json_uint64(&out->writer, *(const uint32_t *)value);
		return 0;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		return int64_write(out, rules, *(const int64_t *)value);
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return uint64_write(out, rules, *(const uint64_t *)value);
	case PROTOBUF_C_TYPE_FLOAT:
		warren_json_float(&out->writer, *(const float *)value);
		return 0;
	case PROTOBUF_C_TYPE_DOUBLE:
		warren_json_double(&out->writer, *(const double *)value);
		return 0;
	case PROTOBUF_C_TYPE_BOOL:
		warren_json_bool(&out->writer, *(const protobuf_c_boolean *)value != 0);
		return 0;
	case PROTOBUF_C_TYPE_ENUM:
		enum_write(out, field->descriptor, *(const int32_t *)value);
		return 0;
	case PROTOBUF_C_TYPE_BYTES:
		return bytes_write(out, value);
	case PROTOBUF_C_TYPE_STRING:
		pointer = warren_value_pointer(value);
		if (!pointer && warren_field_is_repeated(field))
			return -EINVAL;
		warren_json_cstring(&out->writer, pointer ? pointer : "");
		return 0;
	case PROTOBUF_C_TYPE_MESSAGE:
		break;
	}
	pointer = warren_value_pointer(value);
	return pointer ? message_write(out, rules->message, pointer, depth + 1) : -EINVAL;
}

static int repeated_write(struct output *out, const void *message,
	const ProtobufCFieldDescriptor *field, const struct warren_field *rules, unsigned depth)
{
	const char *values = warren_value_pointer(warren_field_value(message, field));
	size_t count = warren_field_count(message, field);
	if (count > 0 && !values)
		return -EINVAL;
	warren_json_begin_array(&out->writer);
	for (size_t i = 0; i < count && !out->writer.failed; i++) {
		int rc = value_write(
			out, field, rules, values + i * warren_value_size(field->type), depth);
		if (rc < 0)
			return rc;
	}
	warren_json_end_array(&out->writer);
	return 0;
}

static int message_write(struct output *out, const struct warren_message_type *type,
	const void *message, unsigned depth)
{
	if (depth > WARREN_MESSAGE_DEPTH_MAX)
		return -E2BIG;
	warren_json_begin_object(&out->writer);
	for (unsigned i = 0; i < type->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &type->descriptor->fields[i];
		const struct warren_field *rules = &type->fields[i];
		bool repeated = warren_field_is_repeated(field);
		if (!repeated && !warren_field_is_present(message, field))
			continue;
		warren_json_key(&out->writer, rules->json_name);
		int rc = 0;
		if (out->redact && rules->flags & WARREN_FIELD_SECRET)
			warren_json_cstring(&out->writer, "[secret]");
		else if (repeated)
			rc = repeated_write(out, message, field, rules, depth);
		else
			rc = value_write(
				out, field, rules, warren_field_value(message, field), depth);
		if (rc < 0)
			return rc;
	}
	warren_json_end_object(&out->writer);
	return 0;
}

static int json_write(const struct warren_message_type *type, const void *message, bool redact,
	struct warren_arena *arena, const char **ret, size_t *ret_len)
{
	struct output out = {.arena = arena, .redact = redact};
	char first[JSON_FIRST];
	const char *text;
	size_t len;
	warren_json_writer_init_in(&out.writer, first, sizeof first, JSON_MAX);
	int rc = message_write(&out, type, message, 1);
	if (rc == 0)
		rc = warren_json_finish(&out.writer, &text, &len);
	if (rc == 0) {
		text = warren_arena_strndup(arena, text, len);
		rc = text ? 0 : -ENOMEM;
	}
	if (rc == 0) {
		*ret = text;
		if (ret_len)
			*ret_len = len;
	}
	warren_json_writer_free(&out.writer);
	return rc;
}

int warren_message_to_json(const struct warren_message_type *type, const void *message,
	struct warren_arena *arena, const char **ret, size_t *ret_len)
{
	return json_write(type, message, false, arena, ret, ret_len);
}

const char *warren_message_dump(
	const struct warren_message_type *type, const void *message, struct warren_arena *arena)
{
	const char *text = "{}";
	/* A message that cannot be shown is not worth an error: it is "{}", as the header promises. */
	int rc = json_write(type, message, true, arena, &text, NULL);
	return rc == 0 ? text : "{}";
}
