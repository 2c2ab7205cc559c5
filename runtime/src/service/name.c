#include "service/name.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "service/private.h"

static const char *write_name(char ret[WARREN_NAME_SIZE], const char *fmt, ...) WARREN_PRINTF(2, 3);

static const char *write_name(char ret[WARREN_NAME_SIZE], const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int len = vsnprintf(ret, WARREN_NAME_SIZE, fmt, args);
	va_end(args);
	assert(len > 0 && len < WARREN_NAME_SIZE);
	(void)len;
	return ret;
}

bool warren_name_is_suffix(const char *text)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	size_t len = strspn(text, allowed);
	return text[len] == '\0' && len <= WARREN_SUFFIX_MAX;
}

void warren_names_init(struct warren_instance *instance)
{
	const char *suffix = instance->options.system_suffix;
	assert(!suffix || warren_name_is_suffix(suffix));
	write_name(instance->system, "%s%s", instance->service->system, suffix ? suffix : "");
	write_name(instance->service_name, "%s.%s", instance->system, instance->service->name);
}

const char *warren_name_system(const struct warren_instance *instance)
{
	return instance->system;
}

const char *warren_name_service(const struct warren_instance *instance)
{
	return instance->service_name;
}

const char *warren_name(
	char ret[WARREN_NAME_SIZE], const struct warren_instance *instance, const char *name)
{
	size_t len = strlen(instance->service->system);
	assert(strncmp(name, instance->service->system, len) == 0);
	return write_name(ret, "%s%s", instance->system, name + len);
}

const char *warren_name_queue(char ret[WARREN_NAME_SIZE], const struct warren_instance *instance,
	const struct warren_broker_queue *queue)
{
	return warren_name(ret, instance, queue->name);
}

const char *warren_name_instance(
	char ret[WARREN_NAME_SIZE], const struct warren_instance *instance, const char *id)
{
	return write_name(ret, "%s.%s", instance->service_name, id);
}

const char *warren_name_edge(
	char ret[WARREN_NAME_SIZE], const struct warren_instance *instance, const char *edge)
{
	return write_name(ret, "%s.%s", instance->system, edge);
}

const char *warren_name_wait(
	char ret[WARREN_NAME_SIZE], const struct warren_instance *instance, uint32_t wait_ms)
{
	return write_name(ret, "%s.wait.%" PRIu32, instance->system, wait_ms);
}

const char *warren_name_dead(char ret[WARREN_NAME_SIZE], const struct warren_instance *instance)
{
	return write_name(ret, "%s.dead", instance->service_name);
}

const char *warren_name_lost(char ret[WARREN_NAME_SIZE], const struct warren_instance *instance)
{
	return write_name(ret, "%s.lost", instance->service_name);
}

const char *warren_name_quarantine(
	char ret[WARREN_NAME_SIZE], const struct warren_instance *instance)
{
	return write_name(ret, "%s.quarantine", instance->service_name);
}

const char *warren_name_record(char ret[WARREN_NAME_SIZE], const struct warren_instance *instance)
{
	return write_name(ret, "%s.topology", instance->service_name);
}
