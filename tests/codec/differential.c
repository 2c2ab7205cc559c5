/*
 * Random messages, packed by one side and unpacked by the other: our codec and tables here, the
 * protobuf-c runtime with protoc-c's tables there.  CODEC_SEED=N repeats a run.
 */
#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/id.h"
#include "kitchen_messages.h"
#include "oracle.pb-c.h"
#include "random_message.h"

#define ROUNDS 300
#define ARENA_MAX ((size_t)64 << 20)

static const struct pair {
	const struct warren_message_type *type;
	const ProtobufCMessageDescriptor *oracle;
} pairs[] = {
	{&leaf_type, &kitchen__leaf__descriptor},
	{&empty_type, &kitchen__empty__descriptor},
	{&plain_type, &kitchen__plain__descriptor},
	{&maybe_type, &kitchen__maybe__descriptor},
	{&lists_type, &kitchen__lists__descriptor},
	{&loose_type, &kitchen__loose__descriptor},
	{&tree_type, &kitchen__tree__descriptor},
	{&choice_type, &kitchen__choice__descriptor},
	{&reserved_type, &kitchen__reserved__descriptor},
	{&outer_type, &kitchen__outer__descriptor},
	{&wide_type, &kitchen__wide__descriptor},
};
#define PAIR_COUNT ((int)(sizeof pairs / sizeof pairs[0]))

static uint64_t seed;

static void *arena_alloc(void *arena, size_t size)
{
	return warren_arena_alloc(arena, size > 0 ? size : 1);
}

static void arena_free(void *arena, void *memory)
{
	(void)arena;
	(void)memory;
}

static struct warren_bytes oracle_pack(const void *message, struct warren_arena *arena)
{
	struct warren_bytes bytes = {.len = protobuf_c_message_get_packed_size(message)};
	uint8_t *data = arena_alloc(arena, bytes.len);
	ck_assert_uint_eq(protobuf_c_message_pack(message, data), bytes.len);
	bytes.data = data;
	return bytes;
}

static ProtobufCMessage *oracle_unpack(const ProtobufCMessageDescriptor *descriptor,
	struct warren_bytes bytes, struct warren_arena *arena)
{
	ProtobufCAllocator allocator = {arena_alloc, arena_free, arena};
	return protobuf_c_message_unpack(descriptor, &allocator, bytes.len, bytes.data);
}

static struct warren_bytes our_pack(
	const struct warren_message_type *type, const void *message, struct warren_arena *arena)
{
	struct warren_bytes bytes;
	ck_assert_int_eq(warren_message_pack(type, message, arena, &bytes), 0);
	return bytes;
}

static bool same(struct warren_bytes a, struct warren_bytes b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

static void assert_same(
	const struct pair *pair, int round, struct warren_bytes ours, struct warren_bytes theirs)
{
	ck_assert_msg(same(ours, theirs), "%s: round %d differs (%zu and %zu bytes)",
		pair->type->name, round, ours.len, theirs.len);
}

/* Calls `fn` for each message that `message` points to. */
static void each_child(const ProtobufCMessage *message, void (*fn)(ProtobufCMessage *child))
{
	for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
		const char *quantifier = (const char *)message + field->quantifier_offset;
		void *const *value = (void *const *)((const char *)message + field->offset);
		if (field->type != PROTOBUF_C_TYPE_MESSAGE)
			continue;
		if (field->label == PROTOBUF_C_LABEL_REPEATED) {
			for (size_t k = 0; k < *(const size_t *)quantifier; k++)
				fn(((ProtobufCMessage **)*value)[k]);
		} else if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) ||
			   *(const uint32_t *)quantifier == field->id) {
			if (*value)
				fn(*value);
		}
	}
}

static void drop_unknown(ProtobufCMessage *message)
{
	message->n_unknown_fields = 0;
	each_child(message, drop_unknown);
}

static void clear_base(ProtobufCMessage *message)
{
	each_child(message, clear_base);
	memset(message, 0, sizeof *message);
}

static uint32_t checksum(const void *bytes, size_t len)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < len; i++)
		sum = sum * 31 + ((const uint8_t *)bytes)[i];
	return sum;
}

