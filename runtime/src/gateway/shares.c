#include "gateway/shares.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"

#define PREFIX_BYTES 8 /* of an IPv6 address */

struct warren_shares {
	struct warren_map *addresses, *sockets;
	struct warren_holder *free; /* linked by `address` */
};

struct warren_shares *warren_shares_open(void)
{
	struct warren_shares *shares = calloc(1, sizeof *shares);
	if (!shares)
		return NULL;
	shares->addresses = warren_map_open_within(offsetof(struct warren_holder, name));
	shares->sockets = warren_map_open_within(offsetof(struct warren_holder, name));
	if (shares->addresses && shares->sockets)
		return shares;
	warren_shares_close(shares);
	return NULL;
}

static void close_holders(struct warren_map *map)
{
	size_t cursor = 0;
	const char *name;
	void *holder;
	while (map && warren_map_next(map, &cursor, &name, &holder)) {
		warren_map_remove(map, name);
		free(holder);
	}
	warren_map_close(map);
}

void warren_shares_close(struct warren_shares *shares)
{
	if (!shares)
		return;
	close_holders(shares->sockets);
	close_holders(shares->addresses);
	while (shares->free) {
		struct warren_holder *holder = shares->free;
		shares->free = holder->address;
		free(holder);
	}
	free(shares);
}

/* Returns the holder of that name, a new one if need be; NULL when memory is out. */
static struct warren_holder *holder_of(
	struct warren_shares *shares, struct warren_map *map, const char *name)
{
	struct warren_holder *holder = warren_map_get(map, name);
	if (holder)
		return holder;
	holder = shares->free;
	if (holder)
		shares->free = holder->address;
	else
		holder = malloc(sizeof *holder);
	if (!holder)
		return NULL;
	holder->address = NULL;
	holder->under_way = holder->sockets = 0;
	(void)snprintf(holder->name, sizeof holder->name, "%s", name);
	if (warren_map_add(map, holder->name, holder) == 0)
		return holder;
	holder->address = shares->free;
	shares->free = holder;
	return NULL;
}

static struct warren_holder *address_of(struct warren_shares *shares, const char *address)
{
	struct in6_addr bits;
	char prefix[INET6_ADDRSTRLEN];
	if (!strchr(address, ':') || inet_pton(AF_INET6, address, &bits) != 1 ||
		IN6_IS_ADDR_V4MAPPED(&bits))
		return holder_of(shares, shares->addresses, address);
	memset(bits.s6_addr + PREFIX_BYTES, 0, sizeof bits.s6_addr - PREFIX_BYTES);
	return holder_of(
		shares, shares->addresses, inet_ntop(AF_INET6, &bits, prefix, sizeof prefix));
}

static void forget_idle(
	struct warren_shares *shares, struct warren_map *map, struct warren_holder *holder)
{
	if (holder->under_way > 0)
		return;
	warren_map_remove(map, holder->name);
	holder->address = shares->free;
	shares->free = holder;
}

struct warren_holder *warren_shares_enter(
	struct warren_shares *shares, const char *address, const char *sid)
{
	struct warren_holder *socket = holder_of(shares, shares->sockets, sid);
	if (!socket)
		return NULL;
	if (!socket->address)
		socket->address = address_of(shares, address);
	if (!socket->address) {
		forget_idle(shares, shares->sockets, socket);
		return NULL;
	}
	if (socket->under_way++ == 0)
		socket->address->sockets++;
	socket->address->under_way++;
	return socket;
}

void warren_shares_leave(struct warren_shares *shares, struct warren_holder *socket)
{
	struct warren_holder *address = socket->address;
	socket->under_way--;
	address->under_way--;
	if (socket->under_way == 0)
		address->sockets--;
	forget_idle(shares, shares->sockets, socket);
	forget_idle(shares, shares->addresses, address);
}

uint32_t warren_shares_addresses(const struct warren_shares *shares)
{
	return (uint32_t)warren_map_count(shares->addresses);
}
