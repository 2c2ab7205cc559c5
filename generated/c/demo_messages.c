/* Made by protoc-gen-warren from demo.proto.  Do not edit: change the schema and run ./dev gen. */
#include "demo_messages.h"

#include <stddef.h>

/* ---- UserRegister ---- */

static const ProtobufCFieldDescriptor user_register_field_descriptors[] = {
	{
		.name = "name",
		.id = 1,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct user_register, name),
		.default_value = protobuf_c_empty_string,
	},
	{
		.name = "password",
		.id = 2,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct user_register, password),
		.default_value = protobuf_c_empty_string,
	},
};
static const unsigned user_register_fields_by_name[] = {0, 1};
static const ProtobufCIntRange user_register_field_ranges[] = {{1, 0}, {0, 2}};

static void user_register_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor user_register_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "demo.UserRegister",
	.short_name = "UserRegister",
	.c_name = "user_register",
	.package_name = "demo",
	.sizeof_message = sizeof(struct user_register),
	.n_fields = 2,
	.fields = user_register_field_descriptors,
	.fields_sorted_by_name = user_register_fields_by_name,
	.n_field_ranges = 1,
	.field_ranges = user_register_field_ranges,
	.message_init = user_register_init,
};

static void user_register_init(ProtobufCMessage *message)
{
	*(struct user_register *)message = (struct user_register){
		.base = PROTOBUF_C_MESSAGE_INIT(&user_register_descriptor),
		.name = protobuf_c_empty_string,
		.password = protobuf_c_empty_string,
	};
}

static const struct warren_field user_register_fields[] = {
	{.json_name = "name", .flags = WARREN_FIELD_REQUIRED, .max_len = 64,
		.pattern = "^\\S(.*\\S)?$"},
	{.json_name = "password", .flags = WARREN_FIELD_SECRET, .min_len = 8, .max_len = 1024},
};

const struct warren_message_type user_register_type = {
	.name = "UserRegister",
	.event_name = "userRegister",
	.descriptor = &user_register_descriptor,
	.fields = user_register_fields,
};

int user_register_pack(const struct user_register *message, struct warren_arena *arena,
	struct warren_bytes *ret)
{
	return warren_message_pack(&user_register_type, message, arena, ret);
}

int user_register_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct user_register **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&user_register_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int user_register_to_json(const struct user_register *message, struct warren_arena *arena,
	const char **ret)
{
	return warren_message_to_json(&user_register_type, message, arena, ret, NULL);
}

int user_register_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct user_register **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&user_register_type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int user_register_check(const struct user_register *message, struct warren_error *error)
{
	return warren_message_check(&user_register_type, message, error);
}

const char *user_register_dump(const struct user_register *message, struct warren_arena *arena)
{
	return warren_message_dump(&user_register_type, message, arena);
}

/* ---- RegisterResponse ---- */

static const ProtobufCFieldDescriptor register_response_field_descriptors[] = {
	{
		.name = "name",
		.id = 1,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct register_response, name),
		.default_value = protobuf_c_empty_string,
	},
};
static const unsigned register_response_fields_by_name[] = {0};
static const ProtobufCIntRange register_response_field_ranges[] = {{1, 0}, {0, 1}};

static void register_response_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor register_response_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "demo.RegisterResponse",
	.short_name = "RegisterResponse",
	.c_name = "register_response",
	.package_name = "demo",
	.sizeof_message = sizeof(struct register_response),
	.n_fields = 1,
	.fields = register_response_field_descriptors,
	.fields_sorted_by_name = register_response_fields_by_name,
	.n_field_ranges = 1,
	.field_ranges = register_response_field_ranges,
	.message_init = register_response_init,
};

static void register_response_init(ProtobufCMessage *message)
{
	*(struct register_response *)message = (struct register_response){
		.base = PROTOBUF_C_MESSAGE_INIT(&register_response_descriptor),
		.name = protobuf_c_empty_string,
	};
}

static const struct warren_field register_response_fields[] = {{.json_name = "name"}};

const struct warren_message_type register_response_type = {
	.name = "RegisterResponse",
	.event_name = "registerResponse",
	.descriptor = &register_response_descriptor,
	.fields = register_response_fields,
};

