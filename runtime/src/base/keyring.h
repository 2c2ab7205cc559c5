/*
 * Keys that the processes of one system share, by which they prove to each other who speaks.
 *
 * A proof is HMAC-SHA-256 over a list of parts, each with its length before it, so that no two lists
 * of parts are the same bytes.  The first part says what the list is of, so that what was signed as
 * one thing proves no other.  The first key of a ring signs and all of them verify: for a rotation
 * each process gets "old,new", then "new,old", then "new".
 *
 * Proofs are compared in constant time.  A key is never given back, and is wiped when the ring is
 * closed.
 */
#ifndef WARREN_BASE_KEYRING_H
#define WARREN_BASE_KEYRING_H

#include <stdbool.h>

#include "base/digest.h"
#include "warren/code.h"

#define WARREN_KEY_MIN 32 /* characters */
#define WARREN_KEYS_MAX 2

/* So far the clocks of two processes may be apart: what is signed has a time, and is too old, or from
 * too late, beyond. */
#define WARREN_KEYRING_APART_MS 600000

struct warren_keyring;

/*
 * Reads one or two keys with a comma between them.  Returns 0; -EINVAL with `error`, which does not
 * say what was read; -ENOMEM.  Owns: caller.
 */
int warren_keyring_open(const char *text, struct warren_keyring **ret,
	struct warren_error *error) WARREN_MUST_CHECK;
void warren_keyring_close(struct warren_keyring *ring); /* NULL: nothing */

/* Writes the proof of some parts, in 64 hex digits.  Returns 0; -ENOMEM.  Thread: any. */
int warren_keyring_sign(const struct warren_keyring *ring, const struct warren_digest_part *parts,
	size_t count, char ret[WARREN_SHA256_SIZE]) WARREN_MUST_CHECK;

/* Whether one of the keys has signed the parts so.  Thread: any. */
bool warren_keyring_verify(const struct warren_keyring *ring,
	const struct warren_digest_part *parts, size_t count, const char *proof) WARREN_MUST_CHECK;

#endif
