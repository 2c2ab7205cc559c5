/* A call is settled once: its effects leave together, in order, with their own ids, or not at all.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "broker/memory.h"
#include "service/wire.h"
#include "service_world.h"

#define SEEN_MAX 4096
#define MANY 100000
#define PATIENCE 10000000

/* ---- what has come out, in the order of the broker ---- */

static struct seen {
	char text[64]; /* "<type>[:<argument or text>]" */
	char id[64], once[128];
	bool persistent;
} seen[SEEN_MAX];
static atomic_int seen_count;

static void see(const struct warren_broker_delivery *delivery, void *data)
{
	const struct warren_broker_message *message = &delivery->message;
	const char *argument = warren_broker_header_text(message, WARREN_HEADER_ARGUMENT);
	struct warren_arena *arena = warren_arena_open(1 << 22);
	struct warren_error error;
	void *note = NULL;
	int at = seen_count;
	(void)data;
	if (at < SEEN_MAX) {
		if (message->body_len > 0 &&
			warren_wire_unpack(strcmp(message->type, "notice") == 0 ? &notice_type
					   : strcmp(message->type, "fact") == 0 ? &fact_type
										: &answer_type,
				message, arena, &note, &error) == 0)
			argument = ((const struct note *)note)->text;
		snprintf(seen[at].text, sizeof seen[at].text, "%s%s%s", message->type,
			argument ? ":" : "", argument ? argument : "");
		snprintf(seen[at].id, sizeof seen[at].id, "%s", message->message_id);
		const char *once = warren_broker_header_text(message, WARREN_HEADER_ONCE);
		snprintf(seen[at].once, sizeof seen[at].once, "%s", once ? once : "");
		seen[at].persistent = message->persistent;
	}
	atomic_store(&seen_count, at + 1);
	warren_arena_close(arena);
}

/* ---- a service that does what the text says ---- */

static atomic_int runs, limit_rc, limit_count;
static struct warren_ctx *deferred;

static void publish_fact(struct warren_ctx *ctx, const char *text)
{
	ck_assert_int_eq(warren_publish(ctx, &fact_event, &(struct note){.text = text}), 0);
}

static int answer(struct warren_ctx *ctx)
{
	return warren_reply(ctx, &(struct note){.text = "answered"});
}

static int five(struct warren_ctx *ctx, uint32_t attempt)
{
	static const char *const texts[] = {"1", "2", "3", "4", "5"};
	for (int i = 0; i < 5; i++)
		publish_fact(ctx, texts[attempt > 1 ? 4 - i : i]);
	return answer(ctx);
}

static int to_sockets(struct warren_ctx *ctx, const char *what)
{
	struct warren_target me = warren_to_socket(ctx);
	struct note note = {.text = "hello"};
	if (strcmp(what, "join") == 0) {
		ck_assert_int_eq(warren_join(ctx, me, "room"), 0);
		ck_assert_int_eq(warren_send(ctx, &notice_event, warren_to_room("room"), &note), 0);
	} else if (strcmp(what, "user") == 0) {
		ck_assert_int_eq(warren_set_user(ctx, me, "ada"), 0);
		ck_assert_int_eq(warren_send(ctx, &notice_event, warren_to_user("ada"), &note), 0);
	} else {
		ck_assert_int_eq(warren_send(ctx, &notice_event, me, &note), 0);
		ck_assert_int_eq(warren_disconnect(ctx, me, true), 0);
	}
	return ctx->attempt < 3 ? note_retry(ctx, "not yet") : answer(ctx);
}

static int fill(struct warren_ctx *ctx)
{
	int rc = 0, count = 0;
	for (; rc == 0 && count < MANY; count++)
		rc = warren_publish(ctx, &fact_event, &(struct note){.text = "many"});
	limit_rc = rc;
	limit_count = count - 1;
	return answer(ctx);
}

/* The broker does not take one of the next effects. */
static bool refuses;
static uint32_t refused;
static enum warren_broker_outcome refused_as;

static const struct warren_event kept_notice_event = {.name = "notice",
	.type = &notice_type,
	.schema = "00000000000000cc",
	.producers = workers,
	.producer_count = 1,
	.edges = notice_edges,
	.edge_count = 1,
	.sends_at_least_once = true};

