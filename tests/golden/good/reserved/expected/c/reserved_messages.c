/*
 * Made by protoc-gen-warren from reserved.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "reserved_messages.h"

#include <stddef.h>

/* ---- In ---- */

static const ProtobufCEnumValue in_values[] = {
	{"IN_UNSPECIFIED", "IN_UNSPECIFIED", 0},
	{"OUT", "IN_OUT", 1},
	{"NULL", "IN_NULL", 2},
	{"EOF", "IN_EOF", 3},
};

static const ProtobufCEnumValueIndex in_values_by_name[] = {
	{"EOF", 3},
	{"IN_UNSPECIFIED", 0},
	{"NULL", 2},
	{"OUT", 1},
};

static const ProtobufCIntRange in_value_ranges[] = {{0, 0}, {0, 4}};

const ProtobufCEnumDescriptor in_descriptor = {
	.magic = PROTOBUF_C__ENUM_DESCRIPTOR_MAGIC,
	.name = "reserved.In",
	.short_name = "In",
	.c_name = "in",
	.package_name = "reserved",
	.n_values = 4,
	.values = in_values,
	.n_value_names = 4,
	.values_by_name = in_values_by_name,
	.n_value_ranges = 1,
	.value_ranges = in_value_ranges,
};

static const ProtobufCMessageDescriptor stat__descriptor;
static const ProtobufCMessageDescriptor array_descriptor;

/* ---- User ---- */

static const ProtobufCFieldDescriptor user_field_descriptors[] = {
	{
		.name = "class",
		.id = 1,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct user, class_),
		.default_value = protobuf_c_empty_string,
	},
	{
		.name = "int",
		.id = 2,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_INT32,
		.offset = offsetof(struct user, int_),
	},
	{
		.name = "new",
		.id = 3,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_BOOL,
		.offset = offsetof(struct user, new_),
	},
	{
		.name = "base",
		.id = 4,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct user, base_),
		.default_value = protobuf_c_empty_string,
	},
	{
		.name = "template",
		.id = 5,
		.label = PROTOBUF_C_LABEL_REPEATED,
		.type = PROTOBUF_C_TYPE_STRING,
		.quantifier_offset = offsetof(struct user, template__count),
		.offset = offsetof(struct user, template_),
	},
	{
		.name = "register",
		.id = 6,
		.label = PROTOBUF_C_LABEL_OPTIONAL,
		.type = PROTOBUF_C_TYPE_INT32,
		.quantifier_offset = offsetof(struct user, has_register_),
		.offset = offsetof(struct user, register_),
	},
	{
		.name = "this",
		.id = 7,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.quantifier_offset = offsetof(struct user, union__case),
		.offset = offsetof(struct user, this_),
		.flags = PROTOBUF_C_FIELD_FLAG_ONEOF,
	},
	{
		.name = "delete",
		.id = 8,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.quantifier_offset = offsetof(struct user, union__case),
		.offset = offsetof(struct user, delete_),
		.flags = PROTOBUF_C_FIELD_FLAG_ONEOF,
	},
	{
		.name = "stat",
		.id = 9,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_MESSAGE,
		.offset = offsetof(struct user, stat),
		.descriptor = &stat__descriptor,
	},
	{
		.name = "in",
		.id = 10,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_ENUM,
		.offset = offsetof(struct user, in),
		.descriptor = &in_descriptor,
	},
	{
		.name = "message",
		.id = 11,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct user, message),
		.default_value = protobuf_c_empty_string,
	},
	{
		.name = "interface",
		.id = 12,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct user, interface),
		.default_value = protobuf_c_empty_string,
	},
};
static const unsigned user_fields_by_name[] = {3, 0, 7, 9, 1, 11, 10, 2, 5, 8, 4, 6};
static const ProtobufCIntRange user_field_ranges[] = {{1, 0}, {0, 12}};

static void user_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor user_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "reserved.User",
	.short_name = "User",
	.c_name = "user",
	.package_name = "reserved",
	.sizeof_message = sizeof(struct user),
	.n_fields = 12,
	.fields = user_field_descriptors,
	.fields_sorted_by_name = user_fields_by_name,
	.n_field_ranges = 1,
	.field_ranges = user_field_ranges,
	.message_init = user_init,
};

static void user_init(ProtobufCMessage *message)
{
	*(struct user *)message = (struct user){
		.base = PROTOBUF_C_MESSAGE_INIT(&user_descriptor),
		.class_ = protobuf_c_empty_string,
		.base_ = protobuf_c_empty_string,
		.message = protobuf_c_empty_string,
		.interface = protobuf_c_empty_string,
	};
}

