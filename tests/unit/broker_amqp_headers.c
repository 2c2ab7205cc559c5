/* Header frames as a peer may make them, before and after what rabbitmq-c cannot read is out. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "broker/amqp_connection.h"
#include "broker/amqp_headers.h"
#include "bytes.h"

#define ALL_PROPERTIES 0xfffc
#define SOME_PROPERTIES (AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_TYPE_FLAG)

/* ---- bytes ---- */

static void put_text(struct bytes *bytes, const char *text)
{
	put_short(bytes, text, strlen(text));
}

static void put_name(struct bytes *table, const char *name, char kind)
{
	put_text(table, name);
	put_number(table, (uint8_t)kind, 1);
}

static void put_long(struct bytes *bytes, const void *from, size_t len)
{
	put_number(bytes, len, 4);
	put(bytes, from, len);
}

/* ---- frames ---- */

static void put_properties(struct bytes *frame, uint16_t flags, const struct bytes *table)
{
	put_number(frame, flags, 2);
	if (flags & AMQP_BASIC_CONTENT_TYPE_FLAG)
		put_text(frame, "text/plain");
	if (flags & AMQP_BASIC_CONTENT_ENCODING_FLAG)
		put_text(frame, "gzip");
	if (flags & AMQP_BASIC_HEADERS_FLAG)
		put_long(frame, table->at, table->len);
	if (flags & AMQP_BASIC_DELIVERY_MODE_FLAG)
		put_number(frame, 2, 1);
	if (flags & AMQP_BASIC_PRIORITY_FLAG)
		put_number(frame, 7, 1);
	if (flags & AMQP_BASIC_CORRELATION_ID_FLAG)
		put_text(frame, "correlation");
	if (flags & AMQP_BASIC_REPLY_TO_FLAG)
		put_text(frame, "reply-to");
	if (flags & AMQP_BASIC_EXPIRATION_FLAG)
		put_text(frame, "1000");
	if (flags & AMQP_BASIC_MESSAGE_ID_FLAG)
		put_text(frame, "message");
	if (flags & AMQP_BASIC_TIMESTAMP_FLAG)
		put_number(frame, 1764000000, 8);
	if (flags & AMQP_BASIC_TYPE_FLAG)
		put_text(frame, "type");
	if (flags & AMQP_BASIC_USER_ID_FLAG)
		put_text(frame, "user");
	if (flags & AMQP_BASIC_APP_ID_FLAG)
		put_text(frame, "app");
	if (flags & AMQP_BASIC_CLUSTER_ID_FLAG)
		put_text(frame, "cluster");
}

static struct bytes *frame_of(uint16_t flags, const struct bytes *table)
{
	struct bytes *frame = calloc(1, sizeof *frame);

	ck_assert_ptr_nonnull(frame);
	put_number(frame, AMQP_FRAME_HEADER, 1);
	put_number(frame, WARREN_AMQP_CHANNEL, 2);
	put_number(frame, 0, 4);
	put_number(frame, AMQP_BASIC_CLASS, 2);
	put_number(frame, 0, 2);
	put_number(frame, 12345, 8); /* bytes of the body */
	put_properties(frame, flags, table);
	size_t payload = frame->len - WARREN_AMQP_FRAME_HEAD_SIZE;
	put_number(frame, AMQP_FRAME_END, 1);
	size_t len = frame->len;
	frame->len = 3;
	put_number(frame, payload, 4);
	frame->len = len;
	return frame;
}

/* Flattens a copy that is no longer than the frame: what is touched beyond it is found. */
static void flatten(struct bytes *frame)
{
	uint8_t *exact = malloc(frame->len);

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, frame->at, frame->len);
	size_t len = warren_amqp_headers_flatten(exact, frame->len);
	ck_assert_uint_le(len, frame->len);
	memcpy(frame->at, exact, len);
	frame->len = len;
	free(exact);
}

/* ---- tables ---- */

typedef void (*fill)(struct bytes *table);

