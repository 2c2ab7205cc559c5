#include "request.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define LEN_MAX ((size_t)256 * 1024 * 1024)
#define DEPTH_MAX 100 /* protoc itself reads no deeper */

/* Returns all of a stream, NULL when it cannot be had.  Owns: caller. */
static uint8_t *read_all(FILE *from, size_t *ret_len)
{
	size_t len = 0, size = 64 * 1024;
	uint8_t *data = malloc(size);
	while (data != NULL) {
		len += fread(data + len, 1, size - len, from);
		if (len < size)
			break;
		uint8_t *larger = size >= LEN_MAX ? NULL : realloc(data, size *= 2);
		if (larger == NULL)
			free(data);
		data = larger;
	}
	if (data != NULL && ferror(from)) {
		free(data);
		data = NULL;
	}
	*ret_len = len;
	return data;
}

struct bytes {
	const uint8_t *at, *end;
};

static bool take_varint(struct bytes *bytes, uint64_t *ret)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 64 && bytes->at < bytes->end; shift += 7) {
		uint8_t byte = *bytes->at++;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret = value;
			return true;
		}
	}
	return false;
}

static bool skip(struct bytes *bytes, uint64_t len)
{
	if (len > (uint64_t)(bytes->end - bytes->at))
		return false;
	bytes->at += len;
	return true;
}

/* Whether the bytes are fields to the end, and nested at most `depth` deep where the descriptor has
 * messages. */
static bool is_shallow(const ProtobufCMessageDescriptor *descriptor, struct bytes bytes, int depth)
{
	while (bytes.at < bytes.end) {
		uint64_t tag, len;
		if (!take_varint(&bytes, &tag) || tag >> 3 == 0 || tag >> 3 > UINT32_MAX)
			return false;
		switch (tag & 7) {
		case PROTOBUF_C_WIRE_TYPE_VARINT:
			if (!take_varint(&bytes, &len))
				return false;
			break;
		case PROTOBUF_C_WIRE_TYPE_64BIT:
			if (!skip(&bytes, 8))
				return false;
			break;
		case PROTOBUF_C_WIRE_TYPE_32BIT:
			if (!skip(&bytes, 4))
				return false;
			break;
		case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED: {
			if (!take_varint(&bytes, &len))
				return false;
			struct bytes inner = {.at = bytes.at};
			if (!skip(&bytes, len))
				return false;
			inner.end = bytes.at;
			const ProtobufCFieldDescriptor *field =
				protobuf_c_message_descriptor_get_field(
					descriptor, (unsigned)(tag >> 3));
			if (field == NULL || field->type != PROTOBUF_C_TYPE_MESSAGE)
				break;
			if (depth == 0 || !is_shallow(field->descriptor, inner, depth - 1))
				return false;
			break;
		}
		default:
			return false;
		}
	}
	return true;
}

Google__Protobuf__Compiler__CodeGeneratorRequest *warren_request_read(
	FILE *from, const char **ret_error)
{
	size_t len;
	uint8_t *data = read_all(from, &len);
	if (data == NULL) {
		*ret_error = "could not read the request from stdin";
		return NULL;
	}
	Google__Protobuf__Compiler__CodeGeneratorRequest *request = NULL;
	struct bytes bytes = {data, data + len};
	if (len > 0 && is_shallow(&google__protobuf__compiler__code_generator_request__descriptor,
			       bytes, DEPTH_MAX))
		request =
			google__protobuf__compiler__code_generator_request__unpack(NULL, len, data);
	free(data);
	if (request == NULL)
		*ret_error = "stdin holds no CodeGeneratorRequest; it is run by protoc or buf, see "
			     "--help";
	return request;
}

void warren_request_free(Google__Protobuf__Compiler__CodeGeneratorRequest *request)
{
	google__protobuf__compiler__code_generator_request__free_unpacked(request, NULL);
}
