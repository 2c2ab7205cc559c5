#include "gateway/address.h"

#include <string.h>

const char *warren_address_of_sid(struct warren_arena *arena, const char *service, const char *sid)
{
	return warren_arena_printf(arena, "%s.%s", service, sid);
}

const char *warren_address_sid(const char *address, const char *service)
{
	size_t len = strlen(service);
	if (strncmp(address, service, len) != 0 || address[len] != '.' || address[len + 1] == '\0')
		return NULL;
	return address + len + 1;
}
