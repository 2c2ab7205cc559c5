#include "service/call.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/prefetch.h"
#include "service/quarantine.h"
#include "service/trust.h"
#include "service/wire.h"

#define EXPIRED_TOLD_EVERY_MS 1000

/* ---- its life ---- */

static void link_call(struct warren_delivery *call)
{
	struct warren_instance *instance = call->instance;
	pthread_mutex_lock(&instance->mutex);
	call->next = instance->deliveries;
	if (call->next)
		call->next->previous = call;
	instance->deliveries = call;
	pthread_mutex_unlock(&instance->mutex);
}

/* The mutex is held. */
static void unlink_call(struct warren_delivery *call)
{
	if (call->next)
		call->next->previous = call->previous;
	if (call->previous)
		call->previous->next = call->next;
	else
		call->instance->deliveries = call->next;
}

/* Its handler does not run: it is settled as it stands. */
static void settle_unrun(struct warren_delivery *call, void (*settle)(struct warren_delivery *call))
{
	settle(call);
	warren_settle_returned(call);
}

static int hold(struct warren_delivery *call, bool bounded);

/* Runs sooner or later, on a worker or on the loop; where that is not possible any more it goes back
 * to its queue. */
static void run_later(struct warren_delivery *call, bool bounded)
{
	int rc = call->handler->is_inline ? hold(call, bounded)
					  : warren_workers_give(call->instance->workers,
						    WARREN_LANE_ANY, &call->task, bounded);
	if (rc == 0)
		return;
	if (call->tag == 0)
		atomic_fetch_add(&call->instance->tally.dropped, 1);
	settle_unrun(call, warren_settle_requeue);
}

static struct warren_delivery *call_of(struct warren_store_waiter *waiter)
{
	return (struct warren_delivery *)((char *)waiter -
					  offsetof(struct warren_delivery, waiter));
}

/* Those that waited for it go in again: they find its outcome, or one of them runs. */
static void leave(struct warren_delivery *call)
{
	struct warren_store_waiter *waiter =
		warren_store_leave(call->instance->store, &call->once, call->settlement.outcome);
	while (waiter) {
		struct warren_delivery *waiting = call_of(waiter);
		waiter = waiter->next;
		run_later(waiting, false);
	}
}

void warren_call_finish(struct warren_delivery *call)
{
	struct warren_instance *instance = call->instance;
	/* From here on a delivery that comes again is another one. */
	pthread_mutex_lock(&instance->mutex);
	unlink_call(call);
	instance->finishing++;
	uint64_t tag = call->tag;
	pthread_mutex_unlock(&instance->mutex);
	if (tag != 0 && call->settlement.verdict == WARREN_VERDICT_REQUEUE) {
		atomic_fetch_add(&instance->tally.requeued, 1);
		warren_broker_requeue(instance->broker, tag);
	} else if (tag != 0) {
		warren_broker_ack(instance->broker, tag);
	}
	if (call->moves)
		warren_quarantine_moved(instance);
	if (call->entered)
		leave(call);
	warren_settlement_free(&call->settlement);
	warren_effects_free(&call->effects);
	warren_arena_close(call->ctx.arena);

	/* Last, so that a close that waits for quiet finds it settled. */
	pthread_mutex_lock(&instance->mutex);
	instance->finishing--;
	pthread_cond_broadcast(&instance->quiet);
	pthread_mutex_unlock(&instance->mutex);
	warren_instance_unref(instance);
}

/* Returns one that nobody settled, or that waits for its outcome to be sent; it is the caller's. */
static struct warren_delivery *take_abandoned(struct warren_instance *instance)
{
	struct warren_delivery *call;
	pthread_mutex_lock(&instance->mutex);
	for (call = instance->deliveries; call; call = call->next) {
		if (call->settlement.verdict == WARREN_VERDICT_NONE || warren_settle_end_wait(call))
			break;
	}
	pthread_mutex_unlock(&instance->mutex);
	return call;
}

static void run_held(struct warren_instance *instance, bool comes);

void warren_calls_abandon(struct warren_instance *instance)
{
	run_held(instance, false);
	struct warren_store_waiter *waiter = warren_store_end(instance->store);
	struct warren_delivery *call;
	while (waiter) {
		call = call_of(waiter);
		waiter = waiter->next;
		settle_unrun(call, warren_settle_requeue);
	}
	while ((call = take_abandoned(instance)))
		warren_settle_give_back(call);
}

