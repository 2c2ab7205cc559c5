#include "edge/cluster/forward.h"

#include <stdlib.h>
#include <string.h>

#include "edge/http/http.h"

#define HEAD_MAX 65536

bool warren_forward_find(
	const struct warren_conn *conn, const char *sid, struct warren_peer_address *ret)
{
	char instance[WARREN_INSTANCE_MAX];

	return !conn->internal && warren_sid_instance(sid, instance) &&
	       warren_peer_find(conn->edge, instance, ret);
}

static int put(struct warren_buffer *out, const char *text)
{
	return warren_buffer_append(out, text, strlen(text));
}

/* Appends a header, if there is one. */
static int put_header(struct warren_buffer *out, const struct warren_conn *conn, const char *name,
	enum lws_token_indexes token)
{
	char *value = warren_http_header(conn->wsi, token);
	int result = 0;

	if (value && !strpbrk(value, "\r\n") && (result = put(out, name)) == 0 &&
		(result = put(out, ": ")) == 0 && (result = put(out, value)) == 0)
		result = put(out, "\r\n");
	free(value);
	return result;
}

char *warren_forward_headers(const struct warren_conn *conn, const char *more)
{
	static const struct {
		const char *name;
		enum lws_token_indexes token;
	} headers[] = {{"Host", WSI_TOKEN_HOST}, {"Origin", WSI_TOKEN_ORIGIN},
		{"Content-Type", WSI_TOKEN_HTTP_CONTENT_TYPE}, {"Sec-WebSocket-Key", WSI_TOKEN_KEY},
		{"Sec-WebSocket-Version", WSI_TOKEN_VERSION}};
	struct warren_buffer out;
	int result;

	warren_buffer_init(&out, HEAD_MAX);
	result = put(&out, more);
	for (size_t i = 0; i < sizeof headers / sizeof headers[0] && result == 0; i++)
		result = put_header(&out, conn, headers[i].name, headers[i].token);
	if (result == 0)
		result = warren_buffer_append(&out, "", 1);
	if (result < 0)
		warren_buffer_free(&out);
	return (char *)out.data;
}
