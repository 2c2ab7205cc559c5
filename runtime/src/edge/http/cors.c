/* Which pages of other origins may talk to this edge. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "edge/internal.h"

/* Whether the comma separated list names the origin. */
static bool listed(const char *list, const char *origin)
{
	size_t len = strlen(origin);

	while (*list) {
		size_t n;

		list += strspn(list, ", ");
		n = strcspn(list, ", ");
		if (n && n == len && !strncasecmp(list, origin, n))
			return true;
		list += n;
	}
	return false;
}

static bool is_any(const struct warren_edge *edge)
{
	return edge->options.cors_origins && !strcmp(edge->options.cors_origins, "*");
}

bool warren_cors_allows(const struct warren_edge *edge, const char *origin, const char *host)
{
	const char *name;

	if (!origin || is_any(edge))
		return true; /* not a page, or any page */
	if (edge->options.cors_origins && listed(edge->options.cors_origins, origin))
		return true;
	name = strstr(origin, "://");
	return name && host && !strcasecmp(name + 3, host);
}

size_t warren_cors_headers(
	const struct warren_edge *edge, const char *origin, char *ret, size_t size)
{
	int n = 0;

	ret[0] = '\0';
	if (!origin)
		return 0;
	if (is_any(edge))
		n = snprintf(ret, size, "Access-Control-Allow-Origin: *\r\n");
	else if (edge->options.cors_origins && listed(edge->options.cors_origins, origin))
		n = snprintf(ret, size,
			"Access-Control-Allow-Origin: %s\r\n"
			"Access-Control-Allow-Credentials: true\r\nVary: Origin\r\n",
			origin);
	if (n < 0 || (size_t)n >= size) {
		ret[0] = '\0';
		return 0;
	}
	return (size_t)n;
}
