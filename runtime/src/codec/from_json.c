/* Reading JSON by the proto3 mapping.  The reader's depth limit bounds the recursion here. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "codec/base64.h"
#include "codec/field.h"
#include "codec/path.h"
#include "codec/safe_integer.h"
#include "warren/message.h"

#define SHOWN_NAME_MAX 64 /* bytes of a name that is not known */

struct source {
	struct warren_json_reader reader;
	struct warren_arena *arena;
	struct warren_error *error;
};

static int refuse(struct source *source, const struct warren_path *path, const char *text)
{
	warren_path_error(path, source->error, "%s", text);
	return -EBADMSG;
}

static int refuse_text(struct source *source)
{
	warren_error_set(source->error, WARREN_INVALID_ARGUMENT, NULL,
		"the text is not valid JSON: at byte %zu %s", source->reader.error_at,
		source->reader.error_text);
	return -EBADMSG;
}

/* ---- numbers ---- */

/* Finds a number, which may stand in quotes.  Returns 0; -EBADMSG without an error set. */
static int number_find(struct warren_json_span span, struct warren_json_span *ret)
{
	struct warren_json_reader reader;
	enum warren_json_kind kind;
	if (span.text[0] == '"')
		span = (struct warren_json_span){span.text + 1, span.len - 2};
	warren_json_read(&reader, span.text, span.len, 0);
	if (warren_json_peek(&reader, &kind) < 0 || kind != WARREN_JSON_NUMBER ||
		warren_json_skip(&reader, ret) < 0 || ret->len != span.len)
		return -EBADMSG;
	return 0;
}

static int int64_read(struct source *source, const struct warren_path *path,
	struct warren_json_span span, int64_t least, int64_t most, int64_t *ret)
{
	int64_t number;
	int rc = number_find(span, &span);
	if (rc == 0)
		rc = warren_json_number_int64(span, &number);
	if (rc == -ERANGE || (rc == 0 && (number < least || number > most))) {
		warren_path_error(path, source->error,
			"must be a whole number from %" PRId64 " to %" PRId64, least, most);
		return -EBADMSG;
	}
	if (rc < 0)
		return refuse(source, path, "must be a whole number");
	*ret = number;
	return 0;
}

static int uint64_read(struct source *source, const struct warren_path *path,
	struct warren_json_span span, uint64_t most, uint64_t *ret)
{
	uint64_t number;
	int rc = number_find(span, &span);
	if (rc == 0)
		rc = warren_json_number_uint64(span, &number);
	if (rc == -ERANGE || (rc == 0 && number > most)) {
		warren_path_error(
			path, source->error, "must be a whole number from 0 to %" PRIu64, most);
		return -EBADMSG;
	}
	if (rc < 0)
		return refuse(source, path, "must be a whole number");
	*ret = number;
	return 0;
}

static int double_read(struct source *source, const struct warren_path *path,
	struct warren_json_span span, double *ret)
{
	if (warren_json_string_is(span, "NaN")) {
		*ret = NAN;
		return 0;
	}
	if (warren_json_string_is(span, "Infinity")) {
		*ret = INFINITY;
		return 0;
	}
	if (warren_json_string_is(span, "-Infinity")) {
		*ret = -INFINITY;
		return 0;
	}
	int rc = number_find(span, &span);
	if (rc == 0)
		rc = warren_json_number_double(span, ret);
	if (rc == -ERANGE)
		return refuse(source, path, "must be a smaller number");
	return rc < 0 ? refuse(source, path, "must be a number") : 0;
}

static int float_read(struct source *source, const struct warren_path *path,
	struct warren_json_span span, float *ret)
{
	double number;
	int rc = double_read(source, path, span, &number);
	if (rc < 0)
		return rc;
	if (isfinite(number) && !isfinite((float)number))
		return refuse(source, path, "must be a smaller number");
	*ret = (float)number;
	return 0;
}

