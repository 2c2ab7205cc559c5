/* What a schema at its bounds means: each message comes back as it was, and no name is too long for the broker. */
#include <check.h>
#include <errno.h>
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include MESSAGES
#include TOPOLOGY

enum { NAME_MAX_BYTES = 255, SUFFIX_MAX_BYTES = 20, DEPTH = 64, ARENA_BYTES = 64 << 20 };

static struct warren_arena *arena;

static void setup(void)
{
	arena = warren_arena_open(ARENA_BYTES);
}

static void teardown(void)
{
	warren_arena_close(arena);
}

/* To bytes and back, to JSON and back: always the same bytes. */
static void comes_back(const struct warren_message_type *type, const void *message)
{
	struct warren_bytes bytes, again;
	struct warren_error error = {0};
	const char *json;
	size_t len;
	void *copy;
	ck_assert_int_eq(warren_message_check(type, message, &error), 0);
	ck_assert_int_eq(warren_message_pack(type, message, arena, &bytes), 0);
	ck_assert_int_eq(warren_message_unpack(type, bytes, arena, &copy, &error), 0);
	ck_assert_int_eq(warren_message_pack(type, copy, arena, &again), 0);
	ck_assert_uint_eq(again.len, bytes.len);
	ck_assert_int_eq(memcmp(again.data, bytes.data, bytes.len), 0);
	ck_assert_int_eq(warren_message_to_json(type, message, arena, &json, &len), 0);
	int rc = warren_message_from_json(type, json, len, arena, &copy, &error);
	ck_assert_msg(rc == 0, "%s: %s", error.field, error.message);
	ck_assert_int_eq(warren_message_check(type, copy, &error), 0);
	ck_assert_int_eq(warren_message_pack(type, copy, arena, &again), 0);
	ck_assert_uint_eq(again.len, bytes.len);
	ck_assert_int_eq(memcmp(again.data, bytes.data, bytes.len), 0);
}

START_TEST(the_least_and_the_most)
{
	const int64_t safe = INT64_C(9007199254740991);
	const enum large larges[] = {LARGE_LEAST, LARGE_MOST, LARGE_UNSPECIFIED};
	comes_back(&extremes_type, &(struct extremes){.a_int64 = INT64_MIN,
					   .b_int64 = -safe,
					   .a_sint64 = INT64_MIN,
					   .b_sint64 = -safe,
					   .a_sfixed64 = INT64_MIN,
					   .b_sfixed64 = -safe,
					   .a_int32 = INT32_MIN,
					   .b_int32 = INT32_MIN,
					   .a_double = -DBL_MAX,
					   .large = LARGE_LEAST});
	comes_back(&extremes_type, &(struct extremes){.a_int64 = INT64_MAX,
					   .b_int64 = safe,
					   .a_uint64 = UINT64_MAX,
					   .b_uint64 = (uint64_t)safe,
					   .a_sint64 = INT64_MAX,
					   .b_sint64 = safe,
					   .a_fixed64 = UINT64_MAX,
					   .b_fixed64 = (uint64_t)safe,
					   .a_sfixed64 = INT64_MAX,
					   .b_sfixed64 = safe,
					   .a_int32 = INT32_MAX,
					   .b_int32 = INT32_MAX,
					   .a_uint32 = UINT32_MAX,
					   .b_uint32 = UINT32_MAX,
					   .a_double = DBL_MAX,
					   .large = LARGE_MOST,
					   .larges = larges,
					   .larges_count = 3});
	comes_back(&nothing_type, &(struct nothing){0});
}
END_TEST

START_TEST(one_past_what_json_carries_is_refused)
{
	const int64_t past = INT64_C(9007199254740992);
	const struct extremes wrong[] = {{.b_int64 = past}, {.b_int64 = -past},
		{.b_uint64 = (uint64_t)past}, {.b_sint64 = past}, {.b_fixed64 = (uint64_t)past},
		{.b_sfixed64 = -past}};
	struct warren_error error;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		ck_assert_int_eq(warren_message_check(&extremes_type, &wrong[i], &error), -EINVAL);
}
END_TEST

/* Returns so many within each other, all but the last empty. */
static const struct deep *nest(int depth)
{
	struct deep *deep = calloc((size_t)depth, sizeof *deep);
	for (int i = 0; i + 1 < depth; i++)
		deep[i].deep = &deep[i + 1];
	deep[depth - 1].number = 7;
	return deep;
}

