/*
 * How a process is: what it says of itself to the people who run it.
 *
 * Model
 * - A process has one registry, and each part that has something to say registers a *source*: the
 *   program, the broker, an instance, a gateway.
 * - A source gives *reasons*: why the process is not ready (BLOCKS), or what somebody should look
 *   at although it is (TOLD).  The process is ready while no reason BLOCKS.
 * - A source gives *metrics*: a const table of them, and a call that fills a struct with their
 *   values.  Sources with the same table are the same metrics under other labels.
 * - Nothing is kept: a request for reasons or metrics calls the sources, on the thread of that
 *   request.  The calls of a source may run at the same time as each other and as everything else.
 * - A source is asked from its add to its remove.  The remove waits for the requests under way, so
 *   that what the source leads to may be freed behind it; from inside a source's call, or under
 *   a lock that such a call takes, nobody adds, removes or asks.
 *
 * listener.h answers them over HTTP.
 */
#ifndef WARREN_OPS_OPS_H
#define WARREN_OPS_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "warren/api.h"

struct warren_ops;

/* ---- reasons ---- */

enum warren_ops_severity {
	WARREN_OPS_BLOCKS, /* the process is not ready */
	WARREN_OPS_TOLD    /* it is ready all the same */
};

/* Where a source puts its reasons. */
struct warren_ops_reasons;

/* Gives one reason; at most WARREN_OPS_REASON_MAX bytes of it are shown. */
#define WARREN_OPS_REASON_MAX 511
void warren_ops_reason(struct warren_ops_reasons *reasons, enum warren_ops_severity severity,
	const char *fmt, ...) WARREN_PRINTF(3, 4);

/* ---- metrics ---- */

enum warren_ops_kind { WARREN_OPS_KIND_COUNTER, WARREN_OPS_KIND_GAUGE };

struct warren_ops_metric {
	const char *name; /* as Prometheus shows it: letters, digits, _ */
	enum warren_ops_kind kind;
	const char *help;
	size_t offset; /* of its uint64_t in the struct of values */
};

struct warren_ops_table {
	const struct warren_ops_metric *metrics;
	size_t count;
	size_t size; /* of the struct of values */
};

/* One row of a table; `name_` is a literal without what all names begin and counters end with. */
#define WARREN_OPS_COUNTER(name_, help_, offset_)                                                  \
	{"warren_" name_ "_total", WARREN_OPS_KIND_COUNTER, help_, offset_}
#define WARREN_OPS_GAUGE(name_, help_, offset_)                                                    \
	{"warren_" name_, WARREN_OPS_KIND_GAUGE, help_, offset_}

struct warren_ops_label {
	const char *name;
	const char *value;
};

/* ---- the registry ---- */

/* Lies in whatever registers it; all that it names lives until it is removed. */
struct warren_ops_source {
	const char *name; /* shown with its reasons */
	void (*reasons)(struct warren_ops_reasons *reasons, void *data); /* NULL: it gives none */
	const struct warren_ops_table *table;                            /* NULL: no metrics */
	void (*read)(void *values, void *data); /* `values` is zeroed and of the table's size */
	const struct warren_ops_label *labels;
	size_t label_count;
	void *data;
	struct warren_ops_source *next; /* the registry's */
};

/* Returns NULL when memory is out.  Owns: caller. */
struct warren_ops *warren_ops_open(void) WARREN_MUST_CHECK;
void warren_ops_close(struct warren_ops *ops); /* all sources are removed; NULL is allowed */

/* `ops` NULL: nothing happens.  Removing a source that was not added does nothing.  Thread: any. */
void warren_ops_add(struct warren_ops *ops, struct warren_ops_source *source);
void warren_ops_remove(struct warren_ops *ops, struct warren_ops_source *source);

/* ---- what is asked; each from any thread ---- */

bool warren_ops_ready(struct warren_ops *ops);

/*
 * {"reasons":[{"severity":"blocks","source":"broker","reason":"…"}],"ready":false}
 * Of more than 256 reasons the first are shown, and "more" counts the rest.
 * Returns 0 with the text; -ENOMEM.  Owns: caller, free.
 */
int warren_ops_readiness(
	struct warren_ops *ops, bool *ret_ready, char **ret, size_t *ret_len) WARREN_MUST_CHECK;

/*
 * All metrics in Prometheus' text format 0.0.4, whole.
 * Returns 0 with the text; -ENOMEM.  Owns: caller, free.
 */
int warren_ops_metrics(struct warren_ops *ops, char **ret, size_t *ret_len) WARREN_MUST_CHECK;

#endif
