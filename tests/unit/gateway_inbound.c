/* Events of pages: what they are answered whatever the broker says, once each, and within bounds
 * that are given back. */
#include "gateway_world.h"

#define ID "01234567-89ab-4cde-8f01-23456789abcd"
#define OTHER_ID "11234567-89ab-4cde-8f01-23456789abcd"
#define LARGE 400000 /* MAX_WAITING has room for two, and not for three */

static struct page page, other_page;

/* ---- what the broker answers ---- */

enum trouble { NONE, RETURNED, REFUSED, UNSENT, LOST, FULL };

static const struct {
	const char *event;
	enum trouble trouble;
	bool may_arrive; /* and so the page may be told that it did */
} troubles[] = {
	{"ask", NONE, true},
	{"ask", RETURNED, false},
	{"ask", REFUSED, false},
	{"ask", UNSENT, false},
	{"ask", LOST, true},
	{"ask", FULL, false},
	{"fact", NONE, true},
	{"fact", RETURNED, false},
	{"fact", REFUSED, false},
	{"fact", UNSENT, false},
	{"fact", LOST, true},
	{"fact", FULL, false},
};

static void make_trouble(enum trouble trouble)
{
	static const enum warren_broker_outcome outcomes[] = {[RETURNED] = WARREN_BROKER_RETURNED,
		[REFUSED] = WARREN_BROKER_REFUSED,
		[UNSENT] = WARREN_BROKER_UNSENT,
		[LOST] = WARREN_BROKER_LOST};
	world_rest(); /* so that the next publish is the event's */
	if (trouble == FULL)
		warren_broker_memory_full(world.rest.broker, true);
	else if (trouble != NONE)
		warren_broker_memory_fault(world.rest.broker, 0, 1, outcomes[trouble]);
}

static bool may_be_tried_again(const char *code)
{
	return strcmp(code, "unavailable") == 0 || strcmp(code, "overloaded") == 0 ||
	       strcmp(code, "timeout") == 0;
}

static int effects(void)
{
	world_rest();
	return atomic_load(&asks) + atomic_load(&facts);
}

/* The page hears once, an error that says "again"; again, by its id, it takes effect once. */
START_TEST(trouble_at_the_broker_is_told_and_may_be_tried_again)
{
	enum trouble trouble = troubles[_i].trouble;
	const char *event = troubles[_i].event;
	gate_open(NULL, (struct warren_instance_options){0});
	page_open(&page);
	make_trouble(trouble);
	page_emit(&page, 0, event, "x", 1, ID);
	const char *code = page_answer(&page, 0);
	bool is_ok = strcmp(code, "ok") == 0;
	ck_assert_msg(is_ok ? troubles[_i].may_arrive : trouble != NONE && may_be_tried_again(code),
		"%s", code);
	warren_broker_memory_full(world.rest.broker, false);
	ck_assert_int_eq(effects(), troubles[_i].may_arrive ? 1 : 0);
	page_emit(&page, 1, event, "x", 1, ID);
	ck_assert_str_eq(page_answer(&page, 1), "ok");
	ck_assert_int_eq(effects(), 1);
	page_emit(&page, 2, event, "x", 1, ID);
	ck_assert_str_eq(page_answer(&page, 2), "ok");
	ck_assert_int_eq(effects(), 1);
	page_close(&page);
	gate_close();
}
END_TEST

/* The same without an id: each that is sent is another one, and none goes without an answer. */
START_TEST(trouble_at_the_broker_leaves_nothing_behind)
{
	const char *event = troubles[_i].event;
	gate_open(NULL, (struct warren_instance_options){.max_pending = 2});
	page_open(&page);
	for (int i = 0; i < 6; i++) {
		make_trouble(troubles[_i].trouble);
		page_emit(&page, i, event, "x", 1, NULL);
		(void)page_answer(&page, i);
		warren_broker_memory_full(world.rest.broker, false);
	}
	world_rest();
	page_emit(&page, 7, event, "x", 1, NULL);
	ck_assert_str_eq(page_answer(&page, 7), "ok");
	page_close(&page);
	gate_close();
}
END_TEST

/* ---- what is remembered under an id ---- */

