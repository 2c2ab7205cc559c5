#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/id.h"
#include "case_limits.h"

#define ARENA_MAX ((size_t)256 << 20)
#define EXPIRES_MS 120000

static _Thread_local int callbacks_open;

const char *stage_url(void)
{
	const char *url = getenv("CONTRACT_BROKER_URL");
	return url && url[0] ? url : "memory:";
}

/* ---- waiting ---- */

void stage_wait(struct stage *stage, const char *what)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += limit_wait_s();
	if (pthread_cond_timedwait(&stage->changed, &stage->lock, &until) == ETIMEDOUT)
		ck_abort_msg("nothing happened while waiting for: %s (state %d, last reason: %s)",
			what, warren_broker_state(stage->broker), stage->reason);
}

void stage_enter(struct stage *stage)
{
	ck_assert_msg(callbacks_open == 0, "a callback inside a callback");
	callbacks_open++;
	pthread_mutex_lock(&stage->lock);
	if (!stage->broker_thread_known) {
		stage->broker_thread = pthread_self();
		stage->broker_thread_known = true;
	}
	ck_assert_msg(pthread_equal(stage->broker_thread, pthread_self()),
		"a callback on another thread than the broker's");
}

void stage_leave(struct stage *stage)
{
	pthread_cond_broadcast(&stage->changed);
	pthread_mutex_unlock(&stage->lock);
	callbacks_open--;
}

struct looked_for {
	const char *name;
	int kind;
	char *text;
};

static void look_at(const struct warren_obstacle *obstacle, void *data)
{
	struct looked_for *wanted = data;

	if (strcmp(obstacle->name, wanted->name) != 0 || wanted->kind != STAGE_NO_OBSTACLE)
		return;
	wanted->kind = (int)obstacle->kind;
	if (wanted->text)
		snprintf(wanted->text, 1024, "%s", obstacle->text);
}

static int obstacle_kind(struct stage *stage, const char *name)
{
	struct looked_for wanted = {name, STAGE_NO_OBSTACLE, NULL};
	warren_broker_obstacles(stage->broker, look_at, &wanted);
	return wanted.kind;
}

/* The state is told again when obstacles change. */
void stage_await_obstacle(struct stage *stage, const char *name, int kind)
{
	pthread_mutex_lock(&stage->lock);
	for (;;) {
		int tells = stage->tells;
		pthread_mutex_unlock(&stage->lock);
		int is = obstacle_kind(stage, name);
		pthread_mutex_lock(&stage->lock);
		if (is == kind)
			break;
		while (stage->tells == tells)
			stage_wait(stage, name);
	}
	pthread_mutex_unlock(&stage->lock);
}

void stage_obstacle_text(struct stage *stage, const char *name, char ret[1024])
{
	struct looked_for wanted = {name, STAGE_NO_OBSTACLE, ret};
	ret[0] = '\0';
	warren_broker_obstacles(stage->broker, look_at, &wanted);
}

/* ---- life ---- */

static void stage_on_state(enum warren_broker_state state, const char *reason, void *data)
{
	struct stage *stage = data;

	stage_enter(stage);
	stage->tells++;
	if (state == WARREN_BROKER_UP)
		stage->ups++;
	if (state == WARREN_BROKER_DOWN) {
		stage->downs++;
		snprintf(stage->reason, sizeof stage->reason, "%s", reason);
	}
	stage_leave(stage);
}

struct stage *stage_open_limited(uint32_t max_queued, size_t max_queued_bytes)
{
	struct stage *stage = calloc(1, sizeof *stage);
	struct warren_error error = {0};
	pthread_condattr_t attributes;
	char instance[WARREN_INSTANCE_SIZE];

