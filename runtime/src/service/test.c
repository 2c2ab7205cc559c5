#include "warren/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/memory.h"
#include "service/parts.h"
#include "service/publish.h"
#include "service/test_rest.h"
#include "service/wire.h"

#define CLIENT_NAME "test"
#define CATCH_QUEUE "test.caught"
#define FIRST_SOCKET "test.socket"
#define FIRST_WALL_MS INT64_C(1767225600000) /* 2026-01-01 */
#define TEST_MAX_BYTES (256u << 20)
#define SOCKET_QUEUES_MAX 64

enum { SERVICE, CLIENT, INSTANCES };

struct dropped {
	struct dropped *next;
	const char *type;
};

struct caught {
	struct caught *next;
	struct warren_broker_message *message;
	void *unpacked; /* NULL: not yet */
};

struct warren_test {
	const struct warren_service *service;
	struct warren_topology client_topology;
	struct warren_service client; /* publishes what `service` handles */
	struct warren_settings *settings;
	struct warren_log *log;
	struct warren_instance *instances[INSTANCES];
	struct warren_test_rest rest;
	char user[WARREN_WIRE_TEXT_MAX + 1], socket[WARREN_WIRE_TEXT_MAX + 1],
		message_id[WARREN_WIRE_TEXT_MAX + 1];
	char *socket_queues[SOCKET_QUEUES_MAX];
	size_t socket_queue_count;

	pthread_mutex_t mutex;      /* guards all below */
	struct warren_arena *arena; /* what the kit owns for the test */
	struct caught *caught, **caught_end;
	struct dropped *dropped;
	const struct warren_event *asked; /* the request under way */
	bool answered;
	const void *reply;
	struct warren_error error;
};

/* ---- settings: those given, else the defaults; the environment stays as it was ---- */

static const char *const levels[] = {
	"trace", "debug", "info", "warn", "error", "fatal", "silent", NULL};

static const struct warren_setting kit_settings[] = {
	{"LOG_LEVEL", WARREN_SETTING_TEXT, 1, 16, "silent", "what is logged", levels, false},
	{"WORKERS", WARREN_SETTING_INT, 1, 256, "4", "threads that handle events", NULL, false},
	{0},
};

static const char *given_value(const char *const *settings, const char *name)
{
	for (size_t i = 0; settings && settings[i]; i += 2) {
		if (strcmp(settings[i], name) == 0)
			return settings[i + 1];
	}
	return NULL;
}

static void set_environment(const char *name, const char *value)
{
	if ((value ? setenv(name, value, 1) : unsetenv(name)) < 0)
		warren_test_fault(name, strerror(errno));
}

/* Calls itself for each setting in turn, puts its value into the environment, loads at the end, and
 * puts back what was there. */
static void load_from(struct warren_test *test, const struct warren_setting *const tables[],
	size_t table_count, size_t table, size_t row, const char *const *given)
{
	while (table < table_count && !tables[table][row].name) {
		table++;
		row = 0;
	}
	if (table == table_count) {
		struct warren_error error;
		if (warren_settings_load(tables, table_count, NULL, &test->settings, &error) < 0)
			warren_test_fault("settings", error.message);
		return;
	}
	const char *name = tables[table][row].name, *old = getenv(name);
	char *kept = old ? strdup(old) : NULL;
	set_environment(name, given_value(given, name));
	load_from(test, tables, table_count, table, row + 1, given);
	set_environment(name, kept);
	free(kept);
}

static void load_settings(struct warren_test *test, const char *const *given)
{
	size_t count;
	const struct warren_setting **tables =
		warren_settings_tables(kit_settings, &test->service, 1, &count);
	if (!tables)
		warren_test_fault("settings", "out of memory");
	load_from(test, tables, count, 0, 0, given);
	free(tables);
}

/* ---- catching what the service publishes ---- */

static void catch_message(const struct warren_broker_delivery *delivery, void *data)
{
	struct warren_test *test = data;
	if (strcmp(delivery->message.app_id, CLIENT_NAME) == 0)
		return; /* the kit's own */
	pthread_mutex_lock(&test->mutex);
	struct caught *caught = warren_arena_alloc(test->arena, sizeof *caught);
	if (!caught || warren_wire_copy(&delivery->message, test->arena, &caught->message) < 0)
		warren_test_fault(delivery->message.type, "too much was published");
	*test->caught_end = caught;
	test->caught_end = &caught->next;
	pthread_mutex_unlock(&test->mutex);
}

static void catch_dropped(const struct warren_broker_message *message, void *data)
{
	struct warren_test *test = data;
	pthread_mutex_lock(&test->mutex);
	struct dropped *dropped = warren_arena_alloc(test->arena, sizeof *dropped);
	if (dropped)
		dropped->type =
			warren_arena_strndup(test->arena, message->type, strlen(message->type));
	if (!dropped || !dropped->type)
		warren_test_fault(message->type, "too much was dropped");
	dropped->next = test->dropped;
	test->dropped = dropped;
	pthread_mutex_unlock(&test->mutex);
}

