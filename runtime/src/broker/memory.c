/*
 * The in-process broker: its turns on the loop, and what callers ask of it.
 *
 * One lock guards everything.  Callers only append to `calls` or `publishes` and wake the loop; its
 * thread alone carries out, and gives the lock up for each callback.  A turn is all calls, some
 * publishes, some deliveries: publishers cannot keep those waiting that settle and consume.
 * `asleep` is set when a turn has found nothing to do, and cleared under the lock by each call that
 * leaves something: that is what makes warren_broker_memory_idle exact.
 */
#include "broker/memory.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "broker/memory_state.h"

#define ACCOUNT_DEFAULT "memory"
#define MAX_QUEUED_DEFAULT 10000
#define MAX_QUEUED_BYTES_DEFAULT ((size_t)64 << 20)
#define STORED_BYTES_MAX ((size_t)256 << 20)
#define PUBLISHES_A_TURN 64
#define DELIVERIES_A_TURN 64
#define LONG_AGO_MS 0

struct warren_memory *warren_memory_of(struct warren_broker *broker)
{
	assert(broker->ops == &warren_broker_memory);
	return (struct warren_memory *)broker;
}

void warren_memory_wake(struct warren_memory *memory)
{
	if (!memory->asleep)
		return;
	memory->asleep = false;
	warren_loop_wake(memory->broker.loop);
}

void warren_memory_ask(struct warren_memory *memory, struct warren_memory_op *op)
{
	STAILQ_INSERT_TAIL(&memory->calls, op, link);
	warren_memory_wake(memory);
}

/* Returns until when (wall time) it waits for what it is published to. */
static int64_t publish_waits_until_ms(
	struct warren_memory *memory, const struct warren_memory_publish *publish)
{
	if (publish->now_or_never && memory->state != WARREN_BROKER_UP)
		return LONG_AGO_MS;
	return publish->expires_ms ? publish->expires_ms : WARREN_CLOCK_NEVER;
}

static void publishes_due_by(struct warren_memory *memory, int64_t until_ms)
{
	if (until_ms < memory->publishes_due_wall_ms)
		memory->publishes_due_wall_ms = until_ms;
}

static void publish_ask(struct warren_memory *memory, struct warren_memory_publish *publish)
{
	STAILQ_INSERT_TAIL(&memory->publishes, &publish->op, link);
	publishes_due_by(memory, publish_waits_until_ms(memory, publish));
	warren_memory_wake(memory);
}

/* ---- on the thread, the lock held except in callbacks ---- */

static void tell_state(
	struct warren_memory *memory, enum warren_broker_state state, const char *reason)
{
	memory->state = state;
	publishes_due_by(memory, LONG_AGO_MS); /* some may not wait in that state: look */
	if (!memory->on_state)
		return;
	pthread_mutex_unlock(&memory->lock);
	memory->on_state(state, reason, memory->data);
	pthread_mutex_lock(&memory->lock);
}

static void tell_up(struct warren_memory *memory)
{
	if (memory->block)
		tell_state(memory, WARREN_BROKER_BLOCKED, "blocked by a test");
	else
		tell_state(memory, WARREN_BROKER_UP, warren_memory_pending_first(&memory->pending));
}

static void count_outcome(
	struct warren_broker_counters *counters, enum warren_broker_outcome outcome)
{
	switch (outcome) {
	case WARREN_BROKER_CONFIRMED:
		counters->confirmed++;
		break;
	case WARREN_BROKER_SENT:
		counters->sent++;
		break;
	case WARREN_BROKER_RETURNED:
		counters->returned++;
		break;
	case WARREN_BROKER_REFUSED:
		counters->refused++;
		break;
	case WARREN_BROKER_UNSENT:
		counters->unsent++;
		break;
	case WARREN_BROKER_LOST:
		counters->lost++;
		break;
	}
}

static void tell_returned(struct warren_memory *memory, const struct warren_memory_message *message)
{
	memory->counters.returned++;
	pthread_mutex_unlock(&memory->lock);
	warren_broker_tell_returned(&memory->broker, &message->view);
	pthread_mutex_lock(&memory->lock);
}

