#include "service/context.h"

#include <string.h>

#include "service/wire.h"

void warren_ctx_init_root(struct warren_instance *instance)
{
	instance->root = (struct warren_ctx){
		.instance = instance,
		.event = "",
		.message_id = "",
		.correlation_id = "",
		.traceparent = "",
		.user = "",
		.socket = "",
		.attempt = 1,
		.lane = WARREN_LANE_ANY,
	};
}

struct warren_ctx *warren_root(struct warren_instance *instance)
{
	return &instance->root;
}

struct warren_ctx *warren_ctx_copy(const struct warren_ctx *ctx, struct warren_arena *arena)
{
	struct warren_ctx *copy = warren_arena_alloc(arena, sizeof *copy);
	if (!copy)
		return NULL;
	*copy = *ctx;
	copy->arena = arena;
	copy->delivery = NULL;
	const char **texts[] = {&copy->event, &copy->message_id, &copy->correlation_id,
		&copy->traceparent, &copy->user, &copy->socket};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		*texts[i] = warren_arena_strndup(arena, *texts[i], strlen(*texts[i]));
		if (!*texts[i])
			return NULL;
	}
	return copy;
}

struct warren_ctx *warren_ctx_open(
	struct warren_instance *instance, const struct warren_ctx_seed *seed)
{
	struct warren_arena *arena = warren_instance_arena(instance, 0);
	if (!arena)
		return NULL;
	char id[WARREN_UUID_SIZE], trace[WARREN_TRACE_SIZE];
	warren_uuid(id);
	warren_wire_trace(trace, "");
	struct warren_ctx from = instance->root;
	from.event = seed->event ? seed->event : "";
	from.message_id = seed->message_id ? seed->message_id : id;
	from.correlation_id = id;
	from.traceparent = trace;
	from.user = seed->user ? seed->user : "";
	from.socket = seed->socket ? seed->socket : "";
	from.lane = seed->lane;
	struct warren_ctx *ctx = warren_ctx_copy(&from, arena);
	if (!ctx)
		warren_arena_close(arena);
	return ctx;
}

void warren_ctx_close(struct warren_ctx *ctx)
{
	if (ctx)
		warren_arena_close(ctx->arena);
}

void *warren_alloc(struct warren_ctx *ctx, size_t bytes)
{
	return ctx->arena ? warren_arena_alloc(ctx->arena, bytes) : NULL;
}
