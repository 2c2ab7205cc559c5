#include "service/outcome.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "service/topology.h"

static const char *const reason_names[] = {
	[WARREN_REASON_FAILED] = "failed",
	[WARREN_REASON_INVALID] = "invalid",
	[WARREN_REASON_EXHAUSTED] = "exhausted",
	[WARREN_REASON_CRASHED] = "crashed",
	[WARREN_REASON_FORGED] = "forged",
};

const char *warren_reason_name(enum warren_reason reason)
{
	return reason_names[reason];
}

/* ---- remembering ---- */

static void remember(struct warren_delivery *call, const char *type, const char *content_type,
	struct warren_bytes body)
{
	if (!call->entered)
		return;
	call->settlement.outcome = warren_outcome_make(type, content_type, body);
	if (!call->settlement.outcome)
		warren_log(call->instance->log, WARREN_LOG_WARN,
			"out of memory: sent again, this would run again",
			WARREN_TEXT("event", call->ctx.event),
			WARREN_TEXT("message_id", call->ctx.message_id));
}

void warren_outcome_remember(struct warren_delivery *call)
{
	const struct warren_settlement *settlement = &call->settlement;
	remember(call, settlement->type, settlement->content_type, settlement->body);
}

/* ---- an answer ---- */

/* An answer that comes too late is dropped where it arrives: then the message is better parked. */
static bool somebody_waits(const struct warren_delivery *call)
{
	int64_t deadline_ms = call->ctx.deadline_ms;
	return call->handler->replies && call->message->reply_to[0] != '\0' &&
	       (deadline_ms == 0 || warren_clock_wall_ms(call->instance->clock) < deadline_ms);
}

static bool answer(struct warren_delivery *call, struct warren_outgoing *out)
{
	struct warren_settlement *settlement = &call->settlement;
	if (!settlement->type || call->message->reply_to[0] == '\0')
		return false;
	bool is_protobuf = strcmp(settlement->content_type, WARREN_WIRE_PROTOBUF) == 0;
	warren_wire_begin(out, &call->ctx, settlement->type,
		is_protobuf ? NULL : settlement->content_type, settlement->body);
	out->message.routing_key = call->message->reply_to;
	settlement->answers = true;
	return true;
}

static bool tell(struct warren_delivery *call, struct warren_outgoing *out)
{
	struct warren_settlement *settlement = &call->settlement;
	const struct warren_error *error = &settlement->error;
	if (!settlement->arena)
		settlement->arena = warren_instance_arena(call->instance, 0);
	if (!settlement->arena ||
		warren_wire_error_write(error, settlement->arena, &settlement->body) < 0) {
		/* The client hears nothing, and its deadline ends its wait. */
		warren_log(call->instance->log, WARREN_LOG_ERROR, "out of memory for an error",
			WARREN_TEXT("event", call->ctx.event),
			WARREN_TEXT("message_id", call->ctx.message_id));
		return false;
	}
	settlement->type = WARREN_WIRE_ERROR;
	settlement->content_type = WARREN_WIRE_JSON;
	if (!settlement->outcome && warren_code_try_again(error->code) == WARREN_TRY_NO)
		warren_outcome_remember(call);
	return answer(call, out);
}

/* ---- a copy for another queue ---- */

/* Begins the copy; the two names lie in the settlement. */
static void copy_message(struct warren_delivery *call, struct warren_outgoing *out)
{
	struct warren_settlement *settlement = &call->settlement;
	settlement->answers = false;
	warren_wire_again(out, call->instance, call->message);
	out->message.exchange = settlement->exchange;
	out->message.routing_key =
		warren_name_queue(settlement->queue, call->instance, call->handler->queue);
}

static bool park(struct warren_delivery *call, struct warren_outgoing *out)
{
	struct warren_settlement *settlement = &call->settlement;
	if (call->handler->event->guarantee == WARREN_AT_MOST_ONCE)
		return false;
	copy_message(call, out);
	warren_name_dead(settlement->exchange, call->instance);
	warren_wire_text(out, WARREN_HEADER_REASON, reason_names[settlement->reason]);
	warren_wire_text(out, WARREN_HEADER_CODE, warren_code_name(settlement->error.code));
	warren_wire_text(out, WARREN_HEADER_ERROR, settlement->why);
	warren_wire_text(out, WARREN_HEADER_QUEUE, settlement->queue);
	warren_wire_number(out, WARREN_HEADER_ATTEMPT, call->ctx.attempt);
	return true;
}

