/* A message that kills its process is parked after three crashes, and nothing else is.  Run it with
 * with-rabbitmq. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "case_limits.h"
#include "service/instance.h"
#include "service/wire.h"
#include "service_fixture.h"
#include "worker.h"

#define WAIT_S (2 * limit_wait_s()) /* processes end and start again in between */
#define PROCESSES_MAX 2
#define HEALTHY_MAX 512

extern char **environ;

/* ---- a process that is started again whenever it ends ---- */

struct process {
	pid_t pid; /* 0: none runs */
	int in, out;
	char line[256];
	size_t len;
};

static struct scene {
	char suffix[24];
	const char *prefetch, *two;
	struct process processes[PROCESSES_MAX];
	int process_count;
	int crashes, ups, waiting;
	int handled[HEALTHY_MAX], handled_count, waits_done; /* by number; distinct ones */
	int quarantined, published;
	bool stopping;

	struct warren_log *log;
	struct warren_broker *broker;
	struct warren_instance *asker;
	pthread_mutex_t mutex; /* the rest */
	pthread_cond_t changed;
	int parked, crashed, confirmed;
	char parked_text[2][32];
} scene;

static void start_process(struct process *process)
{
	int in[2], out[2];
	char *arguments[] = {"/proc/self/exe", CRASH_ARGUMENT, scene.suffix, (char *)scene.prefetch,
		(char *)scene.two, NULL};
	posix_spawn_file_actions_t actions;
	ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
	ck_assert_int_eq(
		posix_spawn(&process->pid, arguments[0], &actions, NULL, arguments, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	close(in[0]);
	close(out[1]);
	process->in = in[1];
	process->out = out[0];
	process->len = 0;
}

static void take_line(const char *line)
{
	char *end;
	long number = strtol(line, &end, 10);
	if (strcmp(line, "up") == 0)
		scene.ups++;
	else if (strcmp(line, "waiting") == 0)
		scene.waiting++;
	else if (strncmp(line, "wait", 4) == 0)
		scene.waits_done++;
	else if (sscanf(line, "quarantined %d", &scene.quarantined) == 1)
		return;
	else if (end != line && number >= 0 && number < HEALTHY_MAX)
		scene.handled_count += scene.handled[number]++ == 0;
	else
		ck_assert_str_eq(line, "poison");
}

static void take_bytes(struct process *process)
{
	ssize_t got = read(
		process->out, process->line + process->len, sizeof process->line - process->len);
	if (got <= 0) {
		int status;
		waitpid(process->pid, &status, 0);
		close(process->in);
		close(process->out);
		process->pid = 0;
		if (scene.stopping)
			return;
		ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
			"the process ended by itself: status %d", status);
		scene.crashes++;
		start_process(process);
		return;
	}
	process->len += (size_t)got;
	char *end;
	while ((end = memchr(process->line, '\n', process->len))) {
		*end = '\0';
		take_line(process->line);
		process->len -= (size_t)(end + 1 - process->line);
		memmove(process->line, end + 1, process->len);
	}
}

/* Takes what the processes say for a moment. */
static void turn(void)
{
	struct pollfd fds[PROCESSES_MAX];
	for (int i = 0; i < scene.process_count; i++)
		fds[i] = (struct pollfd){.fd = scene.processes[i].pid ? scene.processes[i].out : -1,
			.events = POLLIN};
	if (poll(fds, (nfds_t)scene.process_count, 100) <= 0)
		return;
	for (int i = 0; i < scene.process_count; i++) {
		if (fds[i].revents)
			take_bytes(&scene.processes[i]);
	}
}

static int64_t now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static int read_locked(const int *number)
{
	pthread_mutex_lock(&scene.mutex);
	int value = *number;
	pthread_mutex_unlock(&scene.mutex);
	return value;
}

#define AWAIT(condition)                                                                           \
	do {                                                                                       \
		int64_t until = now_s() + WAIT_S;                                                  \
		while (!(condition)) {                                                             \
			ck_assert_msg(now_s() < until,                                             \
				"nothing more happens while waiting for " #condition               \
				": %d handled, %d crashes, %d parked",                             \
				scene.handled_count, scene.crashes, read_locked(&scene.parked));   \
			turn();                                                                    \
		}                                                                                  \
	} while (0)

/* ---- who publishes, and finds what was parked ---- */

static const struct warren_event *const asker_publishes[] = {&fact_event};
static const struct warren_service asker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "asker",
	.publishes = asker_publishes,
	.publish_count = 1};

