/* Which broker a URL means, and what holds for every broker: limits, names, headers. */
#include "broker/broker.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

/* ---- checks ---- */

static bool text_fits(const char *text)
{
	return !text || strnlen(text, WARREN_BROKER_TEXT_MAX + 1) <= WARREN_BROKER_TEXT_MAX;
}

static bool name_fits(const char *name)
{
	return name && name[0] && text_fits(name);
}

static int headers_check(const struct warren_broker_message *message)
{
	size_t bytes = 0;

	if (message->header_count > WARREN_BROKER_HEADERS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < message->header_count; i++) {
		const struct warren_broker_header *header = &message->headers[i];
		if (!name_fits(header->name) || strncmp(header->name, "x-", 2) == 0)
			return -EINVAL;
		bytes += strlen(header->name);
		if (header->text)
			bytes += strnlen(header->text, WARREN_BROKER_HEADERS_BYTES_MAX + 1);
	}
	return bytes <= WARREN_BROKER_HEADERS_BYTES_MAX ? 0 : -EMSGSIZE;
}

static int message_check(const struct warren_broker_message *message)
{
	if (!text_fits(message->exchange) || !text_fits(message->routing_key) ||
		!text_fits(message->type) || !text_fits(message->message_id) ||
		!text_fits(message->correlation_id) || !text_fits(message->reply_to) ||
		!text_fits(message->app_id) || !text_fits(message->content_type))
		return -EINVAL;
	if (message->timestamp_s < 0 || (message->body_len > 0 && !message->body))
		return -EINVAL;
	if (message->body_len > WARREN_BROKER_BODY_MAX)
		return -EMSGSIZE;
	return headers_check(message);
}

static bool queue_fits(const struct warren_broker_queue *queue)
{
	if (!name_fits(queue->name) || !text_fits(queue->dead_letter_exchange))
		return false;
	if (queue->kind != WARREN_QUEUE_QUORUM &&
		(queue->delivery_limit || queue->dead_letter_at_least_once))
		return false;
	return !queue->dead_letter_at_least_once ||
	       (queue->dead_letter_exchange && queue->reject_publish);
}

static bool topology_fits(const struct warren_broker_topology *topology)
{
	for (size_t i = 0; i < topology->exchange_count; i++)
		if (!name_fits(topology->exchanges[i].name))
			return false;
	for (size_t i = 0; i < topology->queue_count; i++)
		if (!queue_fits(&topology->queues[i]))
			return false;
	for (size_t i = 0; i < topology->binding_count; i++) {
		const struct warren_broker_binding *binding = &topology->bindings[i];
		if (!name_fits(binding->exchange) || !name_fits(binding->queue) ||
			!binding->routing_key || !text_fits(binding->routing_key))
			return false;
	}
	return true;
}

/* ---- headers ---- */

static const struct warren_broker_header *header_find(
	const struct warren_broker_message *message, const char *name)
{
	for (size_t i = 0; i < message->header_count; i++)
		if (strcmp(message->headers[i].name, name) == 0)
			return &message->headers[i];
	return NULL;
}

const char *warren_broker_header_text(const struct warren_broker_message *message, const char *name)
{
	const struct warren_broker_header *header = header_find(message, name);
	return header ? header->text : NULL;
}

int64_t warren_broker_header_number(
	const struct warren_broker_message *message, const char *name, int64_t otherwise)
{
	const struct warren_broker_header *header = header_find(message, name);
	return header && !header->text ? header->number : otherwise;
}

/* ---- outcomes ---- */

const char *warren_broker_outcome_name(enum warren_broker_outcome outcome)
{
	static const char *const names[WARREN_BROKER_OUTCOMES] = {
		[WARREN_BROKER_CONFIRMED] = "confirmed",
		[WARREN_BROKER_SENT] = "sent",
		[WARREN_BROKER_RETURNED] = "returned",
		[WARREN_BROKER_REFUSED] = "refused",
		[WARREN_BROKER_UNSENT] = "unsent",
		[WARREN_BROKER_LOST] = "lost",
	};
	return names[outcome];
}

/* ---- dispatch ---- */

static bool begins_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Names the scheme alone: the rest of a URL may hold a password. */
static int url_refuse(const char *url, struct warren_error *error)
{
	int len = 0;

	while (len < 16 && isalnum((unsigned char)url[len]))
		len++;
	if (len > 0 && url[len] == ':')
		warren_error_set(error, WARREN_INVALID_ARGUMENT, NULL,
			"a broker's URL is memory:, amqp://host or amqps://host; this one begins "
			"with \"%.*s:\"%s",
			len, url, begins_with(url, "memory:") ? " and has more behind it" : "");
	else
		warren_error_set(error, WARREN_INVALID_ARGUMENT, NULL,
			"a broker's URL is memory:, amqp://host or amqps://host; this one has no "
			"scheme");
	return -EINVAL;
}

static const struct warren_broker_ops *ops_of(const char *url)
{
	if (strcmp(url, "memory:") == 0)
		return &warren_broker_memory;
	if (begins_with(url, "amqp://") || begins_with(url, "amqps://"))
		return &warren_broker_amqp;
	return NULL;
}

/* ---- what comes back ---- */

void warren_broker_watches_init(struct warren_broker *broker)
{
	pthread_mutex_init(&broker->watches_lock, NULL);
	LIST_INIT(&broker->watches);
}

