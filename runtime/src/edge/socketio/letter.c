#include "edge/socketio/letter.h"

#include <errno.h>
#include <string.h>

int warren_letter_put(struct warren_buffer *letter, uint64_t number)
{
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++, number >>= 8)
		bytes[i] = (uint8_t)number;
	return warren_buffer_append(letter, bytes, sizeof bytes);
}

int warren_letter_put_text(struct warren_buffer *letter, const char *text, size_t len)
{
	int result = warren_letter_put(letter, len);

	return result < 0 || !len ? result : warren_buffer_append(letter, text, len);
}

static int put_event(struct warren_buffer *letter, const struct warren_kept *kept)
{
	const char *via = kept->via ? kept->via : "";
	int result = warren_letter_put_text(letter, via, strlen(via));

	if (result == 0)
		result = warren_letter_put(letter, kept->key);
	if (result == 0)
		result = warren_letter_put(letter, kept->count);
	for (uint32_t i = 0; i < kept->count && result == 0; i++)
		result = warren_letter_put_text(letter,
			(const char *)warren_frame_data(kept->frames[i]), kept->frames[i]->len);
	return result;
}

int warren_letter_put_events(struct warren_buffer *letter, const struct warren_history *history,
	uint32_t skip, uint32_t count)
{
	const struct warren_kept *kept = history->first;
	int result = warren_letter_put(letter, count);

	for (; skip; skip--)
		kept = kept->next;
	for (; count && result == 0; count--, kept = kept->next)
		result = put_event(letter, kept);
	return result;
}

void warren_letter_read(struct warren_letter *letter, const void *bytes, size_t len)
{
	const uint8_t *at = len ? bytes : (const uint8_t *)"";

	*letter = (struct warren_letter){.at = at, .end = at + len};
}

uint64_t warren_letter_number(struct warren_letter *letter)
{
	uint64_t number = 0;

	if (letter->bad || letter->end - letter->at < 8) {
		letter->bad = true;
		return 0;
	}
	for (int i = 8; i-- > 0;)
		number = number << 8 | letter->at[i];
	letter->at += 8;
	return number;
}

struct warren_json_span warren_letter_span(struct warren_letter *letter)
{
	uint64_t len = warren_letter_number(letter);
	struct warren_json_span span = {"", 0};

	if (letter->bad || len > (uint64_t)(letter->end - letter->at)) {
		letter->bad = true;
		return span;
	}
	if (len)
		span = (struct warren_json_span){(const char *)letter->at, (size_t)len};
	letter->at += len;
	return span;
}

const char *warren_letter_text(struct warren_letter *letter, char ret[WARREN_LETTER_TEXT])
{
	struct warren_json_span span = warren_letter_span(letter);

	if (span.len >= WARREN_LETTER_TEXT || memchr(span.text, '\0', span.len)) {
		letter->bad = true;
		span.len = 0;
	}
	memcpy(ret, span.text, span.len);
	ret[span.len] = '\0';
	return ret;
}

int warren_letter_event(struct warren_letter *letter, uint64_t *ret_key,
	struct warren_frame **ret_frames, uint32_t max)
{
	uint64_t key = warren_letter_number(letter), count = warren_letter_number(letter);
	uint32_t n = 0;
	int result = 0;

	if (letter->bad || count > max)
		return -EBADMSG;
	for (; n < count && result == 0; n++) {
		struct warren_json_span span = warren_letter_span(letter);

		ret_frames[n] = letter->bad ? NULL : warren_frame_open(n > 0, 0, span.len);
		if (!ret_frames[n])
			result = letter->bad ? -EBADMSG : -ENOMEM;
		else if (span.len)
			memcpy(warren_frame_data(ret_frames[n]), span.text, span.len);
	}
	if (result == 0) {
		*ret_key = key;
		return (int)n;
	}
	while (n-- > 0)
		warren_frame_unref(ret_frames[n]);
	return result;
}
