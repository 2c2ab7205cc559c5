/* The reader: white space, the grammar of values, and which container we stand in. */
#include "base/json.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/json_escape.h"
#include "base/utf8.h"

static int refuse(struct warren_json_reader *reader, const char *text)
{
	if (!reader->error_text) {
		reader->error_at = (size_t)(reader->at - reader->text);
		reader->error_text = text;
	}
	return -EBADMSG;
}

void warren_json_read(
	struct warren_json_reader *reader, const char *text, size_t len, uint32_t depth_max)
{
	assert(depth_max <= WARREN_JSON_DEPTH_MAX);
	*reader = (struct warren_json_reader){
		.text = text,
		.at = text,
		.end = text + len,
		.depth_max = depth_max,
	};
}

static void skip_space(struct warren_json_reader *reader)
{
	while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\t' ||
						   *reader->at == '\n' || *reader->at == '\r'))
		reader->at++;
}

/* The character that comes next, -1 at the end. */
static int next_char(const struct warren_json_reader *reader)
{
	return reader->at < reader->end ? (unsigned char)*reader->at : -1;
}

static bool in_object(const struct warren_json_reader *reader)
{
	return reader->depth > 0 && (reader->object_bits >> (reader->depth - 1) & 1);
}

int warren_json_peek(struct warren_json_reader *reader, enum warren_json_kind *ret)
{
	if (reader->error_text)
		return -EBADMSG;
	skip_space(reader);
	switch (next_char(reader)) {
	case 'n':
		*ret = WARREN_JSON_NULL;
		return 0;
	case 'f':
		*ret = WARREN_JSON_FALSE;
		return 0;
	case 't':
		*ret = WARREN_JSON_TRUE;
		return 0;
	case '"':
		*ret = WARREN_JSON_STRING;
		return 0;
	case '[':
		*ret = WARREN_JSON_ARRAY;
		return 0;
	case '{':
		*ret = WARREN_JSON_OBJECT;
		return 0;
	case '-':
	case '0':
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
	case '7':
	case '8':
	case '9':
		*ret = WARREN_JSON_NUMBER;
		return 0;
	case -1:
		return refuse(reader, "the text ends where a value is expected");
	default:
		return refuse(reader, "a value is expected");
	}
}

static int enter(struct warren_json_reader *reader, bool object)
{
	if (reader->error_text)
		return -EBADMSG;
	skip_space(reader);
	if (next_char(reader) != (object ? '{' : '['))
		return refuse(reader, object ? "an object is expected" : "an array is expected");
	if (reader->depth >= reader->depth_max) {
		reader->too_deep = true;
		return refuse(reader, "the value is nested too deep");
	}
	uint64_t bit = UINT64_C(1) << reader->depth++;
	reader->object_bits = object ? reader->object_bits | bit : reader->object_bits & ~bit;
	reader->first = true;
	reader->at++;
	return 0;
}

int warren_json_enter_array(struct warren_json_reader *reader)
{
	return enter(reader, false);
}

int warren_json_enter_object(struct warren_json_reader *reader)
{
	return enter(reader, true);
}

/* Steps over the comma, or out of the container.  Returns 1 when an element or member follows. */
static int next(struct warren_json_reader *reader, char close)
{
	skip_space(reader);
	if (next_char(reader) == close) {
		reader->at++;
		reader->depth--;
		reader->first = false;
		return 0;
	}
	if (!reader->first) {
		if (next_char(reader) != ',')
			return refuse(reader, close == ']' ? "a comma or ] is expected"
							   : "a comma or } is expected");
		reader->at++;
		skip_space(reader);
	}
	reader->first = false;
	return 1;
}

int warren_json_next_element(struct warren_json_reader *reader)
{
	if (reader->error_text)
		return -EBADMSG;
	assert(reader->depth > 0 && !in_object(reader));
	return next(reader, ']');
}

/*
 * Steps over a string, and checks its escapes and UTF-8.  Half of a surrogate pair is right by
 * RFC 8259 (8.2); decoding the string refuses it.
 */
static int take_string(struct warren_json_reader *reader)
{
	const char *start = reader->at++;
	bool ascii = true;
	while (reader->at < reader->end && *reader->at != '"') {
		unsigned char c = (unsigned char)*reader->at;
		if (c < 0x20)
			return refuse(reader, "a control character stands in a string unescaped");
		if (c == '\\') {
			uint32_t character;
			size_t len = warren_json_escape(reader->at, reader->end, &character);
			if (len == 0)
				return refuse(reader, "an escape in a string is not valid");
			reader->at += len;
			continue;
		}
		ascii = ascii && c < 0x80;
		reader->at++;
	}
	if (reader->at == reader->end)
		return refuse(reader, "the text ends inside a string");
	if (!ascii && !warren_utf8_valid(start + 1, (size_t)(reader->at - start - 1))) {
		reader->at = start;
		return refuse(reader, "a string is not valid UTF-8");
	}
	reader->at++;
	return 0;
}

