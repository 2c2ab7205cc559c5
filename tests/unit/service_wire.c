/* What goes over the broker: properties, headers, errors, and what is declared for it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/topology.h"
#include "service/wire.h"
#include "service_fixture.h"

/* ---- traces and errors ---- */

START_TEST(a_trace_goes_on_with_a_new_span)
{
	const char *parent = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-00";
	char trace[WARREN_TRACE_SIZE], other[WARREN_TRACE_SIZE];
	warren_wire_trace(trace, parent);
	ck_assert_int_eq(strncmp(trace, parent, 36), 0);
	ck_assert_int_ne(strncmp(trace + 36, parent + 36, 16), 0);
	ck_assert_str_eq(trace + 52, "-00");
	const char *none[] = {"", "nonsense",
		"00-0123456789ABCDEF0123456789abcdef-0123456789abcdef-00",
		"00-0123456789abcdef0123456789abcdef+0123456789abcdef-00"};
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		warren_wire_trace(trace, none[i]);
		warren_wire_trace(other, trace);
		ck_assert_uint_eq(strlen(trace), WARREN_TRACE_SIZE - 1);
		ck_assert_int_ne(strncmp(trace, parent, 36), 0);
		ck_assert_int_eq(strncmp(trace, other, 36), 0); /* it is one: it goes on */
	}
}
END_TEST

static struct warren_error read_error(const char *json)
{
	struct warren_arena *arena = warren_arena_open(1 << 16);
	struct warren_error error;
	warren_wire_error_read(
		(struct warren_bytes){.data = (const uint8_t *)json, .len = strlen(json)}, arena,
		&error);
	warren_arena_close(arena);
	return error;
}

START_TEST(an_error_survives_the_way)
{
	struct warren_arena *arena = warren_arena_open(1 << 16);
	struct warren_error error, back;
	struct warren_bytes body;
	warren_error_set(&error, WARREN_RATE_LIMITED, "items[2].name", "slow \"down\", Zoë");
	error.retry_after_ms = 250;
	ck_assert_int_eq(warren_wire_error_write(&error, arena, &body), 0);
	warren_wire_error_read(body, arena, &back);
	warren_arena_close(arena);
	ck_assert_int_eq(back.code, error.code);
	ck_assert_str_eq(back.message, error.message);
	ck_assert_str_eq(back.field, error.field);
	ck_assert_uint_eq(back.retry_after_ms, 250);
}
END_TEST

START_TEST(an_error_from_elsewhere_is_read_with_care)
{
	struct warren_error error =
		read_error("{\"code\":\"not_found\",\"message\":\"x\",\"more\":{\"a\":[1]}}");
	ck_assert_int_eq(error.code, WARREN_NOT_FOUND);
	ck_assert_str_eq(error.message, "x");
	const char *bad[] = {"", "[]", "{", "{\"code\":\"not_found\"", "{\"code\":7}",
		"{\"code\":\"not_found\"} x", "{}", "{\"retry_after_ms\":\"soon\"}",
		"{\"code\":\"unheard_of\"}"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		error = read_error(bad[i]);
		ck_assert_int_eq(error.code, WARREN_INTERNAL);
	}
	char *long_text = NULL;
	ck_assert_int_gt(
		asprintf(&long_text,
			"{\"code\":\"internal\",\"field\":\"%0500d\",\"message\":\"%0500d\"}", 0,
			0),
		0);
	error = read_error(long_text);
	free(long_text);
	ck_assert_uint_eq(strlen(error.message), WARREN_ERROR_MESSAGE_MAX - 1);
	ck_assert_uint_eq(strlen(error.field), WARREN_ERROR_FIELD_MAX - 1);
}
END_TEST

START_TEST(a_context_is_read_with_care)
{
	char user[300];
	memset(user, 'u', sizeof user - 1);
	user[sizeof user - 1] = '\0';
	const struct warren_broker_header headers[] = {
		{.name = "warren-user", .text = user},
		{.name = "warren-socket", .number = 7},
		{.name = "warren-attempt", .number = -3},
		{.name = "warren-deadline", .number = -1},
		{.name = "traceparent", .text = "nonsense"},
	};
	const struct warren_broker_message message = {
		.message_id = "m", .correlation_id = "c", .headers = headers, .header_count = 5};
	struct warren_ctx ctx = {0};
	warren_wire_context(&message, &ctx);
	ck_assert_str_eq(ctx.message_id, "m");
	ck_assert_str_eq(ctx.user, "");
	ck_assert_str_eq(ctx.socket, "");
	ck_assert_str_eq(ctx.traceparent, "");
	ck_assert_uint_eq(ctx.attempt, 1);
	ck_assert_int_eq(ctx.deadline_ms, 0);
}
END_TEST

