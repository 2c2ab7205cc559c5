#include "service/inbox.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "broker/broker.h"

#define KEY_SIZE (2 * (WARREN_BROKER_TEXT_MAX + 1)) /* a space, a blank, an id */
#define ABOUT_ENTRY_BYTES 160 /* the table's place for it, and what the allocator adds */

struct shared_outcome {
	struct warren_outcome outcome; /* first, so that one is the other */
	atomic_uint references;
	uint8_t body[];
};

struct entry {
	struct entry *next; /* done after this one */
	uint64_t digest;
	struct warren_outcome *outcome; /* NULL: at work */
	int64_t until_ms;
	size_t bytes;
	struct warren_inbox_waiter *waiters, **waiters_end;
	uint32_t waiting;
	char key[];
};

struct warren_inbox {
	struct warren_clock *clock;
	size_t max_bytes;
	uint32_t keep_ms;
	pthread_mutex_t mutex;
	struct warren_map *entries;
	struct entry *oldest, **newest_end; /* those that are done */
	struct warren_inbox_counters counters;
};

/* ---- outcomes ---- */

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

static struct warren_outcome *outcome_ref(struct warren_outcome *outcome)
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

/* ---- entries: the mutex is held ---- */

static void key_of(const char *space, const char *id, char ret[KEY_SIZE])
{
	int len = snprintf(ret, KEY_SIZE, "%s %s", space, id);
	assert(len > 0 && len < KEY_SIZE); /* both are texts that a broker carries */
	(void)len;
}

static int add(struct warren_inbox *inbox, const char *key, uint64_t digest)
{
	size_t key_size = strlen(key) + 1;
	struct entry *entry = calloc(1, sizeof *entry + key_size);
	if (!entry)
		return -ENOMEM;
	entry->digest = digest;
	entry->bytes = sizeof *entry + 2 * key_size + ABOUT_ENTRY_BYTES;
	entry->waiters_end = &entry->waiters;
	memcpy(entry->key, key, key_size);
	int rc = warren_map_add(inbox->entries, key, entry);
	if (rc < 0)
		free(entry);
	return rc;
}

static void forget(struct warren_inbox *inbox, struct entry *entry)
{
	warren_map_remove(inbox->entries, entry->key);
	free(entry);
}

static void forget_oldest(struct warren_inbox *inbox)
{
	struct entry *entry = inbox->oldest;
	inbox->oldest = entry->next;
	if (!inbox->oldest)
		inbox->newest_end = &inbox->oldest;
	inbox->counters.done--;
	inbox->counters.bytes -= entry->bytes;
	warren_outcome_unref(entry->outcome);
	forget(inbox, entry);
}

static void expire(struct warren_inbox *inbox)
{
	int64_t now_ms = warren_clock_now_ms(inbox->clock);
	while (inbox->oldest && inbox->oldest->until_ms <= now_ms)
		forget_oldest(inbox);
}

static void keep(struct warren_inbox *inbox, struct entry *entry, struct warren_outcome *outcome)
{
	entry->outcome = outcome_ref(outcome);
	entry->until_ms = warren_clock_now_ms(inbox->clock) + inbox->keep_ms;
	entry->bytes += sizeof(struct shared_outcome) + outcome->body.len;
	*inbox->newest_end = entry;
	inbox->newest_end = &entry->next;
	inbox->counters.done++;
	inbox->counters.bytes += entry->bytes;
	while (inbox->oldest && inbox->counters.bytes > inbox->max_bytes) {
		inbox->counters.forgotten++;
		forget_oldest(inbox);
	}
}

static struct warren_inbox_waiter *take_waiters(struct entry *entry)
{
	struct warren_inbox_waiter *waiters = entry->waiters;
	entry->waiters = NULL;
	entry->waiters_end = &entry->waiters;
	entry->waiting = 0;
	return waiters;
}

/* ---- the memory ---- */

