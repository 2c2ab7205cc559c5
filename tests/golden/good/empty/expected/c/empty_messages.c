/* Made by protoc-gen-warren from empty.proto.  Do not edit: change the schema and run ./dev gen. */
#include "empty_messages.h"

#include <stddef.h>

/* ---- Unused ---- */


static void unused_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor unused_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "empty.Unused",
	.short_name = "Unused",
	.c_name = "unused",
	.package_name = "empty",
	.sizeof_message = sizeof(struct unused),
	.message_init = unused_init,
};

static void unused_init(ProtobufCMessage *message)
{
	*(struct unused *)message = (struct unused){
		.base = PROTOBUF_C_MESSAGE_INIT(&unused_descriptor),
	};
}


const struct warren_message_type unused_type = {
	.name = "Unused",
	.event_name = "unused",
	.descriptor = &unused_descriptor,
};

int unused_pack(const struct unused *message, struct warren_arena *arena, struct warren_bytes *ret)
{
	return warren_message_pack(&unused_type, message, arena, ret);
}

int unused_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct unused **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&unused_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int unused_to_json(const struct unused *message, struct warren_arena *arena, const char **ret)
{
	return warren_message_to_json(&unused_type, message, arena, ret, NULL);
}

int unused_from_json(const char *json, size_t len, struct warren_arena *arena, struct unused **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&unused_type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int unused_check(const struct unused *message, struct warren_error *error)
{
	return warren_message_check(&unused_type, message, error);
}

const char *unused_dump(const struct unused *message, struct warren_arena *arena)
{
	return warren_message_dump(&unused_type, message, arena);
}
