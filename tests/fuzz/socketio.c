/* Socket.IO packets: what is accepted has arguments that are JSON themselves, and lies in its text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "edge/socketio/packet.h"
#include "warren/arena.h"

enum { DEPTH = 16 };

static void check_args(struct warren_json_span args)
{
	char *array = malloc(args.len + 2);
	struct warren_json_reader reader;

	array[0] = '[';
	memcpy(array + 1, args.text, args.len);
	array[args.len + 1] = ']';
	warren_json_read(&reader, array, args.len + 2, DEPTH);
	if (warren_json_skip(&reader, NULL) < 0 || warren_json_end(&reader) < 0)
		abort();
	free(array);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct warren_json_span args = {"", 0};
	struct warren_arena *arena = warren_arena_open(1 << 20);
	struct warren_packet packet;
	const char *name = "";

	if (warren_packet_read((const char *)data, len, 10, &packet) == 0) {
		if ((packet.attachment_count > 10) != packet.too_many || packet.payload.len > len ||
			packet.ack_id < -1)
			abort();
		if (warren_packet_check(&packet, DEPTH, arena, &name, &args) == 0) {
			if (strlen(name) > len)
				abort();
			check_args(args);
		}
	}
	warren_arena_close(arena);
	return 0;
}
