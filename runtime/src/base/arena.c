#include "warren/arena.h"

#include <assert.h>
#include <sanitizer/asan_interface.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BLOCK 4096
#define ALIGNMENT alignof(max_align_t)

/* Blocks are chained, the one in use first.  To AddressSanitizer, what was not handed out is
 * poison. */
struct block {
	struct block *next;
	size_t size, used;
	alignas(max_align_t) unsigned char bytes[];
};

struct warren_arena {
	struct block *blocks;
	size_t used, max;
};

static struct block *block_open(size_t size, struct block *next)
{
	struct block *block = malloc(sizeof *block + size);
	if (!block)
		return NULL;
	*block = (struct block){.next = next, .size = size};
	ASAN_POISON_MEMORY_REGION(block->bytes, size);
	return block;
}

struct warren_arena *warren_arena_open(size_t max_bytes)
{
	struct warren_arena *arena = malloc(sizeof *arena);
	if (!arena)
		return NULL;
	*arena = (struct warren_arena){.max = max_bytes};
	arena->blocks = block_open(FIRST_BLOCK, NULL);
	if (!arena->blocks) {
		free(arena);
		return NULL;
	}
	return arena;
}

static void close_blocks(struct block *block)
{
	while (block) {
		struct block *next = block->next;
		free(block);
		block = next;
	}
}

void warren_arena_close(struct warren_arena *arena)
{
	if (!arena)
		return;
	close_blocks(arena->blocks);
	free(arena);
}

void warren_arena_reset(struct warren_arena *arena)
{
	/* The first block that was opened is the last of the chain, and the smallest. */
	struct block *block = arena->blocks;
	while (block->next) {
		struct block *next = block->next;
		free(block);
		block = next;
	}
	block->used = 0;
	ASAN_POISON_MEMORY_REGION(block->bytes, block->size);
	arena->blocks = block;
	arena->used = 0;
}

static void *alloc_raw(struct warren_arena *arena, size_t bytes)
{
	if (bytes > arena->max)
		return NULL;
	size_t size = (bytes + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if (size == 0)
		size = ALIGNMENT;
	if (size > arena->max - arena->used)
		return NULL;

	struct block *block = arena->blocks;
	if (size > block->size - block->used) {
		size_t wanted = block->size * 2;
		block = block_open(wanted > size ? wanted : size, arena->blocks);
		if (!block)
			return NULL;
		arena->blocks = block;
	}
	void *memory = block->bytes + block->used;
	block->used += size;
	arena->used += size;
	ASAN_UNPOISON_MEMORY_REGION(memory, bytes);
	return memory;
}

void *warren_arena_alloc(struct warren_arena *arena, size_t bytes)
{
	void *memory = alloc_raw(arena, bytes);
	return memory ? memset(memory, 0, bytes) : NULL;
}

char *warren_arena_strndup(struct warren_arena *arena, const char *text, size_t len)
{
	if (len == SIZE_MAX)
		return NULL;
	char *copy = alloc_raw(arena, len + 1);
	if (!copy)
		return NULL;
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *warren_arena_printf(struct warren_arena *arena, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	char *text = warren_arena_vprintf(arena, fmt, args);
	va_end(args);
	return text;
}

char *warren_arena_vprintf(struct warren_arena *arena, const char *fmt, va_list args)
{
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	assert(len >= 0);
	char *text = warren_arena_alloc(arena, (size_t)len + 1);
	if (text)
		(void)vsnprintf(text, (size_t)len + 1, fmt, args);
	return text;
}

size_t warren_arena_used(const struct warren_arena *arena)
{
	return arena->used;
}