/* One header of each kind that is neither table nor array. */
static void put_flat(struct bytes *table)
{
	static const struct {
		char kind;
		int size;
	} kinds[] = {{'t', 1}, {'b', 1}, {'B', 1}, {'s', 2}, {'u', 2}, {'I', 4}, {'i', 4}, {'l', 8},
		{'L', 8}, {'f', 4}, {'d', 8}, {'D', 5}, {'T', 8}, {'V', 0}};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		put_name(table, "number", kinds[i].kind);
		put_number(table, 1, kinds[i].size);
	}
	put_name(table, "text", 'S');
	put_long(table, "a\0b\xff", 4);
	put_name(table, "", 'x');
	put_long(table, "", 0);
}

static void nothing(struct bytes *table)
{
	(void)table;
}

static void an_empty_table(struct bytes *table)
{
	put_name(table, "nested", 'F');
	put_number(table, 0, 4);
}

static void an_empty_array(struct bytes *table)
{
	put_name(table, "", 'A');
	put_number(table, 0, 4);
}

/* The nested values are not looked at. */
static void a_table_of_anything(struct bytes *table)
{
	put_name(table, "nested", 'F');
	put_long(table, "\xff\xff\xff\xff\0FS", 7);
}

static void deaths(struct bytes *table)
{
	static struct bytes death, all;

	death.len = all.len = 0;
	put_flat(&death);
	for (int i = 0; i < 3; i++) {
		put_number(&all, 'F', 1);
		put_long(&all, death.at, death.len);
	}
	put_name(table, "x-death", 'A');
	put_long(table, all.at, all.len);
}

static void deep_tables(struct bytes *table)
{
	enum { LEVELS = 20000, LEVEL = 6 };

	for (uint32_t i = LEVELS; i > 0; i--) {
		put_name(table, "", 'F');
		put_number(table, (i - 1) * LEVEL, 4);
	}
}

static void deep_arrays(struct bytes *table)
{
	enum { LEVELS = 20000, LEVEL = 5 };

	put_text(table, "deep");
	for (uint32_t i = LEVELS; i > 0; i--) {
		put_number(table, 'A', 1);
		put_number(table, (i - 1) * LEVEL, 4);
	}
}

static const fill nested[] = {nothing, an_empty_table, an_empty_array, a_table_of_anything, deaths,
	deep_tables, deep_arrays};
enum { NESTED = sizeof nested / sizeof nested[0] };

/* ---- the cases ---- */

static void assert_same(const struct bytes *got, const struct bytes *expected)
{
	ck_assert_uint_eq(got->len, expected->len);
	ck_assert_mem_eq(got->at, expected->at, got->len);
}

/* rabbitmq-c takes it as a whole frame. */
static void assert_decodes(const struct bytes *frame)
{
	amqp_connection_state_t codec = amqp_new_connection();
	amqp_frame_t decoded;
	static uint8_t greeting[] = {'A', 'M', 'Q', 'P', 0, 0, 9, 1}; /* before it may be tuned */

	ck_assert_ptr_nonnull(codec);
	ck_assert_int_eq(
		amqp_handle_input(codec, (amqp_bytes_t){sizeof greeting, greeting}, &decoded),
		sizeof greeting);
	ck_assert_int_eq(amqp_tune_connection(codec, 1, WARREN_AMQP_FRAME_MAX, 0), 0);
	ck_assert_int_eq(
		amqp_handle_input(codec, (amqp_bytes_t){frame->len, (void *)frame->at}, &decoded),
		(int)frame->len);
	ck_assert_int_eq(decoded.frame_type, AMQP_FRAME_HEADER);
	ck_assert_uint_eq(decoded.payload.properties.body_size, 12345);
	amqp_destroy_connection(codec);
}

/* `_i`: before, in the middle of and behind the others, with many and with few other properties. */
START_TEST(what_is_nested_is_taken_out_and_nothing_else)
{
	static struct bytes table, flat;
	uint16_t flags = _i % 2 ? ALL_PROPERTIES : SOME_PROPERTIES;
	int place = _i / 2 % 3;
	fill put_nested = nested[_i / 6];

	table.len = flat.len = 0;
	if (place > 0)
		put_flat(&table);
	put_nested(&table);
	if (place < 2)
		put_flat(&table);
	put_flat(&flat);
	if (place == 1)
		put_flat(&flat);
	struct bytes *got = frame_of(flags, &table), *expected = frame_of(flags, &flat);
	flatten(got);
	assert_same(got, expected);
	assert_decodes(got);
	free(got);
	free(expected);
}
END_TEST

