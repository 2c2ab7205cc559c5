#include "edge/socketio/history.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "edge/socketio/handover.h"

#define KNOWN_MAX 1024

uint64_t warren_offset_key(const char *text, size_t len)
{
	uint64_t key = 0xcbf29ce484222325; /* FNV-1a: the same on every edge */

	for (size_t i = 0; i < len; i++)
		key = (key ^ (uint8_t)text[i]) * 0x100000001b3;
	return key ? key : 1;
}

void warren_offset_text(uint64_t number, char ret[WARREN_OFFSET_LEN + 1])
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	for (int i = WARREN_OFFSET_LEN; i-- > 0; number >>= 6)
		ret[i] = digits[number & 63];
	ret[WARREN_OFFSET_LEN] = '\0';
}

/* ---- the lists ---- */

void warren_histories_init(struct warren_histories *list)
{
	*list = (struct warren_histories){.end = &list->first};
}

static void push(struct warren_history *history, struct warren_histories *list)
{
	history->list = list;
	history->next = NULL;
	history->link = list->end;
	*list->end = history;
	list->end = &history->next;
	list->count++;
}

static void take_out(struct warren_history *history)
{
	*history->link = history->next;
	if (history->next)
		history->next->link = history->link;
	else
		history->list->end = history->link;
	history->list->count--;
}

void warren_history_move(struct warren_history *history, struct warren_histories *list)
{
	take_out(history);
	push(history, list);
}

struct warren_history *warren_history_open(struct warren_edge_socket *socket)
{
	struct warren_history *history = socket->history;

	if (history)
		return history;
	history = calloc(1, sizeof *history);
	if (!history)
		return NULL;
	history->socket = socket;
	history->end = &history->first;
	push(history, &socket->ns->edge->live);
	socket->history = history;
	return history;
}

/* ---- what is kept ---- */

static size_t size_of(const struct warren_kept *kept)
{
	size_t size = sizeof *kept + kept->count * sizeof *kept->frames;

	for (uint32_t i = 0; i < kept->count; i++)
		size += kept->frames[i]->len;
	return size;
}

static void keep_frame(struct warren_edge *edge, struct warren_frame *frame)
{
	warren_frame_ref(frame);
	if (frame->kept++ == 0)
		edge->kept_bytes += frame->len;
}

static void kept_free(struct warren_edge *edge, struct warren_kept *kept)
{
	for (uint32_t i = 0; i < kept->count; i++) {
		if (--kept->frames[i]->kept == 0)
			edge->kept_bytes -= kept->frames[i]->len;
		warren_frame_unref(kept->frames[i]);
	}
	edge->kept_bytes -= sizeof *kept;
	free(kept->via);
	free(kept);
}

/* Lets the first one go, which becomes the base. */
static void shift(struct warren_history *history)
{
	struct warren_kept *kept = history->first;

	history->first = kept->next;
	if (!history->first)
		history->end = &history->first;
	history->count--;
	history->events -= kept->count > 0;
	history->bytes -= size_of(kept);
	history->socket->base = kept->key;
	kept_free(history->socket->ns->edge, kept);
}

int warren_history_offer(struct warren_history *history, const char *instance)
{
	char *copy = instance ? strdup(instance) : NULL;

	if (instance && !copy)
		return -ENOMEM;
	free(history->offered_to);
	history->offered_to = copy;
	history->offered = history->count;
	return 0;
}

const char *warren_history_taken_by(const struct warren_edge_socket *socket, uint64_t key)
{
	const struct warren_history *history = socket->history;
	const struct warren_kept *kept = history ? history->first : NULL;

	if (!history || !history->offered_to || key == 0 || key == socket->base)
		return NULL;
	for (uint32_t i = 0; kept && i < history->offered; i++, kept = kept->next)
		if (kept->key == key)
			return NULL;
	return history->offered_to;
}

void warren_history_shift(struct warren_history *history, uint32_t count)
{
	while (count-- && history->first)
		shift(history);
}

bool warren_history_has(const struct warren_edge_socket *socket, uint64_t key)
{
	const struct warren_history *history = socket->history;
	const struct warren_kept *kept = history ? history->first : NULL;
	uint32_t i = 0, count = history ? history->known_count : 0;

	while (kept && kept->key != key)
		kept = kept->next;
	while (i < count && history->known[i] != key)
		i++;
	return kept || i < count || socket->base == key;
}

/* Without memory it may come again. */
void warren_history_know(struct warren_history *history, uint64_t key)
{
	uint32_t count = history->known_count;
	uint64_t *known = history->known;

	if (count < KNOWN_MAX) {
		known = realloc(history->known, (count + 1) * sizeof *known);
		if (!known)
			return;
		history->known = known;
		history->known_next = history->known_count++;
	}
	known[history->known_next] = key;
	history->known_next = (history->known_next + 1) % KNOWN_MAX;
}

