#include "service/instance.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/call.h"
#include "service/context.h"
#include "service/former.h"
#include "service/prefetch.h"
#include "service/quarantine.h"
#include "service/request.h"
#include "service/topology.h"
#include "service/wire.h"

enum {
	WORKERS_DEFAULT = 4,
	MAX_PENDING_DEFAULT = 10000,
	WORK_QUEUE_DEFAULT = 4096,
	DELIVERY_DEFAULT_BYTES = 8 << 20,
	LOST_PREFETCH = 32,
	INBOX_DEFAULT_BYTES = 16 << 20,
	INBOX_DEFAULT_MS = 600000,
	EFFECTS_DEFAULT = 1000,
	EFFECTS_DEFAULT_BYTES = 16 << 20,
	/* A quorum queue that is declared again at once after it was deleted keeps its consumer from
	 * hearing of it: the consumer is to be first. */
	HEAL_MS = 2000,
	DECLARE_EVERY_MS = 60000 /* finds a binding that was deleted beside others that stand */
};

/* ---- references ---- */

struct warren_instance *warren_instance_ref(struct warren_instance *instance)
{
	atomic_fetch_add(&instance->references, 1);
	return instance;
}

void warren_instance_unref(struct warren_instance *instance)
{
	if (atomic_fetch_sub(&instance->references, 1) > 1)
		return;
	warren_workers_close(instance->workers);
	warren_map_close(instance->pending);
	warren_store_close(instance->store);
	pthread_cond_destroy(&instance->quiet);
	pthread_mutex_destroy(&instance->mutex);
	free(instance->consumers);
	free(instance->queue);
	warren_former_free(instance->former);
	free(instance);
}

/* ---- what others ask ---- */

const struct warren_service *warren_instance_service(const struct warren_instance *instance)
{
	return instance->service;
}

const char *warren_instance_name(const struct warren_instance *instance)
{
	return instance->id;
}

uint32_t warren_instance_max_pending(const struct warren_instance *instance)
{
	return instance->options.max_pending;
}

struct warren_clock *warren_instance_clock(struct warren_instance *instance)
{
	return instance->clock;
}

struct warren_store *warren_instance_store(struct warren_instance *instance)
{
	return instance->store;
}

struct warren_broker *warren_instance_broker(struct warren_instance *instance)
{
	return instance->broker;
}

struct warren_log *warren_instance_log(struct warren_instance *instance)
{
	return instance->log;
}

const struct warren_settings *warren_instance_settings(struct warren_instance *instance)
{
	return instance->options.settings;
}

enum warren_stage warren_instance_stage(struct warren_instance *instance)
{
	pthread_mutex_lock(&instance->mutex);
	enum warren_stage stage = instance->stage;
	pthread_mutex_unlock(&instance->mutex);
	return stage;
}

struct warren_arena *warren_instance_arena(struct warren_instance *instance, size_t bytes)
{
	/* Small texts, headers and the structs about them count beside the cap. */
	const size_t about_bytes = 64 << 10;
	return warren_arena_open(instance->options.delivery_max_bytes + about_bytes + 2 * bytes);
}

void *warren_instance_loop_state(struct warren_instance *instance)
{
	return instance->loop_state;
}

int warren_instance_run(
	struct warren_instance *instance, uint64_t lane, warren_task_fn fn, void *data)
{
	return warren_workers_run(instance->workers, lane, fn, data);
}

int warren_instance_run_reserved(
	struct warren_instance *instance, uint64_t lane, warren_task_fn fn, void *data)
{
	return warren_workers_run_reserved(instance->workers, lane, fn, data);
}

uint32_t warren_instance_work_queue(const struct warren_instance *instance)
{
	return instance->options.work_queue;
}

void warren_instance_settle(struct warren_instance *instance, uint64_t tag, bool taken)
{
	if (tag == 0)
		return;
	if (taken)
		warren_broker_ack(instance->broker, tag);
	else
		warren_broker_requeue(instance->broker, tag);
}

bool warren_instance_idle(struct warren_instance *instance)
{
	return warren_workers_idle(instance->workers, NULL);
}

int warren_instance_after(struct warren_instance *instance, uint32_t delay_ms,
	void (*fn)(void *data), void *data, uint64_t *ret_id)
{
	return warren_timer_start(instance->timers, warren_clock_now_ms(instance->clock) + delay_ms,
		fn, data, ret_id);
}

bool warren_instance_after_not(struct warren_instance *instance, uint64_t id)
{
	return warren_timer_cancel(instance->timers, id);
}

/* ---- the topology, declared again ---- */

static void declare_in(struct warren_instance *instance, uint32_t wait_ms);

