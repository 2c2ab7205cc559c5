#include "edge/cluster/numbers.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define WORD_BITS 64
#define WORDS (WARREN_NUMBERS_WINDOW / WORD_BITS)

struct peer {
	uint64_t highest;
	int64_t used_ms;
	uint64_t taken[WORDS]; /* bit `number mod WARREN_NUMBERS_WINDOW`, of the window alone */
	char name[WARREN_INSTANCE_MAX];
};

struct warren_numbers {
	struct warren_map *peers; /* struct peer by its name */
};

struct warren_numbers *warren_numbers_open(void)
{
	struct warren_numbers *numbers = calloc(1, sizeof *numbers);

	if (!numbers)
		return NULL;
	numbers->peers = warren_map_open_within(offsetof(struct peer, name));
	if (numbers->peers)
		return numbers;
	free(numbers);
	return NULL;
}

void warren_numbers_close(struct warren_numbers *numbers)
{
	size_t cursor = 0;
	const char *name;
	void *peer;

	if (!numbers)
		return;
	while (warren_map_next(numbers->peers, &cursor, &name, &peer))
		free(peer);
	warren_map_close(numbers->peers);
	free(numbers);
}

static uint64_t *word_of(struct peer *peer, uint64_t number)
{
	return &peer->taken[number % WARREN_NUMBERS_WINDOW / WORD_BITS];
}

static uint64_t bit_of(uint64_t number)
{
	return UINT64_C(1) << (number % WORD_BITS);
}

/* The window ends at a higher number now; those between have not been taken. */
static void move_window(struct peer *peer, uint64_t number)
{
	if (number - peer->highest >= WARREN_NUMBERS_WINDOW)
		memset(peer->taken, 0, sizeof peer->taken);
	else
		for (uint64_t each = peer->highest + 1; each <= number; each++)
			*word_of(peer, each) &= ~bit_of(each);
	peer->highest = number;
}

static void forget_old(struct warren_numbers *numbers, int64_t now_ms)
{
	size_t cursor = 0;
	const char *name;
	void *entry;

	while (warren_map_next(numbers->peers, &cursor, &name, &entry)) {
		struct peer *peer = entry;

		if (now_ms - peer->used_ms <= WARREN_NUMBERS_KEPT_MS)
			continue;
		(void)warren_map_remove(numbers->peers, peer->name);
		free(peer);
	}
}

static int add_peer(struct warren_numbers *numbers, const char *name, uint64_t number,
	int64_t now_ms, struct peer **ret)
{
	struct peer *peer;
	int result;

	forget_old(numbers, now_ms);
	if (warren_map_count(numbers->peers) >= WARREN_NUMBERS_PEERS_MAX)
		return -ENOSPC;
	peer = calloc(1, sizeof *peer);
	if (!peer)
		return -ENOMEM;
	memcpy(peer->name, name, strlen(name) + 1);
	peer->highest = number;
	result = warren_map_add(numbers->peers, peer->name, peer);
	if (result < 0)
		free(peer);
	else
		*ret = peer;
	return result;
}

int warren_numbers_take(
	struct warren_numbers *numbers, const char *name, uint64_t number, int64_t now_ms)
{
	struct peer *peer = warren_map_get(numbers->peers, name);
	int result = peer ? 0 : add_peer(numbers, name, number, now_ms, &peer);

	if (result < 0)
		return result;
	if (number > peer->highest)
		move_window(peer, number);
	else if (peer->highest - number >= WARREN_NUMBERS_WINDOW ||
		 (*word_of(peer, number) & bit_of(number)))
		return -EALREADY;
	*word_of(peer, number) |= bit_of(number);
	peer->used_ms = now_ms;
	return 0;
}
