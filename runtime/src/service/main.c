/* A program: settings, a broker, instances, and an orderly end. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log_out.h"
#include "ops/listener.h"
#include "service/instance.h"
#include "service/name.h"
#include "service/parts.h"
#include "service/trust.h"

#define BROKER_URL_DEFAULT "amqp://127.0.0.1:5672"
#define STOP_GRACE_MS 5000

enum { EXIT_BAD_SETTING = 2 };

static const char *const log_levels[] = {
	"trace", "debug", "info", "warn", "error", "fatal", "silent", NULL};

/* A program may have a BROKER_URL of its own as the default. */
enum { BROKER_URL_ROW = 1 };

static const struct warren_setting common_settings[] = {
	{"LOG_LEVEL", WARREN_SETTING_TEXT, 1, 16, "info", "what is logged, from this level up",
		log_levels, false},
	[BROKER_URL_ROW] = {"BROKER_URL", WARREN_SETTING_TEXT, 1, 2048, BROKER_URL_DEFAULT,
		"memory:, amqp://user:password@host:port/vhost or amqps://…", NULL, true},
	{"BROKER_TRUST", WARREN_SETTING_TEXT, 1, 2048, WARREN_TRUST_ACCOUNTS,
		"whose messages are believed: accounts (each service's own account, as the "
		"schema says), accounts,NAME,… (these, too, whatever they say), all",
		NULL, false},
	{"SYSTEM_SUFFIX", WARREN_SETTING_TEXT, 0, WARREN_SUFFIX_MAX, "",
		"behind the system's name in every name on the broker, for stages that "
		"share a vhost: letters, digits, - and _",
		NULL, false},
	{"WORKERS", WARREN_SETTING_INT, 1, 256, "4", "threads that handle events, of each service",
		NULL, false},
	{"DRAIN_TIMEOUT_MS", WARREN_SETTING_INT, 0, 600000, "10000",
		"how long what is under way may take when the program stops, in ms", NULL, false},
	{"MAX_PENDING", WARREN_SETTING_INT, 1, 1000000, "10000",
		"requests that wait for their answer at once, of each service", NULL, false},
	{"WORK_QUEUE", WARREN_SETTING_INT, 16, 1000000, "4096",
		"tasks that wait for a worker at once, of each service", NULL, false},
	{"DELIVERY_MAX_BYTES", WARREN_SETTING_INT, 65536, 1 << 30, "8388608",
		"memory for what is made of one delivery, in bytes", NULL, false},
	{"INBOX_MAX_BYTES", WARREN_SETTING_INT, 65536, INT64_C(64) << 30, "16777216",
		"memory for the answers to what takes effect once, of each service, in "
		"bytes",
		NULL, false},
	{"INBOX_MS", WARREN_SETTING_INT, 1000, 86400000, "600000",
		"how long what is sent again with the same id takes no effect, in ms", NULL, false},
	{"EFFECTS_MAX", WARREN_SETTING_INT, 1, 1000000, "1000",
		"events that one call may gather until it is settled", NULL, false},
	{"EFFECTS_MAX_BYTES", WARREN_SETTING_INT, 1024, 1 << 30, "16777216",
		"their size together, in bytes", NULL, false},
	{"OPS_PORT", WARREN_SETTING_INT, 0, 65535, "0",
		"port on 127.0.0.1 that says how the program is: /healthz, /readyz with "
		"reasons, /metrics; 0: none",
		NULL, false},
	{0},
};

enum { COMMON_ROWS = sizeof common_settings / sizeof common_settings[0] };

enum phase { STARTING, RUNNING, STOPPING };

struct running {
	const struct warren_program *program;
	struct warren_setting common[COMMON_ROWS];
	const struct warren_setting **tables;
	size_t table_count;
	struct warren_settings *settings;
	struct warren_log *log;
	struct warren_loop *loop;
	struct warren_broker *broker;
	struct warren_trust_rules trust;
	struct warren_instance **instances;
	struct warren_log **logs; /* one for each service, under its own name */
	_Atomic enum phase phase;
	struct warren_ops *ops;
	struct warren_ops_listener *listener;
	struct warren_ops_source source, broker_source;
	pthread_mutex_t mutex; /* guards what the broker said last */
	enum warren_broker_state broker_state;
	char broker_reason[WARREN_OPS_REASON_MAX + 1];
	atomic_bool told_ready, stopped;
	sigset_t signals;
};

static int say(const struct running *running, const char *text)
{
	fprintf(stderr, "%s: %s\n", running->program->name, text);
	return EXIT_FAILURE;
}

/* ---- settings ---- */