static void publish_settle(struct warren_memory *memory, struct warren_memory_publish *publish,
	enum warren_broker_outcome outcome)
{
	bool returned = publish->unconfirmed && outcome == WARREN_BROKER_RETURNED;

	if (returned || (publish->unconfirmed && outcome == WARREN_BROKER_CONFIRMED))
		outcome = WARREN_BROKER_SENT;
	if (!publish->reserved) {
		memory->queued--;
		memory->queued_bytes -= publish->message->bytes;
	}
	count_outcome(&memory->counters, outcome);
	if (publish->on_settled) {
		pthread_mutex_unlock(&memory->lock);
		publish->on_settled(outcome, publish->data);
		pthread_mutex_lock(&memory->lock);
	}
	if (returned)
		tell_returned(memory, publish->message);
	warren_memory_publish_free(publish);
}

static bool publish_expired(
	struct warren_memory *memory, const struct warren_memory_publish *publish)
{
	return publish_waits_until_ms(memory, publish) <= warren_clock_wall_ms(memory->clock);
}

static enum warren_broker_outcome vhost_publish(
	struct warren_memory *memory, const struct warren_memory_publish *publish)
{
	const char *exchange = publish->message->view.exchange;
	int64_t now_ms = warren_clock_now_ms(memory->clock);

	if (!warren_memory_vhost_has_exchange(&memory->vhost, exchange) &&
		warren_memory_pending_was_declared(&memory->pending, exchange))
		warren_memory_pending_declare_again(&memory->pending, &memory->vhost, now_ms);
	bool is_full = warren_memory_vhost_is_full(&memory->vhost, publish->message);
	enum warren_broker_outcome outcome = warren_memory_vhost_publish(
		&memory->vhost, publish->message, publish->mandatory, now_ms);
	/* Nobody asks whether it was taken, but room in this process is no secret. */
	return publish->unconfirmed && outcome == WARREN_BROKER_REFUSED && !is_full
		       ? WARREN_BROKER_SENT
		       : outcome;
}

/* A test may have said how it ends; what is LOST may have arrived, and here it does. */
static enum warren_broker_outcome publish_route(
	struct warren_memory *memory, struct warren_memory_publish *publish)
{
	enum warren_broker_outcome outcome = WARREN_BROKER_CONFIRMED;
	bool is_told = memory->fault_skip == 0 && memory->fault_count > 0;

	memory->fault_count -= is_told;
	memory->fault_skip -= memory->fault_skip > 0;
	if (!is_told || memory->fault == WARREN_BROKER_LOST)
		outcome = vhost_publish(memory, publish);
	return is_told ? memory->fault : outcome;
}

static void publish_run(struct warren_memory *memory, struct warren_memory_publish *publish)
{
	enum warren_broker_outcome outcome = WARREN_BROKER_UNSENT;

	if (memory->state == WARREN_BROKER_UP && !publish_expired(memory, publish))
		outcome = publish_route(memory, publish);
	publish_settle(memory, publish, outcome);
}

/* Carries out some of what was published; when it closes and is not UP they stay unsent. */
static bool publishes_run(struct warren_memory *memory)
{
	struct warren_memory_op *op;
	int count = 0;

	/* A call that came during a callback came before the publish behind it. */
	while (count < PUBLISHES_A_TURN && STAILQ_EMPTY(&memory->calls) &&
		(memory->state == WARREN_BROKER_UP || memory->closing) &&
		(op = STAILQ_FIRST(&memory->publishes))) {
		STAILQ_REMOVE_HEAD(&memory->publishes, link);
		publish_run(memory, (struct warren_memory_publish *)op);
		count++;
	}
	if (STAILQ_EMPTY(&memory->publishes))
		memory->publishes_due_wall_ms = WARREN_CLOCK_NEVER;
	return count > 0;
}

