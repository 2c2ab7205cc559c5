/* The proto3 JSON mapping: tables of what is read and written, and of what is refused and how. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kitchen_messages.h"

#define ARENA_MAX ((size_t)64 << 20)

static struct warren_arena *arena;

static void setup(void)
{
	arena = warren_arena_open(ARENA_MAX);
}

static void teardown(void)
{
	warren_arena_close(arena);
}

/* Reads `json` and writes it again: `expected`, or the same when that is NULL. */
static const struct row {
	const struct warren_message_type *type;
	const char *json, *expected;
} good[] = {
	{&maybe_type, "{}", NULL},
	{&maybe_type, " { } ", "{}"},
	/* 32-bit integers: numbers; on input also as strings, and in any exact notation. */
	{&maybe_type, "{\"anInt32\":0}", NULL},
	{&maybe_type, "{\"anInt32\":-2147483648,\"aUint32\":4294967295}", NULL},
	{&maybe_type, "{\"aSint32\":2147483647,\"aFixed32\":1,\"aSfixed32\":-1}", NULL},
	{&maybe_type, "{\"anInt32\":\"12\"}", "{\"anInt32\":12}"},
	{&maybe_type, "{\"anInt32\":1.0}", "{\"anInt32\":1}"},
	{&maybe_type, "{\"anInt32\":1e2}", "{\"anInt32\":100}"},
	{&maybe_type, "{\"anInt32\":\"1e2\"}", "{\"anInt32\":100}"},
	{&maybe_type, "{\"anInt32\":-0}", "{\"anInt32\":0}"},
	{&maybe_type, "{\"aUint32\":-0.0}", "{\"aUint32\":0}"},
	/* 64-bit integers: strings; numbers are read exactly. */
	{&maybe_type, "{\"anInt64\":\"-9223372036854775808\"}", NULL},
	{&maybe_type, "{\"anInt64\":-9223372036854775808}",
		"{\"anInt64\":\"-9223372036854775808\"}"},
	{&maybe_type, "{\"anInt64\":9007199254740993}", "{\"anInt64\":\"9007199254740993\"}"},
	{&maybe_type, "{\"aUint64\":\"18446744073709551615\"}", NULL},
	{&maybe_type, "{\"aUint64\":1e3}", "{\"aUint64\":\"1000\"}"},
	{&maybe_type, "{\"aSint64\":\"-1\",\"aFixed64\":\"1\",\"aSfixed64\":\"-1\"}", NULL},
	/* Floating point. */
	{&maybe_type, "{\"aDouble\":0.1,\"aFloat\":0.1}", NULL},
	{&maybe_type, "{\"aDouble\":-0}", NULL},
	{&maybe_type, "{\"aDouble\":\"NaN\",\"aFloat\":\"NaN\"}", NULL},
	{&maybe_type, "{\"aDouble\":\"Infinity\",\"aFloat\":\"-Infinity\"}", NULL},
	{&maybe_type, "{\"aDouble\":\"1.5\"}", "{\"aDouble\":1.5}"},
	{&maybe_type, "{\"aDouble\":1e-400}", "{\"aDouble\":0}"},
	{&maybe_type, "{\"aDouble\":12345678901234567890}", "{\"aDouble\":1.2345678901234567e+19}"},
	{&maybe_type, "{\"aFloat\":3.4028235e+38}", NULL},
	{&maybe_type, "{\"aFloat\":1.1754943508222875e-38}", "{\"aFloat\":1.1754944e-38}"},
	/* Bool, string, bytes. */
	{&maybe_type, "{\"aBool\":true}", NULL},
	{&maybe_type, "{\"aBool\":false}", NULL},
	{&maybe_type, "{\"aString\":\"\"}", NULL},
	{&maybe_type, "{\"aString\":\"\\ud83d\\ude00\\u00e4\\\"\\/\\n\"}",
		"{\"aString\":\"\xf0\x9f\x98\x80\xc3\xa4\\\"/\\n\"}"},
	{&maybe_type, "{\"someBytes\":\"\"}", NULL},
	{&maybe_type, "{\"someBytes\":\"AA==\"}", NULL},
	{&maybe_type, "{\"someBytes\":\"AAE=\"}", NULL},
	{&maybe_type, "{\"someBytes\":\"+/+/\"}", NULL},
	{&maybe_type, "{\"someBytes\":\"-_-_\"}", "{\"someBytes\":\"+/+/\"}"},
	{&maybe_type, "{\"someBytes\":\"+\\/+\\/\"}", "{\"someBytes\":\"+/+/\"}"},
	{&maybe_type, "{\"someBytes\":\"AAE\"}", "{\"someBytes\":\"AAE=\"}"},
	/* Enums: by name; aliases and numbers are read; unknown numbers stay numbers. */
	{&maybe_type, "{\"aColor\":\"COLOR_RED\"}", NULL},
	{&maybe_type, "{\"aColor\":\"COLOR_UNSPECIFIED\"}", NULL},
	{&maybe_type, "{\"aColor\":\"COLOR_FIRST\"}", NULL},
	{&maybe_type, "{\"aColor\":\"COLOR_VERDANT\"}", "{\"aColor\":\"COLOR_GREEN\"}"},
	{&maybe_type, "{\"aColor\":2}", "{\"aColor\":\"COLOR_GREEN\"}"},
	{&maybe_type, "{\"aColor\":1.0}", "{\"aColor\":\"COLOR_RED\"}"},
	{&maybe_type, "{\"aColor\":77}", NULL},
	{&maybe_type, "{\"aColor\":-3}", NULL},
	/* Messages: fields without presence are always written. */
	{&maybe_type, "{\"aLeaf\":{}}", "{\"aLeaf\":{\"name\":\"\",\"weight\":0}}"},
	{&outer_type, "{\"inner\":{\"innermost\":[{},{\"there\":true}]}}",
		"{\"inner\":{\"depth\":0,\"innermost\":[{\"there\":false},{\"there\":true}]}}"},
	{&empty_type, "{}", NULL},
	{&plain_type, "{}",
		"{\"aDouble\":0,\"aFloat\":0,\"anInt32\":0,\"anInt64\":\"0\",\"aUint32\":0,"
		"\"aUint64\":\"0\","
		"\"aSint32\":0,\"aSint64\":\"0\",\"aFixed32\":0,\"aFixed64\":\"0\",\"aSfixed32\":0,"
		"\"aSfixed64\":\"0\",\"aBool\":false,\"aString\":\"\",\"someBytes\":\"\","
		"\"aColor\":\"COLOR_UNSPECIFIED\"}"},
	/* null is absence, for every type. */
	{&maybe_type,
		"{\"aDouble\":null,\"anInt32\":null,\"aUint64\":null,\"aBool\":null,\"aString\":"
		"null,"
		"\"someBytes\":null,\"aColor\":null,\"aLeaf\":null}",
		"{}"},
	{&tree_type, "{\"name\":null,\"left\":null,\"branches\":null}",
		"{\"name\":\"\",\"branches\":[]}"},
	/* Names: lowerCamelCase, and as the schema writes them; JSON names win. */
	{&maybe_type, "{\"an_int32\":1,\"a_leaf\":null}", "{\"anInt32\":1}"},
	{&maybe_type, "{\"\\u0061nInt32\":1}", "{\"anInt32\":1}"},
	{&reserved_type,
		"{\"struct\":7,\"int\":3,\"default\":5,\"register\":\"r\",\"class\":\"c\",\"base\":"
		"4,"
		"\"snake_case_name\":6,\"renamed\":8,\"crossed\":9,\"swapped\":10}",
		"{\"register\":\"r\",\"class\":\"c\",\"int\":3,\"base\":4,\"default\":5,"
		"\"snakeCaseName\":6,\"struct\":7,\"asOtherName\":8,\"crossed\":9,\"swapped\":10}"},
	/* Lists. */
	{&tree_type,
		"{\"name\":\"a\",\"left\":{\"name\":\"b\",\"branches\":[]},\"branches\":[{\"name\":"
		"\"c\","
		"\"branches\":[]}]}",
		NULL},
	{&ruled_type, "{\"dice\":[1,\"2\",3e0],\"tags\":[\"a\",\"\"]}",
		"{\"text\":\"\",\"raw\":\"\",\"name\":\"\",\"suit\":\"\",\"dice\":[1,2,3],"
		"\"tags\":[\"a\",\"\"],\"parts\":[]}"},
	/* Oneofs: whichever is there, zero or not. */
	{&choice_type, "{\"before\":\"\",\"number\":0,\"after\":\"\"}", NULL},
	{&choice_type, "{\"before\":\"\",\"text\":\"\",\"after\":\"\"}", NULL},
	{&choice_type, "{\"before\":\"\",\"raw\":\"\",\"after\":\"\",\"id\":\"0\"}", NULL},
	{&choice_type, "{\"before\":\"\",\"flag\":false,\"after\":\"\"}", NULL},
	{&choice_type, "{\"before\":\"\",\"nothing\":{},\"after\":\"\"}", NULL},
	{&choice_type, "{\"number\":null,\"text\":\"x\",\"flag\":null}",
		"{\"before\":\"\",\"text\":\"x\",\"after\":\"\"}"},
	/* Integers that JSON carries as numbers. */
	{&safe_type, "{\"count\":-9007199254740991,\"total\":9007199254740991,\"steps\":[1,-1]}",
		NULL},
	{&safe_type, "{\"count\":\"12\"}", "{\"count\":12,\"total\":0,\"steps\":[]}"},
	/* Secrets are no secrets to whom they are sent. */
	{&vault_type, "{\"gold\":\"AA==\",\"place\":\"x\"}", NULL},
};

