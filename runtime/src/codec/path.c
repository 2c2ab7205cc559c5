/* Paths in words. */
#include "codec/path.h"

#include <stdarg.h>
#include <stdio.h>

#include "warren/message.h"

void warren_path_error(
	const struct warren_path *path, struct warren_error *error, const char *fmt, ...)
{
	if (!error)
		return;
	const struct warren_path *steps[WARREN_MESSAGE_DEPTH_MAX + 1];
	size_t count = 0;
	for (; path && path->up && count < WARREN_MESSAGE_DEPTH_MAX + 1; path = path->up)
		steps[count++] = path;

	/* Longer than what is kept, so that warren_error_set makes the cut, at a character's
	 * border. */
	char field[4 * WARREN_ERROR_FIELD_MAX] = "";
	size_t len = 0;
	while (count > 0 && len < sizeof field - 1) {
		const struct warren_path *step = steps[--count];
		len += (size_t)snprintf(
			field + len, sizeof field - len, "%s%s", len > 0 ? "." : "", step->name);
		if (step->index != WARREN_PATH_NO_INDEX && len < sizeof field - 1)
			len += (size_t)snprintf(
				field + len, sizeof field - len, "[%zu]", step->index);
	}

	char message[4 * WARREN_ERROR_MESSAGE_MAX];
	va_list args;
	va_start(args, fmt);
	vsnprintf(message, sizeof message, fmt, args);
	va_end(args);
	warren_error_set(error, WARREN_INVALID_ARGUMENT, field, "%s", message);
}
