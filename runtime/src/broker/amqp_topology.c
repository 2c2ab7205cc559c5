#include "broker/amqp_topology.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ARGUMENTS_MAX 9

enum declared_kind { DECLARED_EXCHANGE, DECLARED_QUEUE, DECLARED_BINDING };

struct warren_amqp_declared {
	enum declared_kind kind;
	bool sent;
	union {
		struct warren_broker_exchange exchange;
		struct warren_broker_queue queue;
		struct warren_broker_binding binding;
	};
};

/* ---- remembering ---- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_queue(const struct warren_broker_queue *a, const struct warren_broker_queue *b)
{
	return same_text(a->name, b->name) && a->kind == b->kind &&
	       a->message_ttl_ms == b->message_ttl_ms && a->expires_ms == b->expires_ms &&
	       a->max_length == b->max_length && a->delivery_limit == b->delivery_limit &&
	       a->reject_publish == b->reject_publish &&
	       a->single_active_consumer == b->single_active_consumer &&
	       same_text(a->dead_letter_exchange, b->dead_letter_exchange) &&
	       a->dead_letter_at_least_once == b->dead_letter_at_least_once;
}

static bool same_item(const struct warren_amqp_declared *a, const struct warren_amqp_declared *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case DECLARED_EXCHANGE:
		return same_text(a->exchange.name, b->exchange.name) &&
		       a->exchange.kind == b->exchange.kind;
	case DECLARED_QUEUE:
		return same_queue(&a->queue, &b->queue);
	case DECLARED_BINDING:
		return same_text(a->binding.exchange, b->binding.exchange) &&
		       same_text(a->binding.queue, b->binding.queue) &&
		       same_text(a->binding.routing_key, b->binding.routing_key);
	}
	return false;
}

static void item_free(struct warren_amqp_declared *item)
{
	switch (item->kind) {
	case DECLARED_EXCHANGE:
		free((char *)item->exchange.name);
		break;
	case DECLARED_QUEUE:
		free((char *)item->queue.name);
		free((char *)item->queue.dead_letter_exchange);
		break;
	case DECLARED_BINDING:
		free((char *)item->binding.exchange);
		free((char *)item->binding.queue);
		free((char *)item->binding.routing_key);
		break;
	}
}

/* Replaces a borrowed text by a copy of its own; NULL stays NULL. */
static bool own(const char **text)
{
	if (!*text)
		return true;
	*text = strdup(*text);
	return *text != NULL;
}

static bool item_own(struct warren_amqp_declared *item)
{
	bool owned = false;

	switch (item->kind) {
	case DECLARED_EXCHANGE:
		return own(&item->exchange.name);
	case DECLARED_QUEUE:
		owned = own(&item->queue.name);
		if (!own(&item->queue.dead_letter_exchange) || !owned)
			break;
		return true;
	case DECLARED_BINDING:
		owned = own(&item->binding.exchange);
		owned = own(&item->binding.queue) && owned;
		if (!own(&item->binding.routing_key) || !owned)
			break;
		return true;
	}
	item_free(item);
	return false;
}

/* There is room for it.  The same again is not kept twice, but sent again. */
static int item_add(struct warren_amqp_topology *topology, struct warren_amqp_declared item)
{
	for (size_t i = 0; i < topology->count; i++) {
		struct warren_amqp_declared *known = &topology->items[i];
		if (same_item(known, &item)) {
			topology->unsent += known->sent;
			known->sent = false;
			return 0;
		}
	}
	if (!item_own(&item))
		return -ENOMEM;
	topology->items[topology->count++] = item;
	topology->unsent++;
	return 0;
}

static int reserve(struct warren_amqp_topology *topology, size_t more)
{
	size_t wanted = topology->count + more;

	if (wanted <= topology->capacity)
		return 0;
	wanted += topology->capacity;
	struct warren_amqp_declared *items = reallocarray(topology->items, wanted, sizeof *items);
	if (!items)
		return -ENOMEM;
	topology->items = items;
	topology->capacity = wanted;
	return 0;
}

static void truncate_to(struct warren_amqp_topology *topology, size_t count)
{
	while (topology->count > count) {
		item_free(&topology->items[--topology->count]);
		topology->unsent--;
	}
}

int warren_amqp_topology_add(
	struct warren_amqp_topology *topology, const struct warren_broker_topology *declared)
{
	size_t before = topology->count;
	int rc = reserve(topology,
		declared->exchange_count + declared->queue_count + declared->binding_count);

	for (size_t i = 0; rc == 0 && i < declared->exchange_count; i++)
		rc = item_add(topology, (struct warren_amqp_declared){.kind = DECLARED_EXCHANGE,
						.exchange = declared->exchanges[i]});
	for (size_t i = 0; rc == 0 && i < declared->queue_count; i++)
		rc = item_add(topology, (struct warren_amqp_declared){.kind = DECLARED_QUEUE,
						.queue = declared->queues[i]});
	for (size_t i = 0; rc == 0 && i < declared->binding_count; i++)
		rc = item_add(topology, (struct warren_amqp_declared){.kind = DECLARED_BINDING,
						.binding = declared->bindings[i]});
	if (rc < 0)
		truncate_to(topology, before);
	return rc;
}

