#include "times.h"

#include <stddef.h>

uint64_t read_clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void times_add(struct times *times, uint64_t us)
{
	uint64_t value = us > UINT32_MAX ? UINT32_MAX : us;
	int shift = value < 256 ? 0 : 63 - __builtin_clzll(value) - 7;

	times->buckets[(uint64_t)shift * 128 + (value >> shift)]++;
	times->count++;
	if (us > times->max_us)
		times->max_us = us;
}

double times_ms(const struct times *times, double part)
{
	uint64_t want = (uint64_t)((double)times->count * part), seen = 0;

	for (size_t i = 0; i < sizeof times->buckets / sizeof times->buckets[0]; i++) {
		size_t shift = i < 256 ? 0 : i / 128 - 1;

		seen += times->buckets[i];
		if (seen > want)
			return (double)((i - shift * 128) << shift) / 1e3;
	}
	return (double)times->max_us / 1e3;
}
