#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "service/call.h"
#include "service/topology.h"
#include "service/wire.h"

static const char *const reason_names[] = {
	[WARREN_REASON_FAILED] = "failed",
	[WARREN_REASON_INVALID] = "invalid",
	[WARREN_REASON_EXPIRED] = "expired",
	[WARREN_REASON_EXHAUSTED] = "exhausted",
};

/* ---- what the broker says about an outcome ---- */

static void told(enum warren_broker_outcome outcome, void *data)
{
	struct warren_delivery *call = data;
	if (outcome == WARREN_BROKER_RETURNED)
		atomic_fetch_add(&call->instance->tally.replies_gone, 1);
	warren_call_published(outcome, call);
}

static void moved(enum warren_broker_outcome outcome, void *data)
{
	/* The only copy would be lost with a queue that is not there. */
	warren_call_published(
		outcome == WARREN_BROKER_RETURNED ? WARREN_BROKER_REFUSED : outcome, data);
}

static void publish(struct warren_delivery *call, struct warren_outgoing *out,
	warren_broker_on_settled on_settled)
{
	out->message.persistent = call->handler->event->guarantee == WARREN_AT_LEAST_ONCE;
	out->message.mandatory = true;
	out->message.reserved = call->tag != 0;
	warren_call_hold(call);
	int rc = warren_broker_publish(call->instance->broker, &out->message, on_settled, call);
	if (rc == 0)
		return;
	warren_log(call->instance->log, WARREN_LOG_ERROR,
		"an outcome could not be published: the delivery goes back",
		WARREN_TEXT("event", call->ctx.event),
		WARREN_TEXT("message_id", call->ctx.message_id),
		WARREN_TEXT("error", strerror(-rc)));
	warren_call_break(call);
	warren_call_release(call);
}

/* ---- telling, parking, trying again: the call is claimed ---- */

/* What is not remembered runs again when it is sent again. */
static void remember(struct warren_delivery *call, const char *type, const char *content_type,
	struct warren_bytes body)
{
	if (!call->entered)
		return;
	call->outcome = warren_outcome_make(type, content_type, body);
	if (!call->outcome)
		warren_log(call->instance->log, WARREN_LOG_WARN,
			"out of memory: sent again, this would run again",
			WARREN_TEXT("event", call->ctx.event),
			WARREN_TEXT("message_id", call->ctx.message_id));
}

/* An answer that comes too late is dropped where it arrives: then it is better kept. */
static bool somebody_waits(const struct warren_delivery *call)
{
	int64_t deadline_ms = call->ctx.deadline_ms;
	return call->handler->replies && call->message->reply_to[0] != '\0' &&
	       (deadline_ms == 0 || warren_clock_wall_ms(call->instance->clock) < deadline_ms);
}

static void answer(struct warren_delivery *call, const char *type, const char *content_type,
	struct warren_bytes body)
{
	struct warren_outgoing out;
	warren_wire_begin(&out, &call->ctx, type, content_type, body);
	out.message.routing_key = call->message->reply_to;
	out.message.correlation_id = call->message->correlation_id;
	publish(call, &out, told);
}

static void tell(struct warren_delivery *call, const struct warren_error *error)
{
	/* Not the call's arena: the handler may be full of it, or still at work in another thread.
	 */
	struct warren_arena *arena = warren_instance_arena(call->instance, 0);
	struct warren_bytes body;
	if (arena && warren_wire_error_write(error, arena, &body) == 0) {
		atomic_fetch_add(&call->instance->tally.failed, 1);
		if (warren_code_try_again(error->code) == WARREN_TRY_NO)
			remember(call, WARREN_WIRE_ERROR, WARREN_WIRE_JSON, body);
		answer(call, WARREN_WIRE_ERROR, WARREN_WIRE_JSON, body);
	} else {
		warren_call_break(call);
	}
	warren_arena_close(arena);
}

