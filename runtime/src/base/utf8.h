/* UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing past U+10FFFF. */
#ifndef WARREN_BASE_UTF8_H
#define WARREN_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

bool warren_utf8_valid(const char *text, size_t len);

/* Returns the length of the first character, 0 when there is no valid one.  `len` is at least 1. */
size_t warren_utf8_first(const char *text, size_t len);

/* Returns the number of characters of valid text. */
size_t warren_utf8_count(const char *text, size_t len);

/* Returns the largest length <= max at which valid text can be cut without splitting a character.
 */
size_t warren_utf8_cut(const char *text, size_t len, size_t max);

#endif
