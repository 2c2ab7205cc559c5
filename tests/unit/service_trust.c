/* Who is believed: accounts against what the schema says. */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "service/trust.h"
#include "service/wire.h"
#include "service_world.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- BROKER_TRUST ---- */

static const struct {
	const char *text;
	bool everybody;
	size_t believed;
} good_texts[] = {
	{"all", true, 0}, {" all ", true, 0}, {"accounts", false, 0}, {"accounts,alice", false, 1},
	{" accounts , alice ,bob", false, 2},
	{"accounts,all", false, 1}, /* an account of that name */
};

START_TEST(a_setting_is_read)
{
	struct warren_trust_rules rules = {0};
	struct warren_error error;
	ck_assert_int_eq(warren_trust_read(good_texts[_i].text, &rules, &error), 0);
	ck_assert_int_eq(rules.everybody, good_texts[_i].everybody);
	ck_assert_uint_eq(rules.believed_count, good_texts[_i].believed);
	warren_trust_rules_free(&rules);
}
END_TEST

static const char *const bad_texts[] = {"", ",", "ALL", "all,alice", "alice", "alice,accounts",
	"accounts,", "accounts,,bob", "accounts, ,bob", "account", "accounts alice"};

START_TEST(a_setting_that_is_none_is_refused)
{
	struct warren_trust_rules rules = {.believed_count = 7};
	struct warren_error error;
	ck_assert_int_eq(warren_trust_read(bad_texts[_i], &rules, &error), -EINVAL);
	ck_assert_uint_eq(rules.believed_count, 7);
	ck_assert_ptr_nonnull(strstr(error.message, "BROKER_TRUST"));
	ck_assert_ptr_nonnull(strstr(error.message, "accounts"));
}
END_TEST

static const struct warren_service lone = {.system = "sys", .name = "worker"};
static const struct warren_service second = {.system = "sys", .name = "gate"};
static const struct warren_service *const one_service[] = {&lone};
static const struct warren_service *const two_services[] = {&lone, &second};

static const struct {
	const char *account, *trust, *system, *why; /* why NULL: it may start */
	size_t services;
} own_accounts[] = {
	{"sys.worker", "accounts", "sys", NULL, 1},
	{"sys.gate", "accounts", "sys", "sys.worker", 1},
	{"guest", "accounts", "sys", "sys.worker", 1},
	{"sys.worker", "accounts", "sys-stage", "sys-stage.worker", 1},
	{"sys-stage.worker", "accounts", "sys-stage", NULL, 1},
	{"guest", "all", "sys", NULL, 1},
	{"guest", "accounts,guest", "sys", NULL, 1},
	{"guest", "accounts,gues", "sys", "BROKER_TRUST=all", 1},
	{"sys.gate", "accounts", "sys", NULL, 2},
	{"guest", "accounts", "sys", "BROKER_TRUST=accounts,guest", 2},
	{"guest", "accounts,guest", "sys", NULL, 2},
};

START_TEST(a_start_with_an_account_that_nobody_believes_is_refused)
{
	struct warren_trust_rules rules = {.account = own_accounts[_i].account,
		.services = own_accounts[_i].services == 1 ? one_service : two_services,
		.service_count = own_accounts[_i].services};
	struct warren_error error;
	char why[WARREN_TRUST_WHY_SIZE] = "";
	ck_assert_int_eq(warren_trust_read(own_accounts[_i].trust, &rules, &error), 0);
	int rc = warren_trust_check_own(&rules, own_accounts[_i].system, why);
	ck_assert_int_eq(rc, own_accounts[_i].why ? -EACCES : 0);
	ck_assert_msg(!own_accounts[_i].why || strstr(why, own_accounts[_i].why), "%s", why);
	ck_assert(!own_accounts[_i].why || strstr(why, own_accounts[_i].account));
	warren_trust_rules_free(&rules);
}
END_TEST

/* ---- a worker that counts what it handles ---- */

static atomic_int handled;
static int retries;

static int on_ask(struct warren_ctx *ctx, const void *message, void *worker)
{
	(void)message;
	(void)worker;
	atomic_fetch_add(&handled, 1);
	if ((int)ctx->attempt <= retries)
		return note_retry(ctx, "not yet");
	return warren_reply(ctx, &(struct note){.text = "true"});
}