static void declare_now(void *data)
{
	struct warren_instance *instance = data;
	pthread_mutex_lock(&instance->mutex);
	instance->declares_at_ms = WARREN_CLOCK_NEVER;
	pthread_mutex_unlock(&instance->mutex);
	if (warren_topology_declare(instance) < 0)
		warren_log(instance->log, WARREN_LOG_ERROR, "out of memory for the topology");
	declare_in(instance, DECLARE_EVERY_MS);
}

/* Unless it is to happen sooner. */
static void declare_in(struct warren_instance *instance, uint32_t wait_ms)
{
	int64_t at_ms = warren_clock_now_ms(instance->clock) + wait_ms;
	pthread_mutex_lock(&instance->mutex);
	bool sooner = at_ms < instance->declares_at_ms && instance->stage == WARREN_STAGE_OPEN;
	if (sooner &&
		(instance->declares_at_ms == WARREN_CLOCK_NEVER ||
			warren_timer_cancel(instance->timers, instance->declare_timer)) &&
		warren_timer_start(instance->timers, at_ms, declare_now, instance,
			&instance->declare_timer) == 0)
		instance->declares_at_ms = at_ms;
	pthread_mutex_unlock(&instance->mutex);
}

void warren_instance_heal(struct warren_instance *instance, const char *event)
{
	atomic_fetch_add(&instance->tally.returned, 1);
	warren_log(instance->log, WARREN_LOG_ERROR,
		"no queue took it, though the schema has one: the topology will be declared again",
		WARREN_TEXT("event", event), WARREN_INT("wait_ms", HEAL_MS));
	declare_in(instance, HEAL_MS);
}

void warren_instance_push_gone(struct warren_instance *instance, const char *event)
{
	atomic_fetch_add(&instance->tally.pushes_gone, 1);
	warren_log(instance->log, WARREN_LOG_INFO, "it found no edge, and is lost",
		WARREN_TEXT("event", event));
}

struct warren_ops *warren_instance_ops(struct warren_instance *instance)
{
	return instance->options.ops;
}

/* ---- opening ---- */

static void set_defaults(struct warren_instance_options *options)
{
	if (options->workers == 0)
		options->workers = WORKERS_DEFAULT;
	if (options->max_pending == 0)
		options->max_pending = MAX_PENDING_DEFAULT;
	if (options->work_queue == 0)
		options->work_queue = WORK_QUEUE_DEFAULT;
	if (options->delivery_max_bytes == 0)
		options->delivery_max_bytes = DELIVERY_DEFAULT_BYTES;
	if (options->inbox_max_bytes == 0)
		options->inbox_max_bytes = INBOX_DEFAULT_BYTES;
	if (options->inbox_ms == 0)
		options->inbox_ms = INBOX_DEFAULT_MS;
	if (options->effects_max == 0)
		options->effects_max = EFFECTS_DEFAULT;
	if (options->effects_max_bytes == 0)
		options->effects_max_bytes = EFFECTS_DEFAULT_BYTES;
}

static struct warren_instance *make(const struct warren_instance_options *options)
{
	const struct warren_service *service = options->service;
	char name[WARREN_NAME_SIZE];
	struct warren_instance *instance = calloc(1, sizeof *instance);
	if (!instance)
		return NULL;
	atomic_init(&instance->references, 1);
	instance->options = *options;
	set_defaults(&instance->options);
	instance->service = service;
	instance->broker = options->broker;
	instance->loop = warren_broker_loop(options->broker);
	instance->clock = options->clock;
	instance->log = options->log;
	pthread_mutex_init(&instance->mutex, NULL);
	warren_clock_cond_init(&instance->quiet);
	instance->declares_at_ms = instance->quarantine.due_ms = WARREN_CLOCK_NEVER;
	warren_calls_init(instance);
	warren_instance_id(instance->id);
	warren_names_init(instance);
	warren_ctx_init_root(instance);
	instance->pending = warren_requests_open();
	instance->store = warren_store_open_memory(
		options->clock, instance->options.inbox_max_bytes, instance->options.inbox_ms);
	instance->consumers = calloc(service->handler_count + 2, sizeof *instance->consumers);
	bool failed = !instance->pending || !instance->store || !instance->consumers;
	warren_name_instance(name, instance, instance->id);
	if (service->topology->own_queue && !(instance->queue = strdup(name)))
		failed = true;
	if (failed || warren_timers_open(instance->loop, options->clock, &instance->timers) < 0) {
		warren_instance_unref(instance);
		return NULL;
	}
	return instance;
}

struct loop_state {
	struct warren_instance *instance;
	int rc;
};

static void open_loop_state(void *data)
{
	struct loop_state *opening = data;
	struct warren_instance *instance = opening->instance;
	const struct warren_service *service = instance->service;
	if (service->worker_open)
		opening->rc = service->worker_open(instance, &instance->loop_state);
	instance->has_loop_state = opening->rc == 0;
}

