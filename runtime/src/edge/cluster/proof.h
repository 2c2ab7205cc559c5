/*
 * The proof of a call from one edge to another: both have a key of the system, the call is meant for
 * this edge and is as it was sent, lately and once; and the same of its answer.
 *
 *   Authorization: Warren1 <from> <time> <number> <body> <proof>        of a call
 *   Authentication-Info: Warren1 <body> <proof>                        of its answer
 *
 * from    the instance that asks
 * time    by its clock, in ms since 1970
 * number  higher than that of each call before (numbers.h)
 * body    SHA-256 of the body, so that a head is judged before its body is read
 * proof   of a call: keyring.h over all of these, whom it is for, method, path and query;
 *         of an answer: over the call's proof, the status, and the answer's body
 *
 * link.c alone signs calls and judges answers; serve.c alone judges calls and signs answers.
 * The clocks of two edges may be WARREN_KEYRING_APART_MS apart.
 */
#ifndef WARREN_EDGE_PROOF_H
#define WARREN_EDGE_PROOF_H

#include "base/keyring.h"
#include "edge/internal.h"

#define WARREN_PROOF_ANSWER "Authentication-Info"
#define WARREN_PROOF_SCHEME "Warren1 "
#define WARREN_PROOF_CALL_SIZE 256   /* of a call's line, without its name */
#define WARREN_PROOF_ANSWER_SIZE 138 /* the same of an answer, which has always the same length */

/* A call, as both ends see it: `path` is decoded, `query` is encoded as warren_http_query does. */
struct warren_proof_call {
	const char *to; /* the instance that is asked */
	const char *method, *path, *query;
};

struct warren_proof {
	char from[WARREN_INSTANCE_MAX];
	char time[20], number[21]; /* decimal */
	char body[WARREN_SHA256_SIZE];
	char proof[WARREN_SHA256_SIZE];
};

/* Signs a call: `proof` has everything but its `proof`.  Returns 0; -ENOMEM. */
int warren_proof_sign(const struct warren_keyring *ring, const struct warren_proof_call *call,
	struct warren_proof *proof) WARREN_MUST_CHECK;

void warren_proof_write(const struct warren_proof *proof, char ret[WARREN_PROOF_CALL_SIZE]);

/* Reads what warren_proof_write has written.  Returns 0; -EBADMSG for all else. */
int warren_proof_read(const char *text, struct warren_proof *ret) WARREN_MUST_CHECK;

bool warren_proof_holds(const struct warren_keyring *ring, const struct warren_proof_call *call,
	const struct warren_proof *proof) WARREN_MUST_CHECK;

/* ---- answers ---- */

/* Writes an answer's line.  `call` is the call's proof, `body` the answer's digest.  Returns 0;
 * -ENOMEM. */
int warren_proof_answer(const struct warren_keyring *ring, const char *call, int status,
	const char *body, char ret[WARREN_PROOF_ANSWER_SIZE]) WARREN_MUST_CHECK;

/* Judges an answer's line, which ends at a \r, and copies the digest that its body has to have.
 * Returns 0; -EBADMSG for what is none; -EACCES for one that does not hold. */
int warren_proof_answered(const struct warren_keyring *ring, const char *call, int status,
	const char *text, char ret_body[WARREN_SHA256_SIZE]) WARREN_MUST_CHECK;

#endif
