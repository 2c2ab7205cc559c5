/* JSON from a peer: the first byte picks the type, the rest is the text. */
#include <errno.h>
#include <stdlib.h>

#include "support/kitchen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct warren_error error = {0};
	void *message = NULL;
	if (len == 0)
		return 0;
	const struct warren_message_type *type = fuzz_type(data[0]);
	struct warren_arena *arena = warren_arena_open(FUZZ_ARENA_MAX);
	int rc = warren_message_from_json(
		type, (const char *)data + 1, len - 1, arena, &message, &error);
	if (rc == 0)
		fuzz_survives(type, message);
	else if (message || (rc != -ENOMEM && (rc != -EBADMSG || error.message[0] == '\0')))
		abort();
	warren_arena_close(arena);
	return 0;
}
