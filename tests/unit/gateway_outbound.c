/* What services send to browsers and ask of their sockets: in order, whatever holds it up, and
 * within bounds that are given back. */
#include <poll.h>

#include "gateway_world.h"
#include "service/wire.h"

#define LARGE 400000 /* MAX_WAITING has room for two, and not for three */

static struct page page;

/* ---- raw messages ---- */

struct raw {
	const char *type, *message_id;
	struct warren_broker_header headers[8];
	size_t header_count;
	const char *property; /* of all others; NULL: none */
};

static void say(const struct raw *raw)
{
	const struct warren_broker_message message = {.exchange = "sys.gate",
		.routing_key = "",
		.type = raw->type,
		.message_id = raw->message_id,
		.correlation_id = raw->property,
		.reply_to = raw->property,
		.app_id = raw->property,
		.headers = raw->headers,
		.header_count = raw->header_count};
	ck_assert_int_eq(warren_broker_publish(world.rest.broker, &message, NULL, NULL), 0);
}

/* ---- order: however little other threads may leave for the loop ---- */

static const char *const few_posts[] = {"MAX_POSTS", "1", NULL};

START_TEST(what_comes_is_done_in_its_order)
{
	struct warren_ctx *ctx;
	gate_open(few_posts, (struct warren_instance_options){0});
	page_open(&page);
	ctx = warren_root(worker);
	for (int round = 0; round < 3; round++) {
		ck_assert_int_eq(warren_join(ctx, warren_to_address(address_of(&page)), "den"), 0);
		push(&alert_event, warren_to_room("den"), "in the den");
		ck_assert_int_eq(warren_leave(ctx, warren_to_address(address_of(&page)), "den"), 0);
		push(&alert_event, warren_to_room("den"), "nobody is there");
		ck_assert_int_eq(
			warren_set_user(ctx, warren_to_address(address_of(&page)), "bob"), 0);
		push(&alert_event, warren_to_user("bob"), "to bob");
		push(&alert_event, warren_to_all(), "last");
		page_expect(&page, "alert", "in the den");
		page_expect(&page, "alert", "to bob");
		page_expect(&page, "alert", "last");
		ck_assert_uint_eq(gateway->lost, 0);
	}
	page_close(&page);
	gate_close();
}
END_TEST

/* What could never have room is lost, counted, and holds nobody up. */
START_TEST(what_is_larger_than_all_room_is_lost)
{
	static const char *const changes[] = {"MAX_POST_BYTES", "65536", NULL};
	char *text = text_of(70000);
	gate_open(changes, (struct warren_instance_options){0});
	page_open(&page);
	for (int i = 0; i < 3; i++) {
		push(&alert_event, warren_to_all(), text);
		push(&alert_event, warren_to_all(), "next");
		page_expect(&page, "alert", "next");
		ck_assert_uint_eq(gateway->lost, i + 1);
	}
	free(text);
	page_close(&page);
	gate_close();
}
END_TEST

/* ---- who is reached ---- */

START_TEST(what_must_reach_a_socket_that_has_gone_is_counted)
{
	struct warren_edge_counters counters;
	char gone[128];
	gate_open(NULL, (struct warren_instance_options){0});
	snprintf(gone, sizeof gone, "sys.gate.%s.nobody", warren_instance_name(gate));
	page_open(&page);
	push(&notice_event, warren_to_address(gone), "x");
	push(&alert_event, warren_to_room("nobody's"), "x");
	push(&alert_event, warren_to_address(gone), "x");
	push(&alert_event, warren_to_all(), "last");
	page_expect(&page, "alert", "last");
	warren_edge_counters(gateway->edge, &counters);
	ck_assert_uint_eq(counters.lost, 1);
	page_close(&page);
	gate_close();
}
END_TEST

/* The same message has the same offset at each edge, by which it comes once to who moves between
 * them. */
START_TEST(an_offset_is_made_of_the_message_s_id)
{
	static const char *const ids[] = {"one", "two", "one", NULL, NULL};
	char offsets[5][16];
	gate_open(NULL, (struct warren_instance_options){0});
	page_open(&page);
	for (int i = 0; i < 5; i++) {
		const char *text;
		say(&(struct raw){.type = "notice",
			.message_id = ids[i],
			.headers = {{.name = WARREN_HEADER_TO, .text = WARREN_TO_ALL_TEXT}},
			.header_count = 1});
		text = page_next(&page);
		ck_assert_int_eq(sscanf(strrchr(text, ',') + 1, "\"%15[^\"]", offsets[i]), 1);
	}
	ck_assert_str_eq(offsets[0], offsets[2]);
	ck_assert_str_ne(offsets[0], offsets[1]);
	ck_assert_str_ne(offsets[3], offsets[4]);
	page_close(&page);
	gate_close();
}
END_TEST

