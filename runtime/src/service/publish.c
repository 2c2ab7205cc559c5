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

/* ---- facts ---- */

/* A fact that belongs to no delivery: nobody takes it again, so a loss must at least be seen. */
struct loose {
	struct warren_instance *instance;
	const struct warren_event *event;
};

static void loose_settled(enum warren_broker_outcome outcome, void *data)
{
	struct loose *loose = data;
	if (outcome == WARREN_BROKER_REFUSED || outcome == WARREN_BROKER_LOST)
		warren_log(loose->instance->log, WARREN_LOG_ERROR, "an event was not confirmed",
			WARREN_TEXT("event", loose->event->name),
			WARREN_TEXT("outcome", outcome == WARREN_BROKER_LOST ? "lost" : "refused"));
	warren_instance_unref(loose->instance);
	free(loose);
}

static int publish_loose(struct warren_instance *instance, const struct warren_event *event,
	const struct warren_broker_message *message)
{
	struct loose *loose = malloc(sizeof *loose);
	if (!loose)
		return -ENOMEM;
	*loose = (struct loose){.instance = warren_instance_ref(instance), .event = event};
	int rc = warren_broker_publish(instance->broker, message, loose_settled, loose);
	if (rc < 0) {
		warren_instance_unref(instance);
		free(loose);
	}
	return rc;
}

static int publish_held(struct warren_delivery *call, const struct warren_broker_message *message)
{
	warren_call_hold(call);
	int rc =
		warren_broker_publish(call->instance->broker, message, warren_call_published, call);
	if (rc < 0)
		warren_call_release(call);
	return rc;
}

int warren_publish(struct warren_ctx *ctx, const struct warren_event *event, const void *message)
{
	struct warren_instance *instance = ctx->instance;
	struct warren_arena *arena = warren_instance_arena(instance, 0);
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
			rc = warren_broker_publish(instance->broker, &out.message, NULL, NULL);
		else if (ctx->delivery)
			rc = publish_held(ctx->delivery, &out.message);
		else
			rc = publish_loose(instance, event, &out.message);
	}
	warren_arena_close(arena);
	return rc;
}

/* ---- to browsers: at most once ---- */

struct warren_target warren_to_socket(const struct warren_ctx *ctx)
{
	return (struct warren_target){.kind = WARREN_TO_SOCKET, .name = ctx->socket, .except = ""};
}

struct warren_target warren_to_address(const char *socket)
{
	return (struct warren_target){.kind = WARREN_TO_SOCKET, .name = socket, .except = ""};
}

struct warren_target warren_to_all(void)
{
	return (struct warren_target){.kind = WARREN_TO_ALL, .name = "", .except = ""};
}

struct warren_target warren_to_others(const struct warren_ctx *ctx)
{
	return (struct warren_target){.kind = WARREN_TO_ALL, .name = "", .except = ctx->socket};
}

/* A socket's address is its instance's queue, a dot, and the socket's own part. */
static int send_to_socket(struct warren_instance *instance, struct warren_outgoing *out,
	const char *address, struct warren_arena *arena)
{
	const char *dot = strrchr(address, '.');
	if (!dot || dot == address)
		return -ENOTCONN;
	const char *queue = warren_arena_strndup(arena, address, (size_t)(dot - address));
	const char *to = warren_arena_printf(arena, "socket:%s", address);
	if (!queue || !to)
		return -ENOMEM;
	out->message.exchange = "";
	out->message.routing_key = queue;
	warren_wire_text(out, WARREN_HEADER_TO, to);
	return warren_broker_publish(instance->broker, &out->message, NULL, NULL);
}

static int send_to_all(struct warren_instance *instance, struct warren_outgoing *out,
	const struct warren_event *event, const char *except, struct warren_arena *arena)
{
	int rc = 0;
	warren_wire_text(out, WARREN_HEADER_TO, "all");
	warren_wire_text(out, WARREN_HEADER_EXCEPT, except);
	out->message.routing_key = event->name;
	for (size_t i = 0; i < event->edge_count && rc == 0; i++) {
		out->message.exchange = warren_arena_printf(
			arena, "%s.%s", instance->service->system, event->edges[i]);
		if (!out->message.exchange)
			return -ENOMEM;
		rc = warren_broker_publish(instance->broker, &out->message, NULL, NULL);
	}
	return rc;
}

int warren_send(struct warren_ctx *ctx, const struct warren_event *event, struct warren_target to,
	const void *message)
{
	struct warren_instance *instance = ctx->instance;
	struct warren_arena *arena = warren_instance_arena(instance, 0);
	struct warren_outgoing out;
	struct warren_bytes body;
	if (!arena)
		return -ENOMEM;
	int rc = warren_publish_pack(ctx, event, message, arena, &body);
	if (rc == 0) {
		warren_wire_event(&out, ctx, event, body);
		if (to.kind == WARREN_TO_SOCKET)
			rc = send_to_socket(instance, &out, to.name, arena);
		else
			rc = send_to_all(instance, &out, event, to.except, arena);
	}
	warren_arena_close(arena);
	return rc;
}
