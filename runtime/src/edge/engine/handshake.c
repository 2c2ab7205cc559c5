#include "edge/engine/handshake.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "edge/http/address.h"
#include "edge/http/http.h"

/* libwebsockets refuses larger requests; a name comes to each value. */
#define HEADERS_MAX 65536

/* ---- reading ---- */

/* Appends `name` (with its colon) and a value as a line. */
static int append_line(
	struct warren_buffer *buffer, const char *name, const char *value, size_t value_len)
{
	if (warren_buffer_append(buffer, name, strlen(name)) < 0 ||
		warren_buffer_append(buffer, " ", 1) < 0 ||
		warren_buffer_append(buffer, value, value_len) < 0)
		return -1;
	return warren_buffer_append(buffer, "\n", 1);
}

static int append_known(struct warren_buffer *buffer, struct lws *wsi)
{
	for (int i = 0; i < _WSI_TOKEN_CLIENT_SENT_PROTOCOLS; i++) {
		enum lws_token_indexes token = (enum lws_token_indexes)i;
		const char *name = (const char *)lws_token_to_string(token);
		char *value;
		int result;

		/* Other tokens are no headers: methods, and HTTP/2's own. */
		if (!name || name[0] == ':' || !*name || name[strlen(name) - 1] != ':' ||
			lws_hdr_total_length(wsi, token) <= 0)
			continue;
		value = warren_http_header(wsi, token);
		if (!value)
			return -1;
		result = append_line(buffer, name, value, strlen(value));
		free(value);
		if (result < 0)
			return -1;
	}
	return 0;
}

/* libwebsockets finds other headers only by name: those of the option `headers`. */
static int append_asked(struct warren_buffer *buffer, struct lws *wsi, const char *names)
{
	for (const char *at = names; at && *at;) {
		size_t n = strcspn(at, ", ");
		char name[128], *value;
		int len = 0, result = 0;

		if (n && n < sizeof name - 1) {
			for (size_t i = 0; i < n; i++)
				name[i] =
					at[i] >= 'A' && at[i] <= 'Z' ? (char)(at[i] | 0x20) : at[i];
			memcpy(name + n, ":", 2);
			len = lws_hdr_custom_length(wsi, name, (int)n + 1);
		}
		if (len > 0) {
			value = malloc((size_t)len + 1);
			if (!value)
				return -1;
			if (lws_hdr_custom_copy(wsi, value, len + 1, name, (int)n + 1) >= 0)
				result = append_line(buffer, name, value, strlen(value));
			free(value);
		}
		if (result < 0)
			return -1;
		at += n;
		at += strspn(at, ", ");
	}
	return 0;
}

/* Puts the texts behind the record, in its own memory. */
static struct warren_edge_handshake *assemble(
	struct warren_conn *conn, const char *query, const struct warren_buffer *headers)
{
	char address[WARREN_ADDRESS_SIZE];
	size_t query_size = strlen(query) + 1, address_size;
	struct warren_edge_handshake *handshake;
	char *text;

	warren_address_of_client(conn, address);
	address_size = strlen(address) + 1;
	handshake = malloc(sizeof *handshake + query_size + address_size + headers->len + 1);
	if (!handshake)
		return NULL;
	text = (char *)(handshake + 1);
	memcpy(text, query, query_size);
	memcpy(text + query_size, address, address_size);
	if (headers->len)
		memcpy(text + query_size + address_size, headers->data, headers->len);
	text[query_size + address_size + headers->len] = '\0';
	*handshake = (struct warren_edge_handshake){.query = text,
		.address = text + query_size,
		.headers = text + query_size + address_size,
		.auth = "{}",
		.time_ms = warren_clock_wall_ms(conn->edge->clock),
		.secure = lws_is_ssl(conn->wsi),
		.cross_domain = lws_hdr_total_length(conn->wsi, WSI_TOKEN_ORIGIN) > 0};
	return handshake;
}

struct warren_edge_handshake *warren_handshake_read(struct warren_conn *conn, const char *path)
{
	struct warren_edge_handshake *handshake = NULL;
	char *query = warren_http_query(conn->wsi);
	struct warren_buffer headers;

	warren_buffer_init(&headers, HEADERS_MAX);
	if (query && append_known(&headers, conn->wsi) == 0 &&
		append_asked(&headers, conn->wsi, conn->edge->options.headers) == 0)
		handshake = assemble(conn, query, &headers);
	if (handshake)
		handshake->path = path;
	warren_buffer_free(&headers);
	free(query);
	return handshake;
}

int warren_handshake_admit(
	struct warren_edge *edge, struct warren_edge_handshake *handshake, struct warren_error *ret)
{
	warren_error_set(ret, WARREN_FORBIDDEN, NULL, "Forbidden");
	if (!edge->options.allow)
		return 0;
	handshake->ticket = ++edge->ticket;
	return edge->options.allow(handshake, ret, edge->options.allow_data);
}

/* ---- looking things up ---- */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads one character at text[*i], and moves there. */
static char decode_one(const char *text, size_t len, size_t *i)
{
	const char *at = text + *i;
	int high, low;

	*i += 1;
	if (*at == '+')
		return ' ';
	if (*at != '%' || at + 2 >= text + len)
		return *at;
	high = hex_value(at[1]);
	low = hex_value(at[2]);
	if (high < 0 || low < 0)
		return *at;
	*i += 2;
	return (char)(high << 4 | low);
}

bool warren_percent_decode(const char *text, size_t len, char *ret, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < len; n++)
		if (!decode_one(text, len, &i))
			return false;
	if (n >= size)
		return false;
	n = 0;
	for (size_t i = 0; i < len;)
		ret[n++] = decode_one(text, len, &i);
	ret[n] = '\0';
	return true;
}

bool warren_edge_handshake_query(
	const struct warren_edge_handshake *handshake, const char *name, char *ret, size_t size)
{
	size_t name_len = strlen(name);

	for (const char *at = handshake->query; *at;) {
		size_t len = strcspn(at, "&"), key_len = strcspn(at, "=&");
		char key[256];

		if (name_len < sizeof key && warren_percent_decode(at, key_len, key, sizeof key) &&
			!strcmp(key, name)) {
			size_t start = key_len < len ? key_len + 1 : len;

			return warren_percent_decode(at + start, len - start, ret, size);
		}
		at += len;
		at += *at == '&';
	}
	return false;
}

bool warren_edge_handshake_header(
	const struct warren_edge_handshake *handshake, const char *name, char *ret, size_t size)
{
	size_t name_len = strlen(name);

	for (const char *at = handshake->headers; *at; at += strcspn(at, "\n") + 1) {
		const char *value = at + name_len + 2;
		size_t len;

		if (strncasecmp(at, name, name_len) || at[name_len] != ':')
			continue;
		len = strcspn(value, "\n");
		if (len >= size)
			return false;
		memcpy(ret, value, len);
		ret[len] = '\0';
		return true;
	}
	return false;
}