static int on_ask(struct warren_ctx *ctx, const void *message, void *worker)
{
	const struct note *ask = message;
	const char *text = ask->text;
	(void)worker;
	atomic_fetch_add(&runs, 1);
	if (refuses && ctx->attempt == 1)
		warren_broker_memory_fault(world.rest.broker, refused, 1, refused_as);
	if (strcmp(text, "retry") == 0) {
		publish_fact(ctx, "one");
		return ctx->attempt < 4 ? note_retry(ctx, "not yet") : answer(ctx);
	}
	if (strcmp(text, "fail") == 0) {
		publish_fact(ctx, "none");
		return note_fail(ctx, WARREN_FORBIDDEN, NULL, "no");
	}
	if (strcmp(text, "negative") == 0) {
		publish_fact(ctx, "one");
		return ctx->attempt < 2 ? -EIO : answer(ctx);
	}
	if (strcmp(text, "reply first") == 0) {
		answer(ctx);
		publish_fact(ctx, "behind");
		return 0;
	}
	if (strcmp(text, "now") == 0) {
		ck_assert_int_eq(
			warren_publish_now(ctx, &fact_event, &(struct note){.text = "progress"}),
			0);
		publish_fact(ctx, "result");
		return ctx->attempt < 2 ? note_retry(ctx, "not yet")
					: note_fail(ctx, WARREN_FORBIDDEN, NULL, "no");
	}
	if (strcmp(text, "five") == 0)
		return five(ctx, 1);
	if (strcmp(text, "five otherwise") == 0)
		return five(ctx, ctx->attempt);
	if (strcmp(text, "fewer") == 0) {
		publish_fact(ctx, "1");
		if (ctx->attempt == 1)
			publish_fact(ctx, "2");
		return answer(ctx);
	}
	if (strcmp(text, "same") == 0) {
		for (int i = 0; i < 3; i++)
			publish_fact(ctx, "same");
		return answer(ctx);
	}
	if (strcmp(text, "fill") == 0)
		return fill(ctx);
	if (strcmp(text, "defer") == 0) {
		publish_fact(ctx, "before");
		deferred = warren_defer(ctx);
		return 0;
	}
	if (strcmp(text, "large") == 0) {
		char *large = warren_alloc(ctx, 600001);
		memset(large, 'x', 600000);
		int rc = 0, count = 0;
		for (; rc == 0 && count < 100; count++)
			rc = warren_publish(ctx, &fact_event, &(struct note){.text = large});
		limit_rc = rc;
		limit_count = count - 1;
		return note_fail(ctx, WARREN_FORBIDDEN, NULL, "no");
	}
	if (strcmp(text, "reply") == 0)
		return answer(ctx);
	if (strcmp(text, "defer and settle") == 0) {
		publish_fact(ctx, "before");
		warren_defer(ctx);
		answer(ctx);
		limit_rc = warren_publish(ctx, &fact_event, &(struct note){.text = "behind"});
		return 0;
	}
	if (strcmp(text, "early fact") == 0)
		return warren_publish_now(ctx, &fact_event, &(struct note){.text = "early"}) == 0
			       ? answer(ctx)
			       : -EIO;
	if (strcmp(text, "push") == 0)
		return warren_join(ctx, warren_to_socket(ctx), "room") == 0 ? answer(ctx) : -EIO;
	if (strcmp(text, "early push") == 0)
		return warren_send_now(ctx, &kept_notice_event, warren_to_socket(ctx),
			       &(struct note){.text = "early"}) == 0
			       ? answer(ctx)
			       : -EIO;
	return to_sockets(ctx, text);
}

static const struct warren_handler handlers[] = {
	{.event = &ask_event,
		.queue = &worker_ask,
		.handle = on_ask,
		.replies = true,
		.prefetch = 4,
		.max_attempts = 4,
		SYS_WAITS(200, 200, 200)},
};
static const struct warren_event *const publishes[] = {&fact_event, &notice_event};
static const char *const edges[] = {"gate"};
static const struct warren_service worker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "worker",
	.handlers = handlers,
	.handler_count = 1,
	.publishes = publishes,
	.publish_count = 2,
	.edges = edges,
	.edge_count = 1};

