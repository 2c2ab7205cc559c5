/* The store that lives in the process. */
#include "service/store.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "broker/broker.h"

#define KEY_SIZE (2 * (WARREN_BROKER_TEXT_MAX + 1)) /* a space, a blank, an id */
#define ABOUT_OUTCOME_BYTES 64
#define ABOUT_ENTRY_BYTES 160 /* the table's place for it, and what the allocator adds */

struct entry {
	struct entry *next; /* done after this one */
	uint64_t digest;
	struct warren_outcome *outcome; /* NULL: at work */
	int64_t until_ms;
	size_t bytes;
	struct warren_store_waiter *waiters, **waiters_end;
	uint32_t waiting;
	char key[];
};

struct memory_store {
	struct warren_store store;
	struct warren_clock *clock;
	size_t max_bytes;
	uint32_t keep_ms;
	pthread_mutex_t mutex;
	struct warren_map *entries;
	struct entry *oldest, **newest_end; /* those that are done */
	struct warren_store_counters counters;
};

static struct memory_store *memory_of(struct warren_store *store)
{
	return (struct memory_store *)store;
}

/* ---- entries: the mutex is held ---- */

static void key_of(const char *space, const char *id, char ret[KEY_SIZE])
{
	int len = snprintf(ret, KEY_SIZE, "%s %s", space, id);
	assert(len > 0 && len < KEY_SIZE); /* store.c lets no longer ones in */
	(void)len;
}

static int add(struct memory_store *memory, const char *key, uint64_t digest)
{
	size_t key_size = strlen(key) + 1;
	struct entry *entry = calloc(1, sizeof *entry + key_size);
	if (!entry)
		return -ENOMEM;
	entry->digest = digest;
	entry->bytes = sizeof *entry + 2 * key_size + ABOUT_ENTRY_BYTES;
	entry->waiters_end = &entry->waiters;
	memcpy(entry->key, key, key_size);
	int rc = warren_map_add(memory->entries, key, entry);
	if (rc < 0)
		free(entry);
	return rc;
}

static void forget(struct memory_store *memory, struct entry *entry)
{
	warren_map_remove(memory->entries, entry->key);
	free(entry);
}

static void forget_oldest(struct memory_store *memory)
{
	struct entry *entry = memory->oldest;
	memory->oldest = entry->next;
	if (!memory->oldest)
		memory->newest_end = &memory->oldest;
	memory->counters.done--;
	memory->counters.bytes -= entry->bytes;
	warren_outcome_unref(entry->outcome);
	forget(memory, entry);
}

static void expire(struct memory_store *memory)
{
	int64_t now_ms = warren_clock_now_ms(memory->clock);
	while (memory->oldest && memory->oldest->until_ms <= now_ms)
		forget_oldest(memory);
}

static void keep(struct memory_store *memory, struct entry *entry, struct warren_outcome *outcome)
{
	entry->outcome = warren_outcome_ref(outcome);
	entry->until_ms = warren_clock_now_ms(memory->clock) + memory->keep_ms;
	entry->bytes += ABOUT_OUTCOME_BYTES + outcome->body.len;
	*memory->newest_end = entry;
	memory->newest_end = &entry->next;
	memory->counters.done++;
	memory->counters.bytes += entry->bytes;
	while (memory->oldest && memory->counters.bytes > memory->max_bytes) {
		memory->counters.forgotten++;
		forget_oldest(memory);
	}
}

static struct warren_store_waiter *take_waiters(struct entry *entry)
{
	struct warren_store_waiter *waiters = entry->waiters;
	entry->waiters = NULL;
	entry->waiters_end = &entry->waiters;
	entry->waiting = 0;
	return waiters;
}

/* ---- the calls ---- */

static void memory_close(struct warren_store *store)
{
	struct memory_store *memory = memory_of(store);
	while (memory->oldest)
		forget_oldest(memory);
	assert(warren_map_count(memory->entries) == 0); /* what was at work has left */
	warren_map_close(memory->entries);
	pthread_mutex_destroy(&memory->mutex);
	free(memory);
}

