/*
 * What edges say to each other about sockets: numbers, texts and events, one behind the other.
 *
 * Numbers are little-endian; a text is its length and its bytes; an event its key, the number of
 * its frames and each of them as a text.  Of a history each event follows a text, the room that it
 * came through.  Reading checks everything against what is there: after
 * an error all reads fail.
 */
#ifndef WARREN_EDGE_LETTER_H
#define WARREN_EDGE_LETTER_H

#include "base/buffer.h"
#include "base/json.h"
#include "edge/socketio/history.h"

/* A text's room, with its end. */
#define WARREN_LETTER_TEXT 512

struct warren_letter {
	const uint8_t *at, *end;
	bool bad;
};

/* Return 0; -ENOMEM; -EMSGSIZE. */
int warren_letter_put(struct warren_buffer *letter, uint64_t number) WARREN_MUST_CHECK;
int warren_letter_put_text(
	struct warren_buffer *letter, const char *text, size_t len) WARREN_MUST_CHECK;
/* So many events of a history, but the first `skip`. */
int warren_letter_put_events(struct warren_buffer *letter, const struct warren_history *history,
	uint32_t skip, uint32_t count) WARREN_MUST_CHECK;

void warren_letter_read(struct warren_letter *letter, const void *bytes, size_t len);
uint64_t warren_letter_number(struct warren_letter *letter);              /* 0 after an error */
struct warren_json_span warren_letter_span(struct warren_letter *letter); /* "" after an error */
/* Copies a text that is to fit, without zeros; "" after an error. */
const char *warren_letter_text(struct warren_letter *letter, char ret[WARREN_LETTER_TEXT]);

/*
 * Reads an event, whose frames (at most `max`) are the caller's.  Returns their number, 0 for one
 * without frames; -EBADMSG; -ENOMEM.
 */
int warren_letter_event(struct warren_letter *letter, uint64_t *ret_key,
	struct warren_frame **ret_frames, uint32_t max) WARREN_MUST_CHECK;

#endif
