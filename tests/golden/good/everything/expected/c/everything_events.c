/*
 * Made by protoc-gen-warren from everything.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "everything_events.h"

#include "everything_topology.h"
#include "edge_service.h"
#include "shop_service.h"

/* ---- everything ---- */

static const struct warren_broker_queue *const everything_queues[] = {&shop_everything_queue};
static const char *const everything_producers[] = {"edge"};

const struct warren_event everything_event = {
	.name = "everything",
	.type = &everything_type,
	.guarantee = WARREN_AT_LEAST_ONCE,
	.schema = "11936ce0286962de",
	.reply = &everything2_type,
	.reply_timeout_ms = 1500,
	.replier = "shop",
	.queues = everything_queues,
	.queue_count = 1,
	.producers = everything_producers,
	.producer_count = 1,
};

int everything_reply(struct everything_call *call, const struct everything2 *reply)
{
	return warren_reply(&call->ctx, reply);
}

int everything_fail(struct everything_call *call, enum warren_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, NULL, fmt, args);
	va_end(args);
	return rc;
}

int everything_fail_field(struct everything_call *call, enum warren_code code, const char *field,
	const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, field, fmt, args);
	va_end(args);
	return rc;
}

int everything_retry(struct everything_call *call, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_retry(&call->ctx, fmt, args);
	va_end(args);
	return rc;
}

struct everything_call *everything_defer(struct everything_call *call)
{
	return (struct everything_call *)warren_defer(&call->ctx);
}

static void everything_invoke(struct warren_ctx *ctx, const void *reply,
	const struct warren_error *error, warren_any_fn fn, void *data)
{
	((everything_on_reply)fn)(ctx, reply, error, data);
}

int everything_request(struct warren_ctx *ctx, const struct everything *message,
	everything_on_reply on_reply, void *data)
{
	return warren_request(ctx, &everything_event, message, everything_invoke,
		(warren_any_fn)on_reply, data);
}

/* ---- nothing ---- */

static const struct warren_broker_queue *const nothing_queues[] = {&shop_nothing_queue};
static const char *const nothing_producers[] = {"edge"};

const struct warren_event nothing_event = {
	.name = "nothing",
	.type = &nothing_type,
	.guarantee = WARREN_AT_LEAST_ONCE,
	.schema = "951fd3cf15541302",
	.queues = nothing_queues,
	.queue_count = 1,
	.producers = nothing_producers,
	.producer_count = 1,
};

int nothing_done(struct nothing_call *call)
{
	return warren_done(&call->ctx);
}

int nothing_fail(struct nothing_call *call, enum warren_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, NULL, fmt, args);
	va_end(args);
	return rc;
}

int nothing_fail_field(struct nothing_call *call, enum warren_code code, const char *field,
	const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, field, fmt, args);
	va_end(args);
	return rc;
}

int nothing_retry(struct nothing_call *call, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_retry(&call->ctx, fmt, args);
	va_end(args);
	return rc;
}

struct nothing_call *nothing_defer(struct nothing_call *call)
{
	return (struct nothing_call *)warren_defer(&call->ctx);
}

int nothing_publish(struct warren_ctx *ctx, const struct nothing *message)
{
	return warren_publish(ctx, &nothing_event, message);
}
