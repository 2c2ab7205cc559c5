/*
 * The limiter before a server that is simulated: workers that take from one queue, in order, and
 * leave out what nobody waits for any more.  Time is the test's; what is random is seeded.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/limiter.h"

#define DEADLINE_MS 5000
#define CEILING 10000
#define RING 32768 /* more than are ever under way, or in a worker's hands */
#define WORKERS_MAX 64
#define SOURCES_MAX 16

struct request {
	struct warren_limiter_ticket ticket;
	double came_ms;
	bool is_over;
	int source;
};

/* Pages of one address. */
struct source {
	double per_s;
	int sockets;
	double due_ms; /* when the next one comes */
	uint32_t turn;
	/* since the last `forget` */
	uint32_t sent, answered, refused, timed_out;
	double latency_ms;
};

static struct {
	struct warren_limiter *limiter;
	double now_ms;
	int workers;
	double service_ms; /* on average; 0: nothing is answered */
	struct {
		bool is_busy;
		double until_ms;
		uint64_t request;
	} worker[WORKERS_MAX];
	struct request requests[RING];
	uint64_t oldest, next, end; /* that may time out, that a worker takes, that comes */
	struct source sources[SOURCES_MAX];
	int source_count;
	uint64_t random;
} sim;

static double random_part(void)
{
	sim.random = sim.random * 6364136223846793005U + 1442695040888963407U;
	return (double)(sim.random >> 11) / 9007199254740992.0;
}

static int64_t now_ms(void)
{
	return (int64_t)sim.now_ms;
}

static void sim_open(int workers, double service_ms)
{
	memset(&sim, 0, sizeof sim);
	sim.workers = workers;
	sim.service_ms = service_ms;
	sim.random = 7;
	sim.now_ms = 1000;
	ck_assert_int_eq(warren_limiter_open(DEADLINE_MS, CEILING, now_ms(), &sim.limiter), 0);
}

static void add_source(double per_s, int sockets)
{
	sim.sources[sim.source_count++] = (struct source){.per_s = per_s, .sockets = sockets};
}

static double capacity_per_s(void)
{
	return sim.workers * 1000 / sim.service_ms;
}

/* ---- a step ---- */

static void finish(struct request *request, bool answered)
{
	struct source *source = &sim.sources[request->source];
	request->is_over = true;
	warren_limiter_end(&request->ticket, answered, now_ms());
	if (answered) {
		source->answered++;
		source->latency_ms += sim.now_ms - request->came_ms;
	} else {
		source->timed_out++;
	}
}

static void time_out(void)
{
	for (; sim.oldest < sim.end; sim.oldest++) {
		struct request *request = &sim.requests[sim.oldest % RING];
		if (!request->is_over && sim.now_ms < request->came_ms + DEADLINE_MS)
			return;
		if (!request->is_over)
			finish(request, false);
	}
}

/* Returns whether there is one that somebody waits for. */
static bool next_request(uint64_t *ret)
{
	while (sim.next < sim.end && sim.requests[sim.next % RING].is_over)
		sim.next++;
	*ret = sim.next;
	return sim.next < sim.end && sim.service_ms > 0;
}

static void work(void)
{
	for (int i = 0; i < sim.workers; i++) {
		double from_ms = sim.now_ms;
		if (sim.worker[i].is_busy && sim.now_ms >= sim.worker[i].until_ms) {
			struct request *request = &sim.requests[sim.worker[i].request % RING];
			sim.worker[i].is_busy = false;
			from_ms = sim.worker[i].until_ms;
			if (!request->is_over)
				finish(request, true);
		}
		if (!sim.worker[i].is_busy && next_request(&sim.worker[i].request)) {
			sim.next++;
			sim.worker[i].is_busy = true;
			sim.worker[i].until_ms =
				from_ms + sim.service_ms * (0.75 + random_part() / 2);
		}
	}
}

static void emit(int at)
{
	struct source *source = &sim.sources[at];
	struct request *request = &sim.requests[sim.end % RING];
	char address[32], sid[32];
	(void)snprintf(address, sizeof address, "127.0.0.%d", at + 2);
	(void)snprintf(sid, sizeof sid, "%d-%u", at, source->turn++ % (uint32_t)source->sockets);
	source->sent++;
	ck_assert_uint_lt(sim.end - sim.oldest, RING);
	if (warren_limiter_take(sim.limiter, address, sid, now_ms(), &request->ticket)) {
		request->came_ms = sim.now_ms;
		request->is_over = false;
		request->source = at;
		sim.end++;
	} else {
		source->refused++;
	}
}

