/*
 * Which numbers of which peers have been taken, so that none is taken twice.
 *
 * A peer numbers what it asks of others, each higher than the one before.  Of a peer the highest
 * number is known, and which of the WARREN_NUMBERS_WINDOW below it have been taken; what is older is
 * refused, as if it had been (the window of RFC 4303, 3.4.3).  So a peer takes the same memory
 * however much it asks, and calls that overtake each other are no matter.
 * A peer that has asked nothing for WARREN_NUMBERS_KEPT_MS is forgotten: what it signed before is too
 * old by its time then (proof.h).
 */
#ifndef WARREN_EDGE_NUMBERS_H
#define WARREN_EDGE_NUMBERS_H

#include "base/keyring.h"
#include "edge/internal.h"

#define WARREN_NUMBERS_WINDOW 65536
#define WARREN_NUMBERS_PEERS_MAX 2048 /* those that left lately, too */
#define WARREN_NUMBERS_KEPT_MS (2 * WARREN_KEYRING_APART_MS)

struct warren_numbers;

struct warren_numbers *warren_numbers_open(void) WARREN_MUST_CHECK; /* NULL when memory is out */
void warren_numbers_close(struct warren_numbers *numbers);          /* NULL: nothing */

/*
 * Takes a number of a peer.  Returns 0; -EALREADY when it was taken, or is older than what is known;
 * -ENOSPC with as many peers as there may be; -ENOMEM.  `now_ms` is monotonic.
 */
int warren_numbers_take(struct warren_numbers *numbers, const char *peer, uint64_t number,
	int64_t now_ms) WARREN_MUST_CHECK;

#endif