START_TEST(a_final_answer_is_remembered)
{
	static const struct {
		const char *event, *text, *code;
	} finals[] = {{"ask", "x", "ok"}, {"ask", "fail", "not_found"}, {"fact", "x", "ok"}};
	gate_open(NULL, (struct warren_instance_options){0});
	page_open(&page);
	for (int i = 0; i < 3; i++) {
		char id[] = "01234567-89ab-4cde-8f01-23456789abc0";
		id[35] = (char)('0' + i);
		for (int again = 0; again < 3; again++) {
			page_emit(&page, again, finals[i].event, finals[i].text, 1, id);
			ck_assert_str_eq(page_answer(&page, again), finals[i].code);
		}
		ck_assert_int_eq(effects(), i + 1);
	}
	ck_assert_uint_eq(gateway->repeated, 6);
	/* One that the gate itself refused is looked at again: what it says may have changed. */
	for (int again = 0; again < 2; again++) {
		page_emit(&page, again, "ask", "refuse", 1, OTHER_ID);
		ck_assert_str_eq(page_answer(&page, again), "forbidden");
	}
	ck_assert_uint_eq(gateway->repeated, 6);
	page_emit(&page, 4, "ask", "x", 2, "01234567-89ab-4cde-8f01-23456789abc0");
	ck_assert_str_eq(page_answer(&page, 4), "invalid_argument");
	page_close(&page);
	gate_close();
}
END_TEST

/* Signing in between the two makes no other event of it. */
START_TEST(what_was_sent_before_signing_in_is_known_after)
{
	gate_open(NULL, (struct warren_instance_options){0});
	page_open(&page);
	page_emit(&page, 0, "ask", "x", 1, ID);
	ck_assert_str_eq(page_answer(&page, 0), "ok");
	ck_assert_int_eq(
		warren_set_user(warren_root(worker), warren_to_address(address_of(&page)), "bob"),
		0);
	world_rest();
	page_emit(&page, 1, "ask", "x", 1, ID);
	ck_assert_str_eq(page_answer(&page, 1), "ok");
	ck_assert_int_eq(effects(), 1);
	ck_assert_uint_eq(gateway->repeated, 1);
	/* From then on it is the person's, from each of their sockets. */
	page_emit(&page, 2, "ask", "x", 1, OTHER_ID);
	ck_assert_str_eq(page_answer(&page, 2), "ok");
	page_open(&other_page);
	ck_assert_int_eq(warren_set_user(warren_root(worker),
				 warren_to_address(address_of(&other_page)), "bob"),
		0);
	world_rest();
	page_emit(&other_page, 0, "ask", "x", 1, OTHER_ID);
	ck_assert_str_eq(page_answer(&other_page, 0), "ok");
	ck_assert_int_eq(effects(), 2);
	page_close(&page);
	page_close(&other_page);
	gate_close();
}
END_TEST

/* While the first is under way, sixteen wait for it and the next is refused; again and again. */
START_TEST(those_that_wait_for_the_same_are_bounded_and_all_told)
{
	enum { WAIT = 16 };
	gate_open(NULL, (struct warren_instance_options){0});
	page_open(&page);
	for (int round = 0; round < 3; round++) {
		char id[] = "01234567-89ab-4cde-8f01-23456789abc0";
		id[35] = (char)('0' + round);
		door_set(&worker_door, true);
		for (int i = 0; i < 1 + WAIT; i++)
			page_emit(&page, i, "ask", "x", 1, id);
		page_emit(&page, 99, "ask", "x", 1, id);
		ck_assert_str_eq(page_answer(&page, 99), "overloaded");
		door_set(&worker_door, false);
		for (int i = 0; i < 1 + WAIT; i++)
			ck_assert_str_eq(page_answer(&page, i), "ok");
		ck_assert_int_eq(effects(), round + 1);
	}
	page_close(&page);
	gate_close();
}
END_TEST

/* ---- bounds: N have room, one more is refused, and 3 N in turn have room again ---- */

static const struct {
	const char *setting, *value;
	struct warren_instance_options options;
	size_t first, len; /* a large one is read on a worker, and what comes behind it, too */
	int room;
	struct door *door;
} bounds[] = {
	{.setting = "MAX_WAITING",
		.value = "1048576",
		.first = LARGE,
		.len = LARGE,
		.room = 2,
		.door = &gate_door},
	{.options = {.work_queue = 4}, .first = LARGE, .len = 1, .room = 4, .door = &gate_door},
	{.options = {.max_pending = 3}, .first = 1, .len = 1, .room = 2, .door = &worker_door},
};

