/*
 * Turns one message of kitchen.proto into its other form, from standard input to standard output:
 *   codec_tool to-json MESSAGE     protobuf bytes to JSON
 *   codec_tool to-bytes MESSAGE    JSON to protobuf bytes
 */
#include <stdio.h>
#include <string.h>

#include "kitchen_messages.h"

#define INPUT_MAX ((size_t)1 << 20)

static const struct warren_message_type *const types[] = {
	&plain_type,
	&maybe_type,
	&lists_type,
	&loose_type,
	&tree_type,
	&choice_type,
	&reserved_type,
	&outer_type,
};

static const struct warren_message_type *type_named(const char *name)
{
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (strcmp(types[i]->name, name) == 0)
			return types[i];
	}
	return NULL;
}

static int convert(const struct warren_message_type *type, bool to_json, struct warren_bytes input,
	struct warren_arena *arena, struct warren_bytes *ret)
{
	struct warren_error error = {0};
	const char *json;
	void *message;
	int rc = to_json ? warren_message_unpack(type, input, arena, &message, &error)
			 : warren_message_from_json(type, (const char *)input.data, input.len,
				   arena, &message, &error);
	if (rc < 0) {
		fprintf(stderr, "%s: %s\n", error.field, error.message);
		return rc;
	}
	if (!to_json)
		return warren_message_pack(type, message, arena, ret);
	rc = warren_message_to_json(type, message, arena, &json, &ret->len);
	if (rc == 0)
		ret->data = (const uint8_t *)json;
	return rc;
}

int main(int argc, char **argv)
{
	static uint8_t buffer[INPUT_MAX];
	const struct warren_message_type *type = argc == 3 ? type_named(argv[2]) : NULL;
	if (!type) {
		fprintf(stderr, "usage: codec_tool to-json|to-bytes MESSAGE < in > out\n");
		return 2;
	}
	struct warren_arena *arena = warren_arena_open((size_t)16 << 20);
	struct warren_bytes input = {buffer, fread(buffer, 1, sizeof buffer, stdin)}, output;
	int rc = convert(type, strcmp(argv[1], "to-json") == 0, input, arena, &output);
	if (rc == 0 && fwrite(output.data, 1, output.len, stdout) != output.len)
		rc = -1;
	warren_arena_close(arena);
	return rc == 0 ? 0 : 1;
}
