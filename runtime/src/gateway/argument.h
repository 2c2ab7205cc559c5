/*
 * What a browser sent with an event: one JSON object, or a string that holds that object's JSON (as
 * the original's client sends it), and perhaps `{id}` behind it.
 */
#ifndef WARREN_GATEWAY_ARGUMENT_H
#define WARREN_GATEWAY_ARGUMENT_H

#include <stddef.h>

#include "warren/arena.h"
#include "warren/code.h"

/*
 * Finds the object's text in `args` ("{…}", "\"{…}\"", "{…},{\"id\":\"…\"}").  Returns 0; -EBADMSG
 * with `error`: invalid_argument; -ENOMEM.  The text is borrowed from `args`, or the arena's.
 */
int warren_argument_object(const char *args, size_t len, struct warren_arena *arena,
	const char **ret, size_t *ret_len, struct warren_error *error) WARREN_MUST_CHECK;

#endif
