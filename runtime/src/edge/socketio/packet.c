#include "edge/socketio/packet.h"

#include <errno.h>
#include <string.h>

#include "base/decimal.h"

#define ACK_DIGITS_MAX 15 /* less than 2^53 */

/* Reads a number of at most `digits_max` digits at *at.  Returns false when there is none such. */
static bool read_number(const char **at, const char *end, int digits_max, int64_t *ret)
{
	int64_t number = 0;
	int digits = 0;

	for (; *at < end && **at >= '0' && **at <= '9'; (*at)++) {
		if (++digits > digits_max)
			return false;
		number = number * 10 + (**at - '0');
	}
	*ret = number;
	return digits > 0;
}

int warren_packet_read(
	const char *text, size_t len, uint32_t max_attachments, struct warren_packet *ret)
{
	struct warren_packet packet = {.ns = {"/", 1}, .ack_id = -1};
	const char *at = text, *end = text + len;
	int64_t number;

	if (len == 0 || *at < '0' || *at > '6')
		return -EBADMSG;
	packet.kind = (enum warren_packet_kind)(*at++ - '0');
	if (packet.kind == WARREN_PACKET_BINARY_EVENT || packet.kind == WARREN_PACKET_BINARY_ACK) {
		if (!read_number(&at, end, 9, &number) || at == end || *at != '-')
			return -EBADMSG;
		packet.too_many = number > max_attachments;
		if (packet.too_many && packet.kind == WARREN_PACKET_BINARY_ACK)
			return -E2BIG;
		packet.attachment_count = (uint32_t)number;
		at++;
	}
	if (at < end && *at == '/') {
		const char *comma = memchr(at, ',', (size_t)(end - at));

		packet.ns.text = at;
		packet.ns.len = (size_t)((comma ? comma : end) - at);
		at = comma ? comma + 1 : end;
	}
	if (at < end && *at >= '0' && *at <= '9') {
		if (!read_number(&at, end, ACK_DIGITS_MAX, &number))
			return -EBADMSG;
		packet.ack_id = number;
	}
	packet.payload = (struct warren_json_span){at, (size_t)(end - at)};
	*ret = packet;
	return 0;
}

/* Names that Socket.IO keeps for itself. */
static bool is_reserved(const char *name)
{
	static const char *const reserved[] = {"connect", "connect_error", "disconnect",
		"disconnecting", "newListener", "removeListener"};

	for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
		if (!strcmp(reserved[i], name))
			return true;
	return false;
}

static int read_name(
	struct warren_json_reader *reader, struct warren_arena *arena, const char **ret)
{
	struct warren_json_span span;
	enum warren_json_kind kind;
	const char *name;
	size_t len;
	int result;

	if (warren_json_next_element(reader) != 1 || warren_json_peek(reader, &kind) < 0 ||
		(kind != WARREN_JSON_STRING && kind != WARREN_JSON_NUMBER) ||
		warren_json_skip(reader, &span) < 0)
		return -EBADMSG;
	if (kind == WARREN_JSON_NUMBER) {
		name = warren_arena_strndup(arena, span.text, span.len);
		result = name ? 0 : -ENOMEM;
	} else {
		result = warren_json_string_decode(span, arena, &name, &len);
		if (result == -EBADMSG) { /* half of a surrogate pair: no event is called that */
			len = span.len - 2;
			name = warren_arena_strndup(arena, span.text + 1, len);
			result = name ? 0 : -ENOMEM;
		}
		if (result == 0 && (strlen(name) != len || is_reserved(name)))
			result = -EBADMSG;
	}
	if (result == 0)
		*ret = name;
	return result;
}

static int check_array(struct warren_json_reader *reader, bool event, struct warren_arena *arena,
	const char **ret_name, struct warren_json_span *ret_args)
{
	struct warren_json_span args = {"", 0}, arg;
	const char *name = "";
	int more, result;

	if (warren_json_enter_array(reader) < 0)
		return -EBADMSG;
	if (event) {
		result = read_name(reader, arena, &name);
		if (result < 0)
			return result;
		*ret_name = name;
	}
	while ((more = warren_json_next_element(reader)) == 1) {
		if (warren_json_skip(reader, &arg) < 0)
			return -EBADMSG;
		if (!args.len)
			args.text = arg.text;
		args.len = (size_t)(arg.text + arg.len - args.text);
	}
	if (more < 0 || warren_json_end(reader) < 0)
		return -EBADMSG;
	*ret_args = args;
	return 0;
}

