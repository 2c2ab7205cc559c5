#include "service/former.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "service/wire.h"

enum { RECORDS_MAX = 64, NAMES_MAX = 4096, AGAIN_MS = 1000 };
#define RECORD_MAX_BYTES (1u << 20)

struct warren_former {
	struct warren_instance *instance;
	struct warren_map *names; /* those of the records */
	uint64_t tags[RECORDS_MAX];
	size_t tag_count;
};

void warren_former_free(struct warren_former *former)
{
	if (!former)
		return;
	warren_map_close(former->names);
	free(former);
}

/* ---- what the schema has ---- */

typedef void (*name_fn)(const char *name, void *data);

static void each_queue(const struct warren_instance *instance, const struct warren_event *event,
	name_fn fn, void *data)
{
	char name[WARREN_NAME_SIZE];
	for (size_t i = 0; i < event->queue_count; i++)
		fn(warren_name_queue(name, instance, event->queues[i]), data);
}

/* Calls `fn` for each consumer's queue of what the service handles or publishes; some come twice. */
static void each_own(const struct warren_instance *instance, name_fn fn, void *data)
{
	const struct warren_service *service = instance->service;
	for (size_t i = 0; i < service->handler_count; i++)
		each_queue(instance, service->handlers[i].event, fn, data);
	for (size_t i = 0; i < service->publish_count; i++)
		each_queue(instance, service->publishes[i], fn, data);
}

/* ---- reading ---- */

static void remember(const char *name, void *data)
{
	struct warren_former *former = data;
	if (warren_map_count(former->names) >= NAMES_MAX || warren_map_get(former->names, name) ||
		warren_map_add(former->names, name, former) == 0)
		return;
	warren_log(former->instance->log, WARREN_LOG_WARN,
		"no memory to remember a queue that the schema may have dropped",
		WARREN_TEXT("queue", name));
}

/* One name a line. */
static void read_record(struct warren_former *former, const struct warren_broker_message *message)
{
	const char *system = warren_name_system(former->instance);
	const char *at = (const char *)message->body, *end = at + message->body_len;
	size_t len = strlen(system);
	char name[WARREN_NAME_SIZE];
	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t size = (size_t)((stop ? stop : end) - at);
		if (size > len + 1 && size < sizeof name && memcmp(at, system, len) == 0 &&
			at[len] == '.' && !memchr(at, '\0', size)) {
			memcpy(name, at, size);
			name[size] = '\0';
			remember(name, former);
		}
		at += size + 1;
	}
}

/* ---- writing ---- */

static void settle(struct warren_former *former, bool taken)
{
	for (size_t i = 0; i < former->tag_count; i++)
		warren_instance_settle(former->instance, former->tags[i], taken);
	former->tag_count = 0;
}

static void on_written(enum warren_broker_outcome outcome, void *data)
{
	struct warren_former *former = data;
	settle(former, outcome == WARREN_BROKER_CONFIRMED);
	warren_instance_unref(former->instance);
}

static void forget(const char *name, void *data)
{
	warren_map_remove(data, name);
}

/* The names that are left without the schema's own should be gone. */
static void expect_gone(struct warren_former *former)
{
	size_t cursor = 0;
	const char *name;
	void *value;
	each_own(former->instance, forget, former->names);
	int rc = 0;
	while (rc == 0 && warren_map_next(former->names, &cursor, &name, &value))
		rc = warren_broker_expect_gone(former->instance->broker, name);
}

/* Returns 0; -errno. */
static int write_record(struct warren_former *former)
{
	struct warren_instance *instance = former->instance;
	struct warren_buffer body;
	char queue[WARREN_NAME_SIZE];
	size_t cursor = 0;
	const char *name;
	void *value;
	int rc = 0;
	warren_buffer_init(&body, RECORD_MAX_BYTES);
	while (rc == 0 && warren_map_next(former->names, &cursor, &name, &value)) {
		rc = warren_buffer_append(&body, name, strlen(name));
		if (rc == 0)
			rc = warren_buffer_append(&body, "\n", 1);
	}
	const struct warren_broker_message message = {.exchange = "",
		.routing_key = warren_name_record(queue, instance),
		.type = WARREN_WIRE_TOPOLOGY,
		.app_id = instance->service->name,
		.content_type = "text/plain",
		.body = (const uint8_t *)body.data,
		.body_len = body.len,
		.persistent = true,
		.mandatory = true};
	if (rc == 0)
		rc = warren_broker_publish(instance->broker, &message, on_written, former);
	warren_buffer_free(&body);
	return rc;
}

/* ---- looking ---- */

static void look(void *data);

static void look_again(struct warren_former *former)
{
	uint64_t id;
	former->tag_count = 0; /* they are void */
	if (warren_instance_after(former->instance, AGAIN_MS, look, former, &id) < 0)
		warren_log(former->instance->log, WARREN_LOG_WARN,
			"no memory to look for queues that the schema dropped");
}

static void finish(struct warren_former *former)
{
	each_own(former->instance, remember, former);
	int rc = write_record(former);
	expect_gone(former);
	if (rc < 0) {
		settle(former, false);
		warren_instance_unref(former->instance);
	}
}

static void on_record(const struct warren_broker_delivery *delivery, void *data)
{
	struct warren_former *former = data;
	struct warren_instance *instance = former->instance;
	char queue[WARREN_NAME_SIZE];
	if (delivery) {
		read_record(former, &delivery->message);
		former->tags[former->tag_count++] = delivery->tag;
		if (former->tag_count < RECORDS_MAX &&
			warren_broker_get(instance->broker, warren_name_record(queue, instance),
				on_record, former) == 0)
			return;
	}
	if (delivery || warren_broker_state(instance->broker) == WARREN_BROKER_UP) {
		finish(former);
		return;
	}
	if (warren_instance_stage(instance) == WARREN_STAGE_OPEN)
		look_again(former);
	warren_instance_unref(instance);
}

static void look(void *data)
{
	struct warren_former *former = data;
	struct warren_instance *instance = former->instance;
	char queue[WARREN_NAME_SIZE];
	if (warren_instance_stage(instance) != WARREN_STAGE_OPEN)
		return;
	if (warren_broker_state(instance->broker) != WARREN_BROKER_UP) {
		look_again(former);
		return;
	}
	warren_instance_ref(instance);
	if (warren_broker_get(
		    instance->broker, warren_name_record(queue, instance), on_record, former) < 0)
		warren_instance_unref(instance);
}

void warren_former_begin(struct warren_instance *instance)
{
	uint64_t id;
	if (!instance->service->topology->has_record)
		return;
	struct warren_former *former = calloc(1, sizeof *former);
	if (!former)
		return;
	former->instance = instance;
	former->names = warren_map_open();
	if (!former->names || warren_instance_after(instance, 0, look, former, &id) < 0) {
		warren_former_free(former);
		return;
	}
	instance->former = former;
}
