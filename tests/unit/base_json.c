/* base/json: tables of good and bad texts, spans, numbers, and what the writer writes. */
#include "base/json.h"

#include <check.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(text_) {text_, sizeof text_ - 1}

struct text {
	const char *text;
	size_t len;
};

static const struct text good[] = {
	TEXT("null"),
	TEXT("true"),
	TEXT("false"),
	TEXT("0"),
	TEXT("-0"),
	TEXT("-0.0e-0"),
	TEXT("1e400"),
	TEXT("1E+2"),
	TEXT("18446744073709551615"),
	TEXT("\"\""),
	TEXT("\"\\u0000\""),
	TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
	TEXT("\"\\ud83d\\ude00\""),
	TEXT("\"\\uD83D\\uDE00\""),
	TEXT("\"\xf0\x9f\x98\x80\xc3\xa4\""),
	TEXT("\"\x7f\""),
	TEXT("[]"),
	TEXT("{}"),
	TEXT(" \t\r\n[ 1 , 2 ] \n"),
	TEXT("{\"a\":{\"b\":[]},\"a\":1}"),
	TEXT("[[],{},[[{}]],\"\",0,null]"),
	TEXT("{\"\":\"\"}"),
};

static const struct text bad[] = {
	TEXT(""),
	TEXT(" "),
	TEXT("\0"),
	TEXT("null\0"),
	TEXT("\xef\xbb\xbf{}"),
	TEXT("nul"),
	TEXT("nullx"),
	TEXT("True"),
	TEXT("NaN"),
	TEXT("Infinity"),
	TEXT("-Infinity"),
	TEXT("01"),
	TEXT("-01"),
	TEXT("00"),
	TEXT("-"),
	TEXT("+1"),
	TEXT(".5"),
	TEXT("1."),
	TEXT("1.e1"),
	TEXT("1e"),
	TEXT("1e+"),
	TEXT("1e1.5"),
	TEXT("0x10"),
	TEXT("1_000"),
	TEXT("--1"),
	TEXT("1 2"),
	TEXT("[1,]"),
	TEXT("[,1]"),
	TEXT("[,]"),
	TEXT("[1 2]"),
	TEXT("[1"),
	TEXT("["),
	TEXT("]"),
	TEXT("[1}"),
	TEXT("[]]"),
	TEXT("{\"a\":1,}"),
	TEXT("{,}"),
	TEXT("{\"a\"}"),
	TEXT("{\"a\":}"),
	TEXT("{\"a\" 1}"),
	TEXT("{a:1}"),
	TEXT("{'a':1}"),
	TEXT("{1:1}"),
	TEXT("{\"a\":1 \"b\":2}"),
	TEXT("{\"a\":1]"),
	TEXT("{"),
	TEXT("}"),
	TEXT("\""),
	TEXT("\"abc"),
	TEXT("\"\\\""),
	TEXT("\"\\"),
	TEXT("\"\\a\""),
	TEXT("\"\\\0\""),
	TEXT("\"\\u12\""),
	TEXT("\"\\u12g4\""),
	TEXT("\"\\u+123\""),
	TEXT("\"a\0b\""),
	TEXT("\"a\nb\""),
	TEXT("\"a\tb\""),
	TEXT("\"\x1f\""),
	TEXT("\"\xff\""),
	TEXT("\"\xc0\x80\""),
	TEXT("\"\xed\xa0\x80\""),
	TEXT("\"\xf4\x90\x80\x80\""),
	TEXT("\"\xe2\x82\""),
	TEXT("[1,/* */2]"),
	TEXT("// x\n1"),
	TEXT("\v1"),
	TEXT("\xc2\xa0"
	     "1"),
};

static int skip_all(struct text text, uint32_t depth_max, struct warren_json_reader *reader)
{
	/* The exact size on the heap, so that a step too far is seen. */
	char *copy = malloc(text.len + !text.len);
	memcpy(copy, text.text, text.len);
	warren_json_read(reader, copy, text.len, depth_max);
	int rc = warren_json_skip(reader, NULL);
	if (rc == 0)
		rc = warren_json_end(reader);
	free(copy);
	return rc;
}

