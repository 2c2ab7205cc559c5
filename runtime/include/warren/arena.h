/*
 * Memory that is given back all at once.
 *
 * Every delivery has one arena: its bytes, the message unpacked from them, what the handler
 * allocates and the reply all live in it and go together.  An arena has a cap, set when it is
 * opened; past it every allocation answers NULL, so that no peer decides how much memory we use.
 * An arena belongs to one thread at a time.
 */
#ifndef WARREN_ARENA_H
#define WARREN_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "warren/api.h"

#ifdef __cplusplus
extern "C" {
#endif

struct warren_arena;

/* Returns a new arena that hands out at most `max_bytes`; NULL when memory is out.  Owns: caller.
 */
struct warren_arena *warren_arena_open(size_t max_bytes) WARREN_MUST_CHECK;

/* Gives back the arena and all that came from it.  NULL is allowed. */
void warren_arena_close(struct warren_arena *arena);

/* Forgets all allocations and keeps a first block for the next user. */
void warren_arena_reset(struct warren_arena *arena);

/* Returns zeroed memory aligned for any type; NULL past the cap.  Owns: arena. */
void *warren_arena_alloc(struct warren_arena *arena, size_t bytes) WARREN_MUST_CHECK;

/* Returns a terminated copy of `len` bytes; NULL past the cap.  Owns: arena. */
char *warren_arena_strndup(
	struct warren_arena *arena, const char *text, size_t len) WARREN_MUST_CHECK;

/* Returns formatted text; NULL past the cap.  Owns: arena. */
char *warren_arena_printf(struct warren_arena *arena, const char *fmt, ...) WARREN_MUST_CHECK
	WARREN_PRINTF(2, 3);
char *warren_arena_vprintf(struct warren_arena *arena, const char *fmt,
	va_list args) WARREN_MUST_CHECK WARREN_PRINTF(2, 0);

/* Returns how many bytes were handed out since it was opened or reset. */
size_t warren_arena_used(const struct warren_arena *arena);

#ifdef __cplusplus
}
#endif

#endif