/* ---- on a worker, or inline on the loop ---- */

static int unpack(struct warren_delivery *call, void **ret, struct warren_error *error)
{
	const struct warren_message_type *type = call->handler->event->type;
	int rc = warren_wire_unpack(type, call->message, call->ctx.arena, ret, error);
	return rc < 0 ? rc : warren_message_check(type, *ret, error);
}

/* The handler's return is a verdict where it has given none. */
static void judge_return(struct warren_delivery *call, int rc)
{
	struct warren_instance *instance = call->instance;
	pthread_mutex_lock(&instance->mutex);
	bool settled = call->settlement.verdict != WARREN_VERDICT_NONE;
	bool deferred = call->deferred;
	pthread_mutex_unlock(&instance->mutex);
	if (rc < 0 && settled) {
		warren_log(instance->log, WARREN_LOG_WARN, "failed after it was settled: ignored",
			WARREN_TEXT("event", call->ctx.event),
			WARREN_TEXT("message_id", call->ctx.message_id),
			WARREN_TEXT("error", strerror(-rc)));
	} else if (rc < 0) {
		warren_settle_retry(call, strerror(-rc));
	} else if (!settled && !deferred) {
		if (call->handler->replies)
			warren_settle_retry(call, "the handler returned without an answer");
		else
			warren_settle_done(call);
	}
}

static void log_handling(const struct warren_delivery *call, const void *message)
{
	struct warren_log *log = call->instance->log;
	if (!warren_log_enabled(log, WARREN_LOG_DEBUG))
		return;
	warren_log(log, WARREN_LOG_DEBUG, "handling", WARREN_TEXT("event", call->ctx.event),
		WARREN_TEXT("message_id", call->ctx.message_id),
		WARREN_INT("attempt", call->ctx.attempt),
		WARREN_JSON("message",
			warren_message_dump(call->handler->event->type, message, call->ctx.arena)));
}

/* Everything else that the process has to do waited for it. */
static void tell_slow(const struct warren_delivery *call, int64_t took_ms)
{
	atomic_fetch_add(&call->instance->tally.slow_inline, 1);
	warren_log(call->instance->log, WARREN_LOG_WARN,
		"its inline handler held up the loop: one that may block runs on a worker, without "
		"`inline`",
		WARREN_TEXT("event", call->ctx.event),
		WARREN_TEXT("message_id", call->ctx.message_id), WARREN_INT("took_ms", took_ms));
}

/* A suspect runs alone, the gate is closed for it; an inline call has the gate already. */
static int handle_timed(struct warren_delivery *call, const void *message, void *worker)
{
	struct warren_clock *clock = call->instance->clock;
	bool is_inline = call->handler->is_inline;
	bool enters = !is_inline && !call->alone;
	if (enters)
		warren_gate_enter();
	int64_t began_ms = warren_clock_now_ms(clock);
	int64_t waited_ms = is_inline ? 0 : began_ms - call->task.given_ms;
	int rc = call->handler->handle(&call->ctx, message, worker);
	int64_t took_ms = warren_clock_now_ms(clock) - began_ms;
	if (enters)
		warren_gate_leave();
	if (is_inline && took_ms > WARREN_LOOP_SLOW_MS)
		tell_slow(call, took_ms);
	if (!call->alone)
		warren_prefetch_learn(call->instance, call->handler, waited_ms, took_ms);
	return rc;
}

static void refuse_invalid(struct warren_delivery *call, const struct warren_error *error)
{
	char why[sizeof error->field + sizeof error->message + 2];
	snprintf(why, sizeof why, "%s%s%s", error->field, error->field[0] ? ": " : "",
		error->message);
	warren_settle_fail(call, WARREN_REASON_INVALID, error, why);
}

static void handle(struct warren_delivery *call, void *worker)
{
	struct warren_instance *instance = call->instance;
	struct warren_error error;
	void *message;
	if (unpack(call, &message, &error) < 0) {
		refuse_invalid(call, &error);
		return;
	}
	log_handling(call, message);
	atomic_fetch_add(&instance->tally.handled, 1);
	judge_return(call, handle_timed(call, message, worker));
}

