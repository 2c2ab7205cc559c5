/* Verdicts, and the stages of a settlement; the messages of outcomes are in outcome.c. */
#include "service/settle.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "service/call.h"
#include "service/outcome.h"

#define ROOM_WAIT_MS 20 /* for room on the way out, where no confirm will tell of it */
#define WAIT_FIRST_MS 1000
#define WAIT_MAX_MS 60000

static void run(struct warren_delivery *call);

void warren_settlement_free(struct warren_settlement *settlement)
{
	warren_outcome_unref(settlement->outcome);
	warren_arena_close(settlement->arena);
}

static bool commits(const struct warren_delivery *call)
{
	enum warren_verdict verdict = call->settlement.verdict;
	return verdict == WARREN_VERDICT_DONE || verdict == WARREN_VERDICT_REPLY;
}

/* Those that have not left. */
static void drop_effects(struct warren_delivery *call)
{
	struct warren_instance *instance = call->instance;
	uint32_t count = warren_effects_drop(&call->effects, call->settlement.next,
		instance->options.on_dropped, instance->options.on_dropped_data);
	atomic_fetch_add(&instance->tally.effects_dropped, count);
	call->settlement.next = NULL;
}

/* ---- verdicts ---- */

/* The mutex is held; there is a verdict, and the handler has returned. */
static void begin(struct warren_delivery *call)
{
	struct warren_settlement *settlement = &call->settlement;
	assert(settlement->stage == WARREN_SETTLEMENT_NOT_BEGUN);
	settlement->stage = WARREN_SETTLEMENT_BEGUN;
	settlement->next = call->effects.first;
}

/* Takes over `decided` as the verdict, unless there is one; then gives it back. */
static void decide(struct warren_delivery *call, struct warren_settlement *decided)
{
	struct warren_instance *instance = call->instance;
	pthread_mutex_lock(&instance->mutex);
	bool first = call->settlement.verdict == WARREN_VERDICT_NONE;
	bool starts = first && call->returned;
	if (first) {
		decided->stepping = true;
		decided->under_way = call->settlement.under_way;
		decided->early_failed = call->settlement.early_failed;
		decided->confirms = call->settlement.confirms;
		call->settlement = *decided;
		if (call->deferred)
			warren_effects_close(&call->effects);
	}
	if (starts)
		begin(call);
	pthread_mutex_unlock(&instance->mutex);
	if (starts)
		run(call);
	if (first)
		return;
	warren_settlement_free(decided);
	warren_log(instance->log, WARREN_LOG_WARN, "settled twice: ignored",
		WARREN_TEXT("event", call->ctx.event),
		WARREN_TEXT("message_id", call->ctx.message_id));
}

static void decide_bare(struct warren_delivery *call, enum warren_verdict verdict)
{
	struct warren_settlement decided = {.verdict = verdict};
	decide(call, &decided);
}

void warren_settle_done(struct warren_delivery *call)
{
	decide_bare(call, WARREN_VERDICT_DONE);
}

void warren_settle_drop(struct warren_delivery *call)
{
	decide_bare(call, WARREN_VERDICT_DROP);
}

void warren_settle_quarantine(struct warren_delivery *call)
{
	decide_bare(call, WARREN_VERDICT_QUARANTINE);
}

void warren_settle_requeue(struct warren_delivery *call)
{
	decide_bare(call, WARREN_VERDICT_REQUEUE);
}

void warren_settle_reply(struct warren_delivery *call, const char *type, struct warren_bytes body,
	struct warren_arena *arena)
{
	struct warren_settlement decided = {.verdict = WARREN_VERDICT_REPLY,
		.type = type,
		.content_type = WARREN_WIRE_PROTOBUF,
		.body = body,
		.arena = arena};
	decide(call, &decided);
}

void warren_settle_repeat(struct warren_delivery *call, struct warren_outcome *outcome)
{
	struct warren_settlement decided = {.verdict = WARREN_VERDICT_REPEAT,
		.type = outcome->type,
		.content_type = outcome->content_type,
		.body = outcome->body,
		.outcome = outcome};
	decide(call, &decided);
}