/* While it is not UP: settles what does not wait any longer. */
static void publishes_expire(struct warren_memory *memory)
{
	struct warren_memory_ops before = STAILQ_HEAD_INITIALIZER(before);
	struct warren_memory_ops kept = STAILQ_HEAD_INITIALIZER(kept);
	struct warren_memory_op *op;

	STAILQ_CONCAT(&before, &memory->publishes);
	memory->publishes_due_wall_ms = WARREN_CLOCK_NEVER;
	while ((op = STAILQ_FIRST(&before))) {
		struct warren_memory_publish *publish = (struct warren_memory_publish *)op;
		STAILQ_REMOVE_HEAD(&before, link);
		if (publish_expired(memory, publish)) {
			publish_settle(memory, publish, WARREN_BROKER_UNSENT);
			continue;
		}
		STAILQ_INSERT_TAIL(&kept, op, link);
		publishes_due_by(memory, publish_waits_until_ms(memory, publish));
	}
	STAILQ_CONCAT(&kept, &memory->publishes); /* what came during the callbacks */
	STAILQ_CONCAT(&memory->publishes, &kept);
}

/* Where there is no memory for more, it stays as it is. */
static void widen_run(struct warren_memory *memory, struct warren_memory_widen *widen)
{
	if (warren_memory_vhost_widen_id(&memory->vhost, widen->id, widen->more) == -ENOENT)
		(void)!warren_memory_pending_widen(
			&memory->pending, &memory->vhost, widen->id, widen->more);
	free(widen);
}

static void cancel_run(struct warren_memory *memory, struct warren_memory_cancel *cancel)
{
	warren_memory_vhost_detach(&memory->vhost, cancel->id, warren_clock_now_ms(memory->clock));
	warren_memory_pending_cancel(&memory->pending, &memory->vhost, cancel->id);
	cancel->done = true;
	pthread_cond_broadcast(&memory->answered);
}

/* Its consumers wait for the queue, which is declared again. */
static void delete_queue(struct warren_memory *memory, const char *name)
{
	struct warren_memory_consumers consumers;
	struct warren_memory_consumer *consumer;

	warren_memory_vhost_delete_queue(&memory->vhost, name, &consumers);
	if (TAILQ_EMPTY(&consumers))
		return;
	while ((consumer = TAILQ_FIRST(&consumers))) {
		TAILQ_REMOVE(&consumers, consumer, link);
		warren_memory_pending_consume_again(&memory->pending, name, consumer);
	}
	warren_memory_pending_declare_again(
		&memory->pending, &memory->vhost, warren_clock_now_ms(memory->clock));
}

static void delete_run(struct warren_memory *memory, struct warren_memory_delete *delete)
{
	if (delete->exchange && delete->queue)
		warren_memory_vhost_unbind(
			&memory->vhost, delete->exchange, delete->routing_key, delete->queue);
	else if (delete->exchange)
		warren_memory_vhost_delete_exchange(&memory->vhost, delete->exchange);
	else
		delete_queue(memory, delete->queue);
	delete->done = true;
	pthread_cond_broadcast(&memory->answered);
}

static void settle_run(struct warren_memory *memory, struct warren_memory_op *op)
{
	bool requeue = op->kind == WARREN_MEMORY_REQUEUE;

	*(requeue ? &memory->counters.requeued : &memory->counters.acked) += 1;
	warren_memory_vhost_settle(&memory->vhost, (struct warren_memory_entry *)op, requeue,
		warren_clock_now_ms(memory->clock));
}

/* Only this thread frees entries, queues and consumers: all of them outlive the callback. */
static void deliver(struct warren_memory *memory, struct warren_memory_entry *entry,
	warren_broker_on_delivery on_delivery, void *data)
{
	const struct warren_broker_delivery delivery = {
		.tag = entry->tag,
		.queue = entry->queue->args.name,
		.redelivered = entry->redelivered,
		.is_counted = entry->queue->args.kind == WARREN_QUEUE_QUORUM,
		.delivery_count = entry->delivery_count,
		.message = entry->message->view,
	};
	memory->counters.delivered++;
	pthread_mutex_unlock(&memory->lock);
	on_delivery(&delivery, data);
	pthread_mutex_lock(&memory->lock);
	if (!delivery.tag)
		warren_memory_entry_free(entry, &memory->vhost.stored_bytes);
}