/* Returns a verdict of the store's; after WAIT the call is not ours any more. */
static int enter(struct warren_delivery *call, struct warren_outcome **ret)
{
	if (!call->once.id)
		return WARREN_STORE_RUN;
	const char *before = warren_broker_header_text(call->message, WARREN_HEADER_ONCE_BEFORE);
	if (before && warren_store_knows(call->instance->store, call->once.space, before))
		call->once.id = before;
	/* Prefetch bounds how many wait. */
	int rc = warren_store_enter(call->instance->store, &call->once, 0, &call->waiter, ret);
	if (rc == WARREN_STORE_RUN)
		call->entered = true;
	return rc;
}

/* The client has its deadline's error by now: whatever the handler did, nobody would hear of it. */
static bool is_expired(const struct warren_delivery *call)
{
	return call->ctx.deadline_ms != 0 &&
	       warren_clock_wall_ms(call->instance->clock) >= call->ctx.deadline_ms;
}

static void drop_expired(struct warren_delivery *call)
{
	struct warren_instance *instance = call->instance;
	uint64_t expired = atomic_fetch_add(&instance->tally.expired, 1) + 1;
	/* Under overload they come by the thousand. */
	if (warren_seldom(&instance->expired_told, warren_clock_now_ms(instance->clock),
		    EXPIRED_TOLD_EVERY_MS))
		warren_log(instance->log, WARREN_LOG_INFO,
			"its client stopped waiting before it was begun: dropped",
			WARREN_TEXT("event", call->ctx.event),
			WARREN_TEXT("message_id", call->ctx.message_id),
			WARREN_INT("attempt", call->ctx.attempt),
			WARREN_INT("expired", (int64_t)expired));
	warren_settle_drop(call);
}

static void refuse_other(struct warren_delivery *call)
{
	struct warren_error error;
	warren_error_set(&error, WARREN_INVALID_ARGUMENT, "id",
		"this id was given to another message before");
	warren_settle_fail(call, WARREN_REASON_INVALID, &error, error.message);
}

static void run(void *worker, void *data)
{
	struct warren_delivery *call = data;
	struct warren_outcome *outcome = NULL;
	if (warren_instance_stage(call->instance) == WARREN_STAGE_CLOSING) {
		settle_unrun(call, warren_settle_requeue);
		return;
	}
	if (is_expired(call)) {
		drop_expired(call);
		warren_settle_returned(call);
		return;
	}
	int rc = enter(call, &outcome);
	switch (rc) {
	case WARREN_STORE_WAIT:
		return;
	case WARREN_STORE_RUN:
		handle(call, worker);
		break;
	case WARREN_STORE_DONE:
		atomic_fetch_add(&call->instance->tally.repeated, 1);
		warren_log(call->instance->log, WARREN_LOG_DEBUG, "this took effect before",
			WARREN_TEXT("event", call->ctx.event),
			WARREN_TEXT("message_id", call->ctx.message_id));
		warren_settle_repeat(call, outcome);
		break;
	case WARREN_STORE_OTHER:
		refuse_other(call);
		break;
	default:
		warren_settle_retry(call, strerror(-rc));
	}
	warren_settle_returned(call);
}

/*
 * ---- inline ----
 *
 * The loop never waits for the gate: where the gate is closed, calls are held, and a worker waits
 * for it in their place.  They run while that worker has it, or before the next delivery that finds
 * the gate open: so they do not wait for a worker that is busy.
 */

void warren_calls_init(struct warren_instance *instance)
{
	instance->held.tail = &instance->held.head;
}

bool warren_calls_none_held(struct warren_instance *instance)
{
	pthread_mutex_lock(&instance->mutex);
	bool none = instance->held.count == 0;
	pthread_mutex_unlock(&instance->mutex);
	return none;
}

/* Returns NULL when there is none any more; then `comes`, the one that came for them, has ended. */
static struct warren_delivery *take_held(struct warren_instance *instance, bool comes)
{
	struct warren_held *held = &instance->held;
	pthread_mutex_lock(&instance->mutex);
	struct warren_task *task = held->head;
	if (task) {
		held->head = task->next;
		held->count--;
	} else if (comes) {
		held->coming = false;
	}
	if (!held->head)
		held->tail = &held->head;
	pthread_mutex_unlock(&instance->mutex);
	return task ? task->data : NULL;
}