static int on_hint(struct warren_ctx *ctx, const void *message, void *worker)
{
	(void)ctx;
	(void)message;
	(void)worker;
	atomic_fetch_add(&handled, 1);
	return 0;
}

static const struct warren_handler handlers[] = {
	{.event = &ask_event,
		.queue = &worker_ask,
		.handle = on_ask,
		.replies = true,
		.prefetch = 8,
		.max_attempts = 4,
		SYS_WAITS(100, 200, 400)},
	{.event = &hint_event, .queue = &worker_hint, .handle = on_hint, .max_attempts = 1},
};
static const struct warren_service worker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "worker",
	.handlers = handlers,
	.handler_count = 2};
static const struct warren_service *const worker_alone[] = {&worker_service};

static const struct warren_event *const gate_publishes[] = {&ask_event};
static const struct warren_service gate_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &gate_topology,
	.name = "gate",
	.publishes = gate_publishes,
	.publish_count = 1};
static const struct warren_service *const gate_alone[] = {&gate_service};
static const struct warren_service *const both[] = {&gate_service, &worker_service};

/* What lies where forged and answered messages go. */
static struct {
	int count;
	char reason[32], account[300], queue[64], type[64];
} caught;

static void on_caught(const struct warren_broker_delivery *delivery, void *data)
{
	const struct warren_broker_message *message = &delivery->message;
	const char *reason = warren_broker_header_text(message, WARREN_HEADER_REASON);
	const char *account = warren_broker_header_text(message, WARREN_HEADER_ACCOUNT);
	(void)data;
	caught.count++;
	snprintf(caught.reason, sizeof caught.reason, "%s", reason ? reason : "");
	snprintf(caught.account, sizeof caught.account, "%s", account ? account : "");
	snprintf(caught.queue, sizeof caught.queue, "%s", delivery->queue);
	snprintf(caught.type, sizeof caught.type, "%s", message->type);
}

static void catch_from(const char *queue)
{
	uint64_t id;
	ck_assert_int_eq(
		warren_broker_consume(world.rest.broker, queue, 0, on_caught, NULL, &id), 0);
}

static void catch_answers(void)
{
	const struct warren_broker_topology topology = {
		.queues = &(struct warren_broker_queue){.name = "answers"}, .queue_count = 1};
	ck_assert_int_eq(warren_broker_declare(world.rest.broker, &topology), 0);
	catch_from("answers");
}

static struct warren_instance *add(const struct warren_service *service,
	const struct warren_trust_rules *rules, const char *suffix)
{
	handled = 0;
	retries = 0;
	memset(&caught, 0, sizeof caught);
	return world_add_with(
		service, (struct warren_instance_options){.trust = rules, .system_suffix = suffix});
}

static struct warren_instance *add_worker(const struct warren_trust_rules *rules)
{
	return add(&worker_service, rules, NULL);
}

/* Publishes to one of worker's queues as an account; `first` is the header warren-account. */
static void say_as(const char *account, const char *queue, const char *type, const char *first,
	const struct warren_broker_header *more)
{
	struct warren_broker_header headers[2] = {{.name = WARREN_HEADER_ACCOUNT, .text = first}};
	size_t count = first ? 1 : 0;
	if (more)
		headers[count++] = *more;
	const struct warren_broker_message message = {
		.exchange = "",
		.routing_key = queue,
		.type = type,
		.message_id = "m-1",
		.correlation_id = "c-1",
		.reply_to = "answers",
		.content_type = WARREN_WIRE_JSON,
		.headers = headers,
		.header_count = count,
		.body = (const uint8_t *)"{\"text\":\"hello\"}",
		.body_len = 16,
		.persistent = true,
	};
	ck_assert_int_eq(
		warren_broker_memory_publish_as(world.rest.broker, account, &message, NULL, NULL),
		0);
	world_rest();
}

static struct warren_trust_rules rules_of(const char *account,
	const struct warren_service *const *services, size_t count, const char *trust)
{
	struct warren_trust_rules rules = {
		.account = account, .services = services, .service_count = count};
	struct warren_error error;
	ck_assert_int_eq(warren_trust_read(trust, &rules, &error), 0);
	return rules;
}

