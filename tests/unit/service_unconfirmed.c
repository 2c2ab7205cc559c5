/* Publishes without a confirm, and the word to the service when one comes back. */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "broker/memory.h"
#include "service/wire.h"
#include "service_heard.h"
#include "service_world.h"

/* ---- worker answers what is asked at most once, and does what the text says ---- */

static char asked_id[64], asked_queue[256]; /* of the last request */
static struct warren_ctx *deferred;

static int on_text(struct warren_ctx *ctx, const void *message, void *worker)
{
	const struct note *note = message;
	const struct note push = {.text = "push"};
	(void)worker;
	snprintf(asked_id, sizeof asked_id, "%s", ctx->correlation_id);
	if (strcmp(note->text, "wait") == 0) {
		deferred = warren_defer(ctx);
		return 0;
	}
	if (strcmp(note->text, "join and send") == 0)
		ck_assert_int_eq(warren_join(ctx, warren_to_socket(ctx), "room"), 0);
	if (strcmp(note->text, "fact now, send") == 0)
		ck_assert_int_eq(warren_publish_now(ctx, &fact_event, &push), 0);
	if (strcmp(note->text, "send now") == 0)
		ck_assert_int_eq(
			warren_send_now(ctx, &notice_event, warren_to_room("room"), &push), 0);
	else if (strcmp(note->text, "answer") != 0)
		ck_assert_int_eq(warren_send(ctx, &notice_event, warren_to_room("room"), &push), 0);
	if (strcmp(note->text, "send, fact") == 0)
		ck_assert_int_eq(warren_publish(ctx, &fact_event, &push), 0);
	return warren_reply(ctx, &(struct note){.text = "answered"});
}

static const struct warren_handler handlers[] = {
	{.event = &whisper_event,
		.queue = &worker_hint,
		.handle = on_text,
		.replies = true,
		.prefetch = 8,
		.max_attempts = 1},
	{.event = &ask_event,
		.queue = &worker_ask,
		.handle = on_text,
		.replies = true,
		.prefetch = 8,
		.max_attempts = 1},
};
static const struct warren_service worker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "worker",
	.handlers = handlers,
	.handler_count = 2};

static const struct warren_event *const asker_publishes[] = {&ask_event, &whisper_event};
static const struct warren_service asker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "asker",
	.publishes = asker_publishes,
	.publish_count = 2};

static struct warren_instance *worker, *asker;

static void begin(void)
{
	worker = world_add(&worker_service);
	asker = world_add(&asker_service);
	snprintf(asked_queue, sizeof asked_queue, "sys.asker.%s", warren_instance_name(asker));
	world_rest();
}

static uint64_t sent(void)
{
	struct warren_broker_counters counters;
	warren_broker_counters(world.rest.broker, &counters);
	return counters.sent;
}

static void request(const struct warren_event *event, const char *text, struct heard *heard)
{
	struct warren_ctx *ctx = warren_ctx_open(asker,
		&(struct warren_ctx_seed){.user = "ada", .socket = "sys.gate.1.2", .lane = 7});
	ck_assert_ptr_nonnull(ctx);
	*heard = (struct heard){0};
	ck_assert_int_eq(
		warren_request(ctx, event, &(struct note){.text = text}, hear, NULL, heard), 0);
	warren_ctx_close(ctx);
}

/* ---- what leaves with a call ---- */

/* All that leaves with a call leaves in one way, so that the broker keeps its order. */
static const struct leaving {
	const struct warren_event *event;
	const char *text;
	uint64_t sent;
} leavings[] = {
	{&whisper_event, "answer", 2},        /* the request and its reply */
	{&whisper_event, "send", 3},          /* and what is sent in between */
	{&whisper_event, "join and send", 1}, /* the request alone: the join asks for a confirm */
	{&whisper_event, "send, fact", 1}, {&whisper_event, "fact now, send", 1},
	{&whisper_event, "send now", 1}, /* perhaps before a disconnect */
	{&ask_event, "answer", 0},
	{&ask_event, "send", 0}, /* before its reply, which asks for one */
};
enum { LEAVINGS = sizeof leavings / sizeof leavings[0] };