/* ---- two consumers of one event that both publish the same event ---- */

static int on_fact(struct warren_ctx *ctx, const void *message, void *worker)
{
	(void)message;
	(void)worker;
	return warren_publish(ctx, &hint_event, &(struct note){.text = "so it is"});
}

static const struct warren_event *const hint_publishes[] = {&hint_event};
static const struct warren_handler worker_fact_handlers[] = {
	{.event = &fact_event, .queue = &worker_fact, .handle = on_fact, .max_attempts = 1}};
static const struct warren_handler other_fact_handlers[] = {
	{.event = &fact_event, .queue = &other_fact, .handle = on_fact, .max_attempts = 1}};
static const struct warren_service fact_worker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "worker",
	.handlers = worker_fact_handlers,
	.handler_count = 1,
	.publishes = hint_publishes,
	.publish_count = 1};
static const struct warren_service fact_other_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "other",
	.handlers = other_fact_handlers,
	.handler_count = 1,
	.publishes = hint_publishes,
	.publish_count = 1};

/* ---- who asks ---- */

static const struct warren_event *const asker_publishes[] = {&ask_event, &fact_event};
static const struct warren_service asker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "asker",
	.publishes = asker_publishes,
	.publish_count = 2};

static struct warren_instance *worker, *asker;
static atomic_int answers;
static struct warren_error told;

static void hear(struct warren_ctx *ctx, const void *reply, const struct warren_error *error,
	warren_any_fn fn, void *data)
{
	(void)ctx;
	(void)fn;
	(void)data;
	told = error ? *error : (struct warren_error){.code = WARREN_OK};
	ck_assert((reply != NULL) == (error == NULL));
	atomic_fetch_add(&answers, 1);
}

/* Everything that leaves for a queue, an edge or the asker is seen, in the broker's order. */
static void watch(const char *exchange, enum warren_exchange_kind kind, const char *key)
{
	const struct warren_broker_topology topology = {
		.exchanges = &(struct warren_broker_exchange){.name = exchange, .kind = kind},
		.exchange_count = exchange[0] != '\0',
		.queues = &(struct warren_broker_queue){.name = "watch"},
		.queue_count = 1,
		.bindings =
			&(struct warren_broker_binding){
				.exchange = exchange, .queue = "watch", .routing_key = key},
		.binding_count = exchange[0] != '\0',
	};
	ck_assert_int_eq(warren_broker_declare(world.rest.broker, &topology), 0);
}

static void begin_with(struct warren_instance_options options)
{
	uint64_t id;
	seen_count = runs = answers = 0;
	deferred = NULL;
	worker = world_add_with(&worker_service, options);
	asker = world_add(&asker_service);
	watch("sys", WARREN_EXCHANGE_TOPIC, "fact.*");
	watch("sys.gate", WARREN_EXCHANGE_FANOUT, "");
	const struct warren_broker_topology sockets = {
		.queues = &(struct warren_broker_queue){.name = "sys.gate.abc"}, .queue_count = 1};
	ck_assert_int_eq(warren_broker_declare(world.rest.broker, &sockets), 0);
	ck_assert_int_eq(warren_broker_consume(world.rest.broker, "watch", 0, see, NULL, &id), 0);
	ck_assert_int_eq(
		warren_broker_consume(world.rest.broker, "sys.gate.abc", 0, see, NULL, &id), 0);
	world_rest();
}

static void begin(void)
{
	begin_with((struct warren_instance_options){0});
}

static void ask_alone(const char *text)
{
	const struct warren_ctx_seed seed = {.event = "ask", .socket = "sys.gate.abc.1", .lane = 7};
	struct warren_ctx *ctx = warren_ctx_open(asker, &seed);
	ck_assert_int_eq(
		warren_request(ctx, &ask_event, &(struct note){.text = text}, hear, NULL, NULL), 0);
	warren_ctx_close(ctx);
}

static void ask(const char *text)
{
	ask_alone(text);
	world_rest();
}

static void await_answer(enum warren_code code)
{
	for (int i = 0; i < 60 && answers == 0; i++)
		world_advance(100);
	ck_assert_int_eq(answers, 1);
	ck_assert_int_eq(told.code, code);
}