START_TEST(good_json_is_read_and_written)
{
	const struct row *row = &good[_i];
	struct warren_error error = {0};
	void *message;
	const char *json;
	size_t len;
	int rc = warren_message_from_json(
		row->type, row->json, strlen(row->json), arena, &message, &error);
	ck_assert_msg(rc == 0, "%s: %s %s", row->json, error.field, error.message);
	ck_assert_int_eq(warren_message_to_json(row->type, message, arena, &json, &len), 0);
	ck_assert_str_eq(json, row->expected ? row->expected : row->json);
	ck_assert_uint_eq(len, strlen(json));
}
END_TEST

static const struct bad_row {
	const struct warren_message_type *type;
	const char *json, *field, *message;
} bad[] = {
	{&leaf_type, "", "",
		"the text is not valid JSON: at byte 0 the text ends where a value is expected"},
	{&leaf_type, "{", "",
		"the text is not valid JSON: at byte 1 a member's name in quotes is expected"},
	{&leaf_type, "{\"name\":}", "",
		"the text is not valid JSON: at byte 8 a value is expected"},
	{&leaf_type, "{}x", "",
		"the text is not valid JSON: at byte 2 something follows the value"},
	{&leaf_type, "{\"name\":\"\xff\"}", "",
		"the text is not valid JSON: at byte 8 a string is not valid UTF-8"},
	{&leaf_type, "{\"weight\":01}", "",
		"the text is not valid JSON: at byte 11 a number is not written as JSON writes it"},
	{&leaf_type, "null", "", "must be an object"},
	{&leaf_type, "[]", "", "must be an object"},
	{&leaf_type, "\"{}\"", "", "must be an object"},
	{&leaf_type, "{\"nam\":1}", "nam", "is not known here"},
	{&leaf_type, "{\"\":1}", "", "is not known here"},
	{&leaf_type, "{\"name\\u0000\":1}", "name\\u0000", "is not known here"},
	{&leaf_type, "{\"name\":\"a\",\"name\":\"b\"}", "name", "is given twice"},
	{&leaf_type, "{\"name\":\"a\",\"name\":null}", "name", "is given twice"},
	{&maybe_type, "{\"anInt32\":1,\"an_int32\":1}", "anInt32", "is given twice"},
	{&leaf_type, "{\"name\":1}", "name", "must be a string"},
	{&leaf_type, "{\"name\":[\"a\"]}", "name", "must be a string"},
	{&leaf_type, "{\"name\":\"a\\u0000b\"}", "name", "must not contain U+0000"},
	{&maybe_type, "{\"anInt32\":1.5}", "anInt32", "must be a whole number"},
	{&maybe_type, "{\"anInt32\":1e-1}", "anInt32", "must be a whole number"},
	{&maybe_type, "{\"anInt32\":\"\"}", "anInt32", "must be a whole number"},
	{&maybe_type, "{\"anInt32\":\" 1\"}", "anInt32", "must be a whole number"},
	{&maybe_type, "{\"anInt32\":\"1 \"}", "anInt32", "must be a whole number"},
	{&maybe_type, "{\"anInt32\":\"0x10\"}", "anInt32", "must be a whole number"},
	{&maybe_type, "{\"anInt32\":\"01\"}", "anInt32", "must be a whole number"},
	{&maybe_type, "{\"anInt32\":true}", "anInt32", "must be a whole number"},
	{&maybe_type, "{\"anInt32\":{}}", "anInt32", "must be a whole number"},
	{&maybe_type, "{\"anInt32\":2147483648}", "anInt32",
		"must be a whole number from -2147483648 to 2147483647"},
	{&maybe_type, "{\"aSint32\":-2147483649}", "aSint32",
		"must be a whole number from -2147483648 to 2147483647"},
	{&maybe_type, "{\"aUint32\":-1}", "aUint32", "must be a whole number from 0 to 4294967295"},
	{&maybe_type, "{\"aFixed32\":4294967296}", "aFixed32",
		"must be a whole number from 0 to 4294967295"},
	{&maybe_type, "{\"anInt64\":\"9223372036854775808\"}", "anInt64",
		"must be a whole number from -9223372036854775808 to 9223372036854775807"},
	{&maybe_type, "{\"aUint64\":1e400}", "aUint64",
		"must be a whole number from 0 to 18446744073709551615"},
	{&maybe_type, "{\"aUint64\":\"-1\"}", "aUint64",
		"must be a whole number from 0 to 18446744073709551615"},
	{&maybe_type, "{\"aDouble\":1e400}", "aDouble", "must be a smaller number"},
	{&maybe_type, "{\"aFloat\":1e39}", "aFloat", "must be a smaller number"},
	{&maybe_type, "{\"aDouble\":\"nan\"}", "aDouble", "must be a number"},
	{&maybe_type, "{\"aDouble\":\"\"}", "aDouble", "must be a number"},
	{&maybe_type, "{\"aDouble\":false}", "aDouble", "must be a number"},
	{&maybe_type, "{\"aBool\":\"true\"}", "aBool", "must be true or false"},
	{&maybe_type, "{\"aBool\":1}", "aBool", "must be true or false"},
	{&maybe_type, "{\"someBytes\":\"A\"}", "someBytes", "must be a string of base64"},
	{&maybe_type, "{\"someBytes\":\"AA=\"}", "someBytes", "must be a string of base64"},
	{&maybe_type, "{\"someBytes\":\"A===\"}", "someBytes", "must be a string of base64"},
	{&maybe_type, "{\"someBytes\":\"AA==AA==\"}", "someBytes", "must be a string of base64"},
	{&maybe_type, "{\"someBytes\":\"A A=\"}", "someBytes", "must be a string of base64"},
	{&maybe_type, "{\"someBytes\":7}", "someBytes", "must be a string of base64"},
	{&maybe_type, "{\"aColor\":\"RED\"}", "aColor", "must be a name of the enum Color"},
	{&maybe_type, "{\"aColor\":\"1\"}", "aColor", "must be a name of the enum Color"},
	{&maybe_type, "{\"aColor\":1.5}", "aColor", "must be a whole number"},
	{&maybe_type, "{\"aColor\":2147483648}", "aColor",
		"must be a whole number from -2147483648 to 2147483647"},
	{&maybe_type, "{\"aLeaf\":[]}", "aLeaf", "must be an object"},
	{&maybe_type, "{\"aLeaf\":{\"name\":2}}", "aLeaf.name", "must be a string"},
	{&tree_type, "{\"branches\":{}}", "branches", "must be an array"},
	{&tree_type, "{\"branches\":[null]}", "branches[0]", "must be an object"},
	{&tree_type, "{\"branches\":[{},{},{\"left\":{\"branches\":[{\"name\":0}]}}]}",
		"branches[2].left.branches[0].name", "must be a string"},
	{&tree_type, "{\"branches\":[{\"nam\\\"e\":0}]}", "branches[0].nam\\\"e",
		"is not known here"},
	{&lists_type, "{\"int32s\":[1,null]}", "int32s[1]", "must be a whole number"},
	{&lists_type, "{\"strings\":[null]}", "strings[0]", "must be a string"},
	{&lists_type, "{\"int32s\":1}", "int32s", "must be an array"},
	{&choice_type, "{\"number\":1,\"text\":\"\"}", "text", "must not be given beside number"},
	{&choice_type, "{\"nothing\":{},\"leaf\":{}}", "leaf", "must not be given beside nothing"},
	{&safe_type, "{\"count\":9007199254740992}", "count",
		"must be a whole number from -9007199254740991 to 9007199254740991"},
	{&safe_type, "{\"total\":\"9007199254740992\"}", "total",
		"must be a whole number from 0 to 9007199254740991"},
	/* The value of a secret is not in the text. */
	{&secrets_type, "{\"pin\":\"hunter2\"}", "pin", "must be a whole number"},
	{&secrets_type, "{\"password\":12345}", "password", "must be a string"},
};

