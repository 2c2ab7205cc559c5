/*
 * Looking up the addresses of a host's name without holding up the loop: the system's resolver
 * blocks, so it runs on a thread of its own, of which there is one at a time for a connection.
 */
#ifndef WARREN_BROKER_AMQP_RESOLVE_H
#define WARREN_BROKER_AMQP_RESOLVE_H

#include <stdbool.h>

#include "warren/api.h"

struct addrinfo;
struct warren_amqp_resolve;

/*
 * Starts.  `on_done` is called once on another thread when there is a result, unless it was closed
 * before.  Returns 0; -ENOMEM; -EAGAIN when no thread can be had.  Owns: caller.
 */
int warren_amqp_resolve_open(const char *host, const char *port, void (*on_done)(void *data),
	void *data, struct warren_amqp_resolve **ret) WARREN_MUST_CHECK;

/* Returns whether there is a result: getaddrinfo's own, with the addresses (Owns: caller) for 0. */
bool warren_amqp_resolve_take(
	struct warren_amqp_resolve *resolve, int *ret_result, struct addrinfo **ret_addresses);

/* Gives it up, finished or not.  When this returns `on_done` does not run.  NULL is allowed. */
void warren_amqp_resolve_close(struct warren_amqp_resolve *resolve);

#endif