static int check_object(struct warren_json_reader *reader)
{
	enum warren_json_kind kind;

	if (warren_json_peek(reader, &kind) < 0 || kind != WARREN_JSON_OBJECT ||
		warren_json_skip(reader, NULL) < 0 || warren_json_end(reader) < 0)
		return -EBADMSG;
	return 0;
}

static int check_placeholders(struct warren_json_reader *reader, uint32_t count);

/* An object is a placeholder when it says so; then its `num` must be one of the attachments. */
static int check_placeholder(struct warren_json_reader *reader, uint32_t count)
{
	struct warren_json_span key, value, num = {"", 0};
	bool placeholder = false;
	int64_t number;
	int more;

	if (warren_json_enter_object(reader) < 0)
		return -EBADMSG;
	while ((more = warren_json_next_member(reader, &key)) == 1) {
		if (warren_json_string_is(key, "_placeholder")) {
			if (warren_json_skip(reader, &value) < 0)
				return -EBADMSG;
			placeholder = value.len == 4 && !memcmp(value.text, "true", 4);
		} else if (warren_json_string_is(key, "num")) {
			if (warren_json_skip(reader, &num) < 0)
				return -EBADMSG;
		} else if (check_placeholders(reader, count) < 0) {
			return -EBADMSG;
		}
	}
	if (more < 0)
		return -EBADMSG;
	if (!placeholder)
		return 0;
	if (warren_json_number_int64(num, &number) < 0 || number < 0 || number >= count)
		return -EBADMSG;
	return 0;
}

/* Walks one value; the reader's depth limit bounds the recursion. */
static int check_placeholders(struct warren_json_reader *reader, uint32_t count)
{
	enum warren_json_kind kind;
	int more;

	if (warren_json_peek(reader, &kind) < 0)
		return -EBADMSG;
	if (kind == WARREN_JSON_OBJECT)
		return check_placeholder(reader, count);
	if (kind != WARREN_JSON_ARRAY)
		return warren_json_skip(reader, NULL);
	if (warren_json_enter_array(reader) < 0)
		return -EBADMSG;
	while ((more = warren_json_next_element(reader)) == 1)
		if (check_placeholders(reader, count) < 0)
			return -EBADMSG;
	return more;
}

int warren_packet_check(const struct warren_packet *packet, uint32_t depth_max,
	struct warren_arena *arena, const char **ret_name, struct warren_json_span *ret_args)
{
	struct warren_json_span payload = packet->payload;
	struct warren_json_reader reader;
	bool event = false;
	int result = 0;

	warren_json_read(&reader, payload.text, payload.len, depth_max);
	switch (packet->kind) {
	case WARREN_PACKET_CONNECT:
		result = payload.len ? check_object(&reader) : 0;
		break;
	case WARREN_PACKET_DISCONNECT:
		result = payload.len ? -EBADMSG : 0;
		break;
	case WARREN_PACKET_CONNECT_ERROR: /* only a server says that */
		result = -EBADMSG;
		break;
	case WARREN_PACKET_BINARY_EVENT:
	case WARREN_PACKET_BINARY_ACK:
		event = packet->kind == WARREN_PACKET_BINARY_EVENT;
		result = check_array(&reader, event, arena, ret_name, ret_args);
		if (result < 0)
			break;
		warren_json_read(&reader, payload.text, payload.len, depth_max);
		result = check_placeholders(&reader, packet->attachment_count);
		break;
	case WARREN_PACKET_EVENT:
	case WARREN_PACKET_ACK:
		event = packet->kind == WARREN_PACKET_EVENT;
		result = check_array(&reader, event, arena, ret_name, ret_args);
		break;
	}
	return result == -EBADMSG && reader.too_deep ? -ELOOP : result;
}

size_t warren_packet_header(enum warren_packet_kind kind, size_t attachment_count, const char *ns,
	int64_t ack_id, char ret[WARREN_PACKET_HEADER_MAX])
{
	size_t len = 0;

	ret[len++] = (char)('0' + kind);
	if (kind == WARREN_PACKET_BINARY_EVENT || kind == WARREN_PACKET_BINARY_ACK) {
		len += warren_decimal(ret + len, attachment_count);
		ret[len++] = '-';
	}
	if (strcmp(ns, "/")) {
		size_t ns_len = strlen(ns);

		memcpy(ret + len, ns, ns_len);
		len += ns_len;
		ret[len++] = ',';
	}
	if (ack_id >= 0)
		len += warren_decimal(ret + len, (uint64_t)ack_id);
	return len;
}