START_TEST(as_deep_as_any_and_one_deeper)
{
	struct warren_bytes bytes;
	const struct deep *deep = nest(DEPTH);
	comes_back(&deep_type, deep);
	free((void *)(uintptr_t)deep);
	deep = nest(DEPTH + 1);
	ck_assert_int_eq(warren_message_pack(&deep_type, deep, arena, &bytes), -E2BIG);
	free((void *)(uintptr_t)deep);
}
END_TEST

/* Each field in turn, by its number, then all of them. */
static size_t put_varint(uint8_t *at, uint64_t number)
{
	size_t n = 0;
	for (; number >= 0x80; number >>= 7)
		at[n++] = (uint8_t)(number | 0x80);
	at[n++] = (uint8_t)number;
	return n;
}

static size_t put_field(uint8_t *at, const ProtobufCFieldDescriptor *field)
{
	bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
	switch (field->type) {
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
	case PROTOBUF_C_TYPE_MESSAGE: {
		size_t n = put_varint(at, (uint64_t)field->id << 3 | 2);
		bool is_message = field->type == PROTOBUF_C_TYPE_MESSAGE;
		n += put_varint(at + n, is_message ? 0 : 1);
		if (!is_message)
			at[n++] = 'x';
		return n;
	}
	case PROTOBUF_C_TYPE_DOUBLE: {
		size_t n = put_varint(at, (uint64_t)field->id << 3 | (repeated ? 2 : 1));
		if (repeated)
			at[n++] = 8;
		memcpy(at + n, &(double){-1.5}, 8);
		return n + 8;
	}
	default: {
		size_t n = put_varint(at, (uint64_t)field->id << 3 | (repeated ? 2 : 0));
		if (repeated)
			at[n++] = 1;
		at[n++] = 1;
		return n;
	}
	}
}

START_TEST(as_many_fields_as_any)
{
	const ProtobufCMessageDescriptor *descriptor = wide_type.descriptor;
	uint8_t *bytes = malloc(descriptor->n_fields * 32);
	struct warren_error error;
	struct warren_bytes again;
	size_t len = 0;
	void *wide;
	ck_assert_uint_eq(descriptor->n_fields, 1000);
	ck_assert_uint_eq(descriptor->fields[999].id, 536870911);
	for (unsigned i = 0; i < descriptor->n_fields; i++)
		len += put_field(bytes + len, &descriptor->fields[i]);
	ck_assert_int_eq(
		warren_message_unpack(&wide_type, (struct warren_bytes){.data = bytes, .len = len},
			arena, &wide, &error),
		0);
	ck_assert_int_eq(warren_message_pack(&wide_type, wide, arena, &again), 0);
	ck_assert_uint_eq(again.len, len);
	ck_assert_int_eq(memcmp(again.data, bytes, len), 0);
	comes_back(&wide_type, wide);
	free(bytes);
}
END_TEST

static void fits(const char *name)
{
	ck_assert_msg(strlen(name) + SUFFIX_MAX_BYTES <= NAME_MAX_BYTES,
		"%s has %zu bytes: with a suffix it is too long for the broker", name,
		strlen(name));
}

START_TEST(names_are_short_enough_for_the_broker)
{
	const struct warren_topology *topology = &OWNER_TOPOLOGY;
	ck_assert_uint_gt(topology->queue_count, 0);
	for (size_t i = 0; i < topology->exchange_count; i++)
		fits(topology->exchanges[i]->name);
	for (size_t i = 0; i < topology->queue_count; i++)
		fits(topology->queues[i]->name);
	for (size_t i = 0; i < topology->binding_count; i++)
		fits(topology->bindings[i]->routing_key);
	ck_assert_uint_eq(empty_topology.queue_count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("golden bounds");
	TCase *tests = tcase_create("all");
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, the_least_and_the_most);
	tcase_add_test(tests, one_past_what_json_carries_is_refused);
	tcase_add_test(tests, as_deep_as_any_and_one_deeper);
	tcase_add_test(tests, as_many_fields_as_any);
	tcase_add_test(tests, names_are_short_enough_for_the_broker);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
