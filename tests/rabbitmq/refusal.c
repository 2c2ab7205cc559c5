/* What RabbitMQ will not have is one publish's trouble: everything else goes on, once, in order. */
#include <stdio.h>
#include <unistd.h>

#include "rig.h"

#define BODY_MAX 100000
#define LINES_MAX 16384

struct sent {
	struct rig *rig;
	int settled;
	enum warren_broker_outcome outcome;
};

static void on_settled(enum warren_broker_outcome outcome, void *data)
{
	struct sent *sent = data;

	pthread_mutex_lock(&sent->rig->lock);
	sent->settled++;
	sent->outcome = outcome;
	pthread_mutex_unlock(&sent->rig->lock);
	rig_on_settled(outcome, sent->rig);
}

static void send(struct rig *rig, struct sent *sent, const struct warren_broker_message *message)
{
	*sent = (struct sent){.rig = rig};
	ck_assert_int_eq(warren_broker_publish(rig->broker, message, on_settled, sent), 0);
}

static uint64_t channels_lost(struct rig *rig)
{
	struct warren_broker_counters counters;

	warren_broker_counters(rig->broker, &counters);
	return counters.channels_lost;
}

/* ---- what arrives ---- */

struct arrivals {
	struct rig *rig;
	int64_t last; /* number of the newest; they come in order, some of them again */
	int count;
};

static void on_delivery(const struct warren_broker_delivery *delivery, void *data)
{
	struct arrivals *arrivals = data;
	int64_t number = delivery->message.timestamp_s;

	pthread_mutex_lock(&arrivals->rig->lock);
	arrivals->count++;
	if (number > arrivals->last)
		arrivals->last = number;
	pthread_cond_broadcast(&arrivals->rig->changed);
	pthread_mutex_unlock(&arrivals->rig->lock);
	warren_broker_ack(arrivals->rig->broker, delivery->tag);
}

/* ---- a body over max_message_size ---- */

static void start_with_a_limit(void)
{
	rabbitmq_stop();
	shell("echo 'max_message_size = 100000' >\"$RABBITMQ_DIR/extra.conf\"");
	rabbitmq_start();
}

static void stop_limit(void)
{
	rabbitmq_stop();
	shell("rm -f \"$RABBITMQ_DIR/extra.conf\"");
}

enum { STREAM = 400 };

static bool is_large(int i)
{
	return i % 100 == 20 || i % 100 == 21;
}

/* A stream, some of it too large, every third not persistent. */
static void stream(
	struct rig *rig, struct sent sent[STREAM], const char *queue, const uint8_t *body)
{
	pthread_mutex_lock(&rig->lock);
	int before = rig->settled;
	pthread_mutex_unlock(&rig->lock);
	for (int i = 0; i < STREAM; i++) {
		const struct warren_broker_message message = {
			.routing_key = queue,
			.type = "userLogin",
			.timestamp_s = i + 1,
			.persistent = i % 3 != 0,
			.mandatory = true,
			.body = body,
			.body_len = is_large(i) ? BODY_MAX + (size_t)i : 100,
		};
		send(rig, &sent[i], &message);
	}
	AWAIT(rig, rig->settled == before + STREAM);
	for (int i = 0; i < STREAM; i++) {
		ck_assert_int_eq(sent[i].settled, 1);
		if (is_large(i))
			ck_assert_int_eq(sent[i].outcome, WARREN_BROKER_REFUSED);
		else if (i % 3 != 0 || i > 21)
			ck_assert_int_eq(sent[i].outcome, WARREN_BROKER_CONFIRMED);
		else /* it was not confirmed when the channel went, and is not sent twice */
			ck_assert(sent[i].outcome == WARREN_BROKER_CONFIRMED ||
				  sent[i].outcome == WARREN_BROKER_LOST);
	}
}