static void close_loop_state(void *data)
{
	struct warren_instance *instance = data;
	if (instance->has_loop_state && instance->service->worker_close)
		instance->service->worker_close(instance->loop_state);
	instance->has_loop_state = false;
}

/* Returns whether something of the service's own runs on the loop. */
static bool runs_on_loop(const struct warren_service *service)
{
	for (size_t i = 0; i < service->handler_count; i++) {
		if (service->handlers[i].is_inline)
			return true;
	}
	return service->extension != NULL;
}

static int open_states(struct warren_instance *instance)
{
	const struct warren_workers_options options = {
		.loop = instance->loop,
		.clock = instance->clock,
		.instance = instance,
		.service = instance->service,
		.count = instance->options.workers,
		.max_waiting = instance->options.work_queue,
	};
	struct loop_state opening = {.instance = instance};
	int rc = warren_workers_open(&options, &instance->workers);
	if (rc < 0 || !runs_on_loop(instance->service))
		return rc;
	warren_loop_call(instance->loop, open_loop_state, &opening);
	return opening.rc;
}

static int open_workers(struct warren_instance *instance, struct warren_error *error)
{
	int rc = open_states(instance);
	if (rc == 0)
		return 0;
	pthread_mutex_lock(&instance->mutex);
	const char *why = instance->obstacle.message;
	warren_error_set(error, WARREN_UNAVAILABLE, NULL, "%s cannot start: %s",
		instance->service->name, *why ? why : strerror(-rc));
	pthread_mutex_unlock(&instance->mutex);
	return rc;
}

int warren_cannot_start(struct warren_instance *instance, int rc, const char *fmt, ...)
{
	char why[WARREN_ERROR_MESSAGE_MAX];
	va_list args;
	assert(rc < 0);
	va_start(args, fmt);
	(void)vsnprintf(why, sizeof why, fmt, args);
	va_end(args);
	pthread_mutex_lock(&instance->mutex);
	warren_error_set(&instance->obstacle, WARREN_UNAVAILABLE, NULL, "%s", why);
	pthread_mutex_unlock(&instance->mutex);
	return rc;
}

static int start_extension(struct warren_instance *instance, struct warren_error *error)
{
	const struct warren_extension *extension = instance->service->extension;
	if (!extension)
		return 0;
	int rc = extension->start(
		instance, instance->service->extension_table, &instance->extension, error);
	instance->extension_started = rc == 0;
	return rc;
}

static void deliver_to_instance(const struct warren_broker_delivery *delivery, void *data)
{
	struct warren_instance *instance = ((struct warren_consumer *)data)->instance;
	const struct warren_extension *extension = instance->service->extension;
	if (extension && warren_broker_header_text(&delivery->message, WARREN_HEADER_TO)) {
		extension->deliver(instance->extension, delivery);
		return;
	}
	warren_instance_settle(instance, delivery->tag, true);
	if (!warren_request_answer(instance, &delivery->message)) {
		atomic_fetch_add(&instance->tally.replies_late, 1);
		warren_log(instance->log, WARREN_LOG_DEBUG, "an answer came that nobody waits for",
			WARREN_TEXT("type", delivery->message.type),
			WARREN_TEXT("correlation_id", delivery->message.correlation_id));
	}
}

static void deliver_lost(const struct warren_broker_delivery *delivery, void *data)
{
	struct warren_instance *instance = ((struct warren_consumer *)data)->instance;
	if (warren_broker_header_text(&delivery->message, WARREN_HEADER_TO))
		instance->service->extension->lost(instance->extension, delivery);
	warren_instance_settle(instance, delivery->tag, true);
}

static int consume(struct warren_instance *instance, struct warren_consumer *consumer)
{
	const struct warren_handler *handler = consumer->handler;
	char name[WARREN_NAME_SIZE];
	return warren_broker_consume(instance->broker,
		warren_name_queue(name, instance, handler->queue),
		warren_prefetch_first(instance, handler), warren_call_deliver, consumer,
		&consumer->id);
}

/* Of its own queue, and of what its like has lost; see `consumers`. */
static int consume_own(struct warren_instance *instance)
{
	const struct warren_service *service = instance->service;
	struct warren_consumer *own = &instance->consumers[service->handler_count], *lost = own + 1;
	char name[WARREN_NAME_SIZE];
	own->instance = lost->instance = instance;
	int rc = warren_broker_consume(instance->broker, instance->queue, instance->care.prefetch,
		deliver_to_instance, own, &own->id);
	if (rc < 0 || instance->care.prefetch == 0)
		return rc;
	return warren_broker_consume(instance->broker, warren_name_lost(name, instance),
		LOST_PREFETCH, deliver_lost, lost, &lost->id);
}

