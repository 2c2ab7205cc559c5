/* An instance holds little while its handlers are busy: another one does the rest.  Run it with
 * with-rabbitmq. */
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "case_limits.h"
#include "service/prefetch.h"
#include "service_fixture.h"

enum { WORKERS = 4, SHARE = 2 * WORKERS, NUMBERS = 20000 };

/* An instance, with a connection of its own. */
struct place {
	struct warren_broker *broker;
	struct warren_instance *instance;
	bool is_open; /* its handlers go on */
	int inside, handled;
};

/*
 * The other instance has a process of its own: in one process a look into the quarantine, with which an
 * instance begins, waits for all handlers.
 */
struct other {
	pid_t pid;
	int in, out; /* what it is told: begin, end; the numbers that it handled */
	int handled;
};

static struct {
	struct warren_log *log;
	struct place place, publisher;
	struct other other;
	int tells; /* in the other's process: where its numbers go; else -1 */
	char suffix[32];
	pthread_mutex_t mutex; /* the rest, and what the places count */
	pthread_cond_t opened;
	int published, confirmed;
	int seen[NUMBERS];
} scene;

/* Takes what the other one has told by now. */
static void take_told(void)
{
	struct pollfd fd = {.fd = scene.other.out, .events = POLLIN};
	int number;
	while (poll(&fd, 1, 0) == 1 && read(fd.fd, &number, sizeof number) == sizeof number) {
		scene.other.handled++;
		scene.seen[number]++;
	}
}

static int64_t now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

#define AWAIT(condition)                                                                           \
	do {                                                                                       \
		int64_t until = now_s() + limit_wait_s();                                          \
		for (;;) {                                                                         \
			pthread_mutex_lock(&scene.mutex);                                          \
			take_told();                                                               \
			bool is_so = (condition);                                                  \
			pthread_mutex_unlock(&scene.mutex);                                        \
			if (is_so)                                                                 \
				break;                                                             \
			ck_assert_msg(now_s() < until,                                             \
				"nothing more happens while waiting for " #condition               \
				": %d and %d handled",                                             \
				scene.place.handled, scene.other.handled);                         \
			poll(NULL, 0, 2);                                                          \
		}                                                                                  \
	} while (0)

/* ---- the service ---- */

static int on_fact(struct warren_ctx *ctx, const void *message, void *worker)
{
	const struct note *fact = message;
	(void)ctx;
	struct place *place = *(struct place **)worker;
	pthread_mutex_lock(&scene.mutex);
	place->inside++;
	while (!place->is_open)
		pthread_cond_wait(&scene.opened, &scene.mutex);
	place->inside--;
	place->handled++;
	if (scene.tells < 0)
		scene.seen[fact->number]++;
	else
		ck_assert_int_eq(write(scene.tells, &fact->number, sizeof fact->number),
			sizeof fact->number);
	pthread_mutex_unlock(&scene.mutex);
	return 0;
}

static struct place *opening; /* while its instance opens */

static int open_state(struct warren_instance *instance, void **ret)
{
	(void)instance;
	struct place **state = malloc(sizeof *state);
	*state = opening;
	*ret = state;
	return 0;
}

static const struct warren_handler handlers[] = {{.event = &fact_event,
	.queue = &worker_fact,
	.handle = on_fact,
	.max_attempts = 3,
	SYS_WAITS(100, 100)}};
static const struct warren_service worker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "worker",
	.worker_open = open_state,
	.worker_close = free,
	.handlers = handlers,
	.handler_count = 1};
static const struct warren_event *const publishes[] = {&fact_event};
static const struct warren_service publisher_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "publisher",
	.publishes = publishes,
	.publish_count = 1};

static void start(struct place *place, const struct warren_service *service)
{
	struct warren_error error;
	const struct warren_broker_options broker = {
		.url = getenv("RABBITMQ_URL"), .app_name = "share", .log = scene.log};
	*place = (struct place){0};
	ck_assert_int_eq(warren_broker_open(&broker, &place->broker, &error), 0);
	const struct warren_instance_options options = {.service = service,
		.broker = place->broker,
		.clock = warren_clock_real(),
		.log = scene.log,
		.system_suffix = scene.suffix,
		.workers = WORKERS};
	opening = place;
	ck_assert_int_eq(warren_instance_open(&options, &place->instance, &error), 0);
	AWAIT(warren_broker_state(place->broker) == WARREN_BROKER_UP);
}

static void let(struct place *place, bool is_open)
{
	pthread_mutex_lock(&scene.mutex);
	place->is_open = is_open;
	pthread_cond_broadcast(&scene.opened);
	pthread_mutex_unlock(&scene.mutex);
}

static void stop(struct place *place)
{
	if (!place->instance)
		return;
	let(place, true);
	warren_instance_close(place->instance, 10000);
	warren_broker_close(place->broker, 10000);
}

static void on_published(struct warren_ctx *ctx, const struct warren_error *error, void *data)
{
	(void)ctx;
	(void)data;
	ck_assert_msg(!error, "%s", error ? error->message : "");
	pthread_mutex_lock(&scene.mutex);
	scene.confirmed++;
	pthread_mutex_unlock(&scene.mutex);
}

