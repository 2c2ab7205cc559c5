/*
 * How many requests of one event may be under way, so that those that are let in are answered in
 * time and the others are refused at once.
 *
 * Model
 * - A request is let in (take), and ends (end) with or without an answer.  In between it is under
 *   way.
 * - The *base* is what an answer takes that waits for no other.  The *target* is the base and a
 *   twelfth of the deadline: that long a queue is no overload, since all in it is answered in time,
 *   even if the handler becomes ten times as slow while they wait.
 * - The *limit* is the rate of answers times the target (Little's law).  The rate is measured in
 *   windows of a twelfth of the deadline, 400 ms at most, and longer where answers are few.  A window
 *   in which answers are late says what can be done; any other one only that at least so much can be
 *   done, and so never lowers the rate.
 * - Answers are *late* when more than a quarter of what is under way has waited for half of the
 *   queue that the target allows.
 * - A request is refused when the limit is reached and answers are late; and when so many are under
 *   way that a quarter of the deadline passes until they are answered (a *burst*), of which
 *   each address has its part.  Before any answer was late little is known: a burst is 256 at least,
 *   and one address may have all of it.  So a burst that finds an idle system is let in, and so is
 *   what a system can just do.
 * - The share of an address is the limit by the number of addresses that have requests under way.
 *   One with less than its share is not refused; one with up to twice its share may use up to a
 *   quarter of the limit more, the less the more it has.  With one address alone, a socket with less
 *   than its part may use an eighth more.
 *
 * Invariants
 * - A request that was let in ends once.  Addresses and sockets are kept while they have requests
 *   under way, so there are at most `ceiling` of each.
 * - Time is the caller's: nothing here reads a clock.
 *
 * Thread: any; a mutex guards it.  Nearly all calls come from the loop, but what was read on a worker
 * (arguments over 64 KiB) may end there, and the ops port looks.
 */
#ifndef WARREN_GATEWAY_LIMITER_H
#define WARREN_GATEWAY_LIMITER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "warren/api.h"

#define WARREN_LIMITER_COLD 256 /* a burst, before anything is known */
#define WARREN_LIMITER_FLOOR 8  /* of the limit, if half of the deadline has room for so many */

struct warren_limiter;
struct warren_holder;

/* A request that is under way.  Memory of the caller's; what it holds is not. */
struct warren_limiter_ticket {
	struct warren_limiter *limiter; /* NULL: not under way */
	struct warren_holder *socket;
	int64_t began_ms;
	bool is_late;
	TAILQ_ENTRY(warren_limiter_ticket) link;
};

struct warren_limiter_view {
	uint32_t limit, under_way;
};

/*
 * For an event whose requests are answered within `deadline_ms`, and of which at most `ceiling` may
 * be under way.  `now_ms` is monotonic, here and below.  Returns 0; -ENOMEM.  Owns: caller.
 */
int warren_limiter_open(uint32_t deadline_ms, uint32_t ceiling, int64_t now_ms,
	struct warren_limiter **ret) WARREN_MUST_CHECK;

/* Forgets the requests that are still under way, which may not end any more.  NULL is allowed. */
void warren_limiter_close(struct warren_limiter *limiter);

/* Lets a request in and fills `ret`, which stays where it is until the request ends or
 * it is moved.  Returns whether it did; when not, `ret` is untouched and the refusal is counted. */
bool warren_limiter_take(struct warren_limiter *limiter, const char *address, const char *sid,
	int64_t now_ms, struct warren_limiter_ticket *ret) WARREN_MUST_CHECK;

/* The ticket is at `to` from now on. */
void warren_limiter_move(struct warren_limiter_ticket *from, struct warren_limiter_ticket *to);

/*
 * The request has ended.  `answered` when the service said something, be it an error; not when it
 * was never sent, timed out or found nobody.  A ticket that is not under way is left alone.
 */
void warren_limiter_end(struct warren_limiter_ticket *ticket, bool answered, int64_t now_ms);

/*
 * Returns when a request that is refused now may come again: after the time in which those under way
 * and those refused in the last second are answered; between 20 ms and the deadline, and up to half
 * as much more at random, so that they do not all come at once.
 */
uint32_t warren_limiter_retry_after_ms(struct warren_limiter *limiter, int64_t now_ms);

void warren_limiter_look(struct warren_limiter *limiter, struct warren_limiter_view *ret);

#endif
