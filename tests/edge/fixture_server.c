/*
 * The edge's fixture: a server on the public interface alone, for tests that speak the protocol.
 * What it answers stands in fixture/, a file for each part.  With --client as the first argument it
 * is what the stock client's own tests ask for, and nothing else.
 *
 * It prints one line, `listening PORT`, and stops on SIGTERM.
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

int main(int argc, char **argv)
{
	bool client = argc > 1 && !strcmp(argv[1], "--client");
	struct warren_edge_options options = {.host = "127.0.0.1",
		.cors_origins = "*",
		.headers = "x-first, X-Second",
		.allow = client ? client_allow : control_allow,
		.ping_interval_ms = client ? 2000 : 300,
		.ping_timeout_ms = client ? 20000 : 200,
		.connect_timeout_ms = client ? 45000 : 1000,
		.recovery_ms = client ? 120000 : 0};
	const char *folder = NULL;
	struct warren_error error;
	pthread_t reloader;
	sigset_t hangups;

	for (int i = client ? 2 : 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--port"))
			options.port = (uint16_t)atoi(argv[i + 1]);
		else if (!strcmp(argv[i], "--files"))
			folder = argv[i + 1];
		else if (!strcmp(argv[i], "--scripts"))
			options.client_scripts = argv[i + 1];
		else if (!strcmp(argv[i], "--forget-handshake"))
			options.forget_handshake = atoi(argv[i + 1]);
		else if (!strcmp(argv[i], "--cors"))
			options.cors_origins = argv[i + 1];
		else if (!strcmp(argv[i], "--instance"))
			options.instance = argv[i + 1];
		else if (!strcmp(argv[i], "--internal")) {
			options.internal_host = "127.0.0.1";
			options.internal_port = (uint16_t)atoi(argv[i + 1]);
		} else if (!fixture_option(&options, argv[i], argv[i + 1]))
			must(-EINVAL);
	}
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