/* ---- events ---- */

static const struct {
	const char *account, *first, *trust;
	bool believed;
} said[] = {
	{"sys.gate", NULL, "accounts", true},
	{"sys.relay", NULL, "accounts", true},
	{"sys.other", NULL, "accounts", false},
	{"sys.worker", NULL, "accounts", false}, /* our own, which does not produce it */
	{"", NULL, "accounts", false},
	{"", NULL, "accounts,guest", false},
	{"guest", NULL, "accounts", false},
	{"guest", NULL, "accounts,alice,guest", true},
	{"gues", NULL, "accounts,guest", false},
	{"gate", NULL, "accounts", false},
	{"sys.gat", NULL, "accounts", false},
	{"sys.gate2", NULL, "accounts", false},
	{"sys.gate.x", NULL, "accounts", false},
	{"sys..gate", NULL, "accounts", false},
	{"sys_gate", NULL, "accounts", false},
	{"SYS.gate", NULL, "accounts", false},
	{"sys-stage.gate", NULL, "accounts", false},
	{"guest", NULL, "all", true},
	{"", NULL, "all", true},
	/* What comes again carries our own account and the first one. */
	{"sys.worker", "sys.gate", "accounts", true},
	{"sys.worker", "sys.other", "accounts", false},
	{"sys.worker", "sys.worker", "accounts", false},
	{"sys.worker", "", "accounts", false},
	{"sys.worker", "alice", "accounts,alice", true},
	/* Anybody can write the header. */
	{"sys.other", "sys.gate", "accounts", false},
	{"guest", "sys.gate", "accounts", false},
	{"", "sys.gate", "accounts", false},
	{"sys.gate", "sys.other", "accounts", true},
};

START_TEST(an_event_is_believed_from_its_producers_alone)
{
	struct warren_trust_rules rules = rules_of("sys.worker", worker_alone, 1, said[_i].trust);
	struct warren_instance *worker = add_worker(&rules);
	catch_from("sys.worker.dead");
	say_as(said[_i].account, "sys.worker.ask", "ask", said[_i].first, NULL);
	bool believed = said[_i].believed;
	ck_assert_int_eq(handled, believed ? 1 : 0);
	ck_assert_uint_eq(world_counters(worker).forged, believed ? 0 : 1);
	ck_assert_uint_eq(world_counters(worker).parked, believed ? 0 : 1);
	ck_assert_int_eq(caught.count, believed ? 0 : 1);
	if (!believed) {
		bool is_own = strcmp(said[_i].account, "sys.worker") == 0;
		ck_assert_str_eq(caught.reason, "forged");
		ck_assert_str_eq(caught.account,
			is_own && said[_i].first ? said[_i].first : said[_i].account);
	}
	warren_trust_rules_free(&rules);
}
END_TEST

START_TEST(a_forger_gets_no_answer)
{
	struct warren_trust_rules rules = rules_of("sys.worker", worker_alone, 1, "accounts");
	add_worker(&rules);
	catch_answers();
	say_as("sys.other", "sys.worker.ask", "ask", NULL, NULL);
	ck_assert_int_eq(caught.count, 0);
	say_as("sys.gate", "sys.worker.ask", "ask", NULL, NULL);
	ck_assert_int_eq(caught.count, 1);
	ck_assert_str_eq(caught.type, "answer");
	warren_trust_rules_free(&rules);
}
END_TEST

START_TEST(a_forged_id_does_not_stand_for_the_true_one)
{
	struct warren_trust_rules rules = rules_of("sys.worker", worker_alone, 1, "accounts");
	const struct warren_broker_header once = {.name = WARREN_HEADER_ONCE, .text = "digest"};
	struct warren_instance *worker = add_worker(&rules);
	say_as("sys.other", "sys.worker.ask", "ask", NULL, &once);
	ck_assert_int_eq(handled, 0);
	say_as("sys.gate", "sys.worker.ask", "ask", NULL, &once);
	ck_assert_int_eq(handled, 1);
	ck_assert_uint_eq(world_counters(worker).repeated, 0);
	warren_trust_rules_free(&rules);
}
END_TEST

