#include "service/publish.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/call.h"
#include "service/wire.h"

int warren_publish_pack(const struct warren_ctx *ctx, const struct warren_event *event,
	const void *message, struct warren_arena *arena, struct warren_bytes *ret)
{
	struct warren_error error;
	int rc = warren_message_check(event->type, message, &error);
	if (rc < 0) {
		warren_log(ctx->instance->log, WARREN_LOG_ERROR,
			"a message breaks its constraints: not published",
			WARREN_TEXT("event", event->name), WARREN_TEXT("cause", ctx->message_id),
			WARREN_TEXT("field", error.field), WARREN_TEXT("error", error.message));
		return rc;
	}
	return warren_message_pack(event->type, message, arena, ret);
}

const char *warren_publish_key(char ret[WARREN_ROUTING_KEY_SIZE], const struct warren_event *event)
{
	size_t len = strlen(event->name);
	assert(len + sizeof ".0" <= WARREN_ROUTING_KEY_SIZE); /* the compiler sees to it */
	memcpy(ret, event->name, len);
	memcpy(ret + len, ".0", 3);
	return ret;
}

int warren_publish_identify(const struct warren_ctx *ctx, struct warren_outgoing *out, bool once,
	struct warren_effect_id *id)
{
	struct warren_delivery *call = ctx->delivery;
	if (!call)
		return 0;
	int rc = warren_effects_derive(
		&call->effects, ctx->message_id, ctx->instance->service->name, &out->message, id);
	if (rc < 0)
		return rc;
	out->message.message_id = id->message_id;
	if (once)
		warren_wire_text(out, WARREN_HEADER_ONCE, id->digest);
	return 0;
}

/* ---- what belongs to no call: nobody takes it again, so a loss must at least be seen ---- */

struct loose {
	struct warren_instance *instance;
	const char *name;
	enum warren_effect_kind kind;
};

static void loose_returned(const struct loose *loose)
{
	if (loose->kind == WARREN_EFFECT_FACT) {
		warren_instance_heal(loose->instance, loose->name);
		return;
	}
	warren_instance_push_gone(loose->instance, loose->name);
}

static void loose_settled(enum warren_broker_outcome outcome, void *data)
{
	struct loose *loose = data;
	if (outcome == WARREN_BROKER_RETURNED)
		loose_returned(loose);
	else if (outcome != WARREN_BROKER_CONFIRMED)
		warren_log(loose->instance->log, WARREN_LOG_ERROR, "an event was not confirmed",
			WARREN_TEXT("event", loose->name),
			WARREN_TEXT("outcome", warren_broker_outcome_name(outcome)));
	warren_instance_unref(loose->instance);
	free(loose);
}

static int publish_loose(struct warren_instance *instance, const char *name,
	enum warren_effect_kind kind, const struct warren_broker_message *message)
{
	if (kind == WARREN_EFFECT_LOOSE)
		return warren_broker_publish(instance->broker, message, NULL, NULL);
	struct loose *loose = malloc(sizeof *loose);
	if (!loose)
		return -ENOMEM;
	*loose = (struct loose){
		.instance = warren_instance_ref(instance), .name = name, .kind = kind};
	int rc = warren_broker_publish(instance->broker, message, loose_settled, loose);
	if (rc < 0) {
		warren_instance_unref(instance);
		free(loose);
	}
	return rc;
}

int warren_publish_out(struct warren_ctx *ctx, const char *name, enum warren_effect_kind kind,
	enum warren_leaving leaving, const struct warren_broker_message *message)
{
	struct warren_delivery *call = ctx->delivery;
	if (!call)
		return publish_loose(ctx->instance, name, kind, message);
	if (leaving == WARREN_AT_ONCE)
		return warren_settle_early(call, kind, message);
	if (message->body_len > WARREN_BROKER_BODY_MAX)
		return -EMSGSIZE;
	return warren_effects_add(&call->effects, kind, message);
}

/* ---- facts ---- */

static int publish(struct warren_ctx *ctx, const struct warren_event *event, const void *message,
	enum warren_leaving leaving)
{
	bool kept = event->guarantee == WARREN_AT_LEAST_ONCE;
	enum warren_effect_kind kind = kept ? WARREN_EFFECT_FACT : WARREN_EFFECT_LOOSE;
	struct warren_arena *arena = warren_instance_arena(ctx->instance, 0);
	struct warren_outgoing out;
	struct warren_effect_id id;
	struct warren_bytes body;
	char key[WARREN_ROUTING_KEY_SIZE];
	if (!arena)
		return -ENOMEM;
	int rc = warren_publish_pack(ctx, event, message, arena, &body);
	if (rc == 0) {
		warren_wire_event(&out, ctx, event, body);
		out.message.routing_key = warren_publish_key(key, event);
		out.message.persistent = kept;
		out.message.unconfirmed = !kept;
		/* An event that has no consumer may go nowhere. */
		out.message.mandatory = kept && event->queue_count > 0;
		rc = warren_publish_identify(ctx, &out, kept, &id);
	}
	if (rc == 0)
		rc = warren_publish_out(ctx, event->name, kind, leaving, &out.message);
	warren_arena_close(arena);
	return rc;
}

int warren_publish(struct warren_ctx *ctx, const struct warren_event *event, const void *message)
{
	return publish(ctx, event, message, WARREN_WITH_OUTCOME);
}

int warren_publish_now(
	struct warren_ctx *ctx, const struct warren_event *event, const void *message)
{
	return publish(ctx, event, message, WARREN_AT_ONCE);
}
