#include "service/topology.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define TOPOLOGY_MAX_BYTES (4u << 20)

uint32_t warren_wait_ms(const struct warren_handler *handler, uint32_t attempt, bool shorter)
{
	assert(handler->wait_count >= 2 && attempt >= 1);
	size_t at = attempt < handler->wait_count ? attempt : handler->wait_count - 1;
	return handler->waits[shorter ? at - 1 : at];
}

/* The rows of the table under their names on the broker; after a failure every call does nothing.
 */
struct plan {
	const struct warren_instance *instance;
	struct warren_arena *arena; /* its cap bounds it */
	struct warren_broker_exchange *exchanges;
	struct warren_broker_queue *queues;
	struct warren_broker_binding *bindings;
	struct warren_broker_topology all;
	bool failed;
};

/* Returns a name of the table as it is on the broker; NULL and "" are the same there. */
static const char *own_name(struct plan *plan, const char *name)
{
	char text[WARREN_NAME_SIZE];
	if (!name || name[0] == '\0')
		return name;
	warren_name(text, plan->instance, name);
	const char *copy = warren_arena_strndup(plan->arena, text, strlen(text));
	plan->failed = plan->failed || !copy;
	return copy;
}

static void add_queue(struct plan *plan, const struct warren_broker_queue *row, const char *name)
{
	struct warren_broker_queue *queue = &plan->queues[plan->all.queue_count++];
	*queue = *row;
	queue->name = name;
	queue->dead_letter_exchange = own_name(plan, row->dead_letter_exchange);
}

static void add_binding(
	struct plan *plan, const char *exchange, const char *queue, const char *routing_key)
{
	plan->bindings[plan->all.binding_count++] = (struct warren_broker_binding){
		.exchange = exchange, .queue = queue, .routing_key = routing_key};
}

static void add_table(struct plan *plan, const struct warren_topology *table)
{
	for (size_t i = 0; i < table->exchange_count; i++) {
		struct warren_broker_exchange *exchange =
			&plan->exchanges[plan->all.exchange_count++];
		*exchange = *table->exchanges[i];
		exchange->name = own_name(plan, exchange->name);
	}
	for (size_t i = 0; i < table->queue_count; i++)
		add_queue(plan, table->queues[i], own_name(plan, table->queues[i]->name));
	for (size_t i = 0; i < table->binding_count; i++) {
		const struct warren_broker_binding *binding = table->bindings[i];
		add_binding(plan, own_name(plan, binding->exchange), own_name(plan, binding->queue),
			binding->routing_key);
	}
}

static void add_own(struct plan *plan, const struct warren_topology *table)
{
	const char *queue = plan->instance->queue;
	if (!queue)
		return;
	add_queue(plan, table->own_queue, queue);
	plan->queues[plan->all.queue_count - 1].message_ttl_ms = plan->instance->care.wait_ms;
	if (table->own_exchange)
		add_binding(plan, own_name(plan, table->own_exchange), queue, "");
}

static int make_plan(struct plan *plan)
{
	const struct warren_topology *table = plan->instance->service->topology;
	plan->exchanges = warren_arena_alloc(
		plan->arena, (table->exchange_count + 1) * sizeof *plan->exchanges);
	plan->queues =
		warren_arena_alloc(plan->arena, (table->queue_count + 1) * sizeof *plan->queues);
	plan->bindings = warren_arena_alloc(
		plan->arena, (table->binding_count + 1) * sizeof *plan->bindings);
	if (!plan->exchanges || !plan->queues || !plan->bindings)
		return -ENOMEM;
	plan->all = (struct warren_broker_topology){
		.exchanges = plan->exchanges, .queues = plan->queues, .bindings = plan->bindings};
	add_table(plan, table);
	add_own(plan, table);
	return plan->failed ? -ENOMEM : 0;
}

int warren_topology_declare(struct warren_instance *instance)
{
	struct plan plan = {.instance = instance, .arena = warren_arena_open(TOPOLOGY_MAX_BYTES)};
	if (!plan.arena)
		return -ENOMEM;
	int rc = make_plan(&plan);
	if (rc == 0)
		rc = warren_broker_declare(instance->broker, &plan.all);
	warren_arena_close(plan.arena);
	return rc;
}
