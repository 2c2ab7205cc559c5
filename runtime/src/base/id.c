#include "base/id.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

/*
 * Randomness is taken from the kernel for many ids at once: a system call for each was a twelfth of
 * what an event costs.  A byte is used once, and erased.  A child process begins with none.
 */
enum { RESERVE = 1024 };
static _Thread_local struct {
	unsigned char bytes[RESERVE];
	size_t left; /* at the beginning of `bytes` */
} reserve;
static pthread_once_t watches_forks = PTHREAD_ONCE_INIT;

static void forget_reserve(void)
{
	explicit_bzero(&reserve, sizeof reserve);
}

static void watch_forks(void)
{
	/* Without it a child would repeat its parent's ids. */
	if (pthread_atfork(NULL, NULL, forget_reserve) != 0)
		abort();
}

static void ask_kernel(unsigned char *at, size_t len)
{
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

void warren_random(void *bytes, size_t len)
{
	if (len > RESERVE / 4) {
		ask_kernel(bytes, len);
		return;
	}
	if (reserve.left < len) {
		pthread_once(&watches_forks, watch_forks);
		ask_kernel(reserve.bytes, RESERVE);
		reserve.left = RESERVE;
	}
	reserve.left -= len;
	memcpy(bytes, reserve.bytes + reserve.left, len);
	explicit_bzero(reserve.bytes + reserve.left, len);
}

void warren_hex(char *ret, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	for (size_t i = 0; i < len; i++) {
		ret[2 * i] = "0123456789abcdef"[at[i] >> 4];
		ret[2 * i + 1] = "0123456789abcdef"[at[i] & 15];
	}
}

void warren_uuid(char ret[WARREN_UUID_SIZE])
{
	static const struct {
		uint8_t at, from, bytes;
	} groups[] = {{0, 0, 4}, {9, 4, 2}, {14, 6, 2}, {19, 8, 2}, {24, 10, 6}};
	uint8_t b[16];
	struct timespec now;
	warren_random(b, sizeof b);
	clock_gettime(CLOCK_REALTIME, &now);
	uint64_t ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	for (int i = 0; i < 6; i++)
		b[i] = (uint8_t)(ms >> (40 - 8 * i));
	b[6] = (uint8_t)(0x70 | (b[6] & 0x0f));
	b[8] = (uint8_t)(0x80 | (b[8] & 0x3f));
	memset(ret, '-', WARREN_UUID_SIZE - 1);
	for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
		warren_hex(ret + groups[i].at, b + groups[i].from, groups[i].bytes);
	ret[WARREN_UUID_SIZE - 1] = '\0';
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
