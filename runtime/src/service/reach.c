/* To browsers: events, and what changes their sockets. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "service/publish.h"
#include "service/wire.h"

/* "room:" and a name, or "socket:" and an address. */
#define TO_SIZE (16 + WARREN_WIRE_TEXT_MAX)

/* ---- whom ---- */

struct warren_target warren_to_socket(const struct warren_ctx *ctx)
{
	return warren_to_address(ctx->socket);
}

struct warren_target warren_to_address(const char *socket)
{
	return (struct warren_target){.kind = WARREN_TO_SOCKET, .name = socket, .except = ""};
}

struct warren_target warren_to_user(const char *user)
{
	return (struct warren_target){.kind = WARREN_TO_USER, .name = user, .except = ""};
}

struct warren_target warren_to_room(const char *room)
{
	return (struct warren_target){.kind = WARREN_TO_ROOM, .name = room, .except = ""};
}

struct warren_target warren_to_all(void)
{
	return (struct warren_target){.kind = WARREN_TO_ALL, .name = "", .except = ""};
}

struct warren_target warren_to_others(const struct warren_ctx *ctx)
{
	return warren_except(ctx, warren_to_all());
}

struct warren_target warren_except(const struct warren_ctx *ctx, struct warren_target to)
{
	to.except = ctx->socket;
	return to;
}

/* ---- the way there ---- */

/* Where a message goes: one queue, or the fan-out exchange of each edge. */
struct way {
	char to[TO_SIZE];
	char queue[WARREN_WIRE_TEXT_MAX + 1]; /* "": to the edges */
	const char *const *edges;
	size_t edge_count;
	char exchange[WARREN_NAME_SIZE]; /* the edge's that it goes to just now */
};

/* A socket's address is its instance's queue, a dot, and the socket's own part. */
static int find_socket(struct way *way, const char *address)
{
	const char *dot = strrchr(address, '.');
	if (!dot || dot == address)
		return -ENOTCONN;
	if (strlen(address) > WARREN_WIRE_TEXT_MAX)
		return -EINVAL;
	snprintf(way->queue, sizeof way->queue, "%.*s", (int)(dot - address), address);
	snprintf(way->to, sizeof way->to, WARREN_TO_SOCKET_PREFIX "%s", address);
	return 0;
}

static int find_named(struct way *way, const char *prefix, const char *name)
{
	if (!warren_wire_is_name(name))
		return -EINVAL;
	snprintf(way->to, sizeof way->to, "%s%s", prefix, name);
	return 0;
}

static int find_way(struct way *way, struct warren_target to)
{
	way->queue[0] = '\0';
	switch (to.kind) {
	case WARREN_TO_SOCKET:
		return find_socket(way, to.name);
	case WARREN_TO_USER:
		return find_named(way, WARREN_TO_USER_PREFIX, to.name);
	case WARREN_TO_ROOM:
		return find_named(way, WARREN_TO_ROOM_PREFIX, to.name);
	case WARREN_TO_ALL:
		snprintf(way->to, sizeof way->to, "%s", WARREN_TO_ALL_TEXT);
		return 0;
	}
	return -EINVAL;
}

static int publish(struct warren_ctx *ctx, const char *name, struct warren_outgoing *out, bool kept,
	enum warren_leaving leaving)
{
	struct warren_effect_id id;
	out->message.persistent = out->message.mandatory = kept;
	/* Without a call nobody knows what else is to stay in order with it: a join before it, a
	 * disconnect behind it. */
	out->message.unconfirmed = !kept && ctx->delivery;
	int rc = warren_publish_identify(ctx, out, false, &id);
	if (rc < 0)
		return rc;
	return warren_publish_out(
		ctx, name, kept ? WARREN_EFFECT_PUSH : WARREN_EFFECT_LOOSE, leaving, &out->message);
}

/* `name` lasts; `kept`: it must arrive. */
static int go(struct warren_ctx *ctx, const char *name, struct warren_outgoing *out,
	struct way *way, const char *except, bool kept, enum warren_leaving leaving)
{
	int rc = 0;
	warren_wire_text(out, WARREN_HEADER_TO, way->to);
	warren_wire_text(out, WARREN_HEADER_EXCEPT, except);
	out->message.exchange = "";
	out->message.routing_key = way->queue;
	if (way->queue[0] != '\0')
		return publish(ctx, name, out, kept, leaving);
	out->message.exchange = way->exchange;
	out->message.routing_key = name;
	for (size_t i = 0; i < way->edge_count && rc == 0; i++) {
		warren_name_edge(way->exchange, ctx->instance, way->edges[i]);
		rc = publish(ctx, name, out, kept, leaving);
	}
	return rc;
}

/* ---- events ---- */

static int send(struct warren_ctx *ctx, const struct warren_event *event, struct warren_target to,
	const void *message, enum warren_leaving leaving)
{
	struct warren_outgoing out;
	struct warren_bytes body;
	struct way way = {.edges = event->edges, .edge_count = event->edge_count};
	int rc = find_way(&way, to);
	if (rc < 0)
		return rc;
	struct warren_arena *arena = warren_instance_arena(ctx->instance, 0);
	if (!arena)
		return -ENOMEM;
	rc = warren_publish_pack(ctx, event, message, arena, &body);
	if (rc == 0) {
		warren_wire_event(&out, ctx, event, body);
		rc = go(ctx, event->name, &out, &way, to.except, event->sends_at_least_once,
			leaving);
	}
	warren_arena_close(arena);
	return rc;
}

int warren_send(struct warren_ctx *ctx, const struct warren_event *event, struct warren_target to,
	const void *message)
{
	return send(ctx, event, to, message, WARREN_WITH_OUTCOME);
}

int warren_send_now(struct warren_ctx *ctx, const struct warren_event *event,
	struct warren_target to, const void *message)
{
	return send(ctx, event, to, message, WARREN_AT_ONCE);
}

/* ---- control ---- */

static int control(
	struct warren_ctx *ctx, const char *type, struct warren_target to, const char *argument)
{
	const struct warren_service *service = ctx->instance->service;
	struct warren_outgoing out;
	struct way way = {.edges = service->edges, .edge_count = service->edge_count};
	int rc = find_way(&way, to);
	if (rc < 0)
		return rc;
	if (way.queue[0] == '\0' && way.edge_count == 0)
		return -ENOTCONN;
	warren_wire_begin(&out, ctx, type, NULL, (struct warren_bytes){0});
	warren_wire_identify(&out, ctx);
	warren_wire_text(&out, WARREN_HEADER_ARGUMENT, argument);
	return go(ctx, type, &out, &way, to.except, true, WARREN_WITH_OUTCOME);
}

int warren_join(struct warren_ctx *ctx, struct warren_target to, const char *room)
{
	return warren_wire_is_name(room) ? control(ctx, WARREN_WIRE_JOIN, to, room) : -EINVAL;
}

int warren_leave(struct warren_ctx *ctx, struct warren_target to, const char *room)
{
	return warren_wire_is_name(room) ? control(ctx, WARREN_WIRE_LEAVE, to, room) : -EINVAL;
}

int warren_set_user(struct warren_ctx *ctx, struct warren_target to, const char *user)
{
	if (user[0] != '\0' && !warren_wire_is_name(user))
		return -EINVAL;
	return control(ctx, WARREN_WIRE_USER, to, user);
}

int warren_disconnect(struct warren_ctx *ctx, struct warren_target to, bool close)
{
	return control(ctx, WARREN_WIRE_DISCONNECT, to, close ? WARREN_ARGUMENT_CLOSE : "");
}