static void expect_line(int fd)
{
	static char lines[LINES_MAX];
	ssize_t len = read(fd, lines, sizeof lines - 1);

	ck_assert_int_gt(len, 0);
	lines[len] = '\0';
	ck_assert_msg(strstr(lines, "the broker refused a publish") && strstr(lines, "userLogin") &&
			      strstr(lines, "100020") && strstr(lines, "PRECONDITION_FAILED"),
		"%s", lines);
}

START_TEST(a_body_over_the_brokers_limit_is_refused_alone)
{
	static struct sent sent[STREAM];
	uint8_t *body = calloc(1, 2 * BODY_MAX);
	int fds[2];

	ck_assert_ptr_nonnull(body);
	ck_assert_int_eq(pipe(fds), 0);
	struct warren_log *log = warren_log_open("faults", WARREN_LOG_WARN, fds[1]);
	struct rig *rig = rig_open_logged(log);
	struct arrivals arrivals = {.rig = rig};
	const char *queue = rig_queue(rig, "faults.limit");
	uint64_t id;
	ck_assert_int_eq(
		warren_broker_consume(rig->broker, queue, 50, on_delivery, &arrivals, &id), 0);
	AWAIT(rig, rig->ups > 0);

	stream(rig, sent, queue, body);
	AWAIT(rig, arrivals.last == STREAM);
	ck_assert_uint_eq(channels_lost(rig), 1); /* from then on the limit is known */
	expect_line(fds[0]);
	stream(rig, sent, queue, body);
	ck_assert_uint_eq(channels_lost(rig), 1);
	ck_assert_int_eq(rig->downs, 0);

	/* On a new connection the limit may be another. */
	shell("rabbitmqctl -q close_all_connections 'a test' >/dev/null 2>&1");
	AWAIT(rig, rig->downs == 1 && rig->ups > 1);
	stream(rig, sent, queue, body);
	ck_assert_uint_eq(channels_lost(rig), 2);
	ck_assert_int_eq(rig->downs, 1);
	rig_close(rig, 5000);
	rig_free(rig);
	warren_log_close(log);
	close(fds[0]);
	close(fds[1]);
	free(body);
}
END_TEST

/* One too large on the way without confirms: those with confirms do not notice, and from then on the
 * limit is known to both. */
START_TEST(a_body_over_the_limit_without_confirms_costs_no_confirmed_one)
{
	static struct sent sent[STREAM];
	static char lines[LINES_MAX];
	uint8_t *body = calloc(1, 2 * BODY_MAX);
	int fds[2];

	ck_assert_ptr_nonnull(body);
	ck_assert_int_eq(pipe(fds), 0);
	struct warren_log *log = warren_log_open("faults", WARREN_LOG_WARN, fds[1]);
	struct rig *rig = rig_open_logged(log);
	struct arrivals arrivals = {.rig = rig};
	const char *queue = rig_queue(rig, "faults.limit");
	uint64_t id;
	ck_assert_int_eq(
		warren_broker_consume(rig->broker, queue, 50, on_delivery, &arrivals, &id), 0);
	AWAIT(rig, rig->ups > 0);
	struct warren_broker_message large = {
		.routing_key = queue, .unconfirmed = true, .body = body, .body_len = BODY_MAX + 1};
	for (int i = 0; i < STREAM; i++) {
		const struct warren_broker_message message = {
			.routing_key = queue, .timestamp_s = i + 1, .mandatory = true};
		send(rig, &sent[i], i == 20 ? &large : &message);
	}
	AWAIT(rig, rig->settled == STREAM && arrivals.last == STREAM);
	for (int i = 0; i < STREAM; i++)
		ck_assert_int_eq(
			sent[i].outcome, i == 20 ? WARREN_BROKER_SENT : WARREN_BROKER_CONFIRMED);
	while (channels_lost(rig) == 0) { /* a confirm says that the broker had its time */
		const struct warren_broker_message message = {.routing_key = queue};
		send(rig, &sent[0], &message);
		AWAIT(rig, sent[0].settled > 0);
	}
	for (int i = 0; i < 3; i++) {
		large.unconfirmed = i != 1;
		send(rig, &sent[i], &large);
		AWAIT(rig, sent[i].settled > 0);
		ck_assert_int_eq(sent[i].outcome, WARREN_BROKER_REFUSED);
	}
	ck_assert_uint_eq(channels_lost(rig), 1);
	ck_assert_int_eq(rig->downs, 0);
	ssize_t len = read(fds[0], lines, sizeof lines - 1);
	ck_assert_int_gt(len, 0);
	lines[len] = '\0';
	ck_assert_msg(strstr(lines, "refused a publish at most once") &&
			      strstr(lines, "PRECONDITION_FAILED"),
		"%s", lines);
	rig_close(rig, 5000);
	rig_free(rig);
	warren_log_close(log);
	close(fds[0]);
	close(fds[1]);
	free(body);
}
END_TEST

