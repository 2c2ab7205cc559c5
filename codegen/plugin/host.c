#include "host.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Those of the runtime: what compiles here compiles there, and means the same. */
#define PATTERN_OPTIONS                                                                            \
	(PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT)
#define FOLDER_DEPTH_MAX 4
#define SCRIPT_LEN_MAX (1024 * 1024)

/* ---- patterns ---- */

static pcre2_code *compile(lua_State *lua, int index, int *ret_error, size_t *ret_offset)
{
	size_t len;
	const char *pattern = luaL_checklstring(lua, index, &len);
	return pcre2_compile(
		(PCRE2_SPTR)pattern, len, PATTERN_OPTIONS, ret_error, ret_offset, NULL);
}

static int pattern_error(lua_State *lua)
{
	int error;
	size_t offset;
	pcre2_code *code = compile(lua, 1, &error, &offset);
	if (code != NULL) {
		pcre2_code_free(code);
		lua_pushnil(lua);
		return 1;
	}
	PCRE2_UCHAR text[256];
	pcre2_get_error_message(error, text, sizeof text);
	lua_pushstring(lua, (const char *)text);
	lua_pushinteger(lua, (lua_Integer)offset + 1);
	return 2;
}

static int pattern_found(lua_State *lua)
{
	int error;
	size_t offset, len;
	const char *text = luaL_checklstring(lua, 2, &len);
	pcre2_code *code = compile(lua, 1, &error, &offset);
	if (code == NULL)
		return luaL_error(lua, "the pattern does not compile");
	pcre2_match_data *match = pcre2_match_data_create_from_pattern(code, NULL);
	bool found =
		match != NULL && pcre2_match(code, (PCRE2_SPTR)text, len, 0, 0, match, NULL) >= 0;
	pcre2_match_data_free(match);
	pcre2_code_free(code);
	lua_pushboolean(lua, found);
	return 1;
}

/* ---- fingerprint: FNV-1a, 64 bits ---- */

static int fingerprint(lua_State *lua)
{
	size_t len;
	const char *text = luaL_checklstring(lua, 1, &len);
	uint64_t hash = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * UINT64_C(1099511628211);
	char digits[17];
	snprintf(digits, sizeof digits, "%016" PRIx64, hash);
	lua_pushstring(lua, digits);
	return 1;
}

/* ---- scripts ---- */

/* Pushes a file's text.  Returns false, and pushes nothing, with errno set. */
static bool push_file(lua_State *lua, const char *path)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return false;
	char *text = malloc(SCRIPT_LEN_MAX + 1);
	size_t len = text == NULL ? 0 : fread(text, 1, SCRIPT_LEN_MAX + 1, file);
	bool ok = text != NULL && !ferror(file) && len <= SCRIPT_LEN_MAX;
	if (ok)
		lua_pushlstring(lua, text, len);
	else if (len > SCRIPT_LEN_MAX)
		errno = EFBIG;
	free(text);
	fclose(file);
	return ok;
}

static bool is_script(const char *name)
{
	const char *dot = strrchr(name, '.');
	return dot != NULL && strcmp(dot, ".lua") == 0;
}

/*
 * Adds the scripts below `folder` to the table on the stack's top, under `prefix` and their names.
 * Returns NULL, or the path (pushed) that could not be read, with errno set.
 */
static const char *add_folder(lua_State *lua, const char *folder, const char *prefix, int depth)
{
	DIR *dir = opendir(folder);
	if (dir == NULL)
		return lua_pushstring(lua, folder);
	const char *failed = NULL;
	int top = lua_gettop(lua);
	luaL_checkstack(lua, 8, NULL);
	for (struct dirent *entry; failed == NULL && (entry = readdir(dir)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		const char *path = lua_pushfstring(lua, "%s/%s", folder, entry->d_name);
		const char *name = lua_pushfstring(lua, "%s%s", prefix, entry->d_name);
		struct stat status;
		if (stat(path, &status) < 0) {
			failed = path;
		} else if (S_ISDIR(status.st_mode) && depth < FOLDER_DEPTH_MAX) {
			const char *below = lua_pushfstring(lua, "%s/", name);
			lua_pushvalue(lua, top);
			failed = add_folder(lua, path, below, depth + 1);
		} else if (is_script(name)) {
			if (push_file(lua, path))
				lua_setfield(lua, top, name);
			else
				failed = path;
		}
		if (failed == NULL)
			lua_settop(lua, top);
	}
	int saved = errno;
	closedir(dir);
	errno = saved;
	return failed;
}

static int read_folder(lua_State *lua)
{
	const char *folder = luaL_checkstring(lua, 1);
	lua_newtable(lua);
	const char *failed = add_folder(lua, folder, "", 1);
	if (failed == NULL)
		return 1;
	lua_pushnil(lua);
	lua_pushfstring(lua, "%s: %s", failed, strerror(errno));
	return 2;
}

static void push_scripts(lua_State *lua)
{
	lua_newtable(lua);
	for (const struct warren_script *script = warren_scripts; script->path != NULL; script++) {
		lua_pushlstring(lua, (const char *)script->text, script->len);
		lua_setfield(lua, -2, script->path);
	}
}

/* ---- the table and the state ---- */

void warren_host_push(lua_State *lua)
{
	static const luaL_Reg calls[] = {
		{"read_folder", read_folder},
		{"pattern_error", pattern_error},
		{"pattern_found", pattern_found},
		{"fingerprint", fingerprint},
		{NULL, NULL},
	};
	luaL_newlib(lua, calls);
	push_scripts(lua);
	lua_setfield(lua, -2, "scripts");
}

lua_State *warren_host_new(void)
{
	static const luaL_Reg libraries[] = {
		{LUA_GNAME, luaopen_base},
		{LUA_LOADLIBNAME, luaopen_package},
		{LUA_TABLIBNAME, luaopen_table},
		{LUA_STRLIBNAME, luaopen_string},
		{LUA_MATHLIBNAME, luaopen_math},
		{LUA_UTF8LIBNAME, luaopen_utf8},
		{NULL, NULL},
	};
	lua_State *lua = luaL_newstate();
	if (lua == NULL)
		return NULL;
	for (const luaL_Reg *library = libraries; library->func != NULL; library++) {
		luaL_requiref(lua, library->name, library->func, 1);
		lua_pop(lua, 1);
	}
	return lua;
}