START_TEST(a_copy_replaces_headers_and_keeps_the_rest)
{
	struct warren_broker_header headers[WARREN_BROKER_HEADERS_MAX];
	char names[WARREN_BROKER_HEADERS_MAX][16];
	for (int i = 0; i < WARREN_BROKER_HEADERS_MAX; i++) {
		snprintf(names[i], sizeof names[i], "h%d", i);
		headers[i] = (struct warren_broker_header){.name = names[i], .text = "x"};
	}
	headers[3] = (struct warren_broker_header){.name = "warren-attempt", .number = 1};
	struct warren_broker_message message = {.type = "fact",
		.message_id = "m",
		.headers = headers,
		.header_count = WARREN_BROKER_HEADERS_MAX};
	struct warren_outgoing out;
	warren_wire_again(&out, &message);
	warren_wire_number(&out, "warren-attempt", 2);
	const char *added[] = {"warren-reason", "warren-code", "warren-error", "warren-queue"};
	for (size_t i = 0; i < 4; i++)
		warren_wire_text(&out, added[i], "why");
	ck_assert_uint_le(out.message.header_count, WARREN_BROKER_HEADERS_MAX);
	ck_assert_int_eq(warren_broker_header_number(&out.message, "warren-attempt", 0), 2);
	for (size_t i = 0; i < 4; i++)
		ck_assert_str_eq(warren_broker_header_text(&out.message, added[i]), "why");
	ck_assert_str_eq(out.message.message_id, "m");
}
END_TEST

/* ---- topology ---- */

/* A broker that writes down what is declared, a line each. */
static char lines[8192];

static int write_down(struct warren_broker *broker, const struct warren_broker_topology *topology)
{
	(void)broker;
	size_t len = 0;
	for (size_t i = 0; i < topology->exchange_count; i++)
		len += (size_t)snprintf(lines + len, sizeof lines - len, "exchange %s %s\n",
			topology->exchanges[i].name,
			topology->exchanges[i].kind == WARREN_EXCHANGE_TOPIC ? "topic" : "fanout");
	for (size_t i = 0; i < topology->queue_count; i++) {
		const struct warren_broker_queue *q = &topology->queues[i];
		len += (size_t)snprintf(lines + len, sizeof lines - len,
			"queue %s %s ttl=%u expires=%u max=%u limit=%u%s%s%s%s%s\n", q->name,
			q->kind == WARREN_QUEUE_QUORUM ? "quorum" : "classic", q->message_ttl_ms,
			q->expires_ms, q->max_length, q->delivery_limit,
			q->reject_publish ? " reject" : "",
			q->dead_letter_at_least_once ? " at-least-once" : "",
			q->single_active_consumer ? " single" : "",
			q->dead_letter_exchange ? " dlx=" : "",
			q->dead_letter_exchange ? q->dead_letter_exchange : "");
	}
	for (size_t i = 0; i < topology->binding_count; i++)
		len += (size_t)snprintf(lines + len, sizeof lines - len, "bind %s -> %s [%s]\n",
			topology->bindings[i].exchange, topology->bindings[i].queue,
			topology->bindings[i].routing_key);
	ck_assert_uint_lt(len, sizeof lines);
	return 0;
}

static const struct warren_broker_ops ops = {.declare = write_down};

/* With an instance queue if `id` is not NULL. */
static const char *declared_with(
	const struct warren_service *service, const char *id, struct warren_instance_care care)
{
	struct warren_broker broker = {.ops = &ops};
	struct warren_instance instance = {.service = service, .broker = &broker, .care = care};
	char queue[WARREN_NAME_SIZE];
	warren_names_init(&instance);
	if (id)
		instance.queue = (char *)warren_name_instance(queue, &instance, id);
	lines[0] = '\0';
	ck_assert_int_eq(warren_topology_declare(&instance), 0);
	return lines;
}

static const char *declared(const struct warren_service *service, const char *id)
{
	return declared_with(service, id, (struct warren_instance_care){0});
}

