/* Integers that JavaScript's numbers hold exactly: within ±(2^53 − 1). */
#ifndef WARREN_CODEC_SAFE_INTEGER_H
#define WARREN_CODEC_SAFE_INTEGER_H

#include <stdbool.h>
#include <stdint.h>

#define WARREN_SAFE_INTEGER_MAX INT64_C(9007199254740991)

static inline bool warren_int64_is_safe(int64_t number)
{
	return number >= -WARREN_SAFE_INTEGER_MAX && number <= WARREN_SAFE_INTEGER_MAX;
}

static inline bool warren_uint64_is_safe(uint64_t number)
{
	return number <= (uint64_t)WARREN_SAFE_INTEGER_MAX;
}

#endif