/* The reason is worth a line in the log, not the call: without memory it is lost. */
static void set_why(
	struct warren_instance *instance, struct warren_settlement *settlement, const char *why)
{
	if (!settlement->arena)
		settlement->arena = warren_instance_arena(instance, 0);
	settlement->why = settlement->arena
				  ? warren_arena_strndup(settlement->arena, why, strlen(why))
				  : NULL;
	if (!settlement->why)
		settlement->why = "out of memory";
}

void warren_settle_fail(struct warren_delivery *call, enum warren_reason reason,
	const struct warren_error *error, const char *why)
{
	struct warren_settlement decided = {
		.verdict = WARREN_VERDICT_FAIL, .reason = reason, .error = *error};
	set_why(call->instance, &decided, why);
	decide(call, &decided);
}

void warren_settle_retry(struct warren_delivery *call, const char *why)
{
	struct warren_settlement decided = {.verdict = WARREN_VERDICT_RETRY};
	set_why(call->instance, &decided, why);
	decide(call, &decided);
}

void warren_settle_returned(struct warren_delivery *call)
{
	pthread_mutex_lock(&call->instance->mutex);
	bool starts = call->settlement.verdict != WARREN_VERDICT_NONE;
	call->returned = true;
	if (starts || !call->deferred)
		warren_effects_close(&call->effects);
	if (starts)
		begin(call);
	pthread_mutex_unlock(&call->instance->mutex);
	if (starts)
		run(call);
}

/* ---- what the broker says ---- */

/* Returns whether it is not at the broker. */
static bool is_failure(enum warren_effect_kind kind, enum warren_broker_outcome outcome)
{
	switch (outcome) {
	case WARREN_BROKER_CONFIRMED:
	case WARREN_BROKER_SENT:
		return false;
	case WARREN_BROKER_RETURNED:
		return kind == WARREN_EFFECT_FACT;
	case WARREN_BROKER_REFUSED:
	case WARREN_BROKER_UNSENT:
	case WARREN_BROKER_LOST:
		return true;
	}
	return true;
}

/* One publish less is under way; goes on, unless somebody is at it. */
static void confirmed(struct warren_delivery *call, bool *failed, bool is_failed)
{
	struct warren_settlement *settlement = &call->settlement;
	pthread_mutex_lock(&call->instance->mutex);
	settlement->under_way--;
	settlement->full = false;
	*failed = *failed || is_failed;
	bool goes_on = !settlement->stepping;
	settlement->stepping = true;
	pthread_mutex_unlock(&call->instance->mutex);
	if (goes_on)
		run(call);
}

static void on_fact(enum warren_broker_outcome outcome, void *data)
{
	struct warren_delivery *call = data;
	if (outcome == WARREN_BROKER_RETURNED)
		warren_instance_heal(call->instance, call->ctx.event);
	confirmed(call, &call->settlement.failed, is_failure(WARREN_EFFECT_FACT, outcome));
}

static void on_push(enum warren_broker_outcome outcome, void *data)
{
	struct warren_delivery *call = data;
	if (outcome == WARREN_BROKER_RETURNED)
		warren_instance_push_gone(call->instance, call->ctx.event);
	confirmed(call, &call->settlement.failed, is_failure(WARREN_EFFECT_PUSH, outcome));
}

static void early_confirmed(struct warren_delivery *call, bool is_failed)
{
	if (is_failed)
		warren_log(call->instance->log, WARREN_LOG_WARN,
			"an event that was published before its call was settled was not confirmed",
			WARREN_TEXT("event", call->ctx.event),
			WARREN_TEXT("message_id", call->ctx.message_id));
	confirmed(call, &call->settlement.early_failed, is_failed);
}

static void on_early_fact(enum warren_broker_outcome outcome, void *data)
{
	struct warren_delivery *call = data;
	if (outcome == WARREN_BROKER_RETURNED)
		warren_instance_heal(call->instance, call->ctx.event);
	early_confirmed(call, is_failure(WARREN_EFFECT_FACT, outcome));
}

