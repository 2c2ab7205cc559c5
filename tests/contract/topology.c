/* What is declared, what cannot be had, and where messages go. */
#include <errno.h>

#include "harness.h"

START_TEST(the_default_exchange_goes_to_the_queue_named)
{
	struct stage *stage = stage_open();
	const char *one = stage_classic(stage, "one"), *two = stage_quorum(stage, "two");
	struct inbox *inbox_one = inbox_open(stage, one, 10, INBOX_ACK);
	struct inbox *inbox_two = inbox_open(stage, two, 10, INBOX_ACK);

	ck_assert_confirmed(stage_put(stage, "", one, "for one"));
	ck_assert_confirmed(stage_put(stage, NULL, two, "for two"));
	inbox_await(inbox_one, 1);
	inbox_await(inbox_two, 1);
	ck_assert_body(inbox_one, 0, "for one");
	ck_assert_body(inbox_two, 0, "for two");
	ck_assert_str_eq(inbox_one->got[0].queue, one);
	ck_assert_str_eq(inbox_one->got[0].message.exchange, "");
	ck_assert_str_eq(inbox_one->got[0].message.routing_key, one);
	stage_close(stage);
	inbox_free(inbox_one);
	inbox_free(inbox_two);
}
END_TEST

/* Each line is a pattern with the keys that it takes; every other key of the table it does not
 * take. */
static const struct {
	const char *pattern, *keys[12];
} topics[] = {
	{"userLogin.0", {"userLogin.0"}},
	{"userLogin.*", {"userLogin.0", "userLogin.15"}},
	{"*.0", {"userLogin.0", "order.0"}},
	{"userLogin.#", {"userLogin", "userLogin.0", "userLogin.15", "userLogin.0.extra"}},
	{"#.0", {"userLogin.0", "order.0", "a.b.c.0"}},
	{"a.#.0", {"a.b.c.0"}},
	{"#.b.#", {"a.b.c.0"}},
	{"*.*.#.*", {"userLogin.0.extra", "a.b.c.0"}},
	{"*", {"userLogin", "#"}},
	{"userLogin*", {NULL}},
	{"", {""}},
};
static const char *const topic_keys[] = {"userLogin", "userLogin.0", "userLogin.15",
	"userLogin.0.extra", "order.0", "a.b.c.0", "#", ""};

#define TOPICS (int)(sizeof topics / sizeof topics[0])
#define TOPIC_KEYS (int)(sizeof topic_keys / sizeof topic_keys[0])
#define LAST_KEY "the.last.of.all"

static bool topic_takes(int topic, const char *key)
{
	for (int i = 0; topics[topic].keys[i]; i++)
		if (strcmp(topics[topic].keys[i], key) == 0)
			return true;
	return false;
}

START_TEST(a_topic_exchange_matches_words)
{
	struct stage *stage = stage_open();
	const char *exchange = stage_exchange(stage, "topic", WARREN_EXCHANGE_TOPIC);
	struct inbox *inboxes[TOPICS];

	for (int i = 0; i < TOPICS; i++) {
		const char *queue = stage_classic(stage, topics[i].pattern);
		stage_bind(stage, exchange, queue, topics[i].pattern);
		stage_bind(stage, exchange, queue, LAST_KEY);
		inboxes[i] = inbox_open(stage, queue, 100, INBOX_ACK);
	}
	for (int k = 0; k < TOPIC_KEYS; k++)
		ck_assert_confirmed(stage_put(stage, exchange, topic_keys[k], topic_keys[k]));
	ck_assert_int_eq(stage_put(stage, exchange, "nobody.takes.this.one.at.all", ""),
		WARREN_BROKER_CONFIRMED); /* *.*.#.* does */
	ck_assert_int_eq(
		stage_put(stage, exchange, "nobody", ""), WARREN_BROKER_CONFIRMED); /* * does */
	ck_assert_int_eq(stage_put(stage, exchange, "nobody.does", ""), WARREN_BROKER_RETURNED);
	ck_assert_confirmed(stage_put(stage, exchange, LAST_KEY, "last"));
	for (int i = 0; i < TOPICS; i++) {
		struct inbox *inbox = inboxes[i];
		int at = 0;
		AWAIT(stage,
			inbox->count > 0 && strcmp(inbox->got[inbox->count - 1].body, "last") == 0);
		for (int k = 0; k < TOPIC_KEYS; k++)
			if (topic_takes(i, topic_keys[k]))
				ck_assert_body(inbox, at++, topic_keys[k]);
		at += strcmp(topics[i].pattern, "*") == 0 ||
		      strcmp(topics[i].pattern, "*.*.#.*") == 0;
		ck_assert_body(inbox, at, "last");
		ck_assert_int_eq(inbox_count(inbox), at + 1);
	}
	stage_close(stage);
	for (int i = 0; i < TOPICS; i++)
		inbox_free(inboxes[i]);
}
END_TEST

