/* Admissions that are settled later: in order, once, in time, and whatever happens meanwhile. */
#include "gateway/admission.h"
#include "gateway/question.h"
#include "gateway_world.h"

#define ID "01234567-89ab-4cde-8f01-23456789abcd"
#define LARGE 400000

/* The ways in which the handler takes an event. */
enum what {
	PASS,
	LATER,
	LOOK_UP,
	LOOK_UP_LATER,
	LATER_AND_PASS,
	LATER_AND_FAIL,
	SETTLED_AND_PASS,
	BARE,
	ODD
};

enum { LATERS_MAX = 16, TIMEOUT_MS = 5000 };

static struct page page, other_page;
static struct door lookup_door = DOOR;
static struct warren_socket *laters[LATERS_MAX];
static atomic_int later_count;

static struct warren_socket *keep(struct warren_socket *socket)
{
	int count = atomic_load(&later_count);
	ck_assert_int_lt(count, LATERS_MAX);
	laters[count] = warren_admit_later(socket);
	ck_assert_ptr_nonnull(laters[count]);
	ck_assert_ptr_eq(warren_admit_later(socket), laters[count]);
	ck_assert_str_eq(laters[count]->event, socket->event);
	atomic_store(&later_count, count + 1);
	return laters[count];
}

static int look_up(struct warren_socket *socket, void *message, void *state)
{
	struct note *note = message;
	(void)state;
	ck_assert(!warren_loop_is_current(warren_broker_loop(world.rest.broker)));
	door_pass(&lookup_door);
	ck_assert_int_eq(warren_admit_on_worker(socket, look_up), -EALREADY);
	if (strcmp(note->text, "refuse") == 0)
		return warren_refuse_field(socket, WARREN_FORBIDDEN, "text", "not %s", "you");
	if (strcmp(note->text, "break") == 0)
		return -EIO;
	if (note->number == LOOK_UP_LATER)
		return keep(socket) == socket ? WARREN_ADMIT_LATER : -EINVAL;
	note->text = "looked up";
	return 0;
}

static int admit(struct warren_socket *socket, void *message, void *state)
{
	const struct note *note = message;
	(void)state;
	switch ((enum what)note->number) {
	case PASS:
		return 0;
	case LATER:
		keep(socket);
		return WARREN_ADMIT_LATER;
	case LOOK_UP:
	case LOOK_UP_LATER:
		return warren_admit_on_worker(socket, look_up);
	case LATER_AND_PASS:
		keep(socket);
		return 0;
	case LATER_AND_FAIL:
		keep(socket);
		return -EIO;
	case SETTLED_AND_PASS:
		return warren_admit_settle(keep(socket), -EIO);
	case BARE:
		return WARREN_ADMIT_LATER;
	case ODD:
		return 7;
	}
	return -EINVAL;
}

static void open_gate(struct warren_instance_options options)
{
	gate_admit = admit;
	later_count = 0;
	gate_open(NULL, options);
	page_open(&page);
}

static void close_gate(void)
{
	page_close(&page);
	gate_close();
}

static void emit(int ack, const char *event, const char *text, enum what what)
{
	page_emit(&page, ack, event, text, (int)what, NULL);
}

static void expect(int ack, const char *code)
{
	ck_assert_str_eq(page_answer(&page, ack), code);
}

static void await_laters(int count)
{
	while (atomic_load(&later_count) < count)
		sched_yield();
}

/* ---- what the loop knows ---- */

struct look {
	int behind, awaited;
	bool is_gone; /* the socket of the first that is awaited */
};

static void look(void *data)
{
	struct look *look = data;
	struct warren_pending_admission *pending;
	look->behind = (int)gateway->behind;
	TAILQ_FOREACH(pending, &gateway->admissions, link)
	{
		if (look->awaited++ == 0)
			look->is_gone = ((struct question *)pending->data)->line->gone;
	}
}

static struct look now(void)
{
	struct look look_now = {0};
	warren_loop_call(warren_broker_loop(world.rest.broker), look, &look_now);
	return look_now;
}

