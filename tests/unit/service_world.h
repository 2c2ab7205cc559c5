/* Several instances on one in-process broker, with a clock that the test turns. */
#ifndef SERVICE_WORLD_H
#define SERVICE_WORLD_H

#include <check.h>
#include <unistd.h>

#include "broker/memory.h"
#include "service/test_rest.h"
#include "service_fixture.h"

#define WORLD_INSTANCES_MAX 4
#define WORLD_WALL_MS INT64_C(1767225600000)

struct world {
	struct warren_log *log;
	struct warren_instance *instances[WORLD_INSTANCES_MAX];
	struct warren_test_rest rest;
};

static struct world world;

static void world_open(void)
{
	struct warren_error error;
	world = (struct world){0};
	world.log = warren_log_open("test", WARREN_LOG_SILENT, STDERR_FILENO);
	world.rest.clock = warren_clock_open_turned(WORLD_WALL_MS);
	world.rest.instances = world.instances;
	const struct warren_broker_options options = {
		.url = "memory:", .log = world.log, .clock = world.rest.clock};
	ck_assert_int_eq(warren_broker_open(&options, &world.rest.broker, &error), 0);
	warren_test_rest_init(&world.rest);
}

static struct warren_instance *world_add_with(
	const struct warren_service *service, struct warren_instance_options options)
{
	struct warren_error error;
	struct warren_instance **slot = &world.instances[world.rest.instance_count];
	options.service = service;
	options.broker = world.rest.broker;
	options.clock = world.rest.clock;
	options.log = world.log;
	ck_assert_int_lt(world.rest.instance_count, WORLD_INSTANCES_MAX);
	ck_assert_int_eq(warren_instance_open(&options, slot, &error), 0);
	world.rest.instance_count++;
	return *slot;
}

__attribute__((unused)) static struct warren_instance *world_add(
	const struct warren_service *service)
{
	return world_add_with(service, (struct warren_instance_options){0});
}

/* The last one that was added. */
static void world_remove(uint32_t drain_ms)
{
	warren_instance_close(world.instances[--world.rest.instance_count], drain_ms);
}

static void world_rest(void)
{
	warren_test_rest(&world.rest);
}

__attribute__((unused)) static void world_advance(int64_t ms)
{
	world_rest();
	warren_clock_advance_ms(world.rest.clock, ms);
	world_rest();
}

static void world_close(void)
{
	while (world.rest.instance_count > 0)
		world_remove(0);
	warren_broker_close(world.rest.broker, 0);
	warren_test_rest_free(&world.rest);
	warren_clock_close(world.rest.clock);
	warren_log_close(world.log);
	(void)note_used();
}

__attribute__((unused)) static int world_depth(const char *queue)
{
	world_rest();
	return (int)warren_broker_memory_depth(world.rest.broker, queue);
}

__attribute__((unused)) static struct warren_instance_counters world_counters(
	struct warren_instance *instance)
{
	struct warren_instance_counters counters;
	world_rest();
	warren_instance_counters(instance, &counters);
	return counters;
}

/* A test that runs for each row of a table, with `_i` its number. */
struct world_loop {
	const TTest *test;
	int count;
};

/* Runs the tests of a file; its fixture is a world. */
static int world_main_with(const char *name, const TTest *const *tests, size_t count,
	const struct world_loop *loops, size_t loop_count)
{
	TCase *cases = tcase_create(name);
	tcase_add_checked_fixture(cases, world_open, world_close);
	for (size_t i = 0; i < count; i++)
		tcase_add_test(cases, tests[i]);
	for (size_t i = 0; i < loop_count; i++)
		tcase_add_loop_test(cases, loops[i].test, 0, loops[i].count);
	Suite *suite = suite_create(name);
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

__attribute__((unused)) static int world_main(
	const char *name, const TTest *const *tests, size_t count)
{
	return world_main_with(name, tests, count, NULL, 0);
}

#endif
