/* Calls of the in-process broker alone: for tests. */
#include "broker/memory.h"
#include "broker/memory_state.h"

bool warren_broker_memory_idle(struct warren_broker *broker, uint32_t *ret_unsettled)
{
	struct warren_memory *memory = warren_memory_of(broker);

	pthread_mutex_lock(&memory->lock);
	/* Publishes wait only when a test blocks it. */
	bool idle = memory->asleep && warren_clock_now_ms(memory->clock) < memory->vhost.due_ms;
	*ret_unsettled = memory->vhost.tags.used;
	pthread_mutex_unlock(&memory->lock);
	return idle;
}

int64_t warren_broker_memory_next_ms(struct warren_broker *broker)
{
	struct warren_memory *memory = warren_memory_of(broker);

	pthread_mutex_lock(&memory->lock);
	int64_t next_ms = warren_memory_vhost_expiry_ms(&memory->vhost);
	pthread_mutex_unlock(&memory->lock);
	return next_ms;
}

uint32_t warren_broker_memory_depth(struct warren_broker *broker, const char *name)
{
	struct warren_memory *memory = warren_memory_of(broker);

	pthread_mutex_lock(&memory->lock);
	const struct warren_memory_queue *queue = warren_map_get(memory->vhost.queues, name);
	uint32_t depth =
		queue ? queue->ready_count + queue->unsettled_count + queue->stranded_count : 0;
	pthread_mutex_unlock(&memory->lock);
	return depth;
}

static void delete_and_wait(struct warren_memory *memory, struct warren_memory_delete *delete)
{
	delete->op.kind = WARREN_MEMORY_DELETE;
	pthread_mutex_lock(&memory->lock);
	warren_memory_ask(memory, &delete->op);
	while (!delete->done)
		pthread_cond_wait(&memory->answered, &memory->lock);
	pthread_mutex_unlock(&memory->lock);
}

void warren_broker_memory_delete_exchange(struct warren_broker *broker, const char *exchange)
{
	delete_and_wait(
		warren_memory_of(broker), &(struct warren_memory_delete){.exchange = exchange});
}

void warren_broker_memory_delete_queue(struct warren_broker *broker, const char *queue)
{
	delete_and_wait(warren_memory_of(broker), &(struct warren_memory_delete){.queue = queue});
}

void warren_broker_memory_delete_binding(
	struct warren_broker *broker, const struct warren_broker_binding *binding)
{
	delete_and_wait(warren_memory_of(broker),
		&(struct warren_memory_delete){.exchange = binding->exchange,
			.queue = binding->queue,
			.routing_key = binding->routing_key});
}

void warren_broker_memory_block(struct warren_broker *broker, bool block)
{
	struct warren_memory *memory = warren_memory_of(broker);

	pthread_mutex_lock(&memory->lock);
	memory->block = block;
	warren_memory_wake(memory);
	pthread_mutex_unlock(&memory->lock);
}

/* On the loop, so that nothing is delivered meanwhile. */
static void give_all_back(void *data)
{
	struct warren_memory *memory = data;
	uint32_t cursor = 0;
	uint64_t tag;

	do {
		pthread_mutex_lock(&memory->lock);
		tag = warren_memory_tags_next(&memory->vhost.tags, &cursor);
		pthread_mutex_unlock(&memory->lock);
		if (tag != 0)
			warren_broker_requeue(&memory->broker, tag);
	} while (tag != 0);
}

void warren_broker_memory_break(struct warren_broker *broker)
{
	warren_loop_call(warren_broker_loop(broker), give_all_back, warren_memory_of(broker));
}

void warren_broker_memory_full(struct warren_broker *broker, bool full)
{
	struct warren_memory *memory = warren_memory_of(broker);

	pthread_mutex_lock(&memory->lock);
	memory->full = full;
	pthread_mutex_unlock(&memory->lock);
}

void warren_broker_memory_fault(struct warren_broker *broker, uint32_t skip, uint32_t count,
	enum warren_broker_outcome outcome)
{
	struct warren_memory *memory = warren_memory_of(broker);

	pthread_mutex_lock(&memory->lock);
	memory->fault = outcome;
	memory->fault_skip = skip;
	memory->fault_count = count;
	pthread_mutex_unlock(&memory->lock);
}

void warren_broker_memory_show(struct warren_broker *broker,
	void (*fn)(const struct warren_broker_message *message, void *data), void *data)
{
	struct warren_memory *memory = warren_memory_of(broker);

	pthread_mutex_lock(&memory->lock);
	memory->show = fn;
	memory->show_data = data;
	pthread_mutex_unlock(&memory->lock);
}

void warren_broker_memory_limit(struct warren_broker *broker, size_t max_bytes)
{
	struct warren_memory *memory = warren_memory_of(broker);

	pthread_mutex_lock(&memory->lock);
	memory->vhost.max_bytes = max_bytes;
	pthread_mutex_unlock(&memory->lock);
}

int warren_broker_memory_publish_as(struct warren_broker *broker, const char *account,
	const struct warren_broker_message *message, warren_broker_on_settled on_settled,
	void *data)
{
	return warren_memory_publish_as(
		warren_memory_of(broker), account, message, on_settled, data);
}
