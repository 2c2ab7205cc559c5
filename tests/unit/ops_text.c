/* The registry: who is asked, and what is written of it. */
#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/ops.h"

struct values {
	uint64_t calls, depth;
};

static const struct warren_ops_metric metrics[] = {
	WARREN_OPS_COUNTER(
		"thing_calls", "calls\nwith a \\ and a \"", offsetof(struct values, calls)),
	WARREN_OPS_GAUGE("thing_depth", "what waits", offsetof(struct values, depth)),
};
static const struct warren_ops_table table = {metrics, 2, sizeof(struct values)};

static const struct warren_ops_metric other_metrics[] = {WARREN_OPS_GAUGE("other", "one more", 0)};
static const struct warren_ops_table other_table = {other_metrics, 1, sizeof(uint64_t)};

static void read_thing(void *values, void *data)
{
	*(struct values *)values = *(struct values *)data;
}

static void read_other(void *values, void *data)
{
	(void)data;
	*(uint64_t *)values = UINT64_MAX;
}

static struct warren_ops *ops;

static void open_ops(void)
{
	ops = warren_ops_open();
	ck_assert_ptr_nonnull(ops);
}

static void close_ops(void)
{
	warren_ops_close(ops);
}

static void has_metrics(const char *wanted)
{
	char *text;
	size_t len;
	ck_assert_int_eq(warren_ops_metrics(ops, &text, &len), 0);
	ck_assert_str_eq(text, wanted);
	ck_assert_uint_eq(len, strlen(wanted));
	free(text);
}

static void has_readiness(bool wanted_ready, const char *wanted)
{
	bool ready;
	char *text;
	size_t len;
	ck_assert_int_eq(warren_ops_readiness(ops, &ready, &text, &len), 0);
	ck_assert_str_eq(text, wanted);
	ck_assert_uint_eq(len, strlen(wanted));
	ck_assert_int_eq(ready, wanted_ready);
	ck_assert_int_eq(warren_ops_ready(ops), wanted_ready);
	free(text);
}

/* ---- metrics ---- */

START_TEST(an_empty_registry)
{
	has_metrics("");
	has_readiness(true, "{\"reasons\":[],\"ready\":true}\n");
}
END_TEST

START_TEST(sources_of_one_table_are_one_metric)
{
	const struct warren_ops_label user = {"service", "user"},
				      odd[] = {{"service", "a\"b\\c\nd"}, {"stage", "tëst"}};
	struct values first = {1, 2}, second = {3, 4};
	struct warren_ops_source sources[] = {
		{.name = "user",
			.table = &table,
			.read = read_thing,
			.labels = &user,
			.label_count = 1,
			.data = &first},
		{.name = "other", .table = &other_table, .read = read_other},
		{.name = "odd",
			.table = &table,
			.read = read_thing,
			.labels = odd,
			.label_count = 2,
			.data = &second},
	};
	for (int i = 0; i < 3; i++)
		warren_ops_add(ops, &sources[i]);
	has_metrics("# HELP warren_thing_calls_total calls\\nwith a \\\\ and a \"\n"
		    "# TYPE warren_thing_calls_total counter\n"
		    "warren_thing_calls_total{service=\"user\"} 1\n"
		    "warren_thing_calls_total{service=\"a\\\"b\\\\c\\nd\",stage=\"tëst\"} 3\n"
		    "# HELP warren_thing_depth what waits\n"
		    "# TYPE warren_thing_depth gauge\n"
		    "warren_thing_depth{service=\"user\"} 2\n"
		    "warren_thing_depth{service=\"a\\\"b\\\\c\\nd\",stage=\"tëst\"} 4\n"
		    "# HELP warren_other one more\n"
		    "# TYPE warren_other gauge\n"
		    "warren_other 18446744073709551615\n");
	first.calls = 5;
	warren_ops_remove(ops, &sources[2]);
	warren_ops_remove(ops, &sources[1]);
	warren_ops_remove(ops, &sources[1]);
	has_metrics("# HELP warren_thing_calls_total calls\\nwith a \\\\ and a \"\n"
		    "# TYPE warren_thing_calls_total counter\n"
		    "warren_thing_calls_total{service=\"user\"} 5\n"
		    "# HELP warren_thing_depth what waits\n"
		    "# TYPE warren_thing_depth gauge\n"
		    "warren_thing_depth{service=\"user\"} 2\n");
	warren_ops_remove(ops, &sources[0]);
	has_metrics("");
}
END_TEST

enum { CROWD = 5000 };

