/* Properties of messages, for the fuzzers. */
#include "support/kitchen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kitchen_messages.h"

const struct warren_message_type *fuzz_type(uint8_t choice)
{
	static const struct warren_message_type *const types[] = {&plain_type, &maybe_type,
		&lists_type, &loose_type, &tree_type, &choice_type, &reserved_type, &outer_type,
		&wide_type, &required_type, &ruled_type, &secrets_type, &safe_type};
	return types[choice % (sizeof types / sizeof types[0])];
}

static void demand(int holds)
{
	if (!holds)
		abort();
}

static void survives_packing(
	const struct warren_message_type *type, const void *message, struct warren_arena *arena)
{
	struct warren_bytes bytes, again;
	void *copy;
	int rc = warren_message_pack(type, message, arena, &bytes);
	if (rc == 0)
		rc = warren_message_unpack(type, bytes, arena, &copy, NULL);
	if (rc == 0)
		rc = warren_message_pack(type, copy, arena, &again);
	if (rc == -ENOMEM)
		return;
	demand(rc == 0);
	demand(bytes.len == again.len && memcmp(bytes.data, again.data, bytes.len) == 0);
}

/* What bytes can say and JSON cannot: an integer that is not SAFE, and arrays in objects 65 deep.
 */
static void survives_json(
	const struct warren_message_type *type, const void *message, struct warren_arena *arena)
{
	struct warren_error error = {0};
	const char *json, *again;
	void *copy;
	int rc = warren_message_to_json(type, message, arena, &json, NULL);
	if (rc == -ENOMEM || (rc == -EINVAL && warren_message_check(type, message, NULL) < 0))
		return;
	demand(rc == 0);
	rc = warren_message_from_json(type, json, strlen(json), arena, &copy, &error);
	if (rc == -ENOMEM || strstr(error.message, "nested too deep"))
		return;
	demand(rc == 0);
	rc = warren_message_to_json(type, copy, arena, &again, NULL);
	demand(rc == -ENOMEM || (rc == 0 && strcmp(json, again) == 0));
}

void fuzz_survives(const struct warren_message_type *type, const void *message)
{
	struct warren_arena *arena = warren_arena_open(FUZZ_ARENA_MAX);
	struct warren_error error = {0};
	int rc = warren_message_check(type, message, &error);
	demand(rc == 0 ||
		(rc == -EINVAL && error.code == WARREN_INVALID_ARGUMENT && *error.message));
	demand(*warren_message_dump(type, message, arena) == '{');
	warren_arena_reset(arena);
	survives_packing(type, message, arena);
	warren_arena_reset(arena);
	survives_json(type, message, arena);
	warren_arena_close(arena);
}
