/*
 * Socket.IO v5 packets in text: `<kind>[<n>-][<namespace>,][<ack id>][JSON]`.
 *
 * Reading neither copies nor changes anything; what it returns points into the text.
 */
#ifndef WARREN_EDGE_PACKET_H
#define WARREN_EDGE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "warren/api.h"

enum warren_packet_kind {
	WARREN_PACKET_CONNECT,
	WARREN_PACKET_DISCONNECT,
	WARREN_PACKET_EVENT,
	WARREN_PACKET_ACK,
	WARREN_PACKET_CONNECT_ERROR,
	WARREN_PACKET_BINARY_EVENT,
	WARREN_PACKET_BINARY_ACK
};

/* No namespace's name is longer, and no header. */
#define WARREN_NAMESPACE_MAX 128
#define WARREN_PACKET_HEADER_MAX (WARREN_NAMESPACE_MAX + 48)

struct warren_packet {
	enum warren_packet_kind kind;
	uint32_t attachment_count;
	struct warren_json_span ns;      /* "/" when it is not written */
	int64_t ack_id;                  /* -1: none */
	struct warren_json_span payload; /* "" when there is none; not checked yet */
	bool too_many;                   /* attachments of an event */
};

/* Returns 0; -EBADMSG for a packet that is none; -E2BIG for too many attachments of an answer. */
int warren_packet_read(const char *text, size_t len, uint32_t max_attachments,
	struct warren_packet *ret) WARREN_MUST_CHECK;

/*
 * Checks the payload against the packet's kind: an object or nothing to connect, nothing to
 * disconnect, an array for the rest, and placeholders only for attachments that there are.
 * For an event, `name` (decoded, in the arena) and `args` (the exact text behind it).
 * Returns 0; -EBADMSG; -ELOOP for JSON that is nested too deep, of an event with its name all the
 * same; -ENOMEM.
 */
int warren_packet_check(const struct warren_packet *packet, uint32_t depth_max,
	struct warren_arena *arena, const char **ret_name,
	struct warren_json_span *ret_args) WARREN_MUST_CHECK;

/* Writes all that stands before the JSON, after the Engine.IO type '4'.  Returns its length. */
size_t warren_packet_header(enum warren_packet_kind kind, size_t attachment_count, const char *ns,
	int64_t ack_id, char ret[WARREN_PACKET_HEADER_MAX]);

#endif