START_TEST(a_consumer_declares_its_queue_and_its_ladder)
{
	const struct warren_handler handlers[] = {
		{.event = &ask_event,
			.queue = &worker_ask,
			.max_attempts = 5,
			.backoff_ms = 200,
			.backoff_max_ms = 1000},
		{.event = &hint_event, .queue = &worker_hint, .max_attempts = 1},
	};
	const struct warren_service service = {
		.system = "sys", .name = "worker", .handlers = handlers, .handler_count = 2};
	ck_assert_str_eq(declared(&service, NULL),
		"exchange sys topic\n"
		"exchange sys.worker.dead fanout\n"
		"exchange sys.wait.100 fanout\n"
		"exchange sys.wait.200 fanout\n"
		"exchange sys.wait.400 fanout\n"
		"exchange sys.wait.800 fanout\n"
		"queue sys.worker.dead quorum ttl=0 expires=0 max=0 limit=0\n"
		"queue sys.worker.ask quorum ttl=0 expires=0 max=0 limit=20 reject at-least-once "
		"dlx=sys.worker.dead\n"
		"queue sys.wait.100 quorum ttl=100 expires=0 max=0 limit=0 reject at-least-once "
		"dlx=\n"
		"queue sys.wait.200 quorum ttl=200 expires=0 max=0 limit=0 reject at-least-once "
		"dlx=\n"
		"queue sys.wait.400 quorum ttl=400 expires=0 max=0 limit=0 reject at-least-once "
		"dlx=\n"
		"queue sys.wait.800 quorum ttl=800 expires=0 max=0 limit=0 reject at-least-once "
		"dlx=\n"
		"queue sys.worker.quarantine quorum ttl=0 expires=0 max=0 limit=20 reject "
		"at-least-once single dlx=sys.worker.dead\n"
		"queue sys.worker.hint classic ttl=0 expires=0 max=0 limit=0\n"
		"bind sys.worker.dead -> sys.worker.dead []\n"
		"bind sys -> sys.worker.ask [ask.*]\n"
		"bind sys.wait.100 -> sys.wait.100 []\n"
		"bind sys.wait.200 -> sys.wait.200 []\n"
		"bind sys.wait.400 -> sys.wait.400 []\n"
		"bind sys.wait.800 -> sys.wait.800 []\n"
		"bind sys -> sys.worker.hint [hint.*]\n");
}
END_TEST

START_TEST(a_producer_declares_all_that_takes_it)
{
	const struct warren_event *const publishes[] = {&fact_event, &notice_event};
	const struct warren_service service = {
		.system = "sys", .name = "asker", .publishes = publishes, .publish_count = 2};
	ck_assert_str_eq(declared(&service, "abc"),
		"exchange sys topic\n"
		"exchange sys.worker.dead fanout\n"
		"exchange sys.other.dead fanout\n"
		"exchange sys.gate fanout\n"
		"queue sys.worker.dead quorum ttl=0 expires=0 max=0 limit=0\n"
		"queue sys.worker.fact quorum ttl=0 expires=0 max=0 limit=20 reject at-least-once "
		"dlx=sys.worker.dead\n"
		"queue sys.other.dead quorum ttl=0 expires=0 max=0 limit=0\n"
		"queue sys.other.fact quorum ttl=0 expires=0 max=0 limit=20 reject at-least-once "
		"dlx=sys.other.dead\n"
		"queue sys.asker.abc classic ttl=0 expires=60000 max=0 limit=0\n"
		"bind sys.worker.dead -> sys.worker.dead []\n"
		"bind sys -> sys.worker.fact [fact.*]\n"
		"bind sys.other.dead -> sys.other.dead []\n"
		"bind sys -> sys.other.fact [fact.*]\n");
}
END_TEST

/* Whom control reaches is there before it is. */
START_TEST(a_service_declares_the_way_to_every_edge)
{
	const char *const edges[] = {"gate", "door"};
	const struct warren_service service = {
		.system = "sys", .name = "clock", .edges = edges, .edge_count = 2};
	ck_assert_str_eq(declared(&service, NULL), "exchange sys topic\n"
						   "exchange sys.gate fanout\n"
						   "exchange sys.door fanout\n");
}
END_TEST

START_TEST(an_edge_says_where_others_find_what_it_left)
{
	const struct warren_extension extension = {.name = "test"};
	const struct warren_service service = {
		.system = "sys", .name = "gate", .extension = &extension};
	const struct warren_instance_care care = {.prefetch = 7, .wait_ms = 900};
	ck_assert_str_eq(declared(&service, "abc"),
		"exchange sys topic\n"
		"exchange sys.gate fanout\n"
		"queue sys.gate.abc classic ttl=0 expires=60000 max=0 limit=0\n"
		"bind sys.gate -> sys.gate.abc []\n");
	ck_assert_str_eq(declared_with(&service, "abc", care),
		"exchange sys topic\n"
		"exchange sys.gate.lost fanout\n"
		"exchange sys.gate fanout\n"
		"queue sys.gate.lost quorum ttl=0 expires=0 max=0 limit=0\n"
		"queue sys.gate.abc classic ttl=900 expires=60000 max=0 limit=0 dlx=sys.gate.lost\n"
		"bind sys.gate.lost -> sys.gate.lost []\n"
		"bind sys.gate -> sys.gate.abc []\n");
}
END_TEST

