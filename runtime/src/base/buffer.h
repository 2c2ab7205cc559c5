/* A growing buffer with a cap (bytes that are on their way in or out). */
#ifndef WARREN_BASE_BUFFER_H
#define WARREN_BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

#include "warren/api.h"

struct warren_buffer {
	uint8_t *data;
	size_t len, capacity, max;
};

void warren_buffer_init(struct warren_buffer *buffer, size_t max_bytes);
void warren_buffer_free(struct warren_buffer *buffer);

/* Returns 0; -EMSGSIZE past the cap; -ENOMEM. */
int warren_buffer_append(
	struct warren_buffer *buffer, const void *data, size_t len) WARREN_MUST_CHECK;
int warren_buffer_reserve(struct warren_buffer *buffer, size_t more) WARREN_MUST_CHECK;

/* Drops the first `len` bytes. */
void warren_buffer_consume(struct warren_buffer *buffer, size_t len);

#endif
