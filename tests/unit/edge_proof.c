/* The proof of a call between edges; each call counts once. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/cluster/numbers.h"
#include "edge/cluster/proof.h"

#define KEY "the-key-of-all-edges-of-this-test"

static struct warren_keyring *ring;

static void setup(void)
{
	struct warren_error error;

	ck_assert_int_eq(warren_keyring_open(KEY, &ring, &error), 0);
}

static void teardown(void)
{
	warren_keyring_close(ring);
}

static const struct warren_proof_call right = {
	.to = "here", .method = "POST", .path = "/a", .query = "b=c"};

static struct warren_proof signed_call(void)
{
	struct warren_proof proof = {.from = "there",
		.time = "1767225600000",
		.number = "17",
		.body = WARREN_SHA256_EMPTY};

	ck_assert_int_eq(warren_proof_sign(ring, &right, &proof), 0);
	return proof;
}

START_TEST(what_is_written_is_read_again_and_holds)
{
	struct warren_proof proof = signed_call(), again;
	char text[WARREN_PROOF_CALL_SIZE];

	warren_proof_write(&proof, text);
	ck_assert_int_eq(warren_proof_read(text, &again), 0);
	ck_assert_str_eq(again.from, "there");
	ck_assert_str_eq(again.time, "1767225600000");
	ck_assert_str_eq(again.number, "17");
	ck_assert_str_eq(again.body, WARREN_SHA256_EMPTY);
	ck_assert(warren_proof_holds(ring, &right, &again));
}
END_TEST

START_TEST(the_longest_fits)
{
	struct warren_proof proof = signed_call(), again;
	char text[WARREN_PROOF_CALL_SIZE];

	memset(proof.from, 'x', sizeof proof.from - 1);
	proof.from[sizeof proof.from - 1] = '\0';
	snprintf(proof.time, sizeof proof.time, "%lld", (long long)INT64_MAX);
	snprintf(proof.number, sizeof proof.number, "%llu", (unsigned long long)UINT64_MAX);
	warren_proof_write(&proof, text);
	ck_assert_int_eq(warren_proof_read(text, &again), 0);
	ck_assert_mem_eq(&again.number, &proof.number, strlen(proof.number) + 1);
}
END_TEST

START_TEST(each_part_of_a_call_is_proved)
{
	const struct warren_proof_call calls[] = {{"elsewhere", "POST", "/a", "b=c"},
		{"here", "GET", "/a", "b=c"}, {"here", "POST", "/b", "b=c"},
		{"here", "POST", "/a", "b=d"}, {"here", "POST", "/ab=c", ""}};
	struct warren_proof proof = signed_call();

	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
		ck_assert_msg(!warren_proof_holds(ring, &calls[i], &proof), "call %zu", i);
	proof.from[0] = 'T';
	ck_assert(!warren_proof_holds(ring, &right, &proof));
	proof = signed_call();
	proof.time[0] = '2';
	ck_assert(!warren_proof_holds(ring, &right, &proof));
	proof = signed_call();
	proof.number[1] = '8';
	ck_assert(!warren_proof_holds(ring, &right, &proof));
	proof = signed_call();
	proof.body[5] = '0';
	ck_assert(!warren_proof_holds(ring, &right, &proof));
}
END_TEST

START_TEST(what_is_no_proof_is_not_read)
{
	struct warren_proof proof = signed_call(), untouched = {.from = "nobody"};
	char text[WARREN_PROOF_CALL_SIZE], bad[2 * WARREN_PROOF_CALL_SIZE];

	warren_proof_write(&proof, text);
	for (size_t len = 0; len < strlen(text); len++) {
		snprintf(bad, sizeof bad, "%.*s", (int)len, text);
		ck_assert_int_eq(warren_proof_read(bad, &untouched), -EBADMSG);
		snprintf(bad, sizeof bad, "%.*s %s", (int)len, text, text + len);
		ck_assert_int_eq(warren_proof_read(bad, &untouched), -EBADMSG);
		snprintf(bad, sizeof bad, "%.*s\xff%s", (int)len, text, text + len + 1);
		ck_assert_int_eq(warren_proof_read(bad, &untouched), -EBADMSG);
	}
	snprintf(bad, sizeof bad, "%s ", text);
	ck_assert_int_eq(warren_proof_read(bad, &untouched), -EBADMSG);
	snprintf(bad, sizeof bad, WARREN_PROOF_SCHEME "%043d %s", 0, text + 14);
	ck_assert_int_eq(warren_proof_read(bad, &untouched), -EBADMSG);
	ck_assert_int_eq(warren_proof_read("Basic dXNlcjpwYXNzd29yZA==", &untouched), -EBADMSG);
	ck_assert_str_eq(untouched.from, "nobody");
}
END_TEST

START_TEST(an_answer_proves_its_call_its_status_and_its_body)
{
	struct warren_proof proof = signed_call(), other = proof;
	char line[WARREN_PROOF_ANSWER_SIZE + 2], body[WARREN_SHA256_SIZE] = "";

	ck_assert_int_eq(warren_proof_answer(ring, proof.proof, 200, WARREN_SHA256_EMPTY, line), 0);
	ck_assert_uint_eq(strlen(line), WARREN_PROOF_ANSWER_SIZE - 1);
	ck_assert_int_eq(warren_proof_answered(ring, proof.proof, 200, line, body), -EBADMSG);
	strcat(line, "\r\n");
	ck_assert_int_eq(warren_proof_answered(ring, proof.proof, 201, line, body), -EACCES);
	other.proof[0] = proof.proof[0] == '0' ? '1' : '0';
	ck_assert_int_eq(warren_proof_answered(ring, other.proof, 200, line, body), -EACCES);
	ck_assert_str_eq(body, "");
	ck_assert_int_eq(warren_proof_answered(ring, proof.proof, 200, line, body), 0);
	ck_assert_str_eq(body, WARREN_SHA256_EMPTY);
	line[strlen(WARREN_PROOF_SCHEME)] = '0';
	ck_assert_int_eq(warren_proof_answered(ring, proof.proof, 200, line, body), -EACCES);
	/* A call's proof is no answer's. */
	snprintf(line, sizeof line, WARREN_PROOF_SCHEME "%s %s\r\n", WARREN_SHA256_EMPTY,
		proof.proof);
	ck_assert_int_eq(warren_proof_answered(ring, proof.proof, 200, line, body), -EACCES);
}
END_TEST