/* Each independently of the others, so many a second on average. */
static void arrive(void)
{
	for (int i = 0; i < sim.source_count; i++) {
		struct source *source = &sim.sources[i];
		while (source->per_s > 0 && source->due_ms <= sim.now_ms) {
			emit(i);
			source->due_ms -= log(1 - random_part()) * 1000 / source->per_s;
		}
	}
}

static void set_rate(int at, double per_s)
{
	sim.sources[at].per_s = per_s;
	sim.sources[at].due_ms = sim.now_ms;
}

/* When something happens next. */
static double next_ms(void)
{
	double ms = sim.oldest < sim.end ? sim.requests[sim.oldest % RING].came_ms + DEADLINE_MS
					 : INFINITY;
	for (int i = 0; i < sim.workers; i++)
		if (sim.worker[i].is_busy)
			ms = fmin(ms, sim.worker[i].until_ms);
	for (int i = 0; i < sim.source_count; i++)
		if (sim.sources[i].per_s > 0)
			ms = fmin(ms, sim.sources[i].due_ms);
	return ms;
}

static void run_ms(double ms)
{
	double until_ms = sim.now_ms + ms;
	do {
		work();
		time_out();
		arrive();
		work();
		sim.now_ms = fmin(next_ms(), until_ms);
	} while (sim.now_ms < until_ms);
}

/* ---- what became of it ---- */

static struct source total(void)
{
	struct source all = {0};
	for (int i = 0; i < sim.source_count; i++) {
		all.sent += sim.sources[i].sent;
		all.answered += sim.sources[i].answered;
		all.refused += sim.sources[i].refused;
		all.timed_out += sim.sources[i].timed_out;
		all.latency_ms += sim.sources[i].latency_ms;
	}
	return all;
}

static void forget(void)
{
	for (int i = 0; i < sim.source_count; i++) {
		struct source *source = &sim.sources[i];
		source->sent = source->answered = source->refused = source->timed_out = 0;
		source->latency_ms = 0;
	}
}

static void offer(double of_capacity)
{
	for (int i = 0; i < sim.source_count; i++)
		set_rate(i, capacity_per_s() * of_capacity / sim.source_count);
}

static void sim_close(void)
{
	struct warren_limiter_view view;
	for (int i = 0; i < sim.source_count; i++)
		sim.sources[i].per_s = 0;
	run_ms(2 * DEADLINE_MS);
	warren_limiter_look(sim.limiter, &view);
	ck_assert_uint_eq(view.under_way, 0);
	warren_limiter_close(sim.limiter);
}

/* Runs so long, and says what came of it: of the capacity so much was answered, of what was sent so
 * much refused and timed out. */
static void judge(const char *what, double ms, double answered, double refused, double timed_out)
{
	struct warren_limiter_view view;
	run_ms(ms);
	struct source all = total();
	warren_limiter_look(sim.limiter, &view);
	double done = all.answered / ms * 1000 / capacity_per_s();
	ck_assert_msg(done >= answered && all.refused <= refused * all.sent &&
			      all.timed_out <= timed_out * all.sent,
		"%d × %.1f ms, %s: %.2f of the capacity, %u refused and %u timed out of %u; mean "
		"%.0f ms, limit %u",
		sim.workers, sim.service_ms, what, done, all.refused, all.timed_out, all.sent,
		all.latency_ms / all.answered, view.limit);
}

/* From now on. */
static void expect(const char *what, double ms, double answered, double refused, double timed_out)
{
	forget();
	judge(what, ms, answered, refused, timed_out);
}

/* ---- systems ---- */

static const struct {
	int workers;
	double service_ms;
	double fair; /* of its share, what each address gets at least: less where a share is one or
			two requests, since chance has some of it */
} systems[] = {
	{1, 2, 0.9},
	{4, 20, 0.9},
	{16, 50, 0.9},
	{1, 20, 0.8},
	{32, 1000, 0.7},
	{4, 200, 0.7},
};
enum { SYSTEMS = sizeof systems / sizeof systems[0] };

static void open_system(int at)
{
	sim_open(systems[at].workers, systems[at].service_ms);
	add_source(0, 256);
}

/* Where four are under way at once on average, chance alone makes a long queue now and then. */
START_TEST(what_can_be_done_is_let_in)
{
	static const double loads[] = {0.1, 0.5, 0.8};
	for (int i = 0; i < 3; i++) {
		open_system(_i);
		offer(loads[i]);
		expect("can be done", 10000, 0, loads[i] < 0.8 ? 0 : 0.05, 0);
		sim_close();
	}
}
END_TEST

