/*
 * Made by protoc-gen-warren from everything.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "everything_messages.h"

#include <stddef.h>

/* ---- EverythingAddressKind ---- */

static const ProtobufCEnumValue everything_address_kind_values[] = {
	{"KIND_UNSPECIFIED", "EVERYTHING_ADDRESS_KIND_UNSPECIFIED", 0},
	{"KIND_HOME", "EVERYTHING_ADDRESS_KIND_HOME", 1},
};

static const ProtobufCEnumValueIndex everything_address_kind_values_by_name[] = {
	{"KIND_HOME", 1},
	{"KIND_UNSPECIFIED", 0},
};

static const ProtobufCIntRange everything_address_kind_value_ranges[] = {{0, 0}, {0, 2}};

const ProtobufCEnumDescriptor everything_address_kind_descriptor = {
	.magic = PROTOBUF_C__ENUM_DESCRIPTOR_MAGIC,
	.name = "everything.Everything.Address.Kind",
	.short_name = "EverythingAddressKind",
	.c_name = "everything_address_kind",
	.package_name = "everything",
	.n_values = 2,
	.values = everything_address_kind_values,
	.n_value_names = 2,
	.values_by_name = everything_address_kind_values_by_name,
	.n_value_ranges = 1,
	.value_ranges = everything_address_kind_value_ranges,
};

/* ---- OrderState ---- */

static const ProtobufCEnumValue order_state_values[] = {
	{"ORDER_STATE_LOST", "ORDER_STATE_LOST", -2147483648},
	{"ORDER_STATE_UNSPECIFIED", "ORDER_STATE_UNSPECIFIED", 0},
	{"ORDER_STATE_PAID", "ORDER_STATE_PAID", 5},
	{"ORDER_STATE_SENT", "ORDER_STATE_SENT", 6},
	{"ORDER_STATE_FAR", "ORDER_STATE_FAR", 2147483646},
};

static const ProtobufCEnumValueIndex order_state_values_by_name[] = {
	{"ORDER_STATE_FAR", 4},
	{"ORDER_STATE_LOST", 0},
	{"ORDER_STATE_PAID", 2},
	{"ORDER_STATE_SENT", 3},
	{"ORDER_STATE_SETTLED", 2},
	{"ORDER_STATE_UNSPECIFIED", 1},
};

static const ProtobufCIntRange order_state_value_ranges[] = {
	{-2147483648, 0},
	{0, 1},
	{5, 2},
	{2147483646, 4},
	{0, 5},
};

const ProtobufCEnumDescriptor order_state_descriptor = {
	.magic = PROTOBUF_C__ENUM_DESCRIPTOR_MAGIC,
	.name = "everything.OrderState",
	.short_name = "OrderState",
	.c_name = "order_state",
	.package_name = "everything",
	.n_values = 5,
	.values = order_state_values,
	.n_value_names = 6,
	.values_by_name = order_state_values_by_name,
	.n_value_ranges = 4,
	.value_ranges = order_state_value_ranges,
};

static const ProtobufCMessageDescriptor everything_descriptor;
static const ProtobufCMessageDescriptor everything_address_descriptor;
static const ProtobufCMessageDescriptor everything2_descriptor;

/* ---- Everything ---- */

