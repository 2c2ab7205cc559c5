/*
 * What a browser sent with an event: one JSON object, or a string that holds that object's JSON (as
 * the original's client sends it), and perhaps `{id}` behind it, by which sending it again takes
 * effect once.
 */
#ifndef WARREN_GATEWAY_ARGUMENT_H
#define WARREN_GATEWAY_ARGUMENT_H

#include <stddef.h>

#include "base/id.h"
#include "warren/arena.h"
#include "warren/code.h"

struct warren_argument {
	const char *object; /* borrowed from what was read, or the arena's */
	size_t len;
	char id[WARREN_UUID_SIZE]; /* in lower case; "" when none was sent */
};

/*
 * Reads `args` ("{…}", "\"{…}\"", "{…},{\"id\":\"…\"}").  Returns 0; -EBADMSG with `error`:
 * invalid_argument, for a second argument that is not {id: "<uuid>"} its field is `id`; -ENOMEM.
 */
int warren_argument_read(const char *args, size_t len, struct warren_arena *arena,
	struct warren_argument *ret, struct warren_error *error) WARREN_MUST_CHECK;

#endif