/* Requests that come at random, just as many as can be done, make a queue, but hardly any too long. */
START_TEST(at_its_capacity_a_system_is_not_limited)
{
	open_system(_i);
	offer(1);
	expect("just", 30000, 0.8, 0.08, 0);
	sim_close();
}
END_TEST

START_TEST(under_too_much_load_what_can_be_done_is_done)
{
	static const double loads[] = {1.1, 2, 4};
	for (int i = 0; i < 3; i++) {
		double service_ms = systems[_i].service_ms;
		open_system(_i);
		offer(loads[i]);
		run_ms(10000 + 20 * service_ms);
		expect("too much", 10000 + 20 * service_ms, 0.9, 1, 0);
		struct source all = total();
		ck_assert_double_le(
			all.latency_ms / all.answered, 1.5 * service_ms + 1.5 * DEADLINE_MS / 12);
		offer(0.5);
		run_ms(service_ms + 500);
		expect("after it", 10000, 0, 0.02, 0);
		sim_close();
	}
}
END_TEST

START_TEST(a_cold_system_under_too_much_load_starts)
{
	open_system(_i);
	offer(2);
	run_ms(2 * systems[_i].service_ms);
	expect("from the start", 10000, 0.8, 1, 0);
	sim_close();
}
END_TEST

/* Three of its requests are all that can be answered in time. */
START_TEST(a_handler_that_takes_a_fifth_of_its_deadline_is_kept_busy)
{
	sim_open(1, DEADLINE_MS / 5.0);
	add_source(0, 256);
	offer(2);
	run_ms(20000);
	expect("too much", 600000, 0.9, 1, 0.02);
	sim_close();
}
END_TEST

/* Ten times as slow and fast again. */
START_TEST(a_handler_whose_speed_changes_neither_starves_nor_times_out)
{
	static const double loads[] = {0.75, 2};
	for (int i = 0; i < 2; i++) {
		open_system(_i);
		offer(loads[i]);
		run_ms(10000);
		sim.service_ms *= 10; /* the load stays */
		expect("slower", 3000 + 2 * sim.service_ms, 0.8, 1, 0);
		run_ms(10000);
		/* One that takes longer than the queue may be finds its limit step by step. */
		expect("slow", 15000, sim.service_ms > DEADLINE_MS / 12 ? 0.5 : 0.9, 1, 0);
		sim.service_ms /= 10;
		run_ms(2000);
		expect("fast again", 10000, i == 0 ? 0.6 : 0.9, i == 0 ? 0 : 1, 0);
		sim_close();
	}
}
END_TEST

/* Nothing is answered for longer than anybody waits. */
START_TEST(a_server_that_was_away_is_used_again_at_once)
{
	double service_ms = systems[_i].service_ms;
	open_system(_i);
	offer(2);
	run_ms(10000);
	double per_s = sim.sources[0].per_s;
	sim.service_ms = 0;
	run_ms(12000);
	sim.service_ms = service_ms;
	set_rate(0, per_s);
	run_ms(1000 + 3 * service_ms);
	expect("again", 10000, 0.9, 1, 0);
	sim_close();
}
END_TEST

/* Requests that take a fifth of the deadline, no more than a cold system lets in. */
START_TEST(a_burst_of_an_idle_system_is_let_in)
{
	open_system(_i);
	double room = capacity_per_s() * DEADLINE_MS / 1000 / 5;
	for (int burst = 0; burst < 10; burst++) {
		forget();
		for (int i = 0; i < room && i < WARREN_LIMITER_COLD; i++)
			emit(0);
		ck_assert_uint_eq(total().refused, 0);
		judge("burst", 2000, 0, 0, 0);
	}
	sim_close();
}
END_TEST

/* Nor is one that is much longer than all before, after days with next to nothing to do. */
START_TEST(an_idle_system_remembers_what_it_can_do)
{
	open_system(_i);
	offer(2);
	run_ms(10000 + 20 * systems[_i].service_ms);
	offer(0.01);
	run_ms(600000);
	offer(0);
	run_ms(DEADLINE_MS);
	forget();
	for (int i = 0; i < capacity_per_s() * DEADLINE_MS / 1000 / 8; i++)
		emit(0);
	judge("burst", DEADLINE_MS, 0, 0, 0);
	sim_close();
}
END_TEST

/* ---- fair shares ---- */