static const ProtobufCFieldDescriptor everything_field_descriptors[] = {
	{
		.name = "text",
		.id = 1,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct everything, text),
		.default_value = protobuf_c_empty_string,
	},
	{
		.name = "a_double",
		.id = 2,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_DOUBLE,
		.offset = offsetof(struct everything, a_double),
	},
	{
		.name = "a_float",
		.id = 3,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_FLOAT,
		.offset = offsetof(struct everything, a_float),
	},
	{
		.name = "an_int32",
		.id = 4,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_INT32,
		.offset = offsetof(struct everything, an_int32),
	},
	{
		.name = "an_int64",
		.id = 5,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_INT64,
		.offset = offsetof(struct everything, an_int64),
	},
	{
		.name = "pin",
		.id = 9,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct everything, pin),
		.default_value = protobuf_c_empty_string,
	},
	{
		.name = "id",
		.id = 10,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct everything, id),
		.default_value = protobuf_c_empty_string,
	},
	{
		.name = "mail",
		.id = 11,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct everything, mail),
		.default_value = protobuf_c_empty_string,
	},
	{
		.name = "one_of_three",
		.id = 12,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct everything, one_of_three),
		.default_value = protobuf_c_empty_string,
	},
	{
		.name = "state",
		.id = 13,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_ENUM,
		.offset = offsetof(struct everything, state),
		.descriptor = &order_state_descriptor,
	},
	{
		.name = "some_bytes",
		.id = 14,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_BYTES,
		.offset = offsetof(struct everything, some_bytes),
	},
	{
		.name = "a_bool",
		.id = 15,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_BOOL,
		.offset = offsetof(struct everything, a_bool),
	},
	{
		.name = "a_uint32",
		.id = 16,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_UINT32,
		.offset = offsetof(struct everything, a_uint32),
	},
	{
		.name = "a_uint64",
		.id = 17,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_UINT64,
		.offset = offsetof(struct everything, a_uint64),
	},
	{
		.name = "a_sint32",
		.id = 18,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_SINT32,
		.offset = offsetof(struct everything, a_sint32),
	},
	{
		.name = "a_sint64",
		.id = 19,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_SINT64,
		.offset = offsetof(struct everything, a_sint64),
	},
	{
		.name = "a_fixed32",
		.id = 20,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_FIXED32,
		.offset = offsetof(struct everything, a_fixed32),
	},
	{
		.name = "a_fixed64",
		.id = 21,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_FIXED64,
		.offset = offsetof(struct everything, a_fixed64),
	},
	{
		.name = "a_sfixed32",
		.id = 22,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_SFIXED32,
		.offset = offsetof(struct everything, a_sfixed32),
	},
	{
		.name = "a_sfixed64",
		.id = 23,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_SFIXED64,
		.offset = offsetof(struct everything, a_sfixed64),
	},
	{
		.name = "maybe_text",
		.id = 30,
		.label = PROTOBUF_C_LABEL_OPTIONAL,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct everything, maybe_text),
	},
	{
		.name = "maybe_number",
		.id = 31,
		.label = PROTOBUF_C_LABEL_OPTIONAL,
		.type = PROTOBUF_C_TYPE_INT32,
		.quantifier_offset = offsetof(struct everything, has_maybe_number),
		.offset = offsetof(struct everything, maybe_number),
	},
	{
		.name = "maybe_bool",
		.id = 32,
		.label = PROTOBUF_C_LABEL_OPTIONAL,
		.type = PROTOBUF_C_TYPE_BOOL,
		.quantifier_offset = offsetof(struct everything, has_maybe_bool),
		.offset = offsetof(struct everything, maybe_bool),
	},
	{
		.name = "maybe_bytes",
		.id = 33,
		.label = PROTOBUF_C_LABEL_OPTIONAL,
		.type = PROTOBUF_C_TYPE_BYTES,
		.quantifier_offset = offsetof(struct everything, has_maybe_bytes),
		.offset = offsetof(struct everything, maybe_bytes),
	},
	{
		.name = "maybe_state",
		.id = 34,
		.label = PROTOBUF_C_LABEL_OPTIONAL,
		.type = PROTOBUF_C_TYPE_ENUM,
		.quantifier_offset = offsetof(struct everything, has_maybe_state),
		.offset = offsetof(struct everything, maybe_state),
		.descriptor = &order_state_descriptor,
	},
	{
		.name = "maybe_address",
		.id = 35,
		.label = PROTOBUF_C_LABEL_OPTIONAL,
		.type = PROTOBUF_C_TYPE_MESSAGE,
		.offset = offsetof(struct everything, maybe_address),
		.descriptor = &everything_address_descriptor,
	},
	{
		.name = "texts",
		.id = 40,
		.label = PROTOBUF_C_LABEL_REPEATED,
		.type = PROTOBUF_C_TYPE_STRING,
		.quantifier_offset = offsetof(struct everything, texts_count),
		.offset = offsetof(struct everything, texts),
	},
	{
		.name = "doubles",
		.id = 41,
		.label = PROTOBUF_C_LABEL_REPEATED,
		.type = PROTOBUF_C_TYPE_DOUBLE,
		.quantifier_offset = offsetof(struct everything, doubles_count),
		.offset = offsetof(struct everything, doubles),
		.flags = PROTOBUF_C_FIELD_FLAG_PACKED,
	},
	{
		.name = "bools",
		.id = 42,
		.label = PROTOBUF_C_LABEL_REPEATED,
		.type = PROTOBUF_C_TYPE_BOOL,
		.quantifier_offset = offsetof(struct everything, bools_count),
		.offset = offsetof(struct everything, bools),
		.flags = PROTOBUF_C_FIELD_FLAG_PACKED,
	},
	{
		.name = "blobs",
		.id = 43,
		.label = PROTOBUF_C_LABEL_REPEATED,
		.type = PROTOBUF_C_TYPE_BYTES,
		.quantifier_offset = offsetof(struct everything, blobs_count),
		.offset = offsetof(struct everything, blobs),
	},
	{
		.name = "states",
		.id = 44,
		.label = PROTOBUF_C_LABEL_REPEATED,
		.type = PROTOBUF_C_TYPE_ENUM,
		.quantifier_offset = offsetof(struct everything, states_count),
		.offset = offsetof(struct everything, states),
		.descriptor = &order_state_descriptor,
		.flags = PROTOBUF_C_FIELD_FLAG_PACKED,
	},
	{
		.name = "unpacked",
		.id = 45,
		.label = PROTOBUF_C_LABEL_REPEATED,
		.type = PROTOBUF_C_TYPE_SINT64,
		.quantifier_offset = offsetof(struct everything, unpacked_count),
		.offset = offsetof(struct everything, unpacked),
	},
	{
		.name = "addresses",
		.id = 46,
		.label = PROTOBUF_C_LABEL_REPEATED,
		.type = PROTOBUF_C_TYPE_MESSAGE,
		.quantifier_offset = offsetof(struct everything, addresses_count),
		.offset = offsetof(struct everything, addresses),
		.descriptor = &everything_address_descriptor,
	},
	{
		.name = "address",
		.id = 50,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_MESSAGE,
		.offset = offsetof(struct everything, address),
		.descriptor = &everything_address_descriptor,
	},
	{
		.name = "card",
		.id = 60,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.quantifier_offset = offsetof(struct everything, payment_case),
		.offset = offsetof(struct everything, card),
		.flags = PROTOBUF_C_FIELD_FLAG_ONEOF,
	},
	{
		.name = "voucher",
		.id = 61,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_UINT64,
		.quantifier_offset = offsetof(struct everything, payment_case),
		.offset = offsetof(struct everything, voucher),
		.flags = PROTOBUF_C_FIELD_FLAG_ONEOF,
	},
	{
		.name = "invoice_to",
		.id = 62,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_MESSAGE,
		.quantifier_offset = offsetof(struct everything, payment_case),
		.offset = offsetof(struct everything, invoice_to),
		.descriptor = &everything_address_descriptor,
		.flags = PROTOBUF_C_FIELD_FLAG_ONEOF,
	},
	{
		.name = "token",
		.id = 63,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_BYTES,
		.quantifier_offset = offsetof(struct everything, payment_case),
		.offset = offsetof(struct everything, token),
		.flags = PROTOBUF_C_FIELD_FLAG_ONEOF,
	},
	{
		.name = "not_set",
		.id = 64,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_ENUM,
		.quantifier_offset = offsetof(struct everything, payment_case),
		.offset = offsetof(struct everything, not_set),
		.descriptor = &order_state_descriptor,
		.flags = PROTOBUF_C_FIELD_FLAG_ONEOF,
	},
	{
		.name = "cash",
		.id = 65,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_BOOL,
		.quantifier_offset = offsetof(struct everything, payment_case),
		.offset = offsetof(struct everything, cash),
		.flags = PROTOBUF_C_FIELD_FLAG_ONEOF,
	},
	{
		.name = "to",
		.id = 70,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.quantifier_offset = offsetof(struct everything, gift_case),
		.offset = offsetof(struct everything, to),
		.flags = PROTOBUF_C_FIELD_FLAG_ONEOF,
	},
};
static const unsigned everything_fields_by_name[] = {
	11, 1, 16, 17, 2, 18, 19, 14, 15, 12, 13, 33, 32, 3, 4, 29, 28, 34, 39, 27, 6, 36, 7, 25,
	22, 23, 21, 24, 20, 38, 8, 5, 10, 9, 30, 0, 26, 40, 37, 31, 35,
};
static const ProtobufCIntRange everything_field_ranges[] = {
	{1, 0},
	{9, 5},
	{30, 20},
	{40, 26},
	{50, 33},
	{60, 34},
	{70, 40},
	{0, 41},
};

