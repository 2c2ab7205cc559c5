#include "edge/cluster/cluster.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edge/cluster/link.h"
#include "edge/cluster/peer.h"
#include "edge/http/route.h"

#define PEERS_MAX 1024

int warren_cluster_open(struct warren_edge *edge)
{
	struct warren_cluster *cluster = calloc(1, sizeof *cluster);

	if (!cluster)
		return -ENOMEM;
	cluster->edge = edge;
	cluster->peers = warren_map_open();
	if (!cluster->peers) {
		free(cluster);
		return -ENOMEM;
	}
	pthread_mutex_init(&cluster->lock, NULL);
	edge->cluster = cluster;
	return 0;
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
	while (warren_map_next(cluster->peers, &cursor, &instance, &address))
		free(address);
	warren_map_close(cluster->peers);
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
	*known = parsed;
	return 0;
}

int warren_edge_peer(struct warren_edge *edge, const char *instance, const char *address)
{
	struct warren_cluster *cluster = edge->cluster;
	int result = 0;

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

static void refuse(struct warren_http *http, int status, const char *text)
{
	warren_http_respond(http, &(struct warren_response){.status = status,
					  .content_type = "text/plain; charset=utf-8",
					  .body = text,
					  .body_len = strlen(text)});
}

void warren_internal_begin(struct warren_http *http)
{
	struct warren_edge *edge = http->conn->edge;
	const struct warren_route *route = edge->cluster->routes;

	while (route && (strcmp(route->path, http->path) || strcmp(route->method, http->method)))
		route = route->next;
	http->body.max = WARREN_PEER_BODY_MAX;
	if (!route)
		refuse(http, 404, "Not found\n");
	else if (http->content_length > http->body.max)
		refuse(http, 413, "Payload too large\n");
	else
		warren_route_take(http, route);
}
