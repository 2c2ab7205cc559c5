/*
 * Each kind of message that a service publishes, complete: what service/wire.h says that it has,
 * and nothing beside.
 */
#include <stdatomic.h>

#include "service/trust.h"
#include "service_world.h"

#include "messages.h"

/* ---- events of each guarantee, with a consumer and without one, with a reply and without one ---- */

static const struct warren_message_type lone_type = NOTE_TYPE("Lone", "lone");
static const struct warren_event lone_event = {
	.name = "lone", .type = &lone_type, .schema = "0000000000000033"};
static const struct warren_event lone_hint_event = {.name = "lone",
	.type = &lone_type,
	.guarantee = WARREN_AT_MOST_ONCE,
	.schema = "0000000000000033"};
static const struct warren_event kept_notice_event = {.name = "notice",
	.type = &notice_type,
	.schema = "00000000000000cc",
	.producers = workers,
	.producer_count = 1,
	.edges = notice_edges,
	.edge_count = 1,
	.sends_at_least_once = true};

/* ---- a worker whose next call does what the test says ---- */

typedef int (*act_fn)(struct warren_ctx *ctx);

static _Atomic(act_fn) act;
static struct warren_ctx *deferred;
static const struct note note = {.text = "a"};

static int answer(struct warren_ctx *ctx)
{
	return warren_reply(ctx, &note);
}

static int on_request(struct warren_ctx *ctx, const void *message, void *worker)
{
	act_fn now = atomic_exchange(&act, NULL);
	(void)message;
	(void)worker;
	return now ? now(ctx) : answer(ctx);
}

static int on_fact(struct warren_ctx *ctx, const void *message, void *worker)
{
	act_fn now = atomic_exchange(&act, NULL);
	(void)message;
	(void)worker;
	return now ? now(ctx) : 0;
}

static const struct warren_handler handlers[] = {
	{.event = &ask_event,
		.queue = &worker_ask,
		.handle = on_request,
		.replies = true,
		.prefetch = 4,
		.max_attempts = 2,
		SYS_WAITS(100, 100)},
	{.event = &fact_event,
		.queue = &worker_fact,
		.handle = on_fact,
		.prefetch = 4,
		.max_attempts = 2,
		SYS_WAITS(200, 200)},
	{.event = &whisper_event,
		.queue = &worker_hint,
		.handle = on_request,
		.replies = true,
		.max_attempts = 1},
};
static const struct warren_event *const publishes[] = {
	&fact_event, &hint_event, &lone_event, &notice_event, &ask_event};
static const char *const edges[] = {"gate"};
static const struct warren_service worker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "worker",
	.handlers = handlers,
	.handler_count = 3,
	.publishes = publishes,
	.publish_count = 5,
	.edges = edges,
	.edge_count = 1};
static const struct warren_service asker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "asker",
	.publishes = publishes,
	.publish_count = 5,
	.edges = edges,
	.edge_count = 1};

static struct warren_trust_rules rules;
static struct warren_instance *asker;

static void add_worker(void)
{
	world_add_with(&worker_service, (struct warren_instance_options){.trust = &rules});
	world_rest();
}

static void hear(struct warren_ctx *ctx, const void *reply, const struct warren_error *error,
	warren_any_fn fn, void *data)
{
	(void)ctx;
	(void)reply;
	(void)error;
	(void)fn;
	(void)data;
}

static void hear_published(struct warren_ctx *ctx, const struct warren_error *error, void *data)
{
	(void)ctx;
	(void)error;
	(void)data;
}

/* ---- what is published with no call ---- */

/* As a gateway opens it for what a browser sent. */
static struct warren_ctx *ctx_of(const struct warren_event *event)
{
	const struct warren_ctx_seed seed = {.event = event->name,
		.message_id = "m-1",
		.user = "ada",
		.socket = "sys.gate.abc.1",
		.lane = 7};
	struct warren_ctx *ctx = warren_ctx_open(asker, &seed);
	ck_assert_ptr_nonnull(ctx);
	return ctx;
}

static void publish_as(const struct warren_event *event)
{
	struct warren_ctx *ctx = ctx_of(event);
	ck_assert_int_eq(warren_publish(ctx, event, &note), 0);
	warren_ctx_close(ctx);
	world_rest();
}

static void publish_fact(void)
{
	publish_as(&fact_event);
}

static void publish_hint(void)
{
	publish_as(&hint_event);
}

