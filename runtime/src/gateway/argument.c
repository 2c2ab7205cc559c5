#include "gateway/argument.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"

#define ARGUMENTS_MAX 2

static int refuse(struct warren_error *error, const char *field, const char *what)
{
	warren_error_set(error, WARREN_INVALID_ARGUMENT, field, "%s", what);
	return -EBADMSG;
}

static bool is_object(struct warren_json_span span)
{
	return span.len > 0 && span.text[0] == '{';
}

/* Takes the arguments apart: they stand without their brackets.  Returns how many, -EBADMSG. */
static int split(const char *args, size_t len, struct warren_json_span ret[ARGUMENTS_MAX])
{
	struct warren_json_reader reader;
	int count = 0;
	size_t at = 0;
	while (at < len && count < ARGUMENTS_MAX) {
		/* Each argument is a text of its own; a comma stands between them. */
		warren_json_read(&reader, args + at, len - at, WARREN_JSON_DEPTH_MAX);
		if (warren_json_skip(&reader, &ret[count]) < 0)
			return -EBADMSG;
		count++;
		at = (size_t)(ret[count - 1].text - args) + ret[count - 1].len;
		while (at < len && args[at] != ',')
			at++;
		at++;
	}
	return at < len ? ARGUMENTS_MAX + 1 : count;
}

/* "01234567-89ab-4cde-8f01-23456789abcd", in quotes, whatever its version. */
static bool is_uuid(struct warren_json_span span)
{
	if (span.len != 2 + WARREN_UUID_SIZE - 1 || span.text[0] != '"')
		return false;
	for (size_t i = 0; i < WARREN_UUID_SIZE - 1; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (!strchr(dash ? "-" : "0123456789abcdefABCDEF", span.text[1 + i]))
			return false;
	}
	return true;
}

/* Returns whether the argument is an object of `id` alone. */
static bool read_id(struct warren_json_span argument, char ret[WARREN_UUID_SIZE])
{
	struct warren_json_reader reader;
	struct warren_json_span key, value;
	warren_json_read(&reader, argument.text, argument.len, WARREN_JSON_DEPTH_MAX);
	if (warren_json_enter_object(&reader) < 0 || warren_json_next_member(&reader, &key) <= 0 ||
		!warren_json_string_is(key, "id") || warren_json_skip(&reader, &value) < 0 ||
		!is_uuid(value) || warren_json_next_member(&reader, &key) != 0)
		return false;
	for (size_t i = 0; i < WARREN_UUID_SIZE - 1; i++) {
		char c = value.text[1 + i];
		ret[i] = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
	}
	ret[WARREN_UUID_SIZE - 1] = '\0';
	return true;
}

static int read_object(struct warren_json_span argument, struct warren_arena *arena,
	struct warren_argument *ret, struct warren_error *error)
{
	if (is_object(argument)) {
		ret->object = argument.text;
		ret->len = argument.len;
		return 0;
	}
	if (argument.text[0] != '"')
		return refuse(error, NULL, "the argument is not an object");
	int rc = warren_json_string_decode(argument, arena, &ret->object, &ret->len);
	if (rc == -EBADMSG)
		return refuse(error, NULL,
			"the argument must be whole characters: half of a surrogate pair stands "
			"alone");
	return rc;
}

int warren_argument_read(const char *args, size_t len, struct warren_arena *arena,
	struct warren_argument *ret, struct warren_error *error)
{
	struct warren_json_span parts[ARGUMENTS_MAX] = {{0}};
	struct warren_argument argument = {0};
	int count = split(args, len, parts);
	if (count < 0)
		return refuse(error, NULL, "the arguments are not JSON");
	if (count == 0)
		return refuse(error, NULL, "the event needs an object as its argument");
	if (count > ARGUMENTS_MAX)
		return refuse(
			error, NULL, "the event takes one object, and {id} behind it at the most");
	if (count == ARGUMENTS_MAX && !read_id(parts[1], argument.id))
		return refuse(error, "id",
			"behind the object there may be {id}, a UUID, and nothing else");
	int rc = read_object(parts[0], arena, &argument, error);
	if (rc == 0)
		*ret = argument;
	return rc;
}