START_TEST(who_sends_much_takes_nothing_from_the_others)
{
	enum { ADDRESSES = 10 };
	static const double loads[] = {1.5, 2, 4};
	for (int i = 0; i < 3; i++) {
		sim_open(systems[_i].workers, systems[_i].service_ms);
		for (int at = 0; at < ADDRESSES; at++)
			add_source(0, 5);
		double load = loads[i] * capacity_per_s();
		set_rate(0, load / 2);
		for (int at = 1; at < ADDRESSES; at++)
			set_rate(at, load / 2 / (ADDRESSES - 1));
		run_ms(10000);
		double ms = 20000 + 100 * systems[_i].service_ms;
		expect("ten addresses", ms, 0.9, 1, 0);
		double share_per_s = capacity_per_s() / ADDRESSES;
		for (int at = 0; at < ADDRESSES; at++) {
			double wanted = sim.sources[at].sent / ms * 1000;
			double fair = wanted < share_per_s ? wanted : share_per_s;
			double got = sim.sources[at].answered / ms * 1000;
			ck_assert_msg(got >= systems[_i].fair * fair,
				"%d × %.1f ms: address %d: %.2f of its share at %.1f", sim.workers,
				sim.service_ms, at, got / fair, loads[i]);
		}
		sim_close();
	}
}
END_TEST

/* One that fills the burst alone leaves room for all others. */
START_TEST(a_burst_of_one_address_leaves_room_for_the_others)
{
	open_system(_i);
	offer(2);
	run_ms(10000 + 20 * systems[_i].service_ms);
	offer(0);
	run_ms(DEADLINE_MS);
	for (int at = 1; at < 5; at++)
		add_source(0, 1);
	for (int i = 0; i < CEILING; i++)
		emit(0);
	forget();
	for (int at = 1; at < 5; at++)
		emit(at);
	ck_assert_uint_eq(total().refused, 0);
	sim_close();
}
END_TEST

/* A socket among those of its address. */
START_TEST(a_socket_that_sends_much_takes_nothing_from_its_address)
{
	enum { OTHERS = 9 };
	struct warren_limiter *limiter;
	struct warren_limiter_ticket greedy[CEILING], others[OTHERS], last;
	int held = 0;
	ck_assert_int_eq(warren_limiter_open(DEADLINE_MS, CEILING, 0, &limiter), 0);
	while (warren_limiter_take(limiter, "127.0.0.1", "greedy", 0, &greedy[held]))
		held++;
	ck_assert_int_eq(held, WARREN_LIMITER_COLD); /* alone it may have all */
	for (int at = 0; at < OTHERS; at++) {
		char sid[16];
		(void)snprintf(sid, sizeof sid, "%d", at);
		ck_assert(warren_limiter_take(limiter, "127.0.0.1", sid, 0, &others[at]));
		ck_assert(!warren_limiter_take(limiter, "127.0.0.1", "greedy", 0, &last));
	}
	/* A place that gets free is not its own again while others want it. */
	for (int at = 0; at < OTHERS; at++) {
		warren_limiter_end(&greedy[--held], true, 0);
		ck_assert(!warren_limiter_take(limiter, "127.0.0.1", "greedy", 0, &last));
	}
	while (held > 0)
		warren_limiter_end(&greedy[--held], true, 0);
	for (int at = 0; at < OTHERS; at++)
		warren_limiter_end(&others[at], true, 0);
	warren_limiter_close(limiter);
}
END_TEST

/* ---- what is told ---- */

START_TEST(when_to_try_again_follows_what_is_before)
{
	sim_open(4, 20);
	add_source(0, 256);
	offer(2);
	run_ms(10000);
	/* 400 a second come and 200 are answered: the 90 under way and the 200 refused take 1.5 s. */
	uint32_t least_ms = UINT32_MAX, most_ms = 0;
	for (int i = 0; i < 1000; i++) {
		uint32_t wait_ms = warren_limiter_retry_after_ms(sim.limiter, now_ms());
		ck_assert_uint_ge(wait_ms, 700);
		ck_assert_uint_le(wait_ms, DEADLINE_MS * 3 / 2);
		least_ms = wait_ms < least_ms ? wait_ms : least_ms;
		most_ms = wait_ms > most_ms ? wait_ms : most_ms;
		emit(0);
	}
	ck_assert_uint_gt(most_ms, least_ms + least_ms / 4); /* they are told different times */
	sim_close();
}
END_TEST