/* On the loop.  The gate is open, or the instance closes: then they go back. */
static void run_held(struct warren_instance *instance, bool comes)
{
	struct warren_delivery *call;
	while ((call = take_held(instance, comes)))
		run(instance->loop_state, call);
}

static void run_held_in_gate(void *data)
{
	run_held(data, true);
}

/* On a worker: it waits for the gate. */
static void wait_for_gate(void *worker, void *data)
{
	struct warren_instance *instance = data;
	(void)worker;
	warren_gate_enter();
	warren_loop_call(instance->loop, run_held_in_gate, instance);
	warren_gate_leave();
}

/* On the loop. */
static void come_for_held(void *data)
{
	struct warren_instance *instance = data;
	struct warren_task *task = &instance->held.on_worker;
	if (warren_gate_try_enter()) {
		run_held(instance, true);
		warren_gate_leave();
		return;
	}
	*task = (struct warren_task){.fn = wait_for_gate, .data = instance};
	if (warren_workers_give(instance->workers, WARREN_LANE_ANY, task, false) < 0)
		run_held(instance, true); /* the workers have ended: it closes */
}

/* Has it run on the loop, after those that are held already.  Returns 0; -EAGAIN. */
static int hold(struct warren_delivery *call, bool bounded)
{
	struct warren_instance *instance = call->instance;
	struct warren_held *held = &instance->held;
	pthread_mutex_lock(&instance->mutex);
	bool is_full = bounded && held->count >= instance->options.work_queue;
	bool comes = !is_full && !held->coming;
	if (!is_full) {
		call->task.next = NULL;
		*held->tail = &call->task;
		held->tail = &call->task.next;
		held->count++;
		held->coming = true;
	}
	pthread_mutex_unlock(&instance->mutex);
	if (comes) {
		held->on_loop = (struct warren_loop_task){.fn = come_for_held, .data = instance};
		warren_loop_post(instance->loop, &held->on_loop);
	}
	return is_full ? -EAGAIN : 0;
}

/* On the loop, behind those that are held.  Returns false when it has to be held. */
static bool run_at_once(struct warren_delivery *call)
{
	struct warren_instance *instance = call->instance;
	if (!warren_gate_try_enter())
		return false;
	run_held(instance, false);
	run(instance->loop_state, call);
	warren_gate_leave();
	return true;
}

static void run_alone(void *data)
{
	struct warren_delivery *call = data;
	run(call->instance->loop_state, call);
}

/* ---- on the loop ---- */

static void set_once(struct warren_delivery *call)
{
	const char *once = warren_broker_header_text(call->message, WARREN_HEADER_ONCE);
	if (once)
		call->once = (struct warren_store_id){
			.space = call->handler->queue->name,
			.id = call->ctx.message_id,
			.digest = warren_hash(once, strlen(once)),
		};
}

/* A message without an id was published by hand: it keeps this one through its retries. */
static int set_id(struct warren_broker_message *message, struct warren_arena *arena)
{
	char id[WARREN_UUID_SIZE];
	if (message->message_id[0] != '\0')
		return 0;
	warren_uuid(id);
	message->message_id = warren_arena_strndup(arena, id, sizeof id - 1);
	return message->message_id ? 0 : -ENOMEM;
}

static int take(struct warren_instance *instance, const struct warren_handler *handler,
	const struct warren_broker_delivery *delivery, struct warren_arena *arena,
	struct warren_delivery **ret)
{
	const struct warren_effects_limits limits = {
		.max_count = instance->options.effects_max,
		.max_bytes = instance->options.effects_max_bytes,
	};
	struct warren_delivery *call = warren_arena_alloc(arena, sizeof *call);
	if (!call || warren_wire_copy(&delivery->message, arena, &call->message) < 0 ||
		set_id(call->message, arena) < 0)
		return -ENOMEM;
	warren_wire_context(call->message, &call->ctx);
	call->ctx.instance = instance;
	call->ctx.arena = arena;
	call->ctx.event = handler->event->name;
	call->ctx.lane = WARREN_LANE_ANY;
	call->ctx.delivery = call;
	if (!handler->replies)
		call->ctx.deadline_ms = 0; /* nobody waits for this consumer */
	call->instance = instance;
	call->handler = handler;
	set_once(call);
	call->tag = delivery->tag;
	call->settlement.stepping = true;
	call->task = (struct warren_task){.fn = run, .data = call};
	warren_effects_init(&call->effects, limits);
	*ret = call;
	return 0;
}

