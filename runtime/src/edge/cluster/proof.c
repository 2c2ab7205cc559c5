#include "edge/cluster/proof.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define INSTANCE "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
#define DECIMAL "0123456789"
#define HEX "0123456789abcdef"

/* The first part says the kind of the list. */
#define IS_CALL "warren call 1"
#define IS_ANSWER "warren answer 1"

enum { CALL_PARTS = 9, ANSWER_PARTS = 4 };

static void list_call(const struct warren_proof_call *call, const struct warren_proof *proof,
	struct warren_digest_part ret[CALL_PARTS])
{
	const char *texts[CALL_PARTS] = {IS_CALL, call->to, proof->from, proof->time, proof->number,
		call->method, call->path, call->query, proof->body};

	for (size_t i = 0; i < CALL_PARTS; i++)
		ret[i] = warren_digest_text(texts[i]);
}

int warren_proof_sign(const struct warren_keyring *ring, const struct warren_proof_call *call,
	struct warren_proof *proof)
{
	struct warren_digest_part parts[CALL_PARTS];

	list_call(call, proof, parts);
	return warren_keyring_sign(ring, parts, CALL_PARTS, proof->proof);
}

bool warren_proof_holds(const struct warren_keyring *ring, const struct warren_proof_call *call,
	const struct warren_proof *proof)
{
	struct warren_digest_part parts[CALL_PARTS];

	list_call(call, proof, parts);
	return warren_keyring_verify(ring, parts, CALL_PARTS, proof->proof);
}

void warren_proof_write(const struct warren_proof *proof, char ret[WARREN_PROOF_CALL_SIZE])
{
	snprintf(ret, WARREN_PROOF_CALL_SIZE, WARREN_PROOF_SCHEME "%s %s %s %s %s", proof->from,
		proof->time, proof->number, proof->body, proof->proof);
}

/* Copies a word of some characters, which ends at `end`.  Returns behind it; NULL when `at` is NULL,
 * or the word is empty, does not fit, or ends elsewhere. */
static const char *take_word(
	const char *at, const char *characters, char *ret, size_t size, char end)
{
	size_t len = at ? strspn(at, characters) : 0;

	if (len == 0 || len >= size || at[len] != end)
		return NULL;
	memcpy(ret, at, len);
	ret[len] = '\0';
	return at + len + (end != '\0');
}

static const char *take_digest(const char *at, char ret[WARREN_SHA256_SIZE], char end)
{
	at = take_word(at, HEX, ret, WARREN_SHA256_SIZE, end);
	return at && strlen(ret) == WARREN_SHA256_SIZE - 1 ? at : NULL;
}

static const char *behind_scheme(const char *text)
{
	size_t len = strlen(WARREN_PROOF_SCHEME);

	return strncmp(text, WARREN_PROOF_SCHEME, len) ? NULL : text + len;
}

int warren_proof_read(const char *text, struct warren_proof *ret)
{
	struct warren_proof proof;
	const char *at =
		take_word(behind_scheme(text), INSTANCE, proof.from, sizeof proof.from, ' ');

	at = take_word(at, DECIMAL, proof.time, sizeof proof.time, ' ');
	at = take_word(at, DECIMAL, proof.number, sizeof proof.number, ' ');
	at = take_digest(at, proof.body, ' ');
	at = take_digest(at, proof.proof, '\0');
	if (!at)
		return -EBADMSG;
	*ret = proof;
	return 0;
}

/* ---- answers ---- */

static void list_answer(const char *call, const char *status, const char *body,
	struct warren_digest_part ret[ANSWER_PARTS])
{
	const char *texts[ANSWER_PARTS] = {IS_ANSWER, call, status, body};

	for (size_t i = 0; i < ANSWER_PARTS; i++)
		ret[i] = warren_digest_text(texts[i]);
}

int warren_proof_answer(const struct warren_keyring *ring, const char *call, int status,
	const char *body, char ret[WARREN_PROOF_ANSWER_SIZE])
{
	struct warren_digest_part parts[ANSWER_PARTS];
	char number[12], proof[WARREN_SHA256_SIZE];
	int result;

	snprintf(number, sizeof number, "%d", status);
	list_answer(call, number, body, parts);
	result = warren_keyring_sign(ring, parts, ANSWER_PARTS, proof);
	if (result == 0)
		snprintf(ret, WARREN_PROOF_ANSWER_SIZE, WARREN_PROOF_SCHEME "%s %s", body, proof);
	return result;
}

int warren_proof_answered(const struct warren_keyring *ring, const char *call, int status,
	const char *text, char ret_body[WARREN_SHA256_SIZE])
{
	struct warren_digest_part parts[ANSWER_PARTS];
	char number[12], body[WARREN_SHA256_SIZE], proof[WARREN_SHA256_SIZE];
	const char *at = take_digest(behind_scheme(text), body, ' ');

	if (!take_digest(at, proof, '\r'))
		return -EBADMSG;
	snprintf(number, sizeof number, "%d", status);
	list_answer(call, number, body, parts);
	if (!warren_keyring_verify(ring, parts, ANSWER_PARTS, proof))
		return -EACCES;
	memcpy(ret_body, body, sizeof body);
	return 0;
}