struct warren_inbox *warren_inbox_open(
	struct warren_clock *clock, size_t max_bytes, uint32_t keep_ms)
{
	struct warren_inbox *inbox = calloc(1, sizeof *inbox);
	if (!inbox)
		return NULL;
	inbox->clock = clock;
	inbox->max_bytes = max_bytes;
	inbox->keep_ms = keep_ms;
	inbox->entries = warren_map_open();
	if (!inbox->entries) {
		free(inbox);
		return NULL;
	}
	inbox->newest_end = &inbox->oldest;
	pthread_mutex_init(&inbox->mutex, NULL);
	return inbox;
}

void warren_inbox_close(struct warren_inbox *inbox)
{
	if (!inbox)
		return;
	while (inbox->oldest)
		forget_oldest(inbox);
	assert(warren_map_count(inbox->entries) == 0); /* whoever was at work has left */
	warren_map_close(inbox->entries);
	pthread_mutex_destroy(&inbox->mutex);
	free(inbox);
}

static int enter_known(struct entry *entry, const struct warren_inbox_id *id, uint32_t max_waiting,
	struct warren_inbox_waiter *waiter, struct warren_outcome **ret)
{
	if (entry->digest != id->digest)
		return WARREN_INBOX_OTHER;
	if (entry->outcome) {
		*ret = outcome_ref(entry->outcome);
		return WARREN_INBOX_DONE;
	}
	if (max_waiting > 0 && entry->waiting >= max_waiting)
		return WARREN_INBOX_CROWD;
	waiter->next = NULL;
	*entry->waiters_end = waiter;
	entry->waiters_end = &waiter->next;
	entry->waiting++;
	return WARREN_INBOX_WAIT;
}

int warren_inbox_enter(struct warren_inbox *inbox, const struct warren_inbox_id *id,
	uint32_t max_waiting, struct warren_inbox_waiter *waiter, struct warren_outcome **ret)
{
	char key[KEY_SIZE];
	key_of(id->space, id->id, key);
	pthread_mutex_lock(&inbox->mutex);
	expire(inbox);
	struct entry *entry = warren_map_get(inbox->entries, key);
	int rc = entry ? enter_known(entry, id, max_waiting, waiter, ret)
		       : add(inbox, key, id->digest);
	pthread_mutex_unlock(&inbox->mutex);
	return rc;
}

struct warren_inbox_waiter *warren_inbox_leave(struct warren_inbox *inbox,
	const struct warren_inbox_id *id, struct warren_outcome *outcome)
{
	char key[KEY_SIZE];
	key_of(id->space, id->id, key);
	pthread_mutex_lock(&inbox->mutex);
	struct entry *entry = warren_map_get(inbox->entries, key);
	assert(entry && !entry->outcome);
	struct warren_inbox_waiter *waiters = take_waiters(entry);
	if (outcome)
		keep(inbox, entry, outcome);
	else
		forget(inbox, entry);
	pthread_mutex_unlock(&inbox->mutex);
	return waiters;
}

bool warren_inbox_knows(struct warren_inbox *inbox, const char *space, const char *id)
{
	char key[KEY_SIZE];
	key_of(space, id, key);
	pthread_mutex_lock(&inbox->mutex);
	expire(inbox);
	bool known = warren_map_get(inbox->entries, key) != NULL;
	pthread_mutex_unlock(&inbox->mutex);
	return known;
}

struct warren_inbox_waiter *warren_inbox_end(struct warren_inbox *inbox)
{
	struct warren_inbox_waiter *all = NULL, **end = &all;
	size_t cursor = 0;
	const char *key;
	void *entry;
	pthread_mutex_lock(&inbox->mutex);
	while (warren_map_next(inbox->entries, &cursor, &key, &entry)) {
		*end = take_waiters(entry);
		while (*end)
			end = &(*end)->next;
	}
	pthread_mutex_unlock(&inbox->mutex);
	return all;
}

void warren_inbox_counters(struct warren_inbox *inbox, struct warren_inbox_counters *ret)
{
	pthread_mutex_lock(&inbox->mutex);
	*ret = inbox->counters;
	pthread_mutex_unlock(&inbox->mutex);
}
