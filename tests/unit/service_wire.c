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
	const struct warren_instance nobody = {0}; /* believes everybody */
	struct warren_broker_header headers[WARREN_BROKER_HEADERS_MAX];
	char names[WARREN_BROKER_HEADERS_MAX][16];
	for (int i = 0; i < WARREN_BROKER_HEADERS_MAX; i++) {
		snprintf(names[i], sizeof names[i], "h%d", i);
		headers[i] = (struct warren_broker_header){.name = names[i], .text = "x"};
	}
	headers[3] = (struct warren_broker_header){.name = "warren-attempt", .number = 1};
	headers[4] = (struct warren_broker_header){.name = "warren-account", .text = "sys.false"};
	headers[5] = headers[4];
	struct warren_broker_message message = {.type = "fact",
		.message_id = "m",
		.user_id = "sys.gate",
		.headers = headers,
		.header_count = WARREN_BROKER_HEADERS_MAX};
	struct warren_outgoing out;
	warren_wire_again(&out, &nobody, &message);
	warren_wire_number(&out, "warren-attempt", 2);
	const char *added[] = {"warren-reason", "warren-code", "warren-error", "warren-queue"};
	for (size_t i = 0; i < 4; i++)
		warren_wire_text(&out, added[i], "why");
	ck_assert_uint_le(out.message.header_count, WARREN_BROKER_HEADERS_MAX);
	ck_assert_int_eq(warren_broker_header_number(&out.message, "warren-attempt", 0), 2);
	for (size_t i = 0; i < 4; i++)
		ck_assert_str_eq(warren_broker_header_text(&out.message, added[i]), "why");
	ck_assert_str_eq(out.message.message_id, "m");
	for (size_t i = 0; i < out.message.header_count; i++)
		ck_assert(!out.message.headers[i].text ||
			  strcmp(out.message.headers[i].text, "sys.false") != 0);
	ck_assert_str_eq(warren_broker_header_text(&out.message, "warren-account"), "sys.gate");
}
END_TEST

/* ---- topology ---- */

/* A broker that writes down what is declared, a line each. */
static char lines[16384];

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
static const char *declared(const struct warren_topology *topology, const char *suffix,
	const char *id, struct warren_instance_care care)
{
	const struct warren_service service = {
		.system = "sys", .name = "gate", .topology = topology};
	struct warren_broker broker = {.ops = &ops};
	struct warren_instance instance = {.service = &service,
		.broker = &broker,
		.care = care,
		.options = {.system_suffix = suffix}};
	char queue[WARREN_NAME_SIZE];
	warren_names_init(&instance);
	if (id)
		instance.queue = (char *)warren_name_instance(queue, &instance, id);
	lines[0] = '\0';
	ck_assert_int_eq(warren_topology_declare(&instance), 0);
	return lines;
}

START_TEST(a_service_declares_its_table)
{
	const struct warren_broker_queue *const queues[] = {
		&worker_ask, &sys_kept[0], &sys_kept[4], &sys_kept[7], &worker_hint};
	const struct warren_broker_binding *const bindings[] = {
		&(const struct warren_broker_binding){"sys", "sys.worker.ask", "ask.*"}};
	const struct warren_topology topology = {.exchanges = sys_exchanges,
		.exchange_count = 2,
		.queues = queues,
		.queue_count = 5,
		.bindings = bindings,
		.binding_count = 1};
	ck_assert_str_eq(declared(&topology, NULL, NULL, (struct warren_instance_care){0}),
		"exchange sys topic\n"
		"exchange sys.gate fanout\n"
		"queue sys.worker.ask quorum ttl=0 expires=0 max=0 limit=1000 reject "
		"at-least-once dlx=sys.worker.dead\n"
		"queue sys.worker.dead quorum ttl=0 expires=0 max=0 limit=1000000 reject\n"
		"queue sys.worker.quarantine quorum ttl=0 expires=0 max=0 limit=1000 reject "
		"at-least-once dlx=sys.worker.dead\n"
		"queue sys.wait.100 quorum ttl=100 expires=0 max=0 limit=1000000 reject "
		"at-least-once dlx=\n"
		"queue sys.worker.hint classic ttl=0 expires=0 max=0 limit=0\n"
		"bind sys -> sys.worker.ask [ask.*]\n");
}
END_TEST

START_TEST(an_instance_declares_a_queue_of_its_own)
{
	const struct warren_broker_queue own = {.name = "sys.gate.<instance>",
		.expires_ms = 60000,
		.dead_letter_exchange = "sys.gate.lost"};
	const struct warren_topology topology = {.own_queue = &own, .own_exchange = "sys.gate"};
	const struct warren_instance_care care = {.prefetch = 7, .wait_ms = 900};
	ck_assert_str_eq(declared(&topology, "", "abc", care),
		"queue sys.gate.abc classic ttl=900 expires=60000 max=0 limit=0 dlx=sys.gate.lost\n"
		"bind sys.gate -> sys.gate.abc []\n");
	ck_assert_str_eq(declared(&topology, NULL, NULL, care), "");
}
END_TEST

/* Stages that share a vhost: the suffix stands behind the system in every name. */
START_TEST(a_suffix_is_in_every_name)
{
	const struct warren_instance_care care = {.prefetch = 7, .wait_ms = 900};
	const char *at = declared(&gate_topology, "-b_2", "abc", care);
	int names = 0, apart = 0;
	for (; (at = strstr(at, "sys")); at += 3) {
		names++;
		apart += strncmp(at, "sys-b_2", 7) == 0 && (at[7] == '.' || at[7] == ' ');
	}
	ck_assert_int_gt(names, 50);
	ck_assert_int_eq(names, apart);
	for (at = lines; (at = strchr(at, ' ')); at++)
		ck_assert(strncmp(at, " gate", 5) != 0 && strncmp(at, " worker", 7) != 0);
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

START_TEST(attempts_wait_longer_up_to_the_last)
{
	const struct warren_handler handler = {SYS_WAITS(100, 200, 400, 400)};
	const uint32_t want[] = {200, 400, 400, 400}, shorter[] = {100, 200, 400, 400};
	for (uint32_t i = 0; i < 4; i++) {
		ck_assert_uint_eq(warren_wait_ms(&handler, i + 1, false), want[i]);
		ck_assert_uint_eq(warren_wait_ms(&handler, i + 1, true), shorter[i]);
	}
	ck_assert_uint_eq(warren_wait_ms(&handler, UINT32_MAX, false), 400);
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
		a_service_declares_its_table,
		an_instance_declares_a_queue_of_its_own,
		a_suffix_is_in_every_name,
		a_suffix_is_plain_and_short,
		attempts_wait_longer_up_to_the_last,
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
