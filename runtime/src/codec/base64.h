/* Base64 (RFC 4648), as JSON carries bytes. */
#ifndef WARREN_CODEC_BASE64_H
#define WARREN_CODEC_BASE64_H

#include <stddef.h>
#include <stdint.h>

#include "warren/api.h"

/* The characters for `len` bytes, padded, without a terminator. */
#define WARREN_BASE64_SIZE(len) (((len) + 2) / 3 * 4)

/* Writes exactly WARREN_BASE64_SIZE(len) characters of the standard alphabet. */
void warren_base64_encode(char *ret, const uint8_t *bytes, size_t len);

/*
 * Reads the standard or the URL-safe alphabet, padded or not.  `ret` has room for len / 4 * 3 + 3
 * bytes and may be where the text stands.  Returns 0; -EBADMSG.
 */
int warren_base64_decode(
	uint8_t *ret, size_t *ret_len, const char *text, size_t len) WARREN_MUST_CHECK;

#endif
