#include "base/utf8.h"

#include <stdint.h>

size_t warren_utf8_first(const char *text, size_t left)
{
	const uint8_t *at = (const uint8_t *)text;
	uint8_t lead = at[0];
	size_t len;
	uint32_t min, value;
	if (lead < 0x80)
		return 1;
	if ((lead & 0xe0) == 0xc0) {
		len = 2, min = 0x80, value = lead & 0x1f;
	} else if ((lead & 0xf0) == 0xe0) {
		len = 3, min = 0x800, value = lead & 0x0f;
	} else if ((lead & 0xf8) == 0xf0) {
		len = 4, min = 0x10000, value = lead & 0x07;
	} else {
		return 0;
	}
	if (len > left)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (at[i] & 0x3f);
	}
	if (value < min || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	return len;
}

bool warren_utf8_valid(const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		size_t step = warren_utf8_first(text + at, len - at);
		if (step == 0)
			return false;
		at += step;
	}
	return true;
}

size_t warren_utf8_count(const char *text, size_t len)
{
	size_t count = 0;
	for (size_t i = 0; i < len; i++)
		count += ((uint8_t)text[i] & 0xc0) != 0x80;
	return count;
}

size_t warren_utf8_cut(const char *text, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && ((uint8_t)text[max] & 0xc0) == 0x80)
		max--;
	return max;
}
