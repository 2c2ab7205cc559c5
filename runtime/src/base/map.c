#include "base/map.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"

#define FIRST_SLOTS 16

/*
 * Open addressing with linear probing; a removed entry closes its gap, so there are no tombstones.
 * Hashes are not kept: to make one again is rarer than to have one, and costs no memory.
 */
struct slot {
	const char *key; /* NULL: free */
	void *value;
};

struct warren_map {
	struct slot *slots;
	size_t slot_count, count;
	bool borrows;
};

/* ---- SipHash-2-4 ---- */

static uint64_t seed[2];
static pthread_once_t seeded = PTHREAD_ONCE_INIT;

static void make_seed(void)
{
	warren_random(seed, sizeof seed);
}

static inline uint64_t rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1], v[1] = rotate(v[1], 13) ^ v[0], v[0] = rotate(v[0], 32);
	v[2] += v[3], v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3], v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1], v[1] = rotate(v[1], 17) ^ v[2], v[2] = rotate(v[2], 32);
}

uint64_t warren_hash(const void *bytes, size_t len)
{
	pthread_once(&seeded, make_seed);
	uint64_t v[4] = {seed[0] ^ 0x736f6d6570736575, seed[1] ^ 0x646f72616e646f6d,
		seed[0] ^ 0x6c7967656e657261, seed[1] ^ 0x7465646279746573};
	const uint8_t *at = bytes;
	size_t left = len;
	for (; left >= 8; at += 8, left -= 8) {
		uint64_t word;
		memcpy(&word, at, 8);
		v[3] ^= word;
		sip_round(v), sip_round(v);
		v[0] ^= word;
	}
	uint64_t last = (uint64_t)len << 56;
	for (size_t i = 0; i < left; i++)
		last |= (uint64_t)at[i] << (8 * i);
	v[3] ^= last;
	sip_round(v), sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	sip_round(v), sip_round(v), sip_round(v), sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- the table ---- */

struct warren_map *warren_map_open(void)
{
	struct warren_map *map = malloc(sizeof *map);
	if (!map)
		return NULL;
	*map = (struct warren_map){.slot_count = FIRST_SLOTS};
	map->slots = calloc(FIRST_SLOTS, sizeof *map->slots);
	if (!map->slots) {
		free(map);
		return NULL;
	}
	return map;
}

struct warren_map *warren_map_open_borrowing(void)
{
	struct warren_map *map = warren_map_open();
	if (map)
		map->borrows = true;
	return map;
}

static void give_back(const struct warren_map *map, const char *key)
{
	if (!map->borrows)
		free((char *)key);
}

void warren_map_close(struct warren_map *map)
{
	if (!map)
		return;
	for (size_t i = 0; i < map->slot_count; i++)
		give_back(map, map->slots[i].key);
	free(map->slots);
	free(map);
}

static size_t home_of(const struct warren_map *map, const char *key)
{
	return warren_hash(key, strlen(key)) & (map->slot_count - 1);
}

/* Returns the slot of the key, or the free one where it would stand. */
static size_t find(const struct warren_map *map, const char *key)
{
	size_t at = home_of(map, key);
	while (map->slots[at].key && strcmp(map->slots[at].key, key) != 0)
		at = (at + 1) & (map->slot_count - 1);
	return at;
}

static int grow(struct warren_map *map)
{
	struct warren_map larger = {
		.slot_count = map->slot_count * 2, .count = map->count, .borrows = map->borrows};
	larger.slots = calloc(larger.slot_count, sizeof *larger.slots);
	if (!larger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < map->slot_count; i++)
		if (map->slots[i].key)
			larger.slots[find(&larger, map->slots[i].key)] = map->slots[i];
	free(map->slots);
	*map = larger;
	return 0;
}

int warren_map_add(struct warren_map *map, const char *key, void *value)
{
	if (map->slots[find(map, key)].key)
		return -EEXIST;
	if ((map->count + 1) * 4 > map->slot_count * 3) {
		int rc = grow(map);
		if (rc < 0)
			return rc;
	}
	const char *own = map->borrows ? key : strdup(key);
	if (!own)
		return -ENOMEM;
	map->slots[find(map, key)] = (struct slot){.key = own, .value = value};
	map->count++;
	return 0;
}

void *warren_map_get(const struct warren_map *map, const char *key)
{
	return map->slots[find(map, key)].value;
}

void *warren_map_remove(struct warren_map *map, const char *key)
{
	size_t mask = map->slot_count - 1;
	size_t gap = find(map, key);
	if (!map->slots[gap].key)
		return NULL;
	void *value = map->slots[gap].value;
	give_back(map, map->slots[gap].key);
	map->slots[gap] = (struct slot){0};
	map->count--;
	/* What probed past the gap moves into it. */
	for (size_t at = (gap + 1) & mask; map->slots[at].key; at = (at + 1) & mask) {
		size_t home = home_of(map, map->slots[at].key);
		if (((at - home) & mask) >= ((at - gap) & mask)) {
			map->slots[gap] = map->slots[at];
			map->slots[at] = (struct slot){0};
			gap = at;
		}
	}
	return value;
}

size_t warren_map_count(const struct warren_map *map)
{
	return map->count;
}

/*
 * Walks downwards from a free slot, whose index the cursor keeps: closing a gap moves entries down
 * within their run of full slots, and no run crosses a free slot, so none is missed.
 */
bool warren_map_next(const struct warren_map *map, size_t *cursor, const char **key, void **value)
{
	size_t mask = map->slot_count - 1;
	if (*cursor == 0) {
		size_t free_slot = 0;
		while (map->slots[free_slot].key)
			free_slot++;
		*cursor = (free_slot + 1) << 32;
	}
	size_t start = (*cursor >> 32) - 1;
	for (size_t step = (uint32_t)*cursor; step < mask;) {
		const struct slot *slot = &map->slots[(start - ++step) & mask];
		(*cursor)++;
		if (slot->key) {
			*key = slot->key;
			*value = slot->value;
			return true;
		}
	}
	return false;
}
