/*
 * Tags of deliveries: a number that finds an unsettled entry, once.
 *
 * A tag is a slot and that slot's generation; a slot that is used again has another generation, so
 * that an old tag finds nothing. Slots are reserved when a consumer comes (its prefetch), so that
 * delivering never fails for want of memory.
 */
#ifndef WARREN_BROKER_MEMORY_TAG_H
#define WARREN_BROKER_MEMORY_TAG_H

#include <stdbool.h>
#include <stdint.h>

#include "warren/api.h"

struct warren_memory_entry;

struct warren_memory_slot {
	struct warren_memory_entry *entry; /* NULL: free */
	uint32_t generation;
	uint32_t next_free; /* index + 1; 0: the last one */
};

/* All zero is empty.  Invariant: used + reserved <= capacity. */
struct warren_memory_tags {
	struct warren_memory_slot *slots;
	uint32_t capacity, used, reserved, first_free;
};

void warren_memory_tags_free(struct warren_memory_tags *tags);

/* Returns 0; -ENOMEM. */
int warren_memory_tags_reserve(struct warren_memory_tags *tags, uint32_t count) WARREN_MUST_CHECK;
void warren_memory_tags_unreserve(struct warren_memory_tags *tags, uint32_t count);

/* Uses one reserved slot.  Returns the tag, never 0. */
uint64_t warren_memory_tags_take(
	struct warren_memory_tags *tags, struct warren_memory_entry *entry);

/* Returns NULL for a tag that is not in use. */
struct warren_memory_entry *warren_memory_tags_find(
	const struct warren_memory_tags *tags, uint64_t tag);

/* Returns the first tag in use from slot `*cursor` on, which is moved behind it; 0 for none. */
uint64_t warren_memory_tags_next(const struct warren_memory_tags *tags, uint32_t *cursor);

/* Gives the slot back; `reserve`: its consumer is still there and will need it again. */
void warren_memory_tags_release(struct warren_memory_tags *tags, uint64_t tag, bool reserve);

#endif
