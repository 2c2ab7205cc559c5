/* Arena, buffer, map, UTF-8, identifiers. */
#include <check.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/id.h"
#include "base/map.h"
#include "base/utf8.h"
#include "warren/arena.h"
#include "warren/code.h"

START_TEST(arena_stops_at_its_cap)
{
	struct warren_arena *arena = warren_arena_open(10000);
	ck_assert_ptr_null(warren_arena_alloc(arena, 10001));
	ck_assert_ptr_null(warren_arena_alloc(arena, SIZE_MAX));
	ck_assert_ptr_nonnull(warren_arena_alloc(arena, 9000));
	ck_assert_ptr_null(warren_arena_alloc(arena, 9000));
	warren_arena_reset(arena);
	ck_assert_uint_eq(warren_arena_used(arena), 0);
	ck_assert_ptr_nonnull(warren_arena_alloc(arena, 9000));
	warren_arena_close(arena);
	warren_arena_close(NULL);
}
END_TEST

START_TEST(arena_memory_is_zeroed_aligned_and_apart)
{
	struct warren_arena *arena = warren_arena_open(1u << 20);
	unsigned char *before = NULL;
	for (size_t size = 0; size < 600; size++) {
		unsigned char *memory = warren_arena_alloc(arena, size);
		ck_assert_ptr_nonnull(memory);
		ck_assert_uint_eq((uintptr_t)memory % sizeof(max_align_t) % 16, 0);
		ck_assert_ptr_ne(memory, before);
		for (size_t i = 0; i < size; i++)
			ck_assert_uint_eq(memory[i], 0);
		memset(memory, 0xff, size);
		before = memory;
	}
	warren_arena_reset(arena);
	unsigned char *again = warren_arena_alloc(arena, 4000);
	for (size_t i = 0; i < 4000; i++)
		ck_assert_uint_eq(again[i], 0);
	warren_arena_close(arena);
}
END_TEST

START_TEST(arena_text)
{
	struct warren_arena *arena = warren_arena_open(100000);
	ck_assert_str_eq(warren_arena_strndup(arena, "abc", 2), "ab");
	ck_assert_str_eq(warren_arena_printf(arena, "%s-%d", "x", 7), "x-7");
	ck_assert_ptr_null(warren_arena_printf(arena, "%200000d", 7));
	warren_arena_close(arena);
}
END_TEST

START_TEST(buffer_grows_to_its_cap)
{
	struct warren_buffer buffer;
	warren_buffer_init(&buffer, 1000);
	for (int i = 0; i < 10; i++) {
		char bytes[100];
		memset(bytes, 'a' + i, sizeof bytes);
		ck_assert_int_eq(warren_buffer_append(&buffer, bytes, sizeof bytes), 0);
	}
	ck_assert_int_eq(warren_buffer_append(&buffer, "x", 1), -EMSGSIZE);
	ck_assert_uint_eq(buffer.len, 1000);
	warren_buffer_consume(&buffer, 150);
	ck_assert_uint_eq(buffer.len, 850);
	ck_assert_int_eq(buffer.data[0], 'b');
	warren_buffer_consume(&buffer, 9999);
	ck_assert_uint_eq(buffer.len, 0);
	warren_buffer_free(&buffer);
}
END_TEST

START_TEST(map_keeps_what_it_is_given)
{
	struct warren_map *map = warren_map_open();
	static int values[5000];
	char key[32];
	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof key, "key-%d", i);
		ck_assert_int_eq(warren_map_add(map, key, &values[i]), 0);
		ck_assert_int_eq(warren_map_add(map, key, &values[i]), -EEXIST);
	}
	for (int i = 0; i < 5000; i += 3) {
		snprintf(key, sizeof key, "key-%d", i);
		ck_assert_ptr_eq(warren_map_remove(map, key), &values[i]);
		ck_assert_ptr_null(warren_map_remove(map, key));
	}
	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof key, "key-%d", i);
		void *wanted = i % 3 == 0 ? NULL : &values[i];
		ck_assert_ptr_eq(warren_map_get(map, key), wanted);
	}
	ck_assert_uint_eq(warren_map_count(map), 5000 - 1667);
	warren_map_close(map);
}
END_TEST

/* Many rounds, because the seed is another one in each process and runs of full slots must wrap the
 * end. */
struct named {
	int number;
	char name[8];
};

START_TEST(map_finds_keys_within_values)
{
	struct warren_map *map = warren_map_open_within(offsetof(struct named, name));
	static struct named all[1000], other;

	for (int i = 0; i < 1000; i++) {
		snprintf(all[i].name, sizeof all[i].name, "%d", i);
		ck_assert_int_eq(warren_map_add(map, all[i].name, &all[i]), 0);
	}
	for (int i = 0; i < 1000; i++) {
		snprintf(other.name, sizeof other.name, "%d", i);
		ck_assert_int_eq(warren_map_add(map, other.name, &other), -EEXIST);
		ck_assert_ptr_eq(warren_map_get(map, other.name), &all[i]);
		if (i % 2)
			ck_assert_ptr_eq(warren_map_remove(map, other.name), &all[i]);
	}
	size_t cursor = 0;
	const char *key;
	void *value;
	for (int i = 0; i < 500; i++) {
		ck_assert(warren_map_next(map, &cursor, &key, &value));
		ck_assert_ptr_eq(key, ((struct named *)value)->name);
	}
	ck_assert(!warren_map_next(map, &cursor, &key, &value));
	warren_map_close(map);
}
END_TEST