static void expect_nothing_left(void)
{
	world_rest();
	struct look left = now();
	ck_assert_int_eq(left.behind, 0);
	ck_assert_int_eq(left.awaited, 0);
	ck_assert_uint_eq(gateway->waiting, 0);
}

/* ---- tests ---- */

START_TEST(what_a_worker_looks_up_passes_or_is_refused)
{
	char *large = text_of(LARGE);
	open_gate((struct warren_instance_options){0});
	for (int round = 0; round < 3; round++) {
		emit(0, "ask", "x", LOOK_UP);
		const char *text = page_next(&page);
		ck_assert_msg(strstr(text, "looked up"), "%s", text);
		emit(1, "ask", "refuse", LOOK_UP);
		text = page_next(&page);
		ck_assert_msg(strstr(text, "forbidden") && strstr(text, "not you") &&
				      strstr(text, "\"field\":\"text\""),
			"%s", text);
		emit(2, "ask", "break", LOOK_UP);
		expect(2, "internal");
		emit(3, "fact", "x", LOOK_UP);
		expect(3, "ok");
		emit(4, "fact", "refuse", LOOK_UP);
		expect(4, "forbidden");
		emit(5, "ask", large, LOOK_UP); /* its handler runs on a worker, too */
		expect(5, "ok");
	}
	ck_assert_int_eq(asks, 6);
	ck_assert_int_eq(facts, 3);
	expect_nothing_left();
	free(large);
	close_gate();
}
END_TEST

START_TEST(later_events_of_the_socket_wait_for_it)
{
	enum { BEHIND = 6 };
	char *large = text_of(LARGE);
	open_gate((struct warren_instance_options){0});
	page_open(&other_page);
	for (int round = 0; round < 3; round++) {
		int before = asks;
		emit(0, "ask", "x", LATER);
		await_laters(2 * round + 1);
		for (int i = 1; i <= BEHIND; i++)
			emit(i, "ask", i == 3 ? large : "x", i == 5 ? LATER : PASS);
		while (now().behind < BEHIND)
			sched_yield();
		page_emit(&other_page, 1, "ask", "x", PASS, NULL); /* nobody else waits */
		ck_assert_str_eq(page_answer(&other_page, 1), "ok");
		ck_assert_int_eq(asks, before + 1);
		ck_assert_int_eq(warren_admit_settle(laters[2 * round], 0), 0);
		for (int i = 0; i < 5; i++)
			expect(i, "ok");
		await_laters(2 * round + 2);
		ck_assert_int_eq(now().behind, 1);
		warren_admit_settle(laters[2 * round + 1],
			warren_refuse(laters[2 * round + 1], WARREN_NOT_FOUND, "nothing"));
		expect(5, "not_found");
		expect(6, "ok");
	}
	expect_nothing_left();
	free(large);
	page_close(&other_page);
	close_gate();
}
END_TEST

START_TEST(settled_twice_it_is_settled_once)
{
	open_gate((struct warren_instance_options){0});
	door_set(&worker_door, true);
	emit(0, "ask", "x", LATER);
	await_laters(1);
	warren_admit_settle(laters[0], 0);
	door_await(&worker_door, 1);
	warren_admit_settle(laters[0], -EIO);
	warren_admit_settle(laters[0], 0);
	door_set(&worker_door, false);
	expect(0, "ok");
	emit(1, "ask", "x", PASS);
	expect(1, "ok");
	ck_assert_int_eq(asks, 2);
	expect_nothing_left();
	close_gate();
}
END_TEST

/* It may be settled before its handler returns: then that counts. */
START_TEST(a_handler_that_returns_after_all_has_settled_it)
{
	char *large = text_of(LARGE);
	open_gate((struct warren_instance_options){0});
	for (int i = 0; i < 2; i++) {
		const char *text = i == 0 ? "x" : large;
		door_set(&worker_door, true);
		emit(0, "ask", text, LATER_AND_PASS);
		door_await(&worker_door, 1);
		warren_admit_settle(laters[3 * i], -EIO);
		door_set(&worker_door, false);
		expect(0, "ok");
		emit(1, "ask", text, LATER_AND_FAIL);
		expect(1, "internal");
		emit(2, "ask", text, SETTLED_AND_PASS);
		expect(2, "internal");
	}
	ck_assert_int_eq(asks, 2);
	expect_nothing_left();
	free(large);
	close_gate();
}
END_TEST