START_TEST(room_that_is_taken_is_given_back)
{
	const char *const changes[] = {bounds[_i].setting, bounds[_i].value, NULL};
	char *text = text_of(bounds[_i].len), *first = text_of(bounds[_i].first);
	int room = bounds[_i].room, ack = 1;
	gate_open(changes, bounds[_i].options);
	page_open(&page);
	for (int round = 0; round < 3; round++) {
		door_set(bounds[_i].door, true);
		page_emit(&page, 0, "ask", first, 0, NULL);
		door_await(bounds[_i].door, 1);
		for (int i = 0; i < room; i++)
			page_emit(&page, ack + i, "ask", text, 0, NULL);
		for (int i = 0; i < 3; i++) {
			page_emit(&page, 99, "ask", text, 0, NULL);
			ck_assert_str_eq(page_answer(&page, 99), "overloaded");
		}
		door_set(bounds[_i].door, false);
		ck_assert_str_eq(page_answer(&page, 0), "ok");
		for (int i = 0; i < room; i++)
			ck_assert_str_eq(page_answer(&page, ack + i), "ok");
		for (int i = 0; i < 3 * room; i++) {
			page_emit(&page, i, "ask", text, 0, NULL);
			ck_assert_str_eq(page_answer(&page, i), "ok");
		}
	}
	ck_assert_uint_eq(gateway->waiting, 0);
	free(first);
	free(text);
	page_close(&page);
	gate_close();
}
END_TEST

/* A large event is read on a worker; a small one behind it does not pass it. */
START_TEST(events_of_a_socket_are_taken_in_their_order)
{
	enum { BEHIND = 8 };
	char *large = text_of(LARGE);
	gate_open(NULL, (struct warren_instance_options){0});
	page_open(&page);
	for (int round = 0; round < 3; round++) {
		door_set(&gate_door, true);
		page_emit(&page, 0, "ask", large, 0, NULL);
		door_await(&gate_door, 1);
		for (int i = 1; i <= BEHIND; i++)
			page_emit(&page, i, "ask", i == BEHIND / 2 ? large : "x", 0, NULL);
		door_set(&gate_door, false);
		for (int i = 0; i <= BEHIND; i++)
			ck_assert_str_eq(page_answer(&page, i), "ok");
	}
	free(large);
	page_close(&page);
	gate_close();
}
END_TEST

/* An admit handler runs on the loop: one that takes over 10 ms there is counted. */
START_TEST(a_slow_admit_handler_is_counted)
{
	gate_open(NULL, (struct warren_instance_options){0});
	page_open(&page);
	for (int ms = 10; ms <= 11; ms++) {
		door_set(&gate_door, true);
		page_emit(&page, 0, "ask", "x", 0, NULL);
		door_await(&gate_door, 1);
		warren_clock_advance_ms(world.rest.clock, ms);
		door_set(&gate_door, false);
		ck_assert_str_eq(page_answer(&page, 0), "ok");
		ck_assert_uint_eq(gateway->slow_admits, ms == 11);
	}
	page_close(&page);
	gate_close();
}
END_TEST

/* Nothing of an earlier refusal is left. */
START_TEST(an_admit_handler_that_fails_without_a_word_is_an_internal_error)
{
	gate_open(NULL, (struct warren_instance_options){0});
	page_open(&page);
	page_emit(&page, 0, "ask", "refuse", 0, NULL);
	ck_assert_str_eq(page_answer(&page, 0), "forbidden");
	page_emit(&page, 0, "ask", "break", 0, NULL);
	ck_assert_str_eq(page_answer(&page, 0), "internal");
	page_close(&page);
	gate_close();
}
END_TEST

START_TEST(a_socket_may_go_while_a_worker_has_its_events)
{
	char *large = text_of(LARGE);
	gate_open(NULL, (struct warren_instance_options){0});
	for (int round = 0; round < 3; round++) {
		page_open(&page);
		door_set(&gate_door, true);
		page_emit(&page, 0, "ask", large, 0, NULL);
		page_emit(&page, 1, "ask", "x", 0, NULL);
		door_await(&gate_door, 1);
		page_close(&page);
		door_set(&gate_door, false);
		while (atomic_load(&asks) < 2 * (round + 1))
			sched_yield();
	}
	free(large);
	gate_close();
}
END_TEST

