/* codec: base64, e-mail addresses, UUIDs, patterns. */
#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "codec/base64.h"
#include "codec/pattern.h"
#include "codec/text_form.h"

START_TEST(base64_comes_back)
{
	/* RFC 4648, section 10. */
	static const char *const rows[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="},
		{"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"}, {"\xfb\xff\xbf", "+/+/"}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[16] = "";
		uint8_t bytes[16];
		size_t len = strlen(rows[i][0]), back;
		warren_base64_encode(text, (const uint8_t *)rows[i][0], len);
		ck_assert_uint_eq(strlen(text), WARREN_BASE64_SIZE(len));
		ck_assert_str_eq(text, rows[i][1]);
		ck_assert_int_eq(warren_base64_decode(bytes, &back, text, strlen(text)), 0);
		ck_assert_uint_eq(back, len);
		ck_assert_mem_eq(bytes, rows[i][0], len);
	}
}
END_TEST

START_TEST(base64_reads_both_alphabets_and_no_padding)
{
	static const char *const good[] = {"-_-_", "+/+/", "-/_+", "Zg", "Zm8", "Zg=="};
	static const char *const bad[] = {"Z", "Z===", "Zg=", "Zm8==", "Zm9v=", "====", "=",
		"Zg==Zg==", "Z g=", "Zg\n", "Zm9v\0", "Z=g=", "\xff\xff\xff\xff"};
	uint8_t bytes[16];
	size_t len = 7;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		ck_assert_msg(warren_base64_decode(bytes, &len, bad[i],
				      i == 10 ? 5 : strlen(bad[i])) == -EBADMSG,
			"%s was read", bad[i]);
		ck_assert_uint_eq(len, 7);
	}
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		ck_assert_int_eq(warren_base64_decode(bytes, &len, good[i], strlen(good[i])), 0);
}
END_TEST

static bool is_email(const char *text)
{
	return warren_text_is_email(text, strlen(text));
}

START_TEST(email_addresses)
{
	static const char *const good[] = {"a@b", "ada@example.org", "a.b+c@x-y.example",
		"!#$%&'*+/=?^_`{|}~-@b", "1@2.3", ".a.@b"};
	static const char *const bad[] = {"", "@", "a@", "@b", "a", "a b@c", "a@b c", "a@b@c",
		"a@-b", "a@b-", "a@b..c", "a@.b", "a@b.", "\"a\"@b", "a@b_c", "\xc3\xa4@b",
		"a@\xc3\xa4", "a@b\n", "a(@b"};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		ck_assert_msg(is_email(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(!is_email(bad[i]), "%s", bad[i]);
	char text[400];
	memset(text, 'a', sizeof text);
	strcpy(text + 64, "@b");
	ck_assert(is_email(text));
	strcpy(text + 64, "a@b");
	ck_assert(!is_email(text));
	text[0] = 'a';
	text[1] = '@';
	memset(text + 2, 'b', 63);
	text[65] = '\0';
	ck_assert(is_email(text));
	strcpy(text + 65, "b");
	ck_assert(!is_email(text));
	for (int i = 0; i < 5; i++) {
		memset(text + 2 + i * 60, 'b', 59);
		text[61 + i * 60] = '.';
	}
	text[254] = '\0';
	ck_assert(is_email(text));
	text[254] = 'b';
	text[255] = '\0';
	ck_assert(!is_email(text));
}
END_TEST

static bool is_uuid(const char *text)
{
	return warren_text_is_uuid(text, strlen(text));
}

START_TEST(uuids)
{
	ck_assert(is_uuid("00000000-0000-0000-0000-000000000000"));
	ck_assert(is_uuid("01890a5d-ac96-774b-bcce-b302099a8057"));
	ck_assert(is_uuid("01890A5D-AC96-774B-BCCE-B302099A8057"));
	ck_assert(!is_uuid(""));
	ck_assert(!is_uuid("01890a5dac96774bbcceb302099a8057"));
	ck_assert(!is_uuid("01890a5d-ac96-774b-bcce-b302099a805"));
	ck_assert(!is_uuid("01890a5d-ac96-774b-bcce-b302099a80577"));
	ck_assert(!is_uuid("01890a5d-ac96-774b-bcce-b302099a805g"));
	ck_assert(!is_uuid("01890a5d-ac96-774b-bcce_b302099a8057"));
	ck_assert(!is_uuid("{1890a5d-ac96-774b-bcce-b302099a805}"));
}
END_TEST

static int find(const char *pattern, const char *text)
{
	return warren_pattern_find(pattern, text, strlen(text));
}

START_TEST(patterns)
{
	static const char anywhere[] = "b+", whole[] = "^b+$", dot[] = "^.$", broken[] = "(",
			  raw_byte[] = "\\C";
	ck_assert_int_eq(find(anywhere, "abba"), 1);
	ck_assert_int_eq(find(anywhere, "aa"), 0);
	ck_assert_int_eq(find(whole, "abba"), 0);
	ck_assert_int_eq(find(whole, "bb"), 1);
	ck_assert_int_eq(find(whole, "bb\n"), 0);
	ck_assert_int_eq(find(whole, ""), 0);
	/* A character, not a byte. */
	ck_assert_int_eq(find(dot, "\xf0\x9f\x98\x80"), 1);
	ck_assert_int_eq(find(dot, "ab"), 0);
	ck_assert_int_eq(find(broken, "a"), -EINVAL);
	ck_assert_int_eq(find(broken, "a"), -EINVAL);
	ck_assert_int_eq(find(raw_byte, "a"), -EINVAL);
}
END_TEST

/* Each hides its work from PCRE2's own limits in another way: nesting, many starts, long runs. */
START_TEST(costly_patterns_end)
{
	static const char nested[] = "^(a+)+$", starts[] = "(a+a+)+b", runs[] = "\\s++$",
			  linear[] = "a.*c";
	size_t len = 200000;
	char *text = malloc(len + 3);
	memset(text, 'a', len);
	strcpy(text + len, "-b");
	ck_assert_int_eq(find(nested, text), -E2BIG);
	ck_assert_int_eq(find(starts, text), -E2BIG);
	text[3] = 'c';
	ck_assert_int_eq(find(linear, text), 1);
	memset(text, ' ', len);
	ck_assert_int_eq(find(runs, text), -E2BIG);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("codec_text");
	TCase *tcase = tcase_create("text");
	tcase_add_test(tcase, base64_comes_back);
	tcase_add_test(tcase, base64_reads_both_alphabets_and_no_padding);
	tcase_add_test(tcase, email_addresses);
	tcase_add_test(tcase, uuids);
	tcase_add_test(tcase, patterns);
	tcase_add_test(tcase, costly_patterns_end);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