/* What was seen, with blanks between. */
static const char *all_seen(void)
{
	static char text[SEEN_MAX * sizeof seen[0].text];
	size_t len = 0;
	text[0] = '\0';
	world_rest();
	for (int i = 0; i < seen_count; i++) {
		if (i > 0)
			text[len++] = ' ';
		strcpy(text + len, seen[i].text);
		len += strlen(seen[i].text);
	}
	return text;
}

/* ---- the tests ---- */

START_TEST(a_fact_of_a_call_that_is_tried_again_leaves_once)
{
	begin();
	ask("retry");
	await_answer(WARREN_OK);
	ck_assert_int_eq(runs, 4);
	ck_assert_str_eq(all_seen(), "fact:one");
	ck_assert_uint_eq(world_counters(worker).effects_dropped, 3);
}
END_TEST

START_TEST(a_failed_call_leaves_nothing)
{
	begin();
	ask("fail");
	await_answer(WARREN_FORBIDDEN);
	ck_assert_str_eq(all_seen(), "");
	ck_assert_uint_eq(world_counters(worker).effects_dropped, 1);
}
END_TEST

START_TEST(a_negative_return_leaves_nothing)
{
	begin();
	ask("negative");
	await_answer(WARREN_OK);
	ck_assert_str_eq(all_seen(), "fact:one");
}
END_TEST

START_TEST(an_effect_behind_the_reply_still_belongs_to_the_call)
{
	begin();
	ask("reply first");
	await_answer(WARREN_OK);
	ck_assert_str_eq(all_seen(), "fact:behind");
}
END_TEST

START_TEST(progress_leaves_at_once_and_stays)
{
	begin();
	ask("now");
	await_answer(WARREN_FORBIDDEN);
	ck_assert_str_eq(all_seen(), "fact:progress fact:progress");
	ck_assert_str_eq(seen[0].id, seen[1].id); /* so its consumers take it once */
}
END_TEST

START_TEST(sockets_are_changed_and_sent_to_once_and_in_order)
{
	static const char *const asked[] = {"join", "user", "disconnect"};
	static const char *const expected[] = {"warren.Join:room notice:hello",
		"warren.User:ada notice:hello", "notice:hello warren.Disconnect:close"};
	for (size_t i = 0; i < 3; i++) {
		if (i > 0) {
			world_close();
			world_open();
		}
		begin();
		ask(asked[i]);
		await_answer(WARREN_OK);
		ck_assert_int_eq(runs, 3);
		ck_assert_str_eq(all_seen(), expected[i]);
	}
}
END_TEST

/* The broker takes some of its effects, and not the nth. */
static void refuse_one(const char *text, uint32_t nth, enum warren_broker_outcome outcome)
{
	struct warren_instance_counters counters;
	begin();
	refuses = true;
	refused = nth;
	refused_as = outcome;
	ask_alone(text);
	do { /* nothing else is published until it is known: resting would */
		sched_yield();
		warren_instance_counters(worker, &counters);
	} while (counters.retried == 0);
	refuses = false;
	ck_assert_int_eq(answers, 0); /* the asker is not told before it is so */
	await_answer(WARREN_OK);
	world_rest();
}

static int times_seen(const char *text, const char *ret_id)
{
	int times = 0;
	for (int i = 0; i < seen_count; i++) {
		if (strcmp(seen[i].text, text) != 0)
			continue;
		if (times++ > 0)
			ck_assert_str_eq(seen[i].id, ret_id ? ret_id : seen[i].id);
		ret_id = seen[i].id;
	}
	return times;
}

START_TEST(a_refused_effect_has_the_call_run_again_by_the_ladder)
{
	static const enum warren_broker_outcome outcomes[] = {
		WARREN_BROKER_REFUSED, WARREN_BROKER_RETURNED, WARREN_BROKER_LOST};
	static const char *const facts[] = {"fact:1", "fact:2", "fact:3", "fact:4", "fact:5"};
	for (size_t i = 0; i < 3; i++) {
		if (i > 0) {
			world_close();
			world_open();
		}
		refuse_one("five", 2, outcomes[i]);
		ck_assert_int_eq(runs, 2);
		ck_assert_uint_eq(world_counters(worker).retried, 1);
		ck_assert_uint_eq(world_counters(worker).requeued, 0);
		for (int fact = 0; fact < 5; fact++)
			ck_assert_int_ge(
				times_seen(facts[fact], NULL), 1); /* all, under one id each */
	}
}
END_TEST

