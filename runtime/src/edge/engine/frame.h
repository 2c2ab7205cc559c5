/*
 * Outgoing Engine.IO packets, and queues of them.
 *
 * A frame is one packet, encoded once and shared by every session that sends it (a broadcast).
 * Its bytes begin with the packet's type character when it is text, and are the bare message when
 * it is binary.  In front of them is room for what libwebsockets writes there, and for a header
 * that is only known later.  Frames never change once a second owner has taken them.  One thread.
 */
#ifndef WARREN_EDGE_FRAME_H
#define WARREN_EDGE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "warren/api.h"

struct warren_backlog_item {
	struct warren_backlog_item *next;
	struct warren_frame *frame;
};

struct warren_frame {
	uint32_t refs;
	uint32_t kept; /* how many histories have it; see history.h */
	bool binary;
	bool is_queued;                  /* by the item below */
	struct warren_backlog_item item; /* of the first queue that it is on */
	size_t start, len;
	uint8_t bytes[];
};

/* Returns a frame with `len` bytes to fill and room for `header_max` in front; NULL: no memory. */
struct warren_frame *warren_frame_open(
	bool binary, size_t header_max, size_t len) WARREN_MUST_CHECK;

/* Returns a text frame of `type` and `text`; NULL when memory is out. */
struct warren_frame *warren_frame_text(char type, const char *text, size_t len) WARREN_MUST_CHECK;

struct warren_frame *warren_frame_ref(struct warren_frame *frame);
void warren_frame_unref(struct warren_frame *frame); /* NULL is allowed */

uint8_t *warren_frame_data(struct warren_frame *frame);

/* Puts `len` bytes in front of the data; the room must have been asked for. */
void warren_frame_prepend(struct warren_frame *frame, const void *bytes, size_t len);

struct warren_backlog {
	struct warren_backlog_item *first, **end;
	uint32_t count, bytes;
};

void warren_backlog_init(struct warren_backlog *queue);
void warren_backlog_clear(struct warren_backlog *queue);

/* Takes a reference of its own.  Returns 0; -ENOMEM. */
int warren_backlog_push(struct warren_backlog *queue, struct warren_frame *frame) WARREN_MUST_CHECK;

/* Returns the first frame, whose reference passes to the caller; NULL when empty. */
struct warren_frame *warren_backlog_pop(struct warren_backlog *queue);

#endif