/* Counts and logs a failure once, however often its outcome is sent. */
static void note_failure(struct warren_delivery *call, bool waits)
{
	struct warren_settlement *settlement = &call->settlement;
	struct warren_instance_tally *tally = &call->instance->tally;
	bool at_most_once = call->handler->event->guarantee == WARREN_AT_MOST_ONCE;
	bool expected = settlement->reason == WARREN_REASON_FAILED && waits;
	if (settlement->noted)
		return;
	settlement->noted = true;
	atomic_fetch_add(waits          ? &tally->failed
			 : at_most_once ? &tally->dropped
					: &tally->parked,
		1);
	if (settlement->reason == WARREN_REASON_CRASHED)
		atomic_fetch_add(&tally->crashed, 1);
	warren_log(call->instance->log, expected ? WARREN_LOG_INFO : WARREN_LOG_WARN, "failed",
		WARREN_TEXT("event", call->ctx.event),
		WARREN_TEXT("message_id", call->ctx.message_id),
		WARREN_INT("attempt", call->ctx.attempt),
		WARREN_TEXT("code", warren_code_name(settlement->error.code)),
		WARREN_TEXT("field", settlement->error.field),
		WARREN_TEXT("error", settlement->why),
		WARREN_TEXT("reason", reason_names[settlement->reason]),
		WARREN_BOOL("parked", !waits && !at_most_once));
}

static bool fail(struct warren_delivery *call, struct warren_outgoing *out)
{
	/* A forger is told nothing. */
	bool waits = call->settlement.reason != WARREN_REASON_FORGED && somebody_waits(call);
	note_failure(call, waits);
	return waits ? tell(call, out) : park(call, out);
}

/* ---- the ladder ---- */

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
	/* A message that would only come back to be found expired has had its last attempt. */
	int64_t deadline_ms = call->ctx.deadline_ms;
	if (deadline_ms != 0 &&
		warren_clock_wall_ms(call->instance->clock) + wait_ms >= deadline_ms)
		return 0;
	return wait_ms;
}

static bool climb(struct warren_delivery *call, struct warren_outgoing *out, uint32_t wait_ms)
{
	if (!call->settlement.noted) {
		call->settlement.noted = true;
		atomic_fetch_add(&call->instance->tally.retried, 1);
		warren_log(call->instance->log, WARREN_LOG_WARN, "failed, will be tried again",
			WARREN_TEXT("event", call->ctx.event),
			WARREN_TEXT("message_id", call->ctx.message_id),
			WARREN_INT("attempt", call->ctx.attempt),
			WARREN_TEXT("code", warren_code_name(WARREN_UNAVAILABLE)),
			WARREN_TEXT("error", call->settlement.why), WARREN_INT("wait_ms", wait_ms));
	}
	copy_message(call, out);
	warren_name_wait(call->settlement.exchange, call->instance, wait_ms);
	warren_wire_number(out, WARREN_HEADER_ATTEMPT, (int64_t)call->ctx.attempt + 1);
	return true;
}

static bool retry(struct warren_delivery *call, struct warren_outgoing *out)
{
	struct warren_settlement *settlement = &call->settlement;
	uint32_t wait_ms = next_attempt_ms(call);
	if (wait_ms > 0)
		return climb(call, out, wait_ms);
	settlement->verdict = WARREN_VERDICT_FAIL;
	settlement->reason = WARREN_REASON_EXHAUSTED;
	warren_error_set(&settlement->error, WARREN_UNAVAILABLE, NULL,
		"%s cannot do this now; try again later", call->instance->service->name);
	return fail(call, out);
}

static bool quarantine(struct warren_delivery *call, struct warren_outgoing *out)
{
	struct warren_settlement *settlement = &call->settlement;
	if (!settlement->noted) {
		settlement->noted = true;
		atomic_fetch_add(&call->instance->tally.quarantined, 1);
		warren_log(call->instance->log, WARREN_LOG_WARN,
			"it was in hand when a process ended, more than once: it will run alone",
			WARREN_TEXT("event", call->ctx.event),
			WARREN_TEXT("message_id", call->ctx.message_id));
	}
	copy_message(call, out);
	warren_wire_text(out, WARREN_HEADER_QUEUE, settlement->queue);
	out->message.exchange = "";
	out->message.routing_key = warren_name_quarantine(settlement->exchange, call->instance);
	return true;
}

/* ---- the verdict's message ---- */

static bool write(struct warren_delivery *call, struct warren_outgoing *out)
{
	switch (call->settlement.verdict) {
	case WARREN_VERDICT_REPLY:
		return answer(call, out);
	case WARREN_VERDICT_REPEAT:
		return somebody_waits(call) && answer(call, out);
	case WARREN_VERDICT_FAIL:
		return fail(call, out);
	case WARREN_VERDICT_RETRY:
		return retry(call, out);
	case WARREN_VERDICT_QUARANTINE:
		return quarantine(call, out);
	case WARREN_VERDICT_DONE:
	case WARREN_VERDICT_DROP:
	case WARREN_VERDICT_REQUEUE:
	case WARREN_VERDICT_NONE:
		break;
	}
	return false;
}

bool warren_outcome_write(struct warren_delivery *call, struct warren_outgoing *out)
{
	if (!write(call, out))
		return false;
	out->message.persistent = call->handler->event->guarantee == WARREN_AT_LEAST_ONCE;
	out->message.unconfirmed = warren_settle_is_unconfirmed(call);
	/* Where it is unconfirmed, nothing follows from its coming back. */
	out->message.mandatory = !out->message.unconfirmed;
	out->message.reserved = call->tag != 0;
	return true;
}