START_TEST(a_fanout_exchange_goes_to_all_and_keeps_the_key)
{
	struct stage *stage = stage_open();
	const char *exchange = stage_exchange(stage, "fanout", WARREN_EXCHANGE_FANOUT);
	const char *names[3] = {"one", "two", "three"};
	struct inbox *inboxes[3];

	for (int i = 0; i < 3; i++) {
		const char *queue =
			i == 1 ? stage_quorum(stage, names[i]) : stage_classic(stage, names[i]);
		stage_bind(stage, exchange, queue, "");
		inboxes[i] = inbox_open(stage, queue, 1, INBOX_ACK);
	}
	ck_assert_confirmed(stage_put(stage, exchange, "any.key", "to all"));
	for (int i = 0; i < 3; i++) {
		inbox_await(inboxes[i], 1);
		ck_assert_body(inboxes[i], 0, "to all");
		ck_assert_str_eq(inboxes[i]->got[0].message.routing_key, "any.key");
		ck_assert_str_eq(inboxes[i]->got[0].message.exchange, exchange);
	}
	stage_close(stage);
	for (int i = 0; i < 3; i++)
		inbox_free(inboxes[i]);
}
END_TEST

START_TEST(two_bindings_that_match_bring_one_copy)
{
	struct stage *stage = stage_open();
	const char *exchange = stage_exchange(stage, "topic", WARREN_EXCHANGE_TOPIC);
	const char *queue = stage_classic(stage, "queue");
	struct inbox *inbox = inbox_open(stage, queue, 10, INBOX_ACK);

	stage_bind(stage, exchange, queue, "a.*");
	stage_bind(stage, exchange, queue, "a.#");
	stage_bind(stage, exchange, queue, "a.#");
	ck_assert_confirmed(stage_put(stage, exchange, "a.b", "once"));
	ck_assert_confirmed(stage_put(stage, exchange, "a", "last"));
	inbox_await(inbox, 2);
	ck_assert_body(inbox, 0, "once");
	ck_assert_body(inbox, 1, "last");
	stage_close(stage);
	inbox_free(inbox);
}
END_TEST

START_TEST(declaring_the_same_again_changes_nothing)
{
	struct stage *stage = stage_open();
	const struct warren_broker_queue args = {
		.name = stage_name(stage, "queue"),
		.kind = WARREN_QUEUE_QUORUM,
		.message_ttl_ms = 60000,
		.expires_ms = 120000,
		.max_length = 10,
		.delivery_limit = 3,
		.reject_publish = true,
		.single_active_consumer = true,
		.dead_letter_exchange = "",
		.dead_letter_at_least_once = true,
	};
	const char *exchange = stage_exchange(stage, "topic", WARREN_EXCHANGE_TOPIC);
	const struct warren_broker_exchange again = {exchange, WARREN_EXCHANGE_TOPIC};
	const struct warren_broker_binding binding = {exchange, args.name, "key"};
	const struct warren_broker_topology topology = {&again, 1, &args, 1, &binding, 1};
	struct inbox *inbox;

	stage_queue(stage, args);
	ck_assert_int_eq(warren_broker_declare(stage->broker, &topology), 0);
	ck_assert_confirmed(stage_put(stage, exchange, "key", "kept"));
	ck_assert_int_eq(warren_broker_declare(stage->broker, &topology), 0);
	ck_assert_int_eq(warren_broker_declare(stage->broker, &topology), 0);
	inbox = inbox_open(stage, args.name, 1, INBOX_ACK);
	ck_assert_confirmed(stage_put(stage, exchange, "key", "after"));
	inbox_await(inbox, 2);
	ck_assert_body(inbox, 0, "kept");
	ck_assert_body(inbox, 1, "after");
	ck_assert_int_eq(stage->downs, 0);
	stage_close(stage);
	inbox_free(inbox);
}
END_TEST

/* ---- what stands otherwise ---- */

/* A quorum queue: TTL, expiry, length, limit, reject, single, dead letters and how. */
#define QUORUM(...) {NULL, WARREN_QUEUE_QUORUM, __VA_ARGS__}
#define FULL QUORUM(60000, 120000, 10, 3, true, true, "", true)

static void declare(struct stage *stage, struct warren_broker_queue args)
{
	const struct warren_broker_topology topology = {.queues = &args, .queue_count = 1};
	ck_assert_int_eq(warren_broker_declare(stage->broker, &topology), 0);
}

