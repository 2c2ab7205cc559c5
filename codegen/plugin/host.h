/*
 * What the Lua scripts are given besides the request: the table `host`.
 *
 *   host.scripts                       path -> text of every script built into this program
 *   host.read_folder(folder)           the same of a folder's *.lua files; nil, error
 *   host.pattern_error(pattern)        nil: it compiles; else what is wrong, and at which character
 *   host.pattern_found(pattern, text)  whether a pattern that compiles is found in the text
 *   host.fingerprint(text)             16 hex digits
 *
 * Scripts have no io and no os: what they make depends on the request alone.
 */
#ifndef WARREN_HOST_H
#define WARREN_HOST_H

#include <lua.h>

/* A script that the build put into the program; the list ends with a NULL path. */
struct warren_script {
	const char *path;
	const unsigned char *text;
	unsigned long len;
};
extern const struct warren_script warren_scripts[];

/* Returns a state with the libraries that scripts may use; NULL: no memory.  Owns: caller. */
lua_State *warren_host_new(void);

/* Pushes the table `host`. */
void warren_host_push(lua_State *lua);

#endif
