/* The constraints: each kept, each broken, in structs as services write them. */
#include <check.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "kitchen_messages.h"

/* A message that keeps all rules of Ruled; a test changes one thing in a copy of it. */
static const char *const one_tag[] = {"a"};
static const struct ruled ruled = {.text = "abcd", .tags_count = 1, .tags = one_tag};

static void assert_refused(const struct warren_message_type *type, const void *message,
	const char *field, const char *text)
{
	struct warren_error error = {0};
	ck_assert_int_eq(warren_message_check(type, message, &error), -EINVAL);
	ck_assert_int_eq(error.code, WARREN_INVALID_ARGUMENT);
	ck_assert_str_eq(error.field, field);
	ck_assert_str_eq(error.message, text);
	ck_assert_int_eq(warren_message_check(type, message, NULL), -EINVAL);
}

static void assert_kept(const struct warren_message_type *type, const void *message)
{
	struct warren_error error = {0};
	int rc = warren_message_check(type, message, &error);
	ck_assert_msg(rc == 0, "%s: %s", error.field, error.message);
}

#define RULED_KEPT(...)                                                                            \
	do {                                                                                       \
		struct ruled message = ruled;                                                      \
		__VA_ARGS__;                                                                       \
		assert_kept(&ruled_type, &message);                                                \
	} while (0)

#define RULED_REFUSED(field_, text_, ...)                                                          \
	do {                                                                                       \
		struct ruled message = ruled;                                                      \
		__VA_ARGS__;                                                                       \
		assert_refused(&ruled_type, &message, field_, text_);                              \
	} while (0)

START_TEST(required_means_there_and_not_zero)
{
	static const struct part part = {.code = "ab"};
	const struct required all = {.a_string = "x",
		.an_int32 = 1,
		.a_bool = 1,
		.some_bytes = {.len = 1, .data = (uint8_t *)"x"},
		.a_part = &part,
		.has_maybe = 1,
		.maybe = 0.1};
	struct required message = all;
	assert_kept(&required_type, &message);
	message.a_string = NULL;
	assert_refused(&required_type, &message, "aString", "must be given");
	message.a_string = "";
	assert_refused(&required_type, &message, "aString", "must be given");
	message = all;
	message.an_int32 = 0;
	assert_refused(&required_type, &message, "anInt32", "must be given");
	message = all;
	message.a_bool = 0;
	assert_refused(&required_type, &message, "aBool", "must be given");
	message = all;
	message.some_bytes.len = 0;
	assert_refused(&required_type, &message, "someBytes", "must be given");
	message = all;
	message.a_part = NULL;
	assert_refused(&required_type, &message, "aPart", "must be given");
	message = all;
	message.has_maybe = 0;
	assert_refused(&required_type, &message, "maybe", "must be given");
	message = all;
	message.maybe = 0;
	assert_refused(&required_type, &message, "maybe", "must be given");
}
END_TEST

START_TEST(lengths_are_of_characters_and_bytes)
{
	RULED_KEPT(message.text = "ab");
	RULED_KEPT(
		message.text = "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80");
	RULED_REFUSED("text", "must be at least 2 characters long", message.text = "");
	RULED_REFUSED("text", "must be at least 2 characters long", message.text = NULL);
	RULED_REFUSED("text", "must be at least 2 characters long", message.text = "\xc3\xa4");
	RULED_REFUSED("text", "must be at most 4 characters long", message.text = "abcde");
	RULED_REFUSED("text", "must be valid UTF-8", message.text = "ab\xff");
	RULED_KEPT(message.maybe_text = NULL);
	RULED_REFUSED("maybeText", "must be at least 2 characters long", message.maybe_text = "");
	RULED_KEPT(message.raw.len = 3, message.raw.data = (uint8_t *)"abc");
	RULED_REFUSED("raw", "must be at most 3 bytes long", message.raw.len = 4,
		message.raw.data = (uint8_t *)"abcd");
	RULED_REFUSED("raw", "has a length but no bytes", message.raw.len = 1);
}
END_TEST

