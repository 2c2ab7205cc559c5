#include "base/bucket.h"

#define TOKEN 1000

static int64_t capacity(uint32_t rate_per_s, uint32_t burst)
{
	return (int64_t)(burst > 0 ? burst : rate_per_s) * TOKEN;
}

void warren_bucket_init(
	struct warren_bucket *bucket, uint32_t rate_per_s, uint32_t burst, int64_t now_ms)
{
	bucket->filled_ms = now_ms;
	bucket->tokens = capacity(rate_per_s, burst);
}

uint32_t warren_bucket_take(
	struct warren_bucket *bucket, uint32_t rate_per_s, uint32_t burst, int64_t now_ms)
{
	if (rate_per_s == 0)
		return 0;
	/* A token a second is a thousandth a millisecond. */
	int64_t full = capacity(rate_per_s, burst);
	int64_t passed_ms = now_ms - bucket->filled_ms;
	bucket->filled_ms = now_ms;
	if (passed_ms >= (full - bucket->tokens) / rate_per_s + 1)
		bucket->tokens = full;
	else
		bucket->tokens += passed_ms * rate_per_s;
	if (bucket->tokens >= TOKEN) {
		bucket->tokens -= TOKEN;
		return 0;
	}
	return (uint32_t)((TOKEN - bucket->tokens + rate_per_s - 1) / rate_per_s);
}