START_TEST(what_comes_down_the_ladder_is_the_first_ones_still)
{
	/* What the worker publishes again carries the broker's own account. */
	struct warren_trust_rules rules =
		rules_of(warren_broker_account(world.rest.broker), worker_alone, 1, "accounts");
	struct warren_instance *worker = add_worker(&rules);
	catch_from("sys.worker.dead");
	retries = 3;
	say_as("sys.gate", "sys.worker.ask", "ask", "sys.other", NULL);
	for (int i = 0; i < 20; i++)
		world_advance(100);
	ck_assert_int_eq(handled, 4);
	ck_assert_uint_eq(world_counters(worker).retried, 3);
	ck_assert_uint_eq(world_counters(worker).forged, 0);
	ck_assert_int_eq(caught.count, 0);
	retries = 4;
	say_as("sys.gate", "sys.worker.ask", "ask", NULL, NULL);
	for (int i = 0; i < 20; i++)
		world_advance(100);
	ck_assert_int_eq(handled, 8);
	ck_assert_uint_eq(world_counters(worker).forged, 0);
	warren_trust_rules_free(&rules);
}
END_TEST

START_TEST(at_most_once_what_is_forged_is_dropped_and_counted)
{
	struct warren_trust_rules rules = rules_of("sys.worker", worker_alone, 1, "accounts");
	struct warren_instance *worker = add_worker(&rules);
	catch_from("sys.worker.dead");
	say_as("sys.other", "sys.worker.hint", "hint", NULL, NULL);
	ck_assert_int_eq(handled, 0);
	ck_assert_uint_eq(world_counters(worker).forged, 1);
	ck_assert_int_eq(caught.count, 0);
	say_as("sys.gate", "sys.worker.hint", "hint", NULL, NULL);
	ck_assert_int_eq(handled, 1);
	warren_trust_rules_free(&rules);
}
END_TEST

START_TEST(a_stage_has_accounts_of_its_own)
{
	struct warren_trust_rules rules = rules_of("sys-stage.worker", worker_alone, 1, "accounts");
	struct warren_instance *worker = add(&worker_service, &rules, "-stage");
	say_as("sys.gate", "sys-stage.worker.ask", "ask", NULL, NULL);
	ck_assert_int_eq(handled, 0);
	ck_assert_uint_eq(world_counters(worker).forged, 1);
	say_as("sys-stage.gate", "sys-stage.worker.ask", "ask", NULL, NULL);
	ck_assert_int_eq(handled, 1);
	warren_trust_rules_free(&rules);
}
END_TEST

START_TEST(one_account_of_several_services_stands_for_each_of_them)
{
	struct warren_trust_rules rules = rules_of("sys.gate", both, 2, "accounts");
	struct warren_instance *worker = add_worker(&rules);
	say_as("sys.gate", "sys.worker.ask", "ask", NULL, NULL);
	ck_assert_int_eq(handled, 1);
	say_as("sys.relay", "sys.worker.ask", "ask", NULL, NULL); /* another process's */
	ck_assert_int_eq(handled, 2);
	say_as("sys.other", "sys.worker.ask", "ask", NULL, NULL);
	ck_assert_int_eq(handled, 2);
	ck_assert_uint_eq(world_counters(worker).forged, 1);
	warren_trust_rules_free(&rules);
}
END_TEST

/* ---- replies ---- */

static struct {
	int answers;
	enum warren_code code;
	char text[32];
} heard;

static void on_answer(struct warren_ctx *ctx, const void *reply, const struct warren_error *error,
	warren_any_fn fn, void *data)
{
	(void)ctx;
	(void)fn;
	(void)data;
	heard.answers++;
	heard.code = error ? error->code : WARREN_OK;
	if (reply)
		snprintf(heard.text, sizeof heard.text, "%s", ((const struct note *)reply)->text);
}

/* Stands where worker is. */
static char asked_id[64], asked_to[300];

static void on_asked(const struct warren_broker_delivery *delivery, void *data)
{
	(void)data;
	snprintf(asked_id, sizeof asked_id, "%s", delivery->message.correlation_id);
	snprintf(asked_to, sizeof asked_to, "%s", delivery->message.reply_to);
}