START_TEST(bad_json_is_refused)
{
	const struct bad_row *row = &bad[_i];
	struct warren_error error = {0};
	void *message = arena;
	int rc = warren_message_from_json(
		row->type, row->json, strlen(row->json), arena, &message, &error);
	ck_assert_msg(rc == -EBADMSG, "%s was read", row->json);
	ck_assert_ptr_eq(message, arena);
	ck_assert_int_eq(error.code, WARREN_INVALID_ARGUMENT);
	ck_assert_str_eq(error.field, row->field);
	ck_assert_str_eq(error.message, row->message);
	/* Who does not ask for the error gets none. */
	rc = warren_message_from_json(
		row->type, row->json, strlen(row->json), arena, &message, NULL);
	ck_assert_int_eq(rc, -EBADMSG);
}
END_TEST

/* Every beginning of a good text is refused in order, or is a text. */
START_TEST(cut_json_is_refused)
{
	const struct row *row = &good[_i];
	size_t full = strlen(row->json);
	for (size_t len = 0; len < full; len++) {
		char *json = malloc(len + !len);
		memcpy(json, row->json, len);
		struct warren_error error = {0};
		void *message;
		int rc = warren_message_from_json(row->type, json, len, arena, &message, &error);
		ck_assert_msg(rc == -EBADMSG || json[len - 1] == '}', "%.*s", (int)len, json);
		free(json);
	}
}
END_TEST