static void publish_lone(void)
{
	publish_as(&lone_event);
}

static void publish_lone_hint(void)
{
	publish_as(&lone_hint_event);
}

static void publish_from_root(void)
{
	ck_assert_int_eq(warren_publish(warren_root(asker), &fact_event, &note), 0);
	ck_assert_int_eq(warren_publish(warren_root(asker), &hint_event, &note), 0);
}

static const struct warren_mark mark = {.digest = "0123456789abcdef", .before = "m-0"};

static void confirm_fact(void)
{
	ck_assert_int_eq(warren_publish_confirmed(ctx_of(&fact_event), &fact_event, &note, mark,
				 hear_published, NULL),
		0);
}

static void confirm_lone(void)
{
	ck_assert_int_eq(warren_publish_confirmed(ctx_of(&lone_event), &lone_event, &note,
				 (struct warren_mark){0}, hear_published, NULL),
		0);
}

static void confirm_hint(void)
{
	ck_assert_int_eq(warren_publish_confirmed(ctx_of(&hint_event), &hint_event, &note, mark,
				 hear_published, NULL),
		0);
}

static void tell_fact(void)
{
	ck_assert_int_eq(warren_publish_told(ctx_of(&fact_event), &fact_event, &note, mark,
				 hear_published, NULL),
		0);
}

static void tell_hint(void)
{
	ck_assert_int_eq(warren_publish_told(ctx_of(&hint_event), &hint_event, &note, mark,
				 hear_published, NULL),
		0);
}

static void request_as(const struct warren_event *event)
{
	struct warren_ctx *ctx = ctx_of(event);
	ck_assert_int_eq(warren_request(ctx, event, &note, hear, NULL, NULL), 0);
	warren_ctx_close(ctx);
	world_rest();
}

static void ask(void)
{
	request_as(&ask_event);
}

static void whisper(void)
{
	request_as(&whisper_event);
}

static void ask_once(void)
{
	ck_assert_int_eq(
		warren_request_once(ctx_of(&ask_event), &ask_event, &note, mark, hear, NULL, NULL),
		0);
}

static void whisper_once(void)
{
	ck_assert_int_eq(warren_request_once(ctx_of(&whisper_event), &whisper_event, &note,
				 (struct warren_mark){0}, hear, NULL, NULL),
		0);
}

static void send_to(struct warren_ctx *ctx, const struct warren_event *event)
{
	const struct warren_target others = warren_except(ctx, warren_to_room("room"));
	ck_assert_int_eq(warren_send(ctx, event, warren_to_socket(ctx), &note), 0);
	ck_assert_int_eq(warren_send(ctx, event, others, &note), 0);
}

static void send_alone(void)
{
	struct warren_ctx *ctx = ctx_of(&fact_event);
	send_to(ctx, &notice_event);
	warren_ctx_close(ctx);
}

static void send_kept_alone(void)
{
	struct warren_ctx *ctx = ctx_of(&fact_event);
	send_to(ctx, &kept_notice_event);
	warren_ctx_close(ctx);
}

static void change_sockets(struct warren_ctx *ctx)
{
	const struct warren_target me = warren_to_socket(ctx);
	ck_assert_int_eq(warren_join(ctx, me, "room"), 0);
	ck_assert_int_eq(warren_leave(ctx, warren_to_user("bob"), "room"), 0);
	ck_assert_int_eq(warren_set_user(ctx, me, "bob"), 0);
	ck_assert_int_eq(warren_set_user(ctx, me, ""), 0);
	ck_assert_int_eq(warren_disconnect(ctx, me, false), 0);
	ck_assert_int_eq(warren_disconnect(ctx, warren_to_others(ctx), true), 0);
}

static void change_sockets_alone(void)
{
	struct warren_ctx *ctx = ctx_of(&fact_event);
	change_sockets(ctx);
	warren_ctx_close(ctx);
}

/* ---- calls: what is asked is not shown, what leaves with its call is ---- */

static void in_call(void (*publish)(void))
{
	act_fn now = atomic_exchange(&act, NULL);
	add_worker();
	messages_begin(world.rest.broker);
	act = now;
	publish();
}

static void in_ask(void)
{
	in_call(ask);
}

static void in_whisper(void)
{
	in_call(whisper);
}

static void in_fact(void)
{
	in_call(publish_fact);
}

/* Answered as the first one was. */
static void repeat(void)
{
	in_call(ask_once);
	world_rest();
	messages_begin(world.rest.broker);
	ask_once();
}

