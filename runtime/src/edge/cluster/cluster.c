#include "edge/cluster/cluster.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/cluster/link.h"
#include "edge/cluster/numbers.h"
#include "edge/cluster/peer.h"
#include "edge/http/route.h"

#define PEERS_MAX 1024
#define TOLD_EVERY_MS 1000

/* More than one edge calls in a millisecond, so that one of the same name that starts later goes on
 * above. */
#define NUMBERS_PER_MS_BITS 20

static int open_keys(struct warren_cluster *cluster, struct warren_error *error)
{
	const struct warren_edge_options *options = &cluster->edge->options;

	if (options->cluster_key) {
		int result = warren_keyring_open(options->cluster_key, &cluster->keys, error);

		warren_options_forget_key(cluster->edge);
		return result;
	}
	if (!options->internal_host)
		return 0;
	warren_error_set(error, WARREN_INVALID_ARGUMENT, "cluster_key",
		"an internal listener takes a key that all edges have");
	return -EINVAL;
}

int warren_cluster_open(struct warren_edge *edge, struct warren_error *error)
{
	struct warren_cluster *cluster = calloc(1, sizeof *cluster);

	if (!cluster)
		return -ENOMEM;
	edge->cluster = cluster;
	cluster->edge = edge;
	cluster->number = (uint64_t)warren_clock_wall_ms(edge->clock) << NUMBERS_PER_MS_BITS;
	pthread_mutex_init(&cluster->lock, NULL);
	cluster->peers = warren_map_open();
	cluster->numbers = warren_numbers_open();
	return cluster->peers && cluster->numbers ? open_keys(cluster, error) : -ENOMEM;
}

void warren_cluster_close(struct warren_edge *edge)
{
	struct warren_cluster *cluster = edge->cluster;
	size_t cursor = 0;
	const char *instance;
	void *address;

	if (!cluster)
		return;
	while (cluster->links)
		warren_link_abort(cluster->links);
	while (cluster->kept)
		warren_link_close(cluster->kept);
	warren_routes_free(cluster->routes);
	while (cluster->peers && warren_map_next(cluster->peers, &cursor, &instance, &address))
		free(address);
	warren_map_close(cluster->peers);
	warren_numbers_close(cluster->numbers);
	warren_keyring_close(cluster->keys);
	pthread_mutex_destroy(&cluster->lock);
	free(cluster);
	edge->cluster = NULL;
}

/* ---- who the peers are ---- */

/* Reads "host:port" or "[host]:port"; a name is refused, because looking it up may block. */
static int read_address(const char *text, struct warren_peer_address *ret)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *found;
	char host[sizeof ret->text];
	const char *port = strrchr(text, ':');
	size_t len;

	if (!port || strlen(text) >= sizeof ret->text)
		return -EINVAL;
	len = (size_t)(port - text);
	if (len > 2 && text[0] == '[' && text[len - 1] == ']')
		snprintf(host, sizeof host, "%.*s", (int)len - 2, text + 1);
	else if (!memchr(text, ':', len))
		snprintf(host, sizeof host, "%.*s", (int)len, text);
	else
		return -EINVAL;
	port++;
	if (!*port || strspn(port, "0123456789") != strlen(port) || strlen(port) > 5 ||
		atoi(port) < 1 || atoi(port) > 65535 || getaddrinfo(host, port, &hints, &found))
		return -EINVAL;
	*ret = (struct warren_peer_address){.len = found->ai_addrlen};
	memcpy(&ret->socket, found->ai_addr, found->ai_addrlen);
	memcpy(ret->text, text, strlen(text) + 1);
	freeaddrinfo(found);
	return 0;
}

static int put_peer(struct warren_map *peers, const char *instance, const char *address)
{
	struct warren_peer_address parsed, *known = warren_map_get(peers, instance);
	int result = read_address(address, &parsed);

	if (result < 0)
		return result;
	if (!known) {
		if (warren_map_count(peers) >= PEERS_MAX)
			return -ENOSPC;
		known = malloc(sizeof *known);
		result = known ? warren_map_add(peers, instance, known) : -ENOMEM;
		if (result < 0) {
			free(known);
			return result;
		}
	}
	snprintf(parsed.instance, sizeof parsed.instance, "%s", instance);
	*known = parsed;
	return 0;
}

int warren_edge_peer(struct warren_edge *edge, const char *instance, const char *address)
{
	struct warren_cluster *cluster = edge->cluster;
	int result = 0;

	if (!cluster->keys)
		return -EPERM;
	if (!*instance || strlen(instance) >= WARREN_INSTANCE_MAX)
		return -EINVAL;
	pthread_mutex_lock(&cluster->lock);
	if (address)
		result = put_peer(cluster->peers, instance, address);
	else
		free(warren_map_remove(cluster->peers, instance));
	pthread_mutex_unlock(&cluster->lock);
	return result;
}

bool warren_peer_find(
	struct warren_edge *edge, const char *instance, struct warren_peer_address *ret)
{
	struct warren_cluster *cluster = edge->cluster;
	const struct warren_peer_address *known;

	if (!strcmp(instance, edge->instance))
		return false;
	pthread_mutex_lock(&cluster->lock);
	known = warren_map_get(cluster->peers, instance);
	if (known)
		*ret = *known;
	pthread_mutex_unlock(&cluster->lock);
	return known != NULL;
}

/* ---- what only peers may ask ---- */

int warren_internal_route(
	struct warren_edge *edge, const char *path, warren_edge_on_request fn, void *data)
{
	return warren_route_add(&edge->cluster->routes, "POST", path, fn, data);
}

bool warren_cluster_may_tell(struct warren_edge *edge)
{
	return warren_seldom(&edge->cluster->refusal_told, warren_edge_now_ms(edge), TOLD_EVERY_MS);
}