/* ---- other scalars ---- */

static int enum_read(struct source *source, const struct warren_path *path,
	const ProtobufCEnumDescriptor *descriptor, struct warren_json_span span, int32_t *ret)
{
	int64_t number;
	if (span.text[0] == '"') {
		for (unsigned i = 0; i < descriptor->n_value_names; i++) {
			const ProtobufCEnumValueIndex *name = &descriptor->values_by_name[i];
			if (warren_json_string_is(span, name->name)) {
				*ret = descriptor->values[name->index].value;
				return 0;
			}
		}
		warren_path_error(path, source->error, "must be a name of the enum %s",
			descriptor->short_name);
		return -EBADMSG;
	}
	int rc = int64_read(source, path, span, INT32_MIN, INT32_MAX, &number);
	if (rc == 0)
		*ret = (int32_t)number;
	return rc;
}

static int string_read(struct source *source, const struct warren_path *path,
	struct warren_json_span span, void *value)
{
	const char *text;
	size_t len;
	if (span.text[0] != '"')
		return refuse(source, path, "must be a string");
	int rc = warren_json_string_decode(span, source->arena, &text, &len);
	if (rc == -EBADMSG)
		return refuse(source, path,
			"must be whole characters: half of a surrogate pair stands alone");
	if (rc < 0)
		return rc;
	if (memchr(text, 0, len))
		return refuse(source, path, "must not contain U+0000");
	memcpy(value, &text, sizeof text);
	return 0;
}

static int bytes_read(struct source *source, const struct warren_path *path,
	struct warren_json_span span, ProtobufCBinaryData *ret)
{
	const char *text;
	size_t len;
	if (span.text[0] != '"')
		return refuse(source, path, "must be a string of base64");
	/* A slash may come escaped. */
	int rc = warren_json_string_decode(span, source->arena, &text, &len);
	if (rc == -ENOMEM)
		return rc;
	uint8_t *data = warren_arena_alloc(source->arena, span.len / 4 * 3 + 3);
	if (!data)
		return -ENOMEM;
	size_t data_len;
	if (rc < 0 || warren_base64_decode(data, &data_len, text, len) < 0)
		return refuse(source, path, "must be a string of base64");
	*ret = (ProtobufCBinaryData){.len = data_len, .data = data};
	return 0;
}

/* ---- values ---- */

static int message_read(struct source *source, const struct warren_message_type *type,
	void *message, const struct warren_path *path);

static int integer_read(struct source *source, const ProtobufCFieldDescriptor *field,
	const struct warren_field *rules, struct warren_json_span span, void *value,
	const struct warren_path *path)
{
	bool safe = rules->flags & WARREN_FIELD_SAFE_INTEGER;
	int64_t number;
	uint64_t natural;
	int rc;
	switch (field->type) {
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		rc = uint64_read(source, path, span, UINT32_MAX, &natural);
		if (rc == 0)
			*(uint32_t *)value = (uint32_t)natural;
		return rc;
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return uint64_read(source, path, span,
			safe ? (uint64_t)WARREN_SAFE_INTEGER_MAX : UINT64_MAX, value);
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		return int64_read(source, path, span, safe ? -WARREN_SAFE_INTEGER_MAX : INT64_MIN,
			safe ? WARREN_SAFE_INTEGER_MAX : INT64_MAX, value);
	default:
		rc = int64_read(source, path, span, INT32_MIN, INT32_MAX, &number);
		if (rc == 0)
			*(int32_t *)value = (int32_t)number;
		return rc;
	}
}

static int submessage_read(struct source *source, const struct warren_message_type *type,
	void *value, const struct warren_path *path)
{
	void *message = warren_message_new(type, source->arena);
	if (!message)
		return -ENOMEM;
	memcpy(value, &message, sizeof message);
	return message_read(source, type, message, path);
}

