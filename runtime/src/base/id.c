#include "base/id.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

void warren_random(void *bytes, size_t len)
{
	unsigned char *at = bytes;
	while (len > 0) {
		ssize_t got = getrandom(at, len, 0);
		if (got < 0) {
			if (errno == EINTR)
				continue;
			/* The kernel has no randomness to give: nothing that we would do is safe.
			 */
			abort();
		}
		at += got;
		len -= (size_t)got;
	}
}

void warren_uuid(char ret[WARREN_UUID_SIZE])
{
	uint8_t b[16];
	struct timespec now;
	warren_random(b, sizeof b);
	clock_gettime(CLOCK_REALTIME, &now);
	uint64_t ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	for (int i = 0; i < 6; i++)
		b[i] = (uint8_t)(ms >> (40 - 8 * i));
	b[6] = (uint8_t)(0x70 | (b[6] & 0x0f));
	b[8] = (uint8_t)(0x80 | (b[8] & 0x3f));
	snprintf(ret, WARREN_UUID_SIZE,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		b[15]);
}

/* Fills `ret` with characters of an alphabet whose size is a power of two, and terminates it. */
static void spell(char *ret, size_t chars, const char *alphabet, uint8_t mask)
{
	uint8_t bytes[64];
	for (size_t done = 0; done < chars;) {
		size_t some = chars - done < sizeof bytes ? chars - done : sizeof bytes;
		warren_random(bytes, some);
		for (size_t i = 0; i < some; i++)
			ret[done++] = alphabet[bytes[i] & mask];
	}
	ret[chars] = '\0';
}

void warren_instance_id(char ret[WARREN_INSTANCE_SIZE])
{
	/* An event's name begins with a letter: so `<system>.<service>.<instance>` is never the
	 * name of a consumer's queue, and a permission tells them apart. */
	uint8_t random;
	do
		warren_random(&random, 1);
	while (random >= 252); /* 42 times each of the six digits */
	ret[0] = (char)('2' + random % 6);
	spell(ret + 1, WARREN_INSTANCE_SIZE - 2, "abcdefghijklmnopqrstuvwxyz234567", 31);
}

void warren_random_text(char *ret, size_t chars)
{
	spell(ret, chars, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 63);
}
