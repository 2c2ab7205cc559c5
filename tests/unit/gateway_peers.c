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
		.instance = warren_instance_name(instance)};
	(void)table;
	router->instance = instance;
	router->log = world.log;
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
	ck_assert(warren_peers_take(router->peers, delivery));
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

/* A router that is none of the world's says something to all. */
static void say(const char *what, const char *instance)
{
	const struct warren_broker_header headers[] = {
		{.name = WARREN_HEADER_TO, .text = WARREN_TO_ALL_TEXT},
		{.name = WARREN_HEADER_ARGUMENT, .text = what},
		{.name = WARREN_HEADER_INSTANCE, .text = instance},
		{.name = WARREN_HEADER_ADDRESS, .text = "127.0.0.1:9"},
	};
	const struct warren_broker_message message = {.exchange = "sys.router",
		.routing_key = "",
		.type = WARREN_WIRE_PEER,
		.headers = headers,
		.header_count = sizeof headers / sizeof headers[0]};
	ck_assert_int_eq(warren_broker_publish(world.rest.broker, &message, NULL, NULL), 0);
	world_rest();
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

/* What service/wire.h says of a warren.Peer: to all, and to one that is new. */
START_TEST(an_announcement_has_what_peers_need_and_no_more)
{
	/* clang-format off */
#define FROM " warren-address=192.0.2.1:7000 warren-argument="
	static const char *const expected[] = {
		"sys.router : warren.Peer id=#1 app=router at=1767225600 | expires=1767225610000 |"
			FROM "hello warren-instance=#2 warren-to=all |",
		/* the test's own */
		"sys.router : warren.Peer | | warren-address=127.0.0.1:9 warren-argument=hello"
			" warren-instance=far warren-to=all |",
		"default sys.router.far: warren.Peer id=#3 app=router at=1767225600 |"
			" now_or_never expires=1767225610000 |" FROM "here warren-instance=#2 warren-to=all |",
		"sys.router : warren.Peer id=#4 app=router at=1767225610 |"
			" now_or_never expires=1767225620000 |" FROM "here warren-instance=#2 warren-to=all |",
		"sys.router : warren.Peer id=#5 app=router at=1767225610 |"
			" now_or_never expires=1767225620000 |" FROM "gone warren-instance=#2 warren-to=all |",
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

int main(void)
{
	const TTest *const tests[] = {
		an_announcement_has_what_peers_need_and_no_more,
		routers_hear_of_each_other_and_of_who_stops,
		who_is_silent_is_forgotten,
		one_word_in_time_is_enough,
		a_router_that_stops_while_the_broker_takes_nothing_leaves_nothing_waiting,
	};
	return world_main("gateway_peers", tests, sizeof tests / sizeof tests[0]);
}