/* ---- what the account may not write to ---- */

static void start_with_an_account(void)
{
	rabbitmq_start();
	shell("rabbitmqctl -q add_user weak weak >/dev/null 2>&1 || true; "
	      "rabbitmqctl -q set_permissions weak '.*' "
	      "'^(amq[.]default|amq[.]direct|faults[.].*)$' "
	      "'.*' >/dev/null 2>&1");
}

START_TEST(an_exchange_that_is_not_allowed_is_refused_alone)
{
	enum { COUNT = 300 };
	static struct sent sent[COUNT];
	static const char *const exchanges[] = {"", "amq.topic", "", "amq.direct", "amq.fanout"};
	struct rig *rig = rig_open(url_with("weak:weak", "/"));
	const char *queue = rig_queue(rig, "faults.weak");

	AWAIT(rig, rig->ups > 0);
	for (int i = 0; i < COUNT; i++) {
		const struct warren_broker_message message = {
			.exchange = exchanges[i % 5],
			.routing_key = queue,
			.persistent = true,
			.mandatory = true,
		};
		send(rig, &sent[i], &message);
	}
	AWAIT(rig, rig->settled == COUNT);
	for (int i = 0; i < COUNT; i++) {
		enum warren_broker_outcome right = i % 5 == 1 || i % 5 == 4 ? WARREN_BROKER_REFUSED
						   : i % 5 == 3             ? WARREN_BROKER_RETURNED
								: WARREN_BROKER_CONFIRMED;
		ck_assert_int_eq(sent[i].outcome, right);
	}
	ck_assert_int_eq(rig->downs, 0);
	rig_close(rig, 5000);
	rig_free(rig);
}
END_TEST

START_TEST(the_default_exchange_may_be_forbidden_too)
{
	enum { COUNT = 40 };
	static struct sent sent[COUNT];

	shell("rabbitmqctl -q set_permissions weak '.*' '^$' '.*' >/dev/null 2>&1");
	struct rig *rig = rig_open(url_with("weak:weak", "/"));
	const char *queue = rig_queue(rig, "faults.weak");
	AWAIT(rig, rig->ups > 0);
	for (int i = 0; i < COUNT; i++) {
		const struct warren_broker_message message = {
			.routing_key = queue, .persistent = i % 2 == 0};
		send(rig, &sent[i], &message);
	}
	AWAIT(rig, rig->refused == COUNT);
	ck_assert_int_eq(rig->downs, 0);
	rig_close(rig, 5000);
	rig_free(rig);
}
END_TEST

