#include "gateway/argument.h"

#include <assert.h>
#include <errno.h>

#include "base/json.h"

#define ARGUMENTS_MAX 2

static int refuse(struct warren_error *error, const char *what)
{
	warren_error_set(error, WARREN_INVALID_ARGUMENT, NULL, "%s", what);
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

int warren_argument_object(const char *args, size_t len, struct warren_arena *arena,
	const char **ret, size_t *ret_len, struct warren_error *error)
{
	struct warren_json_span parts[ARGUMENTS_MAX] = {{0}};
	int count = split(args, len, parts);
	if (count < 0)
		return refuse(error, "the arguments are not JSON");
	if (count == 0)
		return refuse(error, "the event needs an object as its argument");
	if (count > ARGUMENTS_MAX || (count == ARGUMENTS_MAX && !is_object(parts[1])))
		return refuse(error, "the event takes one object, and {id} behind it at the most");
	if (is_object(parts[0])) {
		*ret = parts[0].text;
		*ret_len = parts[0].len;
		return 0;
	}
	if (parts[0].text[0] != '"')
		return refuse(error, "the argument is not an object");
	const char *text;
	size_t text_len;
	int rc = warren_json_string_decode(parts[0], arena, &text, &text_len);
	assert(rc != -EBADMSG); /* it was read once already */
	if (rc < 0)
		return rc;
	*ret = text;
	*ret_len = text_len;
	return 0;
}
