/*
 * The memory of connections: one pool for all edges of the process and for libwebsockets, whose
 * part of a WebSocket is larger than ours.
 *
 * The memory that a connection, a session, a client or a socket has for as long as it lives is a
 * piece of it; memory that comes and goes is malloc's.
 */
#ifndef WARREN_EDGE_MEMORY_H
#define WARREN_EDGE_MEMORY_H

#include <stddef.h>

#include "warren/api.h"

/* Before libwebsockets is first used.  Again: nothing.  Thread: any, as all of this. */
void warren_memory_init(void);

/* Returns a piece of zeros; NULL when memory is out. */
void *warren_memory_take(size_t size) WARREN_MUST_CHECK;
void warren_memory_give(void *piece); /* NULL: nothing */

#endif
