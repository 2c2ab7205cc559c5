#include "reflect.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "google/protobuf/descriptor.pb-c.h"
#include "warren/options.pb-c.h"

/* Which unknown field of which options message is ours, and what it holds. */
static const struct extension {
	const ProtobufCMessageDescriptor *of;
	uint32_t tag;
	const ProtobufCMessageDescriptor *type;
} extensions[] = {
	{&google__protobuf__service_options__descriptor, 50700,
		&warren__service_options__descriptor},
	{&google__protobuf__message_options__descriptor, 50701, &warren__event_options__descriptor},
	{&google__protobuf__method_options__descriptor, 50702, &warren__on_options__descriptor},
	{&google__protobuf__field_options__descriptor, 50703, &warren__field_options__descriptor},
};

static const struct extension *extension_of(const ProtobufCMessageDescriptor *descriptor)
{
	for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++)
		if (extensions[i].of == descriptor)
			return &extensions[i];
	return NULL;
}

static bool is_of_warren(const ProtobufCMessageDescriptor *descriptor)
{
	return strcmp(descriptor->package_name, "warren") == 0;
}

/* The payload of a length-delimited unknown field: protobuf-c leaves its length in front. */
static bool payload(const ProtobufCMessageUnknownField *field, const uint8_t **data, size_t *len)
{
	if (field->wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
		return false;
	size_t prefix = 0;
	while (prefix < field->len && field->data[prefix] & 0x80)
		prefix++;
	if (prefix >= field->len)
		return false;
	*data = field->data + prefix + 1;
	*len = field->len - prefix - 1;
	return true;
}

/*
 * An option given in several statements is several entries; their bytes one after the other are the
 * merged message.
 */
static void push_extension(
	lua_State *lua, const ProtobufCMessage *options, const struct extension *extension)
{
	luaL_Buffer bytes;
	bool found = false;
	luaL_buffinit(lua, &bytes);
	for (unsigned i = 0; i < options->n_unknown_fields; i++) {
		const ProtobufCMessageUnknownField *field = &options->unknown_fields[i];
		const uint8_t *data;
		size_t len;
		if (field->tag != extension->tag || !payload(field, &data, &len))
			continue;
		luaL_addlstring(&bytes, (const char *)data, len);
		found = true;
	}
	luaL_pushresult(&bytes);
	if (!found) {
		lua_pop(lua, 1);
		lua_pushnil(lua);
		return;
	}
	size_t len;
	const char *data = lua_tolstring(lua, -1, &len);
	ProtobufCMessage *message =
		protobuf_c_message_unpack(extension->type, NULL, len, (const uint8_t *)data);
	if (message == NULL) {
		luaL_error(lua, "the bytes of an option of type %s are damaged",
			extension->type->name);
		return;
	}
	warren_reflect(lua, message);
	protobuf_c_message_free_unpacked(message, NULL);
	lua_remove(lua, -2);
}

static void push_enum(lua_State *lua, const ProtobufCEnumDescriptor *descriptor, int number)
{
	const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(descriptor, number);
	if (value != NULL)
		lua_pushstring(lua, value->name);
	else
		lua_pushinteger(lua, number);
}

static size_t size_of_member(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_ENUM:
		return 4;
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	default:
		return 8;
	}
}

static void push_value(lua_State *lua, const ProtobufCFieldDescriptor *field, const void *member)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		lua_pushinteger(lua, *(const int32_t *)member);
		break;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		lua_pushinteger(lua, *(const uint32_t *)member);
		break;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		lua_pushinteger(lua, *(const int64_t *)member);
		break;
	case PROTOBUF_C_TYPE_FLOAT:
		lua_pushnumber(lua, *(const float *)member);
		break;
	case PROTOBUF_C_TYPE_DOUBLE:
		lua_pushnumber(lua, *(const double *)member);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		lua_pushboolean(lua, *(const protobuf_c_boolean *)member);
		break;
	case PROTOBUF_C_TYPE_ENUM:
		push_enum(lua, field->descriptor, *(const int *)member);
		break;
	case PROTOBUF_C_TYPE_STRING:
		lua_pushstring(lua, *(char *const *)member);
		break;
	case PROTOBUF_C_TYPE_BYTES: {
		const ProtobufCBinaryData *bytes = member;
		lua_pushlstring(lua, (const char *)bytes->data, bytes->len);
		break;
	}
	case PROTOBUF_C_TYPE_MESSAGE:
		warren_reflect(lua, *(const ProtobufCMessage *const *)member);
		break;
	}
}

static void push_list(
	lua_State *lua, const ProtobufCFieldDescriptor *field, const char *members, size_t count)
{
	size_t size = size_of_member(field->type);
	lua_createtable(lua, (int)count, 0);
	for (size_t i = 0; i < count; i++) {
		push_value(lua, field, members + i * size);
		lua_rawseti(lua, -2, (lua_Integer)i + 1);
	}
}

static bool is_present(
	const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, const void *member)
{
	if (field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE) {
		const void *pointer = *(const void *const *)member;
		return pointer != NULL && pointer != field->default_value;
	}
	if (field->label != PROTOBUF_C_LABEL_OPTIONAL)
		return true;
	return *(const protobuf_c_boolean *)((const char *)message + field->quantifier_offset);
}

void warren_reflect(lua_State *lua, const ProtobufCMessage *message)
{
	const ProtobufCMessageDescriptor *descriptor = message->descriptor;
	luaL_checkstack(lua, 8, "the schema is nested too deep");
	lua_newtable(lua);
	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
		const char *member = (const char *)message + field->offset;
		if (field->label == PROTOBUF_C_LABEL_REPEATED)
			push_list(lua, field, *(const char *const *)member,
				*(const size_t *)((const char *)message +
						  field->quantifier_offset));
		else if (is_present(message, field, member))
			push_value(lua, field, member);
		else
			continue;
		lua_setfield(lua, -2, field->name);
	}
	const struct extension *extension = extension_of(descriptor);
	if (extension != NULL) {
		push_extension(lua, message, extension);
		lua_setfield(lua, -2, "warren");
	}
	if (is_of_warren(descriptor) && message->n_unknown_fields > 0) {
		lua_pushinteger(lua, message->unknown_fields[0].tag);
		lua_setfield(lua, -2, "unknown_tag");
	}
}