/* ---- each word of the broker's, on each kind of publish of a call ---- */

static const enum warren_broker_outcome words[] = {
	WARREN_BROKER_RETURNED, WARREN_BROKER_REFUSED, WARREN_BROKER_UNSENT, WARREN_BROKER_LOST};
enum { WORDS = 4 };

enum publishing { EFFECT_FACT, EFFECT_PUSH, EARLY_FACT, EARLY_PUSH, REPLY, PUBLISHINGS };
static const char *const publishing_texts[] = {"five", "push", "early fact", "early push", "reply"};

static bool is_to_somebody_gone(enum publishing publishing)
{
	return publishing == EFFECT_PUSH || publishing == EARLY_PUSH || publishing == REPLY;
}

/* Nothing else is published until the broker's word is known: resting would. */
static void await_word(uint64_t (*count)(const struct warren_instance_counters *counters))
{
	struct warren_instance_counters counters = {0};
	for (int i = 0; i < PATIENCE && count(&counters) == 0; i++) {
		sched_yield();
		warren_instance_counters(worker, &counters);
	}
	refuses = false;
	ck_assert_uint_eq(count(&counters), 1);
}

static uint64_t judged(const struct warren_instance_counters *counters)
{
	return counters->retried + counters->pushes_gone + counters->replies_gone +
	       counters->unsettled;
}

START_TEST(each_word_on_each_publish_of_a_call)
{
	enum publishing publishing = (enum publishing)(_i / WORDS);
	enum warren_broker_outcome word = words[_i % WORDS];
	bool returned = word == WARREN_BROKER_RETURNED, gone = is_to_somebody_gone(publishing);
	begin();
	refuses = true;
	refused = 0;
	refused_as = word;
	ask_alone(publishing_texts[publishing]);
	await_word(judged);
	for (int i = 0; i < 60; i++)
		world_advance(100);
	struct warren_instance_counters counters = world_counters(worker);
	ck_assert_int_eq(runs, returned && gone ? 1 : 2);
	ck_assert_uint_eq(counters.returned, returned && !gone ? 1 : 0);
	ck_assert_uint_eq(counters.pushes_gone, returned && gone && publishing != REPLY ? 1 : 0);
	ck_assert_uint_eq(counters.replies_gone, returned && publishing == REPLY ? 1 : 0);
	ck_assert_uint_eq(counters.unsettled, 0);
	ck_assert_int_eq(answers, 1);
	ck_assert_int_eq(told.code, returned && publishing == REPLY ? WARREN_TIMEOUT : WARREN_OK);
	ck_assert_int_eq(world_depth("sys.worker.ask"), 0);
}
END_TEST

/* ---- the same, on a copy for the dead letters or the ladder ---- */

static int on_bad_fact(struct warren_ctx *ctx, const void *message, void *worker)
{
	const struct note *fact = message;
	(void)worker;
	/* The word comes more than once: each time it is sent again later. */
	if (atomic_fetch_add(&runs, 1) == 0)
		warren_broker_memory_fault(world.rest.broker, 0, 1, refused_as);
	if (strcmp(fact->text, "park") == 0)
		return note_fail(ctx, WARREN_NOT_FOUND, NULL, "no such thing");
	return ctx->attempt == 1 ? note_retry(ctx, "not yet") : 0;
}

static const struct warren_handler bad_fact_handlers[] = {{.event = &fact_event,
	.queue = &worker_fact,
	.handle = on_bad_fact,
	.max_attempts = 2,
	SYS_WAITS(100, 100)}};
static const struct warren_service bad_fact_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "worker",
	.handlers = bad_fact_handlers,
	.handler_count = 1};

static uint64_t unsettled(const struct warren_instance_counters *counters)
{
	return counters->unsettled;
}