static void set_common(struct running *running)
{
	const char *url = running->program->default_broker_url;
	memcpy(running->common, common_settings, sizeof common_settings);
	if (url)
		running->common[BROKER_URL_ROW].default_value = url;
}

static void help(const struct running *running)
{
	const struct warren_program *program = running->program;
	printf("%s: runs ", program->name);
	for (size_t i = 0; i < program->service_count; i++)
		printf("%s%s",
			i == 0                            ? ""
			: i + 1 == program->service_count ? " and "
							  : ", ",
			program->services[i]->name);
	printf(" of the system %s.\n\nUsage: %s [--help]\n\n", program->services[0]->system,
		program->name);
	printf("It runs until SIGTERM or SIGINT, then finishes what is under way.  A second signal "
	       "ends it at once.\n"
	       "SIGHUP has TLS certificates read anew; where there are none, it is as SIGTERM.\n"
	       "Settings come from the environment and from the file .env in the working "
	       "directory:\n\n");
	warren_settings_help(running->tables, running->table_count, stdout);
}

/* Returns -1 to go on, else the exit status. */
static int read_arguments(const struct running *running, int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		help(running);
		return EXIT_SUCCESS;
	}
	if (argc == 1)
		return -1;
	fprintf(stderr, "%s: unknown argument: %s\nUsage: %s [--help]\n", running->program->name,
		strcmp(argv[1], "--help") == 0 ? argv[2] : argv[1], running->program->name);
	return EXIT_BAD_SETTING;
}

static int load_settings(struct running *running)
{
	struct warren_error error;
	int rc = warren_settings_load(
		running->tables, running->table_count, ".env", &running->settings, &error);
	if (rc == 0 &&
		!warren_name_is_suffix(warren_settings_text(running->settings, "SYSTEM_SUFFIX")))
		return say(running, "SYSTEM_SUFFIX may have letters, digits, - and _ only"),
		       EXIT_BAD_SETTING;
	if (rc == 0)
		return 0;
	say(running, rc == -ENOMEM ? "out of memory" : error.message);
	return rc == -EINVAL ? EXIT_BAD_SETTING : EXIT_FAILURE;
}

static struct warren_log *open_log(const struct running *running, const char *name)
{
	enum warren_log_level level = WARREN_LOG_INFO;
	int rc = warren_log_level_parse(
		warren_settings_text(running->settings, "LOG_LEVEL"), &level);
	return rc == 0 ? warren_log_open(name, level, STDOUT_FILENO) : NULL;
}

/* ---- how it is ---- */

static void give_reasons(struct warren_ops_reasons *reasons, void *data)
{
	struct running *running = data;
	switch (atomic_load(&running->phase)) {
	case STARTING:
		warren_ops_reason(reasons, WARREN_OPS_BLOCKS, "it is starting");
		break;
	case STOPPING:
		warren_ops_reason(reasons, WARREN_OPS_BLOCKS, "it is stopping");
		break;
	case RUNNING:
		break;
	}
}

static void give_broker_reasons(struct warren_ops_reasons *reasons, void *data)
{
	struct running *running = data;
	pthread_mutex_lock(&running->mutex);
	switch (running->broker_state) {
	case WARREN_BROKER_DOWN:
		warren_ops_reason(
			reasons, WARREN_OPS_BLOCKS, "it is down: %s", running->broker_reason);
		break;
	case WARREN_BROKER_BLOCKED:
		warren_ops_reason(reasons, WARREN_OPS_BLOCKS, "it takes no publishes for now: %s",
			running->broker_reason);
		break;
	case WARREN_BROKER_UP:
		break;
	}
	pthread_mutex_unlock(&running->mutex);
	if (running->broker)
		warren_broker_obstacles(running->broker, warren_obstacle_reason, reasons);
}

