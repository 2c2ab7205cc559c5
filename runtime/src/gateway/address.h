/*
 * A socket's address on the broker is `<system>.<service>.<instance>.<random>`; its sid at the
 * edge is the same without `<system>.<service>`, the prefix. All but the last part of an address
 * names the instance queue through which the socket is reached.
 *
 * A socket that came over from another instance keeps its sid, `<other>.<random>`; its address
 * names where it is now: `<system>.<service>.<instance>.<other>~<random>`.  A '~' is in no sid.
 */
#ifndef WARREN_GATEWAY_ADDRESS_H
#define WARREN_GATEWAY_ADDRESS_H

#include "warren/arena.h"

/* Returns the address of a socket that is at `instance`; NULL past the arena's cap. */
const char *warren_address_of_sid(
	struct warren_arena *arena, const char *prefix, const char *instance, const char *sid);

/* Returns the sid within `address`; NULL when the address is of another service, or past the
 * arena's cap. */
const char *warren_address_sid(struct warren_arena *arena, const char *address, const char *prefix);

#endif
