/*
 * Memory for what is small, lives long and comes by the thousand.
 *
 * malloc adds eight bytes to each piece and rounds it up to sixteen; and what lives long between
 * pieces that live short leaves holes that nothing fits.  In a pool, pieces of one size, in steps
 * of eight, lie side by side in spans of 64 KiB, those of whole pages on pages; a span whose pieces
 * have all gone is given back to the system, and what was never written to costs nothing.
 * Larger pieces are malloc's, and so is everything where there is no pool (NULL): when the system
 * has no room for its addresses, and under a sanitizer, which is to see each piece.
 * Thread: any.
 */
#ifndef WARREN_BASE_POOL_H
#define WARREN_BASE_POOL_H

#include <stddef.h>

#include "warren/api.h"

#define WARREN_POOL_PIECE_MAX 8192

struct warren_pool;

/* Returns a pool; NULL when there is no room for one. */
struct warren_pool *warren_pool_open(void);
void warren_pool_close(struct warren_pool *pool); /* with all pieces but malloc's */

/* Returns a piece of zeros; NULL when memory is out. */
void *warren_pool_take(struct warren_pool *pool, size_t size) WARREN_MUST_CHECK;
void warren_pool_give(struct warren_pool *pool, void *piece); /* NULL: nothing */

/* As realloc: `piece` may be NULL, and what is new is not zeroed; on failure it stays as it was. */
void *warren_pool_resize(struct warren_pool *pool, void *piece, size_t size) WARREN_MUST_CHECK;

/* The bytes that the pool holds of the system, and those in use. */
void warren_pool_usage(struct warren_pool *pool, size_t *ret_held, size_t *ret_used);

#endif
