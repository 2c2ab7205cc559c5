#include "base/map.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"

#define FIRST_SLOTS 16

/*
 * Open addressing with linear probing; a removed entry closes its gap, so there are no tombstones.
 * Hashes are not kept: to make one again is rarer than to have one, and costs no memory.
 * An entry is a pointer to the value, NULL when free; with keys of its own the map has those in a
 * second table beside it.
 */
struct warren_map {
	void **values;
	char **keys; /* NULL: each is part of its value */
	size_t key_offset;
	size_t slot_count, count;
};

static const char *key_at(const struct warren_map *map, size_t at)
{
	return map->keys ? map->keys[at] : (const char *)map->values[at] + map->key_offset;
}

/* ---- SipHash-1-3 ---- */

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
		sip_round(v);
		v[0] ^= word;
	}
	uint64_t last = (uint64_t)len << 56;
	for (size_t i = 0; i < left; i++)
		last |= (uint64_t)at[i] << (8 * i);
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	sip_round(v), sip_round(v), sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- the table ---- */

static struct warren_map *open_map(bool has_keys, size_t key_offset)
{
	struct warren_map *map = calloc(1, sizeof *map);
	if (!map)
		return NULL;
	map->slot_count = FIRST_SLOTS;
	map->key_offset = key_offset;
	map->values = calloc(FIRST_SLOTS, sizeof *map->values);
	if (has_keys)
		map->keys = calloc(FIRST_SLOTS, sizeof *map->keys);
	if (!map->values || (has_keys && !map->keys)) {
		warren_map_close(map);
		return NULL;
	}
	return map;
}

struct warren_map *warren_map_open(void)
{
	return open_map(true, 0);
}

struct warren_map *warren_map_open_within(size_t key_offset)
{
	return open_map(false, key_offset);
}

void warren_map_close(struct warren_map *map)
{
	if (!map)
		return;
	for (size_t i = 0; map->keys && i < map->slot_count; i++)
		free(map->keys[i]);
	free(map->keys);
	free(map->values);
	free(map);
}

static bool is_full(const struct warren_map *map, size_t at)
{
	return map->keys ? map->keys[at] != NULL : map->values[at] != NULL;
}

static size_t home_of(const struct warren_map *map, const char *key)
{
	return warren_hash(key, strlen(key)) & (map->slot_count - 1);
}

/* Returns the slot of the key, or the free one where it would stand. */
static size_t find(const struct warren_map *map, const char *key)
{
	size_t at = home_of(map, key);
	while (is_full(map, at) && strcmp(key_at(map, at), key) != 0)
		at = (at + 1) & (map->slot_count - 1);
	return at;
}

static void move(struct warren_map *to, size_t to_at, struct warren_map *from, size_t from_at)
{
	to->values[to_at] = from->values[from_at];
	from->values[from_at] = NULL;
	if (from->keys) {
		to->keys[to_at] = from->keys[from_at];
		from->keys[from_at] = NULL;
	}
}

static int grow(struct warren_map *map)
{
	struct warren_map larger = *map;
	larger.slot_count *= 2;
	larger.values = calloc(larger.slot_count, sizeof *larger.values);
	larger.keys = map->keys ? calloc(larger.slot_count, sizeof *larger.keys) : NULL;
	if (!larger.values || (map->keys && !larger.keys)) {
		free(larger.values);
		free(larger.keys);
		return -ENOMEM;
	}
	for (size_t i = 0; i < map->slot_count; i++)
		if (is_full(map, i))
			move(&larger, find(&larger, key_at(map, i)), map, i);
	free(map->values);
	free(map->keys);
	map->values = larger.values;
	map->keys = larger.keys;
	map->slot_count = larger.slot_count;
	return 0;
}

int warren_map_add(struct warren_map *map, const char *key, void *value)
{
	char *own = NULL;
	assert(map->keys || key == (const char *)value + map->key_offset);
	if (is_full(map, find(map, key)))
		return -EEXIST;
	if ((map->count + 1) * 4 > map->slot_count * 3) {
		int rc = grow(map);
		if (rc < 0)
			return rc;
	}
	if (map->keys && !(own = strdup(key)))
		return -ENOMEM;
	size_t at = find(map, key);
	map->values[at] = value;
	if (map->keys)
		map->keys[at] = own;
	map->count++;
	return 0;
}

void *warren_map_get(const struct warren_map *map, const char *key)
{
	return map->values[find(map, key)];
}

void *warren_map_remove(struct warren_map *map, const char *key)
{
	size_t mask = map->slot_count - 1;
	size_t gap = find(map, key);
	if (!is_full(map, gap))
		return NULL;
	void *value = map->values[gap];
	map->values[gap] = NULL;
	if (map->keys) {
		free(map->keys[gap]);
		map->keys[gap] = NULL;
	}
	map->count--;
	/* An entry that probed past the gap moves into it. */
	for (size_t at = (gap + 1) & mask; is_full(map, at); at = (at + 1) & mask) {
		size_t home = home_of(map, key_at(map, at));
		if (((at - home) & mask) >= ((at - gap) & mask)) {
			move(map, gap, map, at);
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
		while (is_full(map, free_slot))
			free_slot++;
		*cursor = (free_slot + 1) << 32;
	}
	size_t start = (*cursor >> 32) - 1;
	for (size_t step = (uint32_t)*cursor; step < mask;) {
		size_t at = (start - ++step) & mask;
		(*cursor)++;
		if (is_full(map, at)) {
			*key = key_at(map, at);
			*value = map->values[at];
			return true;
		}
	}
	return false;
}