static void on_early_push(enum warren_broker_outcome outcome, void *data)
{
	struct warren_delivery *call = data;
	if (outcome == WARREN_BROKER_RETURNED)
		warren_instance_push_gone(call->instance, call->ctx.event);
	early_confirmed(call, is_failure(WARREN_EFFECT_PUSH, outcome));
}

/* A reply finds its client gone; a copy for another queue must find that queue. */
static void on_outcome(enum warren_broker_outcome outcome, void *data)
{
	struct warren_delivery *call = data;
	bool answers = call->settlement.answers;
	if (outcome == WARREN_BROKER_RETURNED && answers)
		atomic_fetch_add(&call->instance->tally.replies_gone, 1);
	else if (outcome == WARREN_BROKER_RETURNED)
		warren_instance_heal(call->instance, call->ctx.event);
	confirmed(call, &call->settlement.failed,
		is_failure(answers ? WARREN_EFFECT_PUSH : WARREN_EFFECT_FACT, outcome));
}

/* ---- publishing ---- */

/* Counts the publish before it is made: the broker's word may be first. */
static int publish(struct warren_delivery *call, const struct warren_broker_message *message,
	warren_broker_on_settled on_settled)
{
	struct warren_instance *instance = call->instance;
	pthread_mutex_lock(&instance->mutex);
	call->settlement.under_way++;
	pthread_mutex_unlock(&instance->mutex);
	int rc = warren_broker_publish(instance->broker, message, on_settled, call);
	if (rc < 0) {
		pthread_mutex_lock(&instance->mutex);
		call->settlement.under_way--;
		pthread_mutex_unlock(&instance->mutex);
	}
	return rc;
}

bool warren_settle_is_unconfirmed(struct warren_delivery *call)
{
	pthread_mutex_lock(&call->instance->mutex);
	bool confirms = call->settlement.confirms;
	pthread_mutex_unlock(&call->instance->mutex);
	return call->tag == 0 && !confirms;
}

static int publish_loose(struct warren_delivery *call, const struct warren_broker_message *message)
{
	struct warren_broker_message in_order = *message;
	in_order.unconfirmed = message->unconfirmed && warren_settle_is_unconfirmed(call);
	return warren_broker_publish(call->instance->broker, &in_order, NULL, NULL);
}

static void note(struct warren_delivery *call, bool *flag)
{
	pthread_mutex_lock(&call->instance->mutex);
	*flag = true;
	pthread_mutex_unlock(&call->instance->mutex);
}

int warren_settle_early(struct warren_delivery *call, enum warren_effect_kind kind,
	const struct warren_broker_message *message)
{
	/* Nobody knows yet what is to stay in order with it. */
	note(call, &call->settlement.confirms);
	switch (kind) {
	case WARREN_EFFECT_FACT:
		return publish(call, message, on_early_fact);
	case WARREN_EFFECT_PUSH:
		return publish(call, message, on_early_push);
	case WARREN_EFFECT_LOOSE:
		break;
	}
	return publish_loose(call, message);
}

static int publish_effect(struct warren_delivery *call, const struct warren_effect *effect)
{
	switch (effect->kind) {
	case WARREN_EFFECT_FACT:
		return publish(call, effect->message, on_fact);
	case WARREN_EFFECT_PUSH:
		return publish(call, effect->message, on_push);
	case WARREN_EFFECT_LOOSE:
		break;
	}
	return publish_loose(call, effect->message);
}

static void log_not_taken(const struct warren_delivery *call, const char *what, int rc)
{
	warren_log(call->instance->log, WARREN_LOG_WARN, what,
		WARREN_TEXT("event", call->ctx.event),
		WARREN_TEXT("message_id", call->ctx.message_id),
		WARREN_TEXT("error", strerror(-rc)));
}

/* ---- the stages; each runs in the one that is stepping ---- */

static void on_wait_over(void *data)
{
	run(data);
}