static void everything_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor everything_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "everything.Everything",
	.short_name = "Everything",
	.c_name = "everything",
	.package_name = "everything",
	.sizeof_message = sizeof(struct everything),
	.n_fields = 41,
	.fields = everything_field_descriptors,
	.fields_sorted_by_name = everything_fields_by_name,
	.n_field_ranges = 7,
	.field_ranges = everything_field_ranges,
	.message_init = everything_init,
};

static void everything_init(ProtobufCMessage *message)
{
	*(struct everything *)message = (struct everything){
		.base = PROTOBUF_C_MESSAGE_INIT(&everything_descriptor),
		.text = protobuf_c_empty_string,
		.one_of_three = protobuf_c_empty_string,
		.mail = protobuf_c_empty_string,
		.id = protobuf_c_empty_string,
		.pin = protobuf_c_empty_string,
	};
}

static const char *const everything_one_of_three_in[] = {"red", "gr\"een", "blue"};
static const struct warren_field everything_fields[] = {
	{.json_name = "text", .flags = WARREN_FIELD_REQUIRED, .min_len = 2, .max_len = 10,
		.pattern = "^\"[a-z]?\?(\\\\)\t[\303\251\342\202\254]*$"},
	{.json_name = "aDouble", .flags = WARREN_FIELD_HAS_GTE | WARREN_FIELD_HAS_LTE, .gte = -0.1,
		.lte = 1e+100},
	{.json_name = "aFloat", .flags = WARREN_FIELD_HAS_GTE, .gte = 0.5},
	{.json_name = "anInt32", .flags = WARREN_FIELD_HAS_GTE | WARREN_FIELD_HAS_LTE, .gte = -3,
		.lte = 3},
	{.json_name = "anInt64"},
	{.json_name = "pin", .flags = WARREN_FIELD_SECRET},
	{.json_name = "id", .flags = WARREN_FIELD_REQUIRED | WARREN_FIELD_UUID},
	{.json_name = "mail", .flags = WARREN_FIELD_EMAIL},
	{.json_name = "oneOfThree", .in = everything_one_of_three_in, .in_count = 3},
	{.json_name = "state"},
	{.json_name = "someBytes", .min_len = 3, .max_len = 32},
	{.json_name = "aBool"},
	{.json_name = "aUint32"},
	{.json_name = "aUint64"},
	{.json_name = "aSint32"},
	{.json_name = "aSint64", .flags = WARREN_FIELD_SAFE_INTEGER},
	{.json_name = "aFixed32"},
	{.json_name = "aFixed64"},
	{.json_name = "aSfixed32"},
	{.json_name = "aSfixed64"},
	{.json_name = "maybeText"},
	{.json_name = "maybeNumber"},
	{.json_name = "maybeBool"},
	{.json_name = "maybeBytes"},
	{.json_name = "maybeState"},
	{.json_name = "maybeAddress", .message = &everything_address_type},
	{.json_name = "texts", .max_len = 8, .min_items = 1, .max_items = 5},
	{.json_name = "doubles"},
	{.json_name = "bools"},
	{.json_name = "blobs"},
	{.json_name = "states"},
	{.json_name = "unpacked"},
	{.json_name = "addresses", .message = &everything_address_type},
	{.json_name = "address", .flags = WARREN_FIELD_REQUIRED,
		.message = &everything_address_type},
	{.json_name = "card", .max_len = 20},
	{.json_name = "voucher"},
	{.json_name = "invoiceTo", .message = &everything_address_type},
	{.json_name = "token"},
	{.json_name = "notSet"},
	{.json_name = "cash"},
	{.json_name = "to"},
};

