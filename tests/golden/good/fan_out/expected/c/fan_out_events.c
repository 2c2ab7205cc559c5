/*
 * Made by protoc-gen-warren from fan_out.proto, stock.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "fan_out_events.h"

#include "fan_out_topology.h"
#include "router_service.h"
#include "orders_service.h"
#include "billing_service.h"
#include "audit_service.h"
#include "stock_service.h"

/* ---- orderPlaced ---- */

static const struct warren_broker_queue *const order_placed_queues[] = {
	&orders_order_placed_queue,
	&billing_order_placed_queue,
};
static const char *const order_placed_producers[] = {"router"};

const struct warren_event order_placed_event = {
	.name = "orderPlaced",
	.type = &order_placed_type,
	.guarantee = WARREN_AT_LEAST_ONCE,
	.schema = "bc8eb3ad55315e63",
	.reply = &order_accepted_type,
	.reply_timeout_ms = 5000,
	.replier = "orders",
	.queues = order_placed_queues,
	.queue_count = 2,
	.producers = order_placed_producers,
	.producer_count = 1,
};

int order_placed_reply(struct order_placed_call *call, const struct order_accepted *reply)
{
	return warren_reply(&call->ctx, reply);
}

int order_placed_done(struct order_placed_call *call)
{
	return warren_done(&call->ctx);
}

int order_placed_fail(struct order_placed_call *call, enum warren_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, NULL, fmt, args);
	va_end(args);
	return rc;
}

int order_placed_fail_field(struct order_placed_call *call, enum warren_code code,
	const char *field, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, field, fmt, args);
	va_end(args);
	return rc;
}

int order_placed_retry(struct order_placed_call *call, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_retry(&call->ctx, fmt, args);
	va_end(args);
	return rc;
}

struct order_placed_call *order_placed_defer(struct order_placed_call *call)
{
	return (struct order_placed_call *)warren_defer(&call->ctx);
}

static void order_placed_invoke(struct warren_ctx *ctx, const void *reply,
	const struct warren_error *error, warren_any_fn fn, void *data)
{
	((order_placed_on_reply)fn)(ctx, reply, error, data);
}

int order_placed_request(struct warren_ctx *ctx, const struct order_placed *message,
	order_placed_on_reply on_reply, void *data)
{
	return warren_request(ctx, &order_placed_event, message, order_placed_invoke,
		(warren_any_fn)on_reply, data);
}

/* ---- orderCreated ---- */

static const struct warren_broker_queue *const order_created_queues[] = {
	&billing_order_created_queue,
	&audit_order_created_queue,
};
static const char *const order_created_producers[] = {"orders", "stock"};

const struct warren_event order_created_event = {
	.name = "orderCreated",
	.type = &order_created_type,
	.guarantee = WARREN_AT_LEAST_ONCE,
	.schema = "7a2dbbc2d185bb45",
	.queues = order_created_queues,
	.queue_count = 2,
	.producers = order_created_producers,
	.producer_count = 2,
};

int order_created_done(struct order_created_call *call)
{
	return warren_done(&call->ctx);
}

int order_created_fail(struct order_created_call *call, enum warren_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, NULL, fmt, args);
	va_end(args);
	return rc;
}

int order_created_fail_field(struct order_created_call *call, enum warren_code code,
	const char *field, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, field, fmt, args);
	va_end(args);
	return rc;
}

int order_created_retry(struct order_created_call *call, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_retry(&call->ctx, fmt, args);
	va_end(args);
	return rc;
}

struct order_created_call *order_created_defer(struct order_created_call *call)
{
	return (struct order_created_call *)warren_defer(&call->ctx);
}

int order_created_publish(struct warren_ctx *ctx, const struct order_created *message)
{
	return warren_publish(ctx, &order_created_event, message);
}

int order_created_publish_now(struct warren_ctx *ctx, const struct order_created *message)
{
	return warren_publish_now(ctx, &order_created_event, message);
}

/* ---- tick ---- */

static const struct warren_broker_queue *const tick_queues[] = {&audit_tick_queue};
static const char *const tick_producers[] = {"orders"};

const struct warren_event tick_event = {
	.name = "tick",
	.type = &tick_type,
	.guarantee = WARREN_AT_MOST_ONCE,
	.schema = "c93a6cf1e5c9b333",
	.queues = tick_queues,
	.queue_count = 1,
	.producers = tick_producers,
	.producer_count = 1,
};

int tick_done(struct tick_call *call)
{
	return warren_done(&call->ctx);
}

int tick_fail(struct tick_call *call, enum warren_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, NULL, fmt, args);
	va_end(args);
	return rc;
}

