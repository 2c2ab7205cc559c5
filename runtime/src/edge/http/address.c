#include "edge/http/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/http/conn.h"
#include "edge/http/http.h"

#define BYTES 16
#define V4_BITS 96 /* an IPv4 address is the end of an IPv6 one */

struct network {
	uint8_t bytes[BYTES];
	unsigned bits;
};

struct warren_addresses {
	struct network *trusted;
	size_t trusted_count;
	struct warren_map *counts; /* key -> struct count; NULL: no limit */
};

struct count {
	uint32_t uses[2];
};

/* Reads "1.2.3.4", "::1" and "::ffff:1.2.3.4"; the first and the last are written alike. */
static bool read_address(const char *text, uint8_t ret[BYTES])
{
	static const uint8_t mapped[BYTES] = {[10] = 0xff, [11] = 0xff};

	if (inet_pton(AF_INET6, text, ret) == 1)
		return true;
	memcpy(ret, mapped, BYTES);
	return inet_pton(AF_INET, text, ret + 12) == 1;
}

static bool is_v4(const uint8_t bytes[BYTES])
{
	uint8_t zero[BYTES];

	return read_address("0.0.0.0", zero) && !memcmp(bytes, zero, 12);
}

static bool is_within(const struct network *network, const uint8_t bytes[BYTES])
{
	unsigned whole = network->bits / 8, rest = network->bits % 8;

	if (memcmp(network->bytes, bytes, whole) != 0)
		return false;
	return !rest || (network->bytes[whole] ^ bytes[whole]) >> (8 - rest) == 0;
}

/* ---- trusted proxies ---- */

/* Reads "10.0.0.0/8" or an address. */
static bool read_network(const char *text, struct network *ret)
{
	char address[WARREN_ADDRESS_SIZE];
	size_t len = strcspn(text, "/");
	unsigned bits, bits_max;
	char *end;

	if (len >= sizeof address)
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	if (!read_address(address, ret->bytes))
		return false;
	bits_max = strchr(address, ':') ? 8 * BYTES : 8 * BYTES - V4_BITS;
	bits = bits_max;
	if (text[len] == '/') {
		if (text[len + 1] < '0' || text[len + 1] > '9')
			return false;
		bits = (unsigned)strtoul(text + len + 1, &end, 10);
		if (*end || bits > bits_max)
			return false;
	}
	ret->bits = bits + 8 * BYTES - bits_max;
	return true;
}

static int add_trusted(
	struct warren_addresses *addresses, const char *text, struct warren_error *error)
{
	size_t size = (addresses->trusted_count + 1) * sizeof *addresses->trusted;
	struct network *grown = realloc(addresses->trusted, size);

	if (!grown)
		return -ENOMEM;
	addresses->trusted = grown;
	if (!read_network(text, &grown[addresses->trusted_count])) {
		warren_error_set(error, WARREN_INVALID_ARGUMENT, "trusted_proxies",
			"neither an address nor a network: %.64s", text);
		return -EINVAL;
	}
	addresses->trusted_count++;
	return 0;
}

static int read_trusted(struct warren_edge *edge, struct warren_error *error)
{
	const char *list = edge->options.trusted_proxies;
	char *copy = strdup(list ? list : ""), *rest = copy, *text;
	int result = copy ? 0 : -ENOMEM;

	while (result == 0 && (text = strtok_r(rest, ", ", &rest)))
		result = add_trusted(edge->addresses, text, error);
	free(copy);
	return result;
}

static bool is_trusted(const struct warren_edge *edge, const char *address)
{
	const struct warren_addresses *addresses = edge->addresses;
	uint8_t bytes[BYTES];

	if (!addresses->trusted_count || !read_address(address, bytes))
		return false;
	for (size_t i = 0; i < addresses->trusted_count; i++)
		if (is_within(&addresses->trusted[i], bytes))
			return true;
	return false;
}

