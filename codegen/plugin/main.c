/*
 * protoc-gen-warren: a plugin of protoc and buf.  Reads a CodeGeneratorRequest on stdin, lets the
 * Lua scripts (codegen/lua, built in) check it and make texts of it, and writes a
 * CodeGeneratorResponse.
 *
 * The problems of a schema go into the response's `error`, which protoc and buf print.  Problems
 * of the run itself go to stderr, with exit status 1.
 */
#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "google/protobuf/compiler/plugin.pb-c.h"
#include "host.h"
#include "reflect.h"
#include "request.h"

typedef Google__Protobuf__Compiler__CodeGeneratorRequest request_t;
typedef Google__Protobuf__Compiler__CodeGeneratorResponse response_t;
typedef Google__Protobuf__Compiler__CodeGeneratorResponse__File file_t;

static int die(const char *text)
{
	fprintf(stderr, "protoc-gen-warren: %s\n", text);
	return 1;
}

/* Lua: (request) -> what main.lua returns for it. */
static int run_scripts(lua_State *lua)
{
	const request_t *request = lua_touserdata(lua, 1);
	warren_host_push(lua);
	lua_getfield(lua, -1, "scripts");
	lua_getfield(lua, -1, "main.lua");
	size_t len;
	const char *text = luaL_checklstring(lua, -1, &len);
	if (luaL_loadbufferx(lua, text, len, "@main.lua", "t") != LUA_OK)
		return lua_error(lua);
	lua_pushvalue(lua, 2);
	warren_reflect(lua, &request->base);
	lua_call(lua, 2, 1);
	return 1;
}

static int traceback(lua_State *lua)
{
	luaL_traceback(lua, lua, luaL_tolstring(lua, 1, NULL), 1);
	return 1;
}

/* Returns a member of the table on the stack's top, NULL when it is not a string.  Owns: that
 * table. */
static char *text_member(lua_State *lua, const char *name)
{
	lua_getfield(lua, -1, name);
	const char *text = lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : NULL;
	lua_pop(lua, 1);
	return (char *)text; /* protobuf-c only reads it */
}

static int write_response(const response_t *response)
{
	size_t len = protobuf_c_message_get_packed_size(&response->base);
	uint8_t *data = malloc(len);
	if (data == NULL)
		return die("no memory for the response");
	protobuf_c_message_pack(&response->base, data);
	bool written = fwrite(data, 1, len, stdout) == len && fflush(stdout) == 0;
	free(data);
	return written ? 0 : die("could not write the response");
}

/* Writes what the scripts returned: {error=} or {files={{path=, text=}…}}. */
static int respond(lua_State *lua)
{
	response_t response = GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_RESPONSE__INIT;
	response.has_supported_features = true;
	response.supported_features =
		GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_RESPONSE__FEATURE__FEATURE_PROTO3_OPTIONAL;
	if (lua_type(lua, -1) == LUA_TSTRING) {
		response.error = (char *)lua_tostring(lua, -1);
		return write_response(&response);
	}
	response.error = text_member(lua, "error");
	lua_getfield(lua, -1, "files");
	size_t count = response.error != NULL ? 0 : lua_rawlen(lua, -1);
	file_t *files = calloc(count + 1, sizeof *files);
	file_t **pointers = calloc(count + 1, sizeof *pointers);
	int status = 1;
	if (files == NULL || pointers == NULL) {
		status = die("no memory for the files");
		goto out;
	}
	for (size_t i = 0; i < count; i++) {
		google__protobuf__compiler__code_generator_response__file__init(&files[i]);
		lua_rawgeti(lua, -1, (lua_Integer)i + 1);
		files[i].name = text_member(lua, "path");
		files[i].content = text_member(lua, "text");
		lua_pop(lua, 1);
		pointers[i] = &files[i];
	}
	response.n_file = count;
	response.file = pointers;
	status = write_response(&response);
out:
	free(pointers);
	free(files);
	return status;
}

static int generate(request_t *request)
{
	lua_State *lua = warren_host_new();
	if (lua == NULL)
		return die("no memory for Lua");
	lua_pushcfunction(lua, traceback);
	lua_pushcfunction(lua, run_scripts);
	lua_pushlightuserdata(lua, request);
	if (lua_pcall(lua, 1, 1, 1) != LUA_OK) {
		lua_pushfstring(lua, "a generator script failed: %s", lua_tostring(lua, -1));
		lua_remove(lua, -2);
	}
	int status = respond(lua);
	lua_close(lua);
	return status;
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		fputs("protoc-gen-warren is run by protoc or buf:\n"
		      "  protoc --plugin=protoc-gen-warren=PATH -I schema --warren_out=OUT "
		      "schema/demo.proto\n"
		      "  --warren_opt=only=c,ts    only these kinds of output\n"
		      "  --warren_opt=service=User  only what this service needs\n"
		      "  --warren_opt=scripts=DIR   Lua scripts that are added to, or stand in "
		      "for, the built-in ones\n",
			strcmp(argv[1], "--help") == 0 ? stdout : stderr);
		return strcmp(argv[1], "--help") != 0;
	}
	if (isatty(STDIN_FILENO))
		return die("stdin is a terminal; it is run by protoc or buf, see --help");
	const char *error;
	request_t *request = warren_request_read(stdin, &error);
	if (request == NULL)
		return die(error);
	int status = generate(request);
	warren_request_free(request);
	return status;
}