START_TEST(good_text_is_read)
{
	struct warren_json_reader reader;
	int rc = skip_all(good[_i], WARREN_JSON_DEPTH_MAX, &reader);
	ck_assert_msg(rc == 0, "%s: %s", good[_i].text, reader.error_text);
	ck_assert_ptr_null(reader.error_text);
}
END_TEST

START_TEST(bad_text_is_refused)
{
	struct warren_json_reader reader;
	int rc = skip_all(bad[_i], WARREN_JSON_DEPTH_MAX, &reader);
	ck_assert_msg(rc == -EBADMSG, "%s was read", bad[_i].text);
	ck_assert_ptr_nonnull(reader.error_text);
	ck_assert_uint_le(reader.error_at, bad[_i].len);
}
END_TEST

/* Every text cut short is refused, or is itself a text (a number's beginning). */
START_TEST(cut_text_is_never_overrun)
{
	for (size_t cut = 0; cut < good[_i].len; cut++) {
		struct warren_json_reader reader;
		struct text text = {good[_i].text, cut};
		int rc = skip_all(text, WARREN_JSON_DEPTH_MAX, &reader);
		ck_assert(rc == 0 || rc == -EBADMSG);
		ck_assert_int_eq(rc < 0, reader.error_text != NULL);
	}
}
END_TEST

static int nest(uint32_t depth, uint32_t depth_max, const char *open, const char *close)
{
	static char text[1000000];
	size_t len = 0;
	for (uint32_t i = 0; i < depth; i++)
		len += (size_t)sprintf(text + len, "%s", open);
	if (*open == '{')
		len += (size_t)sprintf(text + len, "1");
	for (uint32_t i = 0; i < depth; i++)
		len += (size_t)sprintf(text + len, "%s", close);
	struct warren_json_reader reader;
	return skip_all((struct text){text, len}, depth_max, &reader);
}

START_TEST(depth_is_limited)
{
	ck_assert_int_eq(nest(64, 64, "[", "]"), 0);
	ck_assert_int_eq(nest(65, 64, "[", "]"), -EBADMSG);
	ck_assert_int_eq(nest(64, 64, "{\"a\":", "}"), 0);
	ck_assert_int_eq(nest(65, 64, "{\"a\":", "}"), -EBADMSG);
	ck_assert_int_eq(nest(3, 3, "[", "]"), 0);
	ck_assert_int_eq(nest(4, 3, "[", "]"), -EBADMSG);
	ck_assert_int_eq(nest(1, 0, "[", "]"), -EBADMSG);
	ck_assert_int_eq(nest(0, 0, "[", "]"), -EBADMSG);
	ck_assert_int_eq(nest(100000, 64, "[", "]"), -EBADMSG);
}
END_TEST

START_TEST(values_are_walked)
{
	const char *text = " {\"a\" : [1, {\"x\":\"\\u00e4]}\"} ,true] , \"b\\n\":null}";
	struct warren_json_reader reader;
	struct warren_json_span span;
	enum warren_json_kind kind;
	warren_json_read(&reader, text, strlen(text), WARREN_JSON_DEPTH_MAX);
	ck_assert_int_eq(warren_json_peek(&reader, &kind), 0);
	ck_assert_int_eq(kind, WARREN_JSON_OBJECT);
	ck_assert_int_eq(warren_json_enter_object(&reader), 0);
	ck_assert_int_eq(warren_json_next_member(&reader, &span), 1);
	ck_assert(span.len == 3 && memcmp(span.text, "\"a\"", 3) == 0);
	ck_assert(warren_json_string_is(span, "a"));
	ck_assert_int_eq(warren_json_enter_array(&reader), 0);
	ck_assert_int_eq(warren_json_next_element(&reader), 1);
	ck_assert_int_eq(warren_json_skip(&reader, &span), 0);
	ck_assert(span.len == 1 && *span.text == '1');
	ck_assert_int_eq(warren_json_next_element(&reader), 1);
	ck_assert_int_eq(warren_json_skip(&reader, &span), 0);
	ck_assert(span.len == 16 && memcmp(span.text, "{\"x\":\"\\u00e4]}\"}", 16) == 0);
	ck_assert_int_eq(warren_json_next_element(&reader), 1);
	ck_assert_int_eq(warren_json_peek(&reader, &kind), 0);
	ck_assert_int_eq(kind, WARREN_JSON_TRUE);
	ck_assert_int_eq(warren_json_skip(&reader, &span), 0);
	ck_assert_int_eq(warren_json_next_element(&reader), 0);
	ck_assert_int_eq(warren_json_next_member(&reader, &span), 1);
	ck_assert(warren_json_string_is(span, "b\n"));
	ck_assert(!warren_json_string_is(span, "b"));
	ck_assert(!warren_json_string_is(span, "b\nc"));
	ck_assert_int_eq(warren_json_skip(&reader, NULL), 0);
	ck_assert_int_eq(warren_json_next_member(&reader, &span), 0);
	ck_assert_int_eq(warren_json_end(&reader), 0);
}
END_TEST