START_TEST(patterns_and_choices_hold)
{
	RULED_KEPT(message.name = "abc");
	RULED_REFUSED("name", "must match ^[a-z]*$", message.name = "aBc");
	/* The end is the end, not a line's. */
	RULED_REFUSED("name", "must match ^[a-z]*$", message.name = "abc\n");
	RULED_KEPT(message.suit = "hearts");
	RULED_REFUSED("suit", "must be one of: , clubs, hearts", message.suit = "heart");
	RULED_REFUSED("suit", "must be one of: , clubs, hearts", message.suit = "heartss");
	/* More names than a message holds: it is cut. */
	RULED_KEPT(message.long_list = "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn");
	struct ruled message = ruled;
	struct warren_error error;
	message.long_list = "n";
	ck_assert_int_eq(ruled_check(&message, &error), -EINVAL);
	ck_assert_uint_eq(strlen(error.message), WARREN_ERROR_MESSAGE_MAX - 1);
}
END_TEST

START_TEST(numbers_stay_within_bounds)
{
	RULED_KEPT(message.has_level = 1, message.level = -5);
	RULED_KEPT(message.has_level = 1, message.level = INT64_C(9007199254740991));
	RULED_KEPT(message.level = -6); /* it is not there */
	RULED_REFUSED("level", "must be at least -5", message.has_level = 1, message.level = -6);
	RULED_REFUSED("level", "must be at most 9007199254740991", message.has_level = 1,
		message.level = INT64_C(9007199254740992));
	RULED_REFUSED("level", "must be at most 9007199254740991", message.has_level = 1,
		message.level = INT64_MAX);
	RULED_KEPT(message.has_share = 1, message.share = 0.5);
	RULED_REFUSED("share", "must be at least 0.5", message.has_share = 1, message.share = 0);
	RULED_REFUSED("share", "must be at most 1", message.has_share = 1,
		message.share = 1.0000000000000002);
	RULED_REFUSED("share", "must be at least 0.5", message.has_share = 1, message.share = NAN);
	RULED_REFUSED(
		"share", "must be at most 1", message.has_share = 1, message.share = INFINITY);
	RULED_KEPT(message.either_case = RULED_EITHER_CASE_SMALL, message.small = 2);
	RULED_REFUSED("small", "must be at most 2", message.either_case = RULED_EITHER_CASE_SMALL,
		message.small = UINT64_MAX);
	const struct safe safe = {.total = UINT64_C(9007199254740992)};
	assert_refused(&safe_type, &safe, "total", "must be within ±9007199254740991");
	const struct safe negative = {.count = -INT64_C(9007199254740992)};
	assert_refused(&safe_type, &negative, "count", "must be within ±9007199254740991");
}
END_TEST

START_TEST(lists_are_counted_and_their_elements_checked)
{
	static const int32_t good[] = {1, 6, 3}, bad[] = {1, 7};
	static const char *const tags[] = {"abc", "abcd", "a"}, *const holes[] = {"a", NULL};
	RULED_KEPT(message.dice_count = 3, message.dice = good);
	RULED_REFUSED(
		"dice", "must have at most 3 items", message.dice_count = 4, message.dice = good);
	RULED_REFUSED("dice[1]", "must be at most 6", message.dice_count = 2, message.dice = bad);
	RULED_REFUSED("dice", "has a count but no items", message.dice_count = 1);
	RULED_REFUSED("tags", "must have at least 1 item", message.tags_count = 0);
	RULED_REFUSED(
		"tags", "must have at most 2 items", message.tags_count = 3, message.tags = tags);
	RULED_REFUSED("tags[1]", "must be at most 3 characters long", message.tags_count = 2,
		message.tags = tags);
	RULED_REFUSED("tags[1]", "must not be NULL", message.tags_count = 2, message.tags = holes);
}
END_TEST