static void get_run(struct warren_memory *memory, struct warren_memory_get *get)
{
	struct warren_memory_entry *entry = NULL;

	if (memory->state != WARREN_BROKER_DOWN && !memory->closing)
		entry = warren_memory_vhost_get(
			&memory->vhost, get->queue, warren_clock_now_ms(memory->clock));
	if (entry) {
		deliver(memory, entry, get->on_delivery, get->data);
	} else {
		pthread_mutex_unlock(&memory->lock);
		get->on_delivery(NULL, get->data);
		pthread_mutex_lock(&memory->lock);
	}
	free(get);
}

static void call_run(struct warren_memory *memory, struct warren_memory_op *op)
{
	switch (op->kind) {
	case WARREN_MEMORY_DECLARE:
	case WARREN_MEMORY_CONSUME:
		warren_memory_pending_run(
			&memory->pending, &memory->vhost, op, warren_clock_now_ms(memory->clock));
		break;
	case WARREN_MEMORY_WIDEN:
		widen_run(memory, (struct warren_memory_widen *)op);
		break;
	case WARREN_MEMORY_CANCEL:
		cancel_run(memory, (struct warren_memory_cancel *)op);
		break;
	case WARREN_MEMORY_DELETE:
		delete_run(memory, (struct warren_memory_delete *)op);
		break;
	case WARREN_MEMORY_GET:
		get_run(memory, (struct warren_memory_get *)op);
		break;
	case WARREN_MEMORY_ACK:
	case WARREN_MEMORY_REQUEUE:
		settle_run(memory, op);
		break;
	case WARREN_MEMORY_PUBLISH:
		assert(!"a publish among the calls");
		break;
	}
}

/* Carries out what was asked by now; what comes meanwhile waits for the next turn. */
static bool calls_run(struct warren_memory *memory)
{
	struct warren_memory_ops batch = STAILQ_HEAD_INITIALIZER(batch);
	struct warren_memory_op *op;
	bool any = !STAILQ_EMPTY(&memory->calls);

	STAILQ_CONCAT(&batch, &memory->calls);
	while ((op = STAILQ_FIRST(&batch))) {
		STAILQ_REMOVE_HEAD(&batch, link);
		call_run(memory, op);
	}
	return any;
}

static bool deliver_one(struct warren_memory *memory)
{
	struct warren_memory_consumer *consumer;
	struct warren_memory_entry *entry = warren_memory_vhost_next(
		&memory->vhost, warren_clock_now_ms(memory->clock), &consumer);

	if (!entry)
		return false;
	deliver(memory, entry, consumer->on_delivery, consumer->data);
	return true;
}

static bool deliver_some(struct warren_memory *memory)
{
	int count = 0;

	while (count < DELIVERIES_A_TURN && !memory->closing &&
		memory->state != WARREN_BROKER_DOWN && deliver_one(memory))
		count++;
	return count > 0;
}

/* What time brings: messages and queues that expire, another try, publishes that waited too long.
 */
static bool time_run(struct warren_memory *memory)
{
	bool busy = false;

	if (warren_memory_vhost_tick(&memory->vhost, warren_clock_now_ms(memory->clock)))
		busy = memory->pending.again = true;
	if (memory->state != WARREN_BROKER_DOWN &&
		(memory->pending.changed ||
			memory->block != (memory->state == WARREN_BROKER_BLOCKED))) {
		memory->pending.changed = false;
		tell_up(memory);
		busy = true;
	}
	if (memory->state == WARREN_BROKER_UP)
		return busy;
	if (memory->publishes_due_wall_ms <= warren_clock_wall_ms(memory->clock)) {
		publishes_expire(memory);
		busy = true;
	}
	return busy;
}

/* Returns the monotonic time at which there is something to do unasked. */
static int64_t due_ms(struct warren_memory *memory)
{
	int64_t at_ms = memory->publishes_due_wall_ms;

	if (at_ms != WARREN_CLOCK_NEVER)
		at_ms += warren_clock_now_ms(memory->clock) - warren_clock_wall_ms(memory->clock);
	return at_ms < memory->vhost.due_ms ? at_ms : memory->vhost.due_ms;
}