bool warren_amqp_topology_counts(const struct warren_amqp_topology *topology, const char *queue)
{
	for (size_t i = 0; i < topology->count; i++) {
		const struct warren_amqp_declared *item = &topology->items[i];
		if (item->kind == DECLARED_QUEUE && same_text(item->queue.name, queue))
			return item->queue.kind == WARREN_QUEUE_QUORUM;
	}
	return false;
}

bool warren_amqp_topology_has_exchange(
	const struct warren_amqp_topology *topology, const char *name)
{
	for (size_t i = 0; i < topology->count; i++) {
		const struct warren_amqp_declared *item = &topology->items[i];
		if (item->kind == DECLARED_EXCHANGE && same_text(item->exchange.name, name))
			return true;
	}
	return false;
}

void warren_amqp_topology_forget_sent(struct warren_amqp_topology *topology)
{
	for (size_t i = 0; i < topology->count; i++)
		topology->items[i].sent = false;
	topology->unsent = topology->count;
}

void warren_amqp_topology_free(struct warren_amqp_topology *topology)
{
	topology->unsent = topology->count;
	truncate_to(topology, 0);
	free(topology->items);
	*topology = (struct warren_amqp_topology){0};
}

/* ---- declaring ---- */

struct arguments {
	amqp_table_entry_t entries[ARGUMENTS_MAX];
	int count;
};

static void add_text(struct arguments *arguments, const char *name, const char *text)
{
	arguments->entries[arguments->count++] = (amqp_table_entry_t){
		.key = amqp_cstring_bytes(name),
		.value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes(text)}};
}

static void add_number(struct arguments *arguments, const char *name, uint32_t number)
{
	if (number == 0)
		return;
	arguments->entries[arguments->count++] =
		(amqp_table_entry_t){.key = amqp_cstring_bytes(name),
			.value = {.kind = AMQP_FIELD_KIND_I64, .value.i64 = number}};
}

static void send_queue(
	struct warren_amqp_connection *connection, const struct warren_broker_queue *queue)
{
	struct arguments arguments = {.count = 0};

	add_text(&arguments, "x-queue-type",
		queue->kind == WARREN_QUEUE_QUORUM ? "quorum" : "classic");
	add_number(&arguments, "x-message-ttl", queue->message_ttl_ms);
	add_number(&arguments, "x-expires", queue->expires_ms);
	add_number(&arguments, "x-max-length", queue->max_length);
	add_number(&arguments, "x-delivery-limit", queue->delivery_limit);
	add_text(&arguments, "x-overflow", queue->reject_publish ? "reject-publish" : "drop-head");
	if (queue->single_active_consumer)
		arguments.entries[arguments.count++] =
			(amqp_table_entry_t){.key = amqp_cstring_bytes("x-single-active-consumer"),
				.value = {.kind = AMQP_FIELD_KIND_BOOLEAN, .value.boolean = 1}};
	if (queue->dead_letter_exchange)
		add_text(&arguments, "x-dead-letter-exchange", queue->dead_letter_exchange);
	if (queue->dead_letter_at_least_once)
		add_text(&arguments, "x-dead-letter-strategy", "at-least-once");
	amqp_queue_declare_t declare = {
		.queue = amqp_cstring_bytes(queue->name),
		.durable = 1,
		.arguments = {arguments.count, arguments.entries},
	};
	warren_amqp_send_method(
		connection, WARREN_AMQP_CHANNEL, AMQP_QUEUE_DECLARE_METHOD, &declare);
}

static void send_exchange(
	struct warren_amqp_connection *connection, const struct warren_broker_exchange *exchange)
{
	amqp_exchange_declare_t declare = {
		.exchange = amqp_cstring_bytes(exchange->name),
		.type = amqp_cstring_bytes(
			exchange->kind == WARREN_EXCHANGE_TOPIC ? "topic" : "fanout"),
		.durable = 1,
	};
	warren_amqp_send_method(
		connection, WARREN_AMQP_CHANNEL, AMQP_EXCHANGE_DECLARE_METHOD, &declare);
}

static void send_binding(
	struct warren_amqp_connection *connection, const struct warren_broker_binding *binding)
{
	amqp_queue_bind_t bind = {
		.queue = amqp_cstring_bytes(binding->queue),
		.exchange = amqp_cstring_bytes(binding->exchange),
		.routing_key = amqp_cstring_bytes(binding->routing_key),
	};
	warren_amqp_send_method(connection, WARREN_AMQP_CHANNEL, AMQP_QUEUE_BIND_METHOD, &bind);
}

static void send_item(
	struct warren_amqp_connection *connection, const struct warren_amqp_declared *item)
{
	switch (item->kind) {
	case DECLARED_EXCHANGE:
		send_exchange(connection, &item->exchange);
		break;
	case DECLARED_QUEUE:
		send_queue(connection, &item->queue);
		break;
	case DECLARED_BINDING:
		send_binding(connection, &item->binding);
		break;
	}
}

/* By kind: a binding may have been declared before what it binds. */
size_t warren_amqp_topology_send(
	struct warren_amqp_topology *topology, struct warren_amqp_connection *connection)
{
	size_t replies = topology->unsent;

	for (int kind = DECLARED_EXCHANGE; replies > 0 && kind <= DECLARED_BINDING; kind++) {
		for (size_t i = 0; i < topology->count; i++) {
			struct warren_amqp_declared *item = &topology->items[i];
			if (item->sent || (int)item->kind != kind)
				continue;
			send_item(connection, item);
			item->sent = true;
		}
	}
	topology->unsent = 0;
	return replies;
}
