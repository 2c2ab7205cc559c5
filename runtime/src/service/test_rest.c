#include "service/test_rest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/memory.h"
#include "service/call.h"

#define ROUNDS_MAX 1000000 /* a service that asks itself for ever never rests */

void warren_test_fault(const char *what, const char *why)
{
	fprintf(stderr, "test kit: %s: %s\n", what, why);
	abort();
}

void warren_test_rest_init(struct warren_test_rest *rest)
{
	pthread_mutex_init(&rest->mutex, NULL);
	pthread_cond_init(&rest->passed, NULL);
}

void warren_test_rest_free(struct warren_test_rest *rest)
{
	pthread_cond_destroy(&rest->passed);
	pthread_mutex_destroy(&rest->mutex);
}

/* ---- something is sent through a thread; when it comes out, all before it is done ---- */

static void pass(void *data)
{
	struct warren_test_rest *rest = data;
	pthread_mutex_lock(&rest->mutex);
	rest->waiting = false;
	pthread_cond_signal(&rest->passed);
	pthread_mutex_unlock(&rest->mutex);
}

static void pass_broker(enum warren_broker_outcome outcome, void *data)
{
	(void)outcome;
	pass(data);
}

static void await(struct warren_test_rest *rest)
{
	pthread_mutex_lock(&rest->mutex);
	while (rest->waiting)
		pthread_cond_wait(&rest->passed, &rest->mutex);
	pthread_mutex_unlock(&rest->mutex);
}

static void pass_through_broker(struct warren_test_rest *rest)
{
	const struct warren_broker_message nothing = {
		.exchange = "", .routing_key = "test.nobody", .reserved = true};
	rest->waiting = true;
	int rc = warren_broker_publish(rest->broker, &nothing, pass_broker, rest);
	if (rc < 0)
		warren_test_fault("broker", strerror(-rc));
	await(rest);
}

static void pass_through_timers(struct warren_test_rest *rest, struct warren_timers *timers)
{
	uint64_t id;
	rest->waiting = true;
	if (warren_timer_start(timers, warren_clock_now_ms(rest->clock), pass, rest, &id) < 0)
		warren_test_fault("timers", "out of memory");
	await(rest);
}

/* ---- rest ---- */

static bool workers_idle(struct warren_test_rest *rest, uint64_t *ret_given)
{
	bool idle = true;
	*ret_given = 0;
	for (size_t i = 0; i < rest->instance_count; i++) {
		uint64_t given;
		idle = warren_workers_idle(rest->instances[i]->workers, &given) && idle;
		*ret_given += given;
	}
	return idle;
}

static bool others_idle(struct warren_test_rest *rest)
{
	uint32_t unsettled;
	bool idle = warren_broker_memory_idle(rest->broker, &unsettled) &&
		    warren_broker_memory_next_ms(rest->broker) > warren_clock_now_ms(rest->clock);
	for (size_t i = 0; i < rest->instance_count; i++)
		idle = idle && warren_timers_idle(rest->instances[i]->timers) &&
		       warren_calls_none_held(rest->instances[i]);
	return idle;
}

/* On the loop, so that nothing moves there meanwhile. */
static void look_for_rest(void *data)
{
	struct warren_test_rest *rest = data;
	uint64_t given_before, given_after;
	rest->rests = workers_idle(rest, &given_before) && others_idle(rest) &&
		      workers_idle(rest, &given_after) && given_before == given_after;
}

void warren_test_rest(struct warren_test_rest *rest)
{
	for (uint32_t round = 0; round < ROUNDS_MAX; round++) {
		for (size_t i = 0; i < rest->instance_count; i++)
			pass_through_timers(rest, rest->instances[i]->timers);
		for (size_t i = 0; i < rest->instance_count; i++)
			warren_workers_wait_idle(rest->instances[i]->workers);
		pass_through_broker(rest);
		warren_loop_call(warren_broker_loop(rest->broker), look_for_rest, rest);
		if (rest->rests)
			return;
	}
	warren_test_fault(
		"the service does not come to rest", "it goes on without anything from outside");
}

int64_t warren_test_rest_next_ms(struct warren_test_rest *rest)
{
	int64_t next_ms = warren_broker_memory_next_ms(rest->broker);
	for (size_t i = 0; i < rest->instance_count; i++) {
		int64_t timer_ms = warren_timers_next_ms(rest->instances[i]->timers);
		if (timer_ms < next_ms)
			next_ms = timer_ms;
	}
	return next_ms;
}
