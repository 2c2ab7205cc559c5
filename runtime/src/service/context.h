/* Contexts that no delivery owns: the root, those opened for something from outside, those of
 * callbacks. */
#ifndef WARREN_SERVICE_CONTEXT_H
#define WARREN_SERVICE_CONTEXT_H

#include "service/private.h"

void warren_ctx_init_root(struct warren_instance *instance);

/* Returns a copy with its texts, and `arena` as its own; NULL past the arena's cap.  It belongs to
 * no delivery. */
struct warren_ctx *warren_ctx_copy(const struct warren_ctx *ctx, struct warren_arena *arena);

#endif
