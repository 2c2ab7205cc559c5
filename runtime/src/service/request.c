#include "service/request.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "service/context.h"
#include "service/publish.h"
#include "service/trust.h"
#include "service/wire.h"

#define CORRELATION_CHARS 22 /* 132 random bits */
#define UNTAKEN "nobody can take this now; try again later"

struct pending {
	atomic_uint references;
	struct warren_instance *instance;
	struct warren_arena *arena; /* it lies in it */
	bool lends;                 /* the arena is the caller's until it has begun */
	struct warren_ctx *ctx;
	const struct warren_event *event;
	char id[CORRELATION_CHARS + 1], key[WARREN_ROUTING_KEY_SIZE];
	uint64_t timer;
	struct warren_task task;           /* which carries its end to a worker */
	struct warren_loop_task loop_task; /* or to the loop */

	/* A request's, or a confirmed publish's. */
	warren_invoke_fn invoke;
	warren_any_fn fn;
	warren_on_published on_published;
	void *data;

	/* How it ended; only who took it out of the table, and then the callback, look here. */
	struct warren_error error; /* WARREN_OK: not with an error of ours */
	const struct warren_broker_message *reply;
};

struct warren_map *warren_requests_open(void)
{
	return warren_map_open_within(offsetof(struct pending, id));
}

/* ---- its life ---- */

static void unref(struct pending *pending)
{
	if (atomic_fetch_sub(&pending->references, 1) > 1)
		return;
	struct warren_instance *instance = pending->instance;
	if (!pending->lends)
		warren_arena_close(pending->arena);
	warren_instance_unref(instance);
}

static struct pending *make_pending(
	struct warren_ctx *ctx, struct warren_arena *arena, const struct warren_event *event)
{
	struct pending *pending = warren_arena_alloc(arena, sizeof *pending);
	if (!pending)
		return NULL;
	atomic_init(&pending->references, 1);
	pending->instance = warren_instance_ref(ctx->instance);
	pending->arena = arena;
	pending->ctx = ctx;
	pending->event = event;
	warren_random_text(pending->id, CORRELATION_CHARS);
	return pending;
}

/* In an arena of its own, with a copy of the context. */
static struct pending *open_pending(struct warren_ctx *ctx, const struct warren_event *event)
{
	struct warren_arena *arena = warren_instance_arena(ctx->instance, 0);
	struct warren_ctx *copy = arena ? warren_ctx_copy(ctx, arena) : NULL;
	struct pending *pending = copy ? make_pending(copy, arena, event) : NULL;
	if (!pending)
		warren_arena_close(arena);
	return pending;
}

/* In the context's arena, which it takes over once it has begun. */
static struct pending *open_pending_within(struct warren_ctx *ctx, const struct warren_event *event)
{
	struct pending *pending = make_pending(ctx, ctx->arena, event);
	if (pending)
		pending->lends = true;
	return pending;
}

/* ---- its end ---- */

static void call_back(void *worker, void *data)
{
	(void)worker;
	struct pending *pending = data;
	const struct warren_message_type *type = pending->event->reply;
	struct warren_error *error = &pending->error;
	void *reply = NULL;
	if (error->code == WARREN_OK && pending->reply) {
		struct warren_bytes body = {
			.data = pending->reply->body, .len = pending->reply->body_len};
		if (strcmp(pending->reply->type, WARREN_WIRE_ERROR) == 0)
			warren_wire_error_read(body, pending->arena, error);
		else if (warren_wire_unpack(type, pending->reply, pending->arena, &reply, error) <
			 0)
			warren_error_set(error, WARREN_INTERNAL, NULL,
				"the answer to %s cannot be read", pending->event->name);
	}
	bool failed = error->code != WARREN_OK;
	if (pending->invoke)
		pending->invoke(pending->ctx, failed ? NULL : reply, failed ? error : NULL,
			pending->fn, pending->data);
	else
		pending->on_published(pending->ctx, failed ? error : NULL, pending->data);
	unref(pending);
}

/* Takes it out of the table.  Returns NULL when somebody else did; else the caller gives it its
 * end. */
static struct pending *take(struct warren_instance *instance, const char *id)
{
	pthread_mutex_lock(&instance->mutex);
	struct pending *pending = warren_map_remove(instance->pending, id);
	if (pending)
		instance->ending++;
	pthread_mutex_unlock(&instance->mutex);
	if (pending && warren_timer_cancel(instance->timers, pending->timer))
		unref(pending);
	return pending;
}