START_TEST(ours_is_read_by_the_oracle)
{
	const struct pair *pair = &pairs[_i];
	struct random random = {seed + (unsigned)_i};
	struct warren_arena *arena = warren_arena_open(ARENA_MAX);
	for (int round = 0; round < ROUNDS; round++) {
		warren_arena_reset(arena);
		void *message = random_message(pair->type->descriptor, &random, arena);
		struct warren_bytes bytes = our_pack(pair->type, message, arena);
		assert_same(pair, round, bytes, oracle_pack(message, arena));
		ProtobufCMessage *theirs = oracle_unpack(pair->oracle, bytes, arena);
		ck_assert_ptr_nonnull(theirs);
		assert_same(pair, round, bytes, oracle_pack(theirs, arena));
		/* The same without a descriptor anywhere, and not a byte of it written. */
		clear_base(message);
		uint32_t sum = checksum(message, pair->type->descriptor->sizeof_message);
		assert_same(pair, round, bytes, our_pack(pair->type, message, arena));
		ck_assert_uint_eq(checksum(message, pair->type->descriptor->sizeof_message), sum);
	}
	warren_arena_close(arena);
}
END_TEST

START_TEST(the_oracles_is_read_by_us)
{
	const struct pair *pair = &pairs[_i];
	struct random random = {~seed + (unsigned)_i};
	struct warren_arena *arena = warren_arena_open(ARENA_MAX);
	for (int round = 0; round < ROUNDS; round++) {
		warren_arena_reset(arena);
		struct warren_bytes bytes =
			oracle_pack(random_message(pair->oracle, &random, arena), arena);
		struct warren_error error = {0};
		void *message, *again;
		int rc = warren_message_unpack(pair->type, bytes, arena, &message, &error);
		ck_assert_msg(rc == 0, "%s: %s %s", pair->type->name, error.field, error.message);
		assert_same(pair, round, our_pack(pair->type, message, arena), bytes);
		ck_assert_int_eq(warren_message_check(pair->type, message, &error), 0);

		const char *json;
		size_t len;
		ck_assert_int_eq(
			warren_message_to_json(pair->type, message, arena, &json, &len), 0);
		rc = warren_message_from_json(pair->type, json, len, arena, &again, &error);
		ck_assert_msg(rc == 0, "%s: %s %s", json, error.field, error.message);
		assert_same(pair, round, our_pack(pair->type, again, arena), bytes);
	}
	warren_arena_close(arena);
}
END_TEST

/* Damages bytes in one of the ways that meet codecs in the wild. */
static struct warren_bytes mutate(struct warren_bytes bytes, struct warren_bytes other,
	struct random *random, struct warren_arena *arena)
{
	size_t at = random_below(random, bytes.len + 1);
	uint8_t *data = arena_alloc(arena, bytes.len + other.len + 1);
	memcpy(data, bytes.data, bytes.len);
	struct warren_bytes out = {data, bytes.len};
	switch (random_below(random, 5)) {
	case 0: /* a bit turned */
		if (bytes.len > 0)
			data[at % bytes.len] ^= (uint8_t)(1 << random_below(random, 8));
		break;
	case 1: /* cut short */
		out.len = at;
		break;
	case 2: /* a byte more */
		memmove(data + at + 1, data + at, bytes.len - at);
		data[at] = (uint8_t)random_next(random);
		out.len++;
		break;
	case 3: /* a byte less */
		if (at < bytes.len) {
			memmove(data + at, data + at + 1, bytes.len - at - 1);
			out.len--;
		}
		break;
	case 4: /* two messages run together: the later wins, or is merged */
		memcpy(data + bytes.len, other.data, other.len);
		out.len += other.len;
		break;
	}
	return out;
}

static void write_file(const char *path, struct warren_bytes bytes)
{
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes.data, 1, bytes.len, file), bytes.len);
	ck_assert_int_eq(fclose(file), 0);
}

/*
 * protobuf-c 1.4.1 loses fields of a message that comes in several pieces; where it and we differ,
 * protoc judges whether what we packed says what the bytes said.
 */