/* Publishes so many, and waits until the queue has them. */
static void publish(int count)
{
	for (int i = 0; i < count; i++) {
		const struct note note = {.text = "fact", .number = scene.published};
		struct warren_ctx *ctx = warren_ctx_open(scene.publisher.instance,
			&(struct warren_ctx_seed){.event = "fact", .lane = 1});
		ck_assert_int_lt(scene.published, NUMBERS);
		ck_assert_int_eq(warren_publish_confirmed(ctx, &fact_event, &note,
					 (struct warren_mark){0}, on_published, NULL),
			0);
		scene.published++;
	}
	AWAIT(scene.confirmed == scene.published);
}

static void open_scene(void)
{
	pthread_mutex_init(&scene.mutex, NULL);
	pthread_cond_init(&scene.opened, NULL);
	scene.log = warren_log_open("share", WARREN_LOG_SILENT, STDERR_FILENO);
}

/* The other's process. */
static void be_other(int in, int out)
{
	char order;
	scene.tells = out;
	open_scene();
	if (read(in, &order, 1) != 1)
		_exit(0); /* it was not needed */
	start(&scene.place, &worker_service);
	let(&scene.place, true);
	ck_assert_int_eq(read(in, &order, 1), 0);
	stop(&scene.place);
	_exit(0);
}

static void begin(void)
{
	int in[2], out[2];
	memset(&scene, 0, sizeof scene);
	scene.tells = -1;
	snprintf(scene.suffix, sizeof scene.suffix, "-%d", (int)getpid());
	ck_assert(pipe(in) == 0 && pipe(out) == 0);
	scene.other = (struct other){.pid = fork(), .in = in[1], .out = out[0]};
	ck_assert_int_ge(scene.other.pid, 0);
	if (scene.other.pid == 0) {
		close(in[1]);
		be_other(in[0], out[1]);
	}
	close(in[0]);
	close(out[1]);
	open_scene();
	start(&scene.publisher, &publisher_service);
}

static void start_other(void)
{
	ck_assert_int_eq(write(scene.other.in, "b", 1), 1);
}

/* Looked at before anybody stops: of what RabbitMQ was told at the very last it may give some again. */
static void expect_each_once(void)
{
	AWAIT(scene.place.handled + scene.other.handled == scene.published);
	for (int i = 0; i < scene.published; i++)
		ck_assert_msg(scene.seen[i] == 1, "%d was handled %d times", i, scene.seen[i]);
}

static void end(void)
{
	int status;
	expect_each_once();
	stop(&scene.place);
	close(scene.other.in);
	ck_assert_int_eq(waitpid(scene.other.pid, &status, 0), scene.other.pid);
	ck_assert_int_eq(status, 0);
	close(scene.other.out);
	stop(&scene.publisher);
	warren_log_close(scene.log);
	(void)note_used();
}

static uint64_t delivered(const struct place *place)
{
	struct warren_broker_counters counters;
	warren_broker_counters(place->broker, &counters);
	return counters.delivered;
}

static struct warren_instance_counters counters_of(const struct place *place)
{
	struct warren_instance_counters counters;
	warren_instance_counters(place->instance, &counters);
	return counters;
}

/* ---- the tests ---- */

START_TEST(an_instance_that_starts_now_takes_its_share)
{
	enum { WAITING = 40 };
	struct place *slow = &scene.place;

	begin();
	start(slow, &worker_service);
	publish(WAITING);
	AWAIT(slow->inside == WORKERS);
	start_other();
	AWAIT(scene.other.handled == WAITING - SHARE);
	ck_assert_uint_eq(delivered(slow), SHARE);
	let(slow, true);
	AWAIT(slow->handled == SHARE);
	end();
}
END_TEST

START_TEST(an_instance_that_is_fast_holds_more)
{
	enum { WIDE = SHARE + WARREN_PREFETCH_MORE, WAITING = 2 * WIDE };
	struct place *fast = &scene.place;

	begin();
	start(fast, &worker_service);
	let(fast, true);
	while (counters_of(fast).widened == counters_of(fast).narrowed)
		publish(WARREN_PREFETCH_LEARN);
	AWAIT(fast->handled == scene.published);
	let(fast, false);
	uint64_t before = delivered(fast);
	int handled = fast->handled;
	publish(WAITING);
	AWAIT(delivered(fast) == before + WIDE);
	start_other();
	AWAIT(scene.other.handled == WAITING - WIDE);
	ck_assert_uint_eq(delivered(fast), before + WIDE);
	let(fast, true);
	AWAIT(fast->handled == handled + WIDE);
	end();
}
END_TEST

/* It becomes slow with all that it may have in hand, and with more on its way. */
START_TEST(an_instance_that_becomes_slow_loses_nothing)
{
	enum { ROUNDS = 2, WAITING = 100 };
	struct place *place = &scene.place;

	begin();
	start(place, &worker_service);
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t narrowed = counters_of(place).narrowed;
		let(place, true);
		while (counters_of(place).widened == counters_of(place).narrowed)
			publish(WARREN_PREFETCH_LEARN);
		while (counters_of(place).narrowed == narrowed) {
			let(place, false);
			publish(WAITING);
			AWAIT(place->inside == WORKERS);
			poll(NULL, 0, WARREN_PREFETCH_NARROW_MS); /* so slow is it */
			let(place, true);
			AWAIT(place->handled == scene.published);
		}
	}
	end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("share");
	TCase *tcase = tcase_create("share");
	tcase_add_test(tcase, an_instance_that_starts_now_takes_its_share);
	tcase_add_test(tcase, an_instance_that_is_fast_holds_more);
	tcase_add_test(tcase, an_instance_that_becomes_slow_loses_nothing);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