/* It goes on however often the broker closes the channel, and those behind arrive again. */
START_TEST(what_is_not_allowed_without_confirms_costs_no_confirmed_one)
{
	enum { ROUNDS = 10, COUNT = 60 };
	static struct sent sent[COUNT];
	struct rig *rig = rig_open(url_with("weak:weak", "/"));
	struct arrivals arrivals = {.rig = rig};
	const char *queue = rig_queue(rig, "faults.weak"), *other = rig_queue(rig, "faults.other");
	uint64_t id;

	ck_assert_int_eq(
		warren_broker_consume(rig->broker, other, 50, on_delivery, &arrivals, &id), 0);
	AWAIT(rig, rig->ups > 0);
	for (int round = 1; round <= ROUNDS; round++) {
		for (int i = 0; i < COUNT; i++) {
			const struct warren_broker_message message = {
				.exchange = i == COUNT / 2 ? "amq.topic" : "",
				.routing_key = queue,
				.persistent = true,
				.mandatory = true,
				.unconfirmed = i % 2 == 0,
			};
			send(rig, &sent[i], &message);
		}
		AWAIT(rig, rig->settled >= round * COUNT);
		for (int i = 0; i < COUNT; i++)
			ck_assert_int_eq(sent[i].outcome,
				i % 2 ? WARREN_BROKER_CONFIRMED : WARREN_BROKER_SENT);
		int64_t last = arrivals.last;
		while (arrivals.last == last) {
			const struct warren_broker_message message = {
				.routing_key = other, .timestamp_s = last + 1, .unconfirmed = true};
			struct warren_broker_message beside = {.routing_key = queue};
			struct sent one;
			ck_assert_int_eq(
				warren_broker_publish(rig->broker, &message, NULL, NULL), 0);
			send(rig, &one, &beside);
			AWAIT(rig, one.settled > 0);
			pthread_mutex_lock(&rig->lock);
			rig->settled--;
			pthread_mutex_unlock(&rig->lock);
		}
		ck_assert_uint_eq(channels_lost(rig), (uint64_t)round);
	}
	ck_assert_int_eq(rig->downs, 0);
	rig_close(rig, 5000);
	rig_free(rig);
}
END_TEST

/* ---- what is behind it and is not persistent ---- */

START_TEST(what_came_behind_the_refused_one_goes_again_persistent_or_not)
{
	enum { COUNT = 60, BAD = 10 };
	static struct sent sent[COUNT];
	struct rig *rig = rig_open(NULL);
	const char *queue = rig_queue(rig, "faults.behind");

	AWAIT(rig, rig->ups > 0);
	for (int i = 0; i < COUNT; i++) {
		const struct warren_broker_message message = {
			.exchange = i == BAD ? "faults.nowhere" : "", .routing_key = queue};
		send(rig, &sent[i], &message);
	}
	AWAIT(rig, rig->settled == COUNT);
	for (int i = 0; i < COUNT; i++) {
		if (i == BAD)
			ck_assert_int_eq(sent[i].outcome, WARREN_BROKER_REFUSED);
		else if (i > BAD)
			ck_assert_int_eq(sent[i].outcome, WARREN_BROKER_CONFIRMED);
		else
			ck_assert(sent[i].outcome == WARREN_BROKER_CONFIRMED ||
				  sent[i].outcome == WARREN_BROKER_LOST);
	}
	ck_assert_uint_eq(channels_lost(rig), 1);
	rig_close(rig, 5000);
	rig_free(rig);
}
END_TEST

TCase *limit_case(void)
{
	TCase *tcase = tcase_create("limit");

	tcase_add_unchecked_fixture(tcase, start_with_a_limit, stop_limit);
	tcase_add_test(tcase, a_body_over_the_brokers_limit_is_refused_alone);
	tcase_add_test(tcase, a_body_over_the_limit_without_confirms_costs_no_confirmed_one);
	return tcase;
}

TCase *refusal_case(void)
{
	TCase *tcase = tcase_create("refusal");

	tcase_add_checked_fixture(tcase, start_with_an_account, NULL);
	tcase_add_test(tcase, an_exchange_that_is_not_allowed_is_refused_alone);
	tcase_add_test(tcase, what_is_not_allowed_without_confirms_costs_no_confirmed_one);
	tcase_add_test(tcase, the_default_exchange_may_be_forbidden_too);
	tcase_add_test(tcase, what_came_behind_the_refused_one_goes_again_persistent_or_not);
	return tcase;
}
