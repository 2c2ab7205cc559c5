/* Protobuf's wire format: the few things that packing and unpacking share. */
#ifndef WARREN_CODEC_WIRE_H
#define WARREN_CODEC_WIRE_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>

#define WARREN_VARINT_MAX 10 /* bytes of the longest */

static inline uint32_t warren_tag(uint32_t number, ProtobufCWireType wire_type)
{
	return number << 3 | (uint32_t)wire_type;
}

/* Negative numbers of small size as small varints: 0, -1, 1, -2 … as 0, 1, 2, 3 … */
static inline uint64_t warren_zigzag(int64_t number)
{
	return (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0);
}

static inline int64_t warren_unzigzag(uint64_t number)
{
	return (int64_t)(number >> 1 ^ (number & 1 ? UINT64_MAX : 0));
}

static inline ProtobufCWireType warren_wire_type(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
		return PROTOBUF_C_WIRE_TYPE_32BIT;
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return PROTOBUF_C_WIRE_TYPE_64BIT;
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
	case PROTOBUF_C_TYPE_MESSAGE:
		return PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
	default:
		return PROTOBUF_C_WIRE_TYPE_VARINT;
	}
}

#endif
