/*
 * Engine.IO v4 packets as text: binary ones as `b` and base64.  They travel in HTTP long-polling,
 * joined by 0x1e, and over a WebSocket of a client that wants text alone.  Reading decodes base64 in
 * place, writing a payload fills what was measured.
 */
#ifndef WARREN_EDGE_PAYLOAD_H
#define WARREN_EDGE_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "edge/engine/frame.h"

enum warren_engine_type {
	WARREN_ENGINE_OPEN = '0',
	WARREN_ENGINE_CLOSE = '1',
	WARREN_ENGINE_PING = '2',
	WARREN_ENGINE_PONG = '3',
	WARREN_ENGINE_MESSAGE = '4',
	WARREN_ENGINE_UPGRADE = '5',
	WARREN_ENGINE_NOOP = '6'
};

/* One packet; `data` has no type character and points into what was read. */
struct warren_engine_packet {
	enum warren_engine_type type;
	bool binary;
	uint8_t *data;
	size_t len;
};

/* Reads one packet in text (a WebSocket text frame).  Returns 0; -EBADMSG for an unknown type. */
int warren_engine_packet_read(
	uint8_t *text, size_t len, struct warren_engine_packet *ret) WARREN_MUST_CHECK;

struct warren_payload_reader {
	uint8_t *at, *end;
	bool done;
};

void warren_payload_read(struct warren_payload_reader *reader, uint8_t *payload, size_t len);

/* Returns 1 with the next packet, 0 at the end, -EBADMSG.  An empty payload is a bad packet. */
int warren_payload_next(
	struct warren_payload_reader *reader, struct warren_engine_packet *ret) WARREN_MUST_CHECK;

/* Returns a frame's packet as a text frame; NULL when memory is out. */
struct warren_frame *warren_payload_text(struct warren_frame *frame) WARREN_MUST_CHECK;

/* The bytes that a queue takes as a payload, and the writing of them.  The queue is emptied. */
size_t warren_payload_size(const struct warren_backlog *queue);
void warren_payload_write(struct warren_backlog *queue, uint8_t *payload);

#endif