static void declare(struct warren_test *test, const struct warren_broker_topology *topology)
{
	if (warren_broker_declare(test->rest.broker, topology) < 0)
		warren_test_fault("declare", "out of memory");
}

static void catch_from(struct warren_test *test, const char *queue)
{
	uint64_t id;
	declare(test, &(struct warren_broker_topology){
			      .queues = &(struct warren_broker_queue){.name = queue,
				      .kind = WARREN_QUEUE_CLASSIC},
			      .queue_count = 1,
		      });
	if (warren_broker_consume(test->rest.broker, queue, 0, catch_message, test, &id) < 0)
		warren_test_fault(queue, "out of memory");
}

static void bind_caught(struct warren_test *test, const char *exchange,
	enum warren_exchange_kind kind, const char *key)
{
	declare(test, &(struct warren_broker_topology){
			      .exchanges = &(struct warren_broker_exchange){.name = exchange,
				      .kind = kind},
			      .exchange_count = 1,
			      .bindings = &(struct warren_broker_binding){.exchange = exchange,
				      .queue = CATCH_QUEUE,
				      .routing_key = key},
			      .binding_count = 1,
		      });
}

/* An edge that is under test itself has its own instance queue there as well. */
static void catch_edge(struct warren_test *test, const char *edge)
{
	char exchange[WARREN_WIRE_TEXT_MAX + 1];
	snprintf(exchange, sizeof exchange, "%s.%s", test->service->system, edge);
	bind_caught(test, exchange, WARREN_EXCHANGE_FANOUT, "");
}

static void catch_event(struct warren_test *test, const struct warren_event *event)
{
	char key[WARREN_ROUTING_KEY_SIZE];
	snprintf(key, sizeof key, "%s.*", event->name);
	bind_caught(test, test->service->system, WARREN_EXCHANGE_TOPIC, key);
	for (size_t i = 0; i < event->edge_count; i++)
		catch_edge(test, event->edges[i]);
}

static void catch_all(struct warren_test *test)
{
	catch_from(test, CATCH_QUEUE);
	for (size_t i = 0; i < test->service->publish_count; i++)
		catch_event(test, test->service->publishes[i]);
	for (size_t i = 0; i < test->service->edge_count; i++)
		catch_edge(test, test->service->edges[i]);
}

/* Stands where the edge's instance would be that holds `socket`. */
static void catch_socket(struct warren_test *test, const char *socket)
{
	const char *dot = strrchr(socket, '.');
	if (!dot || dot == socket)
		warren_test_fault(
			socket, "a socket's address is two words or more with dots between them");
	char *queue = strndup(socket, (size_t)(dot - socket));
	if (!queue || test->socket_queue_count == SOCKET_QUEUES_MAX)
		warren_test_fault(socket, "too many sockets");
	for (size_t i = 0; i < test->socket_queue_count; i++) {
		if (strcmp(test->socket_queues[i], queue) == 0) {
			free(queue);
			return;
		}
	}
	test->socket_queues[test->socket_queue_count++] = queue;
	catch_from(test, queue);
}

/* ---- life ---- */

static void make_client(struct warren_test *test)
{
	const struct warren_service *service = test->service;
	const struct warren_event **events = calloc(service->handler_count + 1, sizeof *events);
	if (!events)
		warren_test_fault("client", "out of memory");
	for (size_t i = 0; i < service->handler_count; i++)
		events[i] = service->handlers[i].event;
	/* It awaits replies, on a queue of its own beside what the service declares. */
	static const struct warren_broker_queue own_queue = {.name = CLIENT_NAME};
	test->client_topology = *service->topology;
	test->client_topology.own_queue = &own_queue;
	test->client_topology.own_exchange = NULL;
	test->client = (struct warren_service){
		.api = WARREN_API,
		.system = service->system,
		.name = CLIENT_NAME,
		.topology = &test->client_topology,
		.publishes = events,
		.publish_count = service->handler_count,
	};
}

static struct warren_instance *open_instance(
	struct warren_test *test, const struct warren_service *service, uint32_t workers)
{
	const struct warren_instance_options options = {
		.service = service,
		.broker = test->rest.broker,
		.clock = test->rest.clock,
		.log = test->log,
		.settings = test->settings,
		.workers = workers,
		.on_dropped = catch_dropped,
		.on_dropped_data = test,
	};
	struct warren_instance *instance;
	struct warren_error error;
	if (warren_instance_open(&options, &instance, &error) < 0)
		warren_test_fault(service->name, error.message);
	return instance;
}

