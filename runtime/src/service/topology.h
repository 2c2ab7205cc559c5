/* clang-format off */
/*
 * Names on the broker, and what an instance needs there.  Nearly all of it is immutable there, and
 * so final from the first release.
 *
 * Every queue and exchange begins with the system's name and SYSTEM_SUFFIX, `<system>` below.  The
 * names in a service's tables are without the suffix; the calls below put it in.
 *
 *   exchange `<system>`                       topic    events, routing key `<event>.<bucket>`; the
 *                                                      bucket is 0 until events have keys
 *   queue    `<system>.<service>.<event>`     quorum   one consumer's; bound to `<system>` with
 *                                                      `<event>.*`; dead letters to `….dead`, at
 *                                                      least once, and what does not fit is refused
 *                                                      (both need each other)
 *                                             classic  of an event that goes at most once: none of these
 *   exchange `<system>.<service>.dead`        fan-out  to the queue of that name
 *   queue    `<system>.<service>.dead`        quorum   what was parked
 *   queue    `<system>.<service>.quarantine`  quorum   deliveries that came back after a crash; a
 *                                                      single active consumer takes them one by one
 *   exchange `<system>.wait.<ms>`             fan-out  to the queue of that name: one rung of the ladder
 *   queue    `<system>.wait.<ms>`             quorum   TTL <ms>, then to the default exchange: the
 *                                                      routing key names the queue to go back to
 *   exchange `<system>.<service>`             fan-out  events to all browsers of an edge
 *   queue    `<system>.<service>.<instance>`  classic  one instance's: replies, and events to its
 *                                                      browsers; expires after 60 s without it
 *
 * Where events are sent to browsers at least once, an instance queue also has a TTL and
 * dead-letters to `<system>.<service>.lost`, a fan-out exchange with the quorum queue of that name:
 * what an instance left behind is found there by the others.
 *
 * Why dead letters have an exchange of their own: a dead letter without `x-dead-letter-routing-key`
 * keeps the key it was published with.  Through the default exchange that is `<event>.0`, which is
 * no queue, or for a message that came down the ladder the very queue that gave it up.  A fan-out
 * exchange takes it under any key, and leaves the key as it was.
 *
 * Rungs are 100 ms · 2^k.  Only those that an instance's retries can reach are declared, by that
 * instance.
 */
/* clang-format on */
#ifndef WARREN_SERVICE_TOPOLOGY_H
#define WARREN_SERVICE_TOPOLOGY_H

#include "service/name.h"
#include "service/private.h"

#define WARREN_RUNG_FIRST_MS 100u
#define WARREN_RUNG_COUNT 17u /* the last one waits 100 · 2^16 ms: 1 h 49 min */

/*
 * Returns the longest wait on the ladder after an attempt, in ms: the last rung that is no longer
 * than what the handler's retry says.  Jitter may pick the rung below it, so that what failed
 * together does not come back together.
 */
uint32_t warren_rung_ms(const struct warren_handler *handler, uint32_t attempt);
uint32_t warren_rung_below_ms(uint32_t rung_ms);

/* Declares it all; needs the instance's names, its queue and its care.  Returns 0; -ENOMEM. */
int warren_topology_declare(struct warren_instance *instance) WARREN_MUST_CHECK;

#endif
