#include "ops/ops.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define REASONS_MAX 256 /* that are shown; the rest is counted */
#define READINESS_MAX_BYTES (1 << 20)

struct warren_ops {
	pthread_rwlock_t lock; /* requests read, add and remove write */
	/* Sources of one table stand together: the format wants all lines of a metric in a row. */
	struct warren_ops_source *sources;
};

/* ---- the registry ---- */

struct warren_ops *warren_ops_open(void)
{
	struct warren_ops *ops = calloc(1, sizeof *ops);
	if (!ops)
		return NULL;
	/* Requests that overlap without an end do not keep a source from going. */
	pthread_rwlockattr_t kind;
	pthread_rwlockattr_init(&kind);
	pthread_rwlockattr_setkind_np(&kind, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&ops->lock, &kind);
	pthread_rwlockattr_destroy(&kind);
	return ops;
}

void warren_ops_close(struct warren_ops *ops)
{
	if (!ops)
		return;
	assert(!ops->sources);
	pthread_rwlock_destroy(&ops->lock);
	free(ops);
}

static bool is_name(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	return *name && strchr(letters, *name) &&
	       strspn(name, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_") ==
		       strlen(name);
}

/* For assert() alone. */
__attribute__((unused)) static bool is_source(const struct warren_ops_source *source)
{
	const struct warren_ops_table *table = source->table;
	for (size_t i = 0; table && i < table->count; i++) {
		if (!is_name(table->metrics[i].name) ||
			table->metrics[i].offset + sizeof(uint64_t) > table->size)
			return false;
	}
	for (size_t i = 0; i < source->label_count; i++) {
		if (!is_name(source->labels[i].name))
			return false;
	}
	return source->name && (!table || source->read);
}

/* After the last one of the same table, else at the end. */
static struct warren_ops_source **place_of(
	struct warren_ops *ops, const struct warren_ops_source *source)
{
	struct warren_ops_source **place = NULL, **at = &ops->sources;
	for (; *at; at = &(*at)->next) {
		if ((*at)->table == source->table)
			place = &(*at)->next;
	}
	return place ? place : at;
}

void warren_ops_add(struct warren_ops *ops, struct warren_ops_source *source)
{
	if (!ops)
		return;
	assert(is_source(source));
	pthread_rwlock_wrlock(&ops->lock);
	struct warren_ops_source **place = place_of(ops, source);
	source->next = *place;
	*place = source;
	pthread_rwlock_unlock(&ops->lock);
}

void warren_ops_remove(struct warren_ops *ops, struct warren_ops_source *source)
{
	if (!ops)
		return;
	pthread_rwlock_wrlock(&ops->lock);
	struct warren_ops_source **at = &ops->sources;
	while (*at && *at != source)
		at = &(*at)->next;
	if (*at)
		*at = source->next;
	pthread_rwlock_unlock(&ops->lock);
}

/* ---- reasons ---- */

struct warren_ops_reasons {
	const char *source;
	struct warren_json_writer *json; /* NULL: only whether it is ready */
	size_t count;
	bool blocked;
};

static const char *const severity_names[] = {
	[WARREN_OPS_BLOCKS] = "blocks",
	[WARREN_OPS_TOLD] = "told",
};

void warren_ops_reason(
	struct warren_ops_reasons *reasons, enum warren_ops_severity severity, const char *fmt, ...)
{
	char text[WARREN_OPS_REASON_MAX + 1];
	va_list args;
	if (severity == WARREN_OPS_BLOCKS)
		reasons->blocked = true;
	if (!reasons->json || reasons->count++ >= REASONS_MAX)
		return;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	warren_json_begin_object(reasons->json);
	warren_json_key(reasons->json, "severity");
	warren_json_cstring(reasons->json, severity_names[severity]);
	warren_json_key(reasons->json, "source");
	warren_json_cstring(reasons->json, reasons->source);
	warren_json_key(reasons->json, "reason");
	warren_json_cstring(reasons->json, text);
	warren_json_end_object(reasons->json);
}

static void gather(struct warren_ops *ops, struct warren_ops_reasons *reasons)
{
	pthread_rwlock_rdlock(&ops->lock);
	for (const struct warren_ops_source *source = ops->sources; source; source = source->next) {
		reasons->source = source->name;
		if (source->reasons)
			source->reasons(reasons, source->data);
	}
	pthread_rwlock_unlock(&ops->lock);
}

bool warren_ops_ready(struct warren_ops *ops)
{
	struct warren_ops_reasons reasons = {0};
	gather(ops, &reasons);
	return !reasons.blocked;
}

static void put_readiness(struct warren_ops *ops, struct warren_json_writer *json, bool *ret_ready)
{
	struct warren_ops_reasons reasons = {.json = json};
	warren_json_begin_object(json);
	warren_json_key(json, "reasons");
	warren_json_begin_array(json);
	gather(ops, &reasons);
	warren_json_end_array(json);
	if (reasons.count > REASONS_MAX) {
		warren_json_key(json, "more");
		warren_json_uint64(json, reasons.count - REASONS_MAX);
	}
	warren_json_key(json, "ready");
	warren_json_bool(json, !reasons.blocked);
	warren_json_end_object(json);
	*ret_ready = !reasons.blocked;
}

int warren_ops_readiness(struct warren_ops *ops, bool *ret_ready, char **ret, size_t *ret_len)
{
	struct warren_json_writer json;
	const char *text;
	size_t len;
	bool ready;
	warren_json_writer_init(&json, READINESS_MAX_BYTES);
	put_readiness(ops, &json, &ready);
	char *line = NULL;
	if (warren_json_finish(&json, &text, &len) == 0 && (line = malloc(len + 2))) {
		memcpy(line, text, len);
		memcpy(line + len, "\n", 2);
		*ret_ready = ready;
		*ret = line;
		*ret_len = len + 1;
	}
	warren_json_writer_free(&json);
	return line ? 0 : -ENOMEM;
}

/* ---- metrics ---- */

static const char *const kind_names[] = {
	[WARREN_OPS_KIND_COUNTER] = "counter",
	[WARREN_OPS_KIND_GAUGE] = "gauge",
};

static void put_escaped(FILE *out, const char *text, bool quotes)
{
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", out);
		else if (*text == '\\' || (*text == '"' && quotes))
			fprintf(out, "\\%c", *text);
		else
			putc(*text, out);
	}
}

