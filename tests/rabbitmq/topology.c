/* What an operator does to queues, vhosts and permissions: told, lived with, and healed. */
#include <errno.h>
#include <stdio.h>

#include "rig.h"

static void on_delivery(const struct warren_broker_delivery *delivery, void *data)
{
	struct rig *rig = data;

	pthread_mutex_lock(&rig->lock);
	rig->settled += 1000; /* a delivery; the publishes are counted below that */
	pthread_cond_broadcast(&rig->changed);
	pthread_mutex_unlock(&rig->lock);
	warren_broker_ack(rig->broker, delivery->tag);
}

#define DELIVERED(rig) ((rig)->settled / 1000)

static void put(struct rig *rig, const char *queue)
{
	const struct warren_broker_message message = {
		.routing_key = queue, .persistent = true, .mandatory = true};
	ck_assert_int_eq(warren_broker_publish(rig->broker, &message, rig_on_settled, rig), 0);
}

static void declare(struct rig *rig, const char *name, enum warren_queue_kind kind)
{
	const struct warren_broker_queue queue = {.name = name, .kind = kind};
	const struct warren_broker_exchange exchange = {"operator", WARREN_EXCHANGE_TOPIC};
	const struct warren_broker_binding binding = {"operator", name, name};
	const struct warren_broker_topology topology = {&exchange, 1, &queue, 1, &binding, 1};
	ck_assert_int_eq(warren_broker_declare(rig->broker, &topology), 0);
}

static void consume(struct rig *rig, const char *queue)
{
	uint64_t id;
	ck_assert_int_eq(warren_broker_consume(rig->broker, queue, 8, on_delivery, rig, &id), 0);
}

struct looked_for {
	const char *name;
	int kind;
	char text[TEXT_SIZE];
};

static void look_at(const struct warren_obstacle *obstacle, void *data)
{
	struct looked_for *wanted = data;
	if (strcmp(obstacle->name, wanted->name) != 0 || wanted->kind >= 0)
		return;
	wanted->kind = (int)obstacle->kind;
	snprintf(wanted->text, sizeof wanted->text, "%s", obstacle->text);
}

#define NO_OBSTACLE -1

/* The state is told again when the obstacles change.  Returns the last one's text. */
static const char *await_obstacle(struct rig *rig, const char *name, int kind)
{
	static struct looked_for found;

	for (;;) {
		pthread_mutex_lock(&rig->lock);
		int tells = rig->ups;
		pthread_mutex_unlock(&rig->lock);
		found = (struct looked_for){.name = name, .kind = NO_OBSTACLE};
		warren_broker_obstacles(rig->broker, look_at, &found);
		if (found.kind == kind)
			return found.text;
		AWAIT(rig, rig->ups != tells);
	}
}

static void expect_none(struct rig *rig)
{
	struct warren_broker_counters counters;
	warren_broker_counters(rig->broker, &counters);
	ck_assert_uint_eq(counters.obstacles, 0);
	ck_assert_int_eq(rig->downs, 0);
}

static void finish(struct rig *rig)
{
	ck_assert_msg(rig->downs == 0, "%s", rig->reason);
	rig_close(rig, 1000);
	rig_free(rig);
}

#define ACCOUNT "operator:operator"

static void account_may(const char *configure, const char *write, const char *read)
{
	char command[TEXT_SIZE];
	snprintf(command, sizeof command,
		"rabbitmqctl -q add_user operator operator >/dev/null 2>&1; "
		"rabbitmqctl -q set_permissions operator '%s' '%s' '%s'",
		configure, write, read);
	shell(command);
}

START_TEST(an_account_that_may_not_declare_uses_what_is_there)
{
	struct rig *all = rig_open(NULL);
	declare(all, "operator.there", WARREN_QUEUE_QUORUM);
	declare(all, "operator.classic", WARREN_QUEUE_CLASSIC);
	put(all, "operator.there");
	AWAIT(all, all->confirmed == 1);

	account_may("", ".*", ".*");
	struct rig *rig = rig_open(url_with(ACCOUNT, ""));
	declare(rig, "operator.there", WARREN_QUEUE_QUORUM);
	declare(rig, "operator.classic", WARREN_QUEUE_CLASSIC);
	consume(rig, "operator.there");
	put(rig, "operator.there");
	AWAIT(rig, DELIVERED(rig) == 2);
	expect_none(rig);
	finish(rig);

	/* Nothing but messages: not even to bind. */
	account_may("", "^amq.default$", ".*");
	rig = rig_open(url_with(ACCOUNT, ""));
	declare(rig, "operator.there", WARREN_QUEUE_QUORUM);
	consume(rig, "operator.there");
	put(rig, "operator.there");
	AWAIT(rig, DELIVERED(rig) == 1);
	expect_none(rig);
	finish(rig);
	finish(all);
}
END_TEST

START_TEST(what_it_may_not_declare_and_is_not_there_is_told_and_heals)
{
	account_may("", ".*", ".*");
	struct rig *rig = rig_open(url_with(ACCOUNT, ""));
	declare(rig, "operator.missing", WARREN_QUEUE_QUORUM);
	consume(rig, "operator.missing");
	const char *text = await_obstacle(rig, "operator.missing", WARREN_OBSTACLE_MISSING);
	ck_assert_msg(strstr(text, "may not declare it") != NULL, "%s", text);
	account_may(".*", ".*", ".*");
	await_obstacle(rig, "operator.missing", NO_OBSTACLE);
	put(rig, "operator.missing");
	AWAIT(rig, DELIVERED(rig) == 1);
	finish(rig);
}
END_TEST

