#include "base/buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 256

void warren_buffer_init(struct warren_buffer *buffer, size_t max_bytes)
{
	*buffer = (struct warren_buffer){.max = max_bytes};
}

void warren_buffer_free(struct warren_buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct warren_buffer){.max = buffer->max};
}

int warren_buffer_reserve(struct warren_buffer *buffer, size_t more)
{
	if (more > buffer->max - buffer->len)
		return -EMSGSIZE;
	size_t wanted = buffer->len + more;
	if (wanted <= buffer->capacity)
		return 0;
	size_t capacity = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
	while (capacity < wanted)
		capacity = capacity > buffer->max / 2 ? buffer->max : capacity * 2;
	if (capacity > buffer->max)
		capacity = buffer->max;
	uint8_t *data = realloc(buffer->data, capacity);
	if (!data)
		return -ENOMEM;
	buffer->data = data;
	buffer->capacity = capacity;
	return 0;
}

int warren_buffer_append(struct warren_buffer *buffer, const void *data, size_t len)
{
	if (len == 0)
		return 0;
	int rc = warren_buffer_reserve(buffer, len);
	if (rc < 0)
		return rc;
	memcpy(buffer->data + buffer->len, data, len);
	buffer->len += len;
	return 0;
}

void warren_buffer_consume(struct warren_buffer *buffer, size_t len)
{
	if (len >= buffer->len) {
		buffer->len = 0;
		return;
	}
	memmove(buffer->data, buffer->data + len, buffer->len - len);
	buffer->len -= len;
}