START_TEST(a_handler_that_says_later_and_keeps_nothing_is_an_internal_error)
{
	open_gate((struct warren_instance_options){0});
	emit(0, "ask", "x", BARE);
	expect(0, "internal");
	emit(1, "ask", "x", ODD);
	expect(1, "internal");
	emit(2, "ask", "x", PASS);
	expect(2, "ok");
	expect_nothing_left();
	close_gate();
}
END_TEST

START_TEST(what_is_not_settled_in_time_is_answered_and_counted)
{
	static const char *const events[] = {"ask", "fact"};
	open_gate((struct warren_instance_options){0});
	for (int i = 0; i < 2; i++) {
		int effects = asks + facts;
		emit(0, events[i], "x", LATER);
		await_laters(i + 1);
		emit(1, "ask", "x", PASS);
		while (now().behind < 1)
			sched_yield();
		world_advance(TIMEOUT_MS - 1);
		ck_assert_uint_eq(gateway->late_admits, i);
		world_advance(1);
		expect(0, "timeout");
		expect(1, "ok");
		ck_assert_uint_eq(gateway->late_admits, i + 1);
		/* Its settler still has it, and nothing comes of it any more. */
		ck_assert_str_eq(laters[i]->event, events[i]);
		warren_admit_settle(laters[i], 0);
		world_rest();
		ck_assert_int_eq(asks + facts, effects + 1);
		expect_nothing_left();
	}
	close_gate();
}
END_TEST

/* Together they have the time that the event has. */
START_TEST(the_reply_has_the_time_that_is_left)
{
	open_gate((struct warren_instance_options){0});
	door_set(&worker_door, true);
	emit(0, "ask", "x", LATER);
	await_laters(1);
	world_advance(TIMEOUT_MS - 1000);
	warren_admit_settle(laters[0], 0);
	door_await(&worker_door, 1);
	warren_clock_advance_ms(world.rest.clock, 1000);
	expect(0, "timeout");
	ck_assert_uint_eq(gateway->late_admits, 0);
	door_set(&worker_door, false);
	close_gate();
}
END_TEST

/* Nothing is looked up that nobody waits for. */
START_TEST(a_lookup_that_is_late_does_not_begin)
{
	open_gate((struct warren_instance_options){.workers = 1});
	page_open(&other_page);
	door_set(&lookup_door, true);
	emit(0, "ask", "x", LOOK_UP);
	door_await(&lookup_door, 1);
	page_emit(&other_page, 1, "ask", "x", LOOK_UP_LATER, NULL);
	while (now().awaited < 2)
		sched_yield();
	warren_clock_advance_ms(world.rest.clock, TIMEOUT_MS);
	expect(0, "timeout");
	ck_assert_str_eq(page_answer(&other_page, 1), "timeout");
	door_set(&lookup_door, false);
	expect_nothing_left();
	ck_assert_int_eq(later_count, 0);
	ck_assert_int_eq(asks, 0);
	page_close(&other_page);
	close_gate();
}
END_TEST

START_TEST(a_worker_may_have_it_settled_later_still)
{
	open_gate((struct warren_instance_options){0});
	emit(0, "ask", "x", LOOK_UP_LATER);
	await_laters(1);
	warren_admit_settle(laters[0], 0);
	expect(0, "ok");
	expect_nothing_left();
	close_gate();
}
END_TEST

START_TEST(an_event_whose_socket_has_gone_is_dropped)
{
	gate_admit = admit;
	later_count = 0;
	gate_open(NULL, (struct warren_instance_options){0});
	for (int round = 0; round < 3; round++) {
		page_open(&page);
		emit(0, "ask", "x", LATER);
		await_laters(round + 1);
		page_close(&page);
		while (!now().is_gone)
			sched_yield();
		warren_admit_settle(laters[round], 0);
		expect_nothing_left();
		ck_assert_uint_eq(gateway->lost, round + 1);
	}
	ck_assert_int_eq(asks, 0);
	gate_close();
}
END_TEST

