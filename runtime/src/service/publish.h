/* Checks a message and packs it: the beginning of every publish. */
#ifndef WARREN_SERVICE_PUBLISH_H
#define WARREN_SERVICE_PUBLISH_H

#include "service/private.h"

/* Returns 0; -EINVAL (logged) when it breaks its constraints; -ENOMEM; -E2BIG. */
int warren_publish_pack(const struct warren_ctx *ctx, const struct warren_event *event,
	const void *message, struct warren_arena *arena,
	struct warren_bytes *ret) WARREN_MUST_CHECK;

/* Writes the routing key that `<event>.*` takes.  Returns `ret`. */
#define WARREN_ROUTING_KEY_SIZE 256
const char *warren_publish_key(char ret[WARREN_ROUTING_KEY_SIZE], const struct warren_event *event);

/*
 * Publishes what must arrive: the delivery of `ctx` is acknowledged when the broker has it, and
 * comes again when it has not; without a delivery a loss is logged.  `name` is a text that lasts.
 * `to_browsers`: what no queue takes is counted and logged.  Returns as warren_broker_publish.
 */
int warren_publish_kept(struct warren_ctx *ctx, const char *name,
	const struct warren_broker_message *message, bool to_browsers) WARREN_MUST_CHECK;

#endif
