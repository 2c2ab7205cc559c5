/*
 * Reads an everything.Everything from standard input and writes it to standard output, through the
 * generated tables: pack    bytes to bytes      json    bytes to JSON      unjson    JSON to bytes
 */
#include <stdio.h>
#include <string.h>

#include "everything_messages.h"

#define INPUT_MAX (1 << 20)

static int fail(const char *what, int rc, const struct warren_error *error)
{
	fprintf(stderr, "%s: %s (%s: %s)\n", what, strerror(-rc), error->field, error->message);
	return 1;
}

static int run(const char *mode, struct warren_bytes input, struct warren_arena *arena)
{
	struct everything *message;
	struct warren_error error = {0};
	int rc = strcmp(mode, "unjson") == 0 ? everything_from_json((const char *)input.data,
						       input.len, arena, &message, &error)
					     : everything_unpack(input, arena, &message, &error);
	if (rc < 0)
		return fail("read", rc, &error);
	if (strcmp(mode, "json") == 0) {
		const char *json;
		rc = everything_to_json(message, arena, &json);
		return rc < 0 ? fail("to_json", rc, &error) : puts(json) == EOF;
	}
	struct warren_bytes bytes;
	rc = everything_pack(message, arena, &bytes);
	if (rc < 0)
		return fail("pack", rc, &error);
	return fwrite(bytes.data, 1, bytes.len, stdout) != bytes.len;
}

int main(int argc, char **argv)
{
	static uint8_t input[INPUT_MAX];
	struct warren_arena *arena = warren_arena_open(16u << 20);
	if (argc != 2 || arena == NULL)
		return 2;
	size_t len = fread(input, 1, sizeof input, stdin);
	int status = run(argv[1], (struct warren_bytes){.data = input, .len = len}, arena);
	warren_arena_close(arena);
	return status;
}
