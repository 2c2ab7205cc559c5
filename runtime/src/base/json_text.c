/* What a span means: strings decoded and compared, numbers read. */
#include "base/json.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_escape.h"
#include "base/utf8.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Reads \uXXXX at `at`.  Returns the code unit, -1 when there is none. */
static int32_t code_unit(const char *at, const char *end)
{
	if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
		return -1;
	int32_t unit = 0;
	for (int i = 2; i < 6; i++) {
		int digit = hex_digit(at[i]);
		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

static size_t unicode_escape(const char *at, const char *end, uint32_t *ret)
{
	int32_t unit = code_unit(at, end);
	if (unit < 0)
		return 0;
	bool is_high = unit >= 0xd800 && unit <= 0xdbff;
	int32_t low = is_high ? code_unit(at + 6, end) : -1;
	if (low < 0xdc00 || low > 0xdfff) {
		*ret = (uint32_t)unit;
		return 6;
	}
	*ret = 0x10000 + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
	return 12;
}

size_t warren_json_escape(const char *at, const char *end, uint32_t *ret)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meant[] = "\"\\/\b\f\n\r\t";
	if (end - at < 2)
		return 0;
	if (at[1] == 'u')
		return unicode_escape(at, end, ret);
	const char *letter = at[1] ? strchr(letters, at[1]) : NULL;
	if (!letter)
		return 0;
	*ret = (unsigned char)meant[letter - letters];
	return 2;
}

/* Writes `character` as UTF-8.  Returns its length, at most 4. */
static size_t utf8_write(char *to, uint32_t character)
{
	if (character < 0x80) {
		to[0] = (char)character;
		return 1;
	}
	if (character < 0x800) {
		to[0] = (char)(0xc0 | character >> 6);
		to[1] = (char)(0x80 | (character & 0x3f));
		return 2;
	}
	if (character < 0x10000) {
		to[0] = (char)(0xe0 | character >> 12);
		to[1] = (char)(0x80 | (character >> 6 & 0x3f));
		to[2] = (char)(0x80 | (character & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | character >> 18);
	to[1] = (char)(0x80 | (character >> 12 & 0x3f));
	to[2] = (char)(0x80 | (character >> 6 & 0x3f));
	to[3] = (char)(0x80 | (character & 0x3f));
	return 4;
}

static bool is_surrogate(uint32_t character)
{
	return character >= 0xd800 && character <= 0xdfff;
}

static bool is_quoted(struct warren_json_span span)
{
	return span.len >= 2 && span.text[0] == '"' && span.text[span.len - 1] == '"';
}

int warren_json_string_decode(
	struct warren_json_span span, struct warren_arena *arena, const char **ret, size_t *ret_len)
{
	if (!is_quoted(span))
		return -EBADMSG;
	const char *at = span.text + 1, *end = span.text + span.len - 1;
	/* No escape is shorter than what it stands for. */
	char *text = warren_arena_strndup(arena, at, (size_t)(end - at));
	if (!text)
		return -ENOMEM;
	char *to = text;
	while (at < end) {
		uint32_t character;
		size_t len = 1;
		if (*at != '\\')
			*to++ = *at;
		else if ((len = warren_json_escape(at, end, &character)) > 0 &&
			 !is_surrogate(character))
			to += utf8_write(to, character);
		else
			return -EBADMSG;
		at += len;
	}
	*to = '\0';
	if (!warren_utf8_valid(text, (size_t)(to - text)))
		return -EBADMSG;
	*ret = text;
	*ret_len = (size_t)(to - text);
	return 0;
}

bool warren_json_string_is(struct warren_json_span span, const char *text)
{
	if (!is_quoted(span))
		return false;
	const char *at = span.text + 1, *end = span.text + span.len - 1;
	while (at < end) {
		uint32_t character;
		char utf8[4] = {*at};
		size_t len = 1, utf8_len = 1;
		if (*at == '\\') {
			len = warren_json_escape(at, end, &character);
			if (len == 0 || is_surrogate(character))
				return false;
			utf8_len = utf8_write(utf8, character);
		}
		if (utf8[0] == '\0' || strncmp(text, utf8, utf8_len) != 0)
			return false;
		text += utf8_len;
		at += len;
	}
	return *text == '\0';
}

/* ---- numbers ---- */

#define NUMBER_LEN_MAX 1023        /* the longest number that is read as a double */
#define EXPONENT_MAX 1000000000000 /* beyond any text; what is larger is counted as this */

/* A number taken apart: ±digits × 10^exponent, digits without zeros at either end. */
struct decimal {
	bool negative;
	const char *first,
		*last; /* around the digits; a point may stand between; first NULL: zero */
	int64_t digit_count;
	int64_t exponent;
};

static int64_t exponent_read(const char *at, const char *end)
{
	bool negative = at < end && *at == '-';
	if (at < end && (*at == '-' || *at == '+'))
		at++;
	int64_t exponent = 0;
	for (; at < end; at++) {
		if (exponent < EXPONENT_MAX)
			exponent = exponent * 10 + (*at - '0');
	}
	return negative ? -exponent : exponent;
}

static struct decimal decimal_read(struct warren_json_span span)
{
	const char *at = span.text, *end = span.text + span.len;
	struct decimal decimal = {.negative = at < end && *at == '-'};
	if (decimal.negative)
		at++;
	int64_t place = 0, first_place = 0,
		last_place = 0; /* digits seen, before those behind a point */
	int64_t point_place = -1;
	for (; at < end && *at != 'e' && *at != 'E'; at++) {
		if (*at == '.') {
			point_place = place;
			continue;
		}
		place++;
		if (*at == '0')
			continue;
		if (!decimal.first) {
			decimal.first = at;
			first_place = place;
		}
		decimal.last = at + 1;
		last_place = place;
	}
	if (!decimal.first)
		return decimal;
	decimal.digit_count = last_place - first_place + 1;
	decimal.exponent = (point_place < 0 ? place : point_place) - last_place;
	if (at < end)
		decimal.exponent += exponent_read(at + 1, end);
	return decimal;
}

/* The number without its sign.  Returns 0; -EBADMSG: not an integer; -ERANGE. */
static int decimal_magnitude(const struct decimal *decimal, uint64_t *ret)
{
	uint64_t magnitude = 0;
	if (!decimal->first) {
		*ret = 0;
		return 0;
	}
	if (decimal->exponent < 0)
		return -EBADMSG;
	if (decimal->digit_count + decimal->exponent > 20)
		return -ERANGE;
	for (const char *at = decimal->first; at < decimal->last; at++) {
		if (*at == '.')
			continue;
		if (__builtin_mul_overflow(magnitude, 10, &magnitude) ||
			__builtin_add_overflow(magnitude, (uint64_t)(*at - '0'), &magnitude))
			return -ERANGE;
	}
	for (int64_t i = 0; i < decimal->exponent; i++) {
		if (__builtin_mul_overflow(magnitude, 10, &magnitude))
			return -ERANGE;
	}
	*ret = magnitude;
	return 0;
}

/* A value that is well-formed is one if it begins as one. */
static bool is_number(struct warren_json_span span)
{
	return span.len && (span.text[0] == '-' || (span.text[0] >= '0' && span.text[0] <= '9'));
}

/* As decimal_magnitude; says the sign, too. */
static int integer_read(struct warren_json_span span, bool *ret_negative, uint64_t *ret)
{
	if (!is_number(span))
		return -EBADMSG;
	struct decimal decimal = decimal_read(span);
	*ret_negative = decimal.negative;
	return decimal_magnitude(&decimal, ret);
}

int warren_json_number_int64(struct warren_json_span span, int64_t *ret)
{
	bool negative;
	uint64_t magnitude;
	int rc = integer_read(span, &negative, &magnitude);
	if (rc < 0)
		return rc;
	if (magnitude > (uint64_t)INT64_MAX + negative)
		return -ERANGE;
	*ret = (int64_t)(negative ? -magnitude : magnitude);
	return 0;
}

int warren_json_number_uint64(struct warren_json_span span, uint64_t *ret)
{
	bool negative;
	uint64_t magnitude;
	int rc = integer_read(span, &negative, &magnitude);
	if (rc < 0)
		return rc;
	if (negative && magnitude > 0)
		return -ERANGE;
	*ret = magnitude;
	return 0;
}

static locale_t c_locale;

static void c_locale_open(void)
{
	c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

int warren_json_number_double(struct warren_json_span span, double *ret)
{
	/* strtod reads what the program's locale calls a number; JSON knows one locale. */
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	char text[NUMBER_LEN_MAX + 1];
	if (!is_number(span))
		return -EBADMSG;
	if (span.len > NUMBER_LEN_MAX)
		return -ERANGE;
	pthread_once(&once, c_locale_open);
	memcpy(text, span.text, span.len);
	text[span.len] = '\0';
	double number = strtod_l(text, NULL, c_locale);
	if (isinf(number))
		return -ERANGE;
	*ret = number;
	return 0;
}
