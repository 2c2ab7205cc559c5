/*
 * Unpacking, in one walk that checks every length, tag, depth and text as it goes.
 *
 * protobuf_c_message_unpack does not serve a peer's bytes: it recurses without limit, accepts any
 * bytes as text, keeps unknown fields, needs 32 bytes beside each field while it works, and answers
 * NULL without saying where and why.  Tables, structs and results are the same as its own.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "base/utf8.h"
#include "codec/field.h"
#include "codec/path.h"
#include "codec/wire.h"
#include "warren/message.h"

#define FIELD_NUMBER_MAX ((1 << 29) - 1)

struct unpack {
	struct warren_arena *arena;
	struct warren_error *error;
};

struct input {
	const uint8_t *at, *end;
};

static int refuse(struct unpack *unpack, const struct warren_path *path, const char *text)
{
	warren_path_error(path, unpack->error, "%s", text);
	return -EBADMSG;
}

static const char ends_early[] = "the bytes end too early";

/* ---- the wire ---- */

static bool take_varint(struct input *in, uint64_t *ret)
{
	uint64_t number = 0;
	for (unsigned i = 0; i < WARREN_VARINT_MAX && in->at < in->end; i++) {
		uint8_t byte = *in->at++;
		number |= (uint64_t)(byte & 0x7f) << 7 * i;
		if (byte < 0x80) {
			*ret = number;
			return true;
		}
	}
	return false;
}

/* Cuts off `len` bytes from the input. */
static bool take_bytes(struct input *in, uint64_t len, struct input *ret)
{
	if (len > (uint64_t)(in->end - in->at))
		return false;
	*ret = (struct input){in->at, in->at + len};
	in->at += len;
	return true;
}

static bool take_prefixed(struct input *in, struct input *ret)
{
	uint64_t len;
	return take_varint(in, &len) && take_bytes(in, len, ret);
}

static int skip_unknown(
	struct unpack *unpack, struct input *in, uint32_t wire_type, const struct warren_path *path)
{
	uint64_t number;
	struct input bytes;
	bool taken;
	switch (wire_type) {
	case PROTOBUF_C_WIRE_TYPE_VARINT:
		taken = take_varint(in, &number);
		break;
	case PROTOBUF_C_WIRE_TYPE_64BIT:
		taken = take_bytes(in, 8, &bytes);
		break;
	case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
		taken = take_prefixed(in, &bytes);
		break;
	case PROTOBUF_C_WIRE_TYPE_32BIT:
		taken = take_bytes(in, 4, &bytes);
		break;
	default:
		return refuse(unpack, path, "the bytes hold a wire type that is not understood");
	}
	return taken ? 0 : refuse(unpack, path, ends_early);
}

/* ---- values ---- */

static int message_read(struct unpack *unpack, const struct warren_message_type *type,
	struct input in, void *message, const struct warren_path *path, unsigned depth);

static bool scalar_read(ProtobufCType type, struct input *in, void *value)
{
	struct input bytes;
	uint64_t number;
	switch (warren_wire_type(type)) {
	case PROTOBUF_C_WIRE_TYPE_32BIT: {
		uint32_t bits;
		if (!take_bytes(in, sizeof bits, &bytes))
			return false;
		memcpy(&bits, bytes.at, sizeof bits);
		*(uint32_t *)value = le32toh(bits);
		return true;
	}
	case PROTOBUF_C_WIRE_TYPE_64BIT: {
		uint64_t bits;
		if (!take_bytes(in, sizeof bits, &bytes))
			return false;
		memcpy(&bits, bytes.at, sizeof bits);
		*(uint64_t *)value = le64toh(bits);
		return true;
	}
	default:
		break;
	}
	if (!take_varint(in, &number))
		return false;
	switch (type) {
	case PROTOBUF_C_TYPE_SINT32:
		*(int32_t *)value = (int32_t)warren_unzigzag((uint32_t)number);
		break;
	case PROTOBUF_C_TYPE_SINT64:
		*(int64_t *)value = warren_unzigzag(number);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		*(protobuf_c_boolean *)value = number != 0;
		break;
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_ENUM:
		*(uint32_t *)value = (uint32_t)number;
		break;
	default:
		*(uint64_t *)value = number;
		break;
	}
	return true;
}

static int string_read(
	struct unpack *unpack, struct input in, void *value, const struct warren_path *path)
{
	size_t len = (size_t)(in.end - in.at);
	if (memchr(in.at, 0, len))
		return refuse(unpack, path, "must not contain U+0000");
	if (!warren_utf8_valid((const char *)in.at, len))
		return refuse(unpack, path, "must be valid UTF-8");
	char *text = warren_arena_strndup(unpack->arena, (const char *)in.at, len);
	if (!text)
		return -ENOMEM;
	memcpy(value, &text, sizeof text);
	return 0;
}

static int bytes_read(struct unpack *unpack, struct input in, void *value)
{
	size_t len = (size_t)(in.end - in.at);
	uint8_t *data = NULL;
	if (len > 0) {
		data = warren_arena_alloc(unpack->arena, len);
		if (!data)
			return -ENOMEM;
		memcpy(data, in.at, len);
	}
	*(ProtobufCBinaryData *)value = (ProtobufCBinaryData){.len = len, .data = data};
	return 0;
}