START_TEST(wide_messages_count_their_members)
{
	char json[2000], *to = stpcpy(json, "{");
	void *message;
	struct warren_error error;
	for (int i = 70; i > 0; i--)
		to += sprintf(to, "\"f%d\":%d%s", i, i, i > 1 ? "," : "");
	strcpy(to, "}");
	ck_assert_int_eq(
		warren_message_from_json(&wide_type, json, strlen(json), arena, &message, &error),
		0);
	ck_assert_int_eq(((struct wide *)message)->f1, 1);
	ck_assert_int_eq(((struct wide *)message)->f70, 70);
	strcpy(to, ",\"f69\":1}");
	ck_assert_int_eq(
		warren_message_from_json(&wide_type, json, strlen(json), arena, &message, &error),
		-EBADMSG);
	ck_assert_str_eq(error.field, "f69");
	ck_assert_str_eq(error.message, "is given twice");
}
END_TEST

static char *nested_json(int depth)
{
	char *json = malloc((size_t)depth * 10 + 10), *to = json;
	for (int i = 1; i < depth; i++)
		to = stpcpy(to, "{\"left\":");
	to = stpcpy(to, "{}");
	for (int i = 1; i < depth; i++)
		to = stpcpy(to, "}");
	return json;
}

START_TEST(depth_is_limited)
{
	static const int depths[] = {64, 65, 100000};
	for (int i = 0; i < 3; i++) {
		char *json = nested_json(depths[i]);
		struct warren_error error = {0};
		void *message;
		int rc = warren_message_from_json(
			&tree_type, json, strlen(json), arena, &message, &error);
		ck_assert_int_eq(rc, depths[i] == 64 ? 0 : -EBADMSG);
		if (rc < 0)
			ck_assert_ptr_nonnull(strstr(error.message, "nested too deep"));
		free(json);
	}
	/* On the way out too: a struct that holds itself. */
	struct tree loop = {.name = "loop"};
	loop.left = &loop;
	const char *json;
	ck_assert_int_eq(tree_to_json(&loop, arena, &json), -E2BIG);
	ck_assert_str_eq(tree_dump(&loop, arena), "{}");
}
END_TEST

