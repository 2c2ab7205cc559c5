#include "gateway/control.h"

#include <errno.h>
#include <string.h>

#include "gateway/address.h"
#include "service/name.h"
#include "service/wire.h"

#define ABOUT_BYTES (16u << 10)

/* ---- whom ---- */

/* Returns what follows `prefix`; NULL when the text begins otherwise. */
static const char *after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);
	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

static const char *aim_at_names(struct warren_aim *aim, const char *to)
{
	const char *user = after(to, WARREN_TO_USER_PREFIX);
	const char *name = user ? user : after(to, WARREN_TO_ROOM_PREFIX);
	if (!name)
		return "its target is of no known kind";
	if (!warren_wire_is_name(name))
		return "its target has a name that is none";
	aim->target.kind = user ? WARREN_TO_USER : WARREN_TO_ROOM;
	aim->target.name = name;
	aim->room = to; /* the edge's rooms are called as targets are */
	return NULL;
}

const char *warren_aim_read(struct warren_aim *ret, const struct warren_broker_message *message,
	const char *prefix, struct warren_arena *arena)
{
	const char *to = warren_broker_header_text(message, WARREN_HEADER_TO);
	const char *except = warren_broker_header_text(message, WARREN_HEADER_EXCEPT);
	*ret = (struct warren_aim){.target = {.kind = WARREN_TO_ALL, .name = "", .except = ""}};
	if (!to)
		return "it has no target";
	to = warren_arena_strndup(arena, to, strlen(to));
	except = except ? warren_arena_strndup(arena, except, strlen(except)) : "";
	if (!to || !except)
		return "memory is out";
	ret->target.except = except;
	ret->except = warren_address_sid(arena, except, prefix);
	if (strcmp(to, WARREN_TO_ALL_TEXT) == 0)
		return NULL;
	const char *address = after(to, WARREN_TO_SOCKET_PREFIX);
	if (!address)
		return aim_at_names(ret, to);
	ret->target.kind = WARREN_TO_SOCKET;
	ret->target.name = address;
	ret->sid = warren_address_sid(arena, address, prefix);
	return ret->sid ? NULL : "its target is no socket of this service";
}

struct warren_edge_target warren_aim_edge(const struct warren_aim *aim)
{
	return (struct warren_edge_target){
		.ns = WARREN_GATEWAY_NAMESPACE,
		.to = aim->sid ? &aim->sid : &aim->room,
		.to_count = aim->sid || aim->room,
		.except = &aim->except,
		.except_count = aim->except ? 1 : 0,
	};
}

/* ---- what ---- */

struct kind {
	const char *type;
	/* Returns the argument; NULL: it is none. */
	const char *(*read)(const char *argument, struct warren_arena *arena);
	int (*run)(struct warren_edge *edge, const struct warren_edge_target *target,
		const char *argument);
};

static const char *read_room(const char *argument, struct warren_arena *arena)
{
	return warren_wire_is_name(argument)
		       ? warren_arena_printf(arena, WARREN_TO_ROOM_PREFIX "%s", argument)
		       : NULL;
}

static const char *read_text(const char *argument, struct warren_arena *arena)
{
	return warren_arena_strndup(arena, argument, strlen(argument));
}

static const char *read_user(const char *argument, struct warren_arena *arena)
{
	bool is_one = argument[0] == '\0' || warren_wire_is_name(argument);
	return is_one ? read_text(argument, arena) : NULL;
}

static int run_disconnect(
	struct warren_edge *edge, const struct warren_edge_target *target, const char *argument)
{
	return warren_edge_disconnect_to(
		edge, target, strcmp(argument, WARREN_ARGUMENT_CLOSE) == 0);
}

static const struct kind kinds[] = {
	{WARREN_WIRE_JOIN, read_room, warren_edge_join_to},
	{WARREN_WIRE_LEAVE, read_room, warren_edge_leave_to},
	{WARREN_WIRE_USER, read_user, warren_edge_set_user_to},
	{WARREN_WIRE_DISCONNECT, read_text, run_disconnect},
};

static const struct kind *find_kind(const char *type)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (strcmp(kinds[i].type, type) == 0)
			return &kinds[i];
	}
	return NULL;
}

/* Returns NULL, or why nothing came of it. */
static const char *run(struct warren_gateway_state *gateway, const struct kind *kind,
	const struct warren_broker_message *message, struct warren_arena *arena)
{
	const char *argument = warren_broker_header_text(message, WARREN_HEADER_ARGUMENT);
	struct warren_aim aim;
	const char *reason =
		warren_aim_read(&aim, message, warren_name_service(gateway->instance), arena);
	if (reason)
		return reason;
	argument = kind->read(argument ? argument : "", arena);
	if (!argument)
		return "its argument is none";
	const struct warren_edge_target target = warren_aim_edge(&aim);
	int rc = kind->run(gateway->edge, &target, argument);
	return rc < 0 ? strerror(-rc) : NULL;
}

bool warren_control_take(
	struct warren_gateway_state *gateway, const struct warren_broker_delivery *delivery)
{
	const struct kind *kind = find_kind(delivery->message.type);
	if (!kind)
		return false;
	struct warren_arena *arena = warren_arena_open(ABOUT_BYTES);
	const char *reason =
		arena ? run(gateway, kind, &delivery->message, arena) : "memory is out";
	if (reason)
		warren_gateway_lost(gateway, kind->type, reason);
	warren_instance_settle(gateway->instance, delivery->tag, true);
	warren_arena_close(arena);
	return true;
}
