/* Made by protoc-gen-warren from demo.proto.  Do not edit: change the schema and run ./dev gen. */
#include "demo_events.h"

#include "demo_topology.h"
#include "router_service.h"
#include "user_service.h"

/* ---- userRegister ---- */

static const struct warren_broker_queue *const user_register_queues[] = {&user_user_register_queue};
static const char *const user_register_producers[] = {"router"};

const struct warren_event user_register_event = {
	.name = "userRegister",
	.type = &user_register_type,
	.guarantee = WARREN_AT_LEAST_ONCE,
	.schema = "40dea2d2d275e413",
	.reply = &register_response_type,
	.reply_timeout_ms = 5000,
	.replier = "user",
	.queues = user_register_queues,
	.queue_count = 1,
	.producers = user_register_producers,
	.producer_count = 1,
};

int user_register_reply(struct user_register_call *call, const struct register_response *reply)
{
	return warren_reply(&call->ctx, reply);
}

int user_register_fail(struct user_register_call *call, enum warren_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, NULL, fmt, args);
	va_end(args);
	return rc;
}

int user_register_fail_field(struct user_register_call *call, enum warren_code code,
	const char *field, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, field, fmt, args);
	va_end(args);
	return rc;
}

int user_register_retry(struct user_register_call *call, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_retry(&call->ctx, fmt, args);
	va_end(args);
	return rc;
}

struct user_register_call *user_register_defer(struct user_register_call *call)
{
	return (struct user_register_call *)warren_defer(&call->ctx);
}

static void user_register_invoke(struct warren_ctx *ctx, const void *reply,
	const struct warren_error *error, warren_any_fn fn, void *data)
{
	((user_register_on_reply)fn)(ctx, reply, error, data);
}

int user_register_request(struct warren_ctx *ctx, const struct user_register *message,
	user_register_on_reply on_reply, void *data)
{
	return warren_request(ctx, &user_register_event, message, user_register_invoke,
		(warren_any_fn)on_reply, data);
}

/* ---- userLogin ---- */

static const struct warren_broker_queue *const user_login_queues[] = {&user_user_login_queue};
static const char *const user_login_producers[] = {"router"};

const struct warren_event user_login_event = {
	.name = "userLogin",
	.type = &user_login_type,
	.guarantee = WARREN_AT_LEAST_ONCE,
	.schema = "56df15b9326fd8ff",
	.reply = &login_response_type,
	.reply_timeout_ms = 5000,
	.replier = "user",
	.queues = user_login_queues,
	.queue_count = 1,
	.producers = user_login_producers,
	.producer_count = 1,
};

int user_login_reply(struct user_login_call *call, const struct login_response *reply)
{
	return warren_reply(&call->ctx, reply);
}

int user_login_fail(struct user_login_call *call, enum warren_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, NULL, fmt, args);
	va_end(args);
	return rc;
}

int user_login_fail_field(struct user_login_call *call, enum warren_code code, const char *field,
	const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(&call->ctx, code, field, fmt, args);
	va_end(args);
	return rc;
}

int user_login_retry(struct user_login_call *call, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_retry(&call->ctx, fmt, args);
	va_end(args);
	return rc;
}

struct user_login_call *user_login_defer(struct user_login_call *call)
{
	return (struct user_login_call *)warren_defer(&call->ctx);
}

static void user_login_invoke(struct warren_ctx *ctx, const void *reply,
	const struct warren_error *error, warren_any_fn fn, void *data)
{
	((user_login_on_reply)fn)(ctx, reply, error, data);
}

int user_login_request(struct warren_ctx *ctx, const struct user_login *message,
	user_login_on_reply on_reply, void *data)
{
	return warren_request(ctx, &user_login_event, message, user_login_invoke,
		(warren_any_fn)on_reply, data);
}

/* ---- frontendMessage ---- */

static const char *const frontend_message_producers[] = {"user"};
static const char *const frontend_message_edges[] = {"router"};

const struct warren_event frontend_message_event = {
	.name = "frontendMessage",
	.type = &frontend_message_type,
	.guarantee = WARREN_AT_LEAST_ONCE,
	.schema = "82fc3c215ea476bc",
	.producers = frontend_message_producers,
	.producer_count = 1,
	.edges = frontend_message_edges,
	.edge_count = 1,
};

int frontend_message_send(struct warren_ctx *ctx, struct warren_target to,
	const struct frontend_message *message)
{
	return warren_send(ctx, &frontend_message_event, to, message);
}

int frontend_message_send_now(struct warren_ctx *ctx, struct warren_target to,
	const struct frontend_message *message)
{
	return warren_send_now(ctx, &frontend_message_event, to, message);
}