/* Runs again later: the timer has it then.  Returns false when the instance closes. */
static bool wait_a_while(struct warren_delivery *call, uint32_t wait_ms)
{
	struct warren_instance *instance = call->instance;
	struct warren_settlement *settlement = &call->settlement;
	int64_t at_ms = warren_clock_now_ms(instance->clock) + wait_ms;
	pthread_mutex_lock(&instance->mutex);
	bool waits = instance->stage != WARREN_STAGE_CLOSING &&
		     warren_timer_start(
			     instance->timers, at_ms, on_wait_over, call, &settlement->timer) == 0;
	pthread_mutex_unlock(&instance->mutex);
	return waits;
}

/* The verdict becomes another one; what the first one would have told is forgotten. */
static void turn_into(struct warren_delivery *call, enum warren_verdict verdict, const char *why)
{
	struct warren_settlement *settlement = &call->settlement;
	drop_effects(call);
	settlement->verdict = verdict;
	settlement->stage = WARREN_SETTLEMENT_OUTCOME;
	settlement->failed = settlement->noted = false;
	settlement->type = NULL;
	warren_outcome_unref(settlement->outcome);
	settlement->outcome = NULL;
	if (why)
		set_why(call->instance, settlement, why);
}

/* The handler has returned: nobody adds to them. */
static void note_confirms(struct warren_delivery *call)
{
	const struct warren_effect *effect = call->effects.first;
	while (effect && effect->kind == WARREN_EFFECT_LOOSE)
		effect = effect->next;
	if (effect)
		note(call, &call->settlement.confirms);
}

/* The store is asked first: what it knows to be done does not take effect again. */
static void prepare(struct warren_delivery *call)
{
	struct warren_settlement *settlement = &call->settlement;
	struct warren_outcome *other = NULL;
	if (!commits(call)) {
		drop_effects(call);
		settlement->stage = WARREN_SETTLEMENT_OUTCOME;
		return;
	}
	warren_outcome_remember(call);
	int rc = warren_store_prepare(call->instance->store, call->entered ? &call->once : NULL,
		settlement->outcome, &call->effects, &other);
	if (rc == WARREN_STORE_DONE) {
		turn_into(call, WARREN_VERDICT_REPEAT, NULL);
		settlement->type = other->type;
		settlement->content_type = other->content_type;
		settlement->body = other->body;
		settlement->outcome = other;
	} else if (rc < 0) {
		turn_into(call, WARREN_VERDICT_RETRY, strerror(-rc));
	} else {
		note_confirms(call);
		settlement->stage = WARREN_SETTLEMENT_EFFECTS;
	}
}

static void send_effect(struct warren_delivery *call)
{
	struct warren_settlement *settlement = &call->settlement;
	struct warren_effect *effect = settlement->next;
	int rc = publish_effect(call, effect);
	if (rc == 0) {
		settlement->next = effect->next;
	} else if (rc == -EAGAIN) {
		note(call, &settlement->full);
	} else {
		log_not_taken(call, "an effect could not be published", rc);
		note(call, &settlement->failed);
	}
}

static void send_outcome(struct warren_delivery *call)
{
	struct warren_outgoing out;
	call->settlement.stage = WARREN_SETTLEMENT_SENT;
	if (!warren_outcome_write(call, &out))
		return;
	int rc = publish(call, &out.message, on_outcome);
	if (rc == 0)
		return;
	log_not_taken(call, "an outcome could not be published", rc);
	note(call, &call->settlement.failed);
}

/* The outcome is sent again after a wait, which doubles up to a minute.  Returns false when it does
 * not wait: the instance closes. */
static bool send_again_later(struct warren_delivery *call)
{
	struct warren_settlement *settlement = &call->settlement;
	uint32_t wait_ms = settlement->wait_ms == 0 ? WAIT_FIRST_MS : 2 * settlement->wait_ms;
	settlement->wait_ms = wait_ms > WAIT_MAX_MS ? WAIT_MAX_MS : wait_ms;
	settlement->failed = false;
	settlement->stage = WARREN_SETTLEMENT_OUTCOME;
	atomic_fetch_add(&call->instance->tally.unsettled, 1);
	warren_log(call->instance->log, WARREN_LOG_ERROR,
		"the broker does not take the outcome: it stays unacknowledged, and is sent again",
		WARREN_TEXT("event", call->ctx.event),
		WARREN_TEXT("message_id", call->ctx.message_id),
		WARREN_INT("wait_ms", settlement->wait_ms));
	return wait_a_while(call, settlement->wait_ms);
}

