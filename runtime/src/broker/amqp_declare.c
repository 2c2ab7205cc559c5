/* One item as the broker is asked for it, and what its refusal says. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/amqp_topology.h"

#define ARGUMENTS_MAX (9 + WARREN_AMQP_ADOPTED_MAX)

struct arguments {
	amqp_table_entry_t entries[ARGUMENTS_MAX];
	int count;
};

/* ---- arguments ---- */

static void add_text(struct arguments *arguments, const char *name, const char *text)
{
	if (!text)
		return;
	arguments->entries[arguments->count++] = (amqp_table_entry_t){
		.key = amqp_cstring_bytes(name),
		.value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes(text)}};
}

static void add_number(struct arguments *arguments, const char *name, int64_t number)
{
	if (number == 0)
		return;
	arguments->entries[arguments->count++] =
		(amqp_table_entry_t){.key = amqp_cstring_bytes(name),
			.value = {.kind = AMQP_FIELD_KIND_I64, .value.i64 = number}};
}

static void add_flag(struct arguments *arguments, const char *name, bool flag)
{
	if (!flag)
		return;
	arguments->entries[arguments->count++] =
		(amqp_table_entry_t){.key = amqp_cstring_bytes(name),
			.value = {.kind = AMQP_FIELD_KIND_BOOLEAN, .value.boolean = 1}};
}

static void add_queue(struct arguments *arguments, const struct warren_broker_queue *queue)
{
	add_text(arguments, "x-queue-type",
		queue->kind == WARREN_QUEUE_QUORUM ? "quorum" : "classic");
	add_number(arguments, "x-message-ttl", queue->message_ttl_ms);
	add_number(arguments, "x-expires", queue->expires_ms);
	add_number(arguments, "x-max-length", queue->max_length);
	add_number(arguments, "x-delivery-limit", queue->delivery_limit);
	add_text(arguments, "x-overflow", queue->reject_publish ? "reject-publish" : "drop-head");
	add_flag(arguments, "x-single-active-consumer", queue->single_active_consumer);
	add_text(arguments, "x-dead-letter-exchange", queue->dead_letter_exchange);
	add_text(arguments, "x-dead-letter-strategy",
		queue->dead_letter_at_least_once ? "at-least-once" : NULL);
}

static bool is_named(const amqp_table_entry_t *entry, const char *name)
{
	return entry->key.len == strlen(name) &&
	       memcmp(entry->key.bytes, name, entry->key.len) == 0;
}

static void adopt(struct arguments *arguments, const struct warren_amqp_adopted *adopted)
{
	for (int i = 0; i < arguments->count; i++) {
		if (is_named(&arguments->entries[i], adopted->name)) {
			arguments->entries[i] = arguments->entries[--arguments->count];
			break;
		}
	}
	switch (adopted->kind) {
	case ADOPTED_NONE:
		break;
	case ADOPTED_TEXT:
		add_text(arguments, adopted->name, adopted->text);
		break;
	case ADOPTED_NUMBER:
		arguments->entries[arguments->count++] = (amqp_table_entry_t){
			.key = amqp_cstring_bytes(adopted->name),
			.value = {.kind = AMQP_FIELD_KIND_I64, .value.i64 = adopted->number}};
		break;
	case ADOPTED_FLAG:
		arguments->entries[arguments->count++] =
			(amqp_table_entry_t){.key = amqp_cstring_bytes(adopted->name),
				.value = {.kind = AMQP_FIELD_KIND_BOOLEAN,
					.value.boolean = adopted->number != 0}};
		break;
	}
}

static void adopt_all(struct arguments *arguments, const struct warren_amqp_item *item)
{
	for (int i = 0; i < item->adopted_count; i++)
		adopt(arguments, &item->adopted[i]);
}

/* ---- sending ---- */

static void send_method(
	struct warren_amqp_connection *connection, amqp_method_number_t id, void *method)
{
	warren_amqp_send_method(connection, WARREN_AMQP_DECLARING_CHANNEL, id, method);
}

static void send_queue(
	const struct warren_amqp_item *item, struct warren_amqp_connection *connection)
{
	struct arguments arguments = {.count = 0};
	bool look = item->look || item->kind != WARREN_AMQP_QUEUE;

	if (!look) {
		add_queue(&arguments, &item->queue);
		adopt_all(&arguments, item);
	}
	amqp_queue_declare_t declare = {
		.queue = amqp_cstring_bytes(item->queue.name),
		.passive = look,
		.durable = 1,
		.arguments = {arguments.count, arguments.entries},
	};
	send_method(connection, AMQP_QUEUE_DECLARE_METHOD, &declare);
}

static void send_exchange(
	const struct warren_amqp_item *item, struct warren_amqp_connection *connection)
{
	struct arguments arguments = {.count = 0};

	adopt_all(&arguments, item);
	amqp_exchange_declare_t declare = {
		.exchange = amqp_cstring_bytes(item->exchange.name),
		.type = amqp_cstring_bytes(
			item->exchange.kind == WARREN_EXCHANGE_TOPIC ? "topic" : "fanout"),
		.passive = item->look,
		.durable = 1,
		.arguments = {arguments.count, arguments.entries},
	};
	send_method(connection, AMQP_EXCHANGE_DECLARE_METHOD, &declare);
}

static void send_binding(
	const struct warren_amqp_item *item, struct warren_amqp_connection *connection)
{
	amqp_queue_bind_t bind = {
		.queue = amqp_cstring_bytes(item->binding.queue),
		.exchange = amqp_cstring_bytes(item->binding.exchange),
		.routing_key = amqp_cstring_bytes(item->binding.routing_key),
	};
	send_method(connection, AMQP_QUEUE_BIND_METHOD, &bind);
}

