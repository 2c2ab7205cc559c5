/* When a line that a peer can cause by the thousand is logged again. */
#ifndef WARREN_BASE_SELDOM_H
#define WARREN_BASE_SELDOM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Zeroed at first. */
struct warren_seldom {
	atomic_int_fast64_t next_ms;
};

/* Returns true at most once in `every_ms`.  Thread: any. */
static inline bool warren_seldom(struct warren_seldom *seldom, int64_t now_ms, int64_t every_ms)
{
	int_fast64_t next_ms = atomic_load(&seldom->next_ms);
	return now_ms >= next_ms &&
	       atomic_compare_exchange_strong(&seldom->next_ms, &next_ms, now_ms + every_ms);
}

#endif