int tick_fail_field(struct tick_call *call, enum warren_code code, const char *field,
	const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, field, fmt, args);
	va_end(args);
	return rc;
}

int tick_retry(struct tick_call *call, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_retry(&call->ctx, fmt, args);
	va_end(args);
	return rc;
}

struct tick_call *tick_defer(struct tick_call *call)
{
	return (struct tick_call *)warren_defer(&call->ctx);
}

int tick_publish(struct warren_ctx *ctx, const struct tick *message)
{
	return warren_publish(ctx, &tick_event, message);
}

int tick_publish_now(struct warren_ctx *ctx, const struct tick *message)
{
	return warren_publish_now(ctx, &tick_event, message);
}

/* ---- orderForgotten ---- */

static const char *const order_forgotten_producers[] = {"audit"};

const struct warren_event order_forgotten_event = {
	.name = "orderForgotten",
	.type = &order_forgotten_type,
	.guarantee = WARREN_AT_LEAST_ONCE,
	.schema = "14b6926ff306ca4e",
	.producers = order_forgotten_producers,
	.producer_count = 1,
};

int order_forgotten_publish(struct warren_ctx *ctx, const struct order_forgotten *message)
{
	return warren_publish(ctx, &order_forgotten_event, message);
}

int order_forgotten_publish_now(struct warren_ctx *ctx, const struct order_forgotten *message)
{
	return warren_publish_now(ctx, &order_forgotten_event, message);
}

/* ---- reserve ---- */

static const struct warren_broker_queue *const reserve_queues[] = {&stock_reserve_queue};
static const char *const reserve_producers[] = {"orders", "billing"};

const struct warren_event reserve_event = {
	.name = "reserve",
	.type = &reserve_type,
	.guarantee = WARREN_AT_LEAST_ONCE,
	.schema = "cf4c85afb82368ce",
	.reply = &reserved_type,
	.reply_timeout_ms = 5000,
	.replier = "stock",
	.queues = reserve_queues,
	.queue_count = 1,
	.producers = reserve_producers,
	.producer_count = 2,
};

int reserve_reply(struct reserve_call *call, const struct reserved *reply)
{
	return warren_reply(&call->ctx, reply);
}

int reserve_fail(struct reserve_call *call, enum warren_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, NULL, fmt, args);
	va_end(args);
	return rc;
}

int reserve_fail_field(struct reserve_call *call, enum warren_code code, const char *field,
	const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, field, fmt, args);
	va_end(args);
	return rc;
}

int reserve_retry(struct reserve_call *call, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_retry(&call->ctx, fmt, args);
	va_end(args);
	return rc;
}

struct reserve_call *reserve_defer(struct reserve_call *call)
{
	return (struct reserve_call *)warren_defer(&call->ctx);
}

static void reserve_invoke(struct warren_ctx *ctx, const void *reply,
	const struct warren_error *error, warren_any_fn fn, void *data)
{
	((reserve_on_reply)fn)(ctx, reply, error, data);
}

int reserve_request(struct warren_ctx *ctx, const struct reserve *message,
	reserve_on_reply on_reply, void *data)
{
	return warren_request(ctx, &reserve_event, message, reserve_invoke, (warren_any_fn)on_reply,
		data);
}

/* ---- stockLow ---- */

static const struct warren_broker_queue *const stock_low_queues[] = {&orders_stock_low_queue};
static const char *const stock_low_producers[] = {"stock"};

const struct warren_event stock_low_event = {
	.name = "stockLow",
	.type = &stock_low_type,
	.guarantee = WARREN_AT_LEAST_ONCE,
	.schema = "2d06843fc5c2e8a2",
	.queues = stock_low_queues,
	.queue_count = 1,
	.producers = stock_low_producers,
	.producer_count = 1,
};

int stock_low_done(struct stock_low_call *call)
{
	return warren_done(&call->ctx);
}

int stock_low_fail(struct stock_low_call *call, enum warren_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, NULL, fmt, args);
	va_end(args);
	return rc;
}

int stock_low_fail_field(struct stock_low_call *call, enum warren_code code, const char *field,
	const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, field, fmt, args);
	va_end(args);
	return rc;
}

int stock_low_retry(struct stock_low_call *call, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_retry(&call->ctx, fmt, args);
	va_end(args);
	return rc;
}

struct stock_low_call *stock_low_defer(struct stock_low_call *call)
{
	return (struct stock_low_call *)warren_defer(&call->ctx);
}

int stock_low_publish(struct warren_ctx *ctx, const struct stock_low *message)
{
	return warren_publish(ctx, &stock_low_event, message);
}

int stock_low_publish_now(struct warren_ctx *ctx, const struct stock_low *message)
{
	return warren_publish_now(ctx, &stock_low_event, message);
}
