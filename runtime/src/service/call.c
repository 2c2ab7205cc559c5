#include "service/call.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "service/wire.h"

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

static void unlink_call(struct warren_delivery *call)
{
	if (call->next)
		call->next->previous = call->previous;
	if (call->previous)
		call->previous->next = call->next;
	else
		call->instance->deliveries = call->next;
}

/* On a worker, sooner or later; when there is none any more it goes back to its queue. */
static void give_to_worker(struct warren_delivery *call, bool bounded)
{
	if (warren_workers_give(call->instance->workers, WARREN_LANE_ANY, &call->task, bounded) ==
		0)
		return;
	if (call->tag == 0)
		atomic_fetch_add(&call->instance->tally.dropped, 1);
	warren_call_requeue(call);
	warren_call_release(call);
}

static struct warren_delivery *call_of(struct warren_inbox_waiter *waiter)
{
	return (struct warren_delivery *)((char *)waiter -
					  offsetof(struct warren_delivery, waiter));
}

/* Those that waited for it go in again: they find its outcome, or one of them runs. */
static void leave(struct warren_delivery *call)
{
	struct warren_inbox_waiter *waiter = warren_inbox_leave(
		call->instance->inbox, &call->once, call->broken ? NULL : call->outcome);
	while (waiter) {
		struct warren_delivery *waiting = call_of(waiter);
		waiter = waiter->next;
		give_to_worker(waiting, false);
	}
}

static void finish(struct warren_delivery *call)
{
	struct warren_instance *instance = call->instance;
	if (call->tag != 0 && call->broken) {
		atomic_fetch_add(&instance->tally.requeued, 1);
		warren_broker_requeue(instance->broker, call->tag);
	} else if (call->tag != 0) {
		warren_broker_ack(instance->broker, call->tag);
	}
	if (call->entered)
		leave(call);
	warren_outcome_unref(call->outcome);
	warren_arena_close(call->ctx.arena);

	/* Last, so that whoever waits for quiet finds it settled. */
	pthread_mutex_lock(&instance->mutex);
	pthread_cond_broadcast(&instance->quiet);
	pthread_mutex_unlock(&instance->mutex);
	warren_instance_unref(instance);
}

void warren_call_hold(struct warren_delivery *call)
{
	pthread_mutex_lock(&call->instance->mutex);
	call->holds++;
	pthread_mutex_unlock(&call->instance->mutex);
}

void warren_call_release(struct warren_delivery *call)
{
	struct warren_instance *instance = call->instance;
	pthread_mutex_lock(&instance->mutex);
	bool last = --call->holds == 0;
	if (last)
		unlink_call(call);
	pthread_mutex_unlock(&instance->mutex);
	if (last)
		finish(call);
}

void warren_call_break(struct warren_delivery *call)
{
	pthread_mutex_lock(&call->instance->mutex);
	call->broken = true;
	pthread_mutex_unlock(&call->instance->mutex);
}

bool warren_call_claim(struct warren_delivery *call)
{
	struct warren_instance *instance = call->instance;
	pthread_mutex_lock(&instance->mutex);
	bool first = !call->settled;
	call->settled = true;
	pthread_mutex_unlock(&instance->mutex);
	if (!first)
		warren_log(instance->log, WARREN_LOG_WARN, "settled twice: ignored",
			WARREN_TEXT("event", call->ctx.event),
			WARREN_TEXT("message_id", call->ctx.message_id));
	return first;
}

void warren_call_published(enum warren_broker_outcome outcome, void *data)
{
	struct warren_delivery *call = data;
	if (outcome == WARREN_BROKER_REFUSED || outcome == WARREN_BROKER_UNSENT ||
		outcome == WARREN_BROKER_LOST) {
		warren_log(call->instance->log, WARREN_LOG_WARN,
			"a publish was not confirmed: the delivery goes back",
			WARREN_TEXT("event", call->ctx.event),
			WARREN_TEXT("message_id", call->ctx.message_id));
		warren_call_break(call);
	}
	warren_call_release(call);
}

void warren_calls_abandon(struct warren_instance *instance)
{
	struct warren_inbox_waiter *waiter = warren_inbox_end(instance->inbox);
	struct warren_delivery *call;
	while (waiter) {
		call = call_of(waiter);
		waiter = waiter->next;
		warren_call_requeue(call);
		warren_call_release(call);
	}
	do {
		pthread_mutex_lock(&instance->mutex);
		for (call = instance->deliveries; call && call->settled; call = call->next)
			;
		if (call)
			call->holds++; /* the broker's thread may end it meanwhile */
		pthread_mutex_unlock(&instance->mutex);
		if (call) {
			warren_call_requeue(call);
			warren_call_release(call);
		}
	} while (call);
}

/* ---- on a worker ---- */

static int unpack(struct warren_delivery *call, void **ret, struct warren_error *error)
{
	const struct warren_message_type *type = call->handler->event->type;
	int rc = warren_wire_unpack(type, call->message, call->ctx.arena, ret, error);
	return rc < 0 ? rc : warren_message_check(type, *ret, error);
}

static void after(struct warren_delivery *call, int rc)
{
	struct warren_instance *instance = call->instance;
	pthread_mutex_lock(&instance->mutex);
	bool settled = call->settled, deferred = call->deferred;
	pthread_mutex_unlock(&instance->mutex);
	if (rc < 0 && settled) {
		warren_log(instance->log, WARREN_LOG_WARN, "failed after it was settled: ignored",
			WARREN_TEXT("event", call->ctx.event),
			WARREN_TEXT("message_id", call->ctx.message_id),
			WARREN_TEXT("error", strerror(-rc)));
	} else if (rc < 0) {
		warren_call_again(call, strerror(-rc));
	} else if (!settled && !deferred) {
		if (call->handler->replies)
			warren_call_again(call, "the handler returned without an answer");
		else
			warren_call_done(call);
	}
}