static const struct warren_field user_fields[] = {
	{.json_name = "class"},
	{.json_name = "int"},
	{.json_name = "new"},
	{.json_name = "base"},
	{.json_name = "template"},
	{.json_name = "register"},
	{.json_name = "this"},
	{.json_name = "delete"},
	{.json_name = "stat", .message = &stat__type},
	{.json_name = "in"},
	{.json_name = "message"},
	{.json_name = "interface"},
};

const struct warren_message_type user_type = {
	.name = "User",
	.event_name = "user",
	.descriptor = &user_descriptor,
	.fields = user_fields,
};

int user_pack(const struct user *message, struct warren_arena *arena, struct warren_bytes *ret)
{
	return warren_message_pack(&user_type, message, arena, ret);
}

int user_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct user **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&user_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int user_to_json(const struct user *message, struct warren_arena *arena, const char **ret)
{
	return warren_message_to_json(&user_type, message, arena, ret, NULL);
}

int user_from_json(const char *json, size_t len, struct warren_arena *arena, struct user **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&user_type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int user_check(const struct user *message, struct warren_error *error)
{
	return warren_message_check(&user_type, message, error);
}

const char *user_dump(const struct user *message, struct warren_arena *arena)
{
	return warren_message_dump(&user_type, message, arena);
}

/* ---- New ---- */

static const ProtobufCFieldDescriptor new__field_descriptors[] = {
	{
		.name = "function",
		.id = 1,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct new_, function),
		.default_value = protobuf_c_empty_string,
	},
	{
		.name = "HTTPStatus",
		.id = 2,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct new_, http_status),
		.default_value = protobuf_c_empty_string,
	},
};
static const unsigned new__fields_by_name[] = {1, 0};
static const ProtobufCIntRange new__field_ranges[] = {{1, 0}, {0, 2}};

static void new__init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor new__descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "reserved.New",
	.short_name = "New",
	.c_name = "new_",
	.package_name = "reserved",
	.sizeof_message = sizeof(struct new_),
	.n_fields = 2,
	.fields = new__field_descriptors,
	.fields_sorted_by_name = new__fields_by_name,
	.n_field_ranges = 1,
	.field_ranges = new__field_ranges,
	.message_init = new__init,
};

static void new__init(ProtobufCMessage *message)
{
	*(struct new_ *)message = (struct new_){
		.base = PROTOBUF_C_MESSAGE_INIT(&new__descriptor),
		.function = protobuf_c_empty_string,
		.http_status = protobuf_c_empty_string,
	};
}

static const struct warren_field new__fields[] = {
	{.json_name = "function"},
	{.json_name = "HTTPStatus"},
};

const struct warren_message_type new__type = {
	.name = "New",
	.event_name = "new",
	.descriptor = &new__descriptor,
	.fields = new__fields,
};

int new__pack(const struct new_ *message, struct warren_arena *arena, struct warren_bytes *ret)
{
	return warren_message_pack(&new__type, message, arena, ret);
}

