#include "service/wire.h"

#include <errno.h>
#include <string.h>

#include "base/id.h"
#include "base/json.h"
#include "base/utf8.h"
#include "service/private.h"
#include "service/trust.h"

#define ERROR_BODY_MAX 4096
#define ERROR_DEPTH_MAX 8

/* Of a copy: four headers say why it is parked, one counts attempts, one names the account. */
#define ADDED_HEADERS 6
#define ADDED_BYTES 4096

/* "00-<32 hex: trace>-<16 hex: span>-<2 hex: flags>" */
enum { TRACE_AT = 3, SPAN_AT = 36, FLAGS_AT = 53 };

static void write_hex(char *ret, size_t bytes)
{
	uint8_t random[16];
	warren_random(random, bytes);
	warren_hex(ret, random, bytes);
}

static bool is_trace(const char *text)
{
	if (strlen(text) != WARREN_TRACE_SIZE - 1 || memcmp(text, "00-", TRACE_AT) != 0)
		return false;
	if (text[SPAN_AT - 1] != '-' || text[FLAGS_AT - 1] != '-')
		return false;
	return strspn(text + TRACE_AT, "0123456789abcdef") == SPAN_AT - 1 - TRACE_AT &&
	       strspn(text + SPAN_AT, "0123456789abcdef") == FLAGS_AT - 1 - SPAN_AT &&
	       strspn(text + FLAGS_AT, "0123456789abcdef") == 2;
}

void warren_wire_trace(char ret[WARREN_TRACE_SIZE], const char *parent)
{
	char trace[WARREN_TRACE_SIZE] = "00-";
	if (is_trace(parent)) {
		memcpy(trace, parent, sizeof trace);
	} else {
		write_hex(trace + TRACE_AT, 16);
		memcpy(trace + FLAGS_AT - 1, "-01", 4);
		trace[SPAN_AT - 1] = '-';
	}
	write_hex(trace + SPAN_AT, 8);
	memcpy(ret, trace, sizeof trace);
}

static struct warren_broker_header *header_slot(struct warren_outgoing *out, const char *name)
{
	struct warren_broker_message *message = &out->message;
	for (size_t i = 0; i < message->header_count; i++) {
		if (strcmp(out->headers[i].name, name) == 0)
			return &out->headers[i];
	}
	if (message->header_count == WARREN_BROKER_HEADERS_MAX)
		return NULL;
	return &out->headers[message->header_count++];
}

void warren_wire_text(struct warren_outgoing *out, const char *name, const char *text)
{
	if (!text || text[0] == '\0')
		return;
	struct warren_broker_header *header = header_slot(out, name);
	if (header)
		*header = (struct warren_broker_header){.name = name, .text = text};
}

void warren_wire_number(struct warren_outgoing *out, const char *name, int64_t number)
{
	struct warren_broker_header *header = header_slot(out, name);
	if (header)
		*header = (struct warren_broker_header){.name = name, .number = number};
}

void warren_wire_begin(struct warren_outgoing *out, const struct warren_ctx *ctx, const char *type,
	const char *content_type, struct warren_bytes body)
{
	out->message = (struct warren_broker_message){
		.exchange = "",
		.type = type,
		.correlation_id = ctx->correlation_id,
		.content_type = content_type,
		.headers = out->headers,
		.body = body.data,
		.body_len = body.len,
	};
}

void warren_wire_identify(struct warren_outgoing *out, const struct warren_ctx *ctx)
{
	warren_uuid(out->message_id);
	out->message.message_id = out->message_id;
	out->message.app_id = ctx->instance->service->name;
	if (ctx->correlation_id[0] == '\0')
		out->message.correlation_id = out->message_id;
	warren_wire_trace(out->trace, ctx->traceparent);
	warren_wire_text(out, WARREN_HEADER_TRACE, out->trace);
}

void warren_wire_event(struct warren_outgoing *out, const struct warren_ctx *ctx,
	const struct warren_event *event, struct warren_bytes body)
{
	bool kept = event->guarantee == WARREN_AT_LEAST_ONCE;
	warren_wire_begin(out, ctx, event->name, kept ? WARREN_WIRE_PROTOBUF : NULL, body);
	warren_wire_identify(out, ctx);
	/* A context that was opened for this very event carries its id, so that sending it again
	 * takes effect once. */
	if (!ctx->delivery && strcmp(ctx->event, event->name) == 0)
		out->message.message_id = ctx->message_id;
	out->message.exchange = ctx->instance->system;
	if (kept) {
		out->message.timestamp_s = warren_clock_wall_ms(ctx->instance->clock) / 1000;
		warren_wire_text(out, WARREN_HEADER_SCHEMA, event->schema);
	}
	warren_wire_text(out, WARREN_HEADER_USER, ctx->user);
	warren_wire_text(out, WARREN_HEADER_SOCKET, ctx->socket);
}

