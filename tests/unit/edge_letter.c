/* What edges say to each other about sockets: whole, cut short and wrong. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edge/socketio/letter.h"

#define MAX 3

static void put_event(struct warren_buffer *letter, uint64_t key, uint64_t count)
{
	ck_assert_int_eq(warren_letter_put(letter, key), 0);
	ck_assert_int_eq(warren_letter_put(letter, count), 0);
	for (uint64_t i = 0; i < count; i++)
		ck_assert_int_eq(warren_letter_put_text(letter, "42[1]", i ? 0 : 5), 0);
}

/* Reads a text and two events.  Returns whether all was there. */
static bool read_all(const uint8_t *bytes, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1); /* so that a sanitizer sees any byte too many */
	struct warren_letter letter;
	char text[WARREN_LETTER_TEXT];
	bool whole = true;

	memcpy(exact, bytes, len);
	warren_letter_read(&letter, exact, len);
	warren_letter_text(&letter, text);
	for (int n = 0; n < 2 && whole; n++) {
		struct warren_frame *frames[MAX];
		uint64_t key = 0;
		int count = warren_letter_event(&letter, &key, frames, MAX);

		whole = count >= 0;
		if (whole)
			ck_assert_uint_eq(key, n ? UINT64_MAX : 7);
		for (int i = 0; i < count; i++) {
			ck_assert_int_eq(frames[i]->binary, i > 0);
			ck_assert_uint_eq(frames[i]->len, i ? 0 : 5);
			warren_frame_unref(frames[i]);
		}
	}
	ck_assert_int_eq(whole, !letter.bad);
	if (whole)
		ck_assert_str_eq(text, "den");
	free(exact);
	return whole;
}

START_TEST(it_is_whole_or_nothing)
{
	struct warren_buffer letter;

	warren_buffer_init(&letter, 4096);
	ck_assert_int_eq(warren_letter_put_text(&letter, "den", 3), 0);
	put_event(&letter, 7, 0);
	put_event(&letter, UINT64_MAX, 3);
	for (size_t len = 0; len <= letter.len; len++)
		ck_assert_int_eq(read_all(letter.data, len), len == letter.len);
	warren_buffer_free(&letter);
}
END_TEST

START_TEST(lengths_are_not_believed)
{
	static const uint64_t lengths[] = {4, 1u << 20, UINT32_MAX, UINT64_MAX, (uint64_t)1 << 63};

	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		struct warren_buffer bytes;
		struct warren_letter letter;
		struct warren_frame *frames[MAX];
		char text[WARREN_LETTER_TEXT];
		uint64_t key;

		warren_buffer_init(&bytes, 4096);
		ck_assert_int_eq(warren_letter_put(&bytes, lengths[i]), 0);
		ck_assert_int_eq(warren_buffer_append(&bytes, "abc", 3), 0);
		warren_letter_read(&letter, bytes.data, bytes.len);
		ck_assert_str_eq(warren_letter_text(&letter, text), "");
		ck_assert(letter.bad);
		ck_assert_uint_eq(warren_letter_number(&letter), 0);
		warren_buffer_free(&bytes);

		warren_buffer_init(&bytes, 4096);
		put_event(&bytes, 1, 0);
		bytes.len -= 8;
		ck_assert_int_eq(warren_letter_put(&bytes, lengths[i]), 0);
		warren_letter_read(&letter, bytes.data, bytes.len);
		ck_assert_int_eq(warren_letter_event(&letter, &key, frames, MAX), -EBADMSG);
		warren_buffer_free(&bytes);
	}
}
END_TEST

START_TEST(a_text_is_short_and_has_no_zero)
{
	char long_text[WARREN_LETTER_TEXT + 1], text[WARREN_LETTER_TEXT];
	const struct {
		size_t len;
		bool zero, good;
	} cases[] = {{0, false, true}, {WARREN_LETTER_TEXT - 1, false, true},
		{WARREN_LETTER_TEXT, false, false}, {3, true, false}};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct warren_buffer bytes;
		struct warren_letter letter;

		memset(long_text, 'x', sizeof long_text);
		if (cases[i].zero)
			long_text[1] = '\0';
		warren_buffer_init(&bytes, 4096);
		ck_assert_int_eq(warren_letter_put_text(&bytes, long_text, cases[i].len), 0);
		warren_letter_read(&letter, bytes.data, bytes.len);
		ck_assert_uint_eq(strlen(warren_letter_text(&letter, text)),
			cases[i].good ? cases[i].len : 0);
		ck_assert_int_eq(letter.bad, !cases[i].good);
		warren_buffer_free(&bytes);
	}
}
END_TEST

START_TEST(offsets_are_texts_of_their_own)
{
	char text[WARREN_OFFSET_LEN + 1], next[WARREN_OFFSET_LEN + 1];

	warren_offset_text(UINT64_MAX, text);
	warren_offset_text(0, next);
	ck_assert_str_eq(text, "P__________");
	ck_assert_str_eq(next, "AAAAAAAAAAA");
	ck_assert_uint_ne(warren_offset_key(text, WARREN_OFFSET_LEN),
		warren_offset_key(next, WARREN_OFFSET_LEN));
	ck_assert_uint_ne(warren_offset_key("", 0), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("edge_letter");
	TCase *tcase = tcase_create("letter");
	tcase_add_test(tcase, it_is_whole_or_nothing);
	tcase_add_test(tcase, lengths_are_not_believed);
	tcase_add_test(tcase, a_text_is_short_and_has_no_zero);
	tcase_add_test(tcase, offsets_are_texts_of_their_own);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