START_TEST(error_stays)
{
	const char *text = "[1,x,2]";
	struct warren_json_reader reader;
	struct warren_json_span span;
	enum warren_json_kind kind;
	warren_json_read(&reader, text, strlen(text), WARREN_JSON_DEPTH_MAX);
	ck_assert_int_eq(warren_json_enter_object(&reader), -EBADMSG);
	ck_assert_str_eq(reader.error_text, "an object is expected");
	ck_assert_uint_eq(reader.error_at, 0);
	ck_assert_int_eq(warren_json_enter_array(&reader), -EBADMSG);

	warren_json_read(&reader, text, strlen(text), WARREN_JSON_DEPTH_MAX);
	ck_assert_int_eq(warren_json_skip(&reader, &span), -EBADMSG);
	ck_assert_uint_eq(reader.error_at, 3);
	ck_assert_int_eq(warren_json_peek(&reader, &kind), -EBADMSG);
	ck_assert_int_eq(warren_json_enter_array(&reader), -EBADMSG);
	ck_assert_int_eq(warren_json_next_element(&reader), -EBADMSG);
	ck_assert_int_eq(warren_json_next_member(&reader, &span), -EBADMSG);
	ck_assert_int_eq(warren_json_skip(&reader, NULL), -EBADMSG);
	ck_assert_int_eq(warren_json_end(&reader), -EBADMSG);
	ck_assert_uint_eq(reader.error_at, 3);
}
END_TEST

static struct warren_json_span span_of(const char *text)
{
	return (struct warren_json_span){text, strlen(text)};
}

START_TEST(strings_are_decoded)
{
	static const struct {
		const char *text, *decoded;
		size_t len;
	} rows[] = {
		{"\"\"", "", 0},
		{"\"abc\"", "abc", 3},
		{"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8},
		{"\"a\\u0000b\"", "a\0b", 3},
		{"\"\\u007f\\u0080\\u07ff\\u0800\\uffff\"",
			"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf", 11},
		{"\"\\ud800\\udc00\\udbff\\udfff\"", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8},
		{"\"\xc3\xa4\"", "\xc3\xa4", 2},
	};
	struct warren_arena *arena = warren_arena_open(4096);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *text;
		size_t len;
		ck_assert_int_eq(
			warren_json_string_decode(span_of(rows[i].text), arena, &text, &len), 0);
		ck_assert_uint_eq(len, rows[i].len);
		ck_assert_mem_eq(text, rows[i].decoded, len + 1);
		bool has_nul = strlen(text) < len;
		ck_assert_int_eq(warren_json_string_is(span_of(rows[i].text), text), !has_nul);
	}
	/* Halves of surrogate pairs are right to a reader, and stand for no character. */
	static const char *const refused[] = {"", "\"", "abc", "\"abc", "\"\\x\"", "\"\\\"",
		"\"\xff\"", "\"\\ud83d\"", "\"\\ude00\"", "\"\\ude00\\ud83d\"",
		"\"\\ud83d\\u0041\"", "\"\\ud83dx\"", "\"\\ud83d\\ud83d\""};
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		const char *text = "untouched";
		size_t len = 7;
		ck_assert_int_eq(warren_json_string_decode(span_of(refused[i]), arena, &text, &len),
			-EBADMSG);
		ck_assert_str_eq(text, "untouched");
		ck_assert_uint_eq(len, 7);
	}
	for (size_t i = sizeof refused / sizeof refused[0] - 6;
		i < sizeof refused / sizeof refused[0]; i++) {
		struct warren_json_reader reader;
		warren_json_read(&reader, refused[i], strlen(refused[i]), 1);
		ck_assert_int_eq(warren_json_skip(&reader, NULL), 0);
		ck_assert_int_eq(warren_json_end(&reader), 0);
		ck_assert(!warren_json_string_is(span_of(refused[i]), "\xed\xa0\xbd"));
	}
	warren_arena_close(arena);

	arena = warren_arena_open(4);
	const char *text;
	size_t len;
	ck_assert_int_eq(
		warren_json_string_decode(span_of("\"abcdefghi\""), arena, &text, &len), -ENOMEM);
	warren_arena_close(arena);
}
END_TEST

