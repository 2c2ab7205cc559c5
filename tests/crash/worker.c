#include "worker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service/instance.h"
#include "service_fixture.h"

static void say(const char *text)
{
	char line[128];
	int len = snprintf(line, sizeof line, "%s\n", text);
	ssize_t written = write(STDOUT_FILENO, line, (size_t)len); /* one piece: threads meet */
	(void)written;
}

static int on_fact(struct warren_ctx *ctx, const void *message, void *worker)
{
	const char *text = ((const struct note *)message)->text;
	(void)ctx;
	(void)worker;
	if (strcmp(text, "poison") == 0) {
		say(text);
		raise(SIGKILL);
	}
	if (strncmp(text, "wait", 4) == 0) {
		char byte;
		say("waiting");
		ssize_t got = read(STDIN_FILENO, &byte, 1);
		(void)got;
	}
	say(text);
	return 0;
}

static struct warren_handler worker_handler = {
	.event = &fact_event, .queue = &worker_fact, .handle = on_fact, .max_attempts = 1};
static struct warren_handler other_handler = {
	.event = &fact_event, .queue = &other_fact, .handle = on_fact, .max_attempts = 1};
static const struct warren_service worker_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "worker",
	.handlers = &worker_handler,
	.handler_count = 1};
static const struct warren_service other_service = {.api = WARREN_API,
	.system = "sys",
	.topology = &sys_topology,
	.name = "other",
	.handlers = &other_handler,
	.handler_count = 1};

static void on_state(enum warren_broker_state state, const char *reason, void *data)
{
	(void)reason;
	(void)data;
	if (state == WARREN_BROKER_UP)
		say("up");
}

static struct warren_instance *start(const struct warren_service *service,
	struct warren_broker *broker, struct warren_log *log, const char *suffix)
{
	const struct warren_instance_options options = {.service = service,
		.broker = broker,
		.clock = warren_clock_real(),
		.log = log,
		.system_suffix = suffix};
	struct warren_instance *instance = NULL;
	struct warren_error error;
	if (warren_instance_open(&options, &instance, &error) < 0) {
		fprintf(stderr, "crash worker: %s\n", error.message);
		exit(EXIT_FAILURE);
	}
	return instance;
}

int crash_worker(int argc, char **argv)
{
	struct warren_instance *instances[2] = {NULL, NULL};
	struct warren_instance_counters counters;
	struct warren_broker *broker;
	struct warren_error error;
	sigset_t signals;
	int signal_number;
	uint64_t quarantined = 0;
	char line[64];
	(void)note_used();
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	struct warren_log *log = warren_log_open("worker", WARREN_LOG_SILENT, STDERR_FILENO);
	const struct warren_broker_options options = {.url = getenv("RABBITMQ_URL"),
		.app_name = "crash",
		.log = log,
		.clock = warren_clock_real(),
		.reconnect_max_ms = 500,
		.on_state = on_state};
	if (argc < 4 || warren_broker_open(&options, &broker, &error) < 0)
		return EXIT_FAILURE;
	worker_handler.prefetch = other_handler.prefetch = (uint16_t)atoi(argv[3]);
	instances[0] = start(&worker_service, broker, log, argv[2]);
	if (argc > 4)
		instances[1] = start(&other_service, broker, log, argv[2]);
	sigwait(&signals, &signal_number);
	for (int i = 0; i < 2 && instances[i]; i++) {
		warren_instance_counters(instances[i], &counters);
		quarantined += counters.quarantined;
		warren_instance_close(instances[i], 10000);
	}
	warren_broker_close(broker, 10000);
	warren_log_close(log);
	snprintf(line, sizeof line, "quarantined %llu", (unsigned long long)quarantined);
	say(line);
	return EXIT_SUCCESS;
}
