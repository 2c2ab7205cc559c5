#include "gateway/address.h"

#include <string.h>

#define CAME_OVER '~'

const char *warren_address_of_sid(
	struct warren_arena *arena, const char *prefix, const char *instance, const char *sid)
{
	const char *dot = strrchr(sid, '.');
	size_t len = dot ? (size_t)(dot - sid) : 0;
	if (!dot || (strlen(instance) == len && memcmp(sid, instance, len) == 0))
		return warren_arena_printf(arena, "%s.%s", prefix, sid);
	return warren_arena_printf(
		arena, "%s.%s.%.*s%c%s", prefix, instance, (int)len, sid, CAME_OVER, dot + 1);
}

const char *warren_address_sid(struct warren_arena *arena, const char *address, const char *prefix)
{
	size_t len = strlen(prefix);
	if (strncmp(address, prefix, len) != 0 || address[len] != '.' || address[len + 1] == '\0')
		return NULL;
	const char *own = strrchr(address, '.') + 1, *mark = strchr(own, CAME_OVER);
	if (!mark)
		return address + len + 1;
	return warren_arena_printf(arena, "%.*s.%s", (int)(mark - own), own, mark + 1);
}