START_TEST(integers_are_read)
{
	static const struct {
		const char *text;
		int signed_rc;
		int64_t signed_value;
		int unsigned_rc;
		uint64_t unsigned_value;
	} rows[] = {
		{"0", 0, 0, 0, 0},
		{"-0", 0, 0, 0, 0},
		{"0e999999999999999999999", 0, 0, 0, 0},
		{"0.000", 0, 0, 0, 0},
		{"1.0", 0, 1, 0, 1},
		{"1e2", 0, 100, 0, 100},
		{"1.25e2", 0, 125, 0, 125},
		{"120e-1", 0, 12, 0, 12},
		{"10.50e1", 0, 105, 0, 105},
		{"0.0001e4", 0, 1, 0, 1},
		{"-5", 0, -5, -ERANGE, 0},
		{"9223372036854775807", 0, INT64_MAX, 0, INT64_MAX},
		{"9223372036854775808", -ERANGE, 0, 0, UINT64_C(9223372036854775808)},
		{"-9223372036854775808", 0, INT64_MIN, -ERANGE, 0},
		{"-9223372036854775809", -ERANGE, 0, -ERANGE, 0},
		{"18446744073709551615", -ERANGE, 0, 0, UINT64_MAX},
		{"18446744073709551616", -ERANGE, 0, -ERANGE, 0},
		{"99999999999999999999", -ERANGE, 0, -ERANGE, 0},
		{"1e18", 0, 1000000000000000000, 0, 1000000000000000000},
		{"1e20", -ERANGE, 0, -ERANGE, 0},
		{"1e400", -ERANGE, 0, -ERANGE, 0},
		{"1e99999999999999999999999", -ERANGE, 0, -ERANGE, 0},
		{"1e-99999999999999999999999", -EBADMSG, 0, -EBADMSG, 0},
		{"1.5", -EBADMSG, 0, -EBADMSG, 0},
		{"1e-1", -EBADMSG, 0, -EBADMSG, 0},
		{"12.34e1", -EBADMSG, 0, -EBADMSG, 0},
		{"\"5\"", -EBADMSG, 0, -EBADMSG, 0},
		{"\"te[999999999999999999999999\"", -EBADMSG, 0, -EBADMSG, 0},
		{"true", -EBADMSG, 0, -EBADMSG, 0},
		{"[1]", -EBADMSG, 0, -EBADMSG, 0},
		{"", -EBADMSG, 0, -EBADMSG, 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t number = 4711;
		uint64_t natural = 4711;
		int rc = warren_json_number_int64(span_of(rows[i].text), &number);
		ck_assert_msg(rc == rows[i].signed_rc, "%s: %d", rows[i].text, rc);
		ck_assert_msg(
			number == (rc == 0 ? rows[i].signed_value : 4711), "%s", rows[i].text);
		rc = warren_json_number_uint64(span_of(rows[i].text), &natural);
		ck_assert_msg(rc == rows[i].unsigned_rc, "%s: %d", rows[i].text, rc);
		ck_assert_msg(
			natural == (rc == 0 ? rows[i].unsigned_value : 4711), "%s", rows[i].text);
	}
}
END_TEST

START_TEST(a_million_zeros_are_an_exponent)
{
	size_t zeros = 1000000;
	char *text = malloc(zeros + 32);
	memset(text, '0', zeros);
	text[1] = '.';
	strcpy(text + zeros, "1e999999");
	int64_t number;
	ck_assert_int_eq(warren_json_number_int64(span_of(text), &number), 0);
	ck_assert_int_eq(number, 1);
	double ret;
	ck_assert_int_eq(warren_json_number_double(span_of(text), &ret), -ERANGE);
	free(text);
}
END_TEST

START_TEST(doubles_are_read)
{
	double number;
	ck_assert_int_eq(warren_json_number_double(span_of("1e400"), &number), -ERANGE);
	ck_assert_int_eq(warren_json_number_double(span_of("-1e400"), &number), -ERANGE);
	ck_assert_int_eq(warren_json_number_double(span_of("1e-400"), &number), 0);
	ck_assert(number == 0);
	ck_assert_int_eq(warren_json_number_double(span_of("-0"), &number), 0);
	ck_assert(number == 0 && signbit(number));
	ck_assert_int_eq(warren_json_number_double(span_of("1.7976931348623157e308"), &number), 0);
	ck_assert(number == DBL_MAX);
	/* Not one character past the span. */
	ck_assert_int_eq(
		warren_json_number_double((struct warren_json_span){"12345", 2}, &number), 0);
	ck_assert(number == 12);
}
END_TEST

static char *write_double(double number, bool single)
{
	struct warren_json_writer writer;
	const char *text;
	warren_json_writer_init(&writer, 100);
	if (single)
		warren_json_float(&writer, (float)number);
	else
		warren_json_double(&writer, number);
	ck_assert_int_eq(warren_json_finish(&writer, &text, NULL), 0);
	char *copy = strdup(text);
	warren_json_writer_free(&writer);
	return copy;
}

START_TEST(doubles_are_written_short)
{
	static const struct {
		double number;
		bool single;
		const char *text;
	} rows[] = {
		{0, false, "0"},
		{-0.0, false, "-0"},
		{0.1, false, "0.1"},
		{1.0 / 3, false, "0.3333333333333333"},
		{0.1 + 0.2, false, "0.30000000000000004"},
		{100, false, "100"},
		{1e21, false, "1e+21"},
		{-1.5e-7, false, "-1.5e-07"},
		{9007199254740991.0, false, "9007199254740991"},
		{DBL_MAX, false, "1.7976931348623157e+308"},
		{DBL_MIN, false, "2.2250738585072014e-308"},
		{5e-324, false, "5e-324"},
		{NAN, false, "\"NaN\""},
		{INFINITY, false, "\"Infinity\""},
		{-INFINITY, false, "\"-Infinity\""},
		{0.1f, true, "0.1"},
		{1.0f / 3, true, "0.33333334"},
		{FLT_MAX, true, "3.4028235e+38"},
		{1e-45f, true, "1e-45"},
		{16777216, true, "16777216"},
		{NAN, true, "\"NaN\""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *text = write_double(rows[i].number, rows[i].single);
		ck_assert_str_eq(text, rows[i].text);
		free(text);
	}
}
END_TEST

START_TEST(doubles_come_back)
{
	uint64_t seed = 0x9e3779b97f4a7c15;
	for (int i = 0; i < 20000; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		double number, back;
		memcpy(&number, &seed, sizeof number);
		if (!isfinite(number))
			continue;
		char *text = write_double(number, false);
		struct warren_json_reader reader;
		warren_json_read(&reader, text, strlen(text), 0);
		ck_assert_int_eq(warren_json_skip(&reader, NULL), 0);
		ck_assert_int_eq(warren_json_end(&reader), 0);
		ck_assert_int_eq(warren_json_number_double(span_of(text), &back), 0);
		ck_assert_mem_eq(&number, &back, sizeof number);
		free(text);
	}
}
END_TEST

/* A writer's text for every kind of value, nested, and read again. */
START_TEST(values_are_written)
{
	struct warren_json_writer writer;
	const char *text;
	size_t len;
	warren_json_writer_init(&writer, 1000);
	warren_json_begin_object(&writer);
	warren_json_key(&writer, "a\"");
	warren_json_begin_array(&writer);
	warren_json_begin_array(&writer);
	warren_json_end_array(&writer);
	warren_json_begin_object(&writer);
	warren_json_end_object(&writer);
	warren_json_int64(&writer, INT64_MIN);
	warren_json_uint64(&writer, UINT64_MAX);
	warren_json_bool(&writer, true);
	warren_json_bool(&writer, false);
	warren_json_null(&writer);
	warren_json_raw(&writer, "[1,2]", 5);
	warren_json_end_array(&writer);
	warren_json_key(&writer, "b");
	warren_json_string(&writer, "\0\x1f\"\\\b\f\n\r\t/\x7f\xc3\xa4", 13);
	warren_json_end_object(&writer);
	ck_assert_int_eq(warren_json_finish(&writer, &text, &len), 0);
	ck_assert_str_eq(text,
		"{\"a\\\"\":[[],{},-9223372036854775808,18446744073709551615,true,false,null,"
		"[1,2]],\"b\":\"\\u0000\\u001f\\\"\\\\\\b\\f\\n\\r\\t/\x7f\xc3\xa4\"}");
	ck_assert_uint_eq(len, strlen(text));
	struct warren_json_reader reader;
	ck_assert_int_eq(skip_all((struct text){text, len}, 64, &reader), 0);
	warren_json_writer_free(&writer);
}
END_TEST

START_TEST(bad_utf8_is_repaired)
{
	struct warren_json_writer writer;
	const char *text;
	warren_json_writer_init(&writer, 1000);
	warren_json_cstring(&writer, "a\xff\xc3\xa4\xe2\x82\n\xf0\x9f\x98\x80\xc0");
	ck_assert_int_eq(warren_json_finish(&writer, &text, NULL), 0);
	ck_assert_str_eq(text, "\"a\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\\n"
			       "\xf0\x9f\x98\x80\xef\xbf\xbd\"");
	warren_json_writer_free(&writer);
}
END_TEST

START_TEST(writer_stops_at_its_cap)
{
	struct warren_json_writer writer;
	const char *text = "untouched";
	warren_json_writer_init(&writer, 5);
	warren_json_cstring(&writer, "abc");
	ck_assert_int_eq(warren_json_finish(&writer, &text, NULL), 0);
	ck_assert_str_eq(text, "\"abc\"");
	warren_json_writer_free(&writer);

	text = "untouched";
	warren_json_writer_init(&writer, 4);
	warren_json_cstring(&writer, "abc");
	ck_assert_int_eq(warren_json_finish(&writer, &text, NULL), -ENOMEM);
	warren_json_raw(&writer, "", 0);
	ck_assert_int_eq(warren_json_finish(&writer, &text, NULL), -ENOMEM);
	ck_assert_str_eq(text, "untouched");
	warren_json_writer_free(&writer);

	warren_json_writer_init(&writer, 1 << 20);
	warren_json_begin_array(&writer);
	for (int i = 0; i < 100000; i++)
		warren_json_int64(&writer, i);
	warren_json_end_array(&writer);
	size_t len;
	ck_assert_int_eq(warren_json_finish(&writer, &text, &len), 0);
	struct warren_json_reader reader;
	ck_assert_int_eq(skip_all((struct text){text, len}, 64, &reader), 0);
	warren_json_writer_free(&writer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base_json");
	TCase *reading = tcase_create("reading");
	tcase_add_loop_test(reading, good_text_is_read, 0, sizeof good / sizeof good[0]);
	tcase_add_loop_test(reading, bad_text_is_refused, 0, sizeof bad / sizeof bad[0]);
	tcase_add_loop_test(reading, cut_text_is_never_overrun, 0, sizeof good / sizeof good[0]);
	tcase_add_test(reading, depth_is_limited);
	tcase_add_test(reading, values_are_walked);
	tcase_add_test(reading, error_stays);
	tcase_add_test(reading, strings_are_decoded);
	tcase_add_test(reading, integers_are_read);
	tcase_add_test(reading, a_million_zeros_are_an_exponent);
	tcase_add_test(reading, doubles_are_read);
	suite_add_tcase(suite, reading);
	TCase *writing = tcase_create("writing");
	tcase_add_test(writing, doubles_are_written_short);
	tcase_add_test(writing, doubles_come_back);
	tcase_add_test(writing, values_are_written);
	tcase_add_test(writing, bad_utf8_is_repaired);
	tcase_add_test(writing, writer_stops_at_its_cap);
	suite_add_tcase(suite, writing);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