static void ended(struct warren_instance *instance)
{
	pthread_mutex_lock(&instance->mutex);
	instance->ending--;
	pthread_cond_broadcast(&instance->quiet);
	pthread_mutex_unlock(&instance->mutex);
}

static void call_back_on_loop(void *data)
{
	struct pending *pending = data;
	struct warren_instance *instance = warren_instance_ref(pending->instance);
	call_back(instance->loop_state, pending);
	ended(instance);
	warren_instance_unref(instance);
}

/* Says whether end() calls back before it returns. */
static bool ends_here(const struct pending *pending)
{
	return pending->ctx->lane == WARREN_LANE_LOOP &&
	       warren_loop_is_current(pending->instance->loop);
}

/* The callback gets the table's reference. */
static void end(struct pending *pending)
{
	struct warren_instance *instance = pending->instance;
	if (ends_here(pending)) {
		call_back_on_loop(pending);
		return;
	}
	if (pending->ctx->lane == WARREN_LANE_LOOP) {
		pending->loop_task =
			(struct warren_loop_task){.fn = call_back_on_loop, .data = pending};
		warren_loop_post(instance->loop, &pending->loop_task);
		return;
	}
	pending->task = (struct warren_task){.fn = call_back, .data = pending};
	int rc = warren_workers_give(instance->workers, pending->ctx->lane, &pending->task, false);
	assert(rc == 0); /* the workers end after all that is pending */
	(void)rc;
	ended(instance);
}

static void end_with(struct pending *pending, enum warren_code code, const char *text)
{
	warren_error_set(&pending->error, code, NULL, "%s", text);
	end(pending);
}

static void on_deadline(void *data)
{
	struct pending *pending = data;
	if (take(pending->instance, pending->id))
		end_with(pending, WARREN_TIMEOUT, "no answer came in time");
	unref(pending);
}

/*
 * The broker's word on a request or a confirmed publish.  Refused, returned and unsent: nobody has
 * it, and it is safe to try again.  Lost: it may have arrived.
 */
static bool is_untaken(const struct pending *pending, enum warren_broker_outcome outcome)
{
	bool has_consumer = pending->event->queue_count > 0;
	if (outcome == WARREN_BROKER_RETURNED && has_consumer)
		warren_instance_heal(pending->instance, pending->event->name);
	return outcome == WARREN_BROKER_REFUSED || outcome == WARREN_BROKER_UNSENT ||
	       (outcome == WARREN_BROKER_RETURNED && (has_consumer || pending->invoke));
}

static void on_request_settled(enum warren_broker_outcome outcome, void *data)
{
	struct pending *pending = data;
	/* Lost may have arrived: then its answer comes, or the deadline. */
	if (is_untaken(pending, outcome) && take(pending->instance, pending->id))
		end_with(pending, WARREN_UNAVAILABLE, UNTAKEN);
	unref(pending);
}

static void on_publish_settled(enum warren_broker_outcome outcome, void *data)
{
	struct pending *pending = data;
	bool untaken = is_untaken(pending, outcome);
	if (take(pending->instance, pending->id)) {
		if (untaken)
			end_with(pending, WARREN_UNAVAILABLE,
				"this cannot be taken now; try again later");
		else if (outcome == WARREN_BROKER_LOST)
			end_with(pending, WARREN_TIMEOUT,
				"the broker did not say whether it took this");
		else
			end(pending);
	}
	unref(pending);
}

void warren_request_returned(const struct warren_broker_message *message, void *data)
{
	struct warren_instance *instance = data;
	/* A reply carries the id of its request, too, but asks for none. */
	if (!instance->queue || strcmp(message->reply_to, instance->queue) != 0)
		return;
	struct pending *pending = take(instance, message->correlation_id);
	if (!pending)
		return; /* its end came first */
	is_untaken(pending, WARREN_BROKER_RETURNED);
	end_with(pending, WARREN_UNAVAILABLE, UNTAKEN);
}

/* Returns the event that the request of that id asked with; NULL for no such request. */
static const struct warren_event *asked_with(struct warren_instance *instance, const char *id)
{
	pthread_mutex_lock(&instance->mutex);
	const struct pending *pending = warren_map_get(instance->pending, id);
	const struct warren_event *event = pending ? pending->event : NULL;
	pthread_mutex_unlock(&instance->mutex);
	return event;
}

