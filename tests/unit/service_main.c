/* warren_main as a process: what it prints, how it ends. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service_fixture.h"

/* ---- a service that can refuse to start or to stop ---- */

static int open_worker(struct warren_instance *instance, void **ret)
{
	*ret = NULL;
	if (warren_settings_bool(warren_instance_settings(instance), "TEST_REFUSE"))
		return -EACCES;
	return 0;
}

static const char *must_hang;

static void close_worker(void *worker)
{
	(void)worker;
	while (must_hang)
		pause();
}

static const struct warren_setting settings[] = {
	{.name = "TEST_REFUSE",
		.kind = WARREN_SETTING_BOOL,
		.default_value = "false",
		.text = "does not start"},
	{0},
};
static const struct warren_topology nothing;
static const struct warren_service service = {.api = WARREN_API,
	.system = "sys",
	.topology = &nothing,
	.name = "thing",
	.worker_open = open_worker,
	.worker_close = close_worker,
	.settings = settings};
static const struct warren_service *const services[] = {&service};
static const struct warren_program program = {
	.name = "thing", .services = services, .service_count = 1};

/* ---- its process ---- */

struct process {
	pid_t pid;
	FILE *output;
	char text[16384]; /* all that it printed up to now */
};

static struct process run(const char *argument)
{
	int ends[2];
	ck_assert_int_eq(pipe(ends), 0);
	struct process process = {.pid = fork()};
	ck_assert_int_ge(process.pid, 0);
	if (process.pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		char *argv[] = {"thing", (char *)argument, NULL};
		exit(warren_main(argument ? 2 : 1, argv, &program));
	}
	close(ends[1]);
	process.output = fdopen(ends[0], "r");
	return process;
}

/* Reads until a line holds `text`, or to the end.  Returns whether it came. */
static bool read_until(struct process *process, const char *text)
{
	char line[4096];
	while (fgets(line, sizeof line, process->output)) {
		strncat(process->text, line, sizeof process->text - strlen(process->text) - 1);
		if (text && strstr(line, text))
			return true;
	}
	return false;
}

static int end(struct process *process)
{
	int status;
	read_until(process, NULL);
	fclose(process->output);
	ck_assert_int_eq(waitpid(process->pid, &status, 0), process->pid);
	ck_assert_msg(WIFEXITED(status), "it ended by signal %d after: %s", WTERMSIG(status),
		process->text);
	return WEXITSTATUS(status);
}

static void set_up(void)
{
	char folder[] = "/tmp/service_main.XXXXXX";
	ck_assert_ptr_nonnull(mkdtemp(folder)); /* no .env of anybody's */
	ck_assert_int_eq(chdir(folder), 0);
	ck_assert_int_eq(rmdir(folder), 0);
	const char *const unset[] = {"LOG_LEVEL", "WORKERS", "DRAIN_TIMEOUT_MS", "MAX_PENDING",
		"WORK_QUEUE", "DELIVERY_MAX_BYTES", "TEST_REFUSE"};
	for (size_t i = 0; i < sizeof unset / sizeof unset[0]; i++)
		unsetenv(unset[i]);
	setenv("BROKER_URL", "memory:", 1);
	(void)note_used();
}

/* ---- the tests ---- */

static void stops_by(int signal_number)
{
	struct process process = run(NULL);
	ck_assert_msg(read_until(&process, "\"msg\":\"ready\""), "%s", process.text);
	ck_assert_ptr_nonnull(strstr(process.text, "\"msg\":\"starting\""));
	ck_assert_ptr_nonnull(strstr(process.text, "\"msg\":\"broker up\""));
	ck_assert_ptr_nonnull(strstr(process.text, "\"name\":\"thing\""));
	ck_assert_int_eq(kill(process.pid, signal_number), 0);
	ck_assert_int_eq(end(&process), 0);
	ck_assert_ptr_nonnull(strstr(process.text, "\"msg\":\"stopping\""));
	ck_assert_ptr_nonnull(strstr(process.text, "\"msg\":\"stopped\""));
}

START_TEST(it_runs_until_it_is_told_to_stop)
{
	stops_by(SIGTERM);
	stops_by(SIGINT);
}
END_TEST

START_TEST(a_second_signal_ends_it_at_once)
{
	must_hang = "yes";
	struct process process = run(NULL);
	ck_assert(read_until(&process, "\"msg\":\"ready\""));
	ck_assert_int_eq(kill(process.pid, SIGTERM), 0);
	ck_assert(read_until(&process, "\"msg\":\"stopping\""));
	ck_assert_int_eq(kill(process.pid, SIGTERM), 0);
	ck_assert_int_eq(end(&process), 1);
	ck_assert_ptr_nonnull(strstr(process.text, "second signal"));
}
END_TEST

START_TEST(help_prints_what_it_is_and_all_settings)
{
	struct process process = run("--help");
	ck_assert_int_eq(end(&process), 0);
	const char *const names[] = {"thing", "sys", "LOG_LEVEL", "BROKER_URL", "WORKERS",
		"DRAIN_TIMEOUT_MS", "MAX_PENDING", "WORK_QUEUE", "DELIVERY_MAX_BYTES",
		"TEST_REFUSE"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		ck_assert_msg(strstr(process.text, names[i]) != NULL, "%s is missing in: %s",
			names[i], process.text);
}
END_TEST

static void refuses(const char *name, const char *value, int status, const char *told)
{
	if (name)
		setenv(name, value, 1);
	struct process process = run(name ? NULL : value);
	ck_assert_int_eq(end(&process), status);
	ck_assert_msg(
		strstr(process.text, told) != NULL, "%s is missing in: %s", told, process.text);
	if (name)
		unsetenv(name);
}

START_TEST(what_is_wrong_is_told_before_it_starts)
{
	refuses(NULL, "--nonsense", 2, "--nonsense");
	refuses("WORKERS", "0", 2, "WORKERS");
	refuses("WORKERS", "many", 2, "WORKERS");
	refuses("LOG_LEVEL", "loud", 2, "LOG_LEVEL");
	refuses("TEST_REFUSE", "perhaps", 2, "TEST_REFUSE");
	refuses("TEST_REFUSE", "true", 1, "thing cannot start: Permission denied");
	refuses("BROKER_URL", "http://localhost", 2, "thing: ");
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("main");
	tcase_add_checked_fixture(cases, set_up, NULL);
	tcase_add_test(cases, it_runs_until_it_is_told_to_stop);
	tcase_add_test(cases, a_second_signal_ends_it_at_once);
	tcase_add_test(cases, help_prints_what_it_is_and_all_settings);
	tcase_add_test(cases, what_is_wrong_is_told_before_it_starts);
	Suite *suite = suite_create("service_main");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
