/*
 * SHA-256 over a list of parts, and ids made of it.
 *
 * Each part goes in with its length before it, so that no two lists of parts are the same bytes.
 * The same parts give the same id everywhere and always; nobody can choose parts so
 * that they meet somebody else's.
 */
#ifndef WARREN_BASE_DIGEST_H
#define WARREN_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/id.h"
#include "warren/api.h"

#define WARREN_DIGEST_BYTES 32
#define WARREN_DIGEST_TEXT_SIZE 17 /* 64 bits of it in hex, and the terminator */

struct warren_digest_part {
	const void *bytes;
	size_t len;
};

/* A text as a part. */
struct warren_digest_part warren_digest_text(const char *text);

/* Returns 0; -ENOMEM.  Thread: any. */
int warren_digest(const struct warren_digest_part *parts, size_t count,
	uint8_t ret[WARREN_DIGEST_BYTES]) WARREN_MUST_CHECK;

/* Writes the first bits of a digest as a UUID, version 8 (RFC 9562 5.8). */
void warren_digest_uuid(char ret[WARREN_UUID_SIZE], const uint8_t digest[WARREN_DIGEST_BYTES]);

/* Writes the first 64 bits of a digest as 16 hex digits. */
void warren_digest_hex(
	char ret[WARREN_DIGEST_TEXT_SIZE], const uint8_t digest[WARREN_DIGEST_BYTES]);

#endif
