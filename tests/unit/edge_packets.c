/* Engine.IO payloads and Socket.IO packets: what is read, what is written, what is refused. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "edge/engine/payload.h"
#include "edge/socketio/packet.h"
#include "warren/arena.h"

/* ---- payloads ---- */

static const char *const payloads[] = {"4a", "4",
	"4a\x1e"
	"4b\x1e"
	"2",
	"bAQIDBA==", "b", "bAQ==", "bAQI=",
	"bAQID\x1e"
	"4x",
	"4\xc3\xa4\x1e"
	"b/+8="};

static void add(struct warren_backlog *queue, const struct warren_engine_packet *packet)
{
	struct warren_frame *frame = packet->binary
					     ? warren_frame_open(true, 0, packet->len)
					     : warren_frame_text((char)packet->type,
						       (const char *)packet->data, packet->len);

	ck_assert_ptr_nonnull(frame);
	if (packet->binary && packet->len)
		memcpy(warren_frame_data(frame), packet->data, packet->len);
	ck_assert_int_eq(warren_backlog_push(queue, frame), 0);
	warren_frame_unref(frame);
}

START_TEST(payload_comes_back)
{
	const char *text = payloads[_i];
	size_t len = strlen(text);
	struct warren_payload_reader reader;
	struct warren_engine_packet packet;
	struct warren_backlog queue;
	uint8_t *copy = (uint8_t *)strdup(text), *written;
	int more;

	warren_backlog_init(&queue);
	warren_payload_read(&reader, copy, len);
	while ((more = warren_payload_next(&reader, &packet)) == 1)
		add(&queue, &packet);
	ck_assert_int_eq(more, 0);
	ck_assert_uint_eq(warren_payload_size(&queue), len);
	written = malloc(len);
	warren_payload_write(&queue, written);
	ck_assert_mem_eq(written, text, len);
	ck_assert_uint_eq(queue.count, 0);
	ck_assert_uint_eq(queue.bytes, 0);
	free(written);
	free(copy);
}
END_TEST

static const char *const bad_payloads[] = {"", "7", "x", "4a\x1e", "\x1e",
	"4a\x1e\x1e"
	"4b",
	"bA", "bAA", "bA===", "b====", "bAQ=x", "bAQ=\n", "b AQ=", "bAQ==AQ==", "b-_-_"};

START_TEST(bad_payload_is_refused)
{
	struct warren_payload_reader reader;
	struct warren_engine_packet packet;
	uint8_t *copy = (uint8_t *)strdup(bad_payloads[_i]);
	int more;

	warren_payload_read(&reader, copy, strlen(bad_payloads[_i]));
	while ((more = warren_payload_next(&reader, &packet)) == 1)
		;
	ck_assert_int_eq(more, -EBADMSG);
	free(copy);
}
END_TEST

START_TEST(frames_are_shared_and_headed)
{
	struct warren_frame *frame = warren_frame_open(false, 8, 3);
	struct warren_backlog one, two;

	memcpy(warren_frame_data(frame), "abc", 3);
	warren_frame_prepend(frame, "42", 2);
	ck_assert_uint_eq(frame->len, 5);
	ck_assert_mem_eq(warren_frame_data(frame), "42abc", 5);
	warren_backlog_init(&one);
	warren_backlog_init(&two);
	ck_assert_int_eq(warren_backlog_push(&one, frame), 0);
	ck_assert_int_eq(warren_backlog_push(&two, frame), 0);
	warren_frame_unref(frame);
	warren_backlog_clear(&one);
	ck_assert_ptr_eq(warren_backlog_pop(&two), frame);
	ck_assert_ptr_null(warren_backlog_pop(&two));
	ck_assert_mem_eq(warren_frame_data(frame), "42abc", 5);
	warren_frame_unref(frame);
}
END_TEST

/* ---- packets ---- */

struct good {
	const char *text;
	enum warren_packet_kind kind;
	const char *ns;
	int64_t ack_id;
	uint32_t attachment_count;
	const char *name, *args; /* of an event */
};

