/*
 * Clients' addresses: how many connections and sessions each has, and which are proxies'.
 *
 * With max_connections_per_address an address has at most so many connections and so many
 * sessions; without it nothing is counted.  Of an IPv6 address the first 64 bits count, which are
 * one client's.  A connection from one of the trusted proxies is not counted; whom it speaks for
 * stands in X-Forwarded-For, and that client's sessions are.
 */
#ifndef WARREN_EDGE_ADDRESS_H
#define WARREN_EDGE_ADDRESS_H

#include "edge/internal.h"

struct warren_addresses;
struct warren_conn;

enum warren_address_use { WARREN_ADDRESS_CONNECTION, WARREN_ADDRESS_SESSION };

/* Reads the options.  Returns 0; -EINVAL with `error`; -ENOMEM. */
int warren_addresses_open(struct warren_edge *edge, struct warren_error *error) WARREN_MUST_CHECK;
void warren_addresses_close(struct warren_edge *edge);

/* Counts one more.  Returns false when the address has its fill, or memory is out. */
bool warren_address_take(struct warren_edge *edge, enum warren_address_use use,
	const char *address) WARREN_MUST_CHECK;
void warren_address_give(
	struct warren_edge *edge, enum warren_address_use use, const char *address);

/* Whether one more would be taken. */
bool warren_address_has_room(
	struct warren_edge *edge, enum warren_address_use use, const char *address);

/* Whose request it is that this connection carries: the peer's, or whom a trusted one names. */
void warren_address_of_client(const struct warren_conn *conn, char ret[WARREN_ADDRESS_SIZE]);

#endif