/* Refused requests, and those that nobody takes, say nothing of the capacity. */
START_TEST(what_was_not_answered_teaches_nothing)
{
	struct warren_limiter_view before, after;
	struct warren_limiter_ticket ticket;
	sim_open(4, 20);
	add_source(0, 256);
	offer(2);
	run_ms(10000);
	offer(0);
	run_ms(DEADLINE_MS);
	ck_assert(warren_limiter_take(sim.limiter, "127.0.0.2", "0", now_ms(), &ticket));
	warren_limiter_end(&ticket, false, now_ms());
	warren_limiter_look(sim.limiter, &before);
	for (int i = 0; i < 100000; i++) {
		ck_assert(warren_limiter_take(sim.limiter, "127.0.0.2", "0", now_ms(), &ticket));
		warren_limiter_end(&ticket, false, now_ms());
		sim.now_ms += i % 2;
	}
	warren_limiter_look(sim.limiter, &after);
	ck_assert_uint_eq(after.limit, before.limit);
	sim_close();
}
END_TEST

/* One request that is never answered is no sign of a queue. */
START_TEST(a_lost_request_limits_nobody)
{
	struct warren_limiter_ticket lost;
	sim_open(4, 20);
	add_source(0, 256);
	offer(0.5);
	run_ms(5000);
	for (int i = 0; i < 20; i++) {
		ck_assert(warren_limiter_take(sim.limiter, "127.0.0.2", "x", now_ms(), &lost));
		expect("one is lost", DEADLINE_MS - 1, 0, 0, 0);
		for (int more = 0; more < 60; more++) /* a burst beside it */
			emit(0);
		ck_assert_uint_eq(total().refused, 0);
		warren_limiter_end(&lost, false, now_ms());
	}
	sim_close();
}
END_TEST

START_TEST(a_ceiling_is_never_passed)
{
	struct warren_limiter *limiter;
	struct warren_limiter_ticket tickets[4];
	ck_assert_int_eq(warren_limiter_open(DEADLINE_MS, 3, 0, &limiter), 0);
	for (int round = 0; round < 100; round++) {
		for (int i = 0; i < 3; i++) {
			char address[] = "10.0.0.1";
			address[7] = (char)('1' + i);
			ck_assert(warren_limiter_take(
				limiter, address, address, round * 100, &tickets[i]));
		}
		ck_assert(!warren_limiter_take(limiter, "10.0.0.9", "s", round * 100, &tickets[3]));
		for (int i = 0; i < 3; i++)
			warren_limiter_end(&tickets[i], true, round * 100 + 60);
	}
	warren_limiter_close(limiter);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gateway limiter");
	TCase *load = tcase_create("load"), *shares = tcase_create("shares"),
	      *told = tcase_create("told");
	tcase_add_loop_test(load, what_can_be_done_is_let_in, 0, SYSTEMS);
	tcase_add_loop_test(load, at_its_capacity_a_system_is_not_limited, 0, SYSTEMS);
	tcase_add_loop_test(load, under_too_much_load_what_can_be_done_is_done, 0, SYSTEMS);
	tcase_add_loop_test(load, a_cold_system_under_too_much_load_starts, 0, SYSTEMS);
	tcase_add_test(load, a_handler_that_takes_a_fifth_of_its_deadline_is_kept_busy);
	/* Those that can be ten times as slow. */
	tcase_add_loop_test(
		load, a_handler_whose_speed_changes_neither_starves_nor_times_out, 0, 4);
	tcase_add_loop_test(load, a_server_that_was_away_is_used_again_at_once, 0, SYSTEMS);
	tcase_add_loop_test(load, a_burst_of_an_idle_system_is_let_in, 0, SYSTEMS);
	tcase_add_loop_test(load, an_idle_system_remembers_what_it_can_do, 0, SYSTEMS);
	tcase_add_loop_test(shares, who_sends_much_takes_nothing_from_the_others, 0, SYSTEMS);
	tcase_add_loop_test(shares, a_burst_of_one_address_leaves_room_for_the_others, 0, SYSTEMS);
	tcase_add_test(shares, a_socket_that_sends_much_takes_nothing_from_its_address);
	tcase_add_test(told, when_to_try_again_follows_what_is_before);
	tcase_add_test(told, what_was_not_answered_teaches_nothing);
	tcase_add_test(told, a_lost_request_limits_nobody);
	tcase_add_test(told, a_ceiling_is_never_passed);
	suite_add_tcase(suite, load);
	suite_add_tcase(suite, shares);
	suite_add_tcase(suite, told);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