/* 10,000 series: each is there, in its place, and the last line is whole. */
START_TEST(nothing_is_cut_short)
{
	static struct warren_ops_source sources[CROWD];
	static struct warren_ops_label labels[CROWD];
	static struct values values[CROWD];
	static char names[CROWD][16];
	char *text, *at, line[128];
	size_t len;
	for (int i = 0; i < CROWD; i++) {
		snprintf(names[i], sizeof names[i], "queue-%d", i);
		labels[i] = (struct warren_ops_label){"queue", names[i]};
		values[i] = (struct values){(uint64_t)i, UINT64_MAX - (uint64_t)i};
		sources[i] = (struct warren_ops_source){.name = "crowd",
			.table = &table,
			.read = read_thing,
			.labels = &labels[i],
			.label_count = 1,
			.data = &values[i]};
		warren_ops_add(ops, &sources[i]);
	}
	ck_assert_int_eq(warren_ops_metrics(ops, &text, &len), 0);
	at = text;
	for (int metric = 0; metric < 2; metric++) {
		at = strstr(at, "\n# TYPE ");
		ck_assert_ptr_nonnull(at);
		at = strchr(at + 1, '\n') + 1;
		for (int i = 0; i < CROWD; i++) {
			snprintf(line, sizeof line, "%s{queue=\"queue-%d\"} %llu\n",
				metrics[metric].name, i,
				(unsigned long long)(metric ? values[i].depth : values[i].calls));
			ck_assert_msg(strncmp(at, line, strlen(line)) == 0, "no %s", line);
			at += strlen(line);
		}
		at--;
	}
	ck_assert_uint_eq((size_t)(at + 1 - text), len);
	free(text);
	for (int i = 0; i < CROWD; i++)
		warren_ops_remove(ops, &sources[i]);
}
END_TEST

/* ---- readiness ---- */

static void give_two(struct warren_ops_reasons *reasons, void *data)
{
	const enum warren_ops_severity *severity = data;
	warren_ops_reason(reasons, WARREN_OPS_TOLD, "queue \"%s\" has another TTL", "q\n1");
	warren_ops_reason(reasons, *severity, "%d of %d", 1, 2);
}

START_TEST(a_reason_that_blocks_and_one_that_is_told)
{
	enum warren_ops_severity severity = WARREN_OPS_TOLD;
	struct warren_ops_source source = {.name = "user", .reasons = give_two, .data = &severity};
	struct warren_ops_source silent = {.name = "silent"};
	warren_ops_add(ops, &silent);
	warren_ops_add(ops, &source);
	has_readiness(true,
		"{\"reasons\":[{\"severity\":\"told\",\"source\":\"user\",\"reason\":\"queue "
		"\\\"q\\n1\\\" has another TTL\"},"
		"{\"severity\":\"told\",\"source\":\"user\",\"reason\":\"1 of 2\"}],"
		"\"ready\":true}\n");
	severity = WARREN_OPS_BLOCKS;
	has_readiness(false,
		"{\"reasons\":[{\"severity\":\"told\",\"source\":\"user\",\"reason\":\"queue "
		"\\\"q\\n1\\\" has another TTL\"},"
		"{\"severity\":\"blocks\",\"source\":\"user\",\"reason\":\"1 of 2\"}],"
		"\"ready\":false}\n");
	warren_ops_remove(ops, &source);
	warren_ops_remove(ops, &silent);
	has_readiness(true, "{\"reasons\":[],\"ready\":true}\n");
}
END_TEST

static void give_many(struct warren_ops_reasons *reasons, void *data)
{
	char long_text[2 * WARREN_OPS_REASON_MAX];
	(void)data;
	memset(long_text, '\1', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = '\0';
	for (int i = 0; i < 10000; i++)
		warren_ops_reason(
			reasons, i < 9999 ? WARREN_OPS_TOLD : WARREN_OPS_BLOCKS, "%s", long_text);
}

/* The last one blocks: it is not shown any more, and counts. */
START_TEST(more_reasons_than_are_shown)
{
	struct warren_ops_source source = {.name = "user", .reasons = give_many};
	bool ready = true;
	char *text;
	size_t len;
	warren_ops_add(ops, &source);
	ck_assert_int_eq(warren_ops_readiness(ops, &ready, &text, &len), 0);
	ck_assert(!ready);
	ck_assert_ptr_nonnull(strstr(text, "],\"more\":9744,\"ready\":false}\n"));
	ck_assert(!warren_ops_ready(ops));
	free(text);
	warren_ops_remove(ops, &source);
}
END_TEST

/* ---- threads ---- */

static atomic_bool over;

static void *ask(void *data)
{
	(void)data;
	while (!atomic_load(&over)) {
		char *text;
		size_t len;
		ck_assert_int_eq(warren_ops_metrics(ops, &text, &len), 0);
		free(text);
		(void)warren_ops_ready(ops);
	}
	return NULL;
}

static void read_freed(void *values, void *data)
{
	for (int i = 0; i < 3; i++)
		sched_yield();
	*(uint64_t *)values = *(uint64_t *)data;
}

/* What a source leads to may be freed as soon as it is removed. */
START_TEST(sources_come_and_go_while_they_are_asked)
{
	pthread_t threads[2];
	atomic_store(&over, false);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, ask, NULL), 0);
	for (int i = 0; i < 3000; i++) {
		uint64_t *value = malloc(sizeof *value);
		ck_assert_ptr_nonnull(value);
		*value = 1;
		struct warren_ops_source source = {
			.name = "brief", .table = &other_table, .read = read_freed, .data = value};
		warren_ops_add(ops, &source);
		warren_ops_remove(ops, &source);
		free(value);
	}
	atomic_store(&over, true);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("ops_text");
	tcase_add_checked_fixture(cases, open_ops, close_ops);
	tcase_add_test(cases, an_empty_registry);
	tcase_add_test(cases, sources_of_one_table_are_one_metric);
	tcase_add_test(cases, nothing_is_cut_short);
	tcase_add_test(cases, a_reason_that_blocks_and_one_that_is_told);
	tcase_add_test(cases, more_reasons_than_are_shown);
	tcase_add_test(cases, sources_come_and_go_while_they_are_asked);
	Suite *suite = suite_create("ops_text");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
