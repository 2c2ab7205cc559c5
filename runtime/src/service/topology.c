#include "service/topology.h"

#include <errno.h>
#include <string.h>

#define DELIVERY_LIMIT 20
#define INSTANCE_QUEUE_EXPIRES_MS 60000
#define TOPOLOGY_MAX_BYTES (4u << 20)

/* Grows in an arena whose cap bounds it; after a failure every call does nothing. */
struct plan {
	const struct warren_instance *instance;
	const char *system;
	struct warren_arena *arena;
	struct warren_broker_exchange *exchanges;
	struct warren_broker_queue *queues;
	struct warren_broker_binding *bindings;
	size_t exchange_count, queue_count, binding_count;
	bool failed;
};

uint32_t warren_rung_ms(const struct warren_handler *handler, uint32_t attempt)
{
	uint64_t wait_ms = handler->backoff_ms;
	for (uint32_t i = 1; i < attempt && wait_ms < handler->backoff_max_ms; i++)
		wait_ms *= 2;
	if (wait_ms > handler->backoff_max_ms)
		wait_ms = handler->backoff_max_ms;
	uint32_t rung_ms = WARREN_RUNG_FIRST_MS;
	for (uint32_t k = 1; k < WARREN_RUNG_COUNT && 2 * (uint64_t)rung_ms <= wait_ms; k++)
		rung_ms *= 2;
	return rung_ms;
}

uint32_t warren_rung_below_ms(uint32_t rung_ms)
{
	return rung_ms > WARREN_RUNG_FIRST_MS ? rung_ms / 2 : rung_ms;
}

static void add_exchange(struct plan *plan, const char *name, enum warren_exchange_kind kind)
{
	for (size_t i = 0; i < plan->exchange_count; i++) {
		if (strcmp(plan->exchanges[i].name, name) == 0)
			return;
	}
	plan->exchanges[plan->exchange_count++] =
		(struct warren_broker_exchange){.name = name, .kind = kind};
}

static void add_queue(struct plan *plan, const struct warren_broker_queue *queue)
{
	for (size_t i = 0; i < plan->queue_count; i++) {
		if (strcmp(plan->queues[i].name, queue->name) == 0)
			return;
	}
	plan->queues[plan->queue_count++] = *queue;
}

static void add_binding(
	struct plan *plan, const char *exchange, const char *queue, const char *routing_key)
{
	for (size_t i = 0; i < plan->binding_count; i++) {
		const struct warren_broker_binding *binding = &plan->bindings[i];
		if (strcmp(binding->exchange, exchange) == 0 &&
			strcmp(binding->queue, queue) == 0 &&
			strcmp(binding->routing_key, routing_key) == 0)
			return;
	}
	plan->bindings[plan->binding_count++] = (struct warren_broker_binding){
		.exchange = exchange, .queue = queue, .routing_key = routing_key};
}

/* A fan-out exchange and the queue of the same name behind it. */
static void add_behind_fanout(struct plan *plan, const struct warren_broker_queue *queue)
{
	add_exchange(plan, queue->name, WARREN_EXCHANGE_FANOUT);
	add_queue(plan, queue);
	add_binding(plan, queue->name, queue->name, "");
}

/* A name of the service's tables, as it is on the broker. */
static const char *own_name(struct plan *plan, const char *name)
{
	char text[WARREN_NAME_SIZE];
	return warren_arena_printf(plan->arena, "%s", warren_name(text, plan->instance, name));
}

static void add_quarantine(struct plan *plan)
{
	char text[WARREN_NAME_SIZE];
	warren_name_quarantine(text, plan->instance);
	const char *name = warren_arena_printf(plan->arena, "%s", text);
	warren_name_dead(text, plan->instance);
	const char *dead = warren_arena_printf(plan->arena, "%s", text);
	if (!name || !dead) {
		plan->failed = true;
		return;
	}
	add_queue(plan, &(struct warren_broker_queue){
				.name = name,
				.kind = WARREN_QUEUE_QUORUM,
				.delivery_limit = DELIVERY_LIMIT,
				.reject_publish = true,
				.single_active_consumer = true,
				.dead_letter_exchange = dead,
				.dead_letter_at_least_once = true,
			});
}

static void add_consumer(
	struct plan *plan, const struct warren_event *event, const struct warren_queue *queue)
{
	const char *pattern = warren_arena_printf(plan->arena, "%s.*", event->name);
	const char *name = own_name(plan, queue->name);
	const char *dead =
		warren_arena_printf(plan->arena, "%s.%s.dead", plan->system, queue->service);
	if (!pattern || !name || !dead) {
		plan->failed = true;
		return;
	}
	struct warren_broker_queue wanted = {
		.name = name,
		.kind = queue->quorum ? WARREN_QUEUE_QUORUM : WARREN_QUEUE_CLASSIC,
		.message_ttl_ms = queue->ttl_ms,
		.max_length = queue->max_length,
	};
	if (event->guarantee == WARREN_AT_LEAST_ONCE) {
		wanted.delivery_limit = queue->quorum ? DELIVERY_LIMIT : 0;
		wanted.dead_letter_exchange = dead;
		wanted.dead_letter_at_least_once = queue->quorum;
		wanted.reject_publish = true;
		add_behind_fanout(plan,
			&(struct warren_broker_queue){.name = dead, .kind = WARREN_QUEUE_QUORUM});
	}
	add_queue(plan, &wanted);
	add_binding(plan, plan->system, name, pattern);
}

