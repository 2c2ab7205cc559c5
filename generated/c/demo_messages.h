/* Made by protoc-gen-warren from demo.proto.  Do not edit: change the schema and run ./dev gen. */
/*
 * The messages of demo, as structs.
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
#ifndef DEMO_MESSAGES_H
#define DEMO_MESSAGES_H

#include "warren/message.h"

#ifdef __cplusplus
extern "C" {
#endif

#if WARREN_API != 3
#error "demo_messages.h was made for version 3 of the runtime's interface; run ./dev gen"
#endif

/* A person asks for an account. */
struct user_register {
	ProtobufCMessage base;
	/* The name to sign in with.  Required, at most 64 characters, matches `^\S(.*\S)?$`. */
	const char *name;
	/* 8 to 1024 characters, secret. */
	const char *password;
};

/* The account was made. */
struct register_response {
	ProtobufCMessage base;
	/* The account's name as it was stored. */
	const char *name;
};

/* A person submits the login form. */
struct user_login {
	ProtobufCMessage base;
	/* Required, at most 64 characters. */
	const char *name;
	/* 8 to 1024 characters, secret. */
	const char *password;
};

/* Whether the name and the password belong together. */
struct login_response {
	ProtobufCMessage base;
	protobuf_c_boolean ok;
	/* Opens the session; empty unless ok.  Secret. */
	const char *token;
	/* What to tell the person; empty if ok. */
	const char *reason;
};

/* A notice that any service may show to people who are online. */
struct frontend_message {
	ProtobufCMessage base;
	/* At most 4096 characters. */
	const char *text;
};

extern const struct warren_message_type user_register_type;
extern const struct warren_message_type register_response_type;
extern const struct warren_message_type user_login_type;
extern const struct warren_message_type login_response_type;
extern const struct warren_message_type frontend_message_type;

int user_register_pack(const struct user_register *message, struct warren_arena *arena,
	struct warren_bytes *ret) WARREN_MUST_CHECK;
int user_register_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct user_register **ret, struct warren_error *error) WARREN_MUST_CHECK;
int user_register_to_json(const struct user_register *message, struct warren_arena *arena,
	const char **ret) WARREN_MUST_CHECK;
int user_register_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct user_register **ret, struct warren_error *error) WARREN_MUST_CHECK;
int user_register_check(const struct user_register *message, struct warren_error *error)
	WARREN_MUST_CHECK;
const char *user_register_dump(const struct user_register *message, struct warren_arena *arena);

int register_response_pack(const struct register_response *message, struct warren_arena *arena,
	struct warren_bytes *ret) WARREN_MUST_CHECK;
int register_response_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct register_response **ret, struct warren_error *error) WARREN_MUST_CHECK;
int register_response_to_json(const struct register_response *message, struct warren_arena *arena,
	const char **ret) WARREN_MUST_CHECK;
int register_response_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct register_response **ret, struct warren_error *error) WARREN_MUST_CHECK;
int register_response_check(const struct register_response *message, struct warren_error *error)
	WARREN_MUST_CHECK;
const char *register_response_dump(const struct register_response *message,
	struct warren_arena *arena);

int user_login_pack(const struct user_login *message, struct warren_arena *arena,
	struct warren_bytes *ret) WARREN_MUST_CHECK;
int user_login_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct user_login **ret, struct warren_error *error) WARREN_MUST_CHECK;
int user_login_to_json(const struct user_login *message, struct warren_arena *arena,
	const char **ret) WARREN_MUST_CHECK;
int user_login_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct user_login **ret, struct warren_error *error) WARREN_MUST_CHECK;
int user_login_check(const struct user_login *message, struct warren_error *error)
	WARREN_MUST_CHECK;
const char *user_login_dump(const struct user_login *message, struct warren_arena *arena);

int login_response_pack(const struct login_response *message, struct warren_arena *arena,
	struct warren_bytes *ret) WARREN_MUST_CHECK;
int login_response_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct login_response **ret, struct warren_error *error) WARREN_MUST_CHECK;
int login_response_to_json(const struct login_response *message, struct warren_arena *arena,
	const char **ret) WARREN_MUST_CHECK;
int login_response_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct login_response **ret, struct warren_error *error) WARREN_MUST_CHECK;
int login_response_check(const struct login_response *message, struct warren_error *error)
	WARREN_MUST_CHECK;
const char *login_response_dump(const struct login_response *message, struct warren_arena *arena);

int frontend_message_pack(const struct frontend_message *message, struct warren_arena *arena,
	struct warren_bytes *ret) WARREN_MUST_CHECK;
int frontend_message_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct frontend_message **ret, struct warren_error *error) WARREN_MUST_CHECK;
int frontend_message_to_json(const struct frontend_message *message, struct warren_arena *arena,
	const char **ret) WARREN_MUST_CHECK;
int frontend_message_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct frontend_message **ret, struct warren_error *error) WARREN_MUST_CHECK;
int frontend_message_check(const struct frontend_message *message, struct warren_error *error)
	WARREN_MUST_CHECK;
const char *frontend_message_dump(const struct frontend_message *message,
	struct warren_arena *arena);

#ifdef __cplusplus
}
#endif

#endif