	ck_assert_ptr_nonnull(stage);
	warren_instance_id(instance);
	snprintf(stage->prefix, sizeof stage->prefix, "contract-%s", instance);
	stage->arena = warren_arena_open(ARENA_MAX);
	ck_assert_ptr_nonnull(stage->arena);
	pthread_mutex_init(&stage->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&stage->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	const struct warren_broker_options options = {
		.url = stage_url(),
		.app_name = "contract",
		.account = "contract.account",
		.clock = warren_clock_real(),
		.max_queued = max_queued,
		.max_queued_bytes = max_queued_bytes,
		.reconnect_max_ms = 300,
		.on_state = stage_on_state,
		.data = stage,
	};
	int rc = warren_broker_open(&options, &stage->broker, &error);
	ck_assert_msg(rc == 0, "open %s: %d %s", options.url, rc, error.message);
	AWAIT(stage, stage->ups > 0);
	return stage;
}

struct stage *stage_open(void)
{
	return stage_open_limited(0, 0);
}

void stage_close_broker(struct stage *stage, uint32_t drain_ms)
{
	warren_broker_close(stage->broker, drain_ms);
	stage->broker = NULL;
}

void stage_free(struct stage *stage)
{
	pthread_cond_destroy(&stage->changed);
	pthread_mutex_destroy(&stage->lock);
	warren_arena_close(stage->arena);
	free(stage);
}

void stage_close(struct stage *stage)
{
	stage_close_broker(stage, 5000);
	stage_free(stage);
}

const char *stage_name(struct stage *stage, const char *what)
{
	ck_assert_int_lt(stage->name_count, NAMES_MAX);
	char *name = stage->names[stage->name_count++];
	snprintf(name, NAME_SIZE, "%s-%s", stage->prefix, what);
	return name;
}

/* ---- topology ---- */

static void declare(struct stage *stage, struct warren_broker_topology topology)
{
	ck_assert_int_eq(warren_broker_declare(stage->broker, &topology), 0);
}

const char *stage_queue(struct stage *stage, struct warren_broker_queue args)
{
	if (!args.expires_ms)
		args.expires_ms = EXPIRES_MS;
	declare(stage, (struct warren_broker_topology){.queues = &args, .queue_count = 1});
	return args.name;
}

const char *stage_classic(struct stage *stage, const char *what)
{
	return stage_queue(stage, (struct warren_broker_queue){.name = stage_name(stage, what)});
}

const char *stage_quorum(struct stage *stage, const char *what)
{
	return stage_queue(stage, (struct warren_broker_queue){.name = stage_name(stage, what),
					  .kind = WARREN_QUEUE_QUORUM});
}

const char *stage_exchange(struct stage *stage, const char *what, enum warren_exchange_kind kind)
{
	struct warren_broker_exchange exchange = {.name = stage_name(stage, what), .kind = kind};

	declare(stage,
		(struct warren_broker_topology){.exchanges = &exchange, .exchange_count = 1});
	return exchange.name;
}

void stage_bind(
	struct stage *stage, const char *exchange, const char *queue, const char *routing_key)
{
	struct warren_broker_binding binding = {exchange, queue, routing_key};

	declare(stage, (struct warren_broker_topology){.bindings = &binding, .binding_count = 1});
}

/* ---- publishes ---- */

void receipt_settled(enum warren_broker_outcome outcome, void *data)
{
	struct receipt *receipt = data;

	stage_enter(receipt->stage);
	receipt->settled++;
	receipt->outcome = outcome;
	stage_leave(receipt->stage);
}

int stage_publish(
	struct stage *stage, const struct warren_broker_message *message, struct receipt *receipt)
{
	if (receipt)
		*receipt = (struct receipt){.stage = stage};
	int rc = warren_broker_publish(
		stage->broker, message, receipt ? receipt_settled : NULL, receipt);
	return rc;
}

void receipts_check(const struct receipt *receipts, int count)
{
	for (int i = 0; i < count; i++) {
		pthread_mutex_lock(&receipts[i].stage->lock);
		int settled = receipts[i].settled;
		pthread_mutex_unlock(&receipts[i].stage->lock);
		ck_assert_msg(settled == 1, "publish %d was settled %d times", i, settled);
	}
}

enum warren_broker_outcome stage_put(
	struct stage *stage, const char *exchange, const char *routing_key, const char *body)
{
	struct receipt receipt;
	struct warren_broker_message message = {
		.exchange = exchange,
		.routing_key = routing_key,
		.body = (const uint8_t *)body,
		.body_len = strlen(body),
		.persistent = true,
		.mandatory = true,
	};

	ck_assert_int_eq(stage_publish(stage, &message, &receipt), 0);
	AWAIT(stage, receipt.settled > 0);
	return receipt.outcome;
}

/* ---- deliveries ---- */

static const char *keep_text(struct stage *stage, const char *text)
{
	ck_assert_msg(text != NULL, "a text of a delivery is NULL");
	char *copy = warren_arena_strndup(stage->arena, text, strlen(text));
	ck_assert_ptr_nonnull(copy);
	return copy;
}

static struct warren_broker_message keep_message(
	struct stage *stage, const struct warren_broker_message *from)
{
	struct warren_broker_message message = *from;
	struct warren_broker_header *headers =
		warren_arena_alloc(stage->arena, (from->header_count + 1) * sizeof *headers);