/* Whether a copy carries that header of the message, too; `*bytes` are those that it carries. */
static bool is_carried(
	const struct warren_outgoing *out, const struct warren_broker_header *header, size_t *bytes)
{
	size_t more = strlen(header->name) + (header->text ? strlen(header->text) : 0);
	/* One that somebody else wrote would be believed under our account. */
	if (header->name[0] == '\0' || strcmp(header->name, WARREN_HEADER_ACCOUNT) == 0 ||
		out->message.header_count == WARREN_BROKER_HEADERS_MAX - ADDED_HEADERS ||
		more > WARREN_BROKER_HEADERS_BYTES_MAX - ADDED_BYTES - *bytes)
		return false;
	*bytes += more;
	return true;
}

void warren_wire_again(struct warren_outgoing *out, const struct warren_instance *instance,
	const struct warren_broker_message *message)
{
	size_t bytes = 0;
	out->message = *message;
	out->message.headers = out->headers;
	out->message.header_count = 0;
	for (size_t i = 0; i < message->header_count; i++) {
		if (is_carried(out, &message->headers[i], &bytes))
			out->headers[out->message.header_count++] = message->headers[i];
	}
	warren_wire_text(out, WARREN_HEADER_ACCOUNT, warren_trust_account(instance, message));
}

bool warren_wire_is_name(const char *name)
{
	size_t len = strlen(name);
	if (len == 0 || len > WARREN_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return false;
	}
	return warren_utf8_valid(name, len);
}

/* ---- a delivery's own copy ---- */

static int copy_text(struct warren_arena *arena, const char **text)
{
	const char *from = *text ? *text : "";
	*text = warren_arena_strndup(arena, from, strlen(from));
	return *text ? 0 : -ENOMEM;
}

static int copy_headers(struct warren_broker_message *message, struct warren_arena *arena)
{
	struct warren_broker_header *headers = NULL;
	if (message->header_count > 0) {
		headers = warren_arena_alloc(arena, message->header_count * sizeof *headers);
		if (!headers)
			return -ENOMEM;
		memcpy(headers, message->headers, message->header_count * sizeof *headers);
	}
	message->headers = headers;
	for (size_t i = 0; i < message->header_count; i++) {
		if (copy_text(arena, &headers[i].name) < 0 ||
			(headers[i].text && copy_text(arena, &headers[i].text) < 0))
			return -ENOMEM;
	}
	return 0;
}

int warren_wire_copy(const struct warren_broker_message *message, struct warren_arena *arena,
	struct warren_broker_message **ret)
{
	struct warren_broker_message *copy = warren_arena_alloc(arena, sizeof *copy);
	if (!copy)
		return -ENOMEM;
	*copy = *message;
	const char **texts[] = {&copy->exchange, &copy->routing_key, &copy->type, &copy->message_id,
		&copy->correlation_id, &copy->reply_to, &copy->app_id, &copy->content_type,
		&copy->user_id};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (copy_text(arena, texts[i]) < 0)
			return -ENOMEM;
	}
	const char *body = message->body ? (const char *)message->body : "";
	copy->body = (const uint8_t *)warren_arena_strndup(arena, body, message->body_len);
	if (!copy->body || copy_headers(copy, arena) < 0)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

int warren_wire_unpack(const struct warren_message_type *type,
	const struct warren_broker_message *message, struct warren_arena *arena, void **ret,
	struct warren_error *error)
{
	const char *content_type = message->content_type;
	struct warren_bytes bytes = {.data = message->body, .len = message->body_len};
	int rc;
	/* By hand, e.g. on the management page, type and content type may be left out. */
	if (message->type[0] != '\0' && strcmp(message->type, type->event_name) != 0) {
		warren_error_set(error, WARREN_INVALID_ARGUMENT, NULL,
			"%s is expected here, and this is another message", type->event_name);
		return -EBADMSG;
	}
	if (content_type[0] == '\0' || strcmp(content_type, WARREN_WIRE_PROTOBUF) == 0) {
		rc = warren_message_unpack(type, bytes, arena, ret, error);
	} else if (strcmp(content_type, WARREN_WIRE_JSON) == 0) {
		rc = warren_message_from_json(
			type, (const char *)bytes.data, bytes.len, arena, ret, error);
	} else {
		warren_error_set(error, WARREN_INVALID_ARGUMENT, NULL,
			"the content type is neither %s nor %s", WARREN_WIRE_PROTOBUF,
			WARREN_WIRE_JSON);
		return -EBADMSG;
	}
	if (rc == -ENOMEM)
		warren_error_set(error, WARREN_INVALID_ARGUMENT, NULL,
			"the message is larger than this service takes");
	return rc;
}