static size_t bytes_of(const struct warren_broker_message *message)
{
	size_t bytes = message->body_len;
	for (size_t i = 0; i < message->header_count; i++)
		bytes += message->headers[i].text ? strlen(message->headers[i].text) : 0;
	return bytes;
}

static void give_back(
	struct warren_instance *instance, const struct warren_broker_delivery *delivery)
{
	warren_log(instance->log, WARREN_LOG_ERROR, "out of memory: a delivery was not taken",
		WARREN_TEXT("queue", delivery->queue),
		WARREN_TEXT("message_id", delivery->message.message_id));
	if (delivery->tag != 0) {
		atomic_fetch_add(&instance->tally.requeued, 1);
		warren_broker_requeue(instance->broker, delivery->tag);
	} else {
		atomic_fetch_add(&instance->tally.dropped, 1);
	}
}

/* Returns whether it is in hand already, from a connection that broke: then it goes on under its
 * new tag. */
static bool resume(struct warren_instance *instance, const struct warren_handler *handler,
	const struct warren_broker_delivery *delivery)
{
	const char *id = delivery->message.message_id;
	struct warren_delivery *call = NULL;
	if (!delivery->redelivered || delivery->tag == 0 || id[0] == '\0')
		return false;
	pthread_mutex_lock(&instance->mutex);
	for (call = instance->deliveries; call; call = call->next) {
		if (call->handler == handler &&
			!warren_broker_is_current(instance->broker, call->tag) &&
			strcmp(call->message->message_id, id) == 0)
			break;
	}
	if (call)
		call->tag = delivery->tag;
	pthread_mutex_unlock(&instance->mutex);
	if (call)
		atomic_fetch_add(&instance->tally.resumed, 1);
	return call != NULL;
}

/* Returns a new call, linked; NULL when it was given back. */
static struct warren_delivery *open_call(struct warren_instance *instance,
	const struct warren_handler *handler, const struct warren_broker_delivery *delivery)
{
	struct warren_arena *arena = warren_instance_arena(instance, bytes_of(&delivery->message));
	struct warren_delivery *call;
	if (!arena || take(instance, handler, delivery, arena, &call) < 0) {
		give_back(instance, delivery);
		warren_arena_close(arena);
		return NULL;
	}
	warren_instance_ref(instance);
	link_call(call);
	return call;
}

static bool is_forged(struct warren_instance *instance, const struct warren_handler *handler,
	const struct warren_broker_delivery *delivery)
{
	return warren_trust_event(instance, handler, &delivery->message) != WARREN_TRUST_GOOD;
}

static void settle_forged(struct warren_delivery *call)
{
	struct warren_error error;
	const char *account = warren_trust_account(call->instance, call->message);
	bool at_most_once = call->handler->event->guarantee == WARREN_AT_MOST_ONCE;
	warren_error_set(&error, WARREN_FORBIDDEN, NULL, "the account \"%s\" may not publish %s",
		account, call->handler->event->name);
	warren_trust_tell(call->instance, call->message, at_most_once ? "dropped" : "parked");
	warren_settle_fail(call, WARREN_REASON_FORGED, &error, error.message);
}

void warren_call_deliver(const struct warren_broker_delivery *delivery, void *data)
{
	struct warren_consumer *consumer = data;
	struct warren_instance *instance = consumer->instance;
	const struct warren_handler *handler = consumer->handler;
	bool forged = is_forged(instance, handler, delivery);
	/* Judged first: a forged id must not stand for the true one, here or in the store. */
	if (!forged && resume(instance, handler, delivery))
		return;
	struct warren_delivery *call = open_call(instance, handler, delivery);
	if (!call)
		return;
	if (forged) {
		settle_unrun(call, settle_forged);
		return;
	}
	uint32_t held = delivery->delivery_count;
	if (handler->queue->kind != WARREN_QUEUE_QUORUM && delivery->redelivered)
		held = WARREN_CRASHES_BESIDE_OTHERS;
	if (call->tag != 0 && held >= WARREN_CRASHES_BESIDE_OTHERS) {
		call->moves = true;
		warren_quarantine_moves();
		settle_unrun(call, warren_settle_quarantine);
		return;
	}
	/* Prefetch bounds what is acknowledged; what is not finds room or is dropped. */
	if (!handler->is_inline || !run_at_once(call))
		run_later(call, call->tag == 0);
}

