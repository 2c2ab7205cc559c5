/* How an instance is: its counters, and its reasons for not being ready. */
#include <stddef.h>

#include "service/private.h"
#include "service/store.h"

void warren_instance_counters(
	struct warren_instance *instance, struct warren_instance_counters *ret)
{
	struct warren_instance_tally *tally = &instance->tally;
	*ret = (struct warren_instance_counters){
#define VALUE(name_, help_) .name_ = atomic_load(&tally->name_),
		WARREN_INSTANCE_COUNTERS(VALUE)
#undef VALUE
	};
}

void warren_instance_reasons(struct warren_instance *instance, struct warren_ops_reasons *reasons)
{
	if (warren_instance_stage(instance) != WARREN_STAGE_OPEN)
		warren_ops_reason(reasons, WARREN_OPS_BLOCKS, "it is stopping");
}

/* An obstacle that only tunes, or should be gone, takes nothing from what the service promises. */
static enum warren_ops_severity severity_of(enum warren_obstacle_kind kind)
{
	switch (kind) {
	case WARREN_OBSTACLE_TUNED:
	case WARREN_OBSTACLE_STALE:
		return WARREN_OPS_TOLD;
	case WARREN_OBSTACLE_MISSING:
	case WARREN_OBSTACLE_BREAKS:
	case WARREN_OBSTACLE_FORBIDDEN:
		break;
	}
	return WARREN_OPS_BLOCKS;
}

void warren_obstacle_reason(const struct warren_obstacle *obstacle, void *reasons)
{
	warren_ops_reason(reasons, severity_of(obstacle->kind), "%s", obstacle->text);
}

/* ---- in the process's registry ---- */

struct values {
	struct warren_instance_counters calls;
	struct warren_store_counters store;
};

static const struct warren_ops_metric metrics[] = {
#define ROW(name_, help_)                                                                          \
	WARREN_OPS_COUNTER("service_" #name_, help_, offsetof(struct values, calls.name_)),
	WARREN_INSTANCE_COUNTERS(ROW)
#undef ROW
		WARREN_OPS_GAUGE("store_done", "ids of messages that are kept with their outcome",
			offsetof(struct values, store.done)),
	WARREN_OPS_GAUGE(
		"store_bytes", "what these take, in bytes", offsetof(struct values, store.bytes)),
	WARREN_OPS_COUNTER("store_forgotten",
		"ids that had to go for INBOX_MAX_BYTES before their time",
		offsetof(struct values, store.forgotten)),
};

static const struct warren_ops_table table = {
	metrics, sizeof metrics / sizeof metrics[0], sizeof(struct values)};

static void read_values(void *values, void *data)
{
	struct values *to = values;
	struct warren_instance *instance = data;
	warren_instance_counters(instance, &to->calls);
	warren_store_counters(instance->store, &to->store);
}

static void give_reasons(struct warren_ops_reasons *reasons, void *data)
{
	warren_instance_reasons(data, reasons);
}

void warren_instance_show(struct warren_instance *instance)
{
	instance->label = (struct warren_ops_label){"service", instance->service->name};
	instance->source = (struct warren_ops_source){.name = instance->service->name,
		.reasons = give_reasons,
		.table = &table,
		.read = read_values,
		.labels = &instance->label,
		.label_count = 1,
		.data = instance};
	warren_ops_add(instance->options.ops, &instance->source);
}
