/*
 * The effects of a call: all that its handler publishes, sends to browsers or asks of sockets.
 *
 * Model
 * - An effect is a complete message.  It is kept, in the order of the calls, until the call is
 *   settled (settle.h): then all of them leave in that order, or none does.
 * - Effects are taken until the handler has returned; those of a deferred call until it is settled.
 *   Then they are closed, and one more is -EALREADY.
 * - A call holds at most `max_count` effects and `max_bytes`; one more is -ENOBUFS, and leaves the
 *   others as they are.
 * - Ids are derived, not drawn: from the call's own message id, the service, the event, where it
 *   goes, the body, and how many the call has derived from the same before.  A call that runs again
 *   gives what it does again the ids that it had, in whatever order, so that the next consumer's
 *   store takes it once; what it does otherwise has an id of its own.  Two consumers of one event
 *   never derive the same id.
 *
 * Thread: warren_effects_add and warren_effects_derive from any thread, until they are closed; the
 * rest from the one that settles the call.
 */
#ifndef WARREN_SERVICE_EFFECTS_H
#define WARREN_SERVICE_EFFECTS_H

#include <pthread.h>

#include "base/digest.h"
#include "service/wire.h"

/* Decides what the broker's word on it means. */
enum warren_effect_kind {
	WARREN_EFFECT_FACT, /* to consumers; one that no queue took has failed */
	WARREN_EFFECT_PUSH, /* to browsers; one that no edge took is counted */
	WARREN_EFFECT_LOOSE /* at most once: nobody asks what became of it */
};

struct warren_effect {
	struct warren_effect *next;
	enum warren_effect_kind kind;
	struct warren_broker_message *message;
};

struct warren_effects_limits {
	uint32_t max_count;
	size_t max_bytes;
};

struct warren_effects_ordinal;

struct warren_effects {
	pthread_mutex_t mutex;
	struct warren_effects_limits limits;
	struct warren_arena *arena; /* NULL until something lies in it */
	struct warren_effect *first, **end;
	uint32_t count;
	size_t bytes; /* of their bodies */
	bool closed;
	struct warren_effects_ordinal *ordinals; /* how often each id was derived */
	size_t ordinal_count, ordinal_capacity;
};

void warren_effects_init(struct warren_effects *effects, struct warren_effects_limits limits);
void warren_effects_free(struct warren_effects *effects);

/* An id and a digest for a message, in memory of the caller's. */
struct warren_effect_id {
	char message_id[WARREN_UUID_SIZE];
	char digest[WARREN_DIGEST_TEXT_SIZE]; /* for the header warren-once */
};

/*
 * Derives the id of `message`, which `service` makes while it handles `cause`, and counts it.
 * Returns 0; -EALREADY; -ENOMEM.
 */
int warren_effects_derive(struct warren_effects *effects, const char *cause, const char *service,
	const struct warren_broker_message *message,
	struct warren_effect_id *ret) WARREN_MUST_CHECK;

/* Keeps a copy of `message`.  Returns 0; -EALREADY; -ENOBUFS; -ENOMEM. */
int warren_effects_add(struct warren_effects *effects, enum warren_effect_kind kind,
	const struct warren_broker_message *message) WARREN_MUST_CHECK;

/* Takes no more. */
void warren_effects_close(struct warren_effects *effects);

/* Forgets `from` and those behind it, and tells `dropped` (may be NULL) of each.  Returns how many.
 */
typedef void (*warren_effect_dropped)(const struct warren_broker_message *message, void *data);
uint32_t warren_effects_drop(struct warren_effects *effects, struct warren_effect *from,
	warren_effect_dropped dropped, void *data);

#endif
