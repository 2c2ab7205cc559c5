/* The end of a request or a confirmed publish, as its caller hears it; `data` is a struct heard. */
#ifndef SERVICE_HEARD_H
#define SERVICE_HEARD_H

#include <stdatomic.h>

#include "warren/service.h"

struct heard {
	atomic_int times;
	struct warren_error error; /* of the last one; WARREN_OK: none */
};

static void hear_published(struct warren_ctx *ctx, const struct warren_error *error, void *data)
{
	struct heard *heard = data;
	(void)ctx;
	heard->error = error ? *error : (struct warren_error){.code = WARREN_OK};
	atomic_fetch_add(&heard->times, 1);
}

static void hear(struct warren_ctx *ctx, const void *reply, const struct warren_error *error,
	warren_any_fn fn, void *data)
{
	(void)reply;
	(void)fn;
	hear_published(ctx, error, data);
}

#endif
