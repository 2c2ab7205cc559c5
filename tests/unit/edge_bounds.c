/* What others ask of an edge has bounds, and room that is taken is given back. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bounds.h"
#include "warren/edge.h"

enum { POSTS = 4, POST_BYTES = 10000, PEERS = 1024, PATIENCE = 10000000 };

static struct warren_edge *edge;
static pthread_t thread;

/* ---- the loop is held while room is taken ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool held, let_go;
static int rung; /* alarms */

static void on_hold(int result, void *data)
{
	(void)data;
	if (result < 0)
		return;
	pthread_mutex_lock(&mutex);
	held = true;
	pthread_cond_broadcast(&changed);
	while (!let_go)
		pthread_cond_wait(&changed, &mutex);
	held = let_go = false;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&mutex);
}

/* There may be no room for that before the loop has done what waits for it. */
static void hold(void)
{
	int tries = 0;
	while (warren_edge_after(edge, 0, on_hold, NULL) < 0) {
		ck_assert_int_lt(tries++, PATIENCE);
		sched_yield();
	}
	pthread_mutex_lock(&mutex);
	while (!held)
		pthread_cond_wait(&changed, &mutex);
	pthread_mutex_unlock(&mutex);
}

static void let_loop_go(void)
{
	pthread_mutex_lock(&mutex);
	let_go = true;
	pthread_cond_broadcast(&changed);
	while (held)
		pthread_cond_wait(&changed, &mutex);
	pthread_mutex_unlock(&mutex);
}

static void *run(void *data)
{
	warren_edge_run(data);
	return NULL;
}

static void setup(void)
{
	const struct warren_edge_options options = {.host = "127.0.0.1",
		.instance = "i-1",
		.internal_host = "127.0.0.1",
		.cluster_key = "the-key-of-the-edge-of-this-test",
		.max_posts = POSTS,
		.max_post_bytes = POST_BYTES};
	struct warren_error error;
	ck_assert_int_eq(warren_edge_open(&options, &edge, &error), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, run, edge), 0);
	hold();
}

static void teardown(void)
{
	let_loop_go();
	warren_edge_stop(edge, 0);
	pthread_join(thread, NULL);
	warren_edge_close(edge);
}

/* ---- what has a bound ---- */

static void give_posts(void)
{
	let_loop_go();
	hold();
}

static bool take_post(int i)
{
	(void)i;
	return warren_edge_emit(edge, "i-1.nobody", "x", "1", 1) == 0;
}

static bool take_bytes(int i)
{
	static char text[POST_BYTES / 2 - 500];
	(void)i;
	memset(text, '1', sizeof text);
	return warren_edge_emit(edge, "i-1.nobody", "x", text, sizeof text) == 0;
}

static void on_alarm(int result, void *data)
{
	(void)data;
	pthread_mutex_lock(&mutex);
	rung += result == 0;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&mutex);
}

static int set;

static bool take_alarm(int i)
{
	(void)i;
	bool taken = warren_edge_after(edge, 1, on_alarm, NULL) == 0;
	set += taken;
	return taken;
}

static void give_alarms(void)
{
	let_loop_go();
	pthread_mutex_lock(&mutex);
	while (rung < set)
		pthread_cond_wait(&changed, &mutex);
	pthread_mutex_unlock(&mutex);
	hold();
}

static bool take_peer(int i)
{
	char name[16];
	snprintf(name, sizeof name, "peer-%d", i);
	return warren_edge_peer(edge, name, "127.0.0.1:9") == 0;
}

static void give_peers(void)
{
	char name[16];
	for (int i = 0; i <= PEERS; i++) {
		snprintf(name, sizeof name, "peer-%d", i);
		(void)warren_edge_peer(edge, name, NULL);
	}
}

static const struct bound bounds[] = {
	{"posts", POSTS, take_post, give_posts},
	{"bytes of posts", 2, take_bytes, give_posts},
	{"alarms", POSTS, take_alarm, give_alarms},
	{"peers", PEERS, take_peer, give_peers},
};

START_TEST(room_that_is_taken_is_given_back)
{
	bound_check(&bounds[_i]);
}
END_TEST

/* A peer that is told again takes no second place. */
START_TEST(what_is_known_takes_room_once)
{
	for (int i = 0; i < 3 * PEERS; i++)
		ck_assert(take_peer(7));
	give_peers();
}
END_TEST

START_TEST(what_never_has_room_is_refused_for_good)
{
	struct warren_edge_counters counters;
	static char text[POST_BYTES];
	memset(text, '1', sizeof text);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(
			warren_edge_emit(edge, "i-1.nobody", "x", text, sizeof text), -EMSGSIZE);
		ck_assert(take_post(0));
		give_posts();
	}
	warren_edge_counters(edge, &counters);
	ck_assert_uint_eq(counters.posts_full, 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("edge bounds");
	TCase *tests = tcase_create("all");
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(
		tests, room_that_is_taken_is_given_back, 0, sizeof bounds / sizeof bounds[0]);
	tcase_add_test(tests, what_is_known_takes_room_once);
	tcase_add_test(tests, what_never_has_room_is_refused_for_good);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