START_TEST(each_word_on_each_copy)
{
	bool parks = _i / WORDS == 0, lost = words[_i % WORDS] == WARREN_BROKER_LOST;
	runs = 0;
	worker = world_add(&bad_fact_service);
	asker = world_add(&asker_service);
	world_rest();
	refused_as = words[_i % WORDS];
	ck_assert_int_eq(warren_publish(warren_root(asker), &fact_event,
				 &(struct note){.text = parks ? "park" : "again"}),
		0);
	await_word(unsettled);
	ck_assert_int_eq(runs, 1);
	world_advance(900);
	ck_assert_uint_eq(world_counters(worker).unsettled, 1);
	ck_assert_int_eq(world_depth("sys.worker.fact"), 1); /* nobody else has it: it stays */
	for (int i = 0; i < 10; i++)
		world_advance(100);
	struct warren_instance_counters counters = world_counters(worker);
	ck_assert_uint_eq(counters.unsettled, 1);
	ck_assert_uint_eq(counters.requeued, 0);
	ck_assert_uint_eq(counters.returned, refused_as == WARREN_BROKER_RETURNED ? 1 : 0);
	ck_assert_uint_eq(counters.parked, parks ? 1 : 0);
	ck_assert_uint_eq(counters.retried, parks ? 0 : 1); /* counted once, sent twice */
	ck_assert_int_eq(world_depth("sys.worker.fact"), 0);
	ck_assert_int_eq(world_depth("sys.worker.dead"), parks ? 1 + lost : 0);
	ck_assert_int_eq(runs, parks ? 1 : 2 + lost);
}
END_TEST

START_TEST(a_second_run_that_does_other_things_loses_nothing)
{
	static const char *const facts[] = {"fact:1", "fact:2", "fact:3", "fact:4", "fact:5"};
	refuse_one("five otherwise", 4, WARREN_BROKER_REFUSED);
	for (int fact = 0; fact < 5; fact++)
		ck_assert_int_ge(times_seen(facts[fact], NULL), 1);
	world_close();
	world_open();
	refuse_one("fewer", 1, WARREN_BROKER_REFUSED);
	ck_assert_int_eq(times_seen("fact:1", NULL), 2);
	ck_assert_int_eq(times_seen("fact:2", NULL), 0);
}
END_TEST

START_TEST(the_same_fact_three_times_is_three_facts)
{
	begin();
	ask("same");
	await_answer(WARREN_OK);
	ck_assert_str_eq(all_seen(), "fact:same fact:same fact:same");
	ck_assert_str_ne(seen[0].id, seen[1].id);
	ck_assert_str_ne(seen[1].id, seen[2].id);
	ck_assert_str_ne(seen[0].id, seen[2].id);
	for (int i = 0; i < 3; i++) {
		ck_assert_str_ne(seen[i].once, "");
		ck_assert_str_eq(seen[i].once, seen[0].once); /* the same was sent */
		ck_assert(seen[i].persistent);
	}
}
END_TEST

START_TEST(consumers_of_one_event_derive_ids_of_their_own)
{
	uint64_t id;
	seen_count = 0;
	world_add(&fact_worker_service);
	world_add(&fact_other_service);
	asker = world_add(&asker_service);
	watch("sys", WARREN_EXCHANGE_TOPIC, "hint.*");
	ck_assert_int_eq(warren_broker_consume(world.rest.broker, "watch", 0, see, NULL, &id), 0);
	ck_assert_int_eq(
		warren_publish(warren_root(asker), &fact_event, &(struct note){.text = "a"}), 0);
	world_rest();
	ck_assert_int_eq(seen_count, 2);
	ck_assert_str_ne(seen[0].id, seen[1].id);
}
END_TEST

START_TEST(a_call_has_only_so_many_effects)
{
	begin();
	ask("fill");
	await_answer(WARREN_OK);
	ck_assert_int_eq(limit_rc, -ENOBUFS);
	ck_assert_int_eq(limit_count, 1000);
	world_rest();
	ck_assert_int_eq(seen_count, 1000);
	/* The room is the call's own: three more have as much. */
	for (int i = 0; i < 3; i++) {
		seen_count = answers = 0;
		ask("fill");
		await_answer(WARREN_OK);
		ck_assert_int_eq(seen_count, 1000);
	}
}
END_TEST

