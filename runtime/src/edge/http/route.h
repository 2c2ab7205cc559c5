/* What the edge answers over HTTP beside Engine.IO: routes of functions, and folders of files. */
#ifndef WARREN_EDGE_ROUTE_H
#define WARREN_EDGE_ROUTE_H

#include "edge/http/http.h"

struct warren_route {
	struct warren_route *next;
	char *method; /* NULL: a folder's, GET */
	char *path;   /* without the '*' */
	bool below;   /* takes all that begins with path */
	warren_edge_on_request fn;
	void *data;
	char *folder; /* its real path */
	bool shared;  /* its files are for pages of other origins, too */
};

/* Finds who answers, or answers that nobody does. */
void warren_route_begin(struct warren_http *http);

/* Has a route answer. */
void warren_route_take(struct warren_http *http, const struct warren_route *route);

/* Sends a file of the route's folder. */
void warren_files_respond(
	struct warren_http *http, const struct warren_route *route, const char *name);

/* Serves the client's scripts, when the option says where they are.  Returns 0; -EEXIST; -ENOMEM.
 */
int warren_scripts_open(struct warren_edge *edge) WARREN_MUST_CHECK;

/* As warren_edge_http, to a list of one's own. */
int warren_route_add(struct warren_route **routes, const char *method, const char *path,
	warren_edge_on_request fn, void *data) WARREN_MUST_CHECK;
void warren_routes_free(struct warren_route *routes);

#endif
