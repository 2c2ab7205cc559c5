/* Base64. */
#include "codec/base64.h"

#include <errno.h>

void warren_base64_encode(char *ret, const uint8_t *bytes, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (; len > 0; ret += 4) {
		size_t taken = len < 3 ? len : 3;
		uint32_t bits = (uint32_t)bytes[0] << 16;
		if (taken > 1)
			bits |= (uint32_t)bytes[1] << 8;
		if (taken > 2)
			bits |= bytes[2];
		ret[0] = digits[bits >> 18];
		ret[1] = digits[bits >> 12 & 63];
		ret[2] = taken > 1 ? digits[bits >> 6 & 63] : '=';
		ret[3] = taken > 2 ? digits[bits & 63] : '=';
		bytes += taken;
		len -= taken;
	}
}

static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	if (c == '/' || c == '_')
		return 63;
	return -1;
}

int warren_base64_decode(uint8_t *ret, size_t *ret_len, const char *text, size_t len)
{
	size_t padding = 0, size = 0;
	uint32_t bits = 0;
	while (padding < 2 && len > 0 && text[len - 1] == '=') {
		padding++;
		len--;
	}
	if (len % 4 == 1 || (padding > 0 && (len + padding) % 4 != 0))
		return -EBADMSG;
	for (size_t i = 0; i < len; i++) {
		int value = digit(text[i]);
		if (value < 0)
			return -EBADMSG;
		bits = bits << 6 | (uint32_t)value;
		/* Of each four digits the last three complete a byte. */
		if (i % 4 > 0)
			ret[size++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	*ret_len = size;
	return 0;
}