START_TEST(what_leaves_with_a_call_leaves_in_one_way)
{
	static struct heard heard;
	const struct leaving *leaving = &leavings[_i];
	begin();
	for (uint64_t round = 1; round <= 3; round++) {
		request(leaving->event, leaving->text, &heard);
		world_rest();
		ck_assert_int_eq(heard.times, 1);
		ck_assert_int_eq(heard.error.code, WARREN_OK);
		ck_assert_uint_eq(sent(), round * leaving->sent);
	}
	ck_assert_uint_eq(world_counters(worker).dropped, 0);
}
END_TEST

/* ---- the broker's word on a request ---- */

static const struct word {
	enum warren_broker_outcome outcome;
	enum warren_code code;
} words[] = {{WARREN_BROKER_RETURNED, WARREN_UNAVAILABLE},
	{WARREN_BROKER_REFUSED, WARREN_UNAVAILABLE}, {WARREN_BROKER_UNSENT, WARREN_UNAVAILABLE},
	{WARREN_BROKER_LOST, WARREN_OK /* it has arrived */}};
enum { WORDS = sizeof words / sizeof words[0] };

START_TEST(a_request_that_comes_back_is_unavailable_as_one_that_never_left)
{
	static struct heard heard;
	begin();
	for (uint64_t round = 1; round <= 3; round++) {
		warren_broker_memory_fault(world.rest.broker, 0, 1, words[_i].outcome);
		request(&whisper_event, "answer", &heard);
		for (int i = 0; i < 10000000 && heard.times == 0; i++)
			sched_yield();
		world_rest();
		ck_assert_int_eq(heard.times, 1);
		ck_assert_int_eq(heard.error.code, words[_i].code);
		ck_assert_uint_eq(world_counters(asker).returned,
			words[_i].outcome == WARREN_BROKER_RETURNED ? round : 0);
		world_advance(60000);
		ck_assert_int_eq(heard.times, 1);
	}
}
END_TEST

/* The queue is gone, and comes back. */
START_TEST(a_request_that_no_queue_takes_heals_the_topology)
{
	static struct heard heard;
	const struct warren_broker_binding binding = {"sys", "sys.worker.hint", "hint.*"};
	begin();
	for (int round = 0; round < 3; round++) {
		warren_broker_memory_delete_binding(world.rest.broker, &binding);
		request(&whisper_event, "answer", &heard);
		world_rest();
		ck_assert_int_eq(heard.times, 1);
		ck_assert_int_eq(heard.error.code, WARREN_UNAVAILABLE);
		world_advance(60000);
		request(&whisper_event, "answer", &heard);
		world_rest();
		ck_assert_int_eq(heard.times, 1);
		ck_assert_int_eq(heard.error.code, WARREN_OK);
	}
}
END_TEST

static void come_back(const char *correlation_id, const char *reply_to)
{
	struct warren_broker_counters before, after;
	const struct warren_broker_message message = {.routing_key = "nowhere",
		.correlation_id = correlation_id,
		.reply_to = reply_to,
		.mandatory = true,
		.unconfirmed = true};
	warren_broker_counters(world.rest.broker, &before);
	ck_assert_int_eq(warren_broker_publish(world.rest.broker, &message, NULL, NULL), 0);
	world_rest();
	warren_broker_counters(world.rest.broker, &after);
	ck_assert_uint_eq(after.returned, before.returned + 1);
}

START_TEST(what_comes_back_ends_the_request_that_it_was_and_no_other)
{
	static struct heard heard[2];
	char first_id[sizeof asked_id];
	begin();
	request(&whisper_event, "wait", &heard[0]);
	world_rest();
	strcpy(first_id, asked_id);
	struct warren_ctx *first = deferred;
	request(&whisper_event, "wait", &heard[1]);
	world_rest();
	come_back("somebody-elses-id-0001", asked_queue);
	come_back(first_id, ""); /* a reply with the id of its request */
	come_back(first_id, "sys.asker.another");
	ck_assert_int_eq(heard[0].times + heard[1].times, 0);
	come_back(first_id, asked_queue);
	ck_assert_int_eq(heard[0].times, 1);
	ck_assert_int_eq(heard[0].error.code, WARREN_UNAVAILABLE);
	ck_assert_int_eq(heard[1].times, 0);
	warren_reply(first, &(struct note){.text = "late"});
	warren_reply(deferred, &(struct note){.text = "in time"});
	world_rest();
	ck_assert_int_eq(heard[0].times, 1);
	ck_assert_int_eq(heard[1].times, 1);
	ck_assert_int_eq(heard[1].error.code, WARREN_OK);
	ck_assert_uint_eq(world_counters(asker).replies_late, 1);
}
END_TEST