START_TEST(map_walk_meets_each_entry_once_while_removing)
{
	for (int round = 0; round < 200; round++) {
		struct warren_map *map = warren_map_open();
		static int met[40];
		memset(met, 0, sizeof met);
		char key[32];
		for (int i = 0; i < 40; i++) {
			snprintf(key, sizeof key, "%d/%d", round, i);
			ck_assert_int_eq(warren_map_add(map, key, &met[i]), 0);
		}
		size_t cursor = 0;
		const char *name;
		void *value;
		while (warren_map_next(map, &cursor, &name, &value)) {
			*(int *)value += 1;
			if ((round + *name) % 2)
				ck_assert_ptr_eq(warren_map_remove(map, name), value);
		}
		for (int i = 0; i < 40; i++)
			ck_assert_int_eq(met[i], 1);
		warren_map_close(map);
	}
}
END_TEST

static const struct {
	const char *text;
	bool valid;
} utf8[] = {
	{"", true},
	{"ascii", true},
	{"\xc3\xa9", true},
	{"\xe2\x82\xac", true},
	{"\xf0\x9f\x90\x87", true},
	{"\xef\xbf\xbf", true},
	{"\xf4\x8f\xbf\xbf", true},
	{"\xc0\x80", false},
	{"\xc1\xbf", false},
	{"\xe0\x80\x80", false},
	{"\xed\xa0\x80", false},
	{"\xf4\x90\x80\x80", false},
	{"\xf5\x80\x80\x80", false},
	{"\x80", false},
	{"\xc3", false},
	{"\xe2\x82", false},
	{"\xff", false},
};

START_TEST(utf8_is_checked)
{
	ck_assert_int_eq(warren_utf8_valid(utf8[_i].text, strlen(utf8[_i].text)), utf8[_i].valid);
}
END_TEST

START_TEST(utf8_is_counted_and_cut)
{
	const char *text = "a\xe2\x82\xac\xf0\x9f\x90\x87z";
	ck_assert_uint_eq(warren_utf8_count(text, strlen(text)), 4);
	ck_assert_uint_eq(warren_utf8_cut(text, strlen(text), 100), 9);
	ck_assert_uint_eq(warren_utf8_cut(text, strlen(text), 7), 4);
	ck_assert_uint_eq(warren_utf8_cut(text, strlen(text), 3), 1);
	ck_assert_uint_eq(warren_utf8_cut(text, strlen(text), 0), 0);
}
END_TEST

START_TEST(ids_have_their_form_and_differ)
{
	char a[WARREN_UUID_SIZE], b[WARREN_UUID_SIZE], instance[WARREN_INSTANCE_SIZE], text[100];
	warren_uuid(a);
	warren_uuid(b);
	ck_assert_uint_eq(strlen(a), 36);
	ck_assert_int_eq(a[14], '7');
	ck_assert_str_ne(a, b);
	warren_instance_id(instance);
	ck_assert_uint_eq(strspn(instance, "abcdefghijklmnopqrstuvwxyz234567"), 12);
	warren_random_text(text, 99);
	ck_assert_uint_eq(strlen(text), 99);
}
END_TEST

START_TEST(error_text_is_cut_at_a_character)
{
	struct warren_error error;
	char text[400];
	memset(text, 'a', sizeof text);
	memcpy(text + 254, "\xe2\x82\xac", 4);
	warren_error_set(&error, WARREN_TIMEOUT, NULL, "%s", text);
	ck_assert_uint_eq(strlen(error.message), 254);
	ck_assert_str_eq(error.field, "");
	warren_error_set(NULL, WARREN_TIMEOUT, "x", "nobody asks");
}
END_TEST

START_TEST(error_text_is_utf8_whatever_it_is_given)
{
	struct warren_error error;
	warren_error_set(&error, WARREN_TIMEOUT, "f\x80", "a\xff\xe2\x82z%.1s", "\xc3\xa9");
	ck_assert_str_eq(error.message, "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd");
	ck_assert_str_eq(error.field, "f\xef\xbf\xbd");
}
END_TEST

START_TEST(an_error_can_be_told_with_its_own_text)
{
	struct warren_error error;
	warren_error_set(&error, WARREN_TIMEOUT, "name", "too late");
	warren_error_set(&error, WARREN_INTERNAL, error.field, "again: %s", error.message);
	ck_assert_str_eq(error.message, "again: too late");
	ck_assert_str_eq(error.field, "name");
}
END_TEST

START_TEST(codes_have_names)
{
	for (int code = 0; code < WARREN_CODE_COUNT; code++)
		ck_assert_int_eq(warren_code_from_name(warren_code_name(code)), code);
	ck_assert_int_eq(warren_code_from_name("no such code"), WARREN_INTERNAL);
	ck_assert_int_eq(warren_code_try_again(WARREN_RATE_LIMITED), WARREN_TRY_AFTER);
	ck_assert_int_eq(warren_code_try_again(WARREN_INVALID_ARGUMENT), WARREN_TRY_NO);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base memory");
	TCase *tests = tcase_create("all");
	tcase_add_test(tests, arena_stops_at_its_cap);
	tcase_add_test(tests, arena_memory_is_zeroed_aligned_and_apart);
	tcase_add_test(tests, arena_text);
	tcase_add_test(tests, buffer_grows_to_its_cap);
	tcase_add_test(tests, map_keeps_what_it_is_given);
	tcase_add_test(tests, map_finds_keys_within_values);
	tcase_add_test(tests, map_walk_meets_each_entry_once_while_removing);
	tcase_add_loop_test(tests, utf8_is_checked, 0, sizeof utf8 / sizeof utf8[0]);
	tcase_add_test(tests, utf8_is_counted_and_cut);
	tcase_add_test(tests, ids_have_their_form_and_differ);
	tcase_add_test(tests, error_text_is_cut_at_a_character);
	tcase_add_test(tests, error_text_is_utf8_whatever_it_is_given);
	tcase_add_test(tests, an_error_can_be_told_with_its_own_text);
	tcase_add_test(tests, codes_have_names);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