static void answer_as(const char *account, const char *type, const char *body)
{
	const struct warren_broker_message message = {
		.exchange = "",
		.routing_key = asked_to,
		.type = type,
		.correlation_id = asked_id,
		.content_type = WARREN_WIRE_JSON,
		.body = (const uint8_t *)body,
		.body_len = strlen(body),
	};
	ck_assert_int_eq(
		warren_broker_memory_publish_as(world.rest.broker, account, &message, NULL, NULL),
		0);
	world_rest();
}

START_TEST(a_reply_is_believed_from_the_one_who_was_asked_alone)
{
	static const char *const forgers[] = {
		"sys.other", "sys.relay", "sys.gate", "guest", "", "sys.worker2"};
	struct warren_trust_rules rules = rules_of("sys.gate", gate_alone, 1, "accounts");
	struct warren_instance *gate = add(&gate_service, &rules, NULL);
	uint64_t id;
	memset(&heard, 0, sizeof heard);
	world_rest();
	ck_assert_int_eq(
		warren_broker_consume(world.rest.broker, "sys.worker.ask", 1, on_asked, NULL, &id),
		0);
	ck_assert_int_eq(warren_request(warren_root(gate), &ask_event, &(struct note){.text = "?"},
				 on_answer, NULL, NULL),
		0);
	world_rest();
	for (size_t i = 0; i < COUNT(forgers); i++) {
		answer_as(forgers[i], "answer", "{\"text\":\"false\"}");
		answer_as(forgers[i], WARREN_WIRE_ERROR, "{\"code\":\"forbidden\"}");
		ck_assert_int_eq(heard.answers, 0);
		ck_assert_uint_eq(world_counters(gate).forged, 2 * (i + 1));
	}
	answer_as("sys.worker", "answer", "{\"text\":\"true\"}");
	ck_assert_int_eq(heard.answers, 1);
	ck_assert_int_eq(heard.code, WARREN_OK);
	ck_assert_str_eq(heard.text, "true");
	ck_assert_uint_eq(world_counters(gate).replies_late, 0);
	warren_trust_rules_free(&rules);
}
END_TEST

/* ---- to browsers ---- */

START_TEST(what_is_for_browsers_is_judged_by_what_it_is)
{
	static const char *const services[] = {"gate", "worker"};
	static const struct warren_service edge = {.api = WARREN_API,
		.system = "sys",
		.topology = &gate_topology,
		.name = "gate",
		.services = services,
		.service_count = 2};
	static const struct {
		const char *account;
		bool push, control, own;
	} rows[] = {
		{"sys.worker", true, true, false},
		{"sys.gate", false, true, true},
		{"sys.other", false, false, false},
		{"guest", false, false, false},
		{"", false, false, false},
	};
	struct warren_trust_rules rules = rules_of("sys.gate", gate_alone, 1, "accounts");
	const struct warren_instance *gate = add(&edge, &rules, NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct warren_broker_message message = {.user_id = rows[i].account};
		enum warren_trust push = warren_trust_push(gate, &notice_event, &message),
				  control = warren_trust_control(gate, &message),
				  own = warren_trust_own(gate, &message);
		ck_assert_int_eq(push == WARREN_TRUST_GOOD, rows[i].push);
		ck_assert_int_eq(control == WARREN_TRUST_GOOD, rows[i].control);
		ck_assert_int_eq(own == WARREN_TRUST_GOOD, rows[i].own);
	}
	warren_trust_rules_free(&rules);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_forger_gets_no_answer,
		a_forged_id_does_not_stand_for_the_true_one,
		what_comes_down_the_ladder_is_the_first_ones_still,
		at_most_once_what_is_forged_is_dropped_and_counted,
		a_stage_has_accounts_of_its_own,
		one_account_of_several_services_stands_for_each_of_them,
		a_reply_is_believed_from_the_one_who_was_asked_alone,
		what_is_for_browsers_is_judged_by_what_it_is,
	};
	const struct world_loop loops[] = {
		{a_setting_is_read, (int)COUNT(good_texts)},
		{a_setting_that_is_none_is_refused, (int)COUNT(bad_texts)},
		{a_start_with_an_account_that_nobody_believes_is_refused, (int)COUNT(own_accounts)},
		{an_event_is_believed_from_its_producers_alone, (int)COUNT(said)},
	};
	return world_main_with("service_trust", tests, COUNT(tests), loops, COUNT(loops));
}