static const struct good good[] = {
	{"0", WARREN_PACKET_CONNECT, "/", -1, 0, "", ""},
	{"0{\"a\":1}", WARREN_PACKET_CONNECT, "/", -1, 0, "", ""},
	{"0/custom", WARREN_PACKET_CONNECT, "/custom", -1, 0, "", ""},
	{"0/custom,", WARREN_PACKET_CONNECT, "/custom", -1, 0, "", ""},
	{"0/a/b,{}", WARREN_PACKET_CONNECT, "/a/b", -1, 0, "", ""},
	{"1", WARREN_PACKET_DISCONNECT, "/", -1, 0, "", ""},
	{"1/x,", WARREN_PACKET_DISCONNECT, "/x", -1, 0, "", ""},
	{"2[\"x\"]", WARREN_PACKET_EVENT, "/", -1, 0, "x", ""},
	{"2[\"x\",1,{\"a\":[2.50]}]", WARREN_PACKET_EVENT, "/", -1, 0, "x", "1,{\"a\":[2.50]}"},
	{"2 [ \"x\" , 1 , \"2\" ] ", WARREN_PACKET_EVENT, "/", -1, 0, "x", "1 , \"2\""},
	{"2/n,12[\"\\u0061b\",null]", WARREN_PACKET_EVENT, "/n", 12, 0, "ab", "null"},
	{"20[\"x\"]", WARREN_PACKET_EVENT, "/", 0, 0, "x", ""},
	{"2[17,1]", WARREN_PACKET_EVENT, "/", -1, 0, "17", "1"},
	{"2999999999999999[\"x\"]", WARREN_PACKET_EVENT, "/", 999999999999999, 0, "x", ""},
	{"37[]", WARREN_PACKET_ACK, "/", 7, 0, "", ""},
	{"3/n,7[1,2]", WARREN_PACKET_ACK, "/n", 7, 0, "", "1,2"},
	{"51-[\"x\",{\"_placeholder\":true,\"num\":0}]", WARREN_PACKET_BINARY_EVENT, "/", -1, 1,
		"x", "{\"_placeholder\":true,\"num\":0}"},
	{"510-/n,3[\"x\"]", WARREN_PACKET_BINARY_EVENT, "/n", 3, 10, "x", ""},
	{"50-[\"x\"]", WARREN_PACKET_BINARY_EVENT, "/", -1, 0, "x", ""},
	{"51-[\"x\",{\"_placeholder\":false,\"num\":9}]", WARREN_PACKET_BINARY_EVENT, "/", -1, 1,
		"x", "{\"_placeholder\":false,\"num\":9}"},
	{"62-4[1]", WARREN_PACKET_BINARY_ACK, "/", 4, 2, "", "1"},
};

static int read_whole(const char *text, size_t len, struct warren_packet *packet,
	struct warren_arena *arena, const char **name, struct warren_json_span *args)
{
	int result = warren_packet_read(text, len, 10, packet);

	return result < 0 ? result : warren_packet_check(packet, 8, arena, name, args);
}

START_TEST(packet_is_read)
{
	const struct good *want = &good[_i];
	struct warren_arena *arena = warren_arena_open(65536);
	struct warren_json_span args = {"", 0};
	struct warren_packet packet;
	const char *name = "";

	ck_assert_int_eq(
		read_whole(want->text, strlen(want->text), &packet, arena, &name, &args), 0);
	ck_assert_int_eq(packet.kind, want->kind);
	ck_assert_uint_eq(packet.ns.len, strlen(want->ns));
	ck_assert_mem_eq(packet.ns.text, want->ns, packet.ns.len);
	ck_assert_int_eq(packet.ack_id, want->ack_id);
	ck_assert_uint_eq(packet.attachment_count, want->attachment_count);
	ck_assert_str_eq(name, want->name);
	ck_assert_uint_eq(args.len, strlen(want->args));
	ck_assert_mem_eq(args.text, want->args, args.len);
	warren_arena_close(arena);
}
END_TEST

/* Every packet cut short at every place: read or refused, never read past its end. */
START_TEST(cut_packet_is_never_overrun)
{
	size_t len = strlen(good[_i].text);
	struct warren_arena *arena = warren_arena_open(65536);

	for (size_t cut = 0; cut <= len; cut++) {
		char *text =
			malloc(cut ? cut : 1); /* exactly as long: the sanitizer watches its end */
		struct warren_json_span args;
		struct warren_packet packet;
		const char *name;
		int result;

		memcpy(text, good[_i].text, cut);
		result = read_whole(text, cut, &packet, arena, &name, &args);
		ck_assert(result == 0 || result == -EBADMSG);
		free(text);
	}
	warren_arena_close(arena);
}
END_TEST

static const char *const bad[] = {"", "7", "9[]", "x", "-1", "2", "2{}", "2[]", "2[null]", "2[{}]",
	"2[[\"x\"]]", "2[\"connect\"]", "2[\"disconnect\"]", "2[\"connect_error\"]",
	"2[\"disconnecting\"]", "2[\"newListener\"]", "2[\"removeListener\"]", "2[\"x\"",
	"2[\"x\"]]", "2[\"x\"] 1", "2abc[\"x\"]", "2\"x\"", "2[\"x\",]", "2[\"x\\u0000\"]",
	"29999999999999999[\"x\"]", "5[\"x\"]", "5-[\"x\"]", "5x-[\"x\"]", "51[\"x\"]",
	"599999999999-[\"x\"]", "51-[\"x\",{\"_placeholder\":true,\"num\":1}]",
	"51-[\"x\",{\"_placeholder\":true,\"num\":-1}]", "51-[\"x\",{\"_placeholder\":true}]",
	"51-[\"x\",{\"a\":{\"num\":\"0\",\"_placeholder\":true}}]", "3{}", "3", "31", "61-1{}",
	"0[]", "0null", "0\"x\"", "0{}{}", "1{}", "1[]", "4{}", "4\"x\""};