bool warren_request_answer(
	struct warren_instance *instance, const struct warren_broker_message *message)
{
	const struct warren_event *event = asked_with(instance, message->correlation_id);
	/* The request goes on waiting for the true one. */
	if (event && warren_trust_reply(instance, event, message) != WARREN_TRUST_GOOD) {
		warren_trust_tell(instance, message, "dropped");
		return true;
	}
	/* It is a request: the id of a publish never leaves this process. */
	struct pending *pending = take(instance, message->correlation_id);
	if (!pending)
		return false;
	struct warren_broker_message *copy = NULL;
	if (ends_here(pending)) /* before the delivery does */
		pending->reply = message;
	else if (warren_wire_copy(message, pending->arena, &copy) == 0)
		pending->reply = copy;
	if (pending->reply)
		end(pending);
	else
		end_with(pending, WARREN_INTERNAL, "the answer is larger than this service takes");
	return true;
}

void warren_requests_end(struct warren_instance *instance)
{
	char id[CORRELATION_CHARS + 1];
	bool more;
	do {
		size_t cursor = 0;
		const char *key;
		void *value;
		pthread_mutex_lock(&instance->mutex);
		more = warren_map_next(instance->pending, &cursor, &key, &value);
		if (more)
			memcpy(id, key, sizeof id);
		pthread_mutex_unlock(&instance->mutex);
		struct pending *pending = more ? take(instance, id) : NULL;
		if (pending)
			end_with(
				pending, WARREN_UNAVAILABLE, "this service is stopping; try again");
	} while (more);

	pthread_mutex_lock(&instance->mutex);
	while (instance->ending > 0)
		pthread_cond_wait(&instance->quiet, &instance->mutex);
	pthread_mutex_unlock(&instance->mutex);
}

/* ---- its beginning ---- */

/* Under the mutex, so that the timer cannot fire before it stands in the table. */
static int add(struct pending *pending, int64_t timeout_ms)
{
	struct warren_instance *instance = pending->instance;
	int64_t at_ms = warren_clock_now_ms(instance->clock) + timeout_ms;
	int rc = 0;
	pthread_mutex_lock(&instance->mutex);
	if (instance->stage == WARREN_STAGE_CLOSING)
		rc = -ESHUTDOWN;
	else if (warren_map_count(instance->pending) >= instance->options.max_pending)
		rc = -EAGAIN;
	if (rc == 0)
		rc = warren_map_add(instance->pending, pending->id, pending);
	if (rc == 0) {
		atomic_fetch_add(&pending->references, 2);
		rc = warren_timer_start(
			instance->timers, at_ms, on_deadline, pending, &pending->timer);
		if (rc < 0) {
			atomic_fetch_sub(&pending->references, 2);
			warren_map_remove(instance->pending, pending->id);
		}
	}
	pthread_mutex_unlock(&instance->mutex);
	return rc;
}

static int64_t remaining_ms(const struct warren_ctx *ctx, int64_t timeout_ms)
{
	if (ctx->deadline_ms == 0)
		return timeout_ms;
	int64_t left_ms = ctx->deadline_ms - warren_clock_wall_ms(ctx->instance->clock);
	return left_ms < timeout_ms ? left_ms : timeout_ms;
}

/* How a request or a confirmed publish is sent. */
struct sending {
	struct warren_mark once;
	int64_t timeout_ms;
	bool now_or_never; /* as in broker.h */
	bool is_awaited;   /* somebody waits for the broker's word, whatever the guarantee */
};

static int write_message(const struct warren_ctx *ctx, struct pending *pending,
	struct warren_bytes body, const struct sending *sending, struct warren_outgoing *out,
	struct warren_effect_id *id)
{
	struct warren_instance *instance = pending->instance;
	const struct warren_event *event = pending->event;
	warren_wire_event(out, pending->ctx, event, body);
	out->message.routing_key = warren_publish_key(pending->key, event);
	int rc = warren_publish_identify(ctx, out, true, id);
	if (rc < 0)
		return rc;
	warren_wire_text(out, WARREN_HEADER_ONCE, sending->once.digest);
	warren_wire_text(out, WARREN_HEADER_ONCE_BEFORE, sending->once.before);
	out->message.persistent = event->guarantee == WARREN_AT_LEAST_ONCE;
	out->message.unconfirmed = !out->message.persistent && !sending->is_awaited;
	out->message.mandatory =
		pending->invoke || (event->queue_count > 0 && !out->message.unconfirmed);
	out->message.now_or_never = sending->now_or_never;
	if (pending->invoke) {
		int64_t deadline_ms = warren_clock_wall_ms(instance->clock) + sending->timeout_ms;
		out->message.correlation_id = pending->id;
		out->message.reply_to = instance->queue;
		out->message.expires_ms = deadline_ms;
		warren_wire_number(out, WARREN_HEADER_DEADLINE, deadline_ms);
	}
	return 0;
}

