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

/* Copies text into `ret`: what does not fit is cut at a character's border, a byte that is not
 * UTF-8 becomes U+FFFD. */
static void copy_text(char *ret, size_t size, const char *text)
{
	static const char instead[] = "\xef\xbf\xbd";
	size_t len = 0, left = strlen(text);
	while (left > 0) {
		size_t step = warren_utf8_first(text, left);
		const char *from = step > 0 ? text : instead;
		size_t more = step > 0 ? step : sizeof instead - 1;
		if (more >= size - len)
			break;
		memcpy(ret + len, from, more);
		len += more;
		step += step == 0;
		text += step;
		left -= step;
	}
	ret[len] = '\0';
}

void warren_error_set(
	struct warren_error *error, enum warren_code code, const char *field, const char *fmt, ...)
{
	if (!error)
		return;
	/* The texts may be those of `error` itself: it is written last.  Twice the room, so that
	 * what vsnprintf cuts in two lies behind what is kept. */
	struct warren_error made = {.code = code};
	char text[2 * WARREN_ERROR_MESSAGE_MAX];
	va_list args;
	va_start(args, fmt);
	if (vsnprintf(text, sizeof text, fmt, args) < 0)
		text[0] = '\0';
	va_end(args);
	copy_text(made.message, sizeof made.message, text);
	copy_text(made.field, sizeof made.field, field ? field : "");
	*error = made;
}