static void forget_known(struct warren_history *history)
{
	free(history->known);
	history->known = NULL;
	history->known_count = history->known_next = 0;
}

/* Lets the first one go without knowing whether it was received. */
static void give_way(struct warren_history *history)
{
	if (history->first->count) {
		history->dropped++;
		history->dropped_ping = history->first->ping;
	}
	shift(history);
}

void warren_history_drop(struct warren_history *history)
{
	while (history->first)
		give_way(history);
}

void warren_history_close(struct warren_edge_socket *socket)
{
	struct warren_history *history = socket->history;

	if (!history)
		return;
	while (history->first)
		shift(history);
	take_out(history);
	socket->history = NULL;
	warren_ghost_free(history->ghost);
	forget_known(history);
	free(history->pid);
	free(history->offered_to);
	free(history);
}

/* Closes a history that says nothing any more. */
static void close_if_idle(struct warren_edge_socket *socket)
{
	struct warren_history *history = socket->history;

	if (socket->client && !history->first && !history->dropped && !history->pid)
		warren_history_close(socket);
}

/* Of one that is not empty. */
static struct warren_kept *last_of(const struct warren_history *history)
{
	char *last_next = (char *)history->end;

	return (struct warren_kept *)(void *)(last_next - offsetof(struct warren_kept, next));
}

int warren_history_via(struct warren_history *history, const char *room)
{
	char *via = room ? strdup(room) : NULL;

	if (room && !via)
		return -ENOMEM;
	if (history->first)
		last_of(history)->via = via;
	else
		free(via); /* there was no room for the event */
	return 0;
}

/* Whether an offset that stands for none would only repeat the last one. */
static bool is_repeated(const struct warren_edge_socket *socket, uint64_t key)
{
	const struct warren_history *history = socket->history;

	return history && history->first ? last_of(history)->key == key : socket->base == key;
}

int warren_history_add(struct warren_edge_socket *socket, uint64_t key, struct warren_frame *packet,
	struct warren_frame *const *attachments, uint32_t attachment_count)
{
	struct warren_edge *edge = socket->ns->edge;
	uint32_t count = packet ? 1 + attachment_count : 0;
	struct warren_history *history;
	struct warren_kept *kept;
	int result = 0;

	if (!packet && is_repeated(socket, key))
		return 0;
	history = warren_history_open(socket);
	kept = malloc(sizeof *kept + count * sizeof *kept->frames);
	if (!history || !kept) {
		free(kept);
		return -ENOMEM;
	}
	*kept = (struct warren_kept){.key = key, .count = count};
	kept->ping = socket->client ? socket->client->session->pings : 0;
	for (uint32_t i = 0; i < count; i++) {
		kept->frames[i] = i ? attachments[i - 1] : packet;
		keep_frame(edge, kept->frames[i]);
	}
	edge->kept_bytes += sizeof *kept;
	*history->end = kept;
	history->end = &kept->next;
	history->count++;
	history->events += count > 0;
	history->bytes += size_of(kept);
	while (history->count > edge->options.recovery_max_events ||
		history->bytes > edge->options.recovery_max_bytes) {
		give_way(history);
		result = -ENOSPC;
	}
	return result;
}

void warren_history_pong(struct warren_edge_socket *socket, uint32_t pings)
{
	struct warren_history *history = socket->history;

	if (!history || warren_edge_now_ms(socket->ns->edge) < history->settled_ms)
		return;
	/* Differences, as the number of pings may wrap. */
	while (history->first && (int32_t)(pings - history->first->ping) > 0)
		shift(history);
	if (history->dropped && (int32_t)(pings - history->dropped_ping) > 0)
		history->dropped = 0;
	forget_known(history);
	close_if_idle(socket);
}

bool warren_history_seek(struct warren_edge_socket *socket, uint64_t key)
{
	struct warren_history *history = socket->history;
	struct warren_kept *kept = history ? history->first : NULL;

	if (socket->base == 0 || socket->base != key) {
		while (kept && kept->key != key)
			kept = kept->next;
		/* One that got nothing, or knows only of another socket, has missed it all. */
		if (!kept)
			return socket->base == 0;
		/* Another edge may not have sent the events that stand before it here. */
		if (warren_history_taken_by(socket, key))
			return false;
		while (socket->base != key) {
			warren_history_know(history, history->first->key);
			shift(history);
		}
	}
	if (history)
		history->dropped = 0; /* it was before that */
	return true;
}
