/*
 * Where in a message we are, as a chain on the stack, put into words only for an error:
 * "items[2].name".  The root has no name.
 */
#ifndef WARREN_CODEC_PATH_H
#define WARREN_CODEC_PATH_H

#include <stddef.h>
#include <stdint.h>

#include "warren/code.h"

#define WARREN_PATH_NO_INDEX SIZE_MAX

struct warren_path {
	const struct warren_path *up; /* NULL: the root */
	const char *name;
	size_t index;
};

/* Fills `error` (NULL is allowed) with invalid_argument, the path, and the text. */
void warren_path_error(const struct warren_path *path, struct warren_error *error, const char *fmt,
	...) WARREN_PRINTF(3, 4);

#endif
