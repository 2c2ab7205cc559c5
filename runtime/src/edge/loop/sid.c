#include <stdio.h>
#include <string.h>

#include "edge/internal.h"

void warren_sid_new(const struct warren_edge *edge, char ret[WARREN_SID_SIZE])
{
	int n = snprintf(ret, WARREN_SID_SIZE - WARREN_SID_RANDOM, "%s.", edge->instance);

	warren_random_text(ret + n, WARREN_SID_RANDOM);
}

bool warren_sid_instance(const char *sid, char ret[WARREN_INSTANCE_MAX])
{
	const char *end = strrchr(sid, '.');

	if (!end || end == sid || (size_t)(end - sid) >= WARREN_INSTANCE_MAX)
		return false;
	snprintf(ret, WARREN_INSTANCE_MAX, "%.*s", (int)(end - sid), sid);
	return true;
}
