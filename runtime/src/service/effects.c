#include "service/effects.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of one effect, beside its body: the struct, properties and headers, which count beside the cap.
 */
#define ABOUT_EFFECT_BYTES 2048

struct warren_effects_ordinal {
	uint8_t digest[WARREN_DIGEST_BYTES];
	uint32_t count;
};

void warren_effects_init(struct warren_effects *effects, struct warren_effects_limits limits)
{
	*effects = (struct warren_effects){.limits = limits};
	effects->end = &effects->first;
	pthread_mutex_init(&effects->mutex, NULL);
}

void warren_effects_free(struct warren_effects *effects)
{
	warren_arena_close(effects->arena);
	free(effects->ordinals);
	pthread_mutex_destroy(&effects->mutex);
}

/* ---- ids ---- */

/* Returns how often this digest was derived before, and counts it; -ENOMEM. */
static int64_t take_ordinal(
	struct warren_effects *effects, const uint8_t digest[WARREN_DIGEST_BYTES])
{
	struct warren_effects_ordinal *ordinals = effects->ordinals;
	for (size_t i = 0; i < effects->ordinal_count; i++) {
		if (memcmp(ordinals[i].digest, digest, WARREN_DIGEST_BYTES) == 0)
			return ordinals[i].count++;
	}
	if (effects->ordinal_count == effects->ordinal_capacity) {
		size_t more = effects->ordinal_capacity ? 2 * effects->ordinal_capacity : 8;
		ordinals = reallocarray(ordinals, more, sizeof *ordinals);
		if (!ordinals)
			return -ENOMEM;
		effects->ordinals = ordinals;
		effects->ordinal_capacity = more;
	}
	struct warren_effects_ordinal *fresh = &ordinals[effects->ordinal_count++];
	memcpy(fresh->digest, digest, WARREN_DIGEST_BYTES);
	fresh->count = 1;
	return 0;
}

static struct warren_digest_part header_part(
	const struct warren_broker_message *message, const char *name)
{
	const char *text = warren_broker_header_text(message, name);
	return warren_digest_text(text ? text : "");
}

static int digest_message(
	const struct warren_broker_message *message, uint8_t ret[WARREN_DIGEST_BYTES])
{
	const struct warren_digest_part parts[] = {
		warren_digest_text("warren effect"),
		warren_digest_text(message->type),
		warren_digest_text(message->exchange),
		warren_digest_text(message->routing_key),
		header_part(message, WARREN_HEADER_TO),
		header_part(message, WARREN_HEADER_EXCEPT),
		header_part(message, WARREN_HEADER_ARGUMENT),
		{.bytes = message->body, .len = message->body_len},
	};
	return warren_digest(parts, sizeof parts / sizeof parts[0], ret);
}

int warren_effects_derive(struct warren_effects *effects, const char *cause, const char *service,
	const struct warren_broker_message *message, struct warren_effect_id *ret)
{
	uint8_t body[WARREN_DIGEST_BYTES], id[WARREN_DIGEST_BYTES];
	char ordinal_text[12];
	int rc = digest_message(message, body);
	if (rc < 0)
		return rc;
	pthread_mutex_lock(&effects->mutex);
	int64_t ordinal = effects->closed ? -EALREADY : take_ordinal(effects, body);
	pthread_mutex_unlock(&effects->mutex);
	if (ordinal < 0)
		return (int)ordinal;
	(void)snprintf(ordinal_text, sizeof ordinal_text, "%u", (uint32_t)ordinal);
	const struct warren_digest_part parts[] = {
		warren_digest_text("warren effect id"),
		warren_digest_text(cause),
		warren_digest_text(service),
		{.bytes = body, .len = sizeof body},
		warren_digest_text(ordinal_text),
	};
	rc = warren_digest(parts, sizeof parts / sizeof parts[0], id);
	if (rc < 0)
		return rc;
	warren_digest_uuid(ret->message_id, id);
	warren_digest_hex(ret->digest, body);
	return 0;
}

/* ---- keeping ---- */

/* The mutex is held. */
static struct warren_arena *arena_of(struct warren_effects *effects)
{
	if (!effects->arena)
		effects->arena =
			warren_arena_open(effects->limits.max_bytes +
					  (size_t)effects->limits.max_count * ABOUT_EFFECT_BYTES);
	return effects->arena;
}

/* The mutex is held. */
static int keep(struct warren_effects *effects, enum warren_effect_kind kind,
	const struct warren_broker_message *message)
{
	if (effects->closed)
		return -EALREADY;
	if (effects->count >= effects->limits.max_count)
		return -ENOBUFS;
	struct warren_arena *arena = arena_of(effects);
	if (!arena)
		return -ENOMEM;
	if (message->body_len > effects->limits.max_bytes - effects->bytes)
		return -ENOBUFS;
	struct warren_effect *effect = warren_arena_alloc(arena, sizeof *effect);
	if (!effect || warren_wire_copy(message, arena, &effect->message) < 0)
		return -ENOMEM;
	effect->kind = kind;
	*effects->end = effect;
	effects->end = &effect->next;
	effects->count++;
	effects->bytes += message->body_len;
	return 0;
}

int warren_effects_add(struct warren_effects *effects, enum warren_effect_kind kind,
	const struct warren_broker_message *message)
{
	pthread_mutex_lock(&effects->mutex);
	int rc = keep(effects, kind, message);
	pthread_mutex_unlock(&effects->mutex);
	return rc;
}

void warren_effects_close(struct warren_effects *effects)
{
	pthread_mutex_lock(&effects->mutex);
	effects->closed = true;
	pthread_mutex_unlock(&effects->mutex);
}

uint32_t warren_effects_drop(struct warren_effects *effects, struct warren_effect *from,
	warren_effect_dropped dropped, void *data)
{
	uint32_t count = 0;
	for (struct warren_effect *effect = from; effect; effect = effect->next) {
		count++;
		if (dropped)
			dropped(effect->message, data);
	}
	effects->count -= count;
	return count;
}
