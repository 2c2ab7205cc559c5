/*
 * Made by protoc-gen-warren from two_edges.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "two_edges_messages.h"

#include <stddef.h>

/* ---- Said ---- */

static const ProtobufCFieldDescriptor said_field_descriptors[] = {
	{
		.name = "text",
		.id = 1,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct said, text),
		.default_value = protobuf_c_empty_string,
	},
};
static const unsigned said_fields_by_name[] = {0};
static const ProtobufCIntRange said_field_ranges[] = {{1, 0}, {0, 1}};

static void said_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor said_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "two_edges.Said",
	.short_name = "Said",
	.c_name = "said",
	.package_name = "two_edges",
	.sizeof_message = sizeof(struct said),
	.n_fields = 1,
	.fields = said_field_descriptors,
	.fields_sorted_by_name = said_fields_by_name,
	.n_field_ranges = 1,
	.field_ranges = said_field_ranges,
	.message_init = said_init,
};

static void said_init(ProtobufCMessage *message)
{
	*(struct said *)message = (struct said){
		.base = PROTOBUF_C_MESSAGE_INIT(&said_descriptor),
		.text = protobuf_c_empty_string,
	};
}

static const struct warren_field said_fields[] = {
	{.json_name = "text", .flags = WARREN_FIELD_REQUIRED, .max_len = 500},
};

const struct warren_message_type said_type = {
	.name = "Said",
	.event_name = "said",
	.descriptor = &said_descriptor,
	.fields = said_fields,
};

int said_pack(const struct said *message, struct warren_arena *arena, struct warren_bytes *ret)
{
	return warren_message_pack(&said_type, message, arena, ret);
}

int said_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct said **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&said_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int said_to_json(const struct said *message, struct warren_arena *arena, const char **ret)
{
	return warren_message_to_json(&said_type, message, arena, ret, NULL);
}

int said_from_json(const char *json, size_t len, struct warren_arena *arena, struct said **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&said_type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int said_check(const struct said *message, struct warren_error *error)
{
	return warren_message_check(&said_type, message, error);
}

const char *said_dump(const struct said *message, struct warren_arena *arena)
{
	return warren_message_dump(&said_type, message, arena);
}

/* ---- Alarm ---- */

static const ProtobufCFieldDescriptor alarm_field_descriptors[] = {
	{
		.name = "text",
		.id = 1,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct alarm, text),
		.default_value = protobuf_c_empty_string,
	},
};
static const unsigned alarm_fields_by_name[] = {0};
static const ProtobufCIntRange alarm_field_ranges[] = {{1, 0}, {0, 1}};

static void alarm_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor alarm_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "two_edges.Alarm",
	.short_name = "Alarm",
	.c_name = "alarm",
	.package_name = "two_edges",
	.sizeof_message = sizeof(struct alarm),
	.n_fields = 1,
	.fields = alarm_field_descriptors,
	.fields_sorted_by_name = alarm_fields_by_name,
	.n_field_ranges = 1,
	.field_ranges = alarm_field_ranges,
	.message_init = alarm_init,
};

static void alarm_init(ProtobufCMessage *message)
{
	*(struct alarm *)message = (struct alarm){
		.base = PROTOBUF_C_MESSAGE_INIT(&alarm_descriptor),
		.text = protobuf_c_empty_string,
	};
}

static const struct warren_field alarm_fields[] = {{.json_name = "text"}};

const struct warren_message_type alarm_type = {
	.name = "Alarm",
	.event_name = "alarm",
	.descriptor = &alarm_descriptor,
	.fields = alarm_fields,
};

int alarm_pack(const struct alarm *message, struct warren_arena *arena, struct warren_bytes *ret)
{
	return warren_message_pack(&alarm_type, message, arena, ret);
}

int alarm_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct alarm **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&alarm_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int alarm_to_json(const struct alarm *message, struct warren_arena *arena, const char **ret)
{
	return warren_message_to_json(&alarm_type, message, arena, ret, NULL);
}

int alarm_from_json(const char *json, size_t len, struct warren_arena *arena, struct alarm **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&alarm_type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int alarm_check(const struct alarm *message, struct warren_error *error)
{
	return warren_message_check(&alarm_type, message, error);
}

const char *alarm_dump(const struct alarm *message, struct warren_arena *arena)
{
	return warren_message_dump(&alarm_type, message, arena);
}

/* ---- ShiftEnded ---- */


static void shift_ended_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor shift_ended_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "two_edges.ShiftEnded",
	.short_name = "ShiftEnded",
	.c_name = "shift_ended",
	.package_name = "two_edges",
	.sizeof_message = sizeof(struct shift_ended),
	.message_init = shift_ended_init,
};

static void shift_ended_init(ProtobufCMessage *message)
{
	*(struct shift_ended *)message = (struct shift_ended){
		.base = PROTOBUF_C_MESSAGE_INIT(&shift_ended_descriptor),
	};
}


const struct warren_message_type shift_ended_type = {
	.name = "ShiftEnded",
	.event_name = "shiftEnded",
	.descriptor = &shift_ended_descriptor,
};

int shift_ended_pack(const struct shift_ended *message, struct warren_arena *arena,
	struct warren_bytes *ret)
{
	return warren_message_pack(&shift_ended_type, message, arena, ret);
}

int shift_ended_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct shift_ended **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&shift_ended_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int shift_ended_to_json(const struct shift_ended *message, struct warren_arena *arena,
	const char **ret)
{
	return warren_message_to_json(&shift_ended_type, message, arena, ret, NULL);
}

int shift_ended_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct shift_ended **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&shift_ended_type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int shift_ended_check(const struct shift_ended *message, struct warren_error *error)
{
	return warren_message_check(&shift_ended_type, message, error);
}

const char *shift_ended_dump(const struct shift_ended *message, struct warren_arena *arena)
{
	return warren_message_dump(&shift_ended_type, message, arena);
}
