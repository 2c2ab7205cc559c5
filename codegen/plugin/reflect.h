/*
 * Protobuf messages as Lua tables, by reflection over the protobuf-c descriptors.
 *
 * A table has one member for each field that is present, under the field's own name; a repeated
 * field is always there, as a list.  Enum values are their names, 64-bit integers are Lua integers.
 *
 * The options of Warren (schema/warren/options.proto) reach a plugin as unknown fields of the
 * options messages; they appear as the member `warren` of these.  Where a schema says more than
 * this program was built with, the table has `unknown_tag`, the first field number that it does not
 * know.
 */
#ifndef WARREN_REFLECT_H
#define WARREN_REFLECT_H

#include <lua.h>
#include <protobuf-c/protobuf-c.h>

/* Pushes the message as one table.  Raises a Lua error when an option's bytes are damaged. */
void warren_reflect(lua_State *lua, const ProtobufCMessage *message);

#endif
