#include "service/publish.h"

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
	snprintf(ret, WARREN_ROUTING_KEY_SIZE, "%s.0", event->name);
	return ret;
}

/* ---- what must arrive ---- */

static void gone(struct warren_instance *instance, const char *name)
{
	atomic_fetch_add(&instance->tally.pushes_gone, 1);
	warren_log(instance->log, WARREN_LOG_INFO, "it found no edge, and is lost",
		WARREN_TEXT("type", name));
}

/* It belongs to no delivery: nobody takes it again, so a loss must at least be seen. */
struct loose {
	struct warren_instance *instance;
	const char *name;
	bool to_browsers;
};

static void loose_settled(enum warren_broker_outcome outcome, void *data)
{
	struct loose *loose = data;
	if (outcome == WARREN_BROKER_REFUSED || outcome == WARREN_BROKER_UNSENT ||
		outcome == WARREN_BROKER_LOST)
		warren_log(loose->instance->log, WARREN_LOG_ERROR, "an event was not confirmed",
			WARREN_TEXT("event", loose->name),
			WARREN_TEXT("outcome", warren_broker_outcome_name(outcome)));
	else if (outcome == WARREN_BROKER_RETURNED && loose->to_browsers)
		gone(loose->instance, loose->name);
	warren_instance_unref(loose->instance);
	free(loose);
}

static int publish_loose(struct warren_instance *instance, const char *name,
	const struct warren_broker_message *message, bool to_browsers)
{
	struct loose *loose = malloc(sizeof *loose);
	if (!loose)
		return -ENOMEM;
	*loose = (struct loose){.instance = warren_instance_ref(instance),
		.name = name,
		.to_browsers = to_browsers};
	int rc = warren_broker_publish(instance->broker, message, loose_settled, loose);
	if (rc < 0) {
		warren_instance_unref(instance);
		free(loose);
	}
	return rc;
}

static void push_settled(enum warren_broker_outcome outcome, void *data)
{
	struct warren_delivery *call = data;
	if (outcome == WARREN_BROKER_RETURNED)
		gone(call->instance, call->ctx.event);
	warren_call_published(outcome, call);
}

static int publish_held(
	struct warren_delivery *call, const struct warren_broker_message *message, bool to_browsers)
{
	warren_call_hold(call);
	int rc = warren_broker_publish(call->instance->broker, message,
		to_browsers ? push_settled : warren_call_published, call);
	if (rc < 0)
		warren_call_release(call);
	return rc;
}

int warren_publish_kept(struct warren_ctx *ctx, const char *name,
	const struct warren_broker_message *message, bool to_browsers)
{
	return ctx->delivery ? publish_held(ctx->delivery, message, to_browsers)
			     : publish_loose(ctx->instance, name, message, to_browsers);
}

/* ---- facts ---- */

int warren_publish(struct warren_ctx *ctx, const struct warren_event *event, const void *message)
{
	struct warren_arena *arena = warren_instance_arena(ctx->instance, 0);
	struct warren_outgoing out;
	struct warren_bytes body;
	char key[WARREN_ROUTING_KEY_SIZE];
	if (!arena)
		return -ENOMEM;
	int rc = warren_publish_pack(ctx, event, message, arena, &body);
	if (rc == 0) {
		warren_wire_event(&out, ctx, event, body);
		out.message.routing_key = warren_publish_key(key, event);
		out.message.persistent = out.message.mandatory =
			event->guarantee == WARREN_AT_LEAST_ONCE;
		if (event->guarantee == WARREN_AT_MOST_ONCE)
			rc = warren_broker_publish(ctx->instance->broker, &out.message, NULL, NULL);
		else
			rc = warren_publish_kept(ctx, event->name, &out.message, false);
	}
	warren_arena_close(arena);
	return rc;
}
