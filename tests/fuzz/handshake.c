/*
 * The lookups in what a client said at first.  The input is texts with a zero between them: a
 * name, a value, a query, headers.
 */
#include "edge/engine/handshake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/engine/engine.h"
#include "support/script.h"

enum { TEXTS = 4 };

/* Cuts the input to texts, which live until the whole is freed. */
static char *cut(const uint8_t *data, size_t len, const char *ret[TEXTS])
{
	char *whole = malloc(len + 1), *at = whole;

	if (len)
		memcpy(whole, data, len);
	whole[len] = '\0';
	for (int i = 0; i < TEXTS; i++) {
		ret[i] = at;
		at += strlen(at);
		at += at < whole + len;
	}
	return whole;
}

static void encode(const char *text, char *out)
{
	for (; *text; text++)
		out += sprintf(out, "%%%02x", (unsigned char)*text);
	*out = '\0';
}

/* The record has a line "name: value" for each header, whatever the client sent. */
static char *as_headers(const char *text)
{
	char *headers = malloc(strlen(text) * 4 + 4), *out = headers;

	while (*text) {
		size_t name_len = strcspn(text, ":\n"), len = strcspn(text, "\n");
		size_t value_at = name_len < len ? name_len + 1 : len;

		out += sprintf(out, "%.*s: %.*s\n", (int)name_len, text, (int)(len - value_at),
			text + value_at);
		text += len;
		text += *text == '\n';
	}
	*out = '\0';
	return headers;
}

typedef bool lookup(const struct warren_edge_handshake *, const char *, char *, size_t);

/* What is found in a room of its own size is the same as in a large one, and in none that is
 * smaller.
 */
static void look(lookup *fn, const struct warren_edge_handshake *handshake, const char *name)
{
	char large[8192], *exact;
	size_t size;

	if (!fn(handshake, name, large, sizeof large))
		return;
	size = strlen(large) + 1;
	fuzz_demand(size <= sizeof large);
	exact = malloc(size);
	fuzz_demand(fn(handshake, name, exact, size) && !strcmp(exact, large));
	fuzz_demand(!fn(handshake, name, exact, size - 1));
	free(exact);
}

/* A name and its value, encoded, are found as they were, whatever stands behind them. */
static void find_again(const char *name, const char *value, const char *rest)
{
	size_t size = 3 * (strlen(name) + strlen(value)) + strlen(rest) + 3;
	char *query = malloc(size), *found = malloc(strlen(value) + 1);
	struct warren_edge_handshake handshake = {.query = query, .headers = ""};

	encode(name, query);
	strcat(query, "=");
	encode(value, query + strlen(query));
	strcat(strcat(query, "&"), rest);
	if (*name && strlen(name) < 200) {
		fuzz_demand(
			warren_edge_handshake_query(&handshake, name, found, strlen(value) + 1));
		fuzz_demand(!strcmp(found, value));
	}
	free(query);
	free(found);
}

/* What an origin is told: nothing, or headers that end as headers do. */
static void check_origin(const char *origin, const char *host)
{
	static struct warren_edge edge = {
		.options.cors_origins = "http://a.example,https://b.example:8443"};
	char headers[512];
	size_t len = warren_cors_headers(&edge, origin, headers, sizeof headers);

	fuzz_demand(len == strlen(headers) && len < sizeof headers);
	fuzz_demand(len == 0 ||
		    (warren_cors_allows(&edge, origin, "") && !strcmp(headers + len - 2, "\r\n")));
	(void)warren_cors_allows(&edge, origin, host);
}

static void check_refusal(const char *why)
{
	char body[WARREN_REFUSAL_SIZE];
	struct warren_error error;

	warren_error_set(&error, WARREN_FORBIDDEN, NULL, "%s", why);
	fuzz_demand(warren_engine_error(WARREN_ENGINE_FORBIDDEN, error.message, body) == 403);
	fuzz_demand(fuzz_is_json(body, strlen(body)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *texts[TEXTS];
	char *whole = cut(data, len, texts), *headers = as_headers(texts[3]);
	struct warren_edge_handshake handshake = {.query = texts[2], .headers = headers};

	look(warren_edge_handshake_query, &handshake, texts[0]);
	look(warren_edge_handshake_header, &handshake, texts[0]);
	find_again(texts[0], texts[1], texts[2]);
	check_origin(texts[1], texts[2]);
	check_refusal(texts[1]);
	free(headers);
	free(whole);
	return 0;
}