/* Returns whether there was anything to do. */
static bool turn(struct warren_memory *memory)
{
	bool busy = calls_run(memory);

	while (memory->pending.again) {
		warren_memory_pending_retry(
			&memory->pending, &memory->vhost, warren_clock_now_ms(memory->clock));
		busy = true;
	}
	busy |= publishes_run(memory);
	busy |= time_run(memory);
	busy |= deliver_some(memory);
	return busy;
}

static int64_t take_turn(void *data)
{
	struct warren_memory *memory = data;

	pthread_mutex_lock(&memory->lock);
	memory->asleep = false;
	if (!memory->begun) {
		memory->begun = true;
		tell_state(memory, WARREN_BROKER_UP, "");
	}
	bool busy = turn(memory);
	/* A turn that did nothing kept the lock: nothing was asked since it looked. */
	memory->asleep = !busy;
	if (!busy && memory->closing) {
		memory->ended = true;
		pthread_cond_broadcast(&memory->answered);
	}
	int64_t next_ms = busy ? LONG_AGO_MS : due_ms(memory);
	pthread_mutex_unlock(&memory->lock);
	return next_ms;
}

/* ---- life ---- */

static void memory_free(struct warren_memory *memory)
{
	warren_memory_pending_free(&memory->pending);
	warren_memory_vhost_close(&memory->vhost);
	pthread_cond_destroy(&memory->answered);
	pthread_mutex_destroy(&memory->lock);
	warren_broker_watches_free(&memory->broker);
	free(memory);
}

static int memory_open(const struct warren_broker_options *options, struct warren_broker **ret,
	struct warren_error *error)
{
	struct warren_memory *memory = calloc(1, sizeof *memory);
	size_t max_bytes = options->max_queued_bytes;
	const char *account = options->account ? options->account : ACCOUNT_DEFAULT;

	(void)error; /* the URL says no more than that */
	if (!memory || warren_memory_vhost_open(&memory->vhost, STORED_BYTES_MAX) < 0) {
		free(memory);
		return -ENOMEM;
	}
	memory->broker.ops = &warren_broker_memory;
	memory->broker.account = strcpy(memory->account, account);
	memory->broker.loop = options->loop;
	memory->log = options->log;
	memory->clock = options->clock;
	memory->on_state = options->on_state;
	memory->data = options->data;
	memory->max_queued = options->max_queued ? options->max_queued : MAX_QUEUED_DEFAULT;
	memory->max_queued_bytes = max_bytes ? max_bytes : MAX_QUEUED_BYTES_DEFAULT;
	memory->publishes_due_wall_ms = WARREN_CLOCK_NEVER;
	memory->state = WARREN_BROKER_DOWN;
	STAILQ_INIT(&memory->calls);
	warren_memory_pending_init(&memory->pending, options->log);
	STAILQ_INIT(&memory->publishes);
	warren_broker_watches_init(&memory->broker);
	pthread_mutex_init(&memory->lock, NULL);
	pthread_cond_init(&memory->answered, NULL);
	memory->part = (struct warren_loop_part){.turn = take_turn, .data = memory};
	warren_loop_add(options->loop, &memory->part);
	*ret = &memory->broker;
	return 0;
}

/* Nothing has to be waited for: what is queued is carried out at once, or is lost because it is
 * DOWN. */
static void memory_close(struct warren_broker *broker, uint32_t drain_ms)
{
	struct warren_memory *memory = warren_memory_of(broker);

	(void)drain_ms;
	assert(!warren_loop_is_current(memory->broker.loop));
	pthread_mutex_lock(&memory->lock);
	memory->closing = true;
	warren_memory_wake(memory);
	while (!memory->ended)
		pthread_cond_wait(&memory->answered, &memory->lock);
	pthread_mutex_unlock(&memory->lock);
	warren_loop_remove(memory->broker.loop, &memory->part);
	memory_free(memory);
}

/* ---- calls ---- */

