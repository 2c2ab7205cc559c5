#include "edge/cluster/forward.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/http/http.h"

/* Beside a body of max_payload: libwebsockets takes no larger request, and escapes may triple it.
 */
#define HEAD_MAX 65536

bool warren_forward_find(
	const struct warren_conn *conn, const char *sid, struct warren_peer_address *ret)
{
	char instance[WARREN_INSTANCE_MAX];

	return !conn->internal && warren_sid_instance(sid, instance) &&
	       warren_peer_find(conn->edge, instance, ret);
}

int warren_forward_text(struct warren_buffer *out, const char *text)
{
	return warren_buffer_append(out, text, strlen(text));
}

int warren_forward_header(struct warren_buffer *out, const struct warren_conn *conn,
	const char *name, enum lws_token_indexes token)
{
	char *value = warren_http_header(conn->wsi, token);
	int result = 0;

	if (value && !strpbrk(value, "\r\n") && (result = warren_forward_text(out, name)) == 0 &&
		(result = warren_forward_text(out, ": ")) == 0 &&
		(result = warren_forward_text(out, value)) == 0)
		result = warren_forward_text(out, "\r\n");
	free(value);
	return result;
}

/* Appends a decoded path, encoded again. */
static int put_path(struct warren_buffer *out, const char *path)
{
	int result = 0;

	for (; *path && result == 0; path++) {
		unsigned char c = (unsigned char)*path;
		char text[4];

		if (c > ' ' && c < 0x7f && !strchr("%?#", c))
			snprintf(text, sizeof text, "%c", c);
		else
			snprintf(text, sizeof text, "%%%02X", c);
		result = warren_forward_text(out, text);
	}
	return result;
}

int warren_forward_begin(struct warren_buffer *out, const struct warren_conn *conn,
	const char *method, const char *path)
{
	char *query = warren_http_query(conn->wsi);
	int result = -1;

	warren_buffer_init(out, (size_t)conn->edge->options.max_payload + HEAD_MAX);
	if (query && (result = warren_forward_text(out, method)) == 0 &&
		(result = warren_forward_text(out, " ")) == 0 &&
		(result = put_path(out, path)) == 0 &&
		(result = warren_forward_text(out, "?")) == 0 &&
		(result = warren_forward_text(out, query)) == 0 &&
		(result = warren_forward_text(out, " HTTP/1.1\r\n")) == 0 &&
		(result = warren_forward_header(out, conn, "Host", WSI_TOKEN_HOST)) == 0)
		result = warren_forward_header(out, conn, "Origin", WSI_TOKEN_ORIGIN);
	free(query);
	return result;
}
