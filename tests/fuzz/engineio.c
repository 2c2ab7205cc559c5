/* Polling payloads: whatever is read is written back and read again the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "edge/engine/payload.h"

static struct warren_frame *frame_of(const struct warren_engine_packet *packet)
{
	struct warren_frame *frame = packet->binary
					     ? warren_frame_open(true, 0, packet->len)
					     : warren_frame_text((char)packet->type,
						       (const char *)packet->data, packet->len);

	if (frame && packet->binary && packet->len)
		memcpy(warren_frame_data(frame), packet->data, packet->len);
	return frame;
}

/* Reads a payload to a queue.  Returns 0 or what the reader says. */
static int read_all(uint8_t *payload, size_t len, struct warren_backlog *queue)
{
	struct warren_payload_reader reader;
	struct warren_engine_packet packet;
	int more;

	warren_payload_read(&reader, payload, len);
	while ((more = warren_payload_next(&reader, &packet)) == 1) {
		struct warren_frame *frame = frame_of(&packet);

		if (!frame || warren_backlog_push(queue, frame) < 0)
			abort();
		warren_frame_unref(frame);
	}
	return more;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *first = malloc(len ? len : 1), *second, *third;
	struct warren_backlog queue;
	size_t size;

	if (len)
		memcpy(first, data, len);
	warren_backlog_init(&queue);
	if (len && read_all(first, len, &queue) == 0) {
		size = warren_payload_size(&queue);
		second = malloc(size);
		third = malloc(size);
		warren_payload_write(&queue, second);
		memcpy(third, second, size);
		if (read_all(second, size, &queue) != 0 || warren_payload_size(&queue) != size)
			abort();
		warren_payload_write(&queue, second);
		if (memcmp(second, third, size))
			abort();
		free(second);
		free(third);
	}
	warren_backlog_clear(&queue);
	free(first);
	return 0;
}
