/*
 * The schema's constraints.  They hold for every value that is there: a field without presence
 * always is, an absent optional is not, and of a repeated field each element is.
 */
#include <errno.h>
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "codec/field.h"
#include "codec/path.h"
#include "codec/pattern.h"
#include "codec/safe_integer.h"
#include "codec/text_form.h"
#include "warren/message.h"

static int message_check(struct warren_error *error, const struct warren_message_type *type,
	const void *message, const struct warren_path *path, unsigned depth);

static int refuse(struct warren_error *error, const struct warren_path *path, const char *text)
{
	warren_path_error(path, error, "%s", text);
	return -EINVAL;
}

static int len_check(struct warren_error *error, const struct warren_field *rules, size_t len,
	const char *unit, const struct warren_path *path)
{
	if (len < rules->min_len) {
		warren_path_error(path, error, "must be at least %u %s%s long", rules->min_len,
			unit, rules->min_len == 1 ? "" : "s");
		return -EINVAL;
	}
	if (rules->max_len > 0 && len > rules->max_len) {
		warren_path_error(path, error, "must be at most %u %s%s long", rules->max_len, unit,
			rules->max_len == 1 ? "" : "s");
		return -EINVAL;
	}
	return 0;
}

/* ---- strings ---- */

static int in_check(struct warren_error *error, const struct warren_field *rules, const char *text,
	const struct warren_path *path)
{
	for (uint32_t i = 0; i < rules->in_count; i++) {
		if (strcmp(rules->in[i], text) == 0)
			return 0;
	}
	/* A list that does not fit is cut where the message is. */
	char allowed[2 * WARREN_ERROR_MESSAGE_MAX] = "";
	size_t len = 0;
	for (uint32_t i = 0; i < rules->in_count && len < sizeof allowed; i++)
		len += (size_t)snprintf(allowed + len, sizeof allowed - len, "%s%s",
			i > 0 ? ", " : "", rules->in[i]);
	warren_path_error(path, error, "must be one of: %s", allowed);
	return -EINVAL;
}

static int pattern_check(struct warren_error *error, const struct warren_field *rules,
	const char *text, size_t len, const struct warren_path *path)
{
	int rc = warren_pattern_find(rules->pattern, text, len);
	if (rc == 1)
		return 0;
	if (rc == 0) {
		warren_path_error(path, error, "must match %s", rules->pattern);
		return -EINVAL;
	}
	if (rc == -E2BIG) {
		warren_path_error(
			path, error, "is too intricate to be matched with %s", rules->pattern);
		return -EINVAL;
	}
	/* Memory is out, or the table holds what the compiler of schemas refuses. */
	warren_error_set(error, WARREN_INTERNAL, NULL, "a pattern could not be used");
	return -EINVAL;
}

static int string_check(struct warren_error *error, const struct warren_field *rules,
	const char *text, const struct warren_path *path)
{
	size_t len = strlen(text);
	if (!warren_utf8_valid(text, len))
		return refuse(error, path, "must be valid UTF-8");
	int rc = 0;
	if (rules->min_len > 0 || rules->max_len > 0)
		rc = len_check(error, rules, warren_utf8_count(text, len), "character", path);
	if (rc == 0 && rules->in_count > 0)
		rc = in_check(error, rules, text, path);
	if (rc == 0 && rules->pattern)
		rc = pattern_check(error, rules, text, len, path);
	if (rc == 0 && rules->flags & WARREN_FIELD_EMAIL && !warren_text_is_email(text, len))
		rc = refuse(error, path, "must be an e-mail address");
	if (rc == 0 && rules->flags & WARREN_FIELD_UUID && !warren_text_is_uuid(text, len))
		rc = refuse(error, path, "must be a UUID");
	return rc;
}

/* ---- numbers ---- */

/* A long double holds every 64-bit integer exactly; a double does not. */
static bool number_value(ProtobufCType type, const void *value, long double *ret)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		*ret = *(const int32_t *)value;
		return true;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		*ret = *(const uint32_t *)value;
		return true;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		*ret = *(const int64_t *)value;
		return true;
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		*ret = *(const uint64_t *)value;
		return true;
	case PROTOBUF_C_TYPE_FLOAT:
		*ret = *(const float *)value;
		return true;
	case PROTOBUF_C_TYPE_DOUBLE:
		*ret = *(const double *)value;
		return true;
	default:
		return false;
	}
}

/* A bound as people write it: 0.1, not 0.10000000000000001. */
static int bound_refuse(
	struct warren_error *error, const struct warren_path *path, const char *what, double bound)
{
	char text[40];
	for (int digits = DBL_DIG; digits <= DBL_DECIMAL_DIG; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, bound);
		if (strtod(text, NULL) == bound)
			break;
	}
	warren_path_error(path, error, "must be at %s %s", what, text);
	return -EINVAL;
}