/* Reads one value that is not null: a singular field's, or an element's. */
static int value_read(struct source *source, const ProtobufCFieldDescriptor *field,
	const struct warren_field *rules, void *value, const struct warren_path *path)
{
	struct warren_json_span span;
	if (field->type == PROTOBUF_C_TYPE_MESSAGE)
		return submessage_read(source, rules->message, value, path);
	if (warren_json_skip(&source->reader, &span) < 0)
		return refuse_text(source);
	switch (field->type) {
	case PROTOBUF_C_TYPE_FLOAT:
		return float_read(source, path, span, value);
	case PROTOBUF_C_TYPE_DOUBLE:
		return double_read(source, path, span, value);
	case PROTOBUF_C_TYPE_BOOL:
		if (span.text[0] != 't' && span.text[0] != 'f')
			return refuse(source, path, "must be true or false");
		*(protobuf_c_boolean *)value = span.text[0] == 't';
		return 0;
	case PROTOBUF_C_TYPE_ENUM:
		return enum_read(source, path, field->descriptor, span, value);
	case PROTOBUF_C_TYPE_STRING:
		return string_read(source, path, span, value);
	case PROTOBUF_C_TYPE_BYTES:
		return bytes_read(source, path, span, value);
	default:
		return integer_read(source, field, rules, span, value, path);
	}
}

static int repeated_read(struct source *source, const ProtobufCFieldDescriptor *field,
	const struct warren_field *rules, void *message, const struct warren_path *up)
{
	struct warren_path path = {up, rules->json_name, WARREN_PATH_NO_INDEX};
	enum warren_json_kind kind;
	if (warren_json_peek(&source->reader, &kind) < 0)
		return refuse_text(source);
	if (kind != WARREN_JSON_ARRAY)
		return refuse(source, &path, "must be an array");
	if (warren_json_enter_array(&source->reader) < 0)
		return refuse_text(source);
	for (path.index = 0;; path.index++) {
		int rc = warren_json_next_element(&source->reader);
		if (rc < 0)
			return refuse_text(source);
		if (rc == 0)
			return 0;
		void *value = warren_field_grow(message, field, 1, source->arena);
		if (!value)
			return -ENOMEM;
		rc = value_read(source, field, rules, value, &path);
		if (rc < 0)
			return rc;
		warren_field_add_count(message, field, 1);
	}
}

/* ---- members ---- */

/* Which fields of one message were given; most messages have at most 64. */
struct seen {
	uint64_t few;
	uint64_t *many; /* NULL: few suffices */
};

static int seen_open(struct seen *seen, unsigned field_count, struct warren_arena *arena)
{
	*seen = (struct seen){0};
	if (field_count > 64) {
		seen->many = warren_arena_alloc(arena, (field_count + 63) / 64 * 8);
		if (!seen->many)
			return -ENOMEM;
	}
	return 0;
}

/* Returns whether the field was given before. */
static bool seen_add(struct seen *seen, unsigned index)
{
	uint64_t *word = seen->many ? &seen->many[index / 64] : &seen->few;
	uint64_t bit = UINT64_C(1) << index % 64;
	bool before = (*word & bit) != 0;
	*word |= bit;
	return before;
}

/*
 * Finds the field of that JSON name, else of that proto name; n_fields: none.  The search begins at
 * `guess`, because most writers keep the order of the schema.
 */
static unsigned field_find(
	const struct warren_message_type *type, struct warren_json_span key, unsigned guess)
{
	unsigned count = type->descriptor->n_fields;
	for (unsigned i = 0; i < count; i++) {
		unsigned index = (guess + i) % count;
		if (warren_json_string_is(key, type->fields[index].json_name))
			return index;
	}
	for (unsigned i = 0; i < count; i++) {
		if (warren_json_string_is(key, type->descriptor->fields[i].name))
			return i;
	}
	return count;
}