static const struct warren_ops_metric broker_metrics[] = {
#define ROW(name_, help_)                                                                          \
	WARREN_OPS_COUNTER("broker_" #name_, help_, offsetof(struct warren_broker_counters, name_)),
	WARREN_BROKER_COUNTERS(ROW)
#undef ROW
};
static const struct warren_ops_table broker_table = {broker_metrics,
	sizeof broker_metrics / sizeof broker_metrics[0], sizeof(struct warren_broker_counters)};

static void read_broker(void *values, void *data)
{
	const struct running *running = data;
	warren_broker_counters(running->broker, values);
}

static const struct warren_ops_metric program_metrics[] = {
	WARREN_OPS_COUNTER(
		"log_lines_dropped", "lines of the log that had to go, since nobody read them", 0),
};
static const struct warren_ops_table program_table = {program_metrics, 1, sizeof(uint64_t)};

static void read_program(void *values, void *data)
{
	(void)data;
	*(uint64_t *)values = warren_log_out_dropped();
}

static int open_ops(struct running *running)
{
	const struct warren_ops_listener_options options = {
		.port = (uint16_t)warren_settings_int(running->settings, "OPS_PORT")};
	struct warren_error error;
	running->ops = warren_ops_open();
	if (!running->ops)
		return say(running, "out of memory");
	running->source = (struct warren_ops_source){.name = running->program->name,
		.reasons = give_reasons,
		.table = &program_table,
		.read = read_program,
		.data = running};
	running->broker_source = (struct warren_ops_source){.name = "broker",
		.reasons = give_broker_reasons,
		.table = &broker_table,
		.read = read_broker,
		.data = running};
	warren_ops_add(running->ops, &running->source);
	if (options.port == 0)
		return 0;
	if (warren_ops_listen(running->ops, &options, &running->listener, &error) < 0) {
		fprintf(stderr, "%s: %s; choose with OPS_PORT\n", running->program->name,
			error.message);
		return EXIT_FAILURE;
	}
	warren_log(running->log, WARREN_LOG_INFO, "says how it is",
		WARREN_INT("ops_port", options.port));
	return 0;
}

static void close_ops(struct running *running)
{
	warren_ops_listener_close(running->listener);
	warren_ops_remove(running->ops, &running->source);
	warren_ops_close(running->ops);
}

/* ---- the broker ---- */

static bool is_up(struct running *running)
{
	pthread_mutex_lock(&running->mutex);
	bool up = running->broker_state == WARREN_BROKER_UP;
	pthread_mutex_unlock(&running->mutex);
	return up;
}

static void tell_ready(struct running *running)
{
	if (atomic_load(&running->phase) == RUNNING && is_up(running) &&
		!atomic_exchange(&running->told_ready, true))
		warren_log(running->log, WARREN_LOG_INFO, "ready");
}

/* Returns whether it was up. */
static bool note_state(struct running *running, enum warren_broker_state state, const char *reason)
{
	pthread_mutex_lock(&running->mutex);
	bool was_up = running->broker_state == WARREN_BROKER_UP;
	running->broker_state = state;
	snprintf(running->broker_reason, sizeof running->broker_reason, "%s", reason ? reason : "");
	pthread_mutex_unlock(&running->mutex);
	return was_up;
}

static void on_state(enum warren_broker_state state, const char *reason, void *data)
{
	struct running *running = data;
	bool was_up = note_state(running, state, reason);
	switch (state) {
	case WARREN_BROKER_UP:
		if (!was_up)
			warren_log(running->log, WARREN_LOG_INFO, "broker up");
		tell_ready(running);
		break;
	case WARREN_BROKER_DOWN:
		atomic_store(&running->told_ready, false);
		warren_log(running->log, WARREN_LOG_WARN, "broker down: trying again",
			WARREN_TEXT("reason", reason));
		break;
	case WARREN_BROKER_BLOCKED:
		warren_log(running->log, WARREN_LOG_WARN, "broker takes no publishes for now",
			WARREN_TEXT("reason", reason));
		break;
	}
}

static bool is_memory(const struct running *running)
{
	return strcmp(warren_settings_text(running->settings, "BROKER_URL"), "memory:") == 0;
}

/* The account of a program in its own broker: its service's, or the system's name for several. */
static void write_account(const struct running *running, char ret[WARREN_NAME_SIZE])
{
	const struct warren_program *program = running->program;
	const struct warren_service *service = program->services[0];
	bool one = program->service_count == 1;
	snprintf(ret, WARREN_NAME_SIZE, "%s%s%s%s", service->system,
		warren_settings_text(running->settings, "SYSTEM_SUFFIX"), one ? "." : "",
		one ? service->name : "");
}

static int read_trust(struct running *running)
{
	struct warren_error error;
	running->trust = (struct warren_trust_rules){
		.services = running->program->services,
		.service_count = running->program->service_count,
	};
	int rc = warren_trust_read(
		warren_settings_text(running->settings, "BROKER_TRUST"), &running->trust, &error);
	if (rc == 0)
		return 0;
	say(running, rc == -EINVAL ? error.message : "out of memory");
	return rc == -EINVAL ? EXIT_BAD_SETTING : EXIT_FAILURE;
}

/* Nobody else is at a broker of one's own. */
static int check_account(struct running *running)
{
	char system[WARREN_NAME_SIZE], why[WARREN_TRUST_WHY_SIZE];
	running->trust.account = warren_broker_account(running->broker);
	if (is_memory(running))
		return 0;
	snprintf(system, sizeof system, "%s%s", running->program->services[0]->system,
		warren_settings_text(running->settings, "SYSTEM_SUFFIX"));
	if (warren_trust_check_own(&running->trust, system, why) < 0) {
		say(running, why);
		return EXIT_BAD_SETTING;
	}
	if (running->trust.everybody)
		warren_log(running->log, WARREN_LOG_WARN,
			"every account of the broker is believed (BROKER_TRUST=all)");
	return 0;
}

static int open_broker(struct running *running)
{
	struct warren_error error;
	char account[WARREN_NAME_SIZE];
	if (warren_loop_open(warren_clock_real(), &running->loop) < 0)
		return say(running, "out of memory or threads");
	write_account(running, account);
	const struct warren_broker_options options = {
		.url = warren_settings_text(running->settings, "BROKER_URL"),
		.app_name = running->program->name,
		.account = account,
		.log = running->log,
		.clock = warren_clock_real(),
		.loop = running->loop,
		.on_state = on_state,
		.data = running,
	};
	int rc = warren_broker_open(&options, &running->broker, &error);
	if (rc == 0) {
		warren_ops_add(running->ops, &running->broker_source);
		return check_account(running);
	}
	say(running, rc == -EINVAL ? error.message : strerror(-rc));
	return rc == -EINVAL ? EXIT_BAD_SETTING : EXIT_FAILURE;
}

/* ---- instances ---- */

static int open_instance(struct running *running, size_t i)
{
	const struct warren_service *service = running->program->services[i];
	const struct warren_settings *settings = running->settings;
	struct warren_error error;
	running->logs[i] = open_log(running, service->name);
	if (!running->logs[i])
		return say(running, "out of memory");
	const struct warren_instance_options options = {
		.service = service,
		.broker = running->broker,
		.clock = warren_clock_real(),
		.log = running->logs[i],
		.settings = settings,
		.trust = &running->trust,
		.system_suffix = warren_settings_text(settings, "SYSTEM_SUFFIX"),
		.ops = running->ops,
		.workers = (uint32_t)warren_settings_int(settings, "WORKERS"),
		.max_pending = (uint32_t)warren_settings_int(settings, "MAX_PENDING"),
		.work_queue = (uint32_t)warren_settings_int(settings, "WORK_QUEUE"),
		.delivery_max_bytes = (size_t)warren_settings_int(settings, "DELIVERY_MAX_BYTES"),
		.inbox_max_bytes = (size_t)warren_settings_int(settings, "INBOX_MAX_BYTES"),
		.inbox_ms = (uint32_t)warren_settings_int(settings, "INBOX_MS"),
		.effects_max = (uint32_t)warren_settings_int(settings, "EFFECTS_MAX"),
		.effects_max_bytes = (size_t)warren_settings_int(settings, "EFFECTS_MAX_BYTES"),
	};
	if (warren_instance_open(&options, &running->instances[i], &error) < 0)
		return say(running, error.message);
	warren_log(running->logs[i], WARREN_LOG_INFO, "started",
		WARREN_TEXT("instance", warren_instance_name(running->instances[i])),
		WARREN_INT("workers", options.workers));
	return 0;
}

/* Those that take from outside last: what they pass on is then handled. */
static int open_instances(struct running *running)
{
	size_t count = running->program->service_count;
	running->instances = calloc(count, sizeof *running->instances);
	running->logs = calloc(count, sizeof *running->logs);
	if (!running->instances || !running->logs)
		return say(running, "out of memory");
	for (int outside = 0; outside <= 1; outside++) {
		for (size_t i = 0; i < count; i++) {
			bool is_outside = running->program->services[i]->extension != NULL;
			int status = is_outside == (outside == 1) ? open_instance(running, i) : 0;
			if (status != 0)
				return status;
		}
	}
	atomic_store(&running->phase, RUNNING);
	tell_ready(running);
	return 0;
}

/* Those that take from outside first: the others are still there to answer what they wait for. */
static void close_instances(struct running *running, int64_t until_ms)
{
	for (int outside = 1; outside >= 0; outside--) {
		for (size_t i = 0; running->instances && i < running->program->service_count; i++) {
			bool is_outside = running->program->services[i]->extension != NULL;
			if (!running->instances[i] || is_outside != (outside == 1))
				continue;
			int64_t left_ms = until_ms - warren_clock_now_ms(warren_clock_real());
			warren_instance_close(
				running->instances[i], left_ms > 0 ? (uint32_t)left_ms : 0);
		}
	}
}

/* ---- the end ---- */

static void block_signals(struct running *running)
{
	sigemptyset(&running->signals);
	sigaddset(&running->signals, SIGTERM);
	sigaddset(&running->signals, SIGINT);
	sigaddset(&running->signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &running->signals, NULL);
	sigdelset(&running->signals, SIGHUP); /* it never ends what is ending already */
	signal(SIGPIPE, SIG_IGN);
}

/* Ends the process when stopping takes too long, or when it is told so a second time. */
static void *guard(void *data)
{
	struct running *running = data;
	int64_t limit_ms =
		warren_settings_int(running->settings, "DRAIN_TIMEOUT_MS") + STOP_GRACE_MS;
	const struct timespec limit = {
		.tv_sec = limit_ms / 1000, .tv_nsec = limit_ms % 1000 * 1000000};
	int rc;
	do {
		rc = sigtimedwait(&running->signals, NULL, &limit);
	} while (rc < 0 && errno == EINTR);
	if (atomic_load(&running->stopped))
		return NULL;
	warren_log(running->log, WARREN_LOG_FATAL,
		rc > 0 ? "stopped at once by a second signal"
		       : "stopped at once: a handler does not return");
	_exit(EXIT_FAILURE);
}

static void stop(struct running *running)
{
	bool opened = atomic_exchange(&running->phase, STOPPING) == RUNNING;
	uint32_t drain_ms = running->settings ? (uint32_t)warren_settings_int(
							running->settings, "DRAIN_TIMEOUT_MS")
					      : 0;
	int64_t until_ms = warren_clock_now_ms(warren_clock_real()) + drain_ms;
	pthread_t guardian;
	bool guarded = running->broker && pthread_create(&guardian, NULL, guard, running) == 0;
	close_instances(running, until_ms);
	if (running->broker) {
		int64_t left_ms = until_ms - warren_clock_now_ms(warren_clock_real());
		warren_ops_remove(running->ops, &running->broker_source);
		warren_broker_close(running->broker, left_ms > 0 ? (uint32_t)left_ms : 0);
	}
	warren_loop_close(running->loop);
	if (guarded) {
		atomic_store(&running->stopped, true);
		pthread_kill(guardian, SIGINT); /* one of those that it waits for */
		pthread_join(guardian, NULL);
	}
	close_ops(running);
	if (running->log && opened)
		warren_log(running->log, WARREN_LOG_INFO, "stopped");
	for (size_t i = 0; running->logs && i < running->program->service_count; i++)
		warren_log_close(running->logs[i]);
	warren_log_close(running->log);
	warren_settings_close(running->settings);
	warren_trust_rules_free(&running->trust);
	free(running->instances);
	free(running->logs);
	free(running->tables);
}

/* Returns whether there is anything that is read anew. */
static bool reload(struct running *running)
{
	bool reloads = false;
	for (size_t i = 0; i < running->program->service_count; i++)
		reloads |= warren_instance_reload(running->instances[i]) != -ENOENT;
	return reloads;
}

/* Waits until the program is to stop; a hangup is no reason where it means something else. */
static int await_stop(struct running *running)
{
	sigset_t signals = running->signals;
	int signal_number = 0;
	sigaddset(&signals, SIGHUP);
	do {
		sigwait(&signals, &signal_number);
	} while (signal_number == SIGHUP && reload(running));
	return signal_number;
}

static int run(struct running *running)
{
	int status = load_settings(running);
	if (status != 0)
		return status;
	running->log = open_log(running, running->program->name);
	if (!running->log)
		return say(running, "out of memory");
	block_signals(running);
	warren_log(running->log, WARREN_LOG_INFO, "starting");
	status = open_ops(running);
	if (status == 0)
		status = read_trust(running);
	if (status == 0)
		status = open_broker(running);
	if (status == 0)
		status = open_instances(running);
	if (status != 0)
		return status;
	int signal_number = await_stop(running);
	warren_log(running->log, WARREN_LOG_INFO, "stopping",
		WARREN_TEXT("signal", strsignal(signal_number)));
	return EXIT_SUCCESS;
}

int warren_main(int argc, char **argv, const struct warren_program *program)
{
	struct running running = {.program = program,
		.broker_reason = "not connected yet",
		.mutex = PTHREAD_MUTEX_INITIALIZER};
	set_common(&running);
	running.tables = warren_settings_tables(
		running.common, program->services, program->service_count, &running.table_count);
	if (!running.tables)
		return say(&running, "out of memory");
	int status = read_arguments(&running, argc, argv);
	if (status < 0)
		status = run(&running);
	stop(&running);
	return status;
}
