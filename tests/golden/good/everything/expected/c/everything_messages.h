/*
 * Made by protoc-gen-warren from everything.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/*
 * The messages of everything, as structs.
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
#ifndef EVERYTHING_MESSAGES_H
#define EVERYTHING_MESSAGES_H

#include "warren/message.h"

#ifdef __cplusplus
extern "C" {
#endif

#if WARREN_API != 3
#error "everything_messages.h was made for version 3 of the runtime's interface; run ./dev gen"
#endif

enum everything_address_kind {
	EVERYTHING_ADDRESS_KIND_UNSPECIFIED = 0,
	EVERYTHING_ADDRESS_KIND_HOME = 1,
};
extern const ProtobufCEnumDescriptor everything_address_kind_descriptor;

/* The states of an order, in no order. */
enum order_state {
	ORDER_STATE_UNSPECIFIED = 0,
	/* It was paid. */
	ORDER_STATE_PAID = 5,
	ORDER_STATE_SETTLED = 5,
	ORDER_STATE_LOST = -2147483648,
	ORDER_STATE_FAR = 2147483646,
	ORDER_STATE_SENT = 6,
};
extern const ProtobufCEnumDescriptor order_state_descriptor;

/* Which field of payment is there. */
enum everything_payment_case {
	EVERYTHING_PAYMENT_CASE_NOT_SET_ = 0,
	EVERYTHING_PAYMENT_CASE_CARD = 60,
	EVERYTHING_PAYMENT_CASE_VOUCHER = 61,
	EVERYTHING_PAYMENT_CASE_INVOICE_TO = 62,
	EVERYTHING_PAYMENT_CASE_TOKEN = 63,
	EVERYTHING_PAYMENT_CASE_NOT_SET = 64,
	EVERYTHING_PAYMENT_CASE_CASH = 65,
};

/* Which field of gift is there. */
enum everything_gift_case {
	EVERYTHING_GIFT_CASE_NOT_SET = 0,
	EVERYTHING_GIFT_CASE_TO = 70,
};

/* Every scalar; numbers with gaps, declared out of order. */
struct everything {
	ProtobufCMessage base;
	/*
	 * A comment that tries to end the comment: * / int x; / * and a trigraph ? ?/ too.
	 * Required, 2 to 10 characters, matches `^"[a-z]??(\\) [é€]*$`.
	 */
	const char *text;
	/*
	 * Numbers:
	 *
	 * - the first goes on here, in a line that is long enough to be broken once more because it
	 *   has so many words that no screen shows it
	 * - the second.  -0.1 to 1e+100.
	 */
	double a_double;
	/* At least 0.5. */
	float a_float;
	/* -3 to 3. */
	int32_t an_int32;
	int64_t an_int64;
	uint32_t a_uint32;
	uint64_t a_uint64;
	int32_t a_sint32;
	/* A number within ±(2^53 − 1). */
	int64_t a_sint64;
	uint32_t a_fixed32;
	uint64_t a_fixed64;
	int32_t a_sfixed32;
	int64_t a_sfixed64;
	protobuf_c_boolean a_bool;
	/* 3 to 32 bytes. */
	ProtobufCBinaryData some_bytes;
	enum order_state state;
	/* One of "red", "gr"een", "blue". */
	const char *one_of_three;
	/* An e-mail address. */
	const char *mail;
	/* Required, a UUID. */
	const char *id;
	/* Secret. */
	const char *pin;
	/* NULL when absent. */
	const char *maybe_text;
	/* There only if has_maybe_number. */
	protobuf_c_boolean has_maybe_number;
	int32_t maybe_number;
	/* There only if has_maybe_bool. */
	protobuf_c_boolean has_maybe_bool;
	protobuf_c_boolean maybe_bool;
	/* There only if has_maybe_bytes. */
	protobuf_c_boolean has_maybe_bytes;
	ProtobufCBinaryData maybe_bytes;
	/* There only if has_maybe_state. */
	protobuf_c_boolean has_maybe_state;
	enum order_state maybe_state;
	/* NULL when absent. */
	const struct everything_address *maybe_address;
	/* 1 to 5 items, each at most 8 characters. */
	size_t texts_count;
	const char *const *texts;
	size_t doubles_count;
	const double *doubles;
	size_t bools_count;
	const protobuf_c_boolean *bools;
	size_t blobs_count;
	const ProtobufCBinaryData *blobs;
	size_t states_count;
	const enum order_state *states;
	size_t unpacked_count;
	const int64_t *unpacked;
	size_t addresses_count;
	const struct everything_address *const *addresses;
	/* Required. */
	const struct everything_address *address;
	/* How it is paid. */
	enum everything_payment_case payment_case;
	union {
		/* By card.  At most 20 characters. */
		const char *card;
		uint64_t voucher;
		const struct everything_address *invoice_to;
		ProtobufCBinaryData token;
		enum order_state not_set;
		protobuf_c_boolean cash;
	};
	enum everything_gift_case gift_case;
	union {
		const char *to;
	};
};

