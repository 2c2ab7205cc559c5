#include "support/script.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define MARK "\n~"
#define MARK_LEN 2

struct fuzz_script fuzz_script_open(const uint8_t *bytes, size_t len)
{
	return (struct fuzz_script){bytes, bytes + len};
}

static const uint8_t *next_mark(const struct fuzz_script *script)
{
	return memmem(script->at, (size_t)(script->end - script->at), MARK, MARK_LEN);
}

bool fuzz_script_next(struct fuzz_script *script, struct fuzz_step *ret)
{
	const uint8_t *mark = script->at < script->end ? next_mark(script) : NULL, *next;

	if (!mark || mark + MARK_LEN == script->end)
		return false;
	ret->verb = (char)mark[MARK_LEN];
	ret->bytes = script->at = mark + MARK_LEN + 1;
	next = script->at < script->end ? next_mark(script) : NULL;
	script->at = next ? next : script->end;
	ret->len = (size_t)(script->at - ret->bytes);
	return true;
}

uint32_t fuzz_step_number(const struct fuzz_step *step)
{
	uint32_t number = 0;

	for (size_t i = 0; i < step->len && i < 4; i++) {
		if (step->bytes[i] < '0' || step->bytes[i] > '9')
			break;
		number = number * 10 + step->bytes[i] - '0';
	}
	return number;
}

void fuzz_step_text(const struct fuzz_step *step, char *ret, size_t size)
{
	size_t len = strnlen((const char *)step->bytes, step->len);

	if (len >= size)
		len = size - 1;
	memcpy(ret, step->bytes, len);
	ret[len] = '\0';
}

void fuzz_demand(bool holds)
{
	if (!holds)
		abort();
}

bool fuzz_is_json(const char *text, size_t len)
{
	struct warren_json_reader reader;

	warren_json_read(&reader, text, len, WARREN_JSON_DEPTH_MAX);
	return warren_json_skip(&reader, NULL) == 0 && warren_json_end(&reader) == 0;
}
