/* What the fuzzers share: a message type picked by the input, and what holds of every message. */
#ifndef FUZZ_KITCHEN_H
#define FUZZ_KITCHEN_H

#include <stddef.h>
#include <stdint.h>

#include "warren/message.h"

/* A message of a few bytes may take hundreds in memory; the arena's cap is part of what is tried.
 */
#define FUZZ_ARENA_MAX ((size_t)4 << 20)

const struct warren_message_type *fuzz_type(uint8_t choice);

/*
 * Aborts unless the message, which came from a peer, survives both forms: packed and unpacked it
 * packs to the same bytes; written and read as JSON it is written the same.
 */
void fuzz_survives(const struct warren_message_type *type, const void *message);

#endif