static void add_rung(struct plan *plan, uint32_t rung_ms)
{
	const char *name = warren_arena_printf(plan->arena, "%s.wait.%u", plan->system, rung_ms);
	if (!name) {
		plan->failed = true;
		return;
	}
	add_behind_fanout(plan, &(struct warren_broker_queue){
					.name = name,
					.kind = WARREN_QUEUE_QUORUM,
					.message_ttl_ms = rung_ms,
					.reject_publish = true,
					.dead_letter_exchange = "",
					.dead_letter_at_least_once = true,
				});
}

static void add_ladder(struct plan *plan, const struct warren_handler *handler)
{
	if (handler->event->guarantee != WARREN_AT_LEAST_ONCE || handler->max_attempts < 2)
		return;
	uint32_t first_ms = warren_rung_below_ms(warren_rung_ms(handler, 1));
	uint32_t last_ms = warren_rung_ms(handler, handler->max_attempts - 1);
	for (uint32_t rung_ms = first_ms; rung_ms <= last_ms; rung_ms *= 2)
		add_rung(plan, rung_ms);
}

static const char *fanout_name(struct plan *plan, const char *edge)
{
	const char *name = warren_arena_printf(plan->arena, "%s.%s", plan->system, edge);
	if (name)
		add_exchange(plan, name, WARREN_EXCHANGE_FANOUT);
	else
		plan->failed = true;
	return name;
}

static void add_published(struct plan *plan, const struct warren_event *event)
{
	for (size_t i = 0; i < event->queue_count; i++)
		add_consumer(plan, event, event->queues[i]);
	for (size_t i = 0; i < event->edge_count; i++)
		fanout_name(plan, event->edges[i]);
}

static void add_instance_queue(struct plan *plan, const struct warren_instance *instance)
{
	const struct warren_service *service = instance->service;
	const struct warren_instance_care care = instance->care;
	struct warren_broker_queue wanted = {
		.name = instance->queue,
		.kind = WARREN_QUEUE_CLASSIC,
		.expires_ms = INSTANCE_QUEUE_EXPIRES_MS,
	};
	if (care.prefetch > 0) {
		const char *lost =
			warren_arena_printf(plan->arena, "%s.%s.lost", plan->system, service->name);
		if (!lost) {
			plan->failed = true;
			return;
		}
		wanted.message_ttl_ms = care.wait_ms;
		wanted.dead_letter_exchange = lost;
		add_behind_fanout(plan,
			&(struct warren_broker_queue){.name = lost, .kind = WARREN_QUEUE_QUORUM});
	}
	add_queue(plan, &wanted);
	if (!service->extension)
		return;
	const char *fanout = fanout_name(plan, service->name);
	if (fanout)
		add_binding(plan, fanout, instance->queue, "");
}

/* No more than this many exchanges, queues or bindings can be asked for. */
static size_t most(const struct warren_service *service)
{
	size_t count = 5 + WARREN_RUNG_COUNT + 2 * service->handler_count + service->edge_count;
	for (size_t i = 0; i < service->publish_count; i++)
		count += 2 * service->publishes[i]->queue_count + service->publishes[i]->edge_count;
	return count;
}

static int make_plan(struct plan *plan)
{
	const struct warren_service *service = plan->instance->service;
	const size_t max = most(service);
	plan->exchanges = warren_arena_alloc(plan->arena, max * sizeof *plan->exchanges);
	plan->queues = warren_arena_alloc(plan->arena, max * sizeof *plan->queues);
	plan->bindings = warren_arena_alloc(plan->arena, max * sizeof *plan->bindings);
	if (!plan->exchanges || !plan->queues || !plan->bindings)
		return -ENOMEM;
	add_exchange(plan, plan->system, WARREN_EXCHANGE_TOPIC);
	for (size_t i = 0; i < service->handler_count; i++) {
		add_consumer(plan, service->handlers[i].event, service->handlers[i].queue);
		add_ladder(plan, &service->handlers[i]);
		if (service->handlers[i].event->guarantee == WARREN_AT_LEAST_ONCE)
			add_quarantine(plan);
	}
	for (size_t i = 0; i < service->publish_count; i++)
		add_published(plan, service->publishes[i]);
	for (size_t i = 0; i < service->edge_count; i++)
		fanout_name(plan, service->edges[i]);
	if (plan->instance->queue)
		add_instance_queue(plan, plan->instance);
	return plan->failed ? -ENOMEM : 0;
}

int warren_topology_declare(struct warren_instance *instance)
{
	struct plan plan = {.instance = instance,
		.system = warren_name_system(instance),
		.arena = warren_arena_open(TOPOLOGY_MAX_BYTES)};
	if (!plan.arena)
		return -ENOMEM;
	int rc = make_plan(&plan);
	if (rc == 0) {
		rc = warren_broker_declare(
			instance->broker, &(struct warren_broker_topology){
						  .exchanges = plan.exchanges,
						  .exchange_count = plan.exchange_count,
						  .queues = plan.queues,
						  .queue_count = plan.queue_count,
						  .bindings = plan.bindings,
						  .binding_count = plan.binding_count,
					  });
	}
	warren_arena_close(plan.arena);
	return rc;
}