int register_response_pack(const struct register_response *message, struct warren_arena *arena,
	struct warren_bytes *ret)
{
	return warren_message_pack(&register_response_type, message, arena, ret);
}

int register_response_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct register_response **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&register_response_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int register_response_to_json(const struct register_response *message, struct warren_arena *arena,
	const char **ret)
{
	return warren_message_to_json(&register_response_type, message, arena, ret, NULL);
}

int register_response_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct register_response **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&register_response_type, json, len, arena, &message,
		error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int register_response_check(const struct register_response *message, struct warren_error *error)
{
	return warren_message_check(&register_response_type, message, error);
}

const char *register_response_dump(const struct register_response *message,
	struct warren_arena *arena)
{
	return warren_message_dump(&register_response_type, message, arena);
}

/* ---- UserLogin ---- */

static const ProtobufCFieldDescriptor user_login_field_descriptors[] = {
	{
		.name = "name",
		.id = 1,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct user_login, name),
		.default_value = protobuf_c_empty_string,
	},
	{
		.name = "password",
		.id = 2,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct user_login, password),
		.default_value = protobuf_c_empty_string,
	},
};
static const unsigned user_login_fields_by_name[] = {0, 1};
static const ProtobufCIntRange user_login_field_ranges[] = {{1, 0}, {0, 2}};

static void user_login_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor user_login_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "demo.UserLogin",
	.short_name = "UserLogin",
	.c_name = "user_login",
	.package_name = "demo",
	.sizeof_message = sizeof(struct user_login),
	.n_fields = 2,
	.fields = user_login_field_descriptors,
	.fields_sorted_by_name = user_login_fields_by_name,
	.n_field_ranges = 1,
	.field_ranges = user_login_field_ranges,
	.message_init = user_login_init,
};

static void user_login_init(ProtobufCMessage *message)
{
	*(struct user_login *)message = (struct user_login){
		.base = PROTOBUF_C_MESSAGE_INIT(&user_login_descriptor),
		.name = protobuf_c_empty_string,
		.password = protobuf_c_empty_string,
	};
}

static const struct warren_field user_login_fields[] = {
	{.json_name = "name", .flags = WARREN_FIELD_REQUIRED, .max_len = 64},
	{.json_name = "password", .flags = WARREN_FIELD_SECRET, .min_len = 8, .max_len = 1024},
};

const struct warren_message_type user_login_type = {
	.name = "UserLogin",
	.event_name = "userLogin",
	.descriptor = &user_login_descriptor,
	.fields = user_login_fields,
};

int user_login_pack(const struct user_login *message, struct warren_arena *arena,
	struct warren_bytes *ret)
{
	return warren_message_pack(&user_login_type, message, arena, ret);
}

int user_login_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct user_login **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&user_login_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int user_login_to_json(const struct user_login *message, struct warren_arena *arena,
	const char **ret)
{
	return warren_message_to_json(&user_login_type, message, arena, ret, NULL);
}

int user_login_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct user_login **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&user_login_type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int user_login_check(const struct user_login *message, struct warren_error *error)
{
	return warren_message_check(&user_login_type, message, error);
}

const char *user_login_dump(const struct user_login *message, struct warren_arena *arena)
{
	return warren_message_dump(&user_login_type, message, arena);
}

/* ---- LoginResponse ---- */

static const ProtobufCFieldDescriptor login_response_field_descriptors[] = {
	{
		.name = "ok",
		.id = 1,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_BOOL,
		.offset = offsetof(struct login_response, ok),
	},
	{
		.name = "token",
		.id = 2,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct login_response, token),
		.default_value = protobuf_c_empty_string,
	},
	{
		.name = "reason",
		.id = 3,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct login_response, reason),
		.default_value = protobuf_c_empty_string,
	},
};
static const unsigned login_response_fields_by_name[] = {0, 2, 1};
static const ProtobufCIntRange login_response_field_ranges[] = {{1, 0}, {0, 3}};

