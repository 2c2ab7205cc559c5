#include "warren/arena.h"

#include <assert.h>
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <stdalign.h>
#include <stdbool.h>
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
	struct block *blocks; /* the last of them lies behind the arena, in the same memory */
	size_t used, max;
	struct warren_arena *next; /* among those that are spare */
};

/*
 * Arenas that were closed, for the next ones.  Each call and each event has one, which is opened on
 * one thread and closed on another: the heap would grow and shrink with every batch.  The sanitizers
 * are to see each of them end.
 */
enum { SPARE_MAX = 512 };
static struct {
	pthread_mutex_t mutex;
	struct warren_arena *first;
	size_t count;
} spare = {.mutex = PTHREAD_MUTEX_INITIALIZER};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KEEPS_SPARE false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
	__has_feature(memory_sanitizer)
#define KEEPS_SPARE false
#endif
#endif
#ifndef KEEPS_SPARE
#define KEEPS_SPARE true
#endif

static struct warren_arena *take_spare(void)
{
	if (!KEEPS_SPARE)
		return NULL;
	pthread_mutex_lock(&spare.mutex);
	struct warren_arena *arena = spare.first;
	if (arena) {
		spare.first = arena->next;
		spare.count--;
	}
	pthread_mutex_unlock(&spare.mutex);
	return arena;
}

/* Returns whether it was kept. */
static bool keep_spare(struct warren_arena *arena)
{
	if (!KEEPS_SPARE)
		return false;
	pthread_mutex_lock(&spare.mutex);
	bool kept = spare.count < SPARE_MAX;
	if (kept) {
		arena->next = spare.first;
		spare.first = arena;
		spare.count++;
	}
	pthread_mutex_unlock(&spare.mutex);
	return kept;
}

/* Out of line: GCC 14 takes it for a read of what malloc() left there, and warns. */
__attribute__((noinline)) static void poison(void *bytes, size_t len)
{
	ASAN_POISON_MEMORY_REGION(bytes, len);
}

static struct block *block_open(size_t size, struct block *next)
{
	struct block *block = malloc(sizeof *block + size);
	if (!block)
		return NULL;
	*block = (struct block){.next = next, .size = size};
	poison(block->bytes, size);
	return block;
}

static struct block *first_block(struct warren_arena *arena)
{
	return (struct block *)(arena + 1);
}

struct warren_arena *warren_arena_open(size_t max_bytes)
{
	struct warren_arena *arena = take_spare();
	static_assert(sizeof *arena % ALIGNMENT == 0, "the first block is aligned");
	if (!arena)
		arena = malloc(sizeof *arena + sizeof(struct block) + FIRST_BLOCK);
	if (!arena)
		return NULL;
	*arena = (struct warren_arena){.blocks = first_block(arena), .max = max_bytes};
	*arena->blocks = (struct block){.size = FIRST_BLOCK};
	ASAN_POISON_MEMORY_REGION(arena->blocks->bytes, FIRST_BLOCK);
	return arena;
}

/* Closes all but the first. */
static void close_blocks(struct warren_arena *arena)
{
	struct block *block = arena->blocks;
	while (block->next) {
		struct block *next = block->next;
		free(block);
		block = next;
	}
	arena->blocks = block;
}

void warren_arena_close(struct warren_arena *arena)
{
	if (!arena)
		return;
	close_blocks(arena);
	ASAN_UNPOISON_MEMORY_REGION(arena->blocks->bytes, FIRST_BLOCK);
	if (!keep_spare(arena))
		free(arena);
}

void warren_arena_reset(struct warren_arena *arena)
{
	close_blocks(arena);
	arena->blocks->used = 0;
	ASAN_POISON_MEMORY_REGION(arena->blocks->bytes, arena->blocks->size);
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
	char first[256]; /* most texts fit, and are formatted once */
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(first, sizeof first, fmt, again);
	va_end(again);
	assert(len >= 0);
	if ((size_t)len < sizeof first)
		return warren_arena_strndup(arena, first, (size_t)len);
	char *text = warren_arena_alloc(arena, (size_t)len + 1);
	if (text)
		(void)vsnprintf(text, (size_t)len + 1, fmt, args);
	return text;
}

size_t warren_arena_used(const struct warren_arena *arena)
{
	return arena->used;
}
