/* Ids of effects are of all that makes an effect what it is; a closed call takes no more. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "service/effects.h"

static struct warren_effects effects;

static void set_up(void)
{
	warren_effects_init(
		&effects, (struct warren_effects_limits){.max_count = 3, .max_bytes = 100});
}

static void tear_down(void)
{
	warren_effects_free(&effects);
}

/* ---- ids ---- */

static const struct warren_broker_header to[] = {{.name = WARREN_HEADER_TO, .text = "room:a"},
	{.name = WARREN_HEADER_EXCEPT, .text = "sys.gate.abc.1"},
	{.name = WARREN_HEADER_ARGUMENT, .text = "b"}};

static const struct warren_broker_message message = {.type = "notice",
	.exchange = "sys.gate",
	.routing_key = "notice",
	.headers = to,
	.header_count = 3,
	.body = (const uint8_t *)"hello",
	.body_len = 5};

/* The same, but for one thing. */
enum { SAME, TYPE, EXCHANGE, KEY, TO, EXCEPT, ARGUMENT, BODY, CAUSE, SERVICE, WAYS };

static struct warren_effect_id derive(struct warren_effects *from, int way)
{
	struct warren_broker_header headers[3] = {to[0], to[1], to[2]};
	struct warren_broker_message other = message;
	struct warren_effect_id id;
	other.headers = headers;
	if (way == TYPE)
		other.type = "hint";
	if (way == EXCHANGE)
		other.exchange = "sys.door";
	if (way == KEY)
		other.routing_key = "sys.gate.abc";
	if (way >= TO && way <= ARGUMENT)
		headers[way - TO].text = "other";
	if (way == BODY)
		other.body = (const uint8_t *)"hullo";
	ck_assert_int_eq(warren_effects_derive(from, way == CAUSE ? "m2" : "m1",
				 way == SERVICE ? "user" : "worker", &other, &id),
		0);
	return id;
}

START_TEST(each_thing_makes_another_id)
{
	struct warren_effect_id ids[WAYS];
	for (int way = 0; way < WAYS; way++) {
		struct warren_effects fresh;
		warren_effects_init(&fresh, effects.limits);
		ids[way] = derive(&fresh, way);
		warren_effects_free(&fresh);
		for (int before = 0; before < way; before++)
			ck_assert_msg(strcmp(ids[way].message_id, ids[before].message_id) != 0,
				"%d is as %d", way, before);
	}
}
END_TEST

/* A second run in another order; more of them than are made room for at once. */
START_TEST(a_second_run_derives_the_same_ids_in_any_order)
{
	enum { EACH = 5, COUNT = EACH * CAUSE };
	struct warren_effect_id first[COUNT], second[COUNT];
	struct warren_effects again;
	warren_effects_init(&again, effects.limits);
	for (int i = 0; i < COUNT; i++)
		first[i] = derive(&effects, i % CAUSE);
	for (int i = 0; i < COUNT; i++)
		second[i] = derive(&again, i / EACH);
	for (int way = 0; way < CAUSE; way++)
		for (int n = 0; n < EACH; n++)
			ck_assert_str_eq(first[way + n * CAUSE].message_id,
				second[way * EACH + n].message_id);
	for (int i = 0; i < COUNT; i++)
		for (int before = 0; before < i; before++)
			ck_assert_str_ne(first[i].message_id, first[before].message_id);
	warren_effects_free(&again);
}
END_TEST

/* ---- room, and the end ---- */

static int add(size_t bytes)
{
	static const uint8_t body[101];
	struct warren_broker_message sized = message;
	sized.body = body;
	sized.body_len = bytes;
	return warren_effects_add(&effects, WARREN_EFFECT_FACT, &sized);
}

START_TEST(one_too_many_leaves_the_others)
{
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(add(1), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(add(1), -ENOBUFS);
	ck_assert_uint_eq(warren_effects_drop(&effects, effects.first, NULL, NULL), 3);
}
END_TEST

START_TEST(too_many_bytes_leave_the_others)
{
	ck_assert_int_eq(add(101), -ENOBUFS);
	ck_assert_int_eq(add(60), 0);
	ck_assert_int_eq(add(41), -ENOBUFS);
	ck_assert_int_eq(add(40), 0);
	ck_assert_int_eq(add(1), -ENOBUFS);
	ck_assert_int_eq(add(0), 0);
	ck_assert_uint_eq(warren_effects_drop(&effects, effects.first, NULL, NULL), 3);
}
END_TEST

START_TEST(what_is_closed_takes_no_more)
{
	struct warren_effect_id id;
	ck_assert_int_eq(add(1), 0);
	warren_effects_close(&effects);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(add(1), -EALREADY);
		ck_assert_int_eq(
			warren_effects_derive(&effects, "m1", "worker", &message, &id), -EALREADY);
	}
	ck_assert_uint_eq(effects.count, 1);
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("effects");
	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, each_thing_makes_another_id);
	tcase_add_test(cases, a_second_run_derives_the_same_ids_in_any_order);
	tcase_add_test(cases, one_too_many_leaves_the_others);
	tcase_add_test(cases, too_many_bytes_leave_the_others);
	tcase_add_test(cases, what_is_closed_takes_no_more);
	Suite *suite = suite_create("service_effects");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