static void put_labels(FILE *out, const struct warren_ops_source *source)
{
	for (size_t i = 0; i < source->label_count; i++) {
		fprintf(out, "%c%s=\"", i == 0 ? '{' : ',', source->labels[i].name);
		put_escaped(out, source->labels[i].value, true);
		putc('"', out);
	}
	if (source->label_count > 0)
		putc('}', out);
}

/* One metric of `count` sources, whose values stand one after the other. */
static void put_metric(FILE *out, const struct warren_ops_metric *metric,
	const struct warren_ops_source *source, size_t count, const char *values)
{
	fprintf(out, "# HELP %s ", metric->name);
	put_escaped(out, metric->help, false);
	fprintf(out, "\n# TYPE %s %s\n", metric->name, kind_names[metric->kind]);
	for (size_t i = 0; i < count; i++, source = source->next) {
		uint64_t value;
		memcpy(&value, values + i * source->table->size + metric->offset, sizeof value);
		fputs(metric->name, out);
		put_labels(out, source);
		fprintf(out, " %" PRIu64 "\n", value);
	}
}

/* The metrics of all sources that share the table of `first`.  Returns 0; -ENOMEM. */
static int put_table(FILE *out, const struct warren_ops_source *first, size_t count)
{
	const struct warren_ops_table *table = first->table;
	char *values = calloc(count, table->size);
	if (!values)
		return -ENOMEM;
	const struct warren_ops_source *source = first;
	for (size_t i = 0; i < count; i++, source = source->next)
		source->read(values + i * table->size, source->data);
	for (size_t i = 0; i < table->count; i++)
		put_metric(out, &table->metrics[i], first, count, values);
	free(values);
	return 0;
}

static int put_all(FILE *out, const struct warren_ops_source *source)
{
	int rc = 0;
	while (source && rc == 0) {
		const struct warren_ops_source *first = source;
		size_t count = 0;
		for (; source && source->table == first->table; source = source->next)
			count++;
		if (first->table)
			rc = put_table(out, first, count);
	}
	return rc;
}

int warren_ops_metrics(struct warren_ops *ops, char **ret, size_t *ret_len)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	if (!out)
		return -ENOMEM;
	pthread_rwlock_rdlock(&ops->lock);
	int rc = put_all(out, ops->sources);
	pthread_rwlock_unlock(&ops->lock);
	if (fclose(out) != 0 || rc < 0) {
		free(text);
		return -ENOMEM;
	}
	*ret = text;
	*ret_len = len;
	return 0;
}