/* Whatever stands in the way of one queue, another one is served. */
static void expect_served(struct stage *stage, const char *what)
{
	const char *queue = stage_classic(stage, what);
	struct inbox *inbox = inbox_open(stage, queue, 1, INBOX_ACK);
	ck_assert_confirmed(stage_put(stage, "", queue, "served"));
	inbox_await(inbox, 1);
	ck_assert_int_eq(warren_broker_state(stage->broker), WARREN_BROKER_UP);
	ck_assert_int_eq(stage->downs, 0);
	inbox_cancel(inbox);
	inbox_free(inbox);
}

/* The queue stands as `first`, and is wanted as `second`; each difference is told with both values.
 */
struct otherwise {
	struct warren_broker_queue first, second;
	const char *told[4];
};

static void expect_told(struct stage *stage, const char *queue, const struct otherwise *case_)
{
	char text[1024];
	stage_obstacle_text(stage, queue, text);
	ck_assert_msg(strstr(text, queue) != NULL, "%s", text);
	for (int i = 0; i < 4 && case_->told[i]; i++)
		ck_assert_msg(
			strstr(text, case_->told[i]) != NULL, "no '%s': %s", case_->told[i], text);
}

static const struct otherwise tuned[] = {
	{FULL, QUORUM(5000, 120000, 10, 3, true, true, "", true),
		{"x-message-ttl 60000 where the schema says 5000", "as it stands",
			"delete the queue"}},
	{FULL, QUORUM(0, 120000, 10, 3, true, true, "", true),
		{"x-message-ttl 60000 where the schema says none"}},
	{QUORUM(0, 120000, 10, 3, true, true, "", true), FULL,
		{"x-message-ttl none where the schema says 60000"}},
	{FULL, QUORUM(60000, 120000, 7, 3, true, true, "", true),
		{"x-max-length 10 where the schema says 7"}},
	{FULL, QUORUM(60000, 120000, 10, 20, true, true, "", true),
		{"x-delivery-limit 3 where the schema says 20"}},
	{QUORUM(60000, 120000, 10, 0, true, true, "", true), FULL,
		{"x-delivery-limit none where the schema says 3"}},
	{FULL, QUORUM(60000, 130000, 10, 3, true, true, "", true),
		{"x-expires 120000 where the schema says 130000"}},
	{FULL, QUORUM(70000, 120000, 8, 1000000, true, true, "", true),
		{"x-max-length 10 where the schema says 8",
			"x-message-ttl 60000 where the schema says 70000",
			"x-delivery-limit 3 where the schema says 1000000"}},
	/* More than was asked for. */
	{FULL, QUORUM(60000, 120000, 10, 3, true, false, "", true),
		{"x-single-active-consumer true where the schema says none"}},
	{{.expires_ms = 120000, .reject_publish = true}, {.expires_ms = 120000},
		{"x-overflow reject-publish where the schema says drop-head"}},
};

START_TEST(what_only_tunes_is_used_as_it_stands)
{
	for (size_t i = 0; i < sizeof tuned / sizeof tuned[0]; i++) {
		struct stage *stage = stage_open();
		const char *queue = stage_name(stage, "queue");
		struct warren_broker_queue first = tuned[i].first, second = tuned[i].second;
		struct warren_broker_counters counters;
		first.name = second.name = queue;
		declare(stage, first);
		ck_assert_confirmed(stage_put(stage, "", queue, "before"));
		declare(stage, second);
		stage_await_obstacle(stage, queue, WARREN_OBSTACLE_TUNED);
		expect_told(stage, queue, &tuned[i]);
		struct inbox *inbox = inbox_open(stage, queue, 1, INBOX_ACK);
		inbox_await(inbox, 1);
		ck_assert_confirmed(stage_put(stage, "", queue, "after"));
		inbox_await(inbox, 2);
		warren_broker_counters(stage->broker, &counters);
		ck_assert_uint_eq(counters.obstacles, 1);
		declare(stage, first); /* the schema is taken back */
		stage_await_obstacle(stage, queue, STAGE_NO_OBSTACLE);
		ck_assert_int_eq(stage->downs, 0);
		stage_close(stage);
		inbox_free(inbox);
	}
}
END_TEST

