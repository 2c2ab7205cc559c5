/* Which obstacles on the broker make a process unready (503), and which are only told (200). */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/broker.h"
#include "service/instance.h"

/* Each kind; the compiler tells of a kind that is not here. */
static bool blocks(enum warren_obstacle_kind kind)
{
	switch (kind) {
	case WARREN_OBSTACLE_TUNED:
		return false; /* it works as it stands, and loses nothing */
	case WARREN_OBSTACLE_MISSING:
		return true; /* nothing is consumed there, or published */
	case WARREN_OBSTACLE_BREAKS:
		return true;
	case WARREN_OBSTACLE_FORBIDDEN:
		return true;
	case WARREN_OBSTACLE_STALE:
		return false; /* it fills, and the service needs nothing of it */
	}
	ck_abort_msg("no such kind");
}

static const enum warren_obstacle_kind kinds[] = {WARREN_OBSTACLE_TUNED, WARREN_OBSTACLE_MISSING,
	WARREN_OBSTACLE_BREAKS, WARREN_OBSTACLE_FORBIDDEN, WARREN_OBSTACLE_STALE};
#define KIND_COUNT ((int)(sizeof kinds / sizeof kinds[0]))

static struct warren_obstacle met[2];
static size_t met_count;

static void give(struct warren_ops_reasons *reasons, void *data)
{
	(void)data;
	for (size_t i = 0; i < met_count; i++)
		warren_obstacle_reason(&met[i], reasons);
}

static void is_ready(bool wanted, const char *wanted_text)
{
	struct warren_ops *ops = warren_ops_open();
	struct warren_ops_source source = {.name = "broker", .reasons = give};
	bool ready;
	char *text;
	size_t len;
	ck_assert_ptr_nonnull(ops);
	warren_ops_add(ops, &source);
	ck_assert_int_eq(warren_ops_readiness(ops, &ready, &text, &len), 0);
	ck_assert_int_eq(ready, wanted);
	ck_assert_int_eq(warren_ops_ready(ops), wanted);
	ck_assert_msg(strstr(text, wanted_text) != NULL, "%s is missing in: %s", wanted_text, text);
	free(text);
	warren_ops_remove(ops, &source);
	warren_ops_close(ops);
}

START_TEST(a_kind_blocks_or_is_told)
{
	char wanted[128];
	met[0] = (struct warren_obstacle){
		.kind = kinds[_i], .name = "sys.worker.ask", .text = "100 %s of it: mend it"};
	met_count = 1;
	snprintf(wanted, sizeof wanted,
		"{\"severity\":\"%s\",\"source\":\"broker\",\"reason\":\"100 %%s of it: mend it\"}",
		blocks(kinds[_i]) ? "blocks" : "told");
	is_ready(!blocks(kinds[_i]), wanted);
}
END_TEST

START_TEST(one_that_blocks_is_enough)
{
	for (int i = 0; i < KIND_COUNT; i++) {
		met[0] = (struct warren_obstacle){.kind = kinds[_i], .name = "a", .text = "one"};
		met[1] = (struct warren_obstacle){.kind = kinds[i], .name = "b", .text = "two"};
		met_count = 2;
		is_ready(!blocks(kinds[_i]) && !blocks(kinds[i]), "\"reason\":\"two\"");
	}
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("obstacles");
	tcase_add_loop_test(cases, a_kind_blocks_or_is_told, 0, KIND_COUNT);
	tcase_add_loop_test(cases, one_that_blocks_is_enough, 0, KIND_COUNT);
	Suite *suite = suite_create("service_obstacles");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
