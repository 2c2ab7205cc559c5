/*
 * Made by protoc-gen-warren from fan_out.proto, stock.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/*
 * The messages of fan_out, as structs.
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
#ifndef FAN_OUT_MESSAGES_H
#define FAN_OUT_MESSAGES_H

#include "warren/message.h"

#ifdef __cplusplus
extern "C" {
#endif

#if WARREN_API != 3
#error "fan_out_messages.h was made for version 3 of the runtime's interface; run ./dev gen"
#endif

/* A person orders.  Orders replies, billing looks on. */
struct order_placed {
	ProtobufCMessage base;
	/* Required. */
	const char *item;
};

struct order_accepted {
	ProtobufCMessage base;
	uint64_t number;
};

/* A fact with two consumers and two producers. */
struct order_created {
	ProtobufCMessage base;
	uint64_t number;
};

/* May be lost. */
struct tick {
	ProtobufCMessage base;
};

/* A fact that nobody needs yet. */
struct order_forgotten {
	ProtobufCMessage base;
};

/* A question between services. */
struct reserve {
	ProtobufCMessage base;
	const char *item;
};

struct reserved {
	ProtobufCMessage base;
	protobuf_c_boolean ok;
};

struct stock_low {
	ProtobufCMessage base;
	const char *item;
};

extern const struct warren_message_type order_placed_type;
extern const struct warren_message_type order_accepted_type;
extern const struct warren_message_type order_created_type;
extern const struct warren_message_type tick_type;
extern const struct warren_message_type order_forgotten_type;
extern const struct warren_message_type reserve_type;
extern const struct warren_message_type reserved_type;
extern const struct warren_message_type stock_low_type;

int order_placed_pack(const struct order_placed *message, struct warren_arena *arena,
	struct warren_bytes *ret) WARREN_MUST_CHECK;
int order_placed_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct order_placed **ret, struct warren_error *error) WARREN_MUST_CHECK;
int order_placed_to_json(const struct order_placed *message, struct warren_arena *arena,
	const char **ret) WARREN_MUST_CHECK;
int order_placed_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct order_placed **ret, struct warren_error *error) WARREN_MUST_CHECK;
int order_placed_check(const struct order_placed *message, struct warren_error *error)
	WARREN_MUST_CHECK;
const char *order_placed_dump(const struct order_placed *message, struct warren_arena *arena);

int order_accepted_pack(const struct order_accepted *message, struct warren_arena *arena,
	struct warren_bytes *ret) WARREN_MUST_CHECK;
int order_accepted_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct order_accepted **ret, struct warren_error *error) WARREN_MUST_CHECK;
int order_accepted_to_json(const struct order_accepted *message, struct warren_arena *arena,
	const char **ret) WARREN_MUST_CHECK;
int order_accepted_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct order_accepted **ret, struct warren_error *error) WARREN_MUST_CHECK;
int order_accepted_check(const struct order_accepted *message, struct warren_error *error)
	WARREN_MUST_CHECK;
const char *order_accepted_dump(const struct order_accepted *message, struct warren_arena *arena);

int order_created_pack(const struct order_created *message, struct warren_arena *arena,
	struct warren_bytes *ret) WARREN_MUST_CHECK;
int order_created_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct order_created **ret, struct warren_error *error) WARREN_MUST_CHECK;
int order_created_to_json(const struct order_created *message, struct warren_arena *arena,
	const char **ret) WARREN_MUST_CHECK;
int order_created_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct order_created **ret, struct warren_error *error) WARREN_MUST_CHECK;
int order_created_check(const struct order_created *message, struct warren_error *error)
	WARREN_MUST_CHECK;
const char *order_created_dump(const struct order_created *message, struct warren_arena *arena);

int tick_pack(const struct tick *message, struct warren_arena *arena, struct warren_bytes *ret)
	WARREN_MUST_CHECK;
int tick_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct tick **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int tick_to_json(const struct tick *message, struct warren_arena *arena, const char **ret)
	WARREN_MUST_CHECK;
int tick_from_json(const char *json, size_t len, struct warren_arena *arena, struct tick **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int tick_check(const struct tick *message, struct warren_error *error) WARREN_MUST_CHECK;
const char *tick_dump(const struct tick *message, struct warren_arena *arena);

int order_forgotten_pack(const struct order_forgotten *message, struct warren_arena *arena,
	struct warren_bytes *ret) WARREN_MUST_CHECK;
int order_forgotten_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct order_forgotten **ret, struct warren_error *error) WARREN_MUST_CHECK;
int order_forgotten_to_json(const struct order_forgotten *message, struct warren_arena *arena,
	const char **ret) WARREN_MUST_CHECK;
int order_forgotten_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct order_forgotten **ret, struct warren_error *error) WARREN_MUST_CHECK;
int order_forgotten_check(const struct order_forgotten *message, struct warren_error *error)
	WARREN_MUST_CHECK;
const char *order_forgotten_dump(const struct order_forgotten *message, struct warren_arena *arena);

int reserve_pack(const struct reserve *message, struct warren_arena *arena,
	struct warren_bytes *ret) WARREN_MUST_CHECK;
int reserve_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct reserve **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int reserve_to_json(const struct reserve *message, struct warren_arena *arena, const char **ret)
	WARREN_MUST_CHECK;
int reserve_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct reserve **ret, struct warren_error *error) WARREN_MUST_CHECK;
int reserve_check(const struct reserve *message, struct warren_error *error) WARREN_MUST_CHECK;
const char *reserve_dump(const struct reserve *message, struct warren_arena *arena);

int reserved_pack(const struct reserved *message, struct warren_arena *arena,
	struct warren_bytes *ret) WARREN_MUST_CHECK;
int reserved_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct reserved **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int reserved_to_json(const struct reserved *message, struct warren_arena *arena, const char **ret)
	WARREN_MUST_CHECK;
int reserved_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct reserved **ret, struct warren_error *error) WARREN_MUST_CHECK;
int reserved_check(const struct reserved *message, struct warren_error *error) WARREN_MUST_CHECK;
const char *reserved_dump(const struct reserved *message, struct warren_arena *arena);

int stock_low_pack(const struct stock_low *message, struct warren_arena *arena,
	struct warren_bytes *ret) WARREN_MUST_CHECK;
int stock_low_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct stock_low **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int stock_low_to_json(const struct stock_low *message, struct warren_arena *arena, const char **ret)
	WARREN_MUST_CHECK;
int stock_low_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct stock_low **ret, struct warren_error *error) WARREN_MUST_CHECK;
int stock_low_check(const struct stock_low *message, struct warren_error *error) WARREN_MUST_CHECK;
const char *stock_low_dump(const struct stock_low *message, struct warren_arena *arena);

#ifdef __cplusplus
}
#endif

#endif
