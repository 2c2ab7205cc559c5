/*
 * The edge's fixture: a server on the public interface alone, for tests that speak the protocol.
 * What it answers stands in fixture/, a file for each part.  With --client it is what the stock
 * client's own tests ask for, and nothing else.  All other options take a value.
 *
 * It prints one line, `listening PORT`, and stops on SIGTERM and SIGINT.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture/fixture.h"
#include "fixture/settings.h"

#define CLIENT "--client"
#define CLUSTER_KEY "the-key-of-all-fixtures-which-is-no-secret"

struct warren_edge *edge;
static atomic_bool stopped;

/* Takes the certificate anew at each SIGHUP. */
static void *reload(void *hangups)
{
	struct warren_error error;
	int number;

	while (sigwait(hangups, &number) == 0 && !atomic_load(&stopped)) {
		bool failed = warren_edge_reload_tls(edge, &error) < 0;

		printf("%s\n", failed ? error.message : "reloaded");
		fflush(stdout);
	}
	return NULL;
}

static void on_signal(int number)
{
	(void)number;
	warren_edge_stop(edge, 1000);
}

int must(int result)
{
	if (result < 0) {
		fprintf(stderr, "failed: %s\n", strerror(-result));
		exit(1);
	}
	return result;
}

struct warren_edge_namespace *handle(const char *ns, const struct fixture_handler *handlers)
{
	struct warren_edge_namespace *added = warren_edge_namespace(edge, ns);

	if (!added)
		must(-ENOMEM);
	for (; handlers && handlers->event; handlers++)
		must(warren_edge_on(added, handlers->event, handlers->fn, NULL));
	return added;
}

static void add_all(void)
{
	protocol_add();
	room_add();
	survey_add();
	control_add();
	later_add();
	recovery_add();
}

/* ---- the command line ---- */

static bool has_flag(int argc, char **argv, const char *flag)
{
	while (--argc > 0)
		if (!strcmp(argv[argc], flag))
			return true;
	return false;
}

static uint16_t *port_of(struct warren_edge_options *options, const char *flag)
{
	return !strcmp(flag, "--port")       ? &options->port
	       : !strcmp(flag, "--internal") ? &options->internal_port
					     : NULL;
}

/* Sets an option.  Returns as fixture_option. */
static int set_option(struct warren_edge_options *options, const char **folder, const char *flag,
	const char *value)
{
	uint16_t *port = port_of(options, flag);
	uint32_t number;

	if (port) {
		if (fixture_number(value, UINT16_MAX, &number) < 0)
			return -EINVAL;
		*port = (uint16_t)number;
		if (port == &options->internal_port)
			options->internal_host = "127.0.0.1";
	} else if (!strcmp(flag, "--files")) {
		*folder = value;
	} else if (!strcmp(flag, "--scripts")) {
		options->client_scripts = value;
	} else if (!strcmp(flag, "--forget-handshake")) {
		options->forget_handshake = strcmp(value, "0") != 0;
	} else if (!strcmp(flag, "--cors")) {
		options->cors_origins = value;
	} else if (!strcmp(flag, "--instance")) {
		options->instance = value;
	} else {
		return fixture_option(options, flag, value);
	}
	return 0;
}

/* Ends the program when the command line is wrong: a test would be of something else than it says.
 */
static void read_options(
	int argc, char **argv, struct warren_edge_options *options, const char **folder)
{
	for (int i = 1; i < argc; i++) {
		const char *flag = argv[i], *value = i + 1 < argc ? argv[i + 1] : "";
		int result;

		if (!strcmp(flag, CLIENT))
			continue;
		result = set_option(options, folder, flag, value);
		if (result == -ENOENT)
			fprintf(stderr, "unknown option %s\n", flag);
		else if (++i == argc)
			fprintf(stderr, "%s takes a value\n", flag);
		else if (result < 0)
			fprintf(stderr, "%s takes a number up to %u, not %s\n", flag,
				port_of(options, flag) ? UINT16_MAX : UINT32_MAX, value);
		else
			continue;
		exit(2);
	}
}

int main(int argc, char **argv)
{
	bool client = has_flag(argc, argv, CLIENT);
	struct warren_edge_options options = {.host = "127.0.0.1",
		.cors_origins = "*",
		.headers = "x-first, X-Second",
		.cluster_key = CLUSTER_KEY,
		.allow = client ? client_allow : control_allow,
		.ping_interval_ms = client ? 2000 : 300,
		.ping_timeout_ms = client ? 20000 : 200,
		.connect_timeout_ms = client ? 45000 : 1000,
		.recovery_ms = client ? 120000 : 0};
	const char *folder = NULL;
	struct warren_error error;
	pthread_t reloader;
	sigset_t hangups;

	read_options(argc, argv, &options, &folder);
	if (warren_edge_open(&options, &edge, &error) < 0) {
		fprintf(stderr, "%s\n", error.message);
		return 1;
	}
	if (client)
		client_add();
	else
		add_all();
	cluster_add();
	http_add(folder);
	sigemptyset(&hangups);
	sigaddset(&hangups, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &hangups, NULL);
	must(-pthread_create(&reloader, NULL, reload, &hangups));
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	signal(SIGPIPE, SIG_IGN);
	printf("listening %u\n", (unsigned)warren_edge_port(edge));
	fflush(stdout);
	warren_edge_run(edge);
	atomic_store(&stopped, true);
	pthread_kill(reloader, SIGHUP);
	pthread_join(reloader, NULL);
	warren_edge_close(edge);
	puts("stopped");
	return 0;
}
