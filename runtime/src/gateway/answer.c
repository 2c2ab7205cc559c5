#include "gateway/answer.h"

#include <stdlib.h>

#include "base/json.h"

#define ERROR_EVENT "warrenError"
#define ERROR_MAX_BYTES 8192

/* What the edge cannot take (it is overrun, or memory is out) is lost to the page, which has its
 * own time-out. */
static void send(const struct warren_asker *asker, const char *event, const char *json, size_t len)
{
	if (asker->ack_id >= 0)
		(void)warren_edge_ack(asker->edge, asker->sid, asker->ack_id, json, len);
	else if (event)
		(void)warren_edge_emit(asker->edge, asker->sid, event, json, len);
}

void warren_answer_reply(
	const struct warren_asker *asker, const char *reply, const char *json, size_t len)
{
	send(asker, reply, json, len);
}

void warren_answer_done(const struct warren_asker *asker)
{
	send(asker, NULL, "{}", 2);
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
		warren_json_cstring(&writer, event);
	}
	if (wrapped)
		warren_json_end_object(&writer);
	warren_json_end_object(&writer);
	if (warren_json_finish(&writer, &text, ret_len) == 0)
		return writer.data;
	warren_json_writer_free(&writer);
	return NULL;
}

void warren_answer_error(const struct warren_asker *asker, const struct warren_error *error)
{
	bool acked = asker->ack_id >= 0;
	size_t len;
	char *json = warren_answer_error_json(error, acked ? NULL : asker->event, acked, &len);
	if (json)
		send(asker, ERROR_EVENT, json, len);
	free(json);
}
