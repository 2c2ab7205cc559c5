/*
 * The schema's regular expressions, each compiled once and kept for the life of the process.
 *
 * PCRE2 in UTF mode; $ matches only at the very end.  The work that one match may cost is bounded,
 * whatever the value.  A pattern is known by its address: it stands in a const table.
 */
#ifndef WARREN_CODEC_PATTERN_H
#define WARREN_CODEC_PATTERN_H

#include <stddef.h>

#include "warren/api.h"

/*
 * Looks for `pattern` anywhere in valid UTF-8 text.  Returns 1 when it is found, 0 when not;
 * -E2BIG when finding out would cost too much; -EINVAL when the pattern does not compile; -ENOMEM.
 * Thread: any.
 */
int warren_pattern_find(const char *pattern, const char *text, size_t len) WARREN_MUST_CHECK;

#endif