const struct warren_message_type everything_type = {
	.name = "Everything",
	.event_name = "everything",
	.descriptor = &everything_descriptor,
	.fields = everything_fields,
};

int everything_pack(const struct everything *message, struct warren_arena *arena,
	struct warren_bytes *ret)
{
	return warren_message_pack(&everything_type, message, arena, ret);
}

int everything_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct everything **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&everything_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int everything_to_json(const struct everything *message, struct warren_arena *arena,
	const char **ret)
{
	return warren_message_to_json(&everything_type, message, arena, ret, NULL);
}

int everything_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct everything **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&everything_type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int everything_check(const struct everything *message, struct warren_error *error)
{
	return warren_message_check(&everything_type, message, error);
}

const char *everything_dump(const struct everything *message, struct warren_arena *arena)
{
	return warren_message_dump(&everything_type, message, arena);
}

/* ---- EverythingAddress ---- */

static const ProtobufCFieldDescriptor everything_address_field_descriptors[] = {
	{
		.name = "street",
		.id = 1,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct everything_address, street),
		.default_value = protobuf_c_empty_string,
	},
	{
		.name = "kind",
		.id = 2,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_ENUM,
		.offset = offsetof(struct everything_address, kind),
		.descriptor = &everything_address_kind_descriptor,
	},
	{
		.name = "around",
		.id = 3,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_MESSAGE,
		.offset = offsetof(struct everything_address, around),
		.descriptor = &everything_descriptor,
	},
};
static const unsigned everything_address_fields_by_name[] = {2, 1, 0};
static const ProtobufCIntRange everything_address_field_ranges[] = {{1, 0}, {0, 3}};

