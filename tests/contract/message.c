/* What goes in comes out: every property, header and byte. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"

/* Sends one message through a queue of its own and returns its delivery.  Owns: stage (free the
 * inbox). */
static struct inbox *through(struct stage *stage, struct warren_broker_message message)
{
	const char *queue = stage_classic(stage, "queue");
	struct inbox *inbox = inbox_open(stage, queue, 1, INBOX_ACK);
	struct receipt receipt;

	message.routing_key = queue;
	message.mandatory = true;
	ck_assert_int_eq(stage_publish(stage, &message, &receipt), 0);
	AWAIT(stage, receipt.settled > 0);
	ck_assert_confirmed(receipt.outcome);
	inbox_await(inbox, 1);
	return inbox;
}

START_TEST(every_property_comes_through)
{
	struct stage *stage = stage_open();
	const struct warren_broker_message message = {
		.type = "userLogin",
		.message_id = "0190a5b2-7c1e-7000-8000-000000000001",
		.correlation_id = "correlation \xc3\xbc",
		.reply_to = "router.abc",
		.app_id = "demo/router",
		.content_type = "application/x-protobuf",
		.timestamp_s = 4102444800,
		.persistent = true,
	};
	struct inbox *inbox = through(stage, message);
	const struct warren_broker_message *got = &inbox->got[0].message;

	ck_assert_str_eq(got->type, message.type);
	ck_assert_str_eq(got->message_id, message.message_id);
	ck_assert_str_eq(got->correlation_id, message.correlation_id);
	ck_assert_str_eq(got->reply_to, message.reply_to);
	ck_assert_str_eq(got->app_id, message.app_id);
	ck_assert_str_eq(got->content_type, message.content_type);
	ck_assert_int_eq(got->timestamp_s, message.timestamp_s);
	ck_assert(got->persistent);
	ck_assert_uint_eq(got->header_count, 0);
	ck_assert_uint_eq(got->body_len, 0);
	ck_assert(!inbox->got[0].redelivered);
	ck_assert_uint_eq(inbox->got[0].delivery_count, 0);
	stage_close(stage);
	inbox_free(inbox);
}
END_TEST

/* RabbitMQ refuses every other than the connection's own. */
START_TEST(the_account_is_ones_own_whatever_is_given)
{
	static const char *const given[] = {NULL, "", "somebody-else"};
	struct stage *stage = stage_open();
	const char *account = warren_broker_account(stage->broker);

	ck_assert_str_ne(account, "");
	for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
		struct inbox *inbox =
			through(stage, (struct warren_broker_message){.user_id = given[i]});
		ck_assert_str_eq(inbox->got[0].message.user_id, account);
		inbox_cancel(inbox);
		inbox_free(inbox);
	}
	stage_close(stage);
}
END_TEST

START_TEST(what_was_not_given_comes_as_empty_text)
{
	struct stage *stage = stage_open();
	struct inbox *inbox = through(stage, (struct warren_broker_message){0});
	const struct warren_broker_message *got = &inbox->got[0].message;

	ck_assert_str_eq(got->exchange, "");
	ck_assert_str_eq(got->type, "");
	ck_assert_str_eq(got->message_id, "");
	ck_assert_str_eq(got->correlation_id, "");
	ck_assert_str_eq(got->reply_to, "");
	ck_assert_str_eq(got->app_id, "");
	ck_assert_str_eq(got->content_type, "");
	ck_assert_int_eq(got->timestamp_s, 0);
	ck_assert(!got->persistent);
	stage_close(stage);
	inbox_free(inbox);
}
END_TEST

START_TEST(thirty_two_headers_come_through)
{
	struct stage *stage = stage_open();
	struct warren_broker_header headers[WARREN_BROKER_HEADERS_MAX];
	char names[WARREN_BROKER_HEADERS_MAX][24], long_text[8001];
	static const int64_t numbers[] = {0, -1, 1, INT64_MIN, INT64_MAX, INT32_MIN, UINT32_MAX};
	struct inbox *inbox;

	memset(long_text, 'x', 8000);
	long_text[8000] = '\0';
	for (int i = 0; i < WARREN_BROKER_HEADERS_MAX; i++) {
		snprintf(names[i], sizeof names[i], "name-%d", i);
		headers[i] = (struct warren_broker_header){.name = names[i]};
		if (i % 2)
			headers[i].number = numbers[i / 2 % 7];
		else
			headers[i].text = i == 0 ? "" : i == 2 ? long_text : "text \xe2\x82\xac";
	}
	inbox = through(stage, (struct warren_broker_message){.headers = headers,
				       .header_count = WARREN_BROKER_HEADERS_MAX});
	const struct warren_broker_message *got = &inbox->got[0].message;
	ck_assert_uint_eq(got->header_count, WARREN_BROKER_HEADERS_MAX);
	for (int i = 0; i < WARREN_BROKER_HEADERS_MAX; i++) {
		const char *text = warren_broker_header_text(got, names[i]);
		if (i % 2) {
			ck_assert_ptr_null(text);
			ck_assert_int_eq(
				warren_broker_header_number(got, names[i], 77), headers[i].number);
		} else {
			ck_assert_ptr_nonnull(text);
			ck_assert_str_eq(text, headers[i].text);
			ck_assert_int_eq(warren_broker_header_number(got, names[i], 77), 77);
		}
	}
	ck_assert_ptr_null(warren_broker_header_text(got, "another"));
	ck_assert_int_eq(warren_broker_header_number(got, "another", -5), -5);
	stage_close(stage);
	inbox_free(inbox);
}
END_TEST

START_TEST(bodies_of_any_bytes_come_through)
{
	static const size_t lengths[] = {0, 1, 256, 4096, 131064, 131072, 131073, 1 << 20};
	struct stage *stage = stage_open();
	const size_t count = sizeof lengths / sizeof lengths[0];

	for (size_t i = 0; i < count; i++) {
		uint8_t *body = malloc(lengths[i] + 1);
		for (size_t b = 0; b < lengths[i]; b++)
			body[b] = (uint8_t)(b * 31 + b / 251);
		struct inbox *inbox = through(
			stage, (struct warren_broker_message){
				       .body = body, .body_len = lengths[i], .persistent = true});
		ck_assert_uint_eq(inbox->got[0].message.body_len, lengths[i]);
		if (lengths[i])
			ck_assert_mem_eq(inbox->got[0].message.body, body, lengths[i]);
		inbox_cancel(inbox);
		inbox_free(inbox);
		free(body);
	}
	stage_close(stage);
}
END_TEST

TCase *message_case(void)
{
	TCase *tcase = tcase_create("message");

	tcase_add_test(tcase, every_property_comes_through);
	tcase_add_test(tcase, the_account_is_ones_own_whatever_is_given);
	tcase_add_test(tcase, what_was_not_given_comes_as_empty_text);
	tcase_add_test(tcase, thirty_two_headers_come_through);
	tcase_add_test(tcase, bodies_of_any_bytes_come_through);
	return tcase;
}