START_TEST(long_paths_and_names_are_cut)
{
	char json[4000], *to = json;
	struct warren_error error = {0};
	void *message;
	for (int i = 0; i < 40; i++)
		to = stpcpy(to, "{\"left\":");
	for (int i = 0; i < 40; i++)
		to = stpcpy(to, i == 0 ? "0}" : "}");
	ck_assert_int_eq(
		warren_message_from_json(&tree_type, json, strlen(json), arena, &message, &error),
		-EBADMSG);
	ck_assert_uint_lt(strlen(error.field), WARREN_ERROR_FIELD_MAX);
	ck_assert_int_eq(strncmp(error.field, "left.left.left", 14), 0);

	to = stpcpy(json, "{\"");
	for (int i = 0; i < 1000; i++)
		to = stpcpy(to, "\xe2\x82\xac");
	strcpy(to, "\":1}");
	ck_assert_int_eq(
		warren_message_from_json(&tree_type, json, strlen(json), arena, &message, &error),
		-EBADMSG);
	ck_assert_uint_eq(strlen(error.field), 63);
	ck_assert_str_eq(error.message, "is not known here");
}
END_TEST

/* A megabyte of elements is read in time that grows with it alone, and within the arena. */
START_TEST(large_arrays_are_fine)
{
	const int count = 300000;
	char *json = malloc((size_t)count * 4 + 100), *to = stpcpy(json, "{\"int32s\":[0");
	for (int i = 1; i < count; i++)
		to = stpcpy(to, i % 2 ? ",-1" : ",10");
	strcpy(to, "]}");
	struct lists *lists;
	ck_assert_int_eq(lists_from_json(json, strlen(json), arena, &lists, NULL), 0);
	ck_assert_uint_eq(lists->int32s_count, count);
	ck_assert_int_eq(lists->int32s[count - 1], -1);
	const char *again;
	ck_assert_int_eq(lists_to_json(lists, arena, &again), 0);
	ck_assert_ptr_nonnull(strstr(again, "10,-1],\"int64s\":[]"));
	free(json);
}
END_TEST

