/*
 * A token bucket: `rate_per_s` on average, `burst` at once.  In thousandths of a token, so that no
 * time is lost.
 */
#ifndef WARREN_BASE_BUCKET_H
#define WARREN_BASE_BUCKET_H

#include <stdint.h>

struct warren_bucket {
	int64_t filled_ms; /* when it was last filled */
	int64_t tokens;    /* thousandths */
};

/* A burst of 0 means the rate's. */
void warren_bucket_init(
	struct warren_bucket *bucket, uint32_t rate_per_s, uint32_t burst, int64_t now_ms);

/* Takes a token.  Returns 0, else after how many ms there is one. */
uint32_t warren_bucket_take(
	struct warren_bucket *bucket, uint32_t rate_per_s, uint32_t burst, int64_t now_ms);

#endif