void warren_broker_watches_free(struct warren_broker *broker)
{
	assert(LIST_EMPTY(&broker->watches));
	pthread_mutex_destroy(&broker->watches_lock);
}

void warren_broker_watch_returned(struct warren_broker *broker, struct warren_broker_watch *watch)
{
	pthread_mutex_lock(&broker->watches_lock);
	LIST_INSERT_HEAD(&broker->watches, watch, link);
	pthread_mutex_unlock(&broker->watches_lock);
}

void warren_broker_unwatch_returned(struct warren_broker *broker, struct warren_broker_watch *watch)
{
	pthread_mutex_lock(&broker->watches_lock);
	LIST_REMOVE(watch, link);
	pthread_mutex_unlock(&broker->watches_lock);
}

void warren_broker_tell_returned(
	struct warren_broker *broker, const struct warren_broker_message *message)
{
	struct warren_broker_watch *watch;

	pthread_mutex_lock(&broker->watches_lock);
	LIST_FOREACH(watch, &broker->watches, link)
	{
		watch->fn(message, watch->data);
	}
	pthread_mutex_unlock(&broker->watches_lock);
}

/* ---- life ---- */

int warren_broker_open(const struct warren_broker_options *options, struct warren_broker **ret,
	struct warren_error *error)
{
	const struct warren_broker_ops *ops = ops_of(options->url ? options->url : "");
	struct warren_broker_options with_loop = *options;

	if (!text_fits(options->account)) {
		warren_error_set(error, WARREN_INVALID_ARGUMENT, NULL,
			"the account is over %d bytes", WARREN_BROKER_TEXT_MAX);
		return -EINVAL;
	}
	if (!ops)
		return url_refuse(options->url ? options->url : "", error);
	if (!with_loop.clock)
		with_loop.clock = warren_clock_real();
	if (!options->loop) {
		int rc = warren_loop_open(with_loop.clock, &with_loop.loop);
		if (rc < 0) {
			warren_error_set(error, WARREN_UNAVAILABLE, NULL,
				"the loop's thread could not be started");
			return rc;
		}
	}
	int rc = ops->open(&with_loop, ret, error);
	if (rc == 0)
		(*ret)->owns_loop = !options->loop;
	else if (!options->loop)
		warren_loop_close(with_loop.loop);
	return rc;
}

void warren_broker_close(struct warren_broker *broker, uint32_t drain_ms)
{
	struct warren_loop *own = broker->owns_loop ? broker->loop : NULL;

	broker->ops->close(broker, drain_ms);
	warren_loop_close(own);
}

struct warren_loop *warren_broker_loop(const struct warren_broker *broker)
{
	return broker->loop;
}

bool warren_broker_is_private(const struct warren_broker *broker)
{
	return broker->ops == &warren_broker_memory;
}

enum warren_broker_state warren_broker_state(struct warren_broker *broker)
{
	return broker->ops->state(broker);
}

const char *warren_broker_account(const struct warren_broker *broker)
{
	return broker->account;
}

int warren_broker_declare(
	struct warren_broker *broker, const struct warren_broker_topology *topology)
{
	if (!topology_fits(topology))
		return -EINVAL;
	return broker->ops->declare(broker, topology);
}

int warren_broker_expect_gone(struct warren_broker *broker, const char *queue)
{
	if (!name_fits(queue))
		return -EINVAL;
	return broker->ops->expect_gone(broker, queue);
}

int warren_broker_consume(struct warren_broker *broker, const char *queue, uint16_t prefetch,
	warren_broker_on_delivery on_delivery, void *data, uint64_t *ret_id)
{
	if (!name_fits(queue))
		return -EINVAL;
	return broker->ops->consume(broker, queue, prefetch, on_delivery, data, ret_id);
}

int warren_broker_get(struct warren_broker *broker, const char *queue,
	warren_broker_on_delivery on_delivery, void *data)
{
	if (!name_fits(queue))
		return -EINVAL;
	return broker->ops->get(broker, queue, on_delivery, data);
}

void warren_broker_widen(struct warren_broker *broker, uint64_t id, uint16_t more)
{
	broker->ops->widen(broker, id, more);
}

void warren_broker_cancel(struct warren_broker *broker, uint64_t id)
{
	broker->ops->cancel(broker, id);
}

int warren_broker_publish(struct warren_broker *broker, const struct warren_broker_message *message,
	warren_broker_on_settled on_settled, void *data)
{
	int rc = message_check(message);
	return rc ? rc : broker->ops->publish(broker, message, on_settled, data);
}

void warren_broker_ack(struct warren_broker *broker, uint64_t tag)
{
	if (tag)
		broker->ops->settle(broker, tag, false);
}

void warren_broker_requeue(struct warren_broker *broker, uint64_t tag)
{
	if (tag)
		broker->ops->settle(broker, tag, true);
}

bool warren_broker_is_current(struct warren_broker *broker, uint64_t tag)
{
	return broker->ops->is_current(broker, tag);
}

const char *warren_obstacle_kind_name(enum warren_obstacle_kind kind)
{
	static const char *const names[] = {"tuned", "missing", "breaks", "forbidden", "stale"};
	return names[kind];
}

void warren_broker_obstacles(struct warren_broker *broker, warren_obstacle_fn fn, void *data)
{
	broker->ops->obstacles(broker, fn, data);
}

void warren_broker_counters(struct warren_broker *broker, struct warren_broker_counters *ret)
{
	broker->ops->counters(broker, ret);
}