/* Nor does what goes otherwise than well keep any: refused, unreadable, unknown, without a page. */
START_TEST(whatever_becomes_of_an_event_its_room_is_given_back)
{
	static const char *const bad[] = {"421[\"ask\"]", "421[\"ask\",7]",
		"421[\"ask\",{\"number\":\"x\"}]", "421[\"ask\",{\"text\":\"x\"},{\"id\":7}]",
		"421[\"nothing\",{}]", "421[\"ask\",{\"text\":\"refuse\"}]"};
	gate_open(NULL, (struct warren_instance_options){0});
	page_open(&page);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		page_say(&page, bad[i], strlen(bad[i]));
		ck_assert_str_ne(page_answer(&page, 1), "ok");
	}
	page_open(&other_page);
	door_set(&gate_door, true);
	page_emit(&other_page, 0, "ask", "x", 0, ID);
	door_await(&gate_door, 1);
	page_close(&other_page);
	door_set(&gate_door, false);
	page_emit(&page, 0, "ask", "x", 0, NULL);
	ck_assert_str_eq(page_answer(&page, 0), "ok");
	world_rest();
	ck_assert_uint_eq(gateway->waiting, 0);
	page_close(&page);
	gate_close();
}
END_TEST

/* Nobody knows yet what can be done: as many as a cold system lets in are under way, the next one is
 * refused at once and told when to come again.  One from another address is let in, as one of
 * another event is; refused ones keep no room. */
START_TEST(past_the_limit_of_an_event_it_is_refused_at_once)
{
	struct page far_page;
	struct warren_limiter_view view;
	gate_open(NULL, (struct warren_instance_options){0});
	page_open(&page);
	page_open(&other_page);
	page_open_from(&far_page, INADDR_LOOPBACK + 1);
	for (int round = 0; round < 3; round++) {
		door_set(&worker_door, true);
		for (int i = 0; i < WARREN_LIMITER_COLD; i++)
			page_emit(&page, i, "ask", "x", 0, NULL);
		for (int i = 0; i < 3 && round == 0; i++) { /* later it is known to do more */
			page_emit(&page, 9999, "ask", "x", 0, NULL);
			ck_assert_str_eq(page_answer(&page, 9999), "overloaded");
			ck_assert_ptr_nonnull(strstr(page.text, "\"retry_after_ms\":"));
		}
		page_emit(&other_page, 0, "hint", "x", 0, NULL);
		ck_assert_str_eq(page_answer(&other_page, 0), "ok");
		page_emit(&far_page, 0, "ask", "x", 0, NULL);
		page_emit(&far_page, 1, "hint", "x", 0, NULL); /* it is let in once this is */
		ck_assert_str_eq(page_answer(&far_page, 1), "ok");
		door_set(&worker_door, false);
		ck_assert_str_eq(page_answer(&far_page, 0), "ok");
		for (int i = 0; i < WARREN_LIMITER_COLD; i++)
			ck_assert_str_eq(page_answer(&page, i), "ok");
		world_rest();
		warren_limiter_look(gateway->events[0].limiter, &view);
		ck_assert_uint_eq(view.under_way, 0);
		world_advance(1000);
	}
	ck_assert_uint_eq(gateway->past_limit, 3);
	page_close(&far_page);
	page_close(&other_page);
	page_close(&page);
	gate_close();
}
END_TEST

/* Answers that came late say what can be done; an event whose answers are in time is not limited by
 * it. */
START_TEST(late_answers_lower_the_limit_of_their_event)
{
	enum { UNDER_WAY = 100, LATE_MS = 2000 };
	struct warren_limiter_view view;
	gate_open(NULL, (struct warren_instance_options){0});
	page_open(&page);
	door_set(&worker_door, true);
	for (int i = 0; i < UNDER_WAY; i++)
		page_emit(&page, i, "ask", "x", 0, NULL);
	page_emit(&page, 999, "hint", "x", 0, NULL);
	ck_assert_str_eq(page_answer(&page, 999), "ok"); /* those before it are under way */
	warren_clock_advance_ms(world.rest.clock, LATE_MS);
	door_set(&worker_door, false);
	for (int i = 0; i < UNDER_WAY; i++)
		ck_assert_str_eq(page_answer(&page, i), "ok");
	world_rest();
	warren_limiter_look(gateway->events[0].limiter, &view);
	ck_assert_uint_lt(view.limit, WARREN_LIMITER_COLD);
	warren_limiter_look(gateway->events[1].limiter, &view);
	ck_assert_uint_eq(view.limit, WARREN_LIMITER_COLD);
	page_close(&page);
	gate_close();
}
END_TEST