/* Declared inside. */
struct everything_address {
	ProtobufCMessage base;
	/* Required. */
	const char *street;
	enum everything_address_kind kind;
	/* NULL when absent. */
	const struct everything *around;
};

/* A reply that holds itself. */
struct everything2 {
	ProtobufCMessage base;
	/* NULL when absent. */
	const struct everything2 *inner;
	size_t others_count;
	const struct everything2 *const *others;
	int64_t total_cents;
	enum everything_address_kind kind;
};

struct nothing {
	ProtobufCMessage base;
};

extern const struct warren_message_type everything_type;
extern const struct warren_message_type everything_address_type;
extern const struct warren_message_type everything2_type;
extern const struct warren_message_type nothing_type;

int everything_pack(const struct everything *message, struct warren_arena *arena,
	struct warren_bytes *ret) WARREN_MUST_CHECK;
int everything_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct everything **ret, struct warren_error *error) WARREN_MUST_CHECK;
int everything_to_json(const struct everything *message, struct warren_arena *arena,
	const char **ret) WARREN_MUST_CHECK;
int everything_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct everything **ret, struct warren_error *error) WARREN_MUST_CHECK;
int everything_check(const struct everything *message, struct warren_error *error)
	WARREN_MUST_CHECK;
const char *everything_dump(const struct everything *message, struct warren_arena *arena);

int everything_address_pack(const struct everything_address *message, struct warren_arena *arena,
	struct warren_bytes *ret) WARREN_MUST_CHECK;
int everything_address_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct everything_address **ret, struct warren_error *error) WARREN_MUST_CHECK;
int everything_address_to_json(const struct everything_address *message, struct warren_arena *arena,
	const char **ret) WARREN_MUST_CHECK;
int everything_address_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct everything_address **ret, struct warren_error *error) WARREN_MUST_CHECK;
int everything_address_check(const struct everything_address *message, struct warren_error *error)
	WARREN_MUST_CHECK;
const char *everything_address_dump(const struct everything_address *message,
	struct warren_arena *arena);

int everything2_pack(const struct everything2 *message, struct warren_arena *arena,
	struct warren_bytes *ret) WARREN_MUST_CHECK;
int everything2_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct everything2 **ret, struct warren_error *error) WARREN_MUST_CHECK;
int everything2_to_json(const struct everything2 *message, struct warren_arena *arena,
	const char **ret) WARREN_MUST_CHECK;
int everything2_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct everything2 **ret, struct warren_error *error) WARREN_MUST_CHECK;
int everything2_check(const struct everything2 *message, struct warren_error *error)
	WARREN_MUST_CHECK;
const char *everything2_dump(const struct everything2 *message, struct warren_arena *arena);

int nothing_pack(const struct nothing *message, struct warren_arena *arena,
	struct warren_bytes *ret) WARREN_MUST_CHECK;
int nothing_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct nothing **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
int nothing_to_json(const struct nothing *message, struct warren_arena *arena, const char **ret)
	WARREN_MUST_CHECK;
int nothing_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct nothing **ret, struct warren_error *error) WARREN_MUST_CHECK;
int nothing_check(const struct nothing *message, struct warren_error *error) WARREN_MUST_CHECK;
const char *nothing_dump(const struct nothing *message, struct warren_arena *arena);

#ifdef __cplusplus
}
#endif

#endif