static void handle(struct warren_delivery *call, void *worker)
{
	struct warren_instance *instance = call->instance;
	struct warren_error error;
	void *message;
	int rc = unpack(call, &message, &error);
	if (rc < 0) {
		warren_call_refuse(call, WARREN_REASON_INVALID, &error, error.message);
		return;
	}
	if (call->ctx.deadline_ms != 0 &&
		warren_clock_wall_ms(instance->clock) >= call->ctx.deadline_ms) {
		warren_error_set(&error, WARREN_TIMEOUT, NULL, "whoever asked has stopped waiting");
		warren_call_refuse(call, WARREN_REASON_EXPIRED, &error, error.message);
		return;
	}
	if (warren_log_enabled(instance->log, WARREN_LOG_DEBUG))
		warren_log(instance->log, WARREN_LOG_DEBUG, "handling",
			WARREN_TEXT("event", call->ctx.event),
			WARREN_TEXT("message_id", call->ctx.message_id),
			WARREN_INT("attempt", call->ctx.attempt),
			WARREN_JSON("message", warren_message_dump(call->handler->event->type,
						       message, call->ctx.arena)));
	atomic_fetch_add(&instance->tally.handled, 1);
	after(call, call->handler->handle(&call->ctx, message, worker));
}

/* Returns a verdict; after WAIT the call is not ours any more. */
static int enter(struct warren_delivery *call, struct warren_outcome **ret)
{
	if (!call->once.id)
		return WARREN_INBOX_RUN;
	const char *before = warren_broker_header_text(call->message, WARREN_HEADER_ONCE_BEFORE);
	if (before && warren_inbox_knows(call->instance->inbox, call->once.space, before))
		call->once.id = before;
	/* Prefetch bounds how many wait. */
	int rc = warren_inbox_enter(call->instance->inbox, &call->once, 0, &call->waiter, ret);
	if (rc == WARREN_INBOX_RUN)
		call->entered = true;
	return rc;
}

static void run(void *worker, void *data)
{
	struct warren_delivery *call = data;
	struct warren_outcome *outcome = NULL;
	struct warren_error error;
	if (warren_instance_stage(call->instance) == WARREN_STAGE_CLOSING) {
		warren_call_requeue(call);
		warren_call_release(call);
		return;
	}
	switch (enter(call, &outcome)) {
	case WARREN_INBOX_WAIT:
		return;
	case WARREN_INBOX_RUN:
		handle(call, worker);
		break;
	case WARREN_INBOX_DONE:
		warren_call_repeat(call, outcome);
		warren_outcome_unref(outcome);
		break;
	case WARREN_INBOX_OTHER:
		warren_error_set(&error, WARREN_INVALID_ARGUMENT, "id",
			"this id was given to another message before");
		warren_call_refuse(call, WARREN_REASON_INVALID, &error, error.message);
		break;
	default: /* no memory */
		warren_call_requeue(call);
	}
	warren_call_release(call);
}

/* ---- on the broker's thread ---- */

static void set_once(struct warren_delivery *call)
{
	const char *once = warren_broker_header_text(call->message, WARREN_HEADER_ONCE);
	if (once)
		call->once = (struct warren_inbox_id){
			.space = call->handler->queue->name,
			.id = call->ctx.message_id,
			.digest = warren_hash(once, strlen(once)),
		};
}

static int take(struct warren_consumer *consumer, const struct warren_broker_delivery *delivery,
	struct warren_arena *arena, struct warren_delivery **ret)
{
	struct warren_delivery *call = warren_arena_alloc(arena, sizeof *call);
	if (!call || warren_wire_copy(&delivery->message, arena, &call->message) < 0)
		return -ENOMEM;
	if (call->message->message_id[0] ==
		'\0') { /* somebody's by hand: it keeps this one through its retries */
		char id[WARREN_UUID_SIZE];
		warren_uuid(id);
		call->message->message_id = warren_arena_strndup(arena, id, sizeof id - 1);
		if (!call->message->message_id)
			return -ENOMEM;
	}
	warren_wire_context(call->message, &call->ctx);
	call->ctx.instance = consumer->instance;
	call->ctx.arena = arena;
	call->ctx.event = consumer->handler->event->name;
	call->ctx.lane = WARREN_LANE_ANY;
	call->ctx.delivery = call;
	if (!consumer->handler->replies)
		call->ctx.deadline_ms = 0; /* nobody waits for this consumer */
	call->instance = consumer->instance;
	call->handler = consumer->handler;
	set_once(call);
	call->tag = delivery->tag;
	call->holds = 2; /* it runs, and is not settled */
	call->task = (struct warren_task){.fn = run, .data = call};
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

void warren_call_deliver(const struct warren_broker_delivery *delivery, void *data)
{
	struct warren_consumer *consumer = data;
	struct warren_instance *instance = consumer->instance;
	struct warren_arena *arena = warren_instance_arena(instance, bytes_of(&delivery->message));
	struct warren_delivery *call;
	if (!arena || take(consumer, delivery, arena, &call) < 0) {
		give_back(instance, delivery);
		warren_arena_close(arena);
		return;
	}
	warren_instance_ref(instance);
	link_call(call);
	/* Prefetch bounds what is acknowledged; what is not finds room or is dropped. */
	give_to_worker(call, call->tag == 0);
}
