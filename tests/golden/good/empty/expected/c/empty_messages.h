/* Made by protoc-gen-warren from empty.proto.  Do not edit: change the schema and run ./dev gen. */
/*
 * The messages of empty, as structs.
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
#ifndef EMPTY_MESSAGES_H
#define EMPTY_MESSAGES_H

#include "warren/message.h"

#ifdef __cplusplus
extern "C" {
#endif

#if WARREN_API != 3
#error "empty_messages.h was made for version 3 of the runtime's interface; run ./dev gen"
#endif

struct unused {
	ProtobufCMessage base;
};

extern const struct warren_message_type unused_type;

int unused_pack(const struct unused *message, struct warren_arena *arena, struct warren_bytes *ret)
	WARREN_MUST_CHECK;
int unused_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct unused **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int unused_to_json(const struct unused *message, struct warren_arena *arena, const char **ret)
	WARREN_MUST_CHECK;
int unused_from_json(const char *json, size_t len, struct warren_arena *arena, struct unused **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int unused_check(const struct unused *message, struct warren_error *error) WARREN_MUST_CHECK;
const char *unused_dump(const struct unused *message, struct warren_arena *arena);

#ifdef __cplusplus
}
#endif

#endif