/* A message that comes in several pieces is merged: the later piece goes into the same struct. */
static int submessage_read(struct unpack *unpack, const struct warren_message_type *type,
	struct input in, void *value, const struct warren_path *path, unsigned depth)
{
	void *message = (void *)warren_value_pointer(value);
	if (depth >= WARREN_MESSAGE_DEPTH_MAX)
		return refuse(unpack, path, "is nested too deep");
	if (!message) {
		message = warren_message_new(type, unpack->arena);
		if (!message)
			return -ENOMEM;
		memcpy(value, &message, sizeof message);
	}
	return message_read(unpack, type, in, message, path, depth + 1);
}

static int value_read(struct unpack *unpack, const ProtobufCFieldDescriptor *field,
	const struct warren_field *rules, struct input *in, void *value,
	const struct warren_path *path, unsigned depth)
{
	struct input bytes;
	if (warren_wire_type(field->type) != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
		return scalar_read(field->type, in, value) ? 0 : refuse(unpack, path, ends_early);
	if (!take_prefixed(in, &bytes))
		return refuse(unpack, path, ends_early);
	if (field->type == PROTOBUF_C_TYPE_STRING)
		return string_read(unpack, bytes, value, path);
	if (field->type == PROTOBUF_C_TYPE_BYTES)
		return bytes_read(unpack, bytes, value);
	return submessage_read(unpack, rules->message, bytes, value, path, depth);
}

/* ---- fields ---- */

static size_t packed_count(ProtobufCType type, struct input in)
{
	size_t count = 0;
	switch (warren_wire_type(type)) {
	case PROTOBUF_C_WIRE_TYPE_32BIT:
		return (size_t)(in.end - in.at) / 4;
	case PROTOBUF_C_WIRE_TYPE_64BIT:
		return (size_t)(in.end - in.at) / 8;
	default:
		for (; in.at < in.end; in.at++)
			count += *in.at < 0x80;
		return count;
	}
}

static int packed_read(struct unpack *unpack, const ProtobufCFieldDescriptor *field,
	struct input *in, void *message, const struct warren_path *path)
{
	struct input values;
	if (!take_prefixed(in, &values))
		return refuse(unpack, path, ends_early);
	size_t count = packed_count(field->type, values);
	if (count > 0) {
		char *value = warren_field_grow(message, field, count, unpack->arena);
		if (!value)
			return -ENOMEM;
		for (size_t i = 0; i < count; i++) {
			if (!scalar_read(field->type, &values, value))
				return refuse(unpack, path, ends_early);
			value += warren_value_size(field->type);
		}
	}
	if (values.at < values.end)
		return refuse(unpack, path, ends_early);
	warren_field_add_count(message, field, count);
	return 0;
}

static int repeated_read(struct unpack *unpack, const ProtobufCFieldDescriptor *field,
	const struct warren_field *rules, struct input *in, void *message,
	const struct warren_path *up, unsigned depth)
{
	struct warren_path path = {up, rules->json_name, warren_field_count(message, field)};
	void *value = warren_field_grow(message, field, 1, unpack->arena);
	if (!value)
		return -ENOMEM;
	int rc = value_read(unpack, field, rules, in, value, &path, depth);
	if (rc == 0)
		warren_field_add_count(message, field, 1);
	return rc;
}

static int field_read(struct unpack *unpack, const ProtobufCFieldDescriptor *field,
	const struct warren_field *rules, uint32_t wire_type, struct input *in, void *message,
	const struct warren_path *up, unsigned depth)
{
	struct warren_path path = {up, rules->json_name, WARREN_PATH_NO_INDEX};
	bool repeated = warren_field_is_repeated(field);
	uint32_t expected = warren_wire_type(field->type);
	if (wire_type == expected) {
		if (repeated)
			return repeated_read(unpack, field, rules, in, message, up, depth);
		void *value = warren_field_set(message, field);
		return value_read(unpack, field, rules, in, value, &path, depth);
	}
	/* Either form of a repeated number is read, whichever the schema says now. */
	if (repeated && wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
		return packed_read(unpack, field, in, message, &path);
	return refuse(unpack, &path, "is not of the type that the schema says");
}

static int message_read(struct unpack *unpack, const struct warren_message_type *type,
	struct input in, void *message, const struct warren_path *path, unsigned depth)
{
	while (in.at < in.end) {
		uint64_t tag;
		if (!take_varint(&in, &tag))
			return refuse(unpack, path, ends_early);
		uint64_t number = tag >> 3;
		if (number == 0 || number > FIELD_NUMBER_MAX)
			return refuse(unpack, path, "the bytes hold a field number that cannot be");
		const ProtobufCFieldDescriptor *field =
			protobuf_c_message_descriptor_get_field(type->descriptor, (unsigned)number);
		int rc;
		if (field)
			rc = field_read(unpack, field,
				&type->fields[field - type->descriptor->fields], tag & 7, &in,
				message, path, depth);
		else
			rc = skip_unknown(unpack, &in, tag & 7, path);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int warren_message_unpack(const struct warren_message_type *type, struct warren_bytes bytes,
	struct warren_arena *arena, void **ret, struct warren_error *error)
{
	struct unpack unpack = {arena, error};
	struct warren_path root = {NULL, NULL, WARREN_PATH_NO_INDEX};
	const uint8_t *data = bytes.len > 0 ? bytes.data : (const uint8_t *)"";
	struct input in = {data, data + bytes.len};
	void *message = warren_message_new(type, arena);
	if (!message)
		return -ENOMEM;
	int rc = message_read(&unpack, type, in, message, &root, 1);
	if (rc == 0)
		*ret = message;
	return rc;
}
