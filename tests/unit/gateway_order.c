/* What goes to the edge goes in the order in which it came. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/order.h"
#include "service_world.h"

struct one {
	struct warren_step step;
	char name;
	int result, finished;
};

static const struct warren_service service = {
	.api = WARREN_API, .system = "sys", .name = "gate", .topology = &sys_topology};
static char done[16];
static struct warren_order *order;
static struct one a, b, c;

static int run(struct warren_step *step)
{
	struct one *one = (struct one *)step;
	if (one->result == 0)
		strncat(done, &one->name, 1);
	return one->result;
}

static void finish(struct warren_step *step, int result)
{
	struct one *one = (struct one *)step;
	one->finished = result == 0 ? 1 : result;
}

static struct one make(char name)
{
	return (struct one){.step = {.run = run, .finish = finish}, .name = name};
}

static void open_order(void)
{
	done[0] = '\0';
	order = warren_order_open(world_add(&service));
	a = make('a');
	b = make('b');
	c = make('c');
}

static void enter_all(void)
{
	warren_order_enter(order, &a.step);
	warren_order_enter(order, &b.step);
	warren_order_enter(order, &c.step);
}

START_TEST(what_is_ready_early_waits_for_what_came_before)
{
	open_order();
	enter_all();
	warren_order_ready(order, &c.step);
	warren_order_ready(order, &b.step);
	ck_assert_str_eq(done, "");
	warren_order_ready(order, &a.step);
	ck_assert_str_eq(done, "abc");
	ck_assert_int_eq(c.finished, 1);
	warren_order_close(order);
}
END_TEST

START_TEST(what_fails_holds_nobody_up)
{
	open_order();
	a.result = -EAGAIN;
	b.result = -EINVAL;
	enter_all();
	warren_order_ready(order, &a.step);
	warren_order_ready(order, &b.step);
	warren_order_ready(order, &c.step);
	ck_assert_str_eq(done, "c");
	ck_assert_int_eq(a.finished, -EAGAIN);
	ck_assert_int_eq(b.finished, -EINVAL);
	warren_order_close(order);
}
END_TEST

START_TEST(what_must_be_done_is_tried_again_and_nothing_passes_it)
{
	open_order();
	a.step.must = true;
	a.result = -EAGAIN;
	enter_all();
	warren_order_ready(order, &a.step);
	warren_order_ready(order, &b.step);
	warren_order_ready(order, &c.step);
	world_advance(1000);
	ck_assert_str_eq(done, "");
	ck_assert_int_eq(a.finished, 0);
	a.result = 0;
	world_advance(1000);
	ck_assert_str_eq(done, "abc");
	warren_order_close(order);
}
END_TEST

START_TEST(answers_wait_only_for_control)
{
	open_order();
	b.step.is_control = true;
	warren_order_enter(order, &a.step);
	ck_assert(!warren_order_has_control(order));
	warren_order_enter(order, &b.step);
	warren_order_ready(order, &b.step);
	ck_assert(warren_order_has_control(order));
	warren_order_ready(order, &a.step);
	ck_assert(!warren_order_has_control(order));
	warren_order_close(order);
}
END_TEST

START_TEST(closing_ends_what_is_left)
{
	open_order();
	a.step.must = true;
	a.result = -EAGAIN;
	enter_all();
	warren_order_ready(order, &a.step);
	warren_order_close(order);
	ck_assert_str_eq(done, "");
	ck_assert_int_eq(a.finished, -ESHUTDOWN);
	ck_assert_int_eq(b.finished, -ESHUTDOWN);
	ck_assert_int_eq(c.finished, -ESHUTDOWN);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_is_ready_early_waits_for_what_came_before,
		what_fails_holds_nobody_up,
		what_must_be_done_is_tried_again_and_nothing_passes_it,
		answers_wait_only_for_control,
		closing_ends_what_is_left,
	};
	return world_main("gateway_order", tests, sizeof tests / sizeof tests[0]);
}