static void open_world(struct warren_test *test)
{
	enum warren_log_level level = WARREN_LOG_SILENT;
	struct warren_error error;
	int rc = warren_log_level_parse(warren_settings_text(test->settings, "LOG_LEVEL"), &level);
	test->log = warren_log_open(test->service->name, level, STDERR_FILENO);
	test->rest.clock = warren_clock_open_turned(FIRST_WALL_MS);
	test->arena = warren_arena_open(TEST_MAX_BYTES);
	if (rc < 0 || !test->log || !test->rest.clock || !test->arena)
		warren_test_fault("start", "out of memory");
	const struct warren_broker_options options = {.url = "memory:",
		.app_name = CLIENT_NAME,
		.log = test->log,
		.clock = test->rest.clock};
	if (warren_broker_open(&options, &test->rest.broker, &error) < 0)
		warren_test_fault("broker", error.message);
}

struct warren_test *warren_test_new_with(
	const struct warren_service *service, const char *const *settings)
{
	struct warren_test *test = calloc(1, sizeof *test);
	if (!test)
		warren_test_fault("start", "out of memory");
	test->service = service;
	test->caught_end = &test->caught;
	pthread_mutex_init(&test->mutex, NULL);
	test->rest.instances = test->instances;
	test->rest.instance_count = INSTANCES;
	warren_test_rest_init(&test->rest);
	load_settings(test, settings);
	open_world(test);
	make_client(test);
	catch_all(test);
	test->instances[SERVICE] = open_instance(
		test, service, (uint32_t)warren_settings_int(test->settings, "WORKERS"));
	test->instances[CLIENT] = open_instance(test, &test->client, 1);
	warren_test_as(test, "", FIRST_SOCKET);
	warren_test_rest(&test->rest);
	return test;
}

struct warren_test *warren_test_new(const struct warren_service *service)
{
	return warren_test_new_with(service, NULL);
}

void warren_test_free(struct warren_test *test)
{
	warren_test_rest(&test->rest);
	warren_instance_close(test->instances[SERVICE], 0);
	warren_instance_close(test->instances[CLIENT], 0);
	warren_broker_close(test->rest.broker, 0);
	warren_clock_close(test->rest.clock);
	warren_log_close(test->log);
	warren_settings_close(test->settings);
	warren_arena_close(test->arena);
	warren_test_rest_free(&test->rest);
	pthread_mutex_destroy(&test->mutex);
	for (size_t i = 0; i < test->socket_queue_count; i++)
		free(test->socket_queues[i]);
	free((void *)test->client.publishes);
	free(test);
}

/* ---- delivering ---- */

static void keep(char *to, size_t size, const char *text)
{
	if (snprintf(to, size, "%s", text) >= (int)size)
		warren_test_fault(text, "too long");
}

void warren_test_as(struct warren_test *test, const char *user, const char *socket)
{
	keep(test->user, sizeof test->user, user);
	keep(test->socket, sizeof test->socket, socket);
	if (socket[0] != '\0')
		catch_socket(test, socket);
}

void warren_test_message_id(struct warren_test *test, const char *message_id)
{
	keep(test->message_id, sizeof test->message_id, message_id);
}

static struct warren_ctx *open_ctx(struct warren_test *test, const struct warren_event *event)
{
	struct warren_ctx *ctx = warren_ctx_open(test->instances[CLIENT],
		&(struct warren_ctx_seed){
			.event = event->name,
			.message_id = test->message_id[0] ? test->message_id : NULL,
			.user = test->user,
			.socket = test->socket,
			.lane = WARREN_LANE_ANY,
		});
	if (!ctx)
		warren_test_fault(event->name, "out of memory");
	test->message_id[0] = '\0';
	return ctx;
}

static void must(int rc, const struct warren_event *event)
{
	if (rc < 0)
		warren_test_fault(event->name,
			rc == -EINVAL ? "the message breaks its constraints" : strerror(-rc));
}

/* The reply lives in its callback only: it is kept as a copy. */
static void on_answer(struct warren_ctx *ctx, const void *reply, const struct warren_error *error,
	warren_any_fn fn, void *data)
{
	(void)fn;
	struct warren_test *test = data;
	const struct warren_message_type *type = test->asked->reply;
	struct warren_bytes bytes;
	struct warren_error unread;
	void *copy = NULL;
	pthread_mutex_lock(&test->mutex);
	if (reply && (warren_message_pack(type, reply, ctx->arena, &bytes) < 0 ||
			     warren_message_unpack(type, bytes, test->arena, &copy, &unread) < 0))
		warren_test_fault(type->name, "the reply cannot be kept");
	test->reply = copy;
	test->error = error ? *error : (struct warren_error){.code = WARREN_OK};
	test->answered = true;
	pthread_mutex_unlock(&test->mutex);
}

