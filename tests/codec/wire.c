/* Bytes made by hand: what no library writes, and what must be refused with its place. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kitchen_messages.h"

#define ARENA_MAX ((size_t)64 << 20)
#define BYTES(text_) {(const uint8_t *)text_, sizeof text_ - 1}

static struct warren_arena *arena;

static void setup(void)
{
	arena = warren_arena_open(ARENA_MAX);
}

static void teardown(void)
{
	warren_arena_close(arena);
}

/* Bytes that are read, and what they say. */
static const struct row {
	const struct warren_message_type *type;
	struct warren_bytes bytes;
	const char *json;
} good[] = {
	{&maybe_type, BYTES(""), "{}"},
	{&maybe_type, BYTES("\x18\x00"), "{\"anInt32\":0}"},
	{&maybe_type, BYTES("\x18\x01\x18\x02"), "{\"anInt32\":2}"},
	{&maybe_type, BYTES("\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "{\"anInt32\":-1}"},
	{&maybe_type, BYTES("\x18\xff\xff\xff\xff\x0f"), "{\"anInt32\":-1}"},
	{&maybe_type, BYTES("\x18\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00"), "{\"anInt32\":1}"},
	{&maybe_type, BYTES("\x28\x81\x80\x80\x80\x10"), "{\"aUint32\":1}"},
	{&maybe_type, BYTES("\x68\x80\x80\x80\x80\x10"), "{\"aBool\":true}"},
	{&maybe_type, BYTES("\x68\x80\x00"), "{\"aBool\":false}"},
	{&maybe_type, BYTES("\x38\x01\x40\x02"), "{\"aSint32\":-1,\"aSint64\":\"1\"}"},
	{&maybe_type, BYTES("\x98\x80\x00\x05"),
		"{\"anInt32\":5}"}, /* a tag longer than it must be */
	{&maybe_type, BYTES("\x80\x01\x4d"), "{\"aColor\":77}"},
	{&maybe_type, BYTES("\x72\x00\x7a\x00"), "{\"aString\":\"\",\"someBytes\":\"\"}"},
	/* Fields that are not known, of each wire type. */
	{&maybe_type,
		BYTES("\xa0\x06\x01\xa1\x06"
		      "12345678\xa2\x06\x02xy\xa5\x06"
		      "1234\x18\x07"),
		"{\"anInt32\":7}"},
	/* A message in pieces is merged; a list goes on. */
	{&maybe_type,
		BYTES("\x8a\x01\x03\x0a\x01"
		      "a\x8a\x01\x02\x10\x05"),
		"{\"aLeaf\":{\"name\":\"a\",\"weight\":5}}"},
	{&outer_type, BYTES("\x0a\x02\x12\x00\x0a\x04\x12\x02\x08\x01"),
		"{\"inner\":{\"depth\":0,\"innermost\":[{\"there\":false},{\"there\":true}]}}"},
	/* Of a oneof the last one counts, and a message of it starts anew. */
	{&choice_type, BYTES("\x10\x05\x1a\x01x"),
		"{\"before\":\"\",\"text\":\"x\",\"after\":\"\"}"},
	{&choice_type, BYTES("\x2a\x02\x10\x05\x1a\x01x\x2a\x03\x0a\x01y"),
		"{\"before\":\"\",\"leaf\":{\"name\":\"y\",\"weight\":0},\"after\":\"\"}"},
	{&choice_type, BYTES("\x2a\x02\x10\x05\x2a\x03\x0a\x01y"),
		"{\"before\":\"\",\"leaf\":{\"name\":\"y\",\"weight\":5},\"after\":\"\"}"},
	{&empty_type, BYTES("\x08\x01"), "{}"},
};

START_TEST(odd_bytes_are_read)
{
	const struct row *row = &good[_i];
	struct warren_error error = {0};
	void *message;
	const char *json;
	int rc = warren_message_unpack(row->type, row->bytes, arena, &message, &error);
	ck_assert_msg(rc == 0, "%s: %s %s", row->json, error.field, error.message);
	ck_assert_int_eq(warren_message_to_json(row->type, message, arena, &json, NULL), 0);
	ck_assert_str_eq(json, row->json);
}
END_TEST

static const char ends_early[] = "the bytes end too early";
static const char wrong_type[] = "is not of the type that the schema says";
static const char wrong_number[] = "the bytes hold a field number that cannot be";
static const char wrong_wire[] = "the bytes hold a wire type that is not understood";

static const struct bad_row {
	const struct warren_message_type *type;
	struct warren_bytes bytes;
	const char *field, *message;
} bad[] = {
	{&maybe_type, BYTES("\x80"), "", ends_early},
	{&maybe_type, BYTES("\x18"), "anInt32", ends_early},
	{&maybe_type, BYTES("\x18\x80"), "anInt32", ends_early},
	{&maybe_type, BYTES("\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "anInt32",
		ends_early},
	{&maybe_type,
		BYTES("\x09"
		      "1234567"),
		"aDouble", ends_early},
	{&maybe_type,
		BYTES("\x15"
		      "123"),
		"aFloat", ends_early},
	{&maybe_type,
		BYTES("\x72\x05"
		      "1234"),
		"aString", ends_early},
	{&maybe_type, BYTES("\x72\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "aString", ends_early},
	{&maybe_type,
		BYTES("\x72\xff\xff\xff\xff\xff\xff\xff\xff\x7f"
		      "1234"),
		"aString", ends_early},
	{&maybe_type, BYTES("\x8a\x01\x02\x10"), "aLeaf", ends_early},
	{&maybe_type, BYTES("\x8a\x01\x01\x10"), "aLeaf.weight", ends_early},
	{&maybe_type, BYTES("\xa2\x06\x03xy"), "", ends_early},
	{&maybe_type,
		BYTES("\xa1\x06"
		      "1234"),
		"", ends_early},
	{&maybe_type,
		BYTES("\xa5\x06"
		      "123"),
		"", ends_early},
	{&maybe_type, BYTES("\xa0\x06\x80"), "", ends_early},
	{&maybe_type, BYTES("\x00\x01"), "", wrong_number},
	{&maybe_type, BYTES("\x05\x01"), "", wrong_number},
	{&maybe_type, BYTES("\x80\x80\x80\x80\x10\x01"), "", wrong_number},
	{&maybe_type, BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01"), "", wrong_number},
	{&maybe_type, BYTES("\xa3\x06\xa4\x06"), "", wrong_wire}, /* a group */
	{&maybe_type, BYTES("\xa6\x06"), "", wrong_wire},
	{&maybe_type, BYTES("\xa7\x06"), "", wrong_wire},
	{&maybe_type, BYTES("\x1b"), "anInt32", wrong_type},
	{&maybe_type, BYTES("\x1a\x01\x01"), "anInt32", wrong_type},
	{&maybe_type, BYTES("\x70\x01"), "aString", wrong_type},
	{&maybe_type,
		BYTES("\x1d"
		      "1234"),
		"anInt32", wrong_type},
	{&tree_type, BYTES("\x1a\x00\x1a\x02\x08\x01"), "branches[1].name", wrong_type},
	{&lists_type,
		BYTES("\x0a\x09"
		      "123456789"),
		"doubles", ends_early},
	{&lists_type,
		BYTES("\x12\x03"
		      "123"),
		"floats", ends_early},
	{&lists_type, BYTES("\x1a\x02\x01\x80"), "int32s", ends_early},
	{&lists_type, BYTES("\x1a\x01\x80"), "int32s", ends_early},
	{&lists_type, BYTES("\x1a\x0b\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), "int32s",
		ends_early},
	{&lists_type,
		BYTES("\x1d"
		      "1234"),
		"int32s", wrong_type},
	{&maybe_type, BYTES("\x72\x01\xff"), "aString", "must be valid UTF-8"},
	{&maybe_type, BYTES("\x72\x03\xed\xa0\x80"), "aString", "must be valid UTF-8"},
	{&maybe_type,
		BYTES("\x72\x03"
		      "a\0b"),
		"aString", "must not contain U+0000"},
	{&lists_type,
		BYTES("\x72\x01"
		      "a\x72\x01\xff"),
		"strings[1]", "must be valid UTF-8"},
	{&choice_type, BYTES("\x1a\x01\xff"), "text", "must be valid UTF-8"},
	{&tree_type, BYTES("\x12\x05\x1a\x03\x0a\x01\xff"), "left.branches[0].name",
		"must be valid UTF-8"},
};

START_TEST(bad_bytes_are_refused)
{
	const struct bad_row *row = &bad[_i];
	struct warren_error error = {0};
	void *message = arena;
	/* The exact size on the heap, so that a step too far is seen. */
	uint8_t *copy = malloc(row->bytes.len);
	memcpy(copy, row->bytes.data, row->bytes.len);
	struct warren_bytes bytes = {copy, row->bytes.len};
	int rc = warren_message_unpack(row->type, bytes, arena, &message, &error);
	ck_assert_int_eq(rc, -EBADMSG);
	ck_assert_ptr_eq(message, arena);
	ck_assert_int_eq(error.code, WARREN_INVALID_ARGUMENT);
	ck_assert_str_eq(error.field, row->field);
	ck_assert_str_eq(error.message, row->message);
	ck_assert_int_eq(warren_message_unpack(row->type, bytes, arena, &message, NULL), -EBADMSG);
	free(copy);
}
END_TEST

/* Trees that go left `depth` times in all; lengths are written as five bytes. */
static struct warren_bytes nested_bytes(size_t depth)
{
	size_t len = (depth - 1) * 6;
	uint8_t *data = malloc(len + 1), *to = data;
	for (size_t left = len; left > 0; left -= 6) {
		size_t inner = left - 6;
		*to++ = 0x12;
		for (int i = 0; i < 4; i++)
			*to++ = (uint8_t)(0x80 | (inner >> 7 * i & 0x7f));
		*to++ = (uint8_t)(inner >> 28);
	}
	return (struct warren_bytes){data, len};
}

START_TEST(depth_is_limited)
{
	static const size_t depths[] = {1, 64, 65, 5000, 1000000};
	for (size_t i = 0; i < sizeof depths / sizeof depths[0]; i++) {
		struct warren_bytes bytes = nested_bytes(depths[i]), again;
		struct warren_error error = {0};
		void *message;
		int rc = warren_message_unpack(&tree_type, bytes, arena, &message, &error);
		ck_assert_int_eq(rc, depths[i] <= 64 ? 0 : -EBADMSG);
		if (rc == 0)
			ck_assert_int_eq(
				warren_message_pack(&tree_type, message, arena, &again), 0);
		else
			ck_assert_str_eq(error.message, "is nested too deep");
		free((void *)bytes.data);
	}
	struct tree loop = {.name = "loop"};
	struct warren_bytes bytes;
	loop.left = &loop;
	ck_assert_int_eq(tree_pack(&loop, arena, &bytes), -E2BIG);
	struct tree deepest = {0}, deep[64];
	for (int i = 0; i < 64; i++)
		deep[i] = (struct tree){.left = i == 0 ? &deepest : &deep[i - 1]};
	ck_assert_int_eq(tree_pack(&deep[62], arena, &bytes), 0);
	ck_assert_int_eq(tree_pack(&deep[63], arena, &bytes), -E2BIG);
}
END_TEST

/* Structs in read-only memory: packing writes to none of them. */
START_TEST(designated_initialisers_suffice)
{
	static const struct leaf leaf = {.name = "l"};
	static const struct leaf *const leaves[] = {&leaf, &leaf};
	static const protobuf_c_boolean bools[] = {0, 1, 0x7f00, -1};
	static const struct lists lists = {
		.leaves_count = 2, .leaves = leaves, .bools_count = 4, .bools = bools};
	static const struct choice empty_text = {.pick_case = CHOICE_PICK_CASE_TEXT};
	static const struct choice no_flag = {.pick_case = CHOICE_PICK_CASE_FLAG};
	static const struct maybe maybe = {.has_a_bool = 0x100, .a_bool = 0x100, .a_string = ""};
	static const struct plain plain = {.a_double = -0.0};
	struct warren_bytes bytes;
	ck_assert_int_eq(lists_pack(&lists, arena, &bytes), 0);
	ck_assert_uint_eq(bytes.len, 18);
	ck_assert_mem_eq(bytes.data,
		"\x6a\x04\x00\x01\x01\x01\x8a\x01\x03\x0a\x01l\x8a\x01\x03\x0a\x01l", 18);
	ck_assert_int_eq(choice_pack(&empty_text, arena, &bytes), 0);
	ck_assert_uint_eq(bytes.len, 2);
	ck_assert_mem_eq(bytes.data, "\x1a\x00", 2);
	ck_assert_int_eq(choice_pack(&no_flag, arena, &bytes), 0);
	ck_assert_mem_eq(bytes.data, "\x38\x00", 2);
	ck_assert_int_eq(maybe_pack(&maybe, arena, &bytes), 0);
	ck_assert_uint_eq(bytes.len, 4);
	ck_assert_mem_eq(bytes.data, "\x68\x01\x72\x00", 4);
	ck_assert_int_eq(plain_pack(&plain, arena, &bytes), 0);
	ck_assert_uint_eq(bytes.len, 9);
}
END_TEST

START_TEST(what_cannot_be_packed_is_refused)
{
	static const char *const strings[] = {"a", NULL};
	static const struct leaf *const leaves[] = {NULL};
	const struct lists no_array = {.int32s_count = 1};
	const struct lists no_loose_array = {.leaves_count = 1};
	const struct lists no_string = {.strings_count = 2, .strings = strings};
	const struct lists no_leaf = {.leaves_count = 1, .leaves = leaves};
	const struct plain no_bytes = {.some_bytes = {.len = 1}};
	const struct choice no_message = {.pick_case = CHOICE_PICK_CASE_LEAF};
	struct warren_bytes bytes = {NULL, 7};
	ck_assert_int_eq(lists_pack(&no_array, arena, &bytes), -EINVAL);
	ck_assert_int_eq(lists_pack(&no_loose_array, arena, &bytes), -EINVAL);
	ck_assert_int_eq(lists_pack(&no_string, arena, &bytes), -EINVAL);
	ck_assert_int_eq(lists_pack(&no_leaf, arena, &bytes), -EINVAL);
	ck_assert_int_eq(plain_pack(&no_bytes, arena, &bytes), -EINVAL);
	ck_assert_int_eq(choice_pack(&no_message, arena, &bytes), -EINVAL);
	ck_assert_uint_eq(bytes.len, 7);
}
END_TEST

START_TEST(unset_strings_are_empty_or_absent)
{
	struct warren_bytes nothing = {NULL, 0};
	struct plain *plain;
	struct maybe *maybe;
	ck_assert_int_eq(plain_unpack(nothing, arena, &plain, NULL), 0);
	ck_assert_str_eq(plain->a_string, "");
	ck_assert_ptr_eq(plain->base.descriptor, plain_type.descriptor);
	ck_assert_int_eq(maybe_unpack(nothing, arena, &maybe, NULL), 0);
	ck_assert_ptr_null(maybe->a_string);
	ck_assert_ptr_null(maybe->a_leaf);
}
END_TEST

/* Two bytes make a whole struct: the arena's cap ends it, not the machine's memory. */
START_TEST(memory_is_capped)
{
	size_t len = 2000000;
	uint8_t *data = malloc(len);
	for (size_t i = 0; i < len; i += 2)
		memcpy(data + i, "\x1a\x00", 2);
	struct warren_arena *small = warren_arena_open(1 << 20);
	struct tree *tree = NULL;
	ck_assert_int_eq(
		tree_unpack((struct warren_bytes){data, len}, small, &tree, NULL), -ENOMEM);
	ck_assert_ptr_null(tree);
	warren_arena_close(small);

	/* A list that comes one element at a time is read in time that grows with it alone. */
	for (size_t i = 0; i < len; i += 2)
		memcpy(data + i, "\x18\x05", 2);
	struct lists *lists;
	struct warren_bytes packed;
	ck_assert_int_eq(lists_unpack((struct warren_bytes){data, len}, arena, &lists, NULL), 0);
	ck_assert_uint_eq(lists->int32s_count, len / 2);
	ck_assert_int_eq(lists->int32s[len / 2 - 1], 5);
	ck_assert_int_eq(lists_pack(lists, arena, &packed), 0);
	ck_assert_uint_eq(packed.len, len / 2 + 4);
	free(data);
	struct warren_arena *tiny = warren_arena_open(100);
	ck_assert_int_eq(lists_pack(lists, tiny, &packed), -ENOMEM);
	warren_arena_close(tiny);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("codec_wire");
	TCase *tcase = tcase_create("wire");
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, odd_bytes_are_read, 0, sizeof good / sizeof good[0]);
	tcase_add_loop_test(tcase, bad_bytes_are_refused, 0, sizeof bad / sizeof bad[0]);
	tcase_add_test(tcase, depth_is_limited);
	tcase_add_test(tcase, designated_initialisers_suffice);
	tcase_add_test(tcase, what_cannot_be_packed_is_refused);
	tcase_add_test(tcase, unset_strings_are_empty_or_absent);
	tcase_add_test(tcase, memory_is_capped);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
