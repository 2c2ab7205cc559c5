/*
 * The way out of what is published with a context.
 *
 * With a call's context it is an effect: kept until the call is settled (settle.h), unless it is to
 * leave at once.  With any other it leaves at once.  Its id is derived where a call makes it
 * (effects.h), and drawn elsewhere.
 */
#ifndef WARREN_SERVICE_PUBLISH_H
#define WARREN_SERVICE_PUBLISH_H

#include "service/effects.h"
#include "service/private.h"

#define WARREN_ROUTING_KEY_SIZE 256

enum warren_leaving { WARREN_WITH_OUTCOME, WARREN_AT_ONCE };

/* Checks and packs an event's message.  Returns 0; -EINVAL with a line in the log; -ENOMEM. */
int warren_publish_pack(const struct warren_ctx *ctx, const struct warren_event *event,
	const void *message, struct warren_arena *arena,
	struct warren_bytes *ret) WARREN_MUST_CHECK;

/* The key that the event is published with: `<event>.<bucket>`. */
const char *warren_publish_key(char ret[WARREN_ROUTING_KEY_SIZE], const struct warren_event *event);

/*
 * Derives the message's id, where `ctx` is a call's; `id` holds its texts and outlives `out`.
 * `once`: consumers take it once, by that id.  Returns 0; -EALREADY; -ENOMEM.
 */
int warren_publish_identify(const struct warren_ctx *ctx, struct warren_outgoing *out, bool once,
	struct warren_effect_id *id) WARREN_MUST_CHECK;

/*
 * Gathers it, or publishes it.  `name` is the event's and lasts.  Returns as warren_effects_add or
 * warren_broker_publish.
 */
int warren_publish_out(struct warren_ctx *ctx, const char *name, enum warren_effect_kind kind,
	enum warren_leaving leaving, const struct warren_broker_message *message) WARREN_MUST_CHECK;

#endif
