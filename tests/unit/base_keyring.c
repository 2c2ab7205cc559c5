/* Keys that processes share: what is one, and what the proofs are that they make. */
#include <check.h>
#include <errno.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "base/keyring.h"

#define OLD "the-old-key-of-32-characters-and-more"
#define NEW "the-new-key-of-32-characters-and-more"
#define OTHER "no-key-of-this-system-but-long-enough"

static struct warren_keyring *ring_of(const char *text)
{
	struct warren_keyring *ring;
	struct warren_error error;
	ck_assert_int_eq(warren_keyring_open(text, &ring, &error), 0);
	return ring;
}

static const struct warren_digest_part parts[] = {{"one", 3}, {"", 0}, {"three\0", 6}};
enum { PARTS = sizeof parts / sizeof parts[0] };

static bool holds(const char *keys, const char *proof)
{
	struct warren_keyring *ring = ring_of(keys);
	bool yes = warren_keyring_verify(ring, parts, PARTS, proof);
	warren_keyring_close(ring);
	return yes;
}

static void sign(const char *keys, char ret[WARREN_SHA256_SIZE])
{
	struct warren_keyring *ring = ring_of(keys);
	ck_assert_int_eq(warren_keyring_sign(ring, parts, PARTS, ret), 0);
	warren_keyring_close(ring);
}

START_TEST(a_proof_is_hmac_sha256_over_lengths_and_parts)
{
	static const unsigned char bytes[] = {3, 0, 0, 0, 0, 0, 0, 0, 'o', 'n', 'e', 0, 0, 0, 0, 0,
		0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 't', 'h', 'r', 'e', 'e', 0};
	unsigned char right[32];
	unsigned len = sizeof right;
	char proof[WARREN_SHA256_SIZE], text[WARREN_SHA256_SIZE];
	ck_assert_ptr_nonnull(
		HMAC(EVP_sha256(), OLD, (int)strlen(OLD), bytes, sizeof bytes, right, &len));
	for (size_t i = 0; i < sizeof right; i++)
		snprintf(text + 2 * i, 3, "%02x", right[i]);
	sign(OLD, proof);
	ck_assert_str_eq(proof, text);
}
END_TEST

START_TEST(the_first_key_signs_and_both_are_believed)
{
	static const struct {
		const char *signs, *verifies;
		bool holds;
	} cases[] = {{OLD, OLD, true}, {OLD, OLD "," NEW, true}, {OLD "," NEW, OLD, true},
		{NEW "," OLD, OLD "," NEW, true}, {OLD "," NEW, NEW "," OLD, true},
		{NEW "," OLD, NEW, true}, {NEW "," OLD, OLD, false}, {OLD "," NEW, NEW, false},
		{OLD, NEW, false}, {OTHER, NEW "," OLD, false}};
	char proof[WARREN_SHA256_SIZE];
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		sign(cases[i].signs, proof);
		ck_assert_msg(holds(cases[i].verifies, proof) == cases[i].holds, "case %zu", i);
	}
}
END_TEST

START_TEST(a_proof_that_is_changed_does_not_hold)
{
	char proof[WARREN_SHA256_SIZE + 1];
	sign(OLD, proof);
	ck_assert(holds(OLD, proof));
	for (size_t i = 0; i < WARREN_SHA256_SIZE - 1; i++) {
		char was = proof[i];
		proof[i] = was == '0' ? '1' : '0';
		ck_assert(!holds(OLD, proof));
		proof[i] = was;
	}
	ck_assert(!holds(OLD, ""));
	memcpy(proof + WARREN_SHA256_SIZE - 1, "0", 2);
	ck_assert(!holds(OLD, proof));
	proof[WARREN_SHA256_SIZE - 2] = '\0';
	ck_assert(!holds(OLD, proof));
}
END_TEST

START_TEST(what_is_no_key_is_refused_and_not_told)
{
	static const char *const bad[] = {"", "short", "a-secret-of-31-characters-in-al", ",",
		OLD ",", "," OLD, OLD ",short", OLD "," NEW "," OTHER, OLD ", " NEW, OLD " ",
		OLD ",,"};
	struct warren_keyring *ring = NULL;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct warren_error error = {.message = ""};
		ck_assert_msg(warren_keyring_open(bad[i], &ring, &error) == -EINVAL, "%s", bad[i]);
		ck_assert_ptr_null(ring);
		ck_assert_ptr_nonnull(strstr(error.message, "32"));
		ck_assert_ptr_nonnull(strstr(error.message, "openssl rand"));
		ck_assert(strlen(bad[i]) < 5 || !strstr(error.message, bad[i]));
	}
	warren_keyring_close(ring_of("a-secret-of-32-characters-in-all"));
}
END_TEST

START_TEST(a_digest_in_pieces_is_that_of_the_whole)
{
	char whole[WARREN_SHA256_SIZE], pieces[WARREN_SHA256_SIZE];
	struct warren_sha256 *run = warren_sha256_open();
	ck_assert_int_eq(warren_sha256("abc", 3, whole), 0);
	ck_assert_str_eq(whole, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	warren_sha256_add(run, "a", 1);
	warren_sha256_add(run, "", 0);
	warren_sha256_add(run, "bc", 2);
	ck_assert_int_eq(warren_sha256_end(run, pieces), 0);
	ck_assert_str_eq(pieces, whole);
	warren_sha256_close(run);
	ck_assert_int_eq(warren_sha256(NULL, 0, whole), 0);
	ck_assert_str_eq(whole, WARREN_SHA256_EMPTY);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base keyring");
	TCase *tests = tcase_create("all");
	tcase_add_test(tests, a_proof_is_hmac_sha256_over_lengths_and_parts);
	tcase_add_test(tests, the_first_key_signs_and_both_are_believed);
	tcase_add_test(tests, a_proof_that_is_changed_does_not_hold);
	tcase_add_test(tests, what_is_no_key_is_refused_and_not_told);
	tcase_add_test(tests, a_digest_in_pieces_is_that_of_the_whole);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
