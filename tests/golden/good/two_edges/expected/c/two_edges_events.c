/*
 * Made by protoc-gen-warren from two_edges.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "two_edges_events.h"

#include "two_edges_topology.h"
#include "shop_service.h"
#include "office_service.h"
#include "chat_service.h"

/* ---- said ---- */

static const struct warren_broker_queue *const said_queues[] = {&chat_said_queue};
static const char *const said_producers[] = {"shop", "office", "chat"};
static const char *const said_edges[] = {"shop", "office"};

const struct warren_event said_event = {
	.name = "said",
	.type = &said_type,
	.guarantee = WARREN_AT_LEAST_ONCE,
	.schema = "0b22083db3449800",
	.queues = said_queues,
	.queue_count = 1,
	.producers = said_producers,
	.producer_count = 3,
	.edges = said_edges,
	.edge_count = 2,
};

int said_done(struct said_call *call)
{
	return warren_done(&call->ctx);
}

int said_fail(struct said_call *call, enum warren_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, NULL, fmt, args);
	va_end(args);
	return rc;
}

int said_fail_field(struct said_call *call, enum warren_code code, const char *field,
	const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, field, fmt, args);
	va_end(args);
	return rc;
}

int said_retry(struct said_call *call, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_retry(&call->ctx, fmt, args);
	va_end(args);
	return rc;
}

struct said_call *said_defer(struct said_call *call)
{
	return (struct said_call *)warren_defer(&call->ctx);
}

int said_publish(struct warren_ctx *ctx, const struct said *message)
{
	return warren_publish(ctx, &said_event, message);
}

int said_publish_now(struct warren_ctx *ctx, const struct said *message)
{
	return warren_publish_now(ctx, &said_event, message);
}

int said_send(struct warren_ctx *ctx, struct warren_target to, const struct said *message)
{
	return warren_send(ctx, &said_event, to, message);
}

int said_send_now(struct warren_ctx *ctx, struct warren_target to, const struct said *message)
{
	return warren_send_now(ctx, &said_event, to, message);
}

/* ---- alarm ---- */

static const char *const alarm_producers[] = {"chat"};
static const char *const alarm_edges[] = {"office"};

const struct warren_event alarm_event = {
	.name = "alarm",
	.type = &alarm_type,
	.guarantee = WARREN_AT_LEAST_ONCE,
	.schema = "c72a5904a484c58e",
	.producers = alarm_producers,
	.producer_count = 1,
	.edges = alarm_edges,
	.edge_count = 1,
	.sends_at_least_once = true,
};

int alarm_send(struct warren_ctx *ctx, struct warren_target to, const struct alarm *message)
{
	return warren_send(ctx, &alarm_event, to, message);
}

int alarm_send_now(struct warren_ctx *ctx, struct warren_target to, const struct alarm *message)
{
	return warren_send_now(ctx, &alarm_event, to, message);
}

/* ---- shiftEnded ---- */

static const struct warren_broker_queue *const shift_ended_queues[] = {&office_shift_ended_queue};
static const char *const shift_ended_producers[] = {"chat"};

const struct warren_event shift_ended_event = {
	.name = "shiftEnded",
	.type = &shift_ended_type,
	.guarantee = WARREN_AT_LEAST_ONCE,
	.schema = "89ac7e06832b5365",
	.queues = shift_ended_queues,
	.queue_count = 1,
	.producers = shift_ended_producers,
	.producer_count = 1,
};

int shift_ended_done(struct shift_ended_call *call)
{
	return warren_done(&call->ctx);
}

int shift_ended_fail(struct shift_ended_call *call, enum warren_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, NULL, fmt, args);
	va_end(args);
	return rc;
}

int shift_ended_fail_field(struct shift_ended_call *call, enum warren_code code, const char *field,
	const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, field, fmt, args);
	va_end(args);
	return rc;
}

int shift_ended_retry(struct shift_ended_call *call, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_retry(&call->ctx, fmt, args);
	va_end(args);
	return rc;
}

struct shift_ended_call *shift_ended_defer(struct shift_ended_call *call)
{
	return (struct shift_ended_call *)warren_defer(&call->ctx);
}

int shift_ended_publish(struct warren_ctx *ctx, const struct shift_ended *message)
{
	return warren_publish(ctx, &shift_ended_event, message);
}

int shift_ended_publish_now(struct warren_ctx *ctx, const struct shift_ended *message)
{
	return warren_publish_now(ctx, &shift_ended_event, message);
}
