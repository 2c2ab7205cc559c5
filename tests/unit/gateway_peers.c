/* Who the other routers are: heard of over the broker, forgotten when nothing more is heard. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "gateway/peers.h"
#include "service/wire.h"
#include "service_world.h"

#include "messages.h"

#define ANNOUNCED_EVERY_MS 10000
#define KEY "the-key-of-all-routers-of-this-test"
#define FORGOTTEN_AFTER 4 /* of one's own announcements without one of the peer's */

static struct warren_gateway_state *routers[2];
static pthread_t loops[2];

static void *run(void *edge)
{
	warren_edge_run(edge);
	return NULL;
}

/* A router that has an edge and hears of peers, and no more. */
static int start(
	struct warren_instance *instance, const void *table, void **ret, struct warren_error *error)
{
	struct warren_gateway_state *router = calloc(1, sizeof *router);
	const struct warren_edge_options options = {.host = "127.0.0.1",
		.internal_host = "127.0.0.1",
		.cluster_key = KEY,
		.instance = warren_instance_name(instance)};
	(void)table;
	router->instance = instance;
	router->log = world.log;
	ck_assert_int_eq(warren_keyring_open(KEY, &router->keys, error), 0);
	ck_assert_int_eq(warren_edge_open(&options, &router->edge, error), 0);
	ck_assert_int_eq(
		pthread_create(&loops[world.rest.instance_count], NULL, run, router->edge), 0);
	ck_assert_int_eq(warren_peers_open(router, &router->peers, error), 0);
	routers[world.rest.instance_count] = router;
	*ret = router;
	return 0;
}

static void deliver(void *extension, const struct warren_broker_delivery *delivery)
{
	struct warren_gateway_state *router = extension;
	ck_assert(warren_peers_take(router, delivery));
}

static void drain(void *extension)
{
	(void)extension;
}

static void stop(void *extension)
{
	struct warren_gateway_state *router = extension;
	warren_peers_close(router->peers);
	warren_edge_stop(router->edge, 0);
	pthread_join(loops[router == routers[1]], NULL);
	warren_edge_close(router->edge);
	warren_keyring_close(router->keys);
	free(router);
}

static const struct warren_extension extension = {.name = "peers",
	.settings = warren_gateway_settings,
	.start = start,
	.deliver = deliver,
	.drain = drain,
	.stop = stop};
static const struct warren_broker_exchange fanout = {"sys.router", WARREN_EXCHANGE_FANOUT};
static const struct warren_broker_exchange *const exchanges[] = {&fanout};
static const struct warren_broker_queue own_queue = {
	.name = "sys.router.<instance>", .expires_ms = 60000};
static const struct warren_topology topology = {.exchanges = exchanges,
	.exchange_count = 1,
	.own_queue = &own_queue,
	.own_exchange = "sys.router"};
static const struct warren_service service = {.api = WARREN_API,
	.system = "sys",
	.name = "router",
	.topology = &topology,
	.extension = &extension};

static struct warren_settings *settings;

static void open_routers(int count)
{
	const struct warren_setting *const tables[] = {warren_gateway_settings};
	struct warren_error error;
	ck_assert_int_eq(warren_settings_load(tables, 1, NULL, &settings, &error), 0);
	for (int i = 0; i < count; i++)
		world_add_with(&service, (struct warren_instance_options){.settings = settings});
	world_rest();
}

static void close_routers(void)
{
	while (world.rest.instance_count > 0)
		world_remove(0);
	warren_settings_close(settings);
}