static int enter_known(struct entry *entry, const struct warren_store_id *id, uint32_t max_waiting,
	struct warren_store_waiter *waiter, struct warren_outcome **ret)
{
	if (entry->digest != id->digest)
		return WARREN_STORE_OTHER;
	if (entry->outcome) {
		*ret = warren_outcome_ref(entry->outcome);
		return WARREN_STORE_DONE;
	}
	if (max_waiting > 0 && entry->waiting >= max_waiting)
		return WARREN_STORE_CROWD;
	waiter->next = NULL;
	*entry->waiters_end = waiter;
	entry->waiters_end = &waiter->next;
	entry->waiting++;
	return WARREN_STORE_WAIT;
}

static int memory_enter(struct warren_store *store, const struct warren_store_id *id,
	uint32_t max_waiting, struct warren_store_waiter *waiter, struct warren_outcome **ret)
{
	struct memory_store *memory = memory_of(store);
	char key[KEY_SIZE];
	key_of(id->space, id->id, key);
	pthread_mutex_lock(&memory->mutex);
	expire(memory);
	struct entry *entry = warren_map_get(memory->entries, key);
	int rc = entry ? enter_known(entry, id, max_waiting, waiter, ret)
		       : add(memory, key, id->digest);
	pthread_mutex_unlock(&memory->mutex);
	return rc;
}

/* Nothing is written that a crash leaves behind. */
static int memory_prepare(struct warren_store *store, const struct warren_store_id *id,
	const struct warren_outcome *outcome, const struct warren_effects *effects,
	struct warren_outcome **ret)
{
	(void)store;
	(void)id;
	(void)outcome;
	(void)effects;
	(void)ret;
	return 0;
}

static struct warren_store_waiter *memory_leave(struct warren_store *store,
	const struct warren_store_id *id, struct warren_outcome *outcome)
{
	struct memory_store *memory = memory_of(store);
	char key[KEY_SIZE];
	key_of(id->space, id->id, key);
	pthread_mutex_lock(&memory->mutex);
	struct entry *entry = warren_map_get(memory->entries, key);
	assert(entry && !entry->outcome);
	struct warren_store_waiter *waiters = take_waiters(entry);
	if (outcome)
		keep(memory, entry, outcome);
	else
		forget(memory, entry);
	pthread_mutex_unlock(&memory->mutex);
	return waiters;
}

static bool memory_knows(struct warren_store *store, const char *space, const char *id)
{
	struct memory_store *memory = memory_of(store);
	char key[KEY_SIZE];
	key_of(space, id, key);
	pthread_mutex_lock(&memory->mutex);
	expire(memory);
	bool known = warren_map_get(memory->entries, key) != NULL;
	pthread_mutex_unlock(&memory->mutex);
	return known;
}

static struct warren_store_waiter *memory_end(struct warren_store *store)
{
	struct memory_store *memory = memory_of(store);
	struct warren_store_waiter *all = NULL, **end = &all;
	size_t cursor = 0;
	const char *key;
	void *entry;
	pthread_mutex_lock(&memory->mutex);
	while (warren_map_next(memory->entries, &cursor, &key, &entry)) {
		*end = take_waiters(entry);
		while (*end)
			end = &(*end)->next;
	}
	pthread_mutex_unlock(&memory->mutex);
	return all;
}

static void memory_counters(struct warren_store *store, struct warren_store_counters *ret)
{
	struct memory_store *memory = memory_of(store);
	pthread_mutex_lock(&memory->mutex);
	*ret = memory->counters;
	pthread_mutex_unlock(&memory->mutex);
}

static const struct warren_store_ops memory_ops = {
	.close = memory_close,
	.enter = memory_enter,
	.prepare = memory_prepare,
	.leave = memory_leave,
	.knows = memory_knows,
	.end = memory_end,
	.counters = memory_counters,
};

struct warren_store *warren_store_open_memory(
	struct warren_clock *clock, size_t max_bytes, uint32_t keep_ms)
{
	struct memory_store *memory = calloc(1, sizeof *memory);
	if (!memory)
		return NULL;
	memory->store.ops = &memory_ops;
	memory->clock = clock;
	memory->max_bytes = max_bytes;
	memory->keep_ms = keep_ms;
	memory->entries = warren_map_open();
	if (!memory->entries) {
		free(memory);
		return NULL;
	}
	memory->newest_end = &memory->oldest;
	pthread_mutex_init(&memory->mutex, NULL);
	return &memory->store;
}