static void login_response_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor login_response_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "demo.LoginResponse",
	.short_name = "LoginResponse",
	.c_name = "login_response",
	.package_name = "demo",
	.sizeof_message = sizeof(struct login_response),
	.n_fields = 3,
	.fields = login_response_field_descriptors,
	.fields_sorted_by_name = login_response_fields_by_name,
	.n_field_ranges = 1,
	.field_ranges = login_response_field_ranges,
	.message_init = login_response_init,
};

static void login_response_init(ProtobufCMessage *message)
{
	*(struct login_response *)message = (struct login_response){
		.base = PROTOBUF_C_MESSAGE_INIT(&login_response_descriptor),
		.token = protobuf_c_empty_string,
		.reason = protobuf_c_empty_string,
	};
}

static const struct warren_field login_response_fields[] = {
	{.json_name = "ok"},
	{.json_name = "token", .flags = WARREN_FIELD_SECRET},
	{.json_name = "reason"},
};

const struct warren_message_type login_response_type = {
	.name = "LoginResponse",
	.event_name = "loginResponse",
	.descriptor = &login_response_descriptor,
	.fields = login_response_fields,
};

int login_response_pack(const struct login_response *message, struct warren_arena *arena,
	struct warren_bytes *ret)
{
	return warren_message_pack(&login_response_type, message, arena, ret);
}

int login_response_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct login_response **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&login_response_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int login_response_to_json(const struct login_response *message, struct warren_arena *arena,
	const char **ret)
{
	return warren_message_to_json(&login_response_type, message, arena, ret, NULL);
}

int login_response_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct login_response **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&login_response_type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int login_response_check(const struct login_response *message, struct warren_error *error)
{
	return warren_message_check(&login_response_type, message, error);
}

const char *login_response_dump(const struct login_response *message, struct warren_arena *arena)
{
	return warren_message_dump(&login_response_type, message, arena);
}

/* ---- FrontendMessage ---- */

static const ProtobufCFieldDescriptor frontend_message_field_descriptors[] = {
	{
		.name = "text",
		.id = 1,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct frontend_message, text),
		.default_value = protobuf_c_empty_string,
	},
};
static const unsigned frontend_message_fields_by_name[] = {0};
static const ProtobufCIntRange frontend_message_field_ranges[] = {{1, 0}, {0, 1}};

static void frontend_message_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor frontend_message_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "demo.FrontendMessage",
	.short_name = "FrontendMessage",
	.c_name = "frontend_message",
	.package_name = "demo",
	.sizeof_message = sizeof(struct frontend_message),
	.n_fields = 1,
	.fields = frontend_message_field_descriptors,
	.fields_sorted_by_name = frontend_message_fields_by_name,
	.n_field_ranges = 1,
	.field_ranges = frontend_message_field_ranges,
	.message_init = frontend_message_init,
};

static void frontend_message_init(ProtobufCMessage *message)
{
	*(struct frontend_message *)message = (struct frontend_message){
		.base = PROTOBUF_C_MESSAGE_INIT(&frontend_message_descriptor),
		.text = protobuf_c_empty_string,
	};
}

static const struct warren_field frontend_message_fields[] = {
	{.json_name = "text", .max_len = 4096},
};

const struct warren_message_type frontend_message_type = {
	.name = "FrontendMessage",
	.event_name = "frontendMessage",
	.descriptor = &frontend_message_descriptor,
	.fields = frontend_message_fields,
};

int frontend_message_pack(const struct frontend_message *message, struct warren_arena *arena,
	struct warren_bytes *ret)
{
	return warren_message_pack(&frontend_message_type, message, arena, ret);
}

int frontend_message_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct frontend_message **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&frontend_message_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int frontend_message_to_json(const struct frontend_message *message, struct warren_arena *arena,
	const char **ret)
{
	return warren_message_to_json(&frontend_message_type, message, arena, ret, NULL);
}

int frontend_message_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct frontend_message **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&frontend_message_type, json, len, arena, &message,
		error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int frontend_message_check(const struct frontend_message *message, struct warren_error *error)
{
	return warren_message_check(&frontend_message_type, message, error);
}

const char *frontend_message_dump(const struct frontend_message *message,
	struct warren_arena *arena)
{
	return warren_message_dump(&frontend_message_type, message, arena);
}