/* Asks a router for a session of that instance. */
static void poll_for(int router, const char *instance)
{
	const struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(warren_edge_port(routers[router]->edge)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[1024];
	int len = snprintf(text, sizeof text,
		"GET /socket.io/?EIO=4&transport=polling&sid=%s.x HTTP/1.0\r\n\r\n", instance);
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(send(fd, text, (size_t)len, MSG_NOSIGNAL), len);
	while (recv(fd, text, sizeof text, 0) > 0)
		;
	close(fd);
}

/* Whether it would have passed that on. */
static bool knows(int router, const char *instance)
{
	struct warren_edge_counters before, after;
	warren_edge_counters(routers[router]->edge, &before);
	poll_for(router, instance);
	warren_edge_counters(routers[router]->edge, &after);
	return after.passed_on > before.passed_on;
}

static const char *name_of(int router)
{
	return warren_instance_name(world.instances[router]);
}

/* ---- what is said ---- */

/* An announcement of a router that is none of the world's. */
struct word {
	const char *what, *instance, *address, *exchange, *key;
	int64_t after_ms; /* than the latest one, or than now when that is later; negative: before */
	const char *proof;
	const char *changed_address; /* once it was signed */
};

static int64_t latest_ms;

static void say_word(struct word word)
{
	const char *address = word.address ? word.address : "127.0.0.1:9";
	int64_t now_ms = warren_clock_wall_ms(world.rest.clock);
	int64_t time_ms = (now_ms > latest_ms ? now_ms : latest_ms) + word.after_ms;
	char time[24], proof[WARREN_SHA256_SIZE];
	struct warren_keyring *ring;
	struct warren_error error;
	snprintf(time, sizeof time, "%lld", (long long)time_ms);
	const struct warren_digest_part parts[] = {warren_digest_text("warren announcement 1"),
		warren_digest_text(word.exchange ? word.exchange : "sys.router"),
		warren_digest_text(word.what), warren_digest_text(word.instance),
		warren_digest_text(address), warren_digest_text(time)};
	ck_assert_int_eq(warren_keyring_open(word.key ? word.key : KEY, &ring, &error), 0);
	ck_assert_int_eq(
		warren_keyring_sign(ring, parts, sizeof parts / sizeof parts[0], proof), 0);
	warren_keyring_close(ring);
	const struct warren_broker_header headers[] = {
		{.name = WARREN_HEADER_TO, .text = WARREN_TO_ALL_TEXT},
		{.name = WARREN_HEADER_ARGUMENT, .text = word.what},
		{.name = WARREN_HEADER_INSTANCE, .text = word.instance},
		{.name = WARREN_HEADER_ADDRESS,
			.text = word.changed_address ? word.changed_address : address},
		{.name = WARREN_HEADER_TIME, .number = time_ms},
		{.name = WARREN_HEADER_PROOF, .text = word.proof ? word.proof : proof},
	};
	const struct warren_broker_message message = {.exchange = "sys.router",
		.routing_key = "",
		.type = WARREN_WIRE_PEER,
		.headers = headers,
		.header_count = sizeof headers / sizeof headers[0]};
	if (time_ms > latest_ms && word.after_ms < 1000)
		latest_ms = time_ms;
	ck_assert_int_eq(warren_broker_publish(world.rest.broker, &message, NULL, NULL), 0);
	world_rest();
}

static void say(const char *what, const char *instance)
{
	say_word((struct word){.what = what, .instance = instance, .after_ms = 1});
}

static uint64_t refused(int router)
{
	return atomic_load(&routers[router]->announcements_refused);
}

START_TEST(routers_hear_of_each_other_and_of_who_stops)
{
	open_routers(2);
	ck_assert(warren_peers_ready(routers[0]->peers));
	ck_assert(knows(0, name_of(1)));
	ck_assert(knows(1, name_of(0)));
	char *other = strdup(name_of(1));
	world_remove(0);
	world_rest();
	ck_assert(!knows(0, other));
	free(other);
	close_routers();
}
END_TEST

START_TEST(who_is_silent_is_forgotten)
{
	open_routers(2);
	say("here", "far");
	for (int i = 1; i < FORGOTTEN_AFTER; i++) {
		world_advance(ANNOUNCED_EVERY_MS);
		ck_assert_msg(knows(0, "far") && knows(1, "far"), "after %d", i);
	}
	world_advance(ANNOUNCED_EVERY_MS);
	for (int i = 0; i < 2; i++) {
		ck_assert(!knows(i, "far"));
		ck_assert_msg(knows(i, name_of(1 - i)), "those that say something stay");
	}
	say("here", "far");
	ck_assert_msg(knows(0, "far"), "one that is heard again is there again");
	close_routers();
}
END_TEST

START_TEST(one_word_in_time_is_enough)
{
	open_routers(1);
	say("hello", "far");
	for (int i = 0; i < 3 * FORGOTTEN_AFTER; i++) {
		if (i % (FORGOTTEN_AFTER - 1) == 0)
			say("here", "far");
		world_advance(ANNOUNCED_EVERY_MS);
		ck_assert_msg(knows(0, "far"), "after %d", i);
	}
	close_routers();
}
END_TEST

/* Its last words would hold up its end for nobody: who is away does not hear them. */
START_TEST(a_router_that_stops_while_the_broker_takes_nothing_leaves_nothing_waiting)
{
	struct warren_broker_counters before, after;
	open_routers(2);
	world_rest();
	warren_broker_counters(world.rest.broker, &before);
	warren_broker_memory_block(world.rest.broker, true);
	world_remove(0);
	do
		warren_broker_counters(world.rest.broker, &after);
	while (after.unsent == before.unsent);
	warren_broker_memory_block(world.rest.broker, false);
	close_routers();
}
END_TEST

/* A warren.Peer as service/wire.h has it: to all, and to one that is new. */
START_TEST(an_announcement_has_what_peers_need_and_no_more)
{
	/* clang-format off */
#define FROM " warren-address=192.0.2.1:7000 warren-argument="
	static const char *const expected[] = {
		"sys.router : warren.Peer id=#1 app=router at=1767225600 | expires=1767225610000 |"
			FROM "hello warren-instance=#2 warren-proof=#3 warren-time=1767225600000 warren-to=all |",
		/* the test's own */
		"sys.router : warren.Peer | | warren-address=127.0.0.1:9 warren-argument=hello"
			" warren-instance=far warren-proof=#4 warren-time=1767225600001 warren-to=all |",
		"default sys.router.far: warren.Peer id=#5 app=router at=1767225600 |"
			" now_or_never expires=1767225610000 |"
			FROM "here warren-instance=#2 warren-proof=#6 warren-time=1767225600001 warren-to=all |",
		"sys.router : warren.Peer id=#7 app=router at=1767225610 |"
			" now_or_never expires=1767225620000 |"
			FROM "here warren-instance=#2 warren-proof=#8 warren-time=1767225610000 warren-to=all |",
		"sys.router : warren.Peer id=#9 app=router at=1767225610 |"
			" now_or_never expires=1767225620000 |"
			FROM "gone warren-instance=#2 warren-proof=#10 warren-time=1767225610001 warren-to=all |",
	};
#undef FROM
	/* clang-format on */
	setenv("INTERNAL_PEER_ADDRESS", "192.0.2.1:7000", 1);
	messages_begin(world.rest.broker);
	open_routers(1);
	say("hello", "far");
	world_advance(ANNOUNCED_EVERY_MS);
	close_routers();
	messages_end(world.rest.broker);
	ck_assert_int_eq(messages.count, sizeof expected / sizeof expected[0]);
	for (int i = 0; i < messages.count; i++)
		ck_assert_str_eq(messages.lines[i], expected[i]);
}
END_TEST

/* ---- what is not believed ---- */

enum { APART_MS = 600000 };

START_TEST(what_does_not_prove_itself_changes_nothing)
{
	static const char zeros[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	static const struct word words[] = {
		{.what = "hello",
			.instance = "far",
			.key = "another-key-of-32-characters-and-more"},
		{.what = "hello", .instance = "far", .proof = ""},
		{.what = "hello", .instance = "far", .proof = "short"},
		{.what = "hello", .instance = "far", .proof = zeros},
		{.what = "hello", .instance = "far", .exchange = "sys-stage.router"},
		{.what = "hello", .instance = "far", .changed_address = "127.0.0.1:80"},
		{.what = "hello", .instance = "far", .after_ms = -APART_MS - 1},
		{.what = "hello", .instance = "far", .after_ms = APART_MS + 1000},
	};
	open_routers(1);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		say_word(words[i]);
		ck_assert_msg(!knows(0, "far"), "word %zu", i);
		ck_assert_uint_eq(refused(0), i + 1);
	}
	say_word((struct word){.what = "hello", .instance = "far", .after_ms = 500});
	ck_assert_msg(knows(0, "far"), "with the key it is believed");
	close_routers();
}
END_TEST

START_TEST(clocks_may_be_five_minutes_apart)
{
	static const int64_t apart_ms[] = {-300000, 300000};
	open_routers(1);
	say_word((struct word){.what = "hello", .instance = "behind", .after_ms = apart_ms[0]});
	say_word((struct word){.what = "hello", .instance = "ahead", .after_ms = apart_ms[1]});
	ck_assert(knows(0, "behind") && knows(0, "ahead"));
	ck_assert_uint_eq(refused(0), 0);
	close_routers();
}
END_TEST

START_TEST(nobody_takes_the_place_of_a_living_router)
{
	open_routers(2);
	const char *own = name_of(0), *other = name_of(1);
	/* signed by somebody who has the key, and later than all else */
	say_word((struct word){.what = "hello", .instance = other, .after_ms = 400});
	say_word((struct word){.what = "here", .instance = own, .after_ms = 500});
	ck_assert_uint_eq(refused(0), 2);
	ck_assert_uint_eq(refused(1), 2);
	ck_assert(knows(0, other));
	ck_assert(knows(1, own));
	close_routers();
}
END_TEST

START_TEST(an_announcement_counts_once)
{
	open_routers(1);
	say_word((struct word){.what = "here", .instance = "far", .after_ms = 1});
	const int64_t here_ms = latest_ms;
	say("gone", "far");
	ck_assert(!knows(0, "far"));
	for (int i = 0; i < 2; i++) {
		say_word((struct word){
			.what = "here", .instance = "far", .after_ms = here_ms - latest_ms});
		ck_assert_msg(!knows(0, "far"), "after it has gone it is not there again");
		ck_assert_uint_eq(refused(0), (uint64_t)i + 1);
	}
	/* not even when nobody remembers it */
	latest_ms = 0;
	world_advance(APART_MS + 2 * ANNOUNCED_EVERY_MS);
	say_word((struct word){.what = "here",
		.instance = "far",
		.after_ms = here_ms - warren_clock_wall_ms(world.rest.clock)});
	ck_assert(!knows(0, "far"));
	ck_assert_uint_eq(refused(0), 3);
	say("here", "far");
	ck_assert_msg(knows(0, "far"), "a later one is another matter");
	close_routers();
}
END_TEST

START_TEST(who_has_gone_may_come_back_elsewhere)
{
	open_routers(1);
	say("here", "far");
	say("gone", "far");
	say_word((struct word){
		.what = "here", .instance = "far", .address = "127.0.0.1:10", .after_ms = 1});
	ck_assert(knows(0, "far"));
	ck_assert_uint_eq(refused(0), 0);
	close_routers();
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_announcement_has_what_peers_need_and_no_more,
		routers_hear_of_each_other_and_of_who_stops,
		who_is_silent_is_forgotten,
		one_word_in_time_is_enough,
		a_router_that_stops_while_the_broker_takes_nothing_leaves_nothing_waiting,
		what_does_not_prove_itself_changes_nothing,
		clocks_may_be_five_minutes_apart,
		nobody_takes_the_place_of_a_living_router,
		an_announcement_counts_once,
		who_has_gone_may_come_back_elsewhere,
	};
	return world_main("gateway_peers", tests, sizeof tests / sizeof tests[0]);
}