static int act_publish(struct warren_ctx *ctx)
{
	ck_assert_int_eq(warren_publish(ctx, &fact_event, &note), 0);
	ck_assert_int_eq(warren_publish(ctx, &hint_event, &note), 0);
	ck_assert_int_eq(warren_publish(ctx, &lone_event, &note), 0);
	return answer(ctx);
}

static int act_publish_hint(struct warren_ctx *ctx)
{
	ck_assert_int_eq(warren_publish(ctx, &hint_event, &note), 0);
	return answer(ctx);
}

static int act_publish_now(struct warren_ctx *ctx)
{
	ck_assert_int_eq(warren_publish_now(ctx, &lone_event, &note), 0);
	ck_assert_int_eq(warren_publish_now(ctx, &lone_hint_event, &note), 0);
	return answer(ctx);
}

static int act_send(struct warren_ctx *ctx)
{
	send_to(ctx, &notice_event);
	return answer(ctx);
}

static int act_send_kept(struct warren_ctx *ctx)
{
	send_to(ctx, &kept_notice_event);
	return answer(ctx);
}

static int act_send_now(struct warren_ctx *ctx)
{
	ck_assert_int_eq(warren_send_now(ctx, &notice_event, warren_to_socket(ctx), &note), 0);
	ck_assert_int_eq(warren_send_now(ctx, &kept_notice_event, warren_to_user("bob"), &note), 0);
	return answer(ctx);
}

static int act_change_sockets(struct warren_ctx *ctx)
{
	change_sockets(ctx);
	return answer(ctx);
}

static void hear_and_answer(struct warren_ctx *ctx, const void *reply,
	const struct warren_error *error, warren_any_fn fn, void *data)
{
	(void)ctx;
	(void)reply;
	(void)error;
	(void)fn;
	answer(data);
}

static int act_request(struct warren_ctx *ctx)
{
	return warren_request(ctx, &whisper_event, &note, hear_and_answer, NULL, warren_defer(ctx));
}

/* ---- outcomes ---- */

static int act_fail(struct warren_ctx *ctx)
{
	return note_fail(ctx, WARREN_NOT_FOUND, "text", "no such thing");
}

static int act_retry(struct warren_ctx *ctx)
{
	return note_retry(ctx, "not yet");
}

static int act_defer(struct warren_ctx *ctx)
{
	deferred = warren_defer(ctx);
	return 0;
}

/* A failure that comes after the deadline is parked, since nobody waits for it any more. */
static void fail_late(void)
{
	in_call(ask);
	world_advance(5000);
	messages_begin(world.rest.broker);
	act_fail(deferred);
}

/* The second attempt, which is the last one. */
static int act_retry_last(struct warren_ctx *ctx)
{
	atomic_store(&act, act_retry);
	return act_retry(ctx);
}

static void in_last_ask(void)
{
	in_call(ask);
	messages_begin(world.rest.broker);
	world_advance(100);
}

static void in_last_fact(void)
{
	in_call(publish_fact);
	messages_begin(world.rest.broker);
	world_advance(200);
}

static int act_publish_in_vain(struct warren_ctx *ctx)
{
	atomic_store(&act, act_publish_in_vain);
	warren_broker_memory_fault(world.rest.broker, 0, 1, WARREN_BROKER_REFUSED);
	return warren_publish(ctx, &lone_event, &note);
}

static void say(const char *account, const char *queue, const char *text,
	const struct warren_broker_header *header)
{
	const struct warren_broker_message message = {.exchange = "",
		.routing_key = queue,
		.type = "fact",
		.message_id = "m-2",
		.correlation_id = "c-2",
		.app_id = "stranger",
		.timestamp_s = 1,
		.content_type = WARREN_WIRE_JSON,
		.headers = header,
		.header_count = header ? 1 : 0,
		.body = (const uint8_t *)text,
		.body_len = strlen(text),
		.persistent = true};
	ck_assert_int_eq(
		warren_broker_memory_publish_as(world.rest.broker, account, &message, NULL, NULL),
		0);
	world_rest();
}

static void say_invalid(void)
{
	say("sys.gate", "sys.worker.fact", "{}", NULL);
}

static void in_invalid(void)
{
	in_call(say_invalid);
}