/* A publish was not taken.  Returns false when it waits. */
static bool fall_back(struct warren_delivery *call)
{
	bool was_effects = call->settlement.stage == WARREN_SETTLEMENT_EFFECTS;
	bool closes = warren_instance_stage(call->instance) == WARREN_STAGE_CLOSING;
	if (call->tag == 0) { /* at most once: it goes no further */
		atomic_fetch_add(&call->instance->tally.dropped, 1);
		turn_into(call, WARREN_VERDICT_DROP, NULL);
	} else if (!closes && (was_effects || commits(call))) {
		turn_into(call, WARREN_VERDICT_RETRY,
			was_effects ? "the broker did not take what it published"
				    : "the broker did not take its reply");
	} else if (!closes && send_again_later(call)) {
		return false;
	} else {
		turn_into(call, WARREN_VERDICT_REQUEUE, NULL);
	}
	return true;
}

enum step {
	STEP_REST,
	STEP_PREPARE,
	STEP_EFFECT,
	STEP_ROOM,
	STEP_OUTCOME,
	STEP_FALL_BACK,
	STEP_FINISH
};

/* The mutex is held.  The caller does the step that this returns; after STEP_REST the broker's
 * word goes on. */
static enum step next_step(struct warren_delivery *call)
{
	struct warren_settlement *settlement = &call->settlement;
	switch (settlement->stage) {
	case WARREN_SETTLEMENT_BEGUN:
		return STEP_PREPARE;
	case WARREN_SETTLEMENT_EFFECTS:
		if (settlement->next && !settlement->failed && !settlement->full)
			return STEP_EFFECT;
		if (settlement->under_way > 0)
			return STEP_REST;
		if (settlement->failed || settlement->early_failed)
			return STEP_FALL_BACK;
		return settlement->next ? STEP_ROOM : STEP_OUTCOME;
	case WARREN_SETTLEMENT_OUTCOME:
		return STEP_OUTCOME;
	case WARREN_SETTLEMENT_SENT:
		if (settlement->under_way > 0)
			return STEP_REST;
		return settlement->failed ? STEP_FALL_BACK : STEP_FINISH;
	case WARREN_SETTLEMENT_NOT_BEGUN:
		break;
	}
	assert(false);
	return STEP_REST;
}

static void run(struct warren_delivery *call)
{
	struct warren_instance *instance = call->instance;
	for (bool goes_on = true; goes_on;) {
		pthread_mutex_lock(&instance->mutex);
		enum step step = next_step(call);
		if (step == STEP_REST)
			call->settlement.stepping = false;
		pthread_mutex_unlock(&instance->mutex);
		switch (step) {
		case STEP_REST:
			return;
		case STEP_PREPARE:
			prepare(call);
			break;
		case STEP_EFFECT:
			send_effect(call);
			break;
		case STEP_ROOM:
			call->settlement.full = false;
			goes_on = !wait_a_while(call, ROOM_WAIT_MS);
			if (goes_on)
				call->settlement.failed = true; /* the instance closes */
			break;
		case STEP_OUTCOME:
			send_outcome(call);
			break;
		case STEP_FALL_BACK:
			goes_on = fall_back(call);
			break;
		case STEP_FINISH:
			warren_call_finish(call);
			return;
		}
	}
}

bool warren_settle_end_wait(struct warren_delivery *call)
{
	return warren_timer_cancel(call->instance->timers, call->settlement.timer);
}

void warren_settle_give_back(struct warren_delivery *call)
{
	if (call->settlement.verdict == WARREN_VERDICT_NONE) {
		warren_settle_requeue(call);
		return;
	}
	turn_into(call, WARREN_VERDICT_REQUEUE, NULL);
	run(call);
}