static void park(struct warren_delivery *call, enum warren_reason reason, enum warren_code code,
	const char *why)
{
	struct warren_outgoing out;
	char exchange[WARREN_NAME_SIZE], queue[WARREN_NAME_SIZE];
	if (call->handler->event->guarantee == WARREN_AT_MOST_ONCE) {
		atomic_fetch_add(&call->instance->tally.dropped, 1);
		return;
	}
	warren_name_queue(queue, call->instance, call->handler->queue);
	warren_wire_again(&out, call->message);
	out.message.exchange = warren_name_dead(exchange, call->instance);
	out.message.routing_key = queue;
	warren_wire_text(&out, WARREN_HEADER_REASON, reason_names[reason]);
	warren_wire_text(&out, WARREN_HEADER_CODE, warren_code_name(code));
	warren_wire_text(&out, WARREN_HEADER_ERROR, why);
	warren_wire_text(&out, WARREN_HEADER_QUEUE, queue);
	warren_wire_number(&out, WARREN_HEADER_ATTEMPT, call->ctx.attempt);
	atomic_fetch_add(&call->instance->tally.parked, 1);
	publish(call, &out, moved);
}

/* `error` is for whoever asked, `why` for the operator. */
static void refuse(struct warren_delivery *call, enum warren_reason reason,
	const struct warren_error *error, const char *why)
{
	bool waits = somebody_waits(call);
	bool expected = reason == WARREN_REASON_FAILED && waits;
	warren_log(call->instance->log, expected ? WARREN_LOG_INFO : WARREN_LOG_WARN, "failed",
		WARREN_TEXT("event", call->ctx.event),
		WARREN_TEXT("message_id", call->ctx.message_id),
		WARREN_INT("attempt", call->ctx.attempt),
		WARREN_TEXT("code", warren_code_name(error->code)),
		WARREN_TEXT("field", error->field), WARREN_TEXT("error", why),
		WARREN_TEXT("reason", reason_names[reason]), WARREN_BOOL("parked", !waits));
	if (waits)
		tell(call, error);
	else
		park(call, reason, error->code, why);
}

/* Returns how long to wait; 0: that was the last attempt. */
static uint32_t next_attempt_ms(const struct warren_delivery *call)
{
	const struct warren_handler *handler = call->handler;
	if (handler->event->guarantee == WARREN_AT_MOST_ONCE ||
		call->ctx.attempt >= handler->max_attempts)
		return 0;
	uint8_t random;
	warren_random(&random, 1);
	uint32_t wait_ms = warren_wait_ms(handler, call->ctx.attempt, random & 1);
	/* What would only come back to be found expired has had its last attempt. */
	int64_t deadline_ms = call->ctx.deadline_ms;
	if (deadline_ms != 0 &&
		warren_clock_wall_ms(call->instance->clock) + wait_ms >= deadline_ms)
		return 0;
	return wait_ms;
}

static void climb(struct warren_delivery *call, uint32_t wait_ms, const char *why)
{
	struct warren_outgoing out;
	char exchange[WARREN_NAME_SIZE], queue[WARREN_NAME_SIZE];
	warren_log(call->instance->log, WARREN_LOG_WARN, "failed, will be tried again",
		WARREN_TEXT("event", call->ctx.event),
		WARREN_TEXT("message_id", call->ctx.message_id),
		WARREN_INT("attempt", call->ctx.attempt),
		WARREN_TEXT("code", warren_code_name(WARREN_UNAVAILABLE)),
		WARREN_TEXT("error", why), WARREN_INT("wait_ms", wait_ms));
	warren_wire_again(&out, call->message);
	out.message.exchange = warren_name_wait(exchange, call->instance, wait_ms);
	out.message.routing_key = warren_name_queue(queue, call->instance, call->handler->queue);
	warren_wire_number(&out, WARREN_HEADER_ATTEMPT, (int64_t)call->ctx.attempt + 1);
	atomic_fetch_add(&call->instance->tally.retried, 1);
	publish(call, &out, moved);
}

