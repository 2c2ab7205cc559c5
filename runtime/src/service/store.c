/* Outcomes, and the way to a store's implementation. */
#include "service/store.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "broker/broker.h"

/* ---- outcomes ---- */

struct shared_outcome {
	struct warren_outcome outcome; /* first, so that one is the other */
	atomic_uint references;
	uint8_t body[];
};

struct warren_outcome *warren_outcome_make(
	const char *type, const char *content_type, struct warren_bytes body)
{
	struct shared_outcome *shared = malloc(sizeof *shared + body.len);
	if (!shared)
		return NULL;
	atomic_init(&shared->references, 1);
	if (body.len > 0)
		memcpy(shared->body, body.data, body.len);
	shared->outcome = (struct warren_outcome){
		.type = type,
		.content_type = content_type,
		.body = {.data = shared->body, .len = body.len},
	};
	return &shared->outcome;
}

struct warren_outcome *warren_outcome_ref(struct warren_outcome *outcome)
{
	atomic_fetch_add(&((struct shared_outcome *)outcome)->references, 1);
	return outcome;
}

void warren_outcome_unref(struct warren_outcome *outcome)
{
	struct shared_outcome *shared = (struct shared_outcome *)outcome;
	if (shared && atomic_fetch_sub(&shared->references, 1) == 1)
		free(shared);
}

/* ---- dispatch ---- */

void warren_store_close(struct warren_store *store)
{
	if (store)
		store->ops->close(store);
}

static bool id_fits(const char *space, const char *id)
{
	return strlen(space) <= WARREN_BROKER_TEXT_MAX && strlen(id) <= WARREN_BROKER_TEXT_MAX;
}

int warren_store_enter(struct warren_store *store, const struct warren_store_id *id,
	uint32_t max_waiting, struct warren_store_waiter *waiter, struct warren_outcome **ret)
{
	if (!id_fits(id->space, id->id))
		return -EINVAL;
	return store->ops->enter(store, id, max_waiting, waiter, ret);
}

int warren_store_prepare(struct warren_store *store, const struct warren_store_id *id,
	const struct warren_outcome *outcome, const struct warren_effects *effects,
	struct warren_outcome **ret)
{
	return store->ops->prepare(store, id, outcome, effects, ret);
}

struct warren_store_waiter *warren_store_leave(struct warren_store *store,
	const struct warren_store_id *id, struct warren_outcome *outcome)
{
	return store->ops->leave(store, id, outcome);
}

bool warren_store_knows(struct warren_store *store, const char *space, const char *id)
{
	return id_fits(space, id) && store->ops->knows(store, space, id);
}

struct warren_store_waiter *warren_store_end(struct warren_store *store)
{
	return store->ops->end(store);
}

void warren_store_counters(struct warren_store *store, struct warren_store_counters *ret)
{
	store->ops->counters(store, ret);
}