static enum warren_broker_state memory_state(struct warren_broker *broker)
{
	struct warren_memory *memory = warren_memory_of(broker);

	pthread_mutex_lock(&memory->lock);
	enum warren_broker_state state = memory->state;
	pthread_mutex_unlock(&memory->lock);
	return state;
}

static int memory_declare(
	struct warren_broker *broker, const struct warren_broker_topology *topology)
{
	struct warren_memory *memory = warren_memory_of(broker);
	struct warren_memory_ops items = STAILQ_HEAD_INITIALIZER(items);
	struct warren_memory_op *op;
	int rc = warren_memory_declare_new(topology, &items);

	pthread_mutex_lock(&memory->lock);
	if (memory->closing)
		rc = -ESHUTDOWN;
	while (rc == 0 && (op = STAILQ_FIRST(&items))) {
		STAILQ_REMOVE_HEAD(&items, link);
		warren_memory_ask(memory, op);
	}
	pthread_mutex_unlock(&memory->lock);
	while ((op = STAILQ_FIRST(&items))) {
		STAILQ_REMOVE_HEAD(&items, link);
		warren_memory_declare_free((struct warren_memory_declare *)op);
	}
	return rc;
}

static int memory_expect_gone(struct warren_broker *broker, const char *queue)
{
	struct warren_memory *memory = warren_memory_of(broker);
	struct warren_memory_declare *gone = warren_memory_gone_new(queue);
	int rc = 0;

	if (!gone)
		return -ENOMEM;
	pthread_mutex_lock(&memory->lock);
	if (memory->closing)
		rc = -ESHUTDOWN;
	else
		warren_memory_ask(memory, &gone->op);
	pthread_mutex_unlock(&memory->lock);
	if (rc < 0)
		warren_memory_declare_free(gone);
	return rc;
}

static int memory_consume(struct warren_broker *broker, const char *queue, uint16_t prefetch,
	warren_broker_on_delivery on_delivery, void *data, uint64_t *ret_id)
{
	struct warren_memory *memory = warren_memory_of(broker);
	struct warren_memory_consume *consume =
		warren_memory_consume_new(queue, prefetch, on_delivery, data);
	int rc;

	if (!consume)
		return -ENOMEM;
	pthread_mutex_lock(&memory->lock);
	rc = memory->closing ? -ESHUTDOWN
			     : warren_memory_tags_reserve(&memory->vhost.tags, prefetch);
	if (!rc) {
		consume->consumer->id = *ret_id = ++memory->last_consumer_id;
		warren_memory_ask(memory, &consume->op);
	}
	pthread_mutex_unlock(&memory->lock);
	if (rc)
		warren_memory_consume_free(consume);
	return rc;
}

static int memory_get(struct warren_broker *broker, const char *queue,
	warren_broker_on_delivery on_delivery, void *data)
{
	struct warren_memory *memory = warren_memory_of(broker);
	struct warren_memory_get *get = warren_memory_get_new(queue, on_delivery, data);

	if (!get)
		return -ENOMEM;
	pthread_mutex_lock(&memory->lock);
	int rc = memory->closing ? -ESHUTDOWN : 0;
	if (rc == 0)
		warren_memory_ask(memory, &get->op);
	pthread_mutex_unlock(&memory->lock);
	if (rc)
		free(get);
	return rc;
}

static void memory_widen(struct warren_broker *broker, uint64_t id, uint16_t more)
{
	struct warren_memory *memory = warren_memory_of(broker);
	struct warren_memory_widen *widen = malloc(sizeof *widen);

	if (!widen)
		return;
	*widen = (struct warren_memory_widen){
		.op.kind = WARREN_MEMORY_WIDEN, .id = id, .more = more};
	pthread_mutex_lock(&memory->lock);
	warren_memory_ask(memory, &widen->op);
	pthread_mutex_unlock(&memory->lock);
}

