/* Escapes in JSON strings, for the reader and the decoder. */
#ifndef WARREN_BASE_JSON_ESCAPE_H
#define WARREN_BASE_JSON_ESCAPE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Reads the escape that begins at `at` (a backslash), a surrogate pair as one.
 * Returns its length, with the character, or with the half of a pair that stands alone; 0 when it
 * is not valid.
 */
size_t warren_json_escape(const char *at, const char *end, uint32_t *ret);

#endif
