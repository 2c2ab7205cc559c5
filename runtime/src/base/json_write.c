/* The writer: commas, escapes, numbers, and a buffer that grows up to its cap. */
#include "base/json.h"

#include <assert.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/utf8.h"

#define FIRST_CAPACITY 256

void warren_json_writer_init(struct warren_json_writer *writer, size_t max_bytes)
{
	*writer = (struct warren_json_writer){.max = max_bytes};
}

void warren_json_writer_init_in(
	struct warren_json_writer *writer, char *first, size_t size, size_t max_bytes)
{
	*writer = (struct warren_json_writer){
		.data = first, .first = first, .capacity = size, .max = max_bytes};
}

void warren_json_writer_free(struct warren_json_writer *writer)
{
	if (writer->data != writer->first)
		free(writer->data);
	*writer = (struct warren_json_writer){.failed = true};
}

/* Makes room for `more` bytes and a terminator.  Returns whether there is. */
static bool reserve(struct warren_json_writer *writer, size_t more)
{
	if (writer->failed || more > writer->max - writer->len) {
		writer->failed = true;
		return false;
	}
	size_t need = writer->len + more + 1;
	if (need <= writer->capacity)
		return true;
	size_t capacity = writer->capacity > 0 ? writer->capacity : FIRST_CAPACITY;
	while (capacity < need)
		capacity = capacity <= SIZE_MAX / 2 ? capacity * 2 : need;
	bool is_first = writer->data == writer->first;
	char *data = realloc(is_first ? NULL : writer->data, capacity);
	if (!data) {
		writer->failed = true;
		return false;
	}
	if (is_first && writer->len > 0)
		memcpy(data, writer->data, writer->len);
	writer->data = data;
	writer->capacity = capacity;
	return true;
}

static void append(struct warren_json_writer *writer, const char *text, size_t len)
{
	if (len == 0 || !reserve(writer, len))
		return;
	memcpy(writer->data + writer->len, text, len);
	writer->len += len;
}

static void begin_value(struct warren_json_writer *writer)
{
	if (writer->comma)
		append(writer, ",", 1);
	writer->comma = true;
}

void warren_json_begin_object(struct warren_json_writer *writer)
{
	begin_value(writer);
	append(writer, "{", 1);
	writer->comma = false;
}

void warren_json_end_object(struct warren_json_writer *writer)
{
	append(writer, "}", 1);
	writer->comma = true;
}

void warren_json_begin_array(struct warren_json_writer *writer)
{
	begin_value(writer);
	append(writer, "[", 1);
	writer->comma = false;
}

void warren_json_end_array(struct warren_json_writer *writer)
{
	append(writer, "]", 1);
	writer->comma = true;
}

/* How many bytes from `text` on are one valid character; 0: none. */
static size_t character_len(const char *text, size_t len)
{
	for (size_t n = 1; n <= 4 && n <= len; n++) {
		if (warren_utf8_valid(text, n))
			return n;
	}
	return 0;
}

/* Appends text that needs no escape; what is not UTF-8 becomes U+FFFD. */
static void append_repaired(struct warren_json_writer *writer, const char *text, size_t len)
{
	if (warren_utf8_valid(text, len)) {
		append(writer, text, len);
		return;
	}
	while (len > 0 && !writer->failed) {
		size_t n = character_len(text, len);
		if (n > 0)
			append(writer, text, n);
		else
			append(writer, "\xef\xbf\xbd", 3);
		n += n == 0;
		text += n;
		len -= n;
	}
}

static void append_escape(struct warren_json_writer *writer, unsigned char c)
{
	static const char *const escapes[] = {
		['"'] = "\\\"",
		['\\'] = "\\\\",
		['\b'] = "\\b",
		['\f'] = "\\f",
		['\n'] = "\\n",
		['\r'] = "\\r",
		['\t'] = "\\t",
	};
	char unicode[8];
	const char *escape = escapes[c];
	if (!escape) {
		snprintf(unicode, sizeof unicode, "\\u%04x", c);
		escape = unicode;
	}
	append(writer, escape, strlen(escape));
}

static void append_string(struct warren_json_writer *writer, const char *text, size_t len)
{
	append(writer, "\"", 1);
	size_t start = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		append_repaired(writer, text + start, i - start);
		append_escape(writer, c);
		start = i + 1;
	}
	append_repaired(writer, text + start, len - start);
	append(writer, "\"", 1);
}

void warren_json_key(struct warren_json_writer *writer, const char *name)
{
	begin_value(writer);
	append_string(writer, name, strlen(name));
	append(writer, ":", 1);
	writer->comma = false;
}

void warren_json_string(struct warren_json_writer *writer, const char *text, size_t len)
{
	begin_value(writer);
	append_string(writer, text, len);
}

void warren_json_cstring(struct warren_json_writer *writer, const char *text)
{
	warren_json_string(writer, text, strlen(text));
}

void warren_json_int64(struct warren_json_writer *writer, int64_t number)
{
	char text[WARREN_DECIMAL_MAX];
	warren_json_raw(writer, text, warren_decimal_signed(text, number));
}

void warren_json_uint64(struct warren_json_writer *writer, uint64_t number)
{
	char text[WARREN_DECIMAL_MAX];
	warren_json_raw(writer, text, warren_decimal(text, number));
}

/* The locale may have put something else for the point. */
static void mend_point(char *text)
{
	char *odd = text + strspn(text, "0123456789+-e.");
	if (*odd == '\0')
		return;
	size_t len = strcspn(odd, "0123456789+-e.");
	*odd = '.';
	memmove(odd + 1, odd + len, strlen(odd + len) + 1);
}

static bool reads_back(const char *text, double number, bool single)
{
	return single ? (double)strtof(text, NULL) == number : strtod(text, NULL) == number;
}

static void number_write(struct warren_json_writer *writer, double number, bool single)
{
	if (isnan(number)) {
		warren_json_cstring(writer, "NaN");
		return;
	}
	if (isinf(number)) {
		warren_json_cstring(writer, number > 0 ? "Infinity" : "-Infinity");
		return;
	}
	/* So many digits are never lost; subnormal numbers hold fewer. */
	int sure = single ? FLT_DIG : DBL_DIG;
	if (fabs(number) < (single ? (double)FLT_MIN : DBL_MIN))
		sure = 1;
	char text[40];
	for (int digits = sure;; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, number);
		if (digits == DBL_DECIMAL_DIG || reads_back(text, number, single))
			break;
	}
	mend_point(text);
	warren_json_raw(writer, text, strlen(text));
}

void warren_json_double(struct warren_json_writer *writer, double number)
{
	number_write(writer, number, false);
}

void warren_json_float(struct warren_json_writer *writer, float number)
{
	number_write(writer, number, true);
}

void warren_json_bool(struct warren_json_writer *writer, bool value)
{
	warren_json_raw(writer, value ? "true" : "false", value ? 4 : 5);
}

void warren_json_null(struct warren_json_writer *writer)
{
	warren_json_raw(writer, "null", 4);
}

void warren_json_raw(struct warren_json_writer *writer, const char *value, size_t len)
{
	begin_value(writer);
	append(writer, value, len);
}

int warren_json_finish(struct warren_json_writer *writer, const char **ret, size_t *ret_len)
{
	if (!reserve(writer, 0))
		return -ENOMEM;
	writer->data[writer->len] = '\0';
	*ret = writer->data;
	if (ret_len)
		*ret_len = writer->len;
	return 0;
}