/* ---- from the quarantine ---- */

/* Returns the handler of the queue that it was taken from; NULL when it names none of ours. */
static const struct warren_handler *handler_of(
	struct warren_instance *instance, const struct warren_broker_message *message)
{
	const struct warren_service *service = instance->service;
	const char *queue = warren_broker_header_text(message, WARREN_HEADER_QUEUE);
	char name[WARREN_NAME_SIZE];
	for (size_t i = 0; queue && i < service->handler_count; i++) {
		const struct warren_handler *handler = &service->handlers[i];
		if (strcmp(queue, warren_name_queue(name, instance, handler->queue)) == 0)
			return handler;
	}
	return NULL;
}

#define UNKNOWN_QUEUE "the quarantine held it for a queue that this service does not have"

/* A message that no call can be made of, on its way to the dead letters. */
struct unknown {
	struct warren_instance *instance;
	uint64_t tag;
};

/* Where it cannot be parked it stays unacknowledged. */
static void on_parked(enum warren_broker_outcome outcome, void *data)
{
	struct unknown *unknown = data;
	if (outcome == WARREN_BROKER_CONFIRMED)
		warren_broker_ack(unknown->instance->broker, unknown->tag);
	warren_instance_unref(unknown->instance);
	free(unknown);
}

static void park_unknown(
	struct warren_instance *instance, const struct warren_broker_delivery *delivery)
{
	struct warren_outgoing out;
	char exchange[WARREN_NAME_SIZE];
	struct unknown *unknown = malloc(sizeof *unknown);
	atomic_fetch_add(&instance->tally.parked, 1);
	warren_log(instance->log, WARREN_LOG_ERROR, UNKNOWN_QUEUE ": parked",
		WARREN_TEXT("message_id", delivery->message.message_id),
		WARREN_TEXT("type", delivery->message.type));
	if (!unknown)
		return;
	*unknown =
		(struct unknown){.instance = warren_instance_ref(instance), .tag = delivery->tag};
	warren_wire_again(&out, instance, &delivery->message);
	out.message.exchange = warren_name_dead(exchange, instance);
	out.message.persistent = out.message.mandatory = out.message.reserved = true;
	warren_wire_text(&out, WARREN_HEADER_REASON, warren_reason_name(WARREN_REASON_INVALID));
	warren_wire_text(&out, WARREN_HEADER_CODE, warren_code_name(WARREN_INVALID_ARGUMENT));
	warren_wire_text(&out, WARREN_HEADER_ERROR, UNKNOWN_QUEUE);
	if (warren_broker_publish(instance->broker, &out.message, on_parked, unknown) < 0) {
		warren_instance_unref(instance);
		free(unknown);
	}
}

struct warren_delivery *warren_call_quarantined(
	struct warren_instance *instance, const struct warren_broker_delivery *delivery)
{
	const struct warren_handler *handler = handler_of(instance, &delivery->message);
	if (!handler) {
		park_unknown(instance, delivery);
		return NULL;
	}
	bool forged = is_forged(instance, handler, delivery);
	if (!forged && resume(instance, handler, delivery))
		return NULL;
	struct warren_delivery *call = open_call(instance, handler, delivery);
	if (!call)
		return NULL;
	if (forged) {
		settle_unrun(call, settle_forged);
		return NULL;
	}
	call->alone = true;
	if (delivery->delivery_count < WARREN_CRASHES_ALONE)
		return call;
	struct warren_error error;
	warren_error_set(&error, WARREN_INTERNAL, NULL, "something went wrong; it is known as %s",
		call->ctx.correlation_id);
	warren_settle_fail(
		call, WARREN_REASON_CRASHED, &error, "its handler ended the process three times");
	warren_settle_returned(call);
	return NULL;
}

void warren_call_run_alone(struct warren_delivery *call, void *worker)
{
	if (call->handler->is_inline)
		warren_loop_call(call->instance->loop, run_alone, call);
	else
		run(worker, call);
}
