/* Which pages of other origins may talk to this edge. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "edge/internal.h"

#define TOLD_EVERY_MS 10000

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

/* The proxy may have left the port out of Host. */
static bool is_port_alone(const char *origin, const char *host)
{
	const char *name = strstr(origin, "://");
	size_t len = host ? strlen(host) : 0;

	return name && len && !strncasecmp(name + 3, host, len) && name[3 + len] == ':';
}

void warren_cors_refused(struct warren_edge *edge, const char *origin, const char *host)
{
	warren_tally_add(edge, refused_origin, 1);
	if (!warren_seldom(&edge->origin_told, warren_edge_now_ms(edge), TOLD_EVERY_MS))
		return;
	warren_log(edge->options.log, WARREN_LOG_WARN, "a page of another origin was refused",
		WARREN_TEXT("origin", origin), WARREN_TEXT("host", host ? host : ""),
		WARREN_TEXT("mend",
			is_port_alone(origin, host)
				? "have the proxy pass Host with its port (nginx: proxy_set_header "
				  "Host $http_host), or add the origin to CORS_ORIGINS"
				: "add the origin to CORS_ORIGINS, if its pages may come in"));
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