/* ---- headers and properties of all bad forms ---- */

static const char *const types[] = {"notice", "alert", "nothing", WARREN_WIRE_JOIN,
	WARREN_WIRE_LEAVE, WARREN_WIRE_USER, WARREN_WIRE_DISCONNECT, WARREN_WIRE_PEER};
static const char *const names[] = {WARREN_HEADER_TO, WARREN_HEADER_EXCEPT, WARREN_HEADER_ARGUMENT,
	WARREN_HEADER_INSTANCE, WARREN_HEADER_ADDRESS, WARREN_HEADER_TRACE};
enum { TYPES = sizeof types / sizeof types[0], NAMES = sizeof names / sizeof names[0] };

static const char *const good[NAMES] = {"room:den", "sys.gate.x.y", "den", "far", "127.0.0.1:9",
	"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};

/* Each header in turn is of that form, the others are good. */
enum form { MISSING, NUMBER, EMPTY, LONG, ENDLESS, NOT_UTF8, CONTROL, PREFIXES, FORMS };

static char long_text[601], endless_text[WARREN_BROKER_HEADERS_BYTES_MAX - 400];

static const char *text_in(enum form form, int name, char *scratch)
{
	static const char *const prefixes[NAMES] = {"socket:", "sys.gate.", "", ".", ":", "00-"};
	switch (form) {
	case EMPTY:
		return "";
	case LONG:
		return long_text;
	case ENDLESS:
		/* Behind what makes it look like a good one. */
		memcpy(endless_text, name == 0 ? "room:" : "sys.g", 5);
		return endless_text;
	case NOT_UTF8:
		sprintf(scratch, "%.5s\xc3\x28\xff", good[name]);
		return scratch;
	case CONTROL:
		sprintf(scratch, "%.5s\r\n\x1b[2J", good[name]);
		return scratch;
	case PREFIXES:
		return prefixes[name];
	default:
		return NULL;
	}
}

static void say_bad(const char *type, int bad, enum form form)
{
	struct raw raw = {.type = type, .message_id = "m"};
	char scratch[64];
	for (int i = 0; i < NAMES; i++) {
		if (i == bad && form == MISSING)
			continue;
		raw.headers[raw.header_count++] = (struct warren_broker_header){.name = names[i],
			.text = i == bad ? text_in(form, i, scratch) : good[i],
			.number = 7};
	}
	say(&raw);
	world_rest();
}

/* Nothing asserts, nothing goes round and round, and what comes after is served. */
START_TEST(headers_of_any_form_harm_nobody)
{
	struct warren_broker_counters counters;
	const char *type = types[_i];
	memset(long_text, 'x', sizeof long_text - 1);
	memset(endless_text, 'x', sizeof endless_text - 1);
	gate_open(NULL, (struct warren_instance_options){0});
	page_open(&page);
	for (int bad = 0; bad < NAMES; bad++)
		for (int form = MISSING; form < FORMS; form++)
			say_bad(type, bad, (enum form)form);
	warren_broker_counters(world.rest.broker, &counters);
	ck_assert_uint_eq(counters.requeued, 0);
	ck_assert_uint_eq(gateway->waiting, 0);
	if (strcmp(type, WARREN_WIRE_PEER) != 0)
		ck_assert_uint_gt(gateway->lost, 0);
	push(&alert_event, warren_to_all(), "last");
	page_expect(&page, "alert", "last");
	page_close(&page);
	gate_close();
}
END_TEST

START_TEST(properties_as_long_as_any_harm_nobody)
{
	char text[WARREN_BROKER_TEXT_MAX + 1];
	gate_open(NULL, (struct warren_instance_options){0});
	page_open(&page);
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	for (int i = 0; i <= TYPES; i++) {
		say(&(struct raw){.type = i < TYPES ? types[i] : text,
			.message_id = text,
			.property = text,
			.headers = {{.name = WARREN_HEADER_TO, .text = "room:den"},
				{.name = text, .text = text}},
			.header_count = 2});
		world_rest();
	}
	push(&alert_event, warren_to_all(), "last");
	page_expect(&page, "alert", "last");
	page_close(&page);
	gate_close();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_comes_is_done_in_its_order,
		what_is_larger_than_all_room_is_lost,
		what_must_reach_a_socket_that_has_gone_is_counted,
		an_offset_is_made_of_the_message_s_id,
		properties_as_long_as_any_harm_nobody,
	};
	const struct world_loop loops[] = {{headers_of_any_form_harm_nobody, TYPES}};
	return world_main_with("gateway_outbound", tests, sizeof tests / sizeof tests[0], loops, 1);
}
