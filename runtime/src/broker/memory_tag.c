#include "broker/memory_tag.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static uint32_t tag_index(uint64_t tag)
{
	return (uint32_t)tag - 1;
}

void warren_memory_tags_free(struct warren_memory_tags *tags)
{
	free(tags->slots);
	*tags = (struct warren_memory_tags){0};
}

static int tags_grow(struct warren_memory_tags *tags, uint64_t needed)
{
	uint64_t capacity = tags->capacity ? tags->capacity : 64;
	struct warren_memory_slot *slots;

	while (capacity < needed)
		capacity *= 2;
	if (capacity > UINT32_MAX / 2)
		return -ENOMEM;
	slots = realloc(tags->slots, capacity * sizeof *slots);
	if (!slots)
		return -ENOMEM;
	for (uint32_t i = tags->capacity; i < capacity; i++) {
		slots[i] = (struct warren_memory_slot){.next_free = tags->first_free};
		tags->first_free = i + 1;
	}
	tags->slots = slots;
	tags->capacity = (uint32_t)capacity;
	return 0;
}

int warren_memory_tags_reserve(struct warren_memory_tags *tags, uint32_t count)
{
	uint64_t needed = (uint64_t)tags->used + tags->reserved + count;

	if (needed > tags->capacity && tags_grow(tags, needed) < 0)
		return -ENOMEM;
	tags->reserved += count;
	return 0;
}

void warren_memory_tags_unreserve(struct warren_memory_tags *tags, uint32_t count)
{
	assert(tags->reserved >= count);
	tags->reserved -= count;
}

uint64_t warren_memory_tags_take(struct warren_memory_tags *tags, struct warren_memory_entry *entry)
{
	uint32_t index = tags->first_free - 1;
	struct warren_memory_slot *slot = &tags->slots[index];

	assert(tags->reserved > 0 && tags->first_free);
	tags->first_free = slot->next_free;
	tags->reserved--;
	tags->used++;
	slot->entry = entry;
	return (uint64_t)slot->generation << 32 | (index + 1);
}

struct warren_memory_entry *warren_memory_tags_find(
	const struct warren_memory_tags *tags, uint64_t tag)
{
	uint32_t index = tag_index(tag);

	if (index >= tags->capacity || tags->slots[index].generation != tag >> 32)
		return NULL;
	return tags->slots[index].entry;
}

uint64_t warren_memory_tags_next(const struct warren_memory_tags *tags, uint32_t *cursor)
{
	while (*cursor < tags->capacity) {
		uint32_t index = (*cursor)++;

		if (tags->slots[index].entry)
			return (uint64_t)tags->slots[index].generation << 32 | (index + 1);
	}
	return 0;
}

void warren_memory_tags_release(struct warren_memory_tags *tags, uint64_t tag, bool reserve)
{
	uint32_t index = tag_index(tag);
	struct warren_memory_slot *slot = &tags->slots[index];

	assert(slot->entry && slot->generation == tag >> 32);
	slot->entry = NULL;
	slot->generation++;
	slot->next_free = tags->first_free;
	tags->first_free = index + 1;
	tags->used--;
	tags->reserved += reserve;
}