/* A consumer that no broker takes, for its argument is none; but it asks for the permission first.
 * So nothing is delivered: a 406 says that it may read, a 403 that it may not. */
static void send_read(
	const struct warren_amqp_item *item, struct warren_amqp_connection *connection)
{
	struct arguments arguments = {.count = 0};

	add_text(&arguments, "x-priority", "none");
	amqp_basic_consume_t consume = {
		.queue = amqp_cstring_bytes(item->queue.name),
		.arguments = {arguments.count, arguments.entries},
	};
	send_method(connection, AMQP_BASIC_CONSUME_METHOD, &consume);
}

void warren_amqp_item_send(struct warren_amqp_item *item, struct warren_amqp_connection *connection)
{
	switch (item->kind) {
	case WARREN_AMQP_EXCHANGE:
		send_exchange(item, connection);
		break;
	case WARREN_AMQP_QUEUE:
	case WARREN_AMQP_LOOK:
	case WARREN_AMQP_GONE:
		send_queue(item, connection);
		break;
	case WARREN_AMQP_BINDING:
		send_binding(item, connection);
		break;
	case WARREN_AMQP_READ:
		send_read(item, connection);
		break;
	case WARREN_AMQP_ITEM_KINDS:
		break;
	}
}

/* ---- what a refusal says ---- */

/*
 * Takes what stands between two marks; `ret_rest` is what follows the second one.  Returns whether
 * both are there and it fits.
 */
static bool cut_out(char *ret, size_t size, const char *text, const char *from, const char *to,
	const char **ret_rest)
{
	const char *begin = strstr(text, from);
	const char *end = begin ? strstr(begin + strlen(from), to) : NULL;

	if (!end)
		return false;
	begin += strlen(from);
	if ((size_t)(end - begin) >= size)
		return false;
	memcpy(ret, begin, (size_t)(end - begin));
	ret[end - begin] = '\0';
	*ret_rest = end + strlen(to);
	return true;
}

/* "none", "'20'" or "the value '20' of type 'short'" with its type; "" for the type of the one that
 * was received. */
static bool read_value(
	const char *text, char *value, size_t value_size, char *type, size_t type_size)
{
	const char *rest = text;

	type[0] = '\0';
	if (strncmp(text, "none", 4) == 0) {
		snprintf(value, value_size, "none");
		snprintf(type, type_size, "none");
		return true;
	}
	if (strncmp(text, "the value '", 11) == 0)
		return cut_out(value, value_size, text, "the value '", "' of type '", &rest) &&
		       cut_out(type, type_size, text, "' of type '", "'", &rest);
	return text[0] == '\'' && cut_out(value, value_size, text, "'", "'", &rest);
}

static bool is_text_argument(const char *name)
{
	static const char *const texts[] = {"x-queue-type", "x-overflow", "x-dead-letter-exchange",
		"x-dead-letter-routing-key", "x-dead-letter-strategy", "alternate-exchange"};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (strcmp(name, texts[i]) == 0)
			return true;
	return false;
}

/* Returns whether a value of that type can be sent. */
static bool fill_adopted(struct warren_amqp_adopted *adopted, const char *value, const char *type)
{
	char *end;

	snprintf(adopted->text, sizeof adopted->text, "%s", value);
	if (strcmp(type, "none") == 0) {
		adopted->kind = ADOPTED_NONE;
		return true;
	}
	if (strcmp(type, "longstr") == 0 || (type[0] == '\0' && is_text_argument(adopted->name))) {
		adopted->kind = ADOPTED_TEXT;
		return true;
	}
	if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0) {
		adopted->kind = ADOPTED_FLAG;
		adopted->number = strcmp(value, "true") == 0;
		return true;
	}
	adopted->kind = ADOPTED_NUMBER;
	adopted->number = strtoll(value, &end, 10);
	return end != value && *end == '\0';
}

bool warren_amqp_item_adopt(struct warren_amqp_item *item, const char *reply_text)
{
	char argument[WARREN_AMQP_ARGUMENT_MAX], type[32];
	char wanted[WARREN_AMQP_SHORT_MAX + 1] = "?",
					    current[WARREN_AMQP_SHORT_MAX + 1] = "otherwise";
	const struct warren_broker_queue *queue =
		item->kind == WARREN_AMQP_QUEUE ? &item->queue : NULL;
	const char *rest;

	if (!cut_out(argument, sizeof argument, reply_text, "inequivalent arg '", "' for ", &rest))
		return false;
	const char *received = strstr(rest, ": received ");
	const char *but = received ? strstr(received, " but current is ") : NULL;
	if (received)
		(void)read_value(
			received + strlen(": received "), wanted, sizeof wanted, type, sizeof type);
	struct warren_amqp_adopted adopted = {.kind = ADOPTED_NONE};
	snprintf(adopted.name, sizeof adopted.name, "%s", argument);
	bool read = but &&
		    read_value(but + strlen(" but current is "), current, sizeof current, type,
			    sizeof type) &&
		    fill_adopted(&adopted, current, type);
	warren_drift_add(&item->drift, queue, argument, wanted, current);
	if (!read || item->drift.breaks || item->adopted_count == WARREN_AMQP_ADOPTED_MAX)
		return false;
	struct warren_amqp_adopted *grown =
		reallocarray(item->adopted, (size_t)item->adopted_count + 1, sizeof *item->adopted);
	if (!grown)
		return false;
	item->adopted = grown;
	item->adopted[item->adopted_count++] = adopted;
	return true;
}

void warren_amqp_item_forget_adopted(struct warren_amqp_item *item)
{
	free(item->adopted);
	item->adopted = NULL;
	item->adopted_count = 0;
	item->drift = (struct warren_drift){0};
}