START_TEST(a_consumer_that_may_not_read_is_told_and_others_run)
{
	struct rig *all = rig_open(NULL);
	declare(all, "operator.secret", WARREN_QUEUE_QUORUM);
	declare(all, "operator.open", WARREN_QUEUE_QUORUM);
	put(all, "operator.secret");
	AWAIT(all, all->confirmed == 1);

	account_may("", ".*", "^operator.open$");
	struct rig *rig = rig_open(url_with(ACCOUNT, ""));
	declare(rig, "operator.secret", WARREN_QUEUE_QUORUM);
	declare(rig, "operator.open", WARREN_QUEUE_QUORUM);
	consume(rig, "operator.secret");
	consume(rig, "operator.open");
	await_obstacle(rig, "operator.secret", WARREN_OBSTACLE_FORBIDDEN);
	put(rig, "operator.open");
	AWAIT(rig, DELIVERED(rig) == 1);
	account_may("", ".*", ".*");
	await_obstacle(rig, "operator.secret", NO_OBSTACLE);
	AWAIT(rig, DELIVERED(rig) == 2);
	finish(rig);
	finish(all);
}
END_TEST

START_TEST(a_queue_that_is_deleted_is_declared_and_consumed_again)
{
	struct rig *rig = rig_open(NULL);
	declare(rig, "operator.deleted", WARREN_QUEUE_QUORUM);
	declare(rig, "operator.beside", WARREN_QUEUE_QUORUM);
	consume(rig, "operator.deleted");
	consume(rig, "operator.beside");
	put(rig, "operator.deleted");
	AWAIT(rig, DELIVERED(rig) == 1);
	for (int i = 0; i < 3; i++) {
		const struct warren_broker_message message = {.exchange = "operator",
			.routing_key = "operator.deleted",
			.persistent = true};
		/* As soon as it is there again: more may have been delivered than was waited for. */
		shell("until rabbitmqctl -q delete_queue operator.deleted >/dev/null 2>&1; do :; "
		      "done");
		int before = DELIVERED(rig);
		/* Until it was heard of; its binding went with it. */
		while (DELIVERED(rig) == before) {
			int settled = rig->settled;
			ck_assert_int_eq(
				warren_broker_publish(rig->broker, &message, rig_on_settled, rig),
				0);
			AWAIT(rig, rig->settled > settled);
		}
	}
	put(rig, "operator.beside");
	/* RabbitMQ 4.3.6 ends the connection for it (INTERNAL_ERROR), and it heals all the same. */
	rig_close(rig, 1000);
	rig_free(rig);
}
END_TEST

START_TEST(a_classic_queue_is_classic_whatever_the_vhosts_default)
{
	shell("rabbitmqctl -q add_vhost quorums --default-queue-type quorum >/dev/null && "
	      "rabbitmqctl -q set_permissions -p quorums guest '.*' '.*' '.*'");
	struct rig *rig = rig_open(url_with("guest:guest", "/quorums"));
	declare(rig, "operator.replies", WARREN_QUEUE_CLASSIC);
	put(rig, "operator.replies");
	AWAIT(rig, rig->confirmed == 1);
	shell("rabbitmqctl -q -p quorums list_queues name type | "
	      "grep -q '^operator.replies.*classic'");
	expect_none(rig);
	finish(rig);
}
END_TEST

static int seen;

/* Looks and puts it back. */
static void on_look(const struct warren_broker_delivery *delivery, void *data)
{
	struct rig *rig = data;

	pthread_mutex_lock(&rig->lock);
	seen++;
	pthread_cond_broadcast(&rig->changed);
	pthread_mutex_unlock(&rig->lock);
	if (seen <= 60)
		warren_broker_requeue(rig->broker, delivery->tag);
}

START_TEST(a_parked_message_stays_however_often_somebody_looks)
{
	struct rig *rig = rig_open(NULL);
	/* As codegen/lua/model/topology.lua has it. */
	const struct warren_broker_queue dead = {.name = "operator.dead",
		.kind = WARREN_QUEUE_QUORUM,
		.delivery_limit = 1000000,
		.reject_publish = true};
	const struct warren_broker_topology topology = {.queues = &dead, .queue_count = 1};
	uint64_t id;

	seen = 0;
	ck_assert_int_eq(warren_broker_declare(rig->broker, &topology), 0);
	put(rig, "operator.dead");
	ck_assert_int_eq(
		warren_broker_consume(rig->broker, "operator.dead", 1, on_look, rig, &id), 0);
	AWAIT(rig, seen > 60);
	finish(rig);
}
END_TEST

TCase *topology_case(void)
{
	TCase *tcase = tcase_create("topology");

	tcase_add_checked_fixture(tcase, rabbitmq_start, NULL);
	tcase_add_test(tcase, an_account_that_may_not_declare_uses_what_is_there);
	tcase_add_test(tcase, what_it_may_not_declare_and_is_not_there_is_told_and_heals);
	tcase_add_test(tcase, a_consumer_that_may_not_read_is_told_and_others_run);
	tcase_add_test(tcase, a_queue_that_is_deleted_is_declared_and_consumed_again);
	tcase_add_test(tcase, a_classic_queue_is_classic_whatever_the_vhosts_default);
	tcase_add_test(tcase, a_parked_message_stays_however_often_somebody_looks);
	return tcase;
}
