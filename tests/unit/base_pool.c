/* The pool, held against a list of what was taken. */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/pool.h"

#define PIECES 3000

struct piece {
	uint8_t *bytes;
	size_t size;
	uint8_t mark;
};

static void fill(struct piece *piece)
{
	piece->mark = (uint8_t)(1 + rand() % 255);
	memset(piece->bytes, piece->mark, piece->size);
}

static void is_as_it_was(const struct piece *piece, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (piece->bytes[i] != piece->mark)
			ck_abort_msg("byte %zu of %zu has changed", i, piece->size);
}

static void take(struct warren_pool *pool, struct piece *piece)
{
	piece->size = 1 + (size_t)rand() % (rand() % 4 ? 300 : 2500);
	piece->bytes = warren_pool_take(pool, piece->size);
	ck_assert_ptr_nonnull(piece->bytes);
	ck_assert_uint_eq((uintptr_t)piece->bytes % 8, 0);
	piece->mark = 0;
	is_as_it_was(piece, piece->size);
	fill(piece);
}

START_TEST(pieces_keep_what_is_written_to_them)
{
	static struct piece pieces[PIECES];
	struct warren_pool *pool = _i ? warren_pool_open() : NULL;

	memset(pieces, 0, sizeof pieces);
	for (int step = 0; step < 100000; step++) {
		struct piece *piece = &pieces[rand() % PIECES];

		if (!piece->bytes) {
			take(pool, piece);
		} else if (rand() % 4) {
			is_as_it_was(piece, piece->size);
			warren_pool_give(pool, piece->bytes);
			piece->bytes = NULL;
		} else {
			size_t size = 1 + (size_t)rand() %
						  (rand() % 8 ? 2500 : 2 * WARREN_POOL_PIECE_MAX);

			piece->bytes = warren_pool_resize(pool, piece->bytes, size);
			ck_assert_ptr_nonnull(piece->bytes);
			is_as_it_was(piece, size < piece->size ? size : piece->size);
			piece->size = size;
			fill(piece);
		}
	}
	for (int i = 0; i < PIECES; i++)
		warren_pool_give(pool, pieces[i].bytes);
	if (pool) {
		size_t held, used;

		warren_pool_usage(pool, &held, &used);
		ck_assert_uint_eq(used, 0);
		/* At most one span of a size waits for the next piece. */
		ck_assert_uint_le(held, (size_t)65536 * WARREN_POOL_PIECE_MAX / 8);
	}
	warren_pool_close(pool);
}
END_TEST

START_TEST(many_pieces_of_a_size_cost_little_more)
{
	enum { MANY = 20000, SIZE = 952 };
	static void *pieces[MANY];
	struct warren_pool *pool = warren_pool_open();
	size_t held, used;

	ck_assert_ptr_nonnull(pool);
	for (int i = 0; i < MANY; i++) {
		pieces[i] = warren_pool_take(pool, SIZE);
		ck_assert_ptr_nonnull(pieces[i]);
	}
	warren_pool_usage(pool, &held, &used);
	ck_assert_uint_eq(used, (size_t)MANY * SIZE);
	ck_assert_uint_lt(held, used + used / 50);
	for (int i = 0; i < MANY; i++)
		warren_pool_give(pool, pieces[i]);
	warren_pool_usage(pool, &held, &used);
	ck_assert_uint_eq(held, 65536);
	warren_pool_close(pool);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base_pool");
	TCase *tcase = tcase_create("pool");
	tcase_add_loop_test(tcase, pieces_keep_what_is_written_to_them, 0, 2);
	tcase_add_test(tcase, many_pieces_of_a_size_cost_little_more);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