static int refuse_unknown(
	struct source *source, const struct warren_path *up, struct warren_json_span key)
{
	char name[SHOWN_NAME_MAX + 1];
	size_t len = warren_utf8_cut(key.text + 1, key.len - 2, SHOWN_NAME_MAX);
	memcpy(name, key.text + 1, len);
	name[len] = '\0';
	struct warren_path path = {up, name, WARREN_PATH_NO_INDEX};
	return refuse(source, &path, "is not known here");
}

/* Returns the name of the oneof's other member that was given; NULL: none. */
static const char *oneof_rival(const struct warren_message_type *type, const void *message,
	const ProtobufCFieldDescriptor *field)
{
	if (!warren_field_is_oneof(field))
		return NULL;
	uint32_t id = warren_field_case(message, field);
	if (id == 0 || id == field->id)
		return NULL;
	const ProtobufCFieldDescriptor *rival =
		protobuf_c_message_descriptor_get_field(type->descriptor, id);
	return rival ? type->fields[rival - type->descriptor->fields].json_name : NULL;
}

static int member_read(struct source *source, const struct warren_message_type *type,
	unsigned index, void *message, const struct warren_path *up)
{
	const ProtobufCFieldDescriptor *field = &type->descriptor->fields[index];
	const struct warren_field *rules = &type->fields[index];
	struct warren_path path = {up, rules->json_name, WARREN_PATH_NO_INDEX};
	enum warren_json_kind kind;
	if (warren_json_peek(&source->reader, &kind) < 0)
		return refuse_text(source);
	if (kind == WARREN_JSON_NULL)
		return warren_json_skip(&source->reader, NULL) < 0 ? refuse_text(source) : 0;
	if (warren_field_is_repeated(field))
		return repeated_read(source, field, rules, message, up);
	const char *rival = oneof_rival(type, message, field);
	if (rival) {
		warren_path_error(&path, source->error, "must not be given beside %s", rival);
		return -EBADMSG;
	}
	return value_read(source, field, rules, warren_field_set(message, field), &path);
}

static int message_read(struct source *source, const struct warren_message_type *type,
	void *message, const struct warren_path *path)
{
	enum warren_json_kind kind;
	struct seen seen;
	if (warren_json_peek(&source->reader, &kind) < 0)
		return refuse_text(source);
	if (kind != WARREN_JSON_OBJECT)
		return refuse(source, path, "must be an object");
	if (warren_json_enter_object(&source->reader) < 0)
		return refuse_text(source);
	if (seen_open(&seen, type->descriptor->n_fields, source->arena) < 0)
		return -ENOMEM;
	for (unsigned guess = 0;; guess++) {
		struct warren_json_span key;
		int rc = warren_json_next_member(&source->reader, &key);
		if (rc < 0)
			return refuse_text(source);
		if (rc == 0)
			return 0;
		unsigned index = field_find(type, key, guess);
		if (index == type->descriptor->n_fields)
			return refuse_unknown(source, path, key);
		struct warren_path member = {
			path, type->fields[index].json_name, WARREN_PATH_NO_INDEX};
		if (seen_add(&seen, index))
			return refuse(source, &member, "is given twice");
		rc = member_read(source, type, index, message, path);
		if (rc < 0)
			return rc;
		guess = index;
	}
}

int warren_message_from_json(const struct warren_message_type *type, const char *json, size_t len,
	struct warren_arena *arena, void **ret, struct warren_error *error)
{
	struct source source = {.arena = arena, .error = error};
	struct warren_path root = {NULL, NULL, WARREN_PATH_NO_INDEX};
	warren_json_read(&source.reader, json, len, WARREN_MESSAGE_DEPTH_MAX);
	void *message = warren_message_new(type, arena);
	if (!message)
		return -ENOMEM;
	int rc = message_read(&source, type, message, &root);
	if (rc == 0 && warren_json_end(&source.reader) < 0)
		rc = refuse_text(&source);
	if (rc == 0)
		*ret = message;
	return rc;
}
