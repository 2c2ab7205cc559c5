#include "warren/code.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static const struct {
	const char *name;
	enum warren_try_again try_again;
} codes[WARREN_CODE_COUNT] = {
	[WARREN_OK] = {"ok", WARREN_TRY_NO},
	[WARREN_INVALID_ARGUMENT] = {"invalid_argument", WARREN_TRY_NO},
	[WARREN_UNKNOWN_EVENT] = {"unknown_event", WARREN_TRY_NO},
	[WARREN_UNAUTHENTICATED] = {"unauthenticated", WARREN_TRY_NO},
	[WARREN_FORBIDDEN] = {"forbidden", WARREN_TRY_NO},
	[WARREN_NOT_FOUND] = {"not_found", WARREN_TRY_NO},
	[WARREN_ALREADY_EXISTS] = {"already_exists", WARREN_TRY_NO},
	[WARREN_RATE_LIMITED] = {"rate_limited", WARREN_TRY_AFTER},
	[WARREN_OVERLOADED] = {"overloaded", WARREN_TRY_AFTER},
	[WARREN_TIMEOUT] = {"timeout", WARREN_TRY_YES},
	[WARREN_UNAVAILABLE] = {"unavailable", WARREN_TRY_YES},
	[WARREN_INTERNAL] = {"internal", WARREN_TRY_NO},
};

const char *warren_code_name(enum warren_code code)
{
	assert(code >= 0 && code < WARREN_CODE_COUNT);
	return codes[code].name;
}

enum warren_code warren_code_from_name(const char *name)
{
	for (int code = 0; code < WARREN_CODE_COUNT; code++)
		if (strcmp(codes[code].name, name) == 0)
			return (enum warren_code)code;
	return WARREN_INTERNAL;
}

enum warren_try_again warren_code_try_again(enum warren_code code)
{
	assert(code >= 0 && code < WARREN_CODE_COUNT);
	return codes[code].try_again;
}

/* Cuts formatted text at a character's border; what is not UTF-8 loses its bad end. */
static void cut(char *text, size_t size, int wanted)
{
	if (wanted >= 0 && (size_t)wanted < size)
		return;
	text[warren_utf8_cut(text, strlen(text), size - 1)] = '\0';
	while (*text && !warren_utf8_valid(text, strlen(text)))
		text[strlen(text) - 1] = '\0';
}

void warren_error_set(
	struct warren_error *error, enum warren_code code, const char *field, const char *fmt, ...)
{
	if (!error)
		return;
	*error = (struct warren_error){.code = code};
	va_list args;
	va_start(args, fmt);
	cut(error->message, sizeof error->message,
		vsnprintf(error->message, sizeof error->message, fmt, args));
	va_end(args);
	cut(error->field, sizeof error->field,
		snprintf(error->field, sizeof error->field, "%s", field ? field : ""));
}
