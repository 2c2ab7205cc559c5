/* What an event's arguments become: the first byte picks the type, the rest is a packet. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edge/socketio/packet.h"
#include "gateway/argument.h"
#include "support/kitchen.h"
#include "support/script.h"

static void take_object(const struct warren_message_type *type, struct warren_json_span args,
	struct warren_arena *arena)
{
	struct warren_error error = {0};
	void *message;
	struct warren_argument argument;
	int rc = warren_argument_read(args.text, args.len, arena, &argument, &error);

	fuzz_demand(rc == 0 || rc == -ENOMEM || (rc == -EBADMSG && *error.message));
	fuzz_demand(
		rc != 0 || argument.id[0] == '\0' || strlen(argument.id) == WARREN_UUID_SIZE - 1);
	if (rc == 0 && warren_message_from_json(
			       type, argument.object, argument.len, arena, &message, &error) == 0)
		fuzz_survives(type, message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct warren_json_span args = {"", 0};
	struct warren_arena *arena;
	struct warren_packet packet;
	const char *name;

	if (len == 0 || warren_packet_read((const char *)data + 1, len - 1, 10, &packet) < 0)
		return 0;
	arena = warren_arena_open(FUZZ_ARENA_MAX);
	if (warren_packet_check(&packet, 32, arena, &name, &args) == 0)
		take_object(fuzz_type(data[0]), args, arena);
	warren_arena_close(arena);
	return 0;
}
