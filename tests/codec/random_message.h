/*
 * Messages filled at random by their descriptor, whoever generated it.
 *
 * Left out is only what the oracles treat otherwise by design: -0.0, and NaNs but one.
 */
#ifndef RANDOM_MESSAGE_H
#define RANDOM_MESSAGE_H

#include <protobuf-c/protobuf-c.h>
#include <stdint.h>

#include "warren/arena.h"

struct random {
	uint64_t state; /* not 0 */
};

uint64_t random_next(struct random *random);
uint64_t random_below(struct random *random, uint64_t bound);

/* Returns a message with its base set.  Owns: arena. */
void *random_message(const ProtobufCMessageDescriptor *descriptor, struct random *random,
	struct warren_arena *arena);

#endif