/* Takes over the first reference of `pending`. */
static int start(const struct warren_ctx *ctx, struct pending *pending, struct warren_bytes body,
	const struct sending *sending)
{
	struct warren_instance *instance = pending->instance;
	struct warren_outgoing out;
	struct warren_effect_id id;
	bool lent = pending->lends;
	int rc = write_message(ctx, pending, body, sending, &out, &id);
	if (rc == 0) {
		pending->lends = false; /* once it is added others may end it */
		rc = add(pending, sending->timeout_ms);
		if (rc < 0)
			pending->lends = lent;
	}
	if (rc == 0) {
		rc = warren_broker_publish(instance->broker, &out.message,
			pending->invoke ? on_request_settled : on_publish_settled, pending);
		if (rc == 0)
			return 0;
		if (take(instance, pending->id)) {
			pending->lends = lent;
			ended(instance);
			unref(pending);
		} else {
			rc = 0; /* its deadline was first, and is being told */
		}
	}
	unref(pending);
	return rc;
}

static int pack_and_start(struct warren_ctx *ctx, struct pending *pending, const void *message,
	struct sending sending)
{
	struct warren_bytes body;
	int rc = warren_publish_pack(ctx, pending->event, message, pending->arena, &body);
	if (rc < 0) {
		unref(pending);
		return rc;
	}
	sending.timeout_ms = remaining_ms(ctx, sending.timeout_ms);
	return start(ctx, pending, body, &sending);
}

static int request(struct warren_ctx *ctx, struct pending *pending, const void *message,
	struct sending sending, warren_invoke_fn invoke, warren_any_fn fn, void *data)
{
	if (!pending)
		return -ENOMEM;
	pending->invoke = invoke;
	pending->fn = fn;
	pending->data = data;
	sending.timeout_ms = pending->event->reply_timeout_ms;
	return pack_and_start(ctx, pending, message, sending);
}

static bool can_ask(const struct warren_ctx *ctx, const struct warren_event *event)
{
	return event->reply && ctx->instance->queue;
}

int warren_request(struct warren_ctx *ctx, const struct warren_event *event, const void *message,
	warren_invoke_fn invoke, warren_any_fn fn, void *data)
{
	if (!can_ask(ctx, event))
		return -EINVAL;
	return request(
		ctx, open_pending(ctx, event), message, (struct sending){0}, invoke, fn, data);
}

int warren_request_once(struct warren_ctx *ctx, const struct warren_event *event,
	const void *message, struct warren_mark once, warren_invoke_fn invoke, warren_any_fn fn,
	void *data)
{
	const struct sending sending = {.once = once, .now_or_never = true};
	if (!can_ask(ctx, event))
		return -EINVAL;
	return request(ctx, open_pending_within(ctx, event), message, sending, invoke, fn, data);
}

static int publish_told(struct warren_ctx *ctx, const struct warren_event *event,
	const void *message, struct sending sending, warren_on_published fn, void *data)
{
	struct pending *pending = open_pending_within(ctx, event);
	if (!pending)
		return -ENOMEM;
	sending.timeout_ms = WARREN_CONFIRM_TIMEOUT_MS;
	sending.now_or_never = true;
	pending->on_published = fn;
	pending->data = data;
	return pack_and_start(ctx, pending, message, sending);
}

int warren_publish_confirmed(struct warren_ctx *ctx, const struct warren_event *event,
	const void *message, struct warren_mark once, warren_on_published fn, void *data)
{
	const struct sending sending = {.once = once, .is_awaited = true};
	return publish_told(ctx, event, message, sending, fn, data);
}

int warren_publish_told(struct warren_ctx *ctx, const struct warren_event *event,
	const void *message, struct warren_mark once, warren_on_published fn, void *data)
{
	return publish_told(ctx, event, message, (struct sending){.once = once}, fn, data);
}
