#include "gateway/answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

#define ERROR_EVENT "warrenError"
#define ERROR_MAX_BYTES 8192
#define EVENT_MAX_BYTES 256 /* a page may send any name */

static int send(const struct warren_asker *asker, const char *event, const char *json, size_t len)
{
	if (asker->ack_id >= 0)
		return warren_edge_ack(asker->edge, asker->sid, asker->ack_id, json, len);
	return event ? warren_edge_emit(asker->edge, asker->sid, event, json, len) : 0;
}

int warren_answer_reply(
	const struct warren_asker *asker, const char *reply, const char *json, size_t len)
{
	struct warren_error error;
	int rc = send(asker, reply, json, len);
	if (rc != -EMSGSIZE)
		return rc;
	warren_error_set(&error, WARREN_INTERNAL, NULL, "the reply is too large");
	return warren_answer_error(asker, &error);
}

int warren_answer_done(const struct warren_asker *asker)
{
	return send(asker, NULL, "{}", 2);
}

char *warren_answer_error_json(
	const struct warren_error *error, const char *event, bool wrapped, size_t *ret_len)
{
	struct warren_json_writer writer;
	const char *text;
	warren_json_writer_init(&writer, ERROR_MAX_BYTES);
	warren_json_begin_object(&writer);
	if (wrapped) {
		warren_json_key(&writer, "error");
		warren_json_begin_object(&writer);
	}
	warren_json_key(&writer, "code");
	warren_json_cstring(&writer, warren_code_name(error->code));
	warren_json_key(&writer, "message");
	warren_json_cstring(&writer, error->message);
	if (error->field[0] != '\0') {
		warren_json_key(&writer, "field");
		warren_json_cstring(&writer, error->field);
	}
	if (error->retry_after_ms > 0) {
		warren_json_key(&writer, "retry_after_ms");
		warren_json_uint64(&writer, error->retry_after_ms);
	}
	if (event) {
		warren_json_key(&writer, "event");
		warren_json_string(
			&writer, event, warren_utf8_cut(event, strlen(event), EVENT_MAX_BYTES));
	}
	if (wrapped)
		warren_json_end_object(&writer);
	warren_json_end_object(&writer);
	if (warren_json_finish(&writer, &text, ret_len) == 0)
		return writer.data;
	warren_json_writer_free(&writer);
	return NULL;
}

int warren_answer_error(const struct warren_asker *asker, const struct warren_error *error)
{
	bool acked = asker->ack_id >= 0;
	size_t len;
	char *json = warren_answer_error_json(error, acked ? NULL : asker->event, acked, &len);
	int rc = json ? send(asker, ERROR_EVENT, json, len) : -ENOMEM;
	free(json);
	return rc;
}