static bool protoc_agrees(
	const struct pair *pair, struct warren_bytes bytes, struct warren_bytes packed)
{
	char folder[] = "/tmp/codec_judge_XXXXXX", bytes_path[64], packed_path[64], command[1024];
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(bytes_path, sizeof bytes_path, "%s/bytes", folder);
	snprintf(packed_path, sizeof packed_path, "%s/packed", folder);
	write_file(bytes_path, bytes);
	write_file(packed_path, packed);
	snprintf(command, sizeof command, "%s %s %s %s %s", CODEC_JUDGE, CODEC_PROTOC,
		pair->type->name, bytes_path, packed_path);
	int rc = system(command);
	unlink(bytes_path);
	unlink(packed_path);
	rmdir(folder);
	return rc == 0;
}

/* What we accept the oracle accepts, and understands in the same way. */
START_TEST(damaged_bytes_mean_the_same_or_nothing)
{
	const struct pair *pair = &pairs[_i];
	struct random random = {seed * 3 + (unsigned)_i};
	struct warren_arena *arena = warren_arena_open(ARENA_MAX);
	for (int round = 0; round < 4 * ROUNDS; round++) {
		warren_arena_reset(arena);
		const void *first = random_message(pair->oracle, &random, arena);
		const void *second = random_message(pair->oracle, &random, arena);
		struct warren_bytes bytes = mutate(
			oracle_pack(first, arena), oracle_pack(second, arena), &random, arena);
		struct warren_error error = {0};
		void *message;
		int rc = warren_message_unpack(pair->type, bytes, arena, &message, &error);
		if (rc < 0) {
			ck_assert_int_eq(rc, -EBADMSG);
			ck_assert_int_eq(error.code, WARREN_INVALID_ARGUMENT);
			ck_assert(error.message[0] != '\0');
			continue;
		}
		ProtobufCMessage *theirs = oracle_unpack(pair->oracle, bytes, arena);
		ck_assert_msg(theirs, "%s: round %d: the oracle refuses", pair->type->name, round);
		drop_unknown(theirs);
		struct warren_bytes packed = our_pack(pair->type, message, arena);
		ck_assert_msg(same(packed, oracle_pack(theirs, arena)) ||
				      protoc_agrees(pair, bytes, packed),
			"%s: round %d differs", pair->type->name, round);
	}
	warren_arena_close(arena);
}
END_TEST

/* Lists and Loose share their numbers: each form is read by the schema that says the other. */
START_TEST(packed_and_loose_read_each_other)
{
	struct random random = {seed * 5};
	struct warren_arena *arena = warren_arena_open(ARENA_MAX);
	for (int round = 0; round < ROUNDS; round++) {
		warren_arena_reset(arena);
		const void *lists = random_message(&kitchen__lists__descriptor, &random, arena);
		struct warren_bytes packed = oracle_pack(lists, arena);
		void *loose, *again;
		ck_assert_int_eq(
			warren_message_unpack(&loose_type, packed, arena, &loose, NULL), 0);
		struct warren_bytes bytes = our_pack(&loose_type, loose, arena);
		ck_assert_int_eq(warren_message_unpack(&lists_type, bytes, arena, &again, NULL), 0);
		assert_same(&pairs[4], round, our_pack(&lists_type, again, arena), packed);
	}
	warren_arena_close(arena);
}
END_TEST

int main(void)
{
	const char *given = getenv("CODEC_SEED");
	if (given)
		seed = strtoull(given, NULL, 10);
	while (seed == 0)
		warren_random(&seed, sizeof seed);
	printf("CODEC_SEED=%" PRIu64 "\n", seed);
	fflush(stdout);

	Suite *suite = suite_create("codec_differential");
	TCase *tcase = tcase_create("differential");
	tcase_add_loop_test(tcase, ours_is_read_by_the_oracle, 0, PAIR_COUNT);
	tcase_add_loop_test(tcase, the_oracles_is_read_by_us, 0, PAIR_COUNT);
	tcase_add_loop_test(tcase, damaged_bytes_mean_the_same_or_nothing, 0, PAIR_COUNT);
	tcase_add_test(tcase, packed_and_loose_read_each_other);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