static const struct otherwise broken[] = {
	{QUORUM(60000, 120000, 10, 3, false, true, "", false),
		QUORUM(60000, 120000, 10, 3, true, true, "", false),
		{"x-overflow drop-head where the schema says reject-publish", "not used"}},
	{FULL, QUORUM(60000, 120000, 10, 3, true, true, "elsewhere", true),
		{"x-dead-letter-exchange", "where the schema says elsewhere"}},
	{QUORUM(60000, 120000, 10, 3, true, true, NULL, false), FULL, {"x-dead-letter-"}},
	{QUORUM(60000, 120000, 10, 3, true, true, "", false), FULL,
		{"x-dead-letter-strategy none where the schema says at-least-once"}},
	{QUORUM(60000, 120000, 10, 3, true, false, "", true), FULL,
		{"x-single-active-consumer none where the schema says true"}},
	{{.expires_ms = 120000}, QUORUM(0, 120000, 0, 0, false, false, NULL, false),
		{"x-queue-type classic where the schema says quorum"}},
	{QUORUM(0, 120000, 0, 0, false, false, NULL, false), {.expires_ms = 120000},
		{"x-queue-type quorum where the schema says classic"}},
	/* Behind what only tunes. */
	{QUORUM(1000000, 120000, 3, 3, true, false, "", true), FULL,
		{"x-single-active-consumer none where the schema says true"}},
};

START_TEST(what_breaks_a_promise_is_not_consumed_and_all_else_goes_on)
{
	for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		struct stage *stage = stage_open();
		const char *queue = stage_name(stage, "queue");
		struct warren_broker_queue first = broken[i].first, second = broken[i].second;
		first.name = second.name = queue;
		declare(stage, first);
		ck_assert_confirmed(stage_put(stage, "", queue, "before"));
		declare(stage, second);
		struct inbox *inbox = inbox_open(stage, queue, 1, INBOX_ACK);
		stage_await_obstacle(stage, queue, WARREN_OBSTACLE_BREAKS);
		expect_told(stage, queue, &broken[i]);
		ck_assert_confirmed(stage_put(stage, "", queue, "after")); /* its producers go on */
		expect_served(stage, "other");
		ck_assert_int_eq(inbox_count(inbox), 0);
		declare(stage, first); /* the schema is taken back */
		inbox_await(inbox, 2);
		ck_assert_body(inbox, 0, "before");
		ck_assert_body(inbox, 1, "after");
		stage_await_obstacle(stage, queue, STAGE_NO_OBSTACLE);
		ck_assert_int_eq(stage->downs, 0);
		stage_close(stage);
		inbox_free(inbox);
	}
}
END_TEST

START_TEST(an_exchange_of_another_kind_is_told)
{
	struct stage *stage = stage_open();
	const char *name = stage_exchange(stage, "topic", WARREN_EXCHANGE_TOPIC);
	const struct warren_broker_exchange other = {name, WARREN_EXCHANGE_FANOUT};
	const struct warren_broker_topology topology = {.exchanges = &other, .exchange_count = 1};
	char text[1024];

	expect_served(stage, "before");
	ck_assert_int_eq(warren_broker_declare(stage->broker, &topology), 0);
	stage_await_obstacle(stage, name, WARREN_OBSTACLE_BREAKS);
	stage_obstacle_text(stage, name, text);
	ck_assert_msg(strstr(text, "type topic where the schema says fanout") != NULL, "%s", text);
	expect_served(stage, "other");
	stage_close(stage);
}
END_TEST

START_TEST(a_consumer_waits_for_its_queue)
{
	struct stage *stage = stage_open();
	const char *queue = stage_name(stage, "queue");
	struct inbox *inbox = inbox_open(stage, queue, 1, INBOX_ACK);

	stage_await_obstacle(stage, queue, WARREN_OBSTACLE_MISSING);
	expect_served(stage, "other");
	stage_queue(stage, (struct warren_broker_queue){.name = queue});
	ck_assert_confirmed(stage_put(stage, "", queue, "there"));
	inbox_await(inbox, 1);
	ck_assert_body(inbox, 0, "there");
	stage_await_obstacle(stage, queue, STAGE_NO_OBSTACLE);
	stage_close(stage);
	inbox_free(inbox);
}
END_TEST

START_TEST(a_binding_waits_for_its_exchange)
{
	struct stage *stage = stage_open();
	const char *exchange = stage_name(stage, "exchange");
	const char *queue = stage_classic(stage, "queue");
	const struct warren_broker_exchange args = {exchange, WARREN_EXCHANGE_FANOUT};
	const struct warren_broker_topology topology = {.exchanges = &args, .exchange_count = 1};

	stage_bind(stage, exchange, queue, "");
	stage_await_obstacle(stage, queue, WARREN_OBSTACLE_MISSING);
	expect_served(stage, "other");
	ck_assert_int_eq(warren_broker_declare(stage->broker, &topology), 0);
	ck_assert_confirmed(stage_put(stage, exchange, "", "there"));
	stage_await_obstacle(stage, queue, STAGE_NO_OBSTACLE);
	stage_close(stage);
}
END_TEST