	ck_assert_ptr_nonnull(headers);
	for (size_t i = 0; i < from->header_count; i++) {
		headers[i] = from->headers[i];
		headers[i].name = keep_text(stage, from->headers[i].name);
		if (headers[i].text)
			headers[i].text = keep_text(stage, from->headers[i].text);
	}
	message.headers = headers;
	message.exchange = keep_text(stage, from->exchange);
	message.routing_key = keep_text(stage, from->routing_key);
	message.type = keep_text(stage, from->type);
	message.message_id = keep_text(stage, from->message_id);
	message.correlation_id = keep_text(stage, from->correlation_id);
	message.reply_to = keep_text(stage, from->reply_to);
	message.app_id = keep_text(stage, from->app_id);
	message.content_type = keep_text(stage, from->content_type);
	message.user_id = keep_text(stage, from->user_id);
	return message;
}

static void inbox_keep(struct inbox *inbox, const struct warren_broker_delivery *delivery)
{
	struct stage *stage = inbox->stage;
	struct got *got = &inbox->got[inbox->count];

	ck_assert_int_lt(inbox->count, INBOX_MAX);
	got->tag = delivery->tag;
	got->redelivered = delivery->redelivered;
	got->is_counted = delivery->is_counted;
	got->delivery_count = delivery->delivery_count;
	got->queue = keep_text(stage, delivery->queue);
	got->message = keep_message(stage, &delivery->message);
	got->body = warren_arena_strndup(stage->arena,
		delivery->message.body_len ? (const char *)delivery->message.body : "",
		delivery->message.body_len);
	ck_assert_ptr_nonnull(got->body);
	got->message.body = (const uint8_t *)got->body;
	inbox->count++;
}

static void inbox_on_delivery(const struct warren_broker_delivery *delivery, void *data)
{
	struct inbox *inbox = data;

	stage_enter(inbox->stage);
	ck_assert_msg(!inbox->cancelled, "a delivery after cancel returned");
	inbox_keep(inbox, delivery);
	if (inbox->mode == INBOX_ACK)
		warren_broker_ack(inbox->stage->broker, delivery->tag);
	else if (inbox->mode == INBOX_REQUEUE)
		warren_broker_requeue(inbox->stage->broker, delivery->tag);
	stage_leave(inbox->stage);
}

struct inbox *inbox_open(
	struct stage *stage, const char *queue, uint16_t prefetch, enum inbox_mode mode)
{
	struct inbox *inbox = calloc(1, sizeof *inbox);

	ck_assert_ptr_nonnull(inbox);
	inbox->stage = stage;
	inbox->mode = mode;
	int rc = warren_broker_consume(
		stage->broker, queue, prefetch, inbox_on_delivery, inbox, &inbox->id);
	ck_assert_int_eq(rc, 0);
	ck_assert(inbox->id > 0);
	return inbox;
}

void inbox_cancel(struct inbox *inbox)
{
	struct stage *stage = inbox->stage;

	warren_broker_cancel(stage->broker, inbox->id);
	pthread_mutex_lock(&stage->lock);
	inbox->cancelled = true;
	pthread_mutex_unlock(&stage->lock);
}

void inbox_free(struct inbox *inbox)
{
	free(inbox);
}

void inbox_await(struct inbox *inbox, int count)
{
	AWAIT(inbox->stage, inbox->count >= count);
}

int inbox_count(struct inbox *inbox)
{
	pthread_mutex_lock(&inbox->stage->lock);
	int count = inbox->count;
	pthread_mutex_unlock(&inbox->stage->lock);
	return count;
}

void inbox_ack(struct inbox *inbox, int nth)
{
	warren_broker_ack(inbox->stage->broker, inbox->got[nth].tag);
}

void inbox_requeue(struct inbox *inbox, int nth)
{
	warren_broker_requeue(inbox->stage->broker, inbox->got[nth].tag);
}

bool inbox_body_is(struct inbox *inbox, int nth, const char *body)
{
	pthread_mutex_lock(&inbox->stage->lock);
	bool is = nth < inbox->count && strcmp(inbox->got[nth].body, body) == 0;
	pthread_mutex_unlock(&inbox->stage->lock);
	return is;
}