START_TEST(a_call_has_only_so_many_bytes_of_effects)
{
	begin_with((struct warren_instance_options){.effects_max_bytes = 6000000});
	for (int i = 0; i < 3; i++) {
		answers = 0;
		ask("large");
		await_answer(WARREN_FORBIDDEN);
		ck_assert_int_eq(limit_rc, -ENOBUFS);
		ck_assert_int_eq(limit_count, 9);
	}
	ck_assert_int_eq(seen_count, 0);
}
END_TEST

START_TEST(a_deferred_call_gathers_until_it_is_settled)
{
	begin();
	ask("defer");
	ck_assert_str_eq(all_seen(), "");
	publish_fact(deferred, "between");
	ck_assert_str_eq(all_seen(), "");
	answer(deferred);
	await_answer(WARREN_OK);
	ck_assert_str_eq(all_seen(), "fact:before fact:between");
}
END_TEST

START_TEST(a_deferred_call_that_is_settled_takes_no_more)
{
	begin();
	ask("defer and settle");
	await_answer(WARREN_OK);
	ck_assert_int_eq(limit_rc, -EALREADY);
	ck_assert_str_eq(all_seen(), "fact:before");
}
END_TEST

/* Nobody would hear of it any more: so it is parked, where a person finds it. */
START_TEST(a_failure_after_the_deadline_is_parked)
{
	begin();
	ask("defer");
	await_answer(WARREN_TIMEOUT);
	note_fail(deferred, WARREN_FORBIDDEN, NULL, "no");
	ck_assert_uint_eq(world_counters(worker).parked, 1);
	ck_assert_int_eq(world_depth("sys.worker.dead"), 1);
	ck_assert_uint_eq(world_counters(asker).replies_late, 0);
}
END_TEST

/* Settlement waits for room on the way out; nothing is refused and nothing runs again. */
START_TEST(a_full_way_out_is_waited_for)
{
	begin();
	ask("defer");
	publish_fact(deferred, "between");
	warren_broker_memory_full(world.rest.broker, true);
	answer(deferred);
	world_advance(1000);
	ck_assert_int_eq(answers, 0);
	ck_assert_str_eq(all_seen(), "");
	warren_broker_memory_full(world.rest.broker, false);
	await_answer(WARREN_OK);
	ck_assert_str_eq(all_seen(), "fact:before fact:between");
	ck_assert_int_eq(runs, 1);
}
END_TEST

START_TEST(what_waits_for_room_goes_back_when_the_instance_closes)
{
	begin_with((struct warren_instance_options){0});
	ask("defer");
	warren_broker_memory_full(world.rest.broker, true);
	answer(deferred);
	world_advance(100);
	/* The worker was opened first. */
	struct warren_instance *kept = world.instances[1];
	world.instances[1] = world.instances[0];
	world.instances[0] = kept;
	world_remove(0);
	ck_assert_int_eq(world_depth("sys.worker.ask"), 1);
	ck_assert_str_eq(all_seen(), "");
	warren_broker_memory_full(world.rest.broker, false);
	world_add(&worker_service); /* it went back: the next one has it */
	world_rest();
	ck_assert_int_eq(runs, 2);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_fact_of_a_call_that_is_tried_again_leaves_once,
		a_failed_call_leaves_nothing,
		a_negative_return_leaves_nothing,
		an_effect_behind_the_reply_still_belongs_to_the_call,
		progress_leaves_at_once_and_stays,
		sockets_are_changed_and_sent_to_once_and_in_order,
		a_refused_effect_has_the_call_run_again_by_the_ladder,
		a_second_run_that_does_other_things_loses_nothing,
		the_same_fact_three_times_is_three_facts,
		consumers_of_one_event_derive_ids_of_their_own,
		a_call_has_only_so_many_effects,
		a_call_has_only_so_many_bytes_of_effects,
		a_deferred_call_gathers_until_it_is_settled,
		a_deferred_call_that_is_settled_takes_no_more,
		a_failure_after_the_deadline_is_parked,
		a_full_way_out_is_waited_for,
		what_waits_for_room_goes_back_when_the_instance_closes,
	};
	const struct world_loop loops[] = {
		{each_word_on_each_publish_of_a_call, PUBLISHINGS * WORDS},
		{each_word_on_each_copy, 2 * WORDS},
	};
	return world_main_with("service_settle", tests, sizeof tests / sizeof tests[0], loops, 2);
}
