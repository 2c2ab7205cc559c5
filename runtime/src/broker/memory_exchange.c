#include "broker/memory_exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A text seen as the words between its dots; empty text has no word. */
struct words {
	const char *at; /* the current word; NULL behind the last one */
	size_t len;
};

static struct words words_of(const char *text)
{
	return (struct words){.at = text[0] ? text : NULL, .len = strcspn(text, ".")};
}

static void words_next(struct words *words)
{
	const char *end = words->at + words->len;

	words->at = *end ? end + 1 : NULL;
	words->len = words->at ? strcspn(words->at, ".") : 0;
}

static bool word_is(const struct words *words, char wildcard)
{
	return words->len == 1 && words->at[0] == wildcard;
}

static bool words_equal(const struct words *pattern, const struct words *key)
{
	return word_is(pattern, '*') ||
	       (pattern->len == key->len && memcmp(pattern->at, key->at, key->len) == 0);
}

/* Only the last # needs to be tried again, each time one word longer: no recursion, n*m at worst.
 */
bool warren_memory_topic_matches(const char *pattern_text, const char *key_text)
{
	struct words pattern = words_of(pattern_text), key = words_of(key_text);
	struct words behind_hash = {0}, retry_key = {0};
	bool hash = false;

	while (key.at || pattern.at) {
		if (pattern.at && word_is(&pattern, '#')) {
			words_next(&pattern);
			behind_hash = pattern;
			retry_key = key;
			hash = true;
		} else if (pattern.at && key.at && words_equal(&pattern, &key)) {
			words_next(&pattern);
			words_next(&key);
		} else if (hash && retry_key.at) {
			words_next(&retry_key);
			pattern = behind_hash;
			key = retry_key;
		} else {
			return false;
		}
	}
	return true;
}

struct warren_memory_exchange *warren_memory_exchange_open(enum warren_exchange_kind kind)
{
	struct warren_memory_exchange *exchange = calloc(1, sizeof *exchange);

	if (exchange)
		exchange->kind = kind;
	return exchange;
}

void warren_memory_exchange_close(struct warren_memory_exchange *exchange)
{
	for (size_t i = 0; i < exchange->binding_count; i++)
		free(exchange->bindings[i].pattern);
	free(exchange->bindings);
	free(exchange);
}

static int bindings_grow(struct warren_memory_exchange *exchange)
{
	size_t capacity = exchange->binding_capacity ? exchange->binding_capacity * 2 : 8;
	struct warren_memory_binding *bindings =
		realloc(exchange->bindings, capacity * sizeof *bindings);

	if (!bindings)
		return -ENOMEM;
	exchange->bindings = bindings;
	exchange->binding_capacity = capacity;
	return 0;
}

int warren_memory_exchange_bind(struct warren_memory_exchange *exchange, const char *pattern,
	struct warren_memory_queue *queue)
{
	char *copy;

	for (size_t i = 0; i < exchange->binding_count; i++)
		if (exchange->bindings[i].queue == queue &&
			strcmp(exchange->bindings[i].pattern, pattern) == 0)
			return 0;
	if (exchange->binding_count == exchange->binding_capacity && bindings_grow(exchange) < 0)
		return -ENOMEM;
	copy = strdup(pattern);
	if (!copy)
		return -ENOMEM;
	exchange->bindings[exchange->binding_count++] =
		(struct warren_memory_binding){.pattern = copy, .queue = queue};
	return 0;
}

/* `pattern` NULL: all of the queue. */
static void unbind(struct warren_memory_exchange *exchange, const char *pattern,
	const struct warren_memory_queue *queue)
{
	size_t kept = 0;

	for (size_t i = 0; i < exchange->binding_count; i++) {
		if (exchange->bindings[i].queue == queue &&
			(!pattern || strcmp(exchange->bindings[i].pattern, pattern) == 0))
			free(exchange->bindings[i].pattern);
		else
			exchange->bindings[kept++] = exchange->bindings[i];
	}
	exchange->binding_count = kept;
}

void warren_memory_exchange_unbind(
	struct warren_memory_exchange *exchange, const struct warren_memory_queue *queue)
{
	unbind(exchange, NULL, queue);
}

void warren_memory_exchange_unbind_one(struct warren_memory_exchange *exchange, const char *pattern,
	const struct warren_memory_queue *queue)
{
	unbind(exchange, pattern, queue);
}

struct warren_memory_queue *warren_memory_exchange_next(
	const struct warren_memory_exchange *exchange, const char *key, size_t *cursor)
{
	while (*cursor < exchange->binding_count) {
		const struct warren_memory_binding *binding = &exchange->bindings[(*cursor)++];
		if (exchange->kind == WARREN_EXCHANGE_FANOUT ||
			warren_memory_topic_matches(binding->pattern, key))
			return binding->queue;
	}
	return NULL;
}
