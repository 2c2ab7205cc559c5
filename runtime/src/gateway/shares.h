/*
 * The requests that each address, and each of its sockets, has under way of one event, so that the
 * limit is shared out fairly.
 *
 * Model
 * - A *holder* is an address or a socket with requests under way.  Of an IPv6 address the first 64
 *   bits count: that many one client has.
 * - An address's share is 1 / number of addresses; a socket's is its address's / number of sockets
 *   there.  A socket that has requests under way keeps its address.
 *
 * Invariant: holders are kept while they have requests under way, so there are at most as many of each
 * kind as there are requests.
 *
 * Thread: one at a time.
 */
#ifndef WARREN_GATEWAY_SHARES_H
#define WARREN_GATEWAY_SHARES_H

#include <stdint.h>

#include "warren/api.h"

struct warren_holder {
	struct warren_holder *address; /* of a socket; NULL: it is an address */
	uint32_t under_way;
	uint32_t sockets; /* of an address, with requests under way */
	char name[64];
};

struct warren_shares;

struct warren_shares *warren_shares_open(void) WARREN_MUST_CHECK; /* NULL when memory is out */
void warren_shares_close(struct warren_shares *shares);           /* NULL is allowed */

/* Counts a request.  Returns its socket, until it leaves; NULL when memory is out. */
struct warren_holder *warren_shares_enter(
	struct warren_shares *shares, const char *address, const char *sid) WARREN_MUST_CHECK;

/* A request of that socket has ended. */
void warren_shares_leave(struct warren_shares *shares, struct warren_holder *socket);

/* Returns how many addresses have requests under way. */
uint32_t warren_shares_addresses(const struct warren_shares *shares);

#endif
