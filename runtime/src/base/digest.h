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
#define WARREN_DIGEST_PREFIX_BYTES 8
#define WARREN_SHA256_SIZE 65 /* all of it in hex, and the terminator */

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

/* Writes what stands before a part of that length. */
void warren_digest_prefix(uint8_t ret[WARREN_DIGEST_PREFIX_BYTES], size_t len);

/* ---- plain SHA-256, as sha256sum has it ---- */

/* Bytes that come in pieces.  The caller closes it; NULL is allowed there. */
struct warren_sha256;
struct warren_sha256 *warren_sha256_open(void) WARREN_MUST_CHECK; /* NULL when memory is out */
void warren_sha256_add(struct warren_sha256 *run, const void *bytes, size_t len);
/* Writes the digest of what was added; nothing more is to be added.  Returns 0; -ENOMEM. */
int warren_sha256_end(struct warren_sha256 *run, char ret[WARREN_SHA256_SIZE]) WARREN_MUST_CHECK;
void warren_sha256_close(struct warren_sha256 *run);

/* Of no bytes. */
#define WARREN_SHA256_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* All of them at once.  Returns 0; -ENOMEM.  Thread: any. */
int warren_sha256(const void *bytes, size_t len, char ret[WARREN_SHA256_SIZE]) WARREN_MUST_CHECK;

#endif
