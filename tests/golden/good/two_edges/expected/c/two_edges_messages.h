/*
 * Made by protoc-gen-warren from two_edges.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/*
 * The messages of two_edges, as structs.
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
#ifndef TWO_EDGES_MESSAGES_H
#define TWO_EDGES_MESSAGES_H

#include "warren/message.h"

#ifdef __cplusplus
extern "C" {
#endif

#if WARREN_API != 3
#error "two_edges_messages.h was made for version 3 of the runtime's interface; run ./dev gen"
#endif

/* Somebody says something: from both edges' browsers, and to them. */
struct said {
	ProtobufCMessage base;
	/* Required, at most 500 characters. */
	const char *text;
};

/* Only the office hears it, and surely. */
struct alarm {
	ProtobufCMessage base;
	const char *text;
};

struct shift_ended {
	ProtobufCMessage base;
};

extern const struct warren_message_type said_type;
extern const struct warren_message_type alarm_type;
extern const struct warren_message_type shift_ended_type;

int said_pack(const struct said *message, struct warren_arena *arena, struct warren_bytes *ret)
	WARREN_MUST_CHECK;
int said_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct said **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int said_to_json(const struct said *message, struct warren_arena *arena, const char **ret)
	WARREN_MUST_CHECK;
int said_from_json(const char *json, size_t len, struct warren_arena *arena, struct said **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int said_check(const struct said *message, struct warren_error *error) WARREN_MUST_CHECK;
const char *said_dump(const struct said *message, struct warren_arena *arena);

int alarm_pack(const struct alarm *message, struct warren_arena *arena, struct warren_bytes *ret)
	WARREN_MUST_CHECK;
int alarm_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct alarm **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int alarm_to_json(const struct alarm *message, struct warren_arena *arena, const char **ret)
	WARREN_MUST_CHECK;
int alarm_from_json(const char *json, size_t len, struct warren_arena *arena, struct alarm **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int alarm_check(const struct alarm *message, struct warren_error *error) WARREN_MUST_CHECK;
const char *alarm_dump(const struct alarm *message, struct warren_arena *arena);

int shift_ended_pack(const struct shift_ended *message, struct warren_arena *arena,
	struct warren_bytes *ret) WARREN_MUST_CHECK;
int shift_ended_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct shift_ended **ret, struct warren_error *error) WARREN_MUST_CHECK;
int shift_ended_to_json(const struct shift_ended *message, struct warren_arena *arena,
	const char **ret) WARREN_MUST_CHECK;
int shift_ended_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct shift_ended **ret, struct warren_error *error) WARREN_MUST_CHECK;
int shift_ended_check(const struct shift_ended *message, struct warren_error *error)
	WARREN_MUST_CHECK;
const char *shift_ended_dump(const struct shift_ended *message, struct warren_arena *arena);

#ifdef __cplusplus
}
#endif

#endif
