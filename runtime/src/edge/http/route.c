#include "edge/http/route.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void route_free(struct warren_route *route)
{
	free(route->method);
	free(route->path);
	free(route->folder);
	free(route);
}

static int route_add(struct warren_route **routes, const char *method, const char *path, bool below,
	struct warren_route **ret)
{
	struct warren_route *route = *routes;

	while (route && (strcmp(route->path, path) || route->below != below ||
				strcmp(route->method ? route->method : "GET", method)))
		route = route->next;
	if (route)
		return -EEXIST;
	route = calloc(1, sizeof *route);
	if (!route)
		return -ENOMEM;
	route->path = strdup(path);
	route->method = strdup(method);
	route->below = below;
	if (!route->path || !route->method) {
		route_free(route);
		return -ENOMEM;
	}
	route->next = *routes;
	*routes = route;
	*ret = route;
	return 0;
}

int warren_route_add(struct warren_route **routes, const char *method, const char *path,
	warren_edge_on_request fn, void *data)
{
	size_t len = strlen(path);
	bool below = len && path[len - 1] == '*';
	char *plain = strndup(path, below ? len - 1 : len);
	struct warren_route *route;
	int result;

	if (!plain)
		return -ENOMEM;
	result = route_add(routes, method, plain, below, &route);
	free(plain);
	if (result < 0)
		return result;
	route->fn = fn;
	route->data = data;
	return 0;
}

int warren_edge_http(struct warren_edge *edge, const char *method, const char *path,
	warren_edge_on_request fn, void *data)
{
	return warren_route_add(&edge->routes, method, path, fn, data);
}

static int add_files(struct warren_edge *edge, const char *path, const char *folder, bool shared)
{
	char *real = realpath(folder, NULL);
	struct warren_route *route;
	int result;

	if (!real)
		return errno == ENOMEM ? -ENOMEM : -ENOENT;
	result = route_add(&edge->routes, "GET", path, true, &route);
	if (result < 0) {
		free(real);
		return result;
	}
	route->folder = real;
	route->shared = shared;
	return 0;
}

int warren_edge_files(struct warren_edge *edge, const char *path, const char *folder)
{
	return add_files(edge, path, folder, false);
}

int warren_scripts_open(struct warren_edge *edge)
{
	const char *path = edge->options.path, *folder = edge->options.client_scripts;
	int result = folder ? add_files(edge, path, folder, true) : 0;

	if (result != -ENOENT)
		return result;
	warren_log(edge->options.log, WARREN_LOG_WARN, "nothing to serve",
		WARREN_TEXT("path", path), WARREN_TEXT("folder", folder));
	return 0;
}

void warren_routes_free(struct warren_route *routes)
{
	struct warren_route *route;

	while ((route = routes)) {
		routes = route->next;
		route_free(route);
	}
}

static void respond_text(
	struct warren_http *http, int status, const char *headers, const char *text)
{
	warren_http_respond(http, &(struct warren_response){.status = status,
					  .content_type = "text/plain; charset=utf-8",
					  .headers = headers,
					  .body = text,
					  .body_len = strlen(text)});
}

static bool matches_path(const struct warren_route *route, const char *path)
{
	return route->below ? !strncmp(route->path, path, strlen(route->path))
			    : !strcmp(route->path, path);
}

static bool matches_method(const struct warren_route *route, const char *method)
{
	return !strcmp(route->method, method) ||
	       (!strcmp(route->method, "GET") && !strcmp(method, "HEAD"));
}

/* The longer path wins, and among equals the one that takes no more than it. */
static bool beats(const struct warren_route *route, const struct warren_route *other)
{
	size_t len = strlen(route->path), other_len = other ? strlen(other->path) : 0;

	return !other || len > other_len || (len == other_len && other->below && !route->below);
}

static void on_whole(struct warren_http *http)
{
	const struct warren_route *route = http->data;
	struct warren_edge_request request = {.method = http->method,
		.path = http->path,
		.query = http->query,
		.body = http->body.len ? (const char *)http->body.data : "",
		.body_len = http->body.len};
	struct warren_edge_response response = {.status = 200,
		.content_type = "text/plain; charset=utf-8",
		.cache_control = "no-store"};

	if (route->folder) {
		warren_files_respond(http, route, http->path + strlen(route->path));
		return;
	}
	route->fn(&request, &response, route->data);
	warren_http_respond(http, &(struct warren_response){.status = response.status,
					  .content_type = response.content_type,
					  .cache_control = response.cache_control,
					  .body = response.body,
					  .body_len = response.body_len});
}

void warren_route_take(struct warren_http *http, const struct warren_route *route)
{
	static const struct warren_http_user user = {.whole = on_whole};

	warren_http_take(http, &user, (void *)route);
}

void warren_route_begin(struct warren_http *http)
{
	struct warren_edge *edge = http->conn->edge;
	const struct warren_route *best = NULL;
	bool known = false;

	for (const struct warren_route *route = edge->routes; route; route = route->next) {
		if (!matches_path(route, http->path))
			continue;
		known = true;
		if (matches_method(route, http->method) && beats(route, best))
			best = route;
	}
	if (!best) {
		respond_text(http, known ? 405 : 404, NULL,
			known ? "Method not allowed\n" : "Not found\n");
	} else if (http->content_length > edge->options.max_payload) {
		warren_tally_refused(edge, too_large);
		respond_text(http, 413, NULL, "Payload too large\n");
	} else {
		warren_route_take(http, best);
	}
}