START_TEST(memory_is_capped)
{
	const char *json = "{\"name\":\"0123456789\",\"left\":{},\"branches\":[{},{},{},{},{}]}";
	int failed = 0;
	for (size_t max = 0; max < 4096; max += 16) {
		struct warren_arena *small = warren_arena_open(max);
		struct tree *tree = NULL;
		const char *again = NULL;
		int rc = tree_from_json(json, strlen(json), small, &tree, NULL);
		if (rc == 0)
			rc = tree_to_json(tree, small, &again);
		ck_assert(rc == 0 || rc == -ENOMEM);
		failed += rc < 0;
		warren_arena_close(small);
	}
	ck_assert_int_gt(failed, 10);
	ck_assert_int_lt(failed, 256);
}
END_TEST

START_TEST(structs_are_written)
{
	static const struct leaf leaf = {.weight = 3};
	static const struct leaf *const leaves[] = {&leaf, &leaf};
	static const struct lists lists = {.leaves_count = 2, .leaves = leaves};
	static const struct maybe maybe = {
		.has_a_bool = 0x100, .a_bool = 0x7f00, .has_some_bytes = 1, .a_leaf = &leaf};
	static const struct choice choice = {.pick_case = CHOICE_PICK_CASE_TEXT, .text = NULL};
	const char *json;
	ck_assert_int_eq(lists_to_json(&lists, arena, &json), 0);
	ck_assert_ptr_nonnull(strstr(
		json, "\"leaves\":[{\"name\":\"\",\"weight\":3},{\"name\":\"\",\"weight\":3}]"));
	ck_assert_int_eq(maybe_to_json(&maybe, arena, &json), 0);
	ck_assert_str_eq(
		json, "{\"aBool\":true,\"someBytes\":\"\",\"aLeaf\":{\"name\":\"\",\"weight\":3}}");
	ck_assert_int_eq(choice_to_json(&choice, arena, &json), 0);
	ck_assert_str_eq(json, "{\"before\":\"\",\"text\":\"\",\"after\":\"\"}");
}
END_TEST