static const char *header_text(const struct warren_broker_message *message, const char *name)
{
	const char *text = warren_broker_header_text(message, name);
	return text && strlen(text) <= WARREN_WIRE_TEXT_MAX ? text : "";
}

void warren_wire_context(const struct warren_broker_message *message, struct warren_ctx *ctx)
{
	ctx->message_id = message->message_id;
	ctx->correlation_id = message->correlation_id;
	ctx->user = header_text(message, WARREN_HEADER_USER);
	ctx->socket = header_text(message, WARREN_HEADER_SOCKET);
	ctx->traceparent = header_text(message, WARREN_HEADER_TRACE);
	if (!is_trace(ctx->traceparent))
		ctx->traceparent = "";
	int64_t attempt = warren_broker_header_number(message, WARREN_HEADER_ATTEMPT, 1);
	ctx->attempt = attempt < 1 || attempt > UINT32_MAX ? 1 : (uint32_t)attempt;
	int64_t deadline_ms = warren_broker_header_number(message, WARREN_HEADER_DEADLINE, 0);
	ctx->deadline_ms = deadline_ms > 0 ? deadline_ms : 0;
}

/* ---- errors ---- */

int warren_wire_error_write(
	const struct warren_error *error, struct warren_arena *arena, struct warren_bytes *ret)
{
	struct warren_json_writer writer;
	const char *text;
	size_t len;
	warren_json_writer_init(&writer, ERROR_BODY_MAX);
	warren_json_begin_object(&writer);
	warren_json_key(&writer, "code");
	warren_json_cstring(&writer, warren_code_name(error->code));
	warren_json_key(&writer, "message");
	warren_json_cstring(&writer, error->message);
	if (error->field[0]) {
		warren_json_key(&writer, "field");
		warren_json_cstring(&writer, error->field);
	}
	if (error->retry_after_ms) {
		warren_json_key(&writer, "retry_after_ms");
		warren_json_uint64(&writer, error->retry_after_ms);
	}
	warren_json_end_object(&writer);
	int rc = warren_json_finish(&writer, &text, &len);
	const char *copy = rc == 0 ? warren_arena_strndup(arena, text, len) : NULL;
	warren_json_writer_free(&writer);
	if (!copy)
		return -ENOMEM;
	*ret = (struct warren_bytes){.data = (const uint8_t *)copy, .len = len};
	return 0;
}

static void set_text(char *ret, size_t size, const char *text)
{
	size_t len = warren_utf8_cut(text, strlen(text), size - 1);
	memcpy(ret, text, len);
	ret[len] = '\0';
}

static int read_member(struct warren_json_reader *reader, struct warren_json_span key,
	struct warren_arena *arena, struct warren_error *error)
{
	struct warren_json_span value;
	const char *text;
	size_t len;
	uint64_t number;
	int rc = warren_json_skip(reader, &value);
	if (rc < 0)
		return rc;
	if (warren_json_string_is(key, "retry_after_ms")) {
		rc = warren_json_number_uint64(value, &number);
		if (rc == 0)
			error->retry_after_ms = number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
		return rc;
	}
	bool is_code = warren_json_string_is(key, "code"),
	     is_message = warren_json_string_is(key, "message");
	if (!is_code && !is_message && !warren_json_string_is(key, "field"))
		return 0;
	rc = warren_json_string_decode(value, arena, &text, &len);
	if (rc < 0)
		return rc;
	if (is_code)
		error->code = warren_code_from_name(text);
	else if (is_message)
		set_text(error->message, sizeof error->message, text);
	else
		set_text(error->field, sizeof error->field, text);
	return 0;
}

void warren_wire_error_read(
	struct warren_bytes body, struct warren_arena *arena, struct warren_error *ret)
{
	struct warren_json_reader reader;
	struct warren_json_span key;
	struct warren_error error = {.code = WARREN_INTERNAL};
	int more;
	warren_json_read(&reader, (const char *)body.data, body.len, ERROR_DEPTH_MAX);
	int rc = warren_json_enter_object(&reader);
	while (rc == 0 && (more = warren_json_next_member(&reader, &key)) != 0)
		rc = more < 0 ? more : read_member(&reader, key, arena, &error);
	if (rc < 0 || warren_json_end(&reader) < 0 || error.code == WARREN_OK)
		warren_error_set(&error, WARREN_INTERNAL, NULL,
			"the answer was an error that cannot be read");
	*ret = error;
}