static int number_check(struct warren_error *error, const struct warren_field *rules,
	ProtobufCType type, const void *value, const struct warren_path *path)
{
	long double number;
	if (!number_value(type, value, &number))
		return 0;
	/* Written so that NaN is within no bounds. */
	if (rules->flags & WARREN_FIELD_HAS_GTE && !(number >= rules->gte))
		return bound_refuse(error, path, "least", rules->gte);
	if (rules->flags & WARREN_FIELD_HAS_LTE && !(number <= rules->lte))
		return bound_refuse(error, path, "most", rules->lte);
	if (rules->flags & WARREN_FIELD_SAFE_INTEGER &&
		!(number >= -WARREN_SAFE_INTEGER_MAX && number <= WARREN_SAFE_INTEGER_MAX))
		return refuse(error, path, "must be within ±9007199254740991");
	return 0;
}

/* ---- fields ---- */

static int value_check(struct warren_error *error, const ProtobufCFieldDescriptor *field,
	const struct warren_field *rules, const void *value, const struct warren_path *path,
	unsigned depth)
{
	const void *pointer;
	switch (field->type) {
	case PROTOBUF_C_TYPE_BYTES: {
		const ProtobufCBinaryData *bytes = value;
		if (bytes->len > 0 && !bytes->data)
			return refuse(error, path, "has a length but no bytes");
		return len_check(error, rules, bytes->len, "byte", path);
	}
	case PROTOBUF_C_TYPE_STRING:
		pointer = warren_value_pointer(value);
		if (!pointer && warren_field_is_repeated(field))
			return refuse(error, path, "must not be NULL");
		return string_check(error, rules, pointer ? pointer : "", path);
	case PROTOBUF_C_TYPE_MESSAGE:
		pointer = warren_value_pointer(value);
		if (!pointer)
			return refuse(error, path, "must not be NULL");
		return message_check(error, rules->message, pointer, path, depth + 1);
	default:
		return number_check(error, rules, field->type, value, path);
	}
}

static int repeated_check(struct warren_error *error, const ProtobufCFieldDescriptor *field,
	const struct warren_field *rules, const void *message, const struct warren_path *up,
	unsigned depth)
{
	struct warren_path path = {up, rules->json_name, WARREN_PATH_NO_INDEX};
	const char *values = warren_value_pointer(warren_field_value(message, field));
	size_t count = warren_field_count(message, field);
	if (rules->flags & WARREN_FIELD_REQUIRED && count == 0)
		return refuse(error, &path, "must be given");
	if (count < rules->min_items) {
		warren_path_error(&path, error, "must have at least %u item%s", rules->min_items,
			rules->min_items == 1 ? "" : "s");
		return -EINVAL;
	}
	if (rules->max_items > 0 && count > rules->max_items) {
		warren_path_error(&path, error, "must have at most %u item%s", rules->max_items,
			rules->max_items == 1 ? "" : "s");
		return -EINVAL;
	}
	if (count > 0 && !values)
		return refuse(error, &path, "has a count but no items");
	for (path.index = 0; path.index < count; path.index++) {
		const char *value = values + path.index * warren_value_size(field->type);
		int rc = value_check(error, field, rules, value, &path, depth);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int singular_check(struct warren_error *error, const ProtobufCFieldDescriptor *field,
	const struct warren_field *rules, const void *message, const struct warren_path *up,
	unsigned depth)
{
	struct warren_path path = {up, rules->json_name, WARREN_PATH_NO_INDEX};
	const void *value = warren_field_value(message, field);
	bool present = warren_field_is_present(message, field);
	if (rules->flags & WARREN_FIELD_REQUIRED &&
		(!present || warren_value_is_zero(field->type, value)))
		return refuse(error, &path, "must be given");
	return present ? value_check(error, field, rules, value, &path, depth) : 0;
}

static int message_check(struct warren_error *error, const struct warren_message_type *type,
	const void *message, const struct warren_path *path, unsigned depth)
{
	if (depth > WARREN_MESSAGE_DEPTH_MAX)
		return refuse(error, path, "is nested too deep");
	for (unsigned i = 0; i < type->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &type->descriptor->fields[i];
		const struct warren_field *rules = &type->fields[i];
		int rc = warren_field_is_repeated(field)
				 ? repeated_check(error, field, rules, message, path, depth)
				 : singular_check(error, field, rules, message, path, depth);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int warren_message_check(
	const struct warren_message_type *type, const void *message, struct warren_error *error)
{
	struct warren_path root = {NULL, NULL, WARREN_PATH_NO_INDEX};
	return message_check(error, type, message, &root, 1);
}