/* ---- numbers ---- */

enum { WINDOW = WARREN_NUMBERS_WINDOW };

START_TEST(each_number_counts_once_in_whatever_order)
{
	struct warren_numbers *numbers = warren_numbers_open();
	const uint64_t start = UINT64_C(1767225600000) << 20;
	char *taken = calloc(3 * WINDOW, 1);
	uint64_t highest = 0, state = 7;

	for (int i = 0; i < 20 * WINDOW; i++) {
		/* Near the highest of late, now and then far ahead. */
		state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
		uint64_t reach = highest + 1 + (i % 997 == 0 ? 500 : 3);
		uint64_t n = reach > 600 ? reach - (state >> 33) % 600 : (state >> 33) % reach;
		bool fits = n < 3 * WINDOW && (n > highest || highest - n < WINDOW) && !taken[n];

		if (n >= 3 * WINDOW)
			break;
		ck_assert_int_eq(
			warren_numbers_take(numbers, "a", start + n, 0), fits ? 0 : -EALREADY);
		taken[n] = 1;
		highest = n > highest ? n : highest;
	}
	ck_assert_uint_gt(highest, 2 * WINDOW);
	free(taken);
	warren_numbers_close(numbers);
}
END_TEST

START_TEST(what_is_older_than_the_window_is_refused)
{
	struct warren_numbers *numbers = warren_numbers_open();

	ck_assert_int_eq(warren_numbers_take(numbers, "a", 10, 0), 0);
	ck_assert_int_eq(warren_numbers_take(numbers, "a", 10 + WINDOW, 0), 0);
	ck_assert_int_eq(warren_numbers_take(numbers, "a", 10, 0), -EALREADY);
	ck_assert_int_eq(warren_numbers_take(numbers, "a", 9, 0), -EALREADY);
	ck_assert_int_eq(warren_numbers_take(numbers, "a", 11, 0), 0);
	ck_assert_int_eq(warren_numbers_take(numbers, "a", 10 + 5 * (uint64_t)WINDOW, 0), 0);
	ck_assert_int_eq(warren_numbers_take(numbers, "a", 12, 0), -EALREADY);
	ck_assert_int_eq(warren_numbers_take(numbers, "a", UINT64_MAX, 0), 0);
	ck_assert_int_eq(warren_numbers_take(numbers, "a", UINT64_MAX, 0), -EALREADY);
	ck_assert_int_eq(warren_numbers_take(numbers, "a", 0, 0), -EALREADY);
	ck_assert_int_eq(warren_numbers_take(numbers, "b", 0, 0), 0);
	ck_assert_int_eq(warren_numbers_take(numbers, "b", 0, 0), -EALREADY);
	warren_numbers_close(numbers);
}
END_TEST

START_TEST(so_many_peers_until_they_are_too_old)
{
	struct warren_numbers *numbers = warren_numbers_open();
	char name[16];

	for (int round = 0; round < 3; round++) {
		int64_t now_ms = (int64_t)round * (WARREN_NUMBERS_KEPT_MS + 1);

		for (int i = 0; i < WARREN_NUMBERS_PEERS_MAX; i++) {
			snprintf(name, sizeof name, "%d-%d", round, i);
			ck_assert_int_eq(warren_numbers_take(numbers, name, 7, now_ms), 0);
		}
		ck_assert_int_eq(warren_numbers_take(numbers, "more", 7, now_ms), -ENOSPC);
		ck_assert_int_eq(warren_numbers_take(numbers, name, 7, now_ms), -EALREADY);
		ck_assert_int_eq(
			warren_numbers_take(numbers, "more", 7, now_ms + WARREN_NUMBERS_KEPT_MS),
			-ENOSPC);
		ck_assert_int_eq(
			warren_numbers_take(numbers, name, 7, now_ms + WARREN_NUMBERS_KEPT_MS),
			-EALREADY);
	}
	warren_numbers_close(numbers);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("edge proof");
	TCase *tests = tcase_create("all");
	int failed;
	SRunner *runner;

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, what_is_written_is_read_again_and_holds);
	tcase_add_test(tests, the_longest_fits);
	tcase_add_test(tests, each_part_of_a_call_is_proved);
	tcase_add_test(tests, what_is_no_proof_is_not_read);
	tcase_add_test(tests, an_answer_proves_its_call_its_status_and_its_body);
	tcase_add_test(tests, each_number_counts_once_in_whatever_order);
	tcase_add_test(tests, what_is_older_than_the_window_is_refused);
	tcase_add_test(tests, so_many_peers_until_they_are_too_old);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