/* Stages that share a vhost: the suffix stands behind the system in every name. */
START_TEST(a_suffix_is_in_every_name)
{
	const struct warren_handler handlers[] = {{.event = &ask_event,
		.queue = &worker_ask,
		.max_attempts = 2,
		.backoff_ms = 200,
		.backoff_max_ms = 1000}};
	const struct warren_event *const publishes[] = {&fact_event, &notice_event};
	const char *const edges[] = {"gate"};
	const struct warren_extension extension = {.name = "test"};
	const struct warren_service service = {.system = "sys",
		.name = "worker",
		.handlers = handlers,
		.handler_count = 1,
		.publishes = publishes,
		.publish_count = 2,
		.edges = edges,
		.edge_count = 1,
		.extension = &extension};
	struct warren_broker broker = {.ops = &ops};
	struct warren_instance instance = {.service = &service,
		.broker = &broker,
		.care = {.prefetch = 7},
		.options = {.system_suffix = "-b_2"}};
	char queue[WARREN_NAME_SIZE];
	warren_names_init(&instance);
	instance.queue = (char *)warren_name_instance(queue, &instance, "abc");
	ck_assert_int_eq(warren_topology_declare(&instance), 0);
	int names = 0, apart = 0;
	for (const char *at = lines; (at = strstr(at, "sys")); at += 3) {
		names++;
		apart += strncmp(at, "sys-b_2", 7) == 0 && (at[7] == '.' || at[7] == ' ');
	}
	ck_assert_int_gt(names, 20);
	ck_assert_int_eq(names, apart);
	/* And no name is without the system. */
	ck_assert_ptr_null(strstr(lines, " worker"));
	ck_assert_ptr_null(strstr(lines, "=worker"));
}
END_TEST

START_TEST(a_suffix_is_plain_and_short)
{
	ck_assert(warren_name_is_suffix(""));
	ck_assert(warren_name_is_suffix("-stage_2"));
	ck_assert(warren_name_is_suffix("12345678901234567890"));
	ck_assert(!warren_name_is_suffix("123456789012345678901"));
	for (const char *bad = ".* #/\t\x01\xc3"; *bad; bad++)
		ck_assert(!warren_name_is_suffix((const char[]){'a', *bad, '\0'}));
}
END_TEST

START_TEST(rungs_double_up_to_a_limit)
{
	struct warren_handler handler = {.backoff_ms = 200, .backoff_max_ms = 30000};
	const uint32_t want[] = {200, 400, 800, 1600, 3200, 6400, 12800, 25600, 25600, 25600};
	for (uint32_t i = 0; i < sizeof want / sizeof want[0]; i++)
		ck_assert_uint_eq(warren_rung_ms(&handler, i + 1), want[i]);
	handler = (struct warren_handler){.backoff_ms = 1, .backoff_max_ms = 1};
	ck_assert_uint_eq(warren_rung_ms(&handler, 1), 100);
	ck_assert_uint_eq(warren_rung_below_ms(100), 100);
	ck_assert_uint_eq(warren_rung_below_ms(400), 200);
	handler = (struct warren_handler){.backoff_ms = UINT32_MAX, .backoff_max_ms = UINT32_MAX};
	ck_assert_uint_eq(warren_rung_ms(&handler, UINT32_MAX), 100u << 16);
}
END_TEST

int main(void)
{
	(void)note_used();
	const TTest *const tests[] = {
		a_trace_goes_on_with_a_new_span,
		an_error_survives_the_way,
		an_error_from_elsewhere_is_read_with_care,
		a_context_is_read_with_care,
		a_copy_replaces_headers_and_keeps_the_rest,
		a_consumer_declares_its_queue_and_its_ladder,
		a_producer_declares_all_that_takes_it,
		a_service_declares_the_way_to_every_edge,
		an_edge_says_where_others_find_what_it_left,
		a_suffix_is_in_every_name,
		a_suffix_is_plain_and_short,
		rungs_double_up_to_a_limit,
	};
	TCase *cases = tcase_create("wire");
	for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
		tcase_add_test(cases, tests[i]);
	Suite *suite = suite_create("service_wire");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
