/* Bytes of an AMQP frame, put behind one another by a test. */
#ifndef WARREN_TESTS_BYTES_H
#define WARREN_TESTS_BYTES_H

#include <check.h>
#include <stdint.h>
#include <string.h>

#include "broker/amqp_connection.h"

struct bytes {
	uint8_t at[WARREN_AMQP_FRAME_MAX];
	size_t len;
};

static inline void put(struct bytes *bytes, const void *from, size_t len)
{
	/* A check that holds is told, too, and this is called a million times. */
	if (bytes->len + len > sizeof bytes->at)
		ck_abort_msg("a frame has no room for it");
	memcpy(bytes->at + bytes->len, from, len);
	bytes->len += len;
}

static inline void put_number(struct bytes *bytes, uint64_t number, int size)
{
	while (size-- > 0) {
		uint8_t byte = (uint8_t)(number >> (8 * size));
		put(bytes, &byte, 1);
	}
}

static inline void put_short(struct bytes *bytes, const void *text, size_t len)
{
	put_number(bytes, len, 1);
	put(bytes, text, len);
}

#endif