START_TEST(what_no_json_can_say_is_refused)
{
	static const char *const strings[] = {"a", NULL};
	static const struct leaf *const leaves[] = {NULL};
	const struct lists no_array = {.int32s_count = 1};
	const struct lists no_string = {.strings_count = 2, .strings = strings};
	const struct lists no_leaf = {.leaves_count = 1, .leaves = leaves};
	const struct plain no_bytes = {.some_bytes = {.len = 1}};
	const struct choice no_message = {.pick_case = CHOICE_PICK_CASE_LEAF};
	const struct safe unsafe = {.count = INT64_C(9007199254740992)};
	const char *json = "untouched";
	ck_assert_int_eq(lists_to_json(&no_array, arena, &json), -EINVAL);
	ck_assert_int_eq(lists_to_json(&no_string, arena, &json), -EINVAL);
	ck_assert_int_eq(lists_to_json(&no_leaf, arena, &json), -EINVAL);
	ck_assert_int_eq(plain_to_json(&no_bytes, arena, &json), -EINVAL);
	ck_assert_int_eq(choice_to_json(&no_message, arena, &json), -EINVAL);
	ck_assert_int_eq(safe_to_json(&unsafe, arena, &json), -EINVAL);
	ck_assert_str_eq(json, "untouched");
}
END_TEST

START_TEST(secrets_are_redacted)
{
	static const struct vault vault = {
		.gold = {.len = 2, .data = (uint8_t *)"xy"}, .place = "p"};
	static const struct vault *const vaults[] = {&vault};
	static const char *const keys[] = {"k1", "k2"};
	const struct secrets secrets = {.shown = "s",
		.password = "hunter2",
		.has_pin = 1,
		.pin = 1234,
		.keys_count = 2,
		.keys = keys,
		.vault = &vault,
		.vaults_count = 1,
		.vaults = vaults};
	ck_assert_str_eq(secrets_dump(&secrets, arena),
		"{\"shown\":\"s\",\"password\":\"[secret]\",\"pin\":\"[secret]\",\"keys\":\"["
		"secret]\","
		"\"vault\":\"[secret]\",\"vaults\":[{\"gold\":\"[secret]\",\"place\":\"p\"}]}");
	const struct secrets empty = {0};
	ck_assert_str_eq(secrets_dump(&empty, arena),
		"{\"shown\":\"\",\"password\":\"[secret]\",\"keys\":\"[secret]\",\"vaults\":[]}");
	/* A dump shows what cannot be sent. */
	const struct safe unsafe = {.count = INT64_MAX};
	ck_assert_str_eq(safe_dump(&unsafe, arena),
		"{\"count\":9223372036854775807,\"total\":0,\"steps\":[]}");
	struct warren_arena *small = warren_arena_open(20);
	ck_assert_str_eq(secrets_dump(&secrets, small), "{}");
	warren_arena_close(small);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("codec_json");
	TCase *tcase = tcase_create("json");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, good_json_is_read_and_written, 0, sizeof good / sizeof good[0]);
	tcase_add_loop_test(tcase, bad_json_is_refused, 0, sizeof bad / sizeof bad[0]);
	tcase_add_loop_test(tcase, cut_json_is_refused, 0, sizeof good / sizeof good[0]);
	tcase_add_test(tcase, wide_messages_count_their_members);
	tcase_add_test(tcase, depth_is_limited);
	tcase_add_test(tcase, long_paths_and_names_are_cut);
	tcase_add_test(tcase, large_arrays_are_fine);
	tcase_add_test(tcase, memory_is_capped);
	tcase_add_test(tcase, structs_are_written);
	tcase_add_test(tcase, what_no_json_can_say_is_refused);
	tcase_add_test(tcase, secrets_are_redacted);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
