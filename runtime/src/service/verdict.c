/* How a handler settles its call: what the generated calls stand on. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "service/call.h"

/* Longer than what an error carries, which is cut at a character's border. */
#define WHY_SIZE (2 * WARREN_ERROR_MESSAGE_MAX)

static int pack_reply(struct warren_ctx *ctx, const struct warren_message_type *type,
	const void *message, struct warren_arena *arena, struct warren_bytes *ret)
{
	struct warren_error error;
	int rc = warren_message_check(type, message, &error);
	if (rc < 0)
		warren_log(ctx->instance->log, WARREN_LOG_ERROR, "a reply breaks its constraints",
			WARREN_TEXT("event", ctx->event),
			WARREN_TEXT("message_id", ctx->message_id),
			WARREN_TEXT("field", error.field), WARREN_TEXT("error", error.message));
	else
		rc = warren_message_pack(type, message, arena, ret);
	return rc == 0 && ret->len > WARREN_BROKER_BODY_MAX ? -EMSGSIZE : rc;
}

int warren_reply(struct warren_ctx *ctx, const void *message)
{
	struct warren_delivery *call = ctx->delivery;
	if (!call || !call->handler->replies)
		return -EINVAL;
	const struct warren_message_type *type = call->handler->event->reply;
	/* Not the call's arena: the handler may be full of it, or still at work in another thread.
	 */
	struct warren_arena *arena = warren_instance_arena(call->instance, 0);
	struct warren_bytes body;
	if (!arena)
		return -ENOMEM;
	int rc = pack_reply(ctx, type, message, arena, &body);
	if (rc < 0)
		warren_arena_close(arena);
	else
		warren_settle_reply(call, type->event_name, body, arena);
	return rc;
}

int warren_done(struct warren_ctx *ctx)
{
	if (!ctx->delivery)
		return -EINVAL;
	warren_settle_done(ctx->delivery);
	return 0;
}

int warren_fail(struct warren_ctx *ctx, enum warren_code code, const char *field, const char *fmt,
	va_list args)
{
	char why[WHY_SIZE] = "";
	struct warren_error error;
	if (!ctx->delivery || code <= WARREN_OK || code >= WARREN_CODE_COUNT)
		return -EINVAL;
	vsnprintf(why, sizeof why, fmt, args);
	if (code == WARREN_INTERNAL) /* what went wrong inside is not for the page */
		warren_error_set(&error, code, NULL, "something went wrong; it is known as %s",
			ctx->correlation_id);
	else
		warren_error_set(&error, code, field, "%s", why);
	warren_settle_fail(ctx->delivery, WARREN_REASON_FAILED, &error, why);
	return 0;
}

int warren_retry(struct warren_ctx *ctx, const char *fmt, va_list args)
{
	char why[WHY_SIZE] = "";
	if (!ctx->delivery)
		return -EINVAL;
	vsnprintf(why, sizeof why, fmt, args);
	warren_settle_retry(ctx->delivery, why);
	return 0;
}

struct warren_ctx *warren_defer(struct warren_ctx *ctx)
{
	struct warren_delivery *call = ctx->delivery;
	if (call) {
		pthread_mutex_lock(&call->instance->mutex);
		call->deferred = true;
		pthread_mutex_unlock(&call->instance->mutex);
	}
	return ctx;
}
