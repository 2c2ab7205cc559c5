/* How long many things took, in a fixed room: 128 buckets for each power of two microseconds. */
#ifndef BENCH_TIMES_H
#define BENCH_TIMES_H

#include <stdint.h>
#include <time.h>

struct times {
	uint64_t count, max_us;
	uint64_t buckets[(32 - 7) * 128 + 128];
};

uint64_t read_clock_us(clockid_t clock);

void times_add(struct times *times, uint64_t us);

/* Returns the milliseconds within which `part` (0 to 1) of them were done. */
double times_ms(const struct times *times, double part);

#endif