START_TEST(a_queue_that_should_be_gone_is_told_while_it_is_there)
{
	struct stage *stage = stage_open();
	const char *there = stage_classic(stage, "there"), *gone = stage_name(stage, "gone");

	ck_assert_confirmed(stage_put(stage, "", there, "there"));
	ck_assert_int_eq(warren_broker_expect_gone(stage->broker, gone), 0);
	ck_assert_int_eq(warren_broker_expect_gone(stage->broker, there), 0);
	stage_await_obstacle(stage, there, WARREN_OBSTACLE_STALE);
	stage_await_obstacle(stage, gone, STAGE_NO_OBSTACLE);
	expect_served(stage, "other");
	stage_queue(stage, (struct warren_broker_queue){.name = there}); /* it is wanted again */
	stage_await_obstacle(stage, there, STAGE_NO_OBSTACLE);
	ck_assert_int_eq(warren_broker_expect_gone(stage->broker, ""), -EINVAL);
	stage_close(stage);
}
END_TEST

static int declare_queue(struct stage *stage, struct warren_broker_queue args)
{
	const struct warren_broker_topology topology = {.queues = &args, .queue_count = 1};
	return warren_broker_declare(stage->broker, &topology);
}

START_TEST(what_cannot_be_declared_is_refused_at_once)
{
	struct stage *stage = stage_open();
	char long_name[257];
	const struct warren_broker_exchange nameless = {"", WARREN_EXCHANGE_TOPIC};
	const struct warren_broker_topology no_exchange = {
		.exchanges = &nameless, .exchange_count = 1};
	const struct warren_broker_binding half = {"exchange", "queue", NULL};
	const struct warren_broker_topology no_key = {.bindings = &half, .binding_count = 1};
	uint64_t id = 7;

	memset(long_name, 'q', 256);
	long_name[256] = '\0';
	ck_assert_int_eq(warren_broker_declare(stage->broker, &no_exchange), -EINVAL);
	ck_assert_int_eq(warren_broker_declare(stage->broker, &no_key), -EINVAL);
	ck_assert_int_eq(declare_queue(stage, (struct warren_broker_queue){.name = ""}), -EINVAL);
	ck_assert_int_eq(declare_queue(stage, (struct warren_broker_queue){.name = NULL}), -EINVAL);
	ck_assert_int_eq(
		declare_queue(stage, (struct warren_broker_queue){.name = long_name}), -EINVAL);
	ck_assert_int_eq(declare_queue(stage,
				 (struct warren_broker_queue){.name = "q", .delivery_limit = 3}),
		-EINVAL);
	ck_assert_int_eq(declare_queue(stage, (struct warren_broker_queue){.name = "q",
						      .kind = WARREN_QUEUE_QUORUM,
						      .dead_letter_exchange = "",
						      .dead_letter_at_least_once = true}),
		-EINVAL);
	ck_assert_int_eq(warren_broker_consume(stage->broker, "", 1, NULL, NULL, &id), -EINVAL);
	ck_assert_int_eq(
		warren_broker_consume(stage->broker, long_name, 1, NULL, NULL, &id), -EINVAL);
	ck_assert_uint_eq(id, 7);
	ck_assert_int_eq(stage->downs, 0);
	stage_close(stage);
}
END_TEST

TCase *topology_case(void)
{
	TCase *tcase = tcase_create("topology");

	tcase_add_test(tcase, the_default_exchange_goes_to_the_queue_named);
	tcase_add_test(tcase, a_topic_exchange_matches_words);
	tcase_add_test(tcase, a_fanout_exchange_goes_to_all_and_keeps_the_key);
	tcase_add_test(tcase, two_bindings_that_match_bring_one_copy);
	tcase_add_test(tcase, declaring_the_same_again_changes_nothing);
	tcase_add_test(tcase, what_only_tunes_is_used_as_it_stands);
	tcase_add_test(tcase, what_breaks_a_promise_is_not_consumed_and_all_else_goes_on);
	tcase_add_test(tcase, an_exchange_of_another_kind_is_told);
	tcase_add_test(tcase, a_consumer_waits_for_its_queue);
	tcase_add_test(tcase, a_binding_waits_for_its_exchange);
	tcase_add_test(tcase, a_queue_that_should_be_gone_is_told_while_it_is_there);
	tcase_add_test(tcase, what_cannot_be_declared_is_refused_at_once);
	return tcase;
}
