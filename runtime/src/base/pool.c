#include "base/pool.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SPAN_BYTES ((size_t)64 << 10)
#define SPANS 65536 /* 4 GiB of addresses, which cost nothing until they are used */
#define STEP 8
#define SIZES (WARREN_POOL_PIECE_MAX / STEP)

/* Pieces of one size.  Those that were given back are a list through their first bytes. */
struct span {
	uint16_t size;        /* in steps; 0: in no use */
	uint16_t used, fresh; /* pieces in use; pieces that ever were */
	uint16_t free_first;  /* 1 + its index; 0: none */
	uint32_t next, last;  /* 1 + the index of others with room, or that are in no use */
};

struct warren_pool {
	pthread_mutex_t lock;
	uint8_t *memory;
	uint32_t with_room[SIZES + 1]; /* 1 + the index of a span; [0]: of those in no use */
	uint32_t fresh;                /* spans that ever were in use */
	size_t held, used;
	struct span spans[SPANS];
};

static void *map(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

struct warren_pool *warren_pool_open(void)
{
	struct warren_pool *pool = map(sizeof *pool);

	if (!pool)
		return NULL;
	pool->memory = map(SPAN_BYTES * SPANS);
	if (!pool->memory) {
		munmap(pool, sizeof *pool);
		return NULL;
	}
	pthread_mutex_init(&pool->lock, NULL);
	return pool;
}

void warren_pool_close(struct warren_pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_destroy(&pool->lock);
	munmap(pool->memory, SPAN_BYTES * SPANS);
	munmap(pool, sizeof *pool);
}

/* ---- spans ---- */

static void enter_list(struct warren_pool *pool, uint32_t at, uint32_t *list)
{
	pool->spans[at].last = 0;
	pool->spans[at].next = *list;
	if (*list)
		pool->spans[*list - 1].last = at + 1;
	*list = at + 1;
}

static void leave_list(struct warren_pool *pool, uint32_t at, uint32_t *list)
{
	struct span *span = &pool->spans[at];

	if (span->next)
		pool->spans[span->next - 1].last = span->last;
	if (span->last)
		pool->spans[span->last - 1].next = span->next;
	else
		*list = span->next;
}

static unsigned capacity(const struct span *span)
{
	return (unsigned)(SPAN_BYTES / (span->size * (size_t)STEP));
}

/* Puts a span to use for pieces of that size.  Returns false when there is none. */
static bool begin_span(struct warren_pool *pool, uint16_t size)
{
	uint32_t at;

	if (pool->with_room[0]) {
		at = pool->with_room[0] - 1;
		leave_list(pool, at, &pool->with_room[0]);
	} else if (pool->fresh < SPANS) {
		at = pool->fresh++;
	} else {
		return false;
	}
	pool->spans[at] = (struct span){.size = size};
	pool->held += SPAN_BYTES;
	enter_list(pool, at, &pool->with_room[size]);
	return true;
}

static void end_span(struct warren_pool *pool, uint32_t at)
{
	struct span *span = &pool->spans[at];

	leave_list(pool, at, &pool->with_room[span->size]);
	span->size = 0;
	pool->held -= SPAN_BYTES;
	madvise(pool->memory + at * SPAN_BYTES, SPAN_BYTES, MADV_DONTNEED);
	enter_list(pool, at, &pool->with_room[0]);
}

/* ---- pieces ---- */

static void *take(struct warren_pool *pool, uint16_t size)
{
	struct span *span;
	uint32_t at;
	uint16_t index;
	uint8_t *piece;

	if (!pool->with_room[size] && !begin_span(pool, size))
		return NULL;
	at = pool->with_room[size] - 1;
	span = &pool->spans[at];
	index = span->free_first ? (uint16_t)(span->free_first - 1) : span->fresh++;
	piece = pool->memory + at * SPAN_BYTES + (size_t)index * size * STEP;
	if (span->free_first)
		memcpy(&span->free_first, piece, sizeof span->free_first);
	if (++span->used == capacity(span))
		leave_list(pool, at, &pool->with_room[size]);
	pool->used += (size_t)size * STEP;
	return piece;
}

static bool is_mine(const struct warren_pool *pool, const void *piece)
{
	return pool && (uintptr_t)piece - (uintptr_t)pool->memory < SPAN_BYTES * SPANS;
}

static uint32_t span_of(const struct warren_pool *pool, const void *piece)
{
	return (uint32_t)((size_t)((const uint8_t *)piece - pool->memory) / SPAN_BYTES);
}

static void give(struct warren_pool *pool, void *piece)
{
	uint32_t at = span_of(pool, piece);
	struct span *span = &pool->spans[at];
	size_t offset = (size_t)((uint8_t *)piece - pool->memory) % SPAN_BYTES;
	size_t bytes = span->size * (size_t)STEP;

	assert(span->size && offset % bytes == 0 && span->used);
	memcpy(piece, &span->free_first, sizeof span->free_first);
	span->free_first = (uint16_t)(offset / bytes + 1);
	if (span->used-- == capacity(span))
		enter_list(pool, at, &pool->with_room[span->size]);
	pool->used -= bytes;
	/* The only one with room stays: the next piece will come. */
	if (!span->used && (span->next || span->last))
		end_span(pool, at);
}

/* As warren_pool_take, with whatever is in it: what nobody writes to costs no memory. */
static void *take_raw(struct warren_pool *pool, size_t size)
{
	size_t bytes = size ? size : 1, steps = (bytes + STEP - 1) / STEP;
	void *piece;

	if (!pool || steps > SIZES)
		return malloc(bytes);
	pthread_mutex_lock(&pool->lock);
	piece = take(pool, (uint16_t)steps);
	pthread_mutex_unlock(&pool->lock);
	return piece ? piece : malloc(bytes);
}

void *warren_pool_take(struct warren_pool *pool, size_t size)
{
	void *piece = take_raw(pool, size);

	return piece ? memset(piece, 0, size) : NULL;
}

void warren_pool_give(struct warren_pool *pool, void *piece)
{
	if (!is_mine(pool, piece)) {
		free(piece);
		return;
	}
	pthread_mutex_lock(&pool->lock);
	give(pool, piece);
	pthread_mutex_unlock(&pool->lock);
}

void *warren_pool_resize(struct warren_pool *pool, void *piece, size_t size)
{
	size_t had;
	void *other;

	if (!piece)
		return take_raw(pool, size);
	if (!is_mine(pool, piece))
		return realloc(piece, size); /* larger than a piece, now or once */
	had = pool->spans[span_of(pool, piece)].size * (size_t)STEP;
	if (size <= had && size > had - STEP)
		return piece;
	other = take_raw(pool, size);
	if (!other)
		return NULL;
	memcpy(other, piece, had < size ? had : size);
	warren_pool_give(pool, piece);
	return other;
}

void warren_pool_usage(struct warren_pool *pool, size_t *ret_held, size_t *ret_used)
{
	pthread_mutex_lock(&pool->lock);
	*ret_held = pool->held;
	*ret_used = pool->used;
	pthread_mutex_unlock(&pool->lock);
}
