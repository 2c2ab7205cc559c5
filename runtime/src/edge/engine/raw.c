/* Engine.IO without Socket.IO: messages as they are. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edge/engine/engine.h"

struct raw {
	warren_edge_on_message fn;
	void *data;
};

static int on_opened(struct warren_edge_session *session, void *data)
{
	(void)session;
	(void)data;
	return 0;
}

static int on_message(
	struct warren_edge_session *session, bool binary, uint8_t *bytes, size_t len, void *data)
{
	struct raw *raw = data;

	raw->fn(session, binary, bytes, len, raw->data);
	return 0;
}

static void on_closed(struct warren_edge_session *session, const char *reason, void *data)
{
	(void)session;
	(void)reason;
	(void)data;
}

static const struct warren_engine_app raw_app = {
	.opened = on_opened, .message = on_message, .closed = on_closed, .freed = free};

int warren_edge_raw(
	struct warren_edge *edge, const char *path, warren_edge_on_message fn, void *data)
{
	struct raw *raw = malloc(sizeof *raw);
	int result;

	if (!raw)
		return -ENOMEM;
	*raw = (struct raw){fn, data};
	result = warren_engine_open(edge, path, &raw_app, raw);
	if (result < 0)
		free(raw);
	return result;
}

int warren_edge_session_send(
	struct warren_edge_session *session, bool binary, const void *bytes, size_t len)
{
	struct warren_frame *frame = binary ? warren_frame_open(true, 0, len)
					    : warren_frame_text(WARREN_ENGINE_MESSAGE, bytes, len);

	if (!frame)
		return -ENOMEM;
	if (binary && len)
		memcpy(warren_frame_data(frame), bytes, len);
	warren_session_send(session, frame);
	warren_frame_unref(frame);
	return 0;
}