static void on_parked(const struct warren_broker_delivery *delivery, void *data)
{
	const struct warren_broker_message *message = &delivery->message;
	const char *reason = warren_broker_header_text(message, WARREN_HEADER_REASON);
	(void)data;
	pthread_mutex_lock(&scene.mutex);
	scene.parked++;
	scene.crashed += reason && strcmp(reason, "crashed") == 0;
	pthread_mutex_unlock(&scene.mutex);
	warren_broker_ack(scene.broker, delivery->tag);
}

static void on_published(struct warren_ctx *ctx, const struct warren_error *error, void *data)
{
	(void)ctx;
	(void)data;
	ck_assert_ptr_null(error);
	pthread_mutex_lock(&scene.mutex);
	scene.confirmed++;
	pthread_mutex_unlock(&scene.mutex);
}

static void publish(const char *text)
{
	struct warren_ctx *ctx =
		warren_ctx_open(scene.asker, &(struct warren_ctx_seed){.event = "fact", .lane = 1});
	ck_assert_int_eq(warren_publish_confirmed(ctx, &fact_event, &(struct note){.text = text},
				 (struct warren_mark){0}, on_published, NULL),
		0);
	scene.published++;
}

static void publish_number(int number)
{
	char text[16];
	snprintf(text, sizeof text, "%d", number);
	publish(text);
}

static void begin(const char *prefetch, const char *two)
{
	static int scenes;
	struct warren_error error;
	uint64_t id;
	scene = (struct scene){
		.prefetch = prefetch, .two = two, .mutex = PTHREAD_MUTEX_INITIALIZER};
	snprintf(scene.suffix, sizeof scene.suffix, "-%d-%d", (int)getpid(), scenes++);
	scene.log = warren_log_open("asker", WARREN_LOG_SILENT, STDERR_FILENO);
	const struct warren_broker_options options = {.url = getenv("RABBITMQ_URL"),
		.app_name = "asker",
		.log = scene.log,
		.clock = warren_clock_real(),
		.reconnect_max_ms = 500};
	ck_assert_int_eq(warren_broker_open(&options, &scene.broker, &error), 0);
	const struct warren_instance_options asker = {.service = &asker_service,
		.broker = scene.broker,
		.clock = warren_clock_real(),
		.log = scene.log,
		.system_suffix = scene.suffix};
	while (warren_broker_state(scene.broker) != WARREN_BROKER_UP)
		turn(); /* a publish does not wait for the connection */
	ck_assert_int_eq(warren_instance_open(&asker, &scene.asker, &error), 0);
	static const char *const services[] = {"worker", "other"};
	for (int i = 0; i < 2; i++) {
		char dead[128];
		snprintf(dead, sizeof dead, "sys%s.%s.dead", scene.suffix, services[i]);
		ck_assert_int_eq(
			warren_broker_consume(scene.broker, dead, 8, on_parked, NULL, &id), 0);
	}
}

static void start_processes(int count)
{
	AWAIT(read_locked(&scene.confirmed) == scene.published);
	scene.process_count = count;
	for (int i = 0; i < count; i++)
		start_process(&scene.processes[i]);
}

static bool any_runs(void)
{
	for (int i = 0; i < scene.process_count; i++) {
		if (scene.processes[i].pid)
			return true;
	}
	return false;
}

static void end(void)
{
	scene.stopping = true;
	for (int i = 0; i < scene.process_count; i++)
		kill(scene.processes[i].pid, SIGTERM);
	AWAIT(!any_runs());
	warren_instance_close(scene.asker, 0);
	warren_broker_close(scene.broker, 0);
	warren_log_close(scene.log);
}

/* ---- the tests ---- */

#define NEIGHBOURS 31

static void poison_among_neighbours(int position)
{
	begin("32", NULL);
	for (int i = 0, number = 0; i <= NEIGHBOURS; i++) {
		if (i == position)
			publish("poison");
		else
			publish_number(number++);
	}
	start_processes(1);
	AWAIT(scene.handled_count == NEIGHBOURS && read_locked(&scene.parked) == 1);
	ck_assert_int_eq(scene.crashes, 3);
	ck_assert_int_eq(scene.crashed, 1);
	end();
	ck_assert_int_eq(scene.parked, 1);
}

START_TEST(poison_at_the_head)
{
	poison_among_neighbours(0);
}
END_TEST

START_TEST(poison_in_the_middle)
{
	poison_among_neighbours(NEIGHBOURS / 2);
}
END_TEST