/* One is settled after that, one never. */
START_TEST(a_gateway_that_drains_answers_what_is_due)
{
	open_gate((struct warren_instance_options){0});
	page_open(&other_page);
	emit(0, "ask", "x", LATER);
	emit(-1, "fact", "x", PASS);
	emit(2, "ask", "x", LATER);
	page_emit(&other_page, 0, "ask", "x", LATER, NULL);
	while (now().awaited < 2 || now().behind < 2)
		sched_yield();
	warren_gateway.drain(gateway);
	expect(0, "unavailable");
	ck_assert_str_eq(page_answer(&other_page, 0), "unavailable");
	await_laters(3);
	world_rest();
	expect(2, "unavailable");
	warren_admit_settle(laters[0], 0);
	world_rest();
	ck_assert_int_eq(asks, 0);
	ck_assert_int_eq(facts, 1); /* it came before */
	page_close(&other_page);
	close_gate();
}
END_TEST

/* Sent again with its id while it is looked at, and after it was late. */
START_TEST(what_is_sent_again_is_told_the_same)
{
	open_gate((struct warren_instance_options){0});
	page_emit(&page, 0, "ask", "x", LATER, ID);
	await_laters(1);
	page_emit(&page, 1, "ask", "x", LATER, ID);
	world_advance(TIMEOUT_MS);
	expect(0, "timeout");
	await_laters(2); /* it is looked at anew */
	warren_admit_settle(laters[0], 0);
	warren_admit_settle(laters[1], 0);
	expect(1, "ok");
	page_emit(&page, 2, "ask", "x", LATER, ID);
	expect(2, "ok");
	ck_assert_int_eq(later_count, 2);
	ck_assert_int_eq(asks, 1);
	expect_nothing_left();
	close_gate();
}
END_TEST

START_TEST(those_that_wait_are_bounded)
{
	enum { ROOM = 4 };
	open_gate((struct warren_instance_options){.work_queue = ROOM, .workers = 1});
	page_open(&other_page);
	for (int round = 0; round < 3; round++) {
		emit(0, "ask", "x", LATER);
		await_laters(round + 1);
		for (int i = 1; i <= ROOM; i++)
			emit(i, "ask", "x", PASS);
		emit(99, "ask", "x", PASS);
		expect(99, "overloaded");
		warren_admit_settle(laters[round], 0);
		for (int i = 0; i <= ROOM; i++)
			expect(i, "ok");
		expect_nothing_left();
	}
	door_set(&lookup_door, true);
	for (int i = 0; i <= ROOM; i++) { /* from a page each, so that none waits for another */
		struct page *asker = malloc(sizeof *asker);
		page_open(asker);
		page_emit(asker, i, "ask", "x", LOOK_UP, NULL);
		if (i == 0)
			door_await(&lookup_door, 1);
		while (now().awaited < i + 1)
			sched_yield();
		page_close(asker);
		free(asker);
	}
	page_emit(&other_page, 1, "ask", "x", LOOK_UP, NULL);
	ck_assert_str_eq(page_answer(&other_page, 1), "overloaded");
	door_set(&lookup_door, false);
	expect_nothing_left();
	ck_assert_uint_ge(gateway->overloaded, 4);
	page_close(&other_page);
	close_gate();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_a_worker_looks_up_passes_or_is_refused,
		later_events_of_the_socket_wait_for_it,
		settled_twice_it_is_settled_once,
		a_handler_that_returns_after_all_has_settled_it,
		a_handler_that_says_later_and_keeps_nothing_is_an_internal_error,
		what_is_not_settled_in_time_is_answered_and_counted,
		the_reply_has_the_time_that_is_left,
		a_lookup_that_is_late_does_not_begin,
		a_worker_may_have_it_settled_later_still,
		an_event_whose_socket_has_gone_is_dropped,
		a_gateway_that_drains_answers_what_is_due,
		what_is_sent_again_is_told_the_same,
		those_that_wait_are_bounded,
	};
	return world_main("gateway_admission", tests, sizeof tests / sizeof tests[0]);
}
