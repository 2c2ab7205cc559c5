/* What goes to browsers at least once: acknowledged when an extension has dealt with it, found by
 * others when its instance has gone. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "service/wire.h"
#include "service_world.h"

#define WAIT_MS 1000

/* ---- an extension that keeps tags ---- */

static uint64_t tags[16];
static int delivered, lost;
static char lost_types[256];

static int start(
	struct warren_instance *instance, const void *table, void **ret, struct warren_error *error)
{
	(void)table;
	(void)error;
	*ret = instance;
	return 0;
}

static struct warren_instance_care care(struct warren_instance *instance, const void *table)
{
	(void)instance;
	(void)table;
	return (struct warren_instance_care){.prefetch = 2, .wait_ms = WAIT_MS};
}

static void deliver(void *extension, const struct warren_broker_delivery *delivery)
{
	(void)extension;
	tags[delivered++] = delivery->tag;
}

static void find_lost(void *extension, const struct warren_broker_delivery *delivery)
{
	(void)extension;
	lost++;
	strcat(lost_types, delivery->message.type);
}

static void nothing(void *extension)
{
	(void)extension;
}

static const struct warren_extension extension = {
	.name = "test",
	.start = start,
	.care = care,
	.deliver = deliver,
	.lost = find_lost,
	.drain = nothing,
	.stop = nothing,
};

/* ---- who sends ---- */

static struct warren_event sure_event;
static struct warren_instance *gate, *desk;
static char address[64];

static const struct warren_event *const desk_publishes[] = {&sure_event};
static const char *const edges[] = {"gate"};
static const struct warren_service desk_service = {
	.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "desk",
	.publishes = desk_publishes,
	.publish_count = 1,
	.edges = edges,
	.edge_count = 1,
};

static int on_ask(struct warren_ctx *ctx, const void *message, void *worker)
{
	(void)worker;
	return warren_reply(ctx, message);
}

static const struct warren_handler handlers[] = {
	{.event = &ask_event,
		.queue = &worker_ask,
		.handle = on_ask,
		.replies = true,
		.max_attempts = 1},
};
static const struct warren_service worker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "worker",
	.handlers = handlers,
	.handler_count = 1};

static const struct warren_event *const gate_publishes[] = {&ask_event};
static const struct warren_service gate_service = {
	.api = WARREN_API,
	.system = "sys",
	.topology = &gate_topology,
	.name = "gate",
	.publishes = gate_publishes,
	.publish_count = 1,
	.extension = &extension,
};

static void open_both(void)
{
	delivered = lost = 0;
	lost_types[0] = '\0';
	sure_event = notice_event;
	sure_event.sends_at_least_once = true;
	desk = world_add(&desk_service);
	gate = world_add(&gate_service);
	snprintf(address, sizeof address, "sys.gate.%s.1", warren_instance_name(gate));
}

static void send_sure(const char *to)
{
	struct warren_target target =
		strcmp(to, "all") == 0 ? warren_to_all() : warren_to_address(to);
	ck_assert_int_eq(
		warren_send(warren_root(desk), &sure_event, target, &(struct note){.text = "sure"}),
		0);
	world_rest();
}

static char gate_queue[64];

static int at_the_gate(void)
{
	snprintf(gate_queue, sizeof gate_queue, "%.*s", (int)(strrchr(address, '.') - address),
		address);
	return world_depth(gate_queue);
}

START_TEST(it_stays_at_the_broker_until_it_was_dealt_with)
{
	open_both();
	send_sure(address);
	send_sure("all");
	send_sure(address);
	ck_assert_int_eq(delivered, 2); /* so much is sent ahead */
	ck_assert_int_eq(at_the_gate(), 3);
	warren_instance_settle(gate, tags[0], true);
	world_rest();
	ck_assert_int_eq(delivered, 3);
	warren_instance_settle(gate, tags[1], false);
	world_rest();
	ck_assert_int_eq(delivered, 4); /* once more */
	warren_instance_settle(gate, tags[2], true);
	warren_instance_settle(gate, tags[3], true);
	ck_assert_int_eq(at_the_gate(), 0);
	ck_assert_int_eq(world_counters(desk).pushes_gone, 0);
}
END_TEST

static void on_reply(struct warren_ctx *ctx, const void *reply, const struct warren_error *error,
	warren_any_fn fn, void *data)
{
	(void)ctx;
	(void)fn;
	ck_assert_ptr_null(error);
	ck_assert_ptr_nonnull(reply);
	atomic_fetch_add((atomic_int *)data, 1); /* on any worker */
}

START_TEST(answers_are_taken_while_it_waits)
{
	atomic_int answered = 0;
	open_both();
	world_add(&worker_service);
	send_sure(address);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(warren_request(warren_root(gate), &ask_event,
					 &(struct note){.text = "?"}, on_reply, NULL, &answered),
			0);
	world_rest();
	ck_assert_int_eq(answered, 5);
	ck_assert_int_eq(at_the_gate(), 1);
}
END_TEST

/* Two of it were on their way to the instance, one waited. */
START_TEST(what_a_dead_instance_left_is_found_by_another)
{
	open_both();
	for (int i = 0; i < 3; i++)
		send_sure(address);
	world_remove(0); /* the gate: none of them was settled */
	for (int i = 0; i < 2; i++)
		warren_instance_settle(desk, tags[i], false); /* as when its connection breaks */
	ck_assert_int_eq(at_the_gate(), 3);
	world_advance(WAIT_MS);
	ck_assert_int_eq(at_the_gate(), 0);
	ck_assert_int_eq(world_depth("sys.gate.lost"), 3);
	world_add(&gate_service);
	world_rest();
	ck_assert_int_eq(lost, 3);
	ck_assert_str_eq(lost_types, "noticenoticenotice");
	ck_assert_int_eq(world_depth("sys.gate.lost"), 0);
}
END_TEST

START_TEST(what_finds_no_instance_is_counted)
{
	open_both();
	send_sure("sys.gate.gone.1");
	ck_assert_int_eq(world_counters(desk).pushes_gone, 1);
	world_remove(0);
	world_advance(60000); /* the gate's queue goes */
	send_sure("all");
	ck_assert_int_eq(world_counters(desk).pushes_gone, 2);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		it_stays_at_the_broker_until_it_was_dealt_with,
		answers_are_taken_while_it_waits,
		what_a_dead_instance_left_is_found_by_another,
		what_finds_no_instance_is_counted,
	};
	return world_main("service_care", tests, sizeof tests / sizeof tests[0]);
}
