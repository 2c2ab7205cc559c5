/*
 * Made by protoc-gen-warren from reserved.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "reserved_events.h"

#include "reserved_topology.h"
#include "router_service.h"
#include "users_service.h"

/* ---- user ---- */

static const struct warren_broker_queue *const user_queues[] = {&users_user_queue};
static const char *const user_producers[] = {"router"};

const struct warren_event user_event = {
	.name = "user",
	.type = &user_type,
	.guarantee = WARREN_AT_LEAST_ONCE,
	.schema = "224e91f0c2f64b19",
	.reply = &new__type,
	.reply_timeout_ms = 5000,
	.replier = "users",
	.queues = user_queues,
	.queue_count = 1,
	.producers = user_producers,
	.producer_count = 1,
};

int user_reply(struct user_call *call, const struct new_ *reply)
{
	return warren_reply(&call->ctx, reply);
}

int user_fail(struct user_call *call, enum warren_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, NULL, fmt, args);
	va_end(args);
	return rc;
}

int user_fail_field(struct user_call *call, enum warren_code code, const char *field,
	const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, field, fmt, args);
	va_end(args);
	return rc;
}

int user_retry(struct user_call *call, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_retry(&call->ctx, fmt, args);
	va_end(args);
	return rc;
}

struct user_call *user_defer(struct user_call *call)
{
	return (struct user_call *)warren_defer(&call->ctx);
}

static void user_invoke(struct warren_ctx *ctx, const void *reply, const struct warren_error *error,
	warren_any_fn fn, void *data)
{
	((user_on_reply)fn)(ctx, reply, error, data);
}

int user_request(struct warren_ctx *ctx, const struct user *message, user_on_reply on_reply,
	void *data)
{
	return warren_request(ctx, &user_event, message, user_invoke, (warren_any_fn)on_reply,
		data);
}

/* ---- class ---- */

static const struct warren_broker_queue *const class__queues[] = {&users_class__queue};
static const char *const class__producers[] = {"users", "router"};
static const char *const class__edges[] = {"router"};

const struct warren_event class__event = {
	.name = "class",
	.type = &class__type,
	.guarantee = WARREN_AT_LEAST_ONCE,
	.schema = "3941160b01d60456",
	.queues = class__queues,
	.queue_count = 1,
	.producers = class__producers,
	.producer_count = 2,
	.edges = class__edges,
	.edge_count = 1,
};

int class__done(struct class__call *call)
{
	return warren_done(&call->ctx);
}

int class__fail(struct class__call *call, enum warren_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, NULL, fmt, args);
	va_end(args);
	return rc;
}

int class__fail_field(struct class__call *call, enum warren_code code, const char *field,
	const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, field, fmt, args);
	va_end(args);
	return rc;
}

int class__retry(struct class__call *call, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_retry(&call->ctx, fmt, args);
	va_end(args);
	return rc;
}

struct class__call *class__defer(struct class__call *call)
{
	return (struct class__call *)warren_defer(&call->ctx);
}

int class__publish(struct warren_ctx *ctx, const struct class_ *message)
{
	return warren_publish(ctx, &class__event, message);
}

int class__publish_now(struct warren_ctx *ctx, const struct class_ *message)
{
	return warren_publish_now(ctx, &class__event, message);
}

int class__send(struct warren_ctx *ctx, struct warren_target to, const struct class_ *message)
{
	return warren_send(ctx, &class__event, to, message);
}

int class__send_now(struct warren_ctx *ctx, struct warren_target to, const struct class_ *message)
{
	return warren_send_now(ctx, &class__event, to, message);
}
