/*
 * A hash table from short text keys to pointers.  Keys are copied, or each is part of its value;
 * values are not owned.
 * Seeded at random (SipHash), so that no peer chooses collisions.  One thread at a time.
 */
#ifndef WARREN_BASE_MAP_H
#define WARREN_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "warren/api.h"

struct warren_map;

struct warren_map *warren_map_open(void) WARREN_MUST_CHECK; /* NULL when memory is out */
/*
 * As above; the key of each value stands in it at `key_offset`, and stays as it is until its entry
 * has been removed.  Such a map is half as large, and its keys cost nothing.
 */
struct warren_map *warren_map_open_within(size_t key_offset) WARREN_MUST_CHECK;
void warren_map_close(struct warren_map *map);

/* Returns 0; -EEXIST when the key is there; -ENOMEM. */
int warren_map_add(struct warren_map *map, const char *key, void *value) WARREN_MUST_CHECK;
void *warren_map_get(const struct warren_map *map, const char *key);
void *warren_map_remove(struct warren_map *map, const char *key); /* NULL when it was not there */
size_t warren_map_count(const struct warren_map *map);

/* Walks all entries: start with *cursor = 0.  Removing the entry just returned is allowed. */
bool warren_map_next(const struct warren_map *map, size_t *cursor, const char **key, void **value);

/* A keyed 64-bit hash of bytes under the process's random seed. */
uint64_t warren_hash(const void *bytes, size_t len);

#endif
