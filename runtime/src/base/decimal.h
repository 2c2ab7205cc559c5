/* Whole numbers as text, where each event needs one and printf() would cost more than the rest. */
#ifndef WARREN_BASE_DECIMAL_H
#define WARREN_BASE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WARREN_DECIMAL_MAX 20 /* digits of the largest, or a sign and those of the least */

/* Writes at most WARREN_DECIMAL_MAX digits, and no terminator.  Returns how many. */
static inline size_t warren_decimal(char *ret, uint64_t number)
{
	char text[WARREN_DECIMAL_MAX];
	size_t at = sizeof text;

	do {
		text[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	memcpy(ret, text + at, sizeof text - at);
	return sizeof text - at;
}

/* The same with a sign. */
static inline size_t warren_decimal_signed(char *ret, int64_t number)
{
	if (number >= 0)
		return warren_decimal(ret, (uint64_t)number);
	ret[0] = '-';
	return 1 + warren_decimal(ret + 1, 0 - (uint64_t)number);
}

#endif