int new__unpack(struct warren_bytes bytes, struct warren_arena *arena, struct new_ **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&new__type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int new__to_json(const struct new_ *message, struct warren_arena *arena, const char **ret)
{
	return warren_message_to_json(&new__type, message, arena, ret, NULL);
}

int new__from_json(const char *json, size_t len, struct warren_arena *arena, struct new_ **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&new__type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int new__check(const struct new_ *message, struct warren_error *error)
{
	return warren_message_check(&new__type, message, error);
}

const char *new__dump(const struct new_ *message, struct warren_arena *arena)
{
	return warren_message_dump(&new__type, message, arena);
}

/* ---- Class ---- */


static void class__init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor class__descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "reserved.Class",
	.short_name = "Class",
	.c_name = "class_",
	.package_name = "reserved",
	.sizeof_message = sizeof(struct class_),
	.message_init = class__init,
};

static void class__init(ProtobufCMessage *message)
{
	*(struct class_ *)message = (struct class_){
		.base = PROTOBUF_C_MESSAGE_INIT(&class__descriptor),
	};
}


const struct warren_message_type class__type = {
	.name = "Class",
	.event_name = "class",
	.descriptor = &class__descriptor,
};

int class__pack(const struct class_ *message, struct warren_arena *arena, struct warren_bytes *ret)
{
	return warren_message_pack(&class__type, message, arena, ret);
}

int class__unpack(struct warren_bytes bytes, struct warren_arena *arena, struct class_ **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&class__type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int class__to_json(const struct class_ *message, struct warren_arena *arena, const char **ret)
{
	return warren_message_to_json(&class__type, message, arena, ret, NULL);
}

int class__from_json(const char *json, size_t len, struct warren_arena *arena, struct class_ **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&class__type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int class__check(const struct class_ *message, struct warren_error *error)
{
	return warren_message_check(&class__type, message, error);
}

const char *class__dump(const struct class_ *message, struct warren_arena *arena)
{
	return warren_message_dump(&class__type, message, arena);
}

/* ---- Stat ---- */

static const ProtobufCFieldDescriptor stat__field_descriptors[] = {
	{
		.name = "array",
		.id = 1,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_MESSAGE,
		.offset = offsetof(struct stat_, array),
		.descriptor = &array_descriptor,
	},
};
static const unsigned stat__fields_by_name[] = {0};
static const ProtobufCIntRange stat__field_ranges[] = {{1, 0}, {0, 1}};

static void stat__init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor stat__descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "reserved.Stat",
	.short_name = "Stat",
	.c_name = "stat_",
	.package_name = "reserved",
	.sizeof_message = sizeof(struct stat_),
	.n_fields = 1,
	.fields = stat__field_descriptors,
	.fields_sorted_by_name = stat__fields_by_name,
	.n_field_ranges = 1,
	.field_ranges = stat__field_ranges,
	.message_init = stat__init,
};

static void stat__init(ProtobufCMessage *message)
{
	*(struct stat_ *)message = (struct stat_){
		.base = PROTOBUF_C_MESSAGE_INIT(&stat__descriptor),
	};
}

static const struct warren_field stat__fields[] = {{.json_name = "array", .message = &array_type}};

const struct warren_message_type stat__type = {
	.name = "Stat",
	.event_name = "stat",
	.descriptor = &stat__descriptor,
	.fields = stat__fields,
};

int stat__pack(const struct stat_ *message, struct warren_arena *arena, struct warren_bytes *ret)
{
	return warren_message_pack(&stat__type, message, arena, ret);
}

int stat__unpack(struct warren_bytes bytes, struct warren_arena *arena, struct stat_ **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&stat__type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int stat__to_json(const struct stat_ *message, struct warren_arena *arena, const char **ret)
{
	return warren_message_to_json(&stat__type, message, arena, ret, NULL);
}

int stat__from_json(const char *json, size_t len, struct warren_arena *arena, struct stat_ **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&stat__type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int stat__check(const struct stat_ *message, struct warren_error *error)
{
	return warren_message_check(&stat__type, message, error);
}

const char *stat__dump(const struct stat_ *message, struct warren_arena *arena)
{
	return warren_message_dump(&stat__type, message, arena);
}

/* ---- Array ---- */

static const ProtobufCFieldDescriptor array_field_descriptors[] = {
	{
		.name = "items",
		.id = 1,
		.label = PROTOBUF_C_LABEL_REPEATED,
		.type = PROTOBUF_C_TYPE_MESSAGE,
		.quantifier_offset = offsetof(struct array, items_count),
		.offset = offsetof(struct array, items),
		.descriptor = &array_descriptor,
	},
};
static const unsigned array_fields_by_name[] = {0};
static const ProtobufCIntRange array_field_ranges[] = {{1, 0}, {0, 1}};

static void array_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor array_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "reserved.Array",
	.short_name = "Array",
	.c_name = "array",
	.package_name = "reserved",
	.sizeof_message = sizeof(struct array),
	.n_fields = 1,
	.fields = array_field_descriptors,
	.fields_sorted_by_name = array_fields_by_name,
	.n_field_ranges = 1,
	.field_ranges = array_field_ranges,
	.message_init = array_init,
};

static void array_init(ProtobufCMessage *message)
{
	*(struct array *)message = (struct array){
		.base = PROTOBUF_C_MESSAGE_INIT(&array_descriptor),
	};
}

static const struct warren_field array_fields[] = {{.json_name = "items", .message = &array_type}};

const struct warren_message_type array_type = {
	.name = "Array",
	.event_name = "array",
	.descriptor = &array_descriptor,
	.fields = array_fields,
};

int array_pack(const struct array *message, struct warren_arena *arena, struct warren_bytes *ret)
{
	return warren_message_pack(&array_type, message, arena, ret);
}

int array_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct array **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&array_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int array_to_json(const struct array *message, struct warren_arena *arena, const char **ret)
{
	return warren_message_to_json(&array_type, message, arena, ret, NULL);
}

int array_from_json(const char *json, size_t len, struct warren_arena *arena, struct array **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&array_type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int array_check(const struct array *message, struct warren_error *error)
{
	return warren_message_check(&array_type, message, error);
}

const char *array_dump(const struct array *message, struct warren_arena *arena)
{
	return warren_message_dump(&array_type, message, arena);
}