static void everything_address_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor everything_address_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "everything.Everything.Address",
	.short_name = "EverythingAddress",
	.c_name = "everything_address",
	.package_name = "everything",
	.sizeof_message = sizeof(struct everything_address),
	.n_fields = 3,
	.fields = everything_address_field_descriptors,
	.fields_sorted_by_name = everything_address_fields_by_name,
	.n_field_ranges = 1,
	.field_ranges = everything_address_field_ranges,
	.message_init = everything_address_init,
};

static void everything_address_init(ProtobufCMessage *message)
{
	*(struct everything_address *)message = (struct everything_address){
		.base = PROTOBUF_C_MESSAGE_INIT(&everything_address_descriptor),
		.street = protobuf_c_empty_string,
	};
}

static const struct warren_field everything_address_fields[] = {
	{.json_name = "street", .flags = WARREN_FIELD_REQUIRED},
	{.json_name = "kind"},
	{.json_name = "around", .message = &everything_type},
};

const struct warren_message_type everything_address_type = {
	.name = "EverythingAddress",
	.event_name = "everythingAddress",
	.descriptor = &everything_address_descriptor,
	.fields = everything_address_fields,
};

int everything_address_pack(const struct everything_address *message, struct warren_arena *arena,
	struct warren_bytes *ret)
{
	return warren_message_pack(&everything_address_type, message, arena, ret);
}

int everything_address_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct everything_address **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&everything_address_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int everything_address_to_json(const struct everything_address *message, struct warren_arena *arena,
	const char **ret)
{
	return warren_message_to_json(&everything_address_type, message, arena, ret, NULL);
}

int everything_address_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct everything_address **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&everything_address_type, json, len, arena, &message,
		error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int everything_address_check(const struct everything_address *message, struct warren_error *error)
{
	return warren_message_check(&everything_address_type, message, error);
}

const char *everything_address_dump(const struct everything_address *message,
	struct warren_arena *arena)
{
	return warren_message_dump(&everything_address_type, message, arena);
}

/* ---- Everything2 ---- */