START_TEST(poison_at_the_end)
{
	poison_among_neighbours(NEIGHBOURS);
}
END_TEST

/* Both services of the process take each message: a poison lies on both queues. */
START_TEST(two_poisons_in_two_queues_of_one_process)
{
	begin("32", "two");
	for (int i = 0; i < NEIGHBOURS; i++)
		publish_number(i);
	publish("poison");
	start_processes(1);
	AWAIT(read_locked(&scene.parked) == 2);
	for (int i = 0; i < NEIGHBOURS; i++)
		AWAIT(scene.handled[i] >= 2);
	ck_assert_int_eq(scene.crashed, 2);
	ck_assert_int_le(scene.crashes, 6);
	end();
	ck_assert_int_eq(scene.parked, 2);
}
END_TEST

START_TEST(two_instances)
{
	begin("32", NULL);
	for (int i = 0; i < NEIGHBOURS; i++)
		publish_number(i);
	publish("poison");
	start_processes(2);
	AWAIT(scene.handled_count == NEIGHBOURS && read_locked(&scene.parked) == 1);
	ck_assert_int_eq(scene.crashes, 3);
	ck_assert_int_eq(scene.crashed, 1);
	end();
}
END_TEST

START_TEST(two_poisons_one_after_the_other)
{
	begin("32", NULL);
	publish("poison");
	for (int i = 0; i < NEIGHBOURS; i++)
		publish_number(i);
	publish("poison");
	start_processes(1);
	AWAIT(scene.handled_count == NEIGHBOURS && read_locked(&scene.parked) == 2);
	ck_assert_int_eq(scene.crashed, 2);
	ck_assert_int_le(scene.crashes, 6);
	end();
}
END_TEST

/* Nobody knows what killed it, and nothing did: all go on at full speed. */
START_TEST(killed_with_five_hundred_in_hand)
{
	begin("500", NULL);
	for (int i = 0; i < 4; i++)
		publish("wait");
	for (int i = 0; i < 496; i++)
		publish_number(i);
	start_processes(1);
	AWAIT(scene.waiting == 4);
	kill(scene.processes[0].pid, SIGKILL);
	AWAIT(scene.crashes == 1 && scene.waiting == 8);
	ck_assert_int_eq(write(scene.processes[0].in, "1234", 4), 4);
	AWAIT(scene.handled_count == 496 && scene.waits_done == 4);
	end();
	ck_assert_int_eq(scene.quarantined, 0);
	ck_assert_int_eq(scene.parked, 0);
}
END_TEST

static void restart_rabbitmq(void)
{
	int status = system("\"$RABBITMQ\" stop \"$RABBITMQ_DIR\" && "
			    "\"$RABBITMQ\" start \"$RABBITMQ_DIR\" >/dev/null");
	ck_assert_int_eq(status, 0);
}

START_TEST(a_long_handler_outlives_four_restarts_of_the_broker)
{
	begin("32", NULL);
	publish("wait");
	start_processes(1);
	AWAIT(scene.waiting == 1);
	for (int i = 0; i < 4; i++) {
		int ups = scene.ups;
		restart_rabbitmq();
		AWAIT(scene.ups > ups);
	}
	ck_assert_int_eq(write(scene.processes[0].in, "1", 1), 1);
	AWAIT(scene.waits_done == 1);
	end();
	ck_assert_int_eq(scene.waiting, 1); /* it did not run a second time */
	ck_assert_int_eq(scene.parked, 0);
	ck_assert_int_eq(scene.quarantined, 0);
}
END_TEST

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], CRASH_ARGUMENT) == 0)
		return crash_worker(argc, argv);
	if (!getenv("RABBITMQ_URL") || !getenv("RABBITMQ_DIR") || !getenv("RABBITMQ")) {
		fprintf(stderr, "run as: tests/rabbitmq/with-rabbitmq test_crash\n");
		return EXIT_FAILURE;
	}
	(void)note_used();
	TCase *cases = tcase_create("crash");
	tcase_add_test(cases, poison_at_the_head);
	tcase_add_test(cases, poison_in_the_middle);
	tcase_add_test(cases, poison_at_the_end);
	tcase_add_test(cases, two_poisons_in_two_queues_of_one_process);
	tcase_add_test(cases, two_instances);
	tcase_add_test(cases, two_poisons_one_after_the_other);
	tcase_add_test(cases, killed_with_five_hundred_in_hand);
	tcase_add_test(cases, a_long_handler_outlives_four_restarts_of_the_broker);
	Suite *suite = suite_create("crash");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
