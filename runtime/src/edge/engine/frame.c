#include "edge/engine/frame.h"

#include <assert.h>
#include <errno.h>
#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

struct warren_frame *warren_frame_open(bool binary, size_t header_max, size_t len)
{
	size_t start = LWS_PRE + header_max;
	struct warren_frame *frame = malloc(sizeof *frame + start + len);

	if (!frame)
		return NULL;
	frame->refs = 1;
	frame->kept = 0;
	frame->binary = binary;
	frame->is_queued = false;
	frame->start = start;
	frame->len = len;
	return frame;
}

struct warren_frame *warren_frame_text(char type, const char *text, size_t len)
{
	struct warren_frame *frame = warren_frame_open(false, 0, len + 1);

	if (!frame)
		return NULL;
	warren_frame_data(frame)[0] = (uint8_t)type;
	if (len)
		memcpy(warren_frame_data(frame) + 1, text, len);
	return frame;
}

struct warren_frame *warren_frame_ref(struct warren_frame *frame)
{
	frame->refs++;
	return frame;
}

void warren_frame_unref(struct warren_frame *frame)
{
	if (frame && --frame->refs == 0)
		free(frame);
}

uint8_t *warren_frame_data(struct warren_frame *frame)
{
	return frame->bytes + frame->start;
}

void warren_frame_prepend(struct warren_frame *frame, const void *bytes, size_t len)
{
	assert(frame->start >= LWS_PRE + len);
	frame->start -= len;
	frame->len += len;
	memcpy(warren_frame_data(frame), bytes, len);
}

void warren_backlog_init(struct warren_backlog *queue)
{
	*queue = (struct warren_backlog){.end = &queue->first};
}

void warren_backlog_clear(struct warren_backlog *queue)
{
	struct warren_frame *frame;

	while ((frame = warren_backlog_pop(queue)))
		warren_frame_unref(frame);
}

int warren_backlog_push(struct warren_backlog *queue, struct warren_frame *frame)
{
	struct warren_backlog_item *item = frame->is_queued ? malloc(sizeof *item) : &frame->item;

	if (!item)
		return -ENOMEM;
	frame->is_queued = true;
	item->next = NULL;
	item->frame = warren_frame_ref(frame);
	*queue->end = item;
	queue->end = &item->next;
	queue->count++;
	queue->bytes += frame->len;
	return 0;
}

struct warren_frame *warren_backlog_pop(struct warren_backlog *queue)
{
	struct warren_backlog_item *item = queue->first;
	struct warren_frame *frame;

	if (!item)
		return NULL;
	frame = item->frame;
	queue->first = item->next;
	if (!queue->first)
		queue->end = &queue->first;
	queue->count--;
	queue->bytes -= frame->len;
	if (item == &frame->item)
		frame->is_queued = false;
	else
		free(item);
	return frame;
}