static const ProtobufCFieldDescriptor everything2_field_descriptors[] = {
	{
		.name = "others",
		.id = 1,
		.label = PROTOBUF_C_LABEL_REPEATED,
		.type = PROTOBUF_C_TYPE_MESSAGE,
		.quantifier_offset = offsetof(struct everything2, others_count),
		.offset = offsetof(struct everything2, others),
		.descriptor = &everything2_descriptor,
	},
	{
		.name = "total_cents",
		.id = 2,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_INT64,
		.offset = offsetof(struct everything2, total_cents),
	},
	{
		.name = "kind",
		.id = 3,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_ENUM,
		.offset = offsetof(struct everything2, kind),
		.descriptor = &everything_address_kind_descriptor,
	},
	{
		.name = "inner",
		.id = 536870911,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_MESSAGE,
		.offset = offsetof(struct everything2, inner),
		.descriptor = &everything2_descriptor,
	},
};
static const unsigned everything2_fields_by_name[] = {3, 2, 0, 1};
static const ProtobufCIntRange everything2_field_ranges[] = {{1, 0}, {536870911, 3}, {0, 4}};

static void everything2_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor everything2_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "everything.Everything2",
	.short_name = "Everything2",
	.c_name = "everything2",
	.package_name = "everything",
	.sizeof_message = sizeof(struct everything2),
	.n_fields = 4,
	.fields = everything2_field_descriptors,
	.fields_sorted_by_name = everything2_fields_by_name,
	.n_field_ranges = 2,
	.field_ranges = everything2_field_ranges,
	.message_init = everything2_init,
};

static void everything2_init(ProtobufCMessage *message)
{
	*(struct everything2 *)message = (struct everything2){
		.base = PROTOBUF_C_MESSAGE_INIT(&everything2_descriptor),
	};
}

static const struct warren_field everything2_fields[] = {
	{.json_name = "others", .message = &everything2_type},
	{.json_name = "totalCents"},
	{.json_name = "kind"},
	{.json_name = "inner", .message = &everything2_type},
};

const struct warren_message_type everything2_type = {
	.name = "Everything2",
	.event_name = "everything2",
	.descriptor = &everything2_descriptor,
	.fields = everything2_fields,
};

int everything2_pack(const struct everything2 *message, struct warren_arena *arena,
	struct warren_bytes *ret)
{
	return warren_message_pack(&everything2_type, message, arena, ret);
}

int everything2_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct everything2 **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&everything2_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int everything2_to_json(const struct everything2 *message, struct warren_arena *arena,
	const char **ret)
{
	return warren_message_to_json(&everything2_type, message, arena, ret, NULL);
}

int everything2_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct everything2 **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&everything2_type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int everything2_check(const struct everything2 *message, struct warren_error *error)
{
	return warren_message_check(&everything2_type, message, error);
}

const char *everything2_dump(const struct everything2 *message, struct warren_arena *arena)
{
	return warren_message_dump(&everything2_type, message, arena);
}

/* ---- Nothing ---- */


static void nothing_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor nothing_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "everything.Nothing",
	.short_name = "Nothing",
	.c_name = "nothing",
	.package_name = "everything",
	.sizeof_message = sizeof(struct nothing),
	.message_init = nothing_init,
};

static void nothing_init(ProtobufCMessage *message)
{
	*(struct nothing *)message = (struct nothing){
		.base = PROTOBUF_C_MESSAGE_INIT(&nothing_descriptor),
	};
}


const struct warren_message_type nothing_type = {
	.name = "Nothing",
	.event_name = "nothing",
	.descriptor = &nothing_descriptor,
};

int nothing_pack(const struct nothing *message, struct warren_arena *arena,
	struct warren_bytes *ret)
{
	return warren_message_pack(&nothing_type, message, arena, ret);
}

int nothing_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct nothing **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&nothing_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int nothing_to_json(const struct nothing *message, struct warren_arena *arena, const char **ret)
{
	return warren_message_to_json(&nothing_type, message, arena, ret, NULL);
}

int nothing_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct nothing **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&nothing_type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int nothing_check(const struct nothing *message, struct warren_error *error)
{
	return warren_message_check(&nothing_type, message, error);
}

const char *nothing_dump(const struct nothing *message, struct warren_arena *arena)
{
	return warren_message_dump(&nothing_type, message, arena);
}