int warren_json_next_member(struct warren_json_reader *reader, struct warren_json_span *key)
{
	if (reader->error_text)
		return -EBADMSG;
	assert(in_object(reader));
	int rc = next(reader, '}');
	if (rc != 1)
		return rc;
	const char *start = reader->at;
	if (next_char(reader) != '"')
		return refuse(reader, "a member's name in quotes is expected");
	if (take_string(reader) < 0)
		return -EBADMSG;
	size_t len = (size_t)(reader->at - start);
	skip_space(reader);
	if (next_char(reader) != ':')
		return refuse(reader, "a colon is expected after a member's name");
	reader->at++;
	*key = (struct warren_json_span){start, len};
	return 1;
}

static bool take_digits(struct warren_json_reader *reader)
{
	const char *start = reader->at;
	while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
		reader->at++;
	return reader->at > start;
}

/* What may not touch a number or a literal: "01", "1.2.3" and "nullx" are refused where they stand.
 */
static bool word_goes_on(const struct warren_json_reader *reader)
{
	int c = next_char(reader);
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '.' || c == '+' || c == '-';
}

static int take_number(struct warren_json_reader *reader)
{
	const char *bad = "a number is not written as JSON writes it";
	if (*reader->at == '-')
		reader->at++;
	if (next_char(reader) == '0')
		reader->at++;
	else if (!take_digits(reader))
		return refuse(reader, bad);
	if (next_char(reader) == '.') {
		reader->at++;
		if (!take_digits(reader))
			return refuse(reader, bad);
	}
	if (next_char(reader) == 'e' || next_char(reader) == 'E') {
		reader->at++;
		if (next_char(reader) == '+' || next_char(reader) == '-')
			reader->at++;
		if (!take_digits(reader))
			return refuse(reader, bad);
	}
	return word_goes_on(reader) ? refuse(reader, bad) : 0;
}

static int take_literal(struct warren_json_reader *reader, const char *literal)
{
	size_t len = strlen(literal);
	if ((size_t)(reader->end - reader->at) < len || memcmp(reader->at, literal, len) != 0)
		return refuse(reader, "a value is expected");
	reader->at += len;
	return word_goes_on(reader) ? refuse(reader, "a value is expected") : 0;
}

/* Takes a value, of an array or object only its beginning. */
static int take_or_enter(struct warren_json_reader *reader)
{
	enum warren_json_kind kind;
	int rc = warren_json_peek(reader, &kind);
	if (rc < 0)
		return rc;
	switch (kind) {
	case WARREN_JSON_NULL:
		return take_literal(reader, "null");
	case WARREN_JSON_FALSE:
		return take_literal(reader, "false");
	case WARREN_JSON_TRUE:
		return take_literal(reader, "true");
	case WARREN_JSON_NUMBER:
		return take_number(reader);
	case WARREN_JSON_STRING:
		return take_string(reader);
	case WARREN_JSON_ARRAY:
		return enter(reader, false);
	case WARREN_JSON_OBJECT:
		return enter(reader, true);
	}
	return -EBADMSG;
}

int warren_json_skip(struct warren_json_reader *reader, struct warren_json_span *ret)
{
	if (reader->error_text)
		return -EBADMSG;
	skip_space(reader);
	const char *start = reader->at;
	uint32_t outside = reader->depth;
	do {
		if (take_or_enter(reader) < 0)
			return -EBADMSG;
		int more = 0;
		while (more == 0 && reader->depth > outside) {
			struct warren_json_span key;
			more = in_object(reader) ? warren_json_next_member(reader, &key)
						 : warren_json_next_element(reader);
			if (more < 0)
				return -EBADMSG;
		}
	} while (reader->depth > outside);
	if (ret)
		*ret = (struct warren_json_span){start, (size_t)(reader->at - start)};
	return 0;
}

int warren_json_end(struct warren_json_reader *reader)
{
	if (reader->error_text)
		return -EBADMSG;
	skip_space(reader);
	if (reader->depth > 0)
		return refuse(reader, "an array or object is not closed");
	if (reader->at < reader->end)
		return refuse(reader, "something follows the value");
	return 0;
}