START_TEST(many_that_are_nested_go_together)
{
	static struct bytes table, flat;

	table.len = flat.len = 0;
	for (int i = 0; i < 3 * NESTED; i++) {
		if (nested[i % NESTED] != deep_tables && nested[i % NESTED] != deep_arrays)
			nested[i % NESTED](&table);
		put_flat(&table);
		put_flat(&flat);
	}
	struct bytes *got = frame_of(ALL_PROPERTIES, &table);
	struct bytes *expected = frame_of(ALL_PROPERTIES, &flat);
	flatten(got);
	assert_same(got, expected);
	assert_decodes(got);
	free(got);
	free(expected);
}
END_TEST

static void kind_that_nobody_knows(struct bytes *table)
{
	put_name(table, "kind", '?');
	put_number(table, 0, 4);
}

static void name_past_the_table(struct bytes *table)
{
	put_number(table, 255, 1);
}

static void number_past_the_table(struct bytes *table)
{
	put_name(table, "n", 'l');
	put_number(table, 0, 7);
}

static void length_past_the_table(struct bytes *table)
{
	put_name(table, "n", 'S');
	put_number(table, 0, 3);
}

static void text_past_the_table(struct bytes *table)
{
	put_name(table, "n", 'S');
	put_number(table, 1, 4);
}

static void table_past_the_table(struct bytes *table)
{
	put_name(table, "n", 'F');
	put_number(table, UINT32_MAX, 4);
}

static const fill unreadable[] = {kind_that_nobody_knows, name_past_the_table,
	number_past_the_table, length_past_the_table, text_past_the_table, table_past_the_table};

START_TEST(what_cannot_be_read_is_cut_off)
{
	static struct bytes table, flat;

	table.len = flat.len = 0;
	put_flat(&table);
	an_empty_table(&table);
	put_flat(&flat);
	unreadable[_i](&table);
	struct bytes *got = frame_of(ALL_PROPERTIES, &table);
	struct bytes *expected = frame_of(ALL_PROPERTIES, &flat);
	flatten(got);
	assert_same(got, expected);
	assert_decodes(got);
	free(got);
	free(expected);
}
END_TEST

START_TEST(a_frame_without_headers_stays)
{
	static struct bytes none;
	uint16_t flags = (uint16_t)(ALL_PROPERTIES & ~AMQP_BASIC_HEADERS_FLAG);
	struct bytes *got = frame_of(flags, &none), *expected = frame_of(flags, &none);

	flatten(got);
	assert_same(got, expected);
	assert_decodes(got);
	free(got);
	free(expected);
}
END_TEST

/* However short it is, and whatever its bytes claim: it stays inside. */
START_TEST(a_frame_that_ends_early_is_survived)
{
	static struct bytes table;

	table.len = 0;
	put_flat(&table);
	an_empty_table(&table);
	struct bytes *whole = frame_of(ALL_PROPERTIES, &table);
	for (size_t len = WARREN_AMQP_FRAME_HEAD_SIZE + WARREN_AMQP_FRAME_END_SIZE;
		len < whole->len; len++) {
		struct bytes *frame = calloc(1, sizeof *frame);
		ck_assert_ptr_nonnull(frame);
		put(frame, whole->at, len);
		flatten(frame);
		frame->len = WARREN_AMQP_FRAME_HEAD_SIZE + 12;
		while (frame->len < len) /* more flags, without end */
			put_number(frame, 0xff, 1);
		flatten(frame);
		free(frame);
	}
	free(whole);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("amqp headers");
	TCase *tcase = tcase_create("headers");
	SRunner *runner = srunner_create(suite);

	tcase_add_loop_test(tcase, what_is_nested_is_taken_out_and_nothing_else, 0, 6 * NESTED);
	tcase_add_test(tcase, many_that_are_nested_go_together);
	tcase_add_loop_test(
		tcase, what_cannot_be_read_is_cut_off, 0, sizeof unreadable / sizeof unreadable[0]);
	tcase_add_test(tcase, a_frame_without_headers_stays);
	tcase_add_test(tcase, a_frame_that_ends_early_is_survived);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