/* Answers before questions. */
static int consume_all(struct warren_instance *instance)
{
	const struct warren_service *service = instance->service;
	int rc = instance->queue ? consume_own(instance) : 0;
	for (size_t i = 0; i < service->handler_count && rc == 0; i++) {
		instance->consumers[i].instance = instance;
		instance->consumers[i].handler = &service->handlers[i];
		rc = consume(instance, &instance->consumers[i]);
	}
	return rc;
}

int warren_instance_open(const struct warren_instance_options *options,
	struct warren_instance **ret, struct warren_error *error)
{
	if (options->service->api != WARREN_API) {
		warren_error_set(error, WARREN_INTERNAL, NULL,
			"%s was generated for version %u of the interface, this is %u",
			options->service->name, options->service->api, WARREN_API);
		return -EINVAL;
	}
	struct warren_instance *instance = make(options);
	if (!instance) {
		warren_error_set(error, WARREN_UNAVAILABLE, NULL, "%s: out of memory or threads",
			options->service->name);
		return -ENOMEM;
	}
	instance->returned_watch =
		(struct warren_broker_watch){.fn = warren_request_returned, .data = instance};
	warren_broker_watch_returned(instance->broker, &instance->returned_watch);
	int rc = open_workers(instance, error);
	if (rc == 0) {
		const struct warren_extension *extension = instance->service->extension;
		if (extension && extension->care)
			instance->care =
				extension->care(instance, instance->service->extension_table);
		rc = warren_topology_declare(instance);
		if (rc < 0)
			warren_error_set(error, WARREN_UNAVAILABLE, NULL, "%s: out of memory",
				instance->service->name);
	}
	if (rc == 0)
		rc = start_extension(instance, error);
	if (rc == 0) {
		rc = consume_all(instance);
		if (rc < 0)
			warren_error_set(error, WARREN_UNAVAILABLE, NULL, "%s: out of memory",
				instance->service->name);
	}
	if (rc < 0) {
		warren_instance_close(instance, 0);
		return rc;
	}
	warren_quarantine_look(instance);
	declare_in(instance, DECLARE_EVERY_MS);
	warren_instance_show(instance);
	warren_former_begin(instance);
	*ret = instance;
	return 0;
}

/* ---- closing ---- */

static void cancel(struct warren_instance *instance, struct warren_consumer *consumer)
{
	if (consumer->id != 0)
		warren_broker_cancel(instance->broker, consumer->id);
}

static void enter_stage(struct warren_instance *instance, enum warren_stage stage)
{
	pthread_mutex_lock(&instance->mutex);
	instance->stage = stage;
	pthread_cond_broadcast(&instance->quiet);
	pthread_mutex_unlock(&instance->mutex);
}

int warren_instance_reload(struct warren_instance *instance)
{
	const struct warren_extension *extension = instance->service->extension;
	return extension && extension->reload ? extension->reload(instance->extension) : -ENOENT;
}

static void drain(struct warren_instance *instance, uint32_t drain_ms)
{
	int64_t until_ms = warren_clock_now_ms(instance->clock) + drain_ms;
	pthread_mutex_lock(&instance->mutex);
	while ((instance->deliveries || instance->finishing > 0 ||
		       warren_map_count(instance->pending) > 0 || instance->ending > 0) &&
		warren_clock_now_ms(instance->clock) < until_ms)
		warren_clock_wait(instance->clock, &instance->quiet, &instance->mutex, until_ms);
	pthread_mutex_unlock(&instance->mutex);
}

/* On the loop, where no call of this instance runs beside it. */
static void abandon_calls(void *data)
{
	warren_calls_abandon(data);
}

void warren_instance_close(struct warren_instance *instance, uint32_t drain_ms)
{
	const struct warren_service *service = instance->service;
	enter_stage(instance, WARREN_STAGE_DRAINING);
	if (instance->extension_started)
		service->extension->drain(instance->extension);
	for (size_t i = 0; i < service->handler_count; i++)
		cancel(instance, &instance->consumers[i]);
	if (instance->workers)
		drain(instance, drain_ms);

	enter_stage(instance, WARREN_STAGE_CLOSING);
	warren_broker_unwatch_returned(instance->broker, &instance->returned_watch);
	cancel(instance, &instance->consumers[service->handler_count]);
	cancel(instance, &instance->consumers[service->handler_count + 1]);
	if (instance->workers) {
		warren_requests_end(instance);
		warren_workers_stop(instance->workers);
	}
	warren_loop_call(instance->loop, abandon_calls, instance);
	if (instance->extension_started)
		service->extension->stop(instance->extension);
	warren_loop_call(instance->loop, close_loop_state, instance);
	warren_ops_remove(instance->options.ops, &instance->source);
	warren_timers_close(instance->timers);
	warren_instance_unref(instance);
}
