/*
 * Made by protoc-gen-warren from reserved.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/*
 * The messages of reserved, as structs.
 *
 * A struct begins with `base`, which you leave alone: designated initialisers suffice.  A
 * struct points to const data: a received message is read, one that is sent is borrowed during the call.
 * A string may be left NULL for an empty one; a received string never is NULL, unless its comment
 * says so.
 *
 * Each message has six calls, named after it:
 *
 *   _pack       its protobuf bytes.  Returns 0; -ENOMEM past the arena's cap; -E2BIG too deep.
 *   _unpack     the message of such bytes.  Returns 0; -EBADMSG with `error`; -ENOMEM.
 *   _to_json    terminated JSON.  Returns 0; -ENOMEM; -E2BIG.
 *   _from_json  the message of a JSON object.  Returns 0; -EBADMSG with `error`: the field, and
 *               what was expected; -ENOMEM.
 *   _check      whether it keeps the schema's rules.  Returns 0; -EINVAL with `error`: the field,
 *               and what is allowed.
 *   _dump       JSON with secrets redacted, for logs.  Returns the text, "{}" when it is too long.
 *
 * Owns: the arena, whatever comes out.  On failure outputs are untouched.  Thread: any.
 */
#ifndef RESERVED_MESSAGES_H
#define RESERVED_MESSAGES_H

#include "warren/message.h"

#ifdef __cplusplus
extern "C" {
#endif

#if WARREN_API != 3
#error "reserved_messages.h was made for version 3 of the runtime's interface; run ./dev gen"
#endif

enum in {
	IN_UNSPECIFIED = 0,
	IN_OUT = 1,
	IN_NULL = 2,
	IN_EOF = 3,
};
extern const ProtobufCEnumDescriptor in_descriptor;

/* Which field of union is there. */
enum user_union__case {
	USER_UNION__CASE_NOT_SET = 0,
	USER_UNION__CASE_THIS = 7,
	USER_UNION__CASE_DELETE = 8,
};

struct user {
	ProtobufCMessage base;
	const char *class_;
	int32_t int_;
	protobuf_c_boolean new_;
	const char *base_;
	size_t template__count;
	const char *const *template_;
	/* There only if has_register_. */
	protobuf_c_boolean has_register_;
	int32_t register_;
	enum user_union__case union__case;
	union {
		const char *this_;
		const char *delete_;
	};
	/* NULL when absent. */
	const struct stat_ *stat;
	enum in in;
	const char *message;
	const char *interface;
};

struct new_ {
	ProtobufCMessage base;
	const char *function;
	const char *http_status;
};

struct class_ {
	ProtobufCMessage base;
};

struct stat_ {
	ProtobufCMessage base;
	/* NULL when absent. */
	const struct array *array;
};

struct array {
	ProtobufCMessage base;
	size_t items_count;
	const struct array *const *items;
};

extern const struct warren_message_type user_type;
extern const struct warren_message_type new__type;
extern const struct warren_message_type class__type;
extern const struct warren_message_type stat__type;
extern const struct warren_message_type array_type;

int user_pack(const struct user *message, struct warren_arena *arena, struct warren_bytes *ret)
	WARREN_MUST_CHECK;
int user_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct user **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int user_to_json(const struct user *message, struct warren_arena *arena, const char **ret)
	WARREN_MUST_CHECK;
int user_from_json(const char *json, size_t len, struct warren_arena *arena, struct user **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int user_check(const struct user *message, struct warren_error *error) WARREN_MUST_CHECK;
const char *user_dump(const struct user *message, struct warren_arena *arena);

int new__pack(const struct new_ *message, struct warren_arena *arena, struct warren_bytes *ret)
	WARREN_MUST_CHECK;
int new__unpack(struct warren_bytes bytes, struct warren_arena *arena, struct new_ **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int new__to_json(const struct new_ *message, struct warren_arena *arena, const char **ret)
	WARREN_MUST_CHECK;
int new__from_json(const char *json, size_t len, struct warren_arena *arena, struct new_ **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int new__check(const struct new_ *message, struct warren_error *error) WARREN_MUST_CHECK;
const char *new__dump(const struct new_ *message, struct warren_arena *arena);

int class__pack(const struct class_ *message, struct warren_arena *arena, struct warren_bytes *ret)
	WARREN_MUST_CHECK;
int class__unpack(struct warren_bytes bytes, struct warren_arena *arena, struct class_ **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int class__to_json(const struct class_ *message, struct warren_arena *arena, const char **ret)
	WARREN_MUST_CHECK;
int class__from_json(const char *json, size_t len, struct warren_arena *arena, struct class_ **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int class__check(const struct class_ *message, struct warren_error *error) WARREN_MUST_CHECK;
const char *class__dump(const struct class_ *message, struct warren_arena *arena);

int stat__pack(const struct stat_ *message, struct warren_arena *arena, struct warren_bytes *ret)
	WARREN_MUST_CHECK;
int stat__unpack(struct warren_bytes bytes, struct warren_arena *arena, struct stat_ **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int stat__to_json(const struct stat_ *message, struct warren_arena *arena, const char **ret)
	WARREN_MUST_CHECK;
int stat__from_json(const char *json, size_t len, struct warren_arena *arena, struct stat_ **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int stat__check(const struct stat_ *message, struct warren_error *error) WARREN_MUST_CHECK;
const char *stat__dump(const struct stat_ *message, struct warren_arena *arena);

int array_pack(const struct array *message, struct warren_arena *arena, struct warren_bytes *ret)
	WARREN_MUST_CHECK;
int array_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct array **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int array_to_json(const struct array *message, struct warren_arena *arena, const char **ret)
	WARREN_MUST_CHECK;
int array_from_json(const char *json, size_t len, struct warren_arena *arena, struct array **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int array_check(const struct array *message, struct warren_error *error) WARREN_MUST_CHECK;
const char *array_dump(const struct array *message, struct warren_arena *arena);

#ifdef __cplusplus
}
#endif

#endif
