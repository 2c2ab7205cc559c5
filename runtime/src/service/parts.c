#include "service/parts.h"

#include <stdlib.h>

#include "service/instance.h"

static struct warren_settings_part *joined;

void warren_settings_join(struct warren_settings_part *part)
{
	part->next = joined;
	joined = part;
}

static void add(
	const struct warren_setting **tables, size_t *count, const struct warren_setting *table)
{
	for (size_t i = 0; i < *count; i++) {
		if (tables[i] == table)
			return;
	}
	if (table)
		tables[(*count)++] = table;
}

const struct warren_setting **warren_settings_tables(const struct warren_setting *common,
	const struct warren_service *const *services, size_t service_count, size_t *ret_count)
{
	size_t most = 1 + 2 * service_count, count = 0;
	for (const struct warren_settings_part *part = joined; part; part = part->next)
		most++;
	const struct warren_setting **tables = calloc(most, sizeof *tables);
	if (!tables)
		return NULL;
	add(tables, &count, common);
	for (const struct warren_settings_part *part = joined; part; part = part->next)
		add(tables, &count, part->table);
	for (size_t i = 0; i < service_count; i++) {
		add(tables, &count, services[i]->settings);
		if (services[i]->extension)
			add(tables, &count, services[i]->extension->settings);
	}
	*ret_count = count;
	return tables;
}
