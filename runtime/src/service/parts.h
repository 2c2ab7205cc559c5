/* The settings tables of a program: the common one, those that its parts have joined, those of its
 * services. */
#ifndef WARREN_SERVICE_PARTS_H
#define WARREN_SERVICE_PARTS_H

#include "warren/service.h"

/* Returns each table once, `common` first; NULL when memory is out.  Owns: caller, free. */
const struct warren_setting **warren_settings_tables(const struct warren_setting *common,
	const struct warren_service *const *services, size_t service_count,
	size_t *ret_count) WARREN_MUST_CHECK;

#endif