START_TEST(parts_are_checked_with_their_path)
{
	static const struct part good = {.code = "ab"}, bad = {.code = "a"};
	static const struct part *const parts[] = {&good, &good, &bad}, *const holes[] = {NULL};
	RULED_KEPT(message.parts_count = 2, message.parts = parts);
	RULED_REFUSED("parts[2].code", "must be at least 2 characters long",
		message.parts_count = 3, message.parts = parts);
	RULED_REFUSED(
		"parts[0]", "must not be NULL", message.parts_count = 1, message.parts = holes);
	RULED_KEPT(message.either_case = RULED_EITHER_CASE_SHORT, message.short_ = "ab");
	RULED_KEPT(message.either_case = RULED_EITHER_CASE_SHORT, message.short_ = NULL);
	RULED_REFUSED("short", "must be at most 2 characters long",
		message.either_case = RULED_EITHER_CASE_SHORT, message.short_ = "abc");
	struct tree loop = {.name = "loop"};
	loop.left = &loop;
	struct warren_error error;
	ck_assert_int_eq(tree_check(&loop, &error), -EINVAL);
	ck_assert_str_eq(error.message, "is nested too deep");
}
END_TEST

START_TEST(forms_of_text_hold)
{
	RULED_KEPT(message.mail = "ada@example.org");
	RULED_REFUSED("mail", "must be an e-mail address", message.mail = "ada");
	RULED_REFUSED("mail", "must be an e-mail address", message.mail = "");
	RULED_KEPT(message.id = "01890a5d-ac96-774b-bcce-b302099a8057");
	RULED_REFUSED("id", "must be a UUID", message.id = "01890a5d-ac96-774b-bcce-b302099a805");
}
END_TEST

START_TEST(secrets_stay_out_of_the_text)
{
	const struct vault vault = {.gold = {.len = 7, .data = (uint8_t *)"hunter2"}};
	assert_refused(&vault_type, &vault, "gold", "must be at most 4 bytes long");
}
END_TEST

/*
 * Values made to make a backtracking matcher run for years are refused, and soon: the work is
 * bounded in steps, and the case's timeout would show that it is not.
 */
START_TEST(hostile_values_do_not_hang)
{
	static char text[200003];
	memset(text, 'a', 40);
	strcpy(text + 40, "!");
	RULED_REFUSED(
		"costly", "is too intricate to be matched with ^(a+)+$", message.costly = text);
	static const size_t lengths[] = {100, 3000, 200000};
	for (int i = 0; i < 3; i++) {
		memset(text, 'x', lengths[i]);
		strcpy(text + lengths[i], "-y");
		RULED_REFUSED("unanchored", "is too intricate to be matched with (x+x+)+y",
			message.unanchored = text);
	}
	RULED_KEPT(message.unanchored = "-xxy-");
	RULED_REFUSED("unanchored", "must match (x+x+)+y", message.unanchored = "xxx-y");
}
END_TEST

static void *check_often(void *data)
{
	(void)data;
	for (int i = 0; i < 200; i++) {
		RULED_KEPT(message.name = "abc", message.costly = "aaa");
		RULED_REFUSED("name", "must match ^[a-z]*$", message.name = "A");
	}
	return NULL;
}

/* All threads meet the same uncompiled patterns at once. */
START_TEST(patterns_are_shared_by_threads)
{
	pthread_t threads[4];
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, check_often, NULL), 0);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("codec_rules");
	TCase *tcase = tcase_create("rules");
	tcase_add_test(tcase, required_means_there_and_not_zero);
	tcase_add_test(tcase, lengths_are_of_characters_and_bytes);
	tcase_add_test(tcase, patterns_and_choices_hold);
	tcase_add_test(tcase, numbers_stay_within_bounds);
	tcase_add_test(tcase, lists_are_counted_and_their_elements_checked);
	tcase_add_test(tcase, parts_are_checked_with_their_path);
	tcase_add_test(tcase, forms_of_text_hold);
	tcase_add_test(tcase, secrets_stay_out_of_the_text);
	tcase_add_test(tcase, hostile_values_do_not_hang);
	tcase_add_test(tcase, patterns_are_shared_by_threads);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
