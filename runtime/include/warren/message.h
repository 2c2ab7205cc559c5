/*
 * Messages: typed structs, their protobuf bytes, their JSON, and the schema's constraints.
 *
 * A generated struct begins with `ProtobufCMessage base`; its layout is described twice: by a
 * ProtobufCMessageDescriptor for the protobuf-c runtime, and by a warren_message_type beside it for
 * JSON names, constraints and secrets.  `fields` runs parallel to `descriptor->fields` (both sorted
 * by field number).
 *
 * Writing: designated initialisers suffice.  The caller's struct is never written to; where `base`
 * is unset the codec supplies it.  Strings may be NULL (empty; absent for a proto3 optional
 * string). Reading: strings are terminated, valid UTF-8 without U+0000; never NULL unless optional
 * and absent. Everything that a peer's bytes can do wrong is -EBADMSG with `error`; nothing is ever
 * half filled. An error's message is said of its field ("must be a string"), and holds no value.
 *
 * JSON is the proto3 mapping: lowerCamelCase names, 64-bit integers as strings unless `integer:
 * SAFE`, enums by name, bytes as base64, fields without presence always written. All calls: any
 * thread; results are owned by the arena.
 */
#ifndef WARREN_MESSAGE_H
#define WARREN_MESSAGE_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "warren/api.h"
#include "warren/arena.h"
#include "warren/code.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WARREN_MESSAGE_DEPTH_MAX 64

enum warren_field_flag {
	WARREN_FIELD_REQUIRED = 1 << 0,     /* present, and not its type's zero */
	WARREN_FIELD_SECRET = 1 << 1,       /* shown as "[secret]" by warren_message_dump */
	WARREN_FIELD_SAFE_INTEGER = 1 << 2, /* a 64-bit integer that JSON carries as a number */
	WARREN_FIELD_EMAIL = 1 << 3,
	WARREN_FIELD_UUID = 1 << 4,
	WARREN_FIELD_HAS_GTE = 1 << 5,
	WARREN_FIELD_HAS_LTE = 1 << 6
};

/* What the schema says of one field, beyond what protobuf knows. */
struct warren_field {
	const char *json_name;
	uint32_t flags;
	uint32_t min_len, max_len; /* characters of a string, bytes of a bytes field; max 0: none */
	uint32_t min_items, max_items; /* of a repeated field; max 0: none */
	const char *pattern;   /* PCRE2 in UTF mode, found anywhere in the value; NULL: none */
	const char *const *in; /* the strings allowed; NULL: any */
	uint32_t in_count;
	double gte, lte;                           /* numbers; see the HAS flags */
	const struct warren_message_type *message; /* of a message field */
};

struct warren_message_type {
	const char *name;       /* the protobuf name, without package: "UserLogin" */
	const char *event_name; /* on the wire: "userLogin" */
	const ProtobufCMessageDescriptor *descriptor;
	const struct warren_field *fields;
};

struct warren_bytes {
	const uint8_t *data;
	size_t len;
};

/*
 * Packs `message`.  Returns 0; -ENOMEM past the arena's cap; -E2BIG past the depth limit; -EINVAL
 * where a count or a oneof's case promises what is NULL.
 */
int warren_message_pack(const struct warren_message_type *type, const void *message,
	struct warren_arena *arena, struct warren_bytes *ret) WARREN_MUST_CHECK;

/* Returns 0; -EBADMSG with `error`: not this message, text not UTF-8, too deep; -ENOMEM. */
int warren_message_unpack(const struct warren_message_type *type, struct warren_bytes bytes,
	struct warren_arena *arena, void **ret, struct warren_error *error) WARREN_MUST_CHECK;

/*
 * Reads a JSON object.  Unknown members are refused with their name, as are members given twice.
 * Returns 0; -EBADMSG with `error` (invalid_argument, the field's path, what was expected);
 * -ENOMEM.
 */
int warren_message_from_json(const struct warren_message_type *type, const char *json, size_t len,
	struct warren_arena *arena, void **ret, struct warren_error *error) WARREN_MUST_CHECK;

/*
 * Writes terminated JSON; `*ret_len` (may be NULL) leaves the end out.  Returns 0; -ENOMEM; -E2BIG;
 * -EINVAL as for packing, or where a SAFE integer is none.
 */
int warren_message_to_json(const struct warren_message_type *type, const void *message,
	struct warren_arena *arena, const char **ret, size_t *ret_len) WARREN_MUST_CHECK;

/* The same with secrets redacted, for logs.  Returns the text, "{}" when it does not fit. */
const char *warren_message_dump(
	const struct warren_message_type *type, const void *message, struct warren_arena *arena);

/* Checks the constraints.  Returns 0; -EINVAL with `error`: invalid_argument, field, what is
 * allowed. */
int warren_message_check(const struct warren_message_type *type, const void *message,
	struct warren_error *error) WARREN_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif
