#include "edge/socketio/room.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct warren_room *find(struct warren_edge_namespace *ns, const char *name)
{
	return ns->rooms ? warren_map_get(ns->rooms, name) : NULL;
}

static struct warren_room *open_room(struct warren_edge_namespace *ns, const char *name)
{
	size_t size = strlen(name) + 1;
	struct warren_room *room;

	if (!ns->rooms && !(ns->rooms = warren_map_open_within(offsetof(struct warren_room, name))))
		return NULL;
	room = calloc(1, sizeof *room + size);
	if (!room)
		return NULL;
	room->ns = ns;
	memcpy(room->name, name, size);
	if (warren_map_add(ns->rooms, room->name, room) < 0) {
		free(room);
		return NULL;
	}
	return room;
}

static void close_if_empty(struct warren_room *room)
{
	if (room->members)
		return;
	warren_map_remove(room->ns->rooms, room->name);
	free(room);
}

/* Returns a new membership, which its socket does not know yet; NULL when memory is out. */
static struct warren_member *enter(
	struct warren_edge_socket *socket, struct warren_room *room, const char *name)
{
	struct warren_member *member;

	if (!room && !(room = open_room(socket->ns, name)))
		return NULL;
	member = calloc(1, sizeof *member);
	if (!member) {
		close_if_empty(room);
		return NULL;
	}
	member->room = room;
	member->socket = socket;
	member->next = room->members;
	member->link = &room->members;
	if (member->next)
		member->next->link = &member->next;
	room->members = member;
	return member;
}

static void leave(struct warren_member *member)
{
	struct warren_room *room = member->room;

	*member->link = member->next;
	if (member->next)
		member->next->link = member->link;
	free(member);
	close_if_empty(room);
}

int warren_room_join(struct warren_edge_socket *socket, const char *name)
{
	struct warren_room *room = find(socket->ns, name);
	struct warren_member *member = socket->rooms;

	while (member && (!room || member->room != room))
		member = member->socket_next;
	if (member)
		return 0;
	if (socket->room_count >= socket->ns->edge->options.max_rooms) {
		warren_tally_refused(socket->ns->edge, too_many_rooms);
		return -ENOSPC;
	}
	member = enter(socket, room, name);
	if (!member)
		return -ENOMEM;
	member->socket_next = socket->rooms;
	socket->rooms = member;
	socket->room_count++;
	return 0;
}

/* Takes out the member that *link points to. */
static void take_out(struct warren_member **link)
{
	struct warren_member *member = *link;

	*link = member->socket_next;
	member->socket->room_count--;
	leave(member);
}

void warren_room_leave(struct warren_edge_socket *socket, const char *name)
{
	struct warren_member **link = &socket->rooms;

	while (*link && strcmp((*link)->room->name, name))
		link = &(*link)->socket_next;
	if (*link)
		take_out(link);
}

bool warren_room_has(const struct warren_edge_socket *socket, const char *name)
{
	const struct warren_member *member = socket->rooms;

	while (member && strcmp(member->room->name, name) != 0)
		member = member->socket_next;
	return member || (socket->user && strcmp(socket->user->room->name, name) == 0);
}

void warren_rooms_leave(struct warren_edge_socket *socket)
{
	while (socket->rooms)
		take_out(&socket->rooms);
	if (socket->user)
		leave(socket->user);
	socket->user = NULL;
}

int warren_room_set_user(struct warren_edge_socket *socket, const char *user)
{
	size_t len = strlen(user), before = sizeof WARREN_USER_ROOM - 1;
	struct warren_member *member = NULL;
	char *name;

	if (!strcmp(user, warren_edge_user(socket)))
		return 0;
	if (len) {
		name = malloc(before + len + 1);
		if (!name)
			return -ENOMEM;
		memcpy(name, WARREN_USER_ROOM, before);
		memcpy(name + before, user, len + 1);
		member = enter(socket, find(socket->ns, name), name);
		free(name);
		if (!member)
			return -ENOMEM;
	}
	if (socket->user)
		leave(socket->user);
	socket->user = member;
	return 0;
}

const char *warren_edge_user(const struct warren_edge_socket *socket)
{
	return socket->user ? socket->user->room->name + sizeof WARREN_USER_ROOM - 1 : "";
}

static void visit(struct warren_edge_socket *socket, uint64_t round,
	void (*fn)(struct warren_edge_socket *socket, void *data), void *data)
{
	if (socket->round == round || socket->admission)
		return;
	socket->round = round;
	fn(socket, data);
}

void warren_room_each(struct warren_edge_namespace *ns, const char *name, uint64_t round,
	void (*fn)(struct warren_edge_socket *socket, void *data), void *data)
{
	struct warren_edge_socket *own = warren_map_get(ns->edge->sockets, name);
	struct warren_room *room;
	struct warren_member *member, *next;

	if (own && own->ns == ns)
		visit(own, round, fn, data);
	room = find(ns, name);
	ns->edge->via = name;
	for (member = room ? room->members : NULL; member; member = next) {
		next = member->next; /* it ends at most this socket; with the last goes the room */
		visit(member->socket, round, fn, data);
	}
	ns->edge->via = NULL;
}