/* The header would be believed under our account. */
static void say_forged(void)
{
	const struct warren_broker_header header = {WARREN_HEADER_ACCOUNT, "sys.gate", 0};
	say("sys.stranger", "sys.worker.fact", "{\"text\":\"a\"}", &header);
}

static void in_forged(void)
{
	in_call(say_forged);
}

static void say_of_nobody(void)
{
	const struct warren_broker_header header = {WARREN_HEADER_QUEUE, "sys.nobody.fact", 0};
	say("sys.worker", "sys.worker.quarantine", "{\"text\":\"a\"}", &header);
	world_advance(30000);
}

static void in_nobody(void)
{
	in_call(say_of_nobody);
}

/* ---- crashes: a consumer that goes away with what it holds ---- */

static uint64_t held;

static void hold(const struct warren_broker_delivery *delivery, void *data)
{
	(void)data;
	held = delivery->tag;
}

static void crash_with(const char *queue)
{
	uint64_t id;
	held = 0;
	ck_assert_int_eq(warren_broker_consume(world.rest.broker, queue, 1, hold, NULL, &id), 0);
	world_rest();
	ck_assert_uint_ne(held, 0);
	warren_broker_cancel(world.rest.broker, id);
	warren_broker_requeue(world.rest.broker, held);
	world_rest();
}

static void suspect(void)
{
	publish_fact();
	crash_with("sys.worker.fact");
	crash_with("sys.worker.fact");
	messages_begin(world.rest.broker);
	add_worker();
}

static void crash_alone(void)
{
	uint64_t id;
	publish_fact();
	crash_with("sys.worker.fact");
	crash_with("sys.worker.fact");
	ck_assert_int_eq(warren_broker_consume(
				 world.rest.broker, "sys.worker.quarantine", 1, hold, NULL, &id),
		0);
	add_worker();
	warren_broker_cancel(world.rest.broker, id);
	warren_broker_requeue(world.rest.broker, held);
	messages_begin(world.rest.broker);
	world_advance(30000);
}

/* ---- what the schema had before ---- */

static const struct warren_broker_queue record = {.name = "sys.recorder.topology",
	.kind = WARREN_QUEUE_QUORUM,
	.delivery_limit = 1000000,
	.reject_publish = true};
static const struct warren_broker_queue *const record_queues[] = {&record};
static const struct warren_topology record_topology = {
	.queues = record_queues, .queue_count = 1, .has_record = true};
static const struct warren_handler record_handlers[] = {
	{.event = &ask_event, .queue = &worker_ask, .handle = on_request, .max_attempts = 1}};
static const struct warren_service record_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &record_topology,
	.name = "recorder",
	.handlers = record_handlers,
	.handler_count = 1};

static void write_record(void)
{
	world_add(&record_service);
	world_advance(2000);
}

/* ---- the table ---- */

static const struct row {
	const char *name;
	void (*publish)(void);
	act_fn act;
	const char *expected; /* messages.h */
} rows[] = {
#include "service_messages_rows.h"
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static const char *all_messages(void)
{
	static char text[MESSAGES_MAX * sizeof messages.lines[0]];
	text[0] = '\0';
	for (int i = 0; i < messages.count; i++) {
		strcat(text, messages.lines[i]);
		strcat(text, "\n");
	}
	return text;
}

START_TEST(each_kind_has_what_it_needs_and_no_more)
{
	const struct row *row = &rows[_i];
	const struct warren_broker_topology sockets = {
		.queues = &(struct warren_broker_queue){.name = "sys.gate.abc"}, .queue_count = 1};
	struct warren_error error;
	rules = (struct warren_trust_rules){.account = "memory"};
	ck_assert_int_eq(warren_trust_read("accounts,memory", &rules, &error), 0);
	asker = world_add(&asker_service);
	ck_assert_int_eq(warren_broker_declare(world.rest.broker, &sockets), 0);
	world_rest();
	messages_begin(world.rest.broker);
	act = row->act;
	row->publish();
	world_rest();
	messages_end(world.rest.broker);
	ck_assert_msg(strcmp(all_messages(), row->expected) == 0, "%s\nis\n%s\nnot\n%s", row->name,
		all_messages(), row->expected);
	while (world.rest.instance_count > 0)
		world_remove(0);
	warren_trust_rules_free(&rules);
}
END_TEST

int main(void)
{
	const struct world_loop loops[] = {{each_kind_has_what_it_needs_and_no_more, ROWS}};
	return world_main_with("service_messages", NULL, 0, loops, 1);
}