START_TEST(each_event_has_a_rate_of_its_own)
{
	static const char *const changes[] = {"MAX_EVENTS_PER_S", "6", NULL};
	gate_open(changes, (struct warren_instance_options){0});
	page_open(&page);
	for (int second = 0; second < 3; second++) {
		page_emit(&page, 1, "hint", "x", 0, NULL);
		ck_assert_str_eq(page_answer(&page, 1), "ok");
		page_emit(&page, 2, "hint", "x", 0, NULL);
		ck_assert_str_eq(page_answer(&page, 2), "rate_limited");
		for (int i = 0; i < 4; i++) {
			page_emit(&page, i, "ask", "x", 0, NULL);
			ck_assert_str_eq(page_answer(&page, i), "ok");
		}
		page_emit(&page, 7, "ask", "x", 0, NULL);
		ck_assert_str_eq(page_answer(&page, 7), "rate_limited");
		/* What one page has used up is not missing for another. */
		page_open(&other_page);
		page_emit(&other_page, 1, "hint", "x", 0, NULL);
		ck_assert_str_eq(page_answer(&other_page, 1), "ok");
		page_close(&other_page);
		world_advance(1000);
	}
	ck_assert_uint_eq(gateway->rate_limited_event, 3);
	ck_assert_uint_eq(gateway->rate_limited_socket, 3);
	page_close(&page);
	gate_close();
}
END_TEST

/* ---- order and end ---- */

START_TEST(a_reply_that_never_has_room_is_told)
{
	static const char *const changes[] = {"MAX_POST_BYTES", "65536", NULL};
	gate_open(changes, (struct warren_instance_options){0});
	page_open(&page);
	for (int i = 0; i < 3; i++) {
		page_emit(&page, i, "ask", "large", 0, NULL);
		ck_assert_str_eq(page_answer(&page, i), "internal");
	}
	page_close(&page);
	gate_close();
}
END_TEST

/* A join that a handler made before it replied is done when the reply comes. */
START_TEST(a_reply_comes_after_what_was_asked_before_it)
{
	gate_open(NULL, (struct warren_instance_options){0});
	page_open(&page);
	page_emit(&page, 0, "ask", "join", 0, NULL);
	ck_assert_str_eq(page_answer(&page, 0), "ok");
	push(&notice_event, warren_to_room("den"), "in the den");
	page_expect(&page, "notice", "in the den");
	page_close(&page);
	gate_close();
}
END_TEST

START_TEST(a_gateway_that_drains_takes_nothing)
{
	gate_open(NULL, (struct warren_instance_options){0});
	page_open(&page);
	warren_gateway.drain(gateway);
	page_emit(&page, 0, "ask", "x", 0, ID);
	ck_assert_str_eq(page_answer(&page, 0), "unavailable");
	ck_assert_int_eq(effects(), 0);
	page_close(&page);
	gate_close();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_final_answer_is_remembered,
		what_was_sent_before_signing_in_is_known_after,
		those_that_wait_for_the_same_are_bounded_and_all_told,
		whatever_becomes_of_an_event_its_room_is_given_back,
		past_the_limit_of_an_event_it_is_refused_at_once,
		late_answers_lower_the_limit_of_their_event,
		each_event_has_a_rate_of_its_own,
		a_reply_that_never_has_room_is_told,
		events_of_a_socket_are_taken_in_their_order,
		a_slow_admit_handler_is_counted,
		an_admit_handler_that_fails_without_a_word_is_an_internal_error,
		a_socket_may_go_while_a_worker_has_its_events,
		a_reply_comes_after_what_was_asked_before_it,
		a_gateway_that_drains_takes_nothing,
	};
	const struct world_loop loops[] = {
		{trouble_at_the_broker_is_told_and_may_be_tried_again,
			sizeof troubles / sizeof troubles[0]},
		{trouble_at_the_broker_leaves_nothing_behind, sizeof troubles / sizeof troubles[0]},
		{room_that_is_taken_is_given_back, sizeof bounds / sizeof bounds[0]},
	};
	return world_main_with("gateway_inbound", tests, sizeof tests / sizeof tests[0], loops,
		sizeof loops / sizeof loops[0]);
}