START_TEST(what_comes_back_after_the_answer_changes_nothing)
{
	static struct heard heard;
	begin();
	for (int round = 0; round < 3; round++) {
		request(&whisper_event, "answer", &heard);
		world_rest();
		come_back(asked_id, asked_queue);
		ck_assert_int_eq(heard.times, 1);
		ck_assert_int_eq(heard.error.code, WARREN_OK);
		ck_assert_uint_eq(world_counters(asker).returned, 0);
	}
}
END_TEST

/* A reply that does not leave is dropped with its call, as everything of it is at most once. */
START_TEST(a_reply_that_does_not_leave_is_dropped)
{
	static struct heard heard;
	begin();
	for (uint64_t round = 1; round <= 3; round++) {
		request(&whisper_event, "wait", &heard);
		world_rest();
		warren_broker_memory_fault(world.rest.broker, 0, 1, WARREN_BROKER_UNSENT);
		warren_reply(deferred, &(struct note){.text = "answered"});
		world_advance(5000);
		ck_assert_int_eq(heard.times, 1);
		ck_assert_int_eq(heard.error.code, WARREN_TIMEOUT);
		ck_assert_uint_eq(world_counters(worker).dropped, round);
	}
}
END_TEST

/* ---- what belongs to no call ---- */

/* Joins and what is sent to rooms stay in order: they leave in one way. */
START_TEST(what_is_sent_with_no_call_goes_the_way_of_joins)
{
	const struct note note = {.text = "answer"};
	struct warren_target room = warren_to_room("room"),
			     socket = warren_to_address("sys.gate.1.2");
	begin();
	for (uint64_t round = 1; round <= 3; round++) {
		struct warren_ctx *root = warren_root(worker);
		ck_assert_int_eq(warren_join(root, socket, "room"), 0);
		ck_assert_int_eq(warren_send(root, &notice_event, room, &note), 0);
		ck_assert_int_eq(warren_leave(root, socket, "room"), 0);
		world_rest();
		ck_assert_uint_eq(sent(), round - 1);
		ck_assert_int_eq(warren_publish(root, &hint_event, &note), 0);
		world_rest();
		ck_assert_uint_eq(sent(), round);
	}
}
END_TEST

START_TEST(an_event_at_most_once_is_confirmed_where_somebody_waits_for_it)
{
	static const struct {
		int (*publish)(struct warren_ctx *ctx, const struct warren_event *event,
			const void *message, struct warren_mark once, warren_on_published fn,
			void *data);
		const struct warren_event *event;
		uint64_t sent;
	} cases[] = {{warren_publish_confirmed, &hint_event, 0},
		{warren_publish_told, &hint_event, 1}, {warren_publish_confirmed, &fact_event, 0},
		{warren_publish_told, &fact_event, 0}};
	uint64_t before = 0;
	begin();
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		static struct heard heard;
		struct warren_ctx *ctx =
			warren_ctx_open(asker, &(struct warren_ctx_seed){.lane = 7});
		heard = (struct heard){0};
		ck_assert_int_eq(
			cases[i].publish(ctx, cases[i].event, &(struct note){.text = "answer"},
				(struct warren_mark){0}, hear_published, &heard),
			0);
		world_rest();
		ck_assert_int_eq(heard.times, 1);
		ck_assert_int_eq(heard.error.code, WARREN_OK);
		ck_assert_uint_eq(sent(), before += cases[i].sent);
	}
}
END_TEST

int main(void)
{
	const struct world_loop loops[] = {{what_leaves_with_a_call_leaves_in_one_way, LEAVINGS},
		{a_request_that_comes_back_is_unavailable_as_one_that_never_left, WORDS}};
	const TTest *const tests[] = {
		a_request_that_no_queue_takes_heals_the_topology,
		what_comes_back_ends_the_request_that_it_was_and_no_other,
		what_comes_back_after_the_answer_changes_nothing,
		a_reply_that_does_not_leave_is_dropped,
		what_is_sent_with_no_call_goes_the_way_of_joins,
		an_event_at_most_once_is_confirmed_where_somebody_waits_for_it,
	};
	return world_main_with(
		"service_unconfirmed", tests, sizeof tests / sizeof tests[0], loops, 2);
}