START_TEST(bad_packet_is_refused)
{
	struct warren_arena *arena = warren_arena_open(65536);
	struct warren_json_span args;
	struct warren_packet packet;
	const char *name;

	ck_assert_int_eq(
		read_whole(bad[_i], strlen(bad[_i]), &packet, arena, &name, &args), -EBADMSG);
	warren_arena_close(arena);
}
END_TEST

START_TEST(what_is_past_a_limit_is_told_apart)
{
	static const struct {
		const char *text;
		int result;
		bool too_many;
	} cases[] = {{"510-[\"x\"]", 0, false}, {"511-[\"x\"]", 0, true},
		{"611-1[]", -E2BIG, false}, {"2[\"x\",[[[[[[[1]]]]]]]]", 0, false},
		{"2[\"x\",[[[[[[[[1]]]]]]]]]", -ELOOP, false},
		{"3[[[[[[[[[1]]]]]]]]]", -ELOOP, false},
		{"0{\"a\":[[[[[[[[1]]]]]]]]}", -ELOOP, false},
		{"51-[\"x\",[[[[[[[[1]]]]]]]]]", -ELOOP, false},
		{"2[[[[[[[[[1]]]]]]]]]", -EBADMSG, false}};
	struct warren_arena *arena = warren_arena_open(65536);
	struct warren_json_span args;
	struct warren_packet packet;
	const char *name;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		packet.too_many = false;
		name = "";
		ck_assert_int_eq(read_whole(cases[i].text, strlen(cases[i].text), &packet, arena,
					 &name, &args),
			cases[i].result);
		ck_assert_int_eq(packet.too_many, cases[i].too_many);
		/* So that the event can be answered. */
		if (cases[i].result == -ELOOP && strchr(cases[i].text, 'x'))
			ck_assert_str_eq(name, "x");
	}
	warren_arena_close(arena);
}
END_TEST

START_TEST(headers_are_written)
{
	char header[WARREN_PACKET_HEADER_MAX], longest[WARREN_NAMESPACE_MAX + 1];
	size_t len;

#define CHECK_HEADER(want_, ...)                                                                   \
	do {                                                                                       \
		len = warren_packet_header(__VA_ARGS__, header);                                   \
		ck_assert_uint_eq(len, strlen(want_));                                             \
		ck_assert_mem_eq(header, want_, len);                                              \
	} while (0)
	CHECK_HEADER("0", WARREN_PACKET_CONNECT, 0, "/", -1);
	CHECK_HEADER("2/custom,", WARREN_PACKET_EVENT, 0, "/custom", -1);
	CHECK_HEADER("2/custom,7", WARREN_PACKET_EVENT, 0, "/custom", 7);
	CHECK_HEADER("30", WARREN_PACKET_ACK, 0, "/", 0);
	CHECK_HEADER("52-", WARREN_PACKET_BINARY_EVENT, 2, "/", -1);
	CHECK_HEADER("62-/n,789", WARREN_PACKET_BINARY_ACK, 2, "/n", 789);
#undef CHECK_HEADER
	memset(longest, '/', WARREN_NAMESPACE_MAX);
	longest[WARREN_NAMESPACE_MAX] = '\0';
	len = warren_packet_header(
		WARREN_PACKET_BINARY_EVENT, UINT32_MAX, longest, INT64_MAX, header);
	ck_assert_uint_lt(len, WARREN_PACKET_HEADER_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("edge_packets");
	TCase *payload = tcase_create("payloads");
	tcase_add_loop_test(payload, payload_comes_back, 0, sizeof payloads / sizeof payloads[0]);
	tcase_add_loop_test(
		payload, bad_payload_is_refused, 0, sizeof bad_payloads / sizeof bad_payloads[0]);
	tcase_add_test(payload, frames_are_shared_and_headed);
	suite_add_tcase(suite, payload);
	TCase *packet = tcase_create("packets");
	tcase_add_loop_test(packet, packet_is_read, 0, sizeof good / sizeof good[0]);
	tcase_add_loop_test(packet, cut_packet_is_never_overrun, 0, sizeof good / sizeof good[0]);
	tcase_add_loop_test(packet, bad_packet_is_refused, 0, sizeof bad / sizeof bad[0]);
	tcase_add_test(packet, what_is_past_a_limit_is_told_apart);
	tcase_add_test(packet, headers_are_written);
	suite_add_tcase(suite, packet);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
