#include "edge/loop/memory.h"

#include <libwebsockets.h>
#include <pthread.h>

#include "base/pool.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
	__has_feature(memory_sanitizer)
#define IS_SANITIZED 1
#endif
#endif

static struct warren_pool *pool; /* lives as long as the process */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *serve(void *piece, size_t size, const char *reason)
{
	(void)reason;
	if (size)
		return warren_pool_resize(pool, piece, size);
	warren_pool_give(pool, piece);
	return NULL;
}

static void init(void)
{
#ifndef IS_SANITIZED
	pool = warren_pool_open();
#endif
	lws_set_allocator(serve);
}

void warren_memory_init(void)
{
	pthread_once(&once, init);
}

void *warren_memory_take(size_t size)
{
	return warren_pool_take(pool, size);
}

void warren_memory_give(void *piece)
{
	warren_pool_give(pool, piece);
}
