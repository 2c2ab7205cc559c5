/* One block holds the struct, the deaths, the headers, all texts and the body. */
#include "broker/memory_message.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static size_t text_size(const char *text)
{
	return text ? strlen(text) + 1 : 1;
}

static size_t texts_size(const struct warren_broker_message *from)
{
	size_t size = text_size(from->exchange) + text_size(from->routing_key) +
		      text_size(from->type) + text_size(from->message_id) +
		      text_size(from->correlation_id) + text_size(from->reply_to) +
		      text_size(from->app_id) + text_size(from->content_type) +
		      text_size(from->user_id);
	for (size_t i = 0; i < from->header_count; i++) {
		size += text_size(from->headers[i].name);
		if (from->headers[i].text)
			size += text_size(from->headers[i].text);
	}
	return size;
}

static const char *text_put(char **at, const char *text)
{
	size_t size = text_size(text);
	const char *put = memcpy(*at, text ? text : "", size);
	*at += size;
	return put;
}

/* Writes `from` into the block behind `message`; what only counts on a publish stays unset. */
static void view_put(
	struct warren_memory_message *message, const struct warren_broker_message *from)
{
	struct warren_broker_header *headers = (void *)(message->deaths + message->death_count);
	char *at = (char *)(headers + from->header_count);

	for (size_t i = 0; i < from->header_count; i++) {
		headers[i].name = text_put(&at, from->headers[i].name);
		headers[i].text =
			from->headers[i].text ? text_put(&at, from->headers[i].text) : NULL;
		headers[i].number = from->headers[i].text ? 0 : from->headers[i].number;
	}
	message->view = (struct warren_broker_message){
		.exchange = text_put(&at, from->exchange),
		.routing_key = text_put(&at, from->routing_key),
		.type = text_put(&at, from->type),
		.message_id = text_put(&at, from->message_id),
		.correlation_id = text_put(&at, from->correlation_id),
		.reply_to = text_put(&at, from->reply_to),
		.app_id = text_put(&at, from->app_id),
		.content_type = text_put(&at, from->content_type),
		.user_id = text_put(&at, from->user_id),
		.timestamp_s = from->timestamp_s,
		.headers = headers,
		.header_count = from->header_count,
		.body = (const uint8_t *)at,
		.body_len = from->body_len,
		.persistent = from->persistent,
	};
	if (from->body_len > 0)
		memcpy(at, from->body, from->body_len);
}

static struct warren_memory_message *message_new(
	const struct warren_broker_message *from, uint32_t death_count)
{
	size_t bytes = sizeof(struct warren_memory_message) + death_count * sizeof(uint64_t) +
		       from->header_count * sizeof(struct warren_broker_header) + texts_size(from) +
		       from->body_len;
	struct warren_memory_message *message = malloc(bytes);

	if (!message)
		return NULL;
	*message = (struct warren_memory_message){
		.bytes = bytes,
		.deaths = (uint64_t *)(message + 1),
		.death_count = death_count,
		.refs = 1,
	};
	view_put(message, from);
	return message;
}

struct warren_memory_message *warren_memory_message_copy(const struct warren_broker_message *from)
{
	return message_new(from, 0);
}

struct warren_memory_message *warren_memory_message_die(
	const struct warren_memory_message *message, const char *exchange, uint64_t queue_serial)
{
	struct warren_broker_message from = message->view;
	struct warren_memory_message *dead;

	from.exchange = exchange;
	dead = message_new(&from, message->death_count + 1);
	if (!dead)
		return NULL;
	memcpy(dead->deaths, message->deaths, message->death_count * sizeof(uint64_t));
	dead->deaths[message->death_count] = queue_serial;
	return dead;
}

bool warren_memory_message_died_in(
	const struct warren_memory_message *message, uint64_t queue_serial)
{
	for (uint32_t i = 0; i < message->death_count; i++)
		if (message->deaths[i] == queue_serial)
			return true;
	return false;
}

struct warren_memory_message *warren_memory_message_store(
	struct warren_memory_message *message, size_t *stored_bytes)
{
	if (!message->stored_bytes) {
		message->stored_bytes = stored_bytes;
		*stored_bytes += message->bytes;
	}
	message->refs++;
	return message;
}

void warren_memory_message_unref(struct warren_memory_message *message)
{
	assert(message->refs > 0);
	if (--message->refs > 0)
		return;
	if (message->stored_bytes)
		*message->stored_bytes -= message->bytes;
	free(message);
}