static void memory_cancel(struct warren_broker *broker, uint64_t id)
{
	struct warren_memory *memory = warren_memory_of(broker);
	struct warren_memory_cancel cancel = {.op.kind = WARREN_MEMORY_CANCEL, .id = id};

	assert(!warren_loop_is_current(memory->broker.loop));
	pthread_mutex_lock(&memory->lock);
	warren_memory_ask(memory, &cancel.op);
	while (!cancel.done)
		pthread_cond_wait(&memory->answered, &memory->lock);
	pthread_mutex_unlock(&memory->lock);
}

static int publish_admit(struct warren_memory *memory, struct warren_memory_publish *publish)
{
	if (memory->closing)
		return -ESHUTDOWN;
	if (!publish->reserved) {
		if (memory->full || memory->queued >= memory->max_queued ||
			publish->message->bytes > memory->max_queued_bytes - memory->queued_bytes)
			return -EAGAIN;
		memory->queued++;
		memory->queued_bytes += publish->message->bytes;
	}
	memory->counters.published++;
	publish_ask(memory, publish);
	return 0;
}

int warren_memory_publish_as(struct warren_memory *memory, const char *account,
	const struct warren_broker_message *message, warren_broker_on_settled on_settled,
	void *data)
{
	struct warren_broker_message proven = *message;
	int rc;

	proven.user_id = account;
	struct warren_memory_publish *publish =
		warren_memory_publish_new(&proven, on_settled, data);
	if (!publish)
		return -ENOMEM;
	pthread_mutex_lock(&memory->lock);
	rc = publish_admit(memory, publish);
	if (rc == 0 && memory->show)
		memory->show(message, memory->show_data);
	pthread_mutex_unlock(&memory->lock);
	if (rc)
		warren_memory_publish_free(publish);
	return rc;
}

static int memory_publish(struct warren_broker *broker, const struct warren_broker_message *message,
	warren_broker_on_settled on_settled, void *data)
{
	return warren_memory_publish_as(
		warren_memory_of(broker), broker->account, message, on_settled, data);
}

static void memory_settle(struct warren_broker *broker, uint64_t tag, bool requeue)
{
	struct warren_memory *memory = warren_memory_of(broker);

	pthread_mutex_lock(&memory->lock);
	struct warren_memory_entry *entry = warren_memory_tags_find(&memory->vhost.tags, tag);
	if (entry && !entry->settling && !memory->ended) {
		entry->settling = true;
		entry->op.kind = requeue ? WARREN_MEMORY_REQUEUE : WARREN_MEMORY_ACK;
		warren_memory_ask(memory, &entry->op);
	}
	pthread_mutex_unlock(&memory->lock);
}

static void memory_counters(struct warren_broker *broker, struct warren_broker_counters *ret)
{
	struct warren_memory *memory = warren_memory_of(broker);

	pthread_mutex_lock(&memory->lock);
	*ret = memory->counters;
	ret->obstacles = memory->pending.obstacle_count;
	pthread_mutex_unlock(&memory->lock);
}

static void memory_obstacles(struct warren_broker *broker, warren_obstacle_fn fn, void *data)
{
	struct warren_memory *memory = warren_memory_of(broker);

	pthread_mutex_lock(&memory->lock);
	warren_memory_pending_obstacles(&memory->pending, fn, data);
	pthread_mutex_unlock(&memory->lock);
}

/* There is no connection that could break. */
static bool memory_is_current(struct warren_broker *broker, uint64_t tag)
{
	struct warren_memory *memory = warren_memory_of(broker);

	pthread_mutex_lock(&memory->lock);
	bool is_current = warren_memory_tags_find(&memory->vhost.tags, tag) != NULL;
	pthread_mutex_unlock(&memory->lock);
	return is_current;
}

const struct warren_broker_ops warren_broker_memory = {
	.open = memory_open,
	.close = memory_close,
	.state = memory_state,
	.declare = memory_declare,
	.expect_gone = memory_expect_gone,
	.consume = memory_consume,
	.widen = memory_widen,
	.cancel = memory_cancel,
	.get = memory_get,
	.publish = memory_publish,
	.settle = memory_settle,
	.is_current = memory_is_current,
	.counters = memory_counters,
	.obstacles = memory_obstacles,
};
