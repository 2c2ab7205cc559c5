/*
 * Each message that is published to the in-process broker, complete, as one line of text:
 *
 *   <exchange> <routing key>: <type> <property>=<text>… | <flag>… | <header>=<text>… | <body>
 *
 * Properties that are not given and flags that are not set are left out; headers stand in the order
 * of their names; of a protobuf body its length is shown.  What is random (ids, spans, instances,
 * digests) is a number, the same one each time that it comes in a test: #1, #2 …
 */
#ifndef MESSAGES_H
#define MESSAGES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/memory.h"
#include "service/wire.h"

#define MESSAGES_MAX 32
#define MESSAGES_RANDOM_MAX 64
#define MESSAGES_RANDOM_MIN 12 /* characters */

static struct messages {
	char lines[MESSAGES_MAX][1024];
	int count;
	char random[MESSAGES_RANDOM_MAX][80];
	int random_count;
} messages;

/* The number of something random. */
static int messages_number(const char *text, size_t len)
{
	int at = 0;
	ck_assert_uint_lt(len, sizeof messages.random[0]);
	while (at < messages.random_count &&
		(strlen(messages.random[at]) != len || memcmp(messages.random[at], text, len) != 0))
		at++;
	if (at == messages.random_count) {
		ck_assert_int_lt(messages.random_count, MESSAGES_RANDOM_MAX);
		memcpy(messages.random[messages.random_count++], text, len);
	}
	return at + 1;
}

static void messages_add(char *line, const char *text)
{
	size_t len = strlen(line);
	ck_assert_uint_lt(len + strlen(text), sizeof messages.lines[0]);
	strcpy(line + len, text);
}

/* An id, a digest or a routing key.  What is long behind its last dot is random. */
static void messages_add_id(char *line, const char *id)
{
	char number[16];
	const char *dot = strrchr(id, '.'), *random = dot ? dot + 1 : id;
	size_t len = strlen(random);
	if (len < MESSAGES_RANDOM_MIN) {
		messages_add(line, id);
		return;
	}
	char *whole = strndup(id, (size_t)(random - id));
	snprintf(number, sizeof number, "#%d", messages_number(random, len));
	messages_add(line, whole);
	messages_add(line, number);
	free(whole);
}

/* "00-<trace>-<span>-01" */
static void messages_add_trace(char *line, const char *trace)
{
	char text[48];
	ck_assert_uint_eq(strlen(trace), 55);
	int whole = messages_number(trace + 3, 32), span = messages_number(trace + 36, 16);
	snprintf(text, sizeof text, "%.3s#%d-#%d%s", trace, whole, span, trace + 52);
	messages_add(line, text);
}

static void messages_add_property(char *line, const char *name, const char *text)
{
	if (!text || text[0] == '\0')
		return;
	messages_add(line, " ");
	messages_add(line, name);
	messages_add(line, "=");
	messages_add_id(line, text);
}

static void messages_add_time(char *line, const char *name, int64_t at)
{
	char text[64];
	snprintf(text, sizeof text, " %s=%lld", name, (long long)at);
	if (at != 0)
		messages_add(line, text);
}

static void messages_add_flag(char *line, const char *name, bool is_set)
{
	if (!is_set)
		return;
	messages_add(line, " ");
	messages_add(line, name);
}

static bool messages_is_random(const char *header)
{
	return strcmp(header, WARREN_HEADER_ONCE) == 0 ||
	       strcmp(header, WARREN_HEADER_INSTANCE) == 0 ||
	       strcmp(header, WARREN_HEADER_PROOF) == 0;
}

static void messages_add_header(char *line, const struct warren_broker_header *header)
{
	char number[32];
	messages_add(line, " ");
	messages_add(line, header->name);
	messages_add(line, "=");
	snprintf(number, sizeof number, "%lld", (long long)header->number);
	if (!header->text)
		messages_add(line, number);
	else if (strcmp(header->name, WARREN_HEADER_TRACE) == 0)
		messages_add_trace(line, header->text);
	else if (messages_is_random(header->name))
		messages_add_id(line, header->text);
	else
		messages_add(line, header->text);
}

static int messages_by_name(const void *a, const void *b)
{
	const struct warren_broker_header *one = a, *other = b;
	return strcmp(one->name, other->name);
}

static void messages_add_headers(char *line, const struct warren_broker_message *message)
{
	struct warren_broker_header headers[WARREN_BROKER_HEADERS_MAX];
	for (size_t i = 0; i < message->header_count; i++)
		headers[i] = message->headers[i];
	qsort(headers, message->header_count, sizeof headers[0], messages_by_name);
	for (size_t i = 0; i < message->header_count; i++)
		messages_add_header(line, &headers[i]);
}

static void messages_add_body(char *line, const struct warren_broker_message *message)
{
	char text[512];
	bool is_protobuf = !message->content_type || message->content_type[0] == '\0' ||
			   strcmp(message->content_type, WARREN_WIRE_PROTOBUF) == 0;
	snprintf(text, sizeof text, " %zu bytes", message->body_len);
	messages_add(line, " |");
	if (is_protobuf && message->body_len > 0) {
		messages_add(line, text);
	} else if (message->body_len > 0) {
		snprintf(text, sizeof text, " %.*s", (int)message->body_len,
			(const char *)message->body);
		messages_add(line, text);
	}
}

/* A message without a type is the test kit's own. */
static void messages_show(const struct warren_broker_message *message, void *data)
{
	(void)data;
	if (!message->type)
		return;
	ck_assert_int_lt(messages.count, MESSAGES_MAX);
	char *line = messages.lines[messages.count++];
	line[0] = '\0';
	messages_add(line, message->exchange[0] == '\0' ? "default" : message->exchange);
	messages_add(line, " ");
	messages_add_id(line, message->routing_key);
	messages_add(line, ": ");
	messages_add(line, message->type);
	messages_add_property(line, "id", message->message_id);
	messages_add_property(line, "correlation", message->correlation_id);
	messages_add_property(line, "reply_to", message->reply_to);
	messages_add_property(line, "app", message->app_id);
	messages_add_time(line, "at", message->timestamp_s);
	if (message->content_type && message->content_type[0] != '\0') {
		messages_add(line, " content=");
		messages_add(line, message->content_type);
	}
	messages_add(line, " |");
	messages_add_flag(line, "persistent", message->persistent);
	messages_add_flag(line, "mandatory", message->mandatory);
	messages_add_flag(line, "reserved", message->reserved);
	messages_add_flag(line, "unconfirmed", message->unconfirmed);
	messages_add_flag(line, "now_or_never", message->now_or_never);
	messages_add_time(line, "expires", message->expires_ms);
	messages_add(line, " |");
	messages_add_headers(line, message);
	messages_add_body(line, message);
}

/* Those that are published from now on. */
static void messages_begin(struct warren_broker *broker)
{
	warren_broker_memory_show(broker, messages_show, NULL);
	memset(&messages, 0, sizeof messages);
}

static void messages_end(struct warren_broker *broker)
{
	warren_broker_memory_show(broker, NULL, NULL);
}

#endif