static bool is_answered(struct warren_test *test)
{
	pthread_mutex_lock(&test->mutex);
	bool answered = test->answered;
	pthread_mutex_unlock(&test->mutex);
	return answered;
}

static void turn_to(struct warren_test *test, int64_t at_ms)
{
	warren_clock_advance_ms(test->rest.clock, at_ms - warren_clock_now_ms(test->rest.clock));
	warren_test_rest(&test->rest);
}

const void *warren_test_request(
	struct warren_test *test, const struct warren_event *event, const void *message)
{
	struct warren_ctx *ctx = open_ctx(test, event);
	test->asked = event;
	test->answered = false;
	must(warren_request(ctx, event, message, on_answer, NULL, test), event);
	warren_ctx_close(ctx);
	warren_test_rest(&test->rest);
	while (!is_answered(test)) {
		int64_t next_ms = warren_test_rest_next_ms(&test->rest);
		if (next_ms == WARREN_CLOCK_NEVER)
			warren_test_fault(event->name, "no answer, and nothing to wait for");
		turn_to(test, next_ms);
	}
	return test->reply;
}

void warren_test_deliver(
	struct warren_test *test, const struct warren_event *event, const void *message)
{
	struct warren_ctx *ctx = open_ctx(test, event);
	must(warren_publish(ctx, event, message), event);
	warren_ctx_close(ctx);
	warren_test_rest(&test->rest);
}

void warren_test_deliver_bytes(struct warren_test *test, const struct warren_event *event,
	const char *content_type, const void *bytes, size_t len)
{
	struct warren_outgoing out;
	char key[WARREN_ROUTING_KEY_SIZE];
	struct warren_ctx *ctx = open_ctx(test, event);
	warren_wire_event(&out, ctx, event, (struct warren_bytes){.data = bytes, .len = len});
	out.message.content_type = content_type;
	out.message.routing_key = warren_publish_key(key, event);
	must(warren_broker_publish(test->rest.broker, &out.message, NULL, NULL), event);
	warren_ctx_close(ctx);
	warren_test_rest(&test->rest);
}

const struct warren_error *warren_test_error(const struct warren_test *test)
{
	return &test->error;
}

void warren_test_advance_ms(struct warren_test *test, int64_t ms)
{
	int64_t until_ms = warren_clock_now_ms(test->rest.clock) + ms;
	warren_test_rest(&test->rest);
	for (;;) {
		int64_t next_ms = warren_test_rest_next_ms(&test->rest);
		turn_to(test, next_ms < until_ms ? next_ms : until_ms);
		if (next_ms >= until_ms)
			return;
	}
}

/* ---- looking ---- */

static struct caught *find(const struct warren_test *test, const char *event, int nth)
{
	struct caught *caught = test->caught;
	for (; caught; caught = caught->next) {
		if (strcmp(caught->message->type, event) == 0 && nth-- == 0)
			break;
	}
	return caught;
}

int warren_test_count(const struct warren_test *test, const char *event)
{
	int count = 0;
	while (find(test, event, count))
		count++;
	return count;
}

int warren_test_dropped(const struct warren_test *test, const char *event)
{
	int count = 0;
	for (const struct dropped *dropped = test->dropped; dropped; dropped = dropped->next)
		count += strcmp(dropped->type, event) == 0;
	return count;
}

const void *warren_test_published(
	struct warren_test *test, const struct warren_event *event, int nth)
{
	struct caught *caught = find(test, event->name, nth);
	struct warren_error error;
	if (!caught || caught->unpacked)
		return caught ? caught->unpacked : NULL;
	if (warren_wire_unpack(
		    event->type, caught->message, test->arena, &caught->unpacked, &error) < 0)
		warren_test_fault(event->name, error.message);
	return caught->unpacked;
}

static const char *header(
	const struct warren_test *test, const char *event, int nth, const char *name)
{
	const struct caught *caught = find(test, event, nth);
	const char *text = caught ? warren_broker_header_text(caught->message, name) : NULL;
	return text ? text : "";
}

const char *warren_test_target(struct warren_test *test, const char *event, int nth)
{
	return header(test, event, nth, WARREN_HEADER_TO);
}

const char *warren_test_except(struct warren_test *test, const char *event, int nth)
{
	return header(test, event, nth, WARREN_HEADER_EXCEPT);
}

const char *warren_test_argument(struct warren_test *test, const char *event, int nth)
{
	return header(test, event, nth, WARREN_HEADER_ARGUMENT);
}

int warren_test_dead_count(const struct warren_test *test)
{
	char queue[WARREN_NAME_SIZE];
	return (int)warren_broker_memory_depth(
		test->rest.broker, warren_name_dead(queue, test->instances[SERVICE]));
}