/* ---- settling ---- */

void warren_call_done(struct warren_delivery *call)
{
	if (!warren_call_claim(call))
		return;
	remember(call, NULL, NULL, (struct warren_bytes){0});
	warren_call_release(call);
}

void warren_call_repeat(struct warren_delivery *call, const struct warren_outcome *outcome)
{
	if (!warren_call_claim(call))
		return;
	atomic_fetch_add(&call->instance->tally.repeated, 1);
	warren_log(call->instance->log, WARREN_LOG_DEBUG, "this took effect before",
		WARREN_TEXT("event", call->ctx.event),
		WARREN_TEXT("message_id", call->ctx.message_id));
	if (outcome->type && somebody_waits(call))
		answer(call, outcome->type, outcome->content_type, outcome->body);
	warren_call_release(call);
}

void warren_call_requeue(struct warren_delivery *call)
{
	if (!warren_call_claim(call))
		return;
	warren_call_break(call);
	warren_call_release(call);
}

void warren_call_again(struct warren_delivery *call, const char *why)
{
	if (!warren_call_claim(call))
		return;
	uint32_t wait_ms = next_attempt_ms(call);
	if (wait_ms > 0) {
		climb(call, wait_ms, why);
	} else {
		struct warren_error error;
		warren_error_set(&error, WARREN_UNAVAILABLE, NULL,
			"%s cannot do this now; try again later", call->instance->service->name);
		refuse(call, WARREN_REASON_EXHAUSTED, &error, why);
	}
	warren_call_release(call);
}

void warren_call_refuse(struct warren_delivery *call, enum warren_reason reason,
	const struct warren_error *error, const char *why)
{
	if (!warren_call_claim(call))
		return;
	refuse(call, reason, error, why);
	warren_call_release(call);
}

/* ---- what generated calls stand on ---- */

int warren_reply(struct warren_ctx *ctx, const void *message)
{
	struct warren_delivery *call = ctx->delivery;
	if (!call || !call->handler->replies)
		return -EINVAL;
	const struct warren_message_type *type = call->handler->event->reply;
	struct warren_arena *arena = warren_instance_arena(call->instance, 0);
	struct warren_error error;
	struct warren_bytes body;
	if (!arena)
		return -ENOMEM;
	int rc = warren_message_check(type, message, &error);
	if (rc < 0)
		warren_log(call->instance->log, WARREN_LOG_ERROR, "a reply breaks its constraints",
			WARREN_TEXT("event", ctx->event),
			WARREN_TEXT("message_id", ctx->message_id),
			WARREN_TEXT("field", error.field), WARREN_TEXT("error", error.message));
	else
		rc = warren_message_pack(type, message, arena, &body);
	if (rc == 0 && body.len > WARREN_BROKER_BODY_MAX)
		rc = -EMSGSIZE;
	if (rc == 0 && warren_call_claim(call)) {
		remember(call, type->event_name, WARREN_WIRE_PROTOBUF, body);
		if (call->message->reply_to[0] != '\0')
			answer(call, type->event_name, WARREN_WIRE_PROTOBUF, body);
		warren_call_release(call);
	}
	warren_arena_close(arena);
	return rc;
}

int warren_done(struct warren_ctx *ctx)
{
	if (!ctx->delivery)
		return -EINVAL;
	warren_call_done(ctx->delivery);
	return 0;
}

/* Longer than what an error carries, which is cut at a character's border. */
#define WHY_SIZE (2 * WARREN_ERROR_MESSAGE_MAX)

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
	warren_call_refuse(ctx->delivery, WARREN_REASON_FAILED, &error, why);
	return 0;
}

int warren_retry(struct warren_ctx *ctx, const char *fmt, va_list args)
{
	char why[WHY_SIZE] = "";
	if (!ctx->delivery)
		return -EINVAL;
	vsnprintf(why, sizeof why, fmt, args);
	warren_call_again(ctx->delivery, why);
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