int warren_addresses_open(struct warren_edge *edge, struct warren_error *error)
{
	edge->addresses = calloc(1, sizeof *edge->addresses);
	if (!edge->addresses)
		return -ENOMEM;
	if (edge->options.max_connections_per_address) {
		edge->addresses->counts = warren_map_open();
		if (!edge->addresses->counts)
			return -ENOMEM;
	}
	return read_trusted(edge, error);
}

void warren_addresses_close(struct warren_edge *edge)
{
	struct warren_addresses *addresses = edge->addresses;
	size_t cursor = 0;
	const char *key;
	void *count;

	if (!addresses)
		return;
	while (addresses->counts && warren_map_next(addresses->counts, &cursor, &key, &count))
		free(count);
	if (addresses->counts)
		warren_map_close(addresses->counts);
	free(addresses->trusted);
	free(addresses);
}

/* The last of the list that is no proxy's, as far as proxies can be believed. */
static void read_forwarded(
	const struct warren_edge *edge, char *list, char ret[WARREN_ADDRESS_SIZE])
{
	for (char *at = list + strlen(list); at > list;) {
		uint8_t bytes[BYTES];

		while (at > list && strchr(", \t", at[-1]))
			*--at = '\0';
		while (at > list && !strchr(", \t", at[-1]))
			at--;
		if (!read_address(at, bytes))
			return;
		snprintf(ret, WARREN_ADDRESS_SIZE, "%s", at);
		if (!is_trusted(edge, at))
			return;
	}
}

void warren_address_of_client(const struct warren_conn *conn, char ret[WARREN_ADDRESS_SIZE])
{
	char *list;

	memcpy(ret, conn->address, strlen(conn->address) + 1);
	if (!is_trusted(conn->edge, conn->address))
		return;
	list = warren_http_header(conn->wsi, WSI_TOKEN_X_FORWARDED_FOR);
	if (list)
		read_forwarded(conn->edge, list, ret);
	free(list);
}

/* ---- counting ---- */

/* What is counted under one name. */
static void write_key(const char *address, char ret[WARREN_ADDRESS_SIZE])
{
	uint8_t bytes[BYTES];

	if (!read_address(address, bytes)) {
		snprintf(ret, WARREN_ADDRESS_SIZE, "%s", address);
		return;
	}
	if (!is_v4(bytes))
		memset(bytes + BYTES / 2, 0, BYTES / 2);
	inet_ntop(AF_INET6, bytes, ret, WARREN_ADDRESS_SIZE);
}

static bool is_counted(
	const struct warren_edge *edge, enum warren_address_use use, const char *address)
{
	return edge->addresses->counts &&
	       (use == WARREN_ADDRESS_SESSION || !is_trusted(edge, address));
}

bool warren_address_has_room(
	struct warren_edge *edge, enum warren_address_use use, const char *address)
{
	const struct count *count;
	char key[WARREN_ADDRESS_SIZE];

	if (!is_counted(edge, use, address))
		return true;
	write_key(address, key);
	count = warren_map_get(edge->addresses->counts, key);
	return !count || count->uses[use] < edge->options.max_connections_per_address;
}

bool warren_address_take(struct warren_edge *edge, enum warren_address_use use, const char *address)
{
	struct warren_map *counts = edge->addresses->counts;
	char key[WARREN_ADDRESS_SIZE];
	struct count *count;

	if (!is_counted(edge, use, address))
		return true;
	if (!warren_address_has_room(edge, use, address))
		return false;
	write_key(address, key);
	count = warren_map_get(counts, key);
	if (!count) {
		count = calloc(1, sizeof *count);
		if (!count || warren_map_add(counts, key, count) < 0) {
			free(count);
			return false;
		}
	}
	count->uses[use]++;
	return true;
}

void warren_address_give(struct warren_edge *edge, enum warren_address_use use, const char *address)
{
	struct warren_map *counts = edge->addresses->counts;
	char key[WARREN_ADDRESS_SIZE];
	struct count *count;

	if (!is_counted(edge, use, address))
		return;
	write_key(address, key);
	count = warren_map_get(counts, key);
	count->uses[use]--;
	if (count->uses[0] == 0 && count->uses[1] == 0) {
		warren_map_remove(counts, key);
		free(count);
	}
}
