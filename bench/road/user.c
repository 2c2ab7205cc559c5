/*
 * Handlers that do nothing but reply.  The one of `slow` sleeps before it does, as one that asks a
 * database: as many milliseconds as the file holds that SLOW_FILE names, read each time, so that
 * the load can change it while all run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "user_service.h"

int user_on_most(struct most_call *call, const struct most *message, struct user_worker *worker)
{
	(void)worker;
	return most_reply(call, &(struct most_reply){.ok = true, .n = message->n});
}

int user_on_most_inline(struct most_inline_call *call, const struct most_inline *message,
	struct user_worker *worker)
{
	(void)worker;
	return most_inline_reply(call, &(struct most_inline_reply){.ok = true, .n = message->n});
}

int user_on_least(struct least_call *call, const struct least *message, struct user_worker *worker)
{
	(void)worker;
	return least_reply(call, &(struct least_reply){.ok = true, .n = message->n});
}

static long slow_ms(void)
{
	const char *path = getenv("SLOW_FILE");
	FILE *file = path ? fopen(path, "r") : NULL;
	long ms = 0;

	if (file && fscanf(file, "%ld", &ms) != 1)
		ms = 0;
	if (file)
		fclose(file);
	return ms;
}

int user_on_slow(struct slow_call *call, const struct slow *message, struct user_worker *worker)
{
	long ms = slow_ms();
	struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)worker;
	nanosleep(&span, NULL);
	return slow_reply(call, &(struct slow_reply){.ok = true, .n = message->n});
}

int user_worker_open(struct warren_instance *instance, struct user_worker **ret)
{
	(void)instance;
	*ret = NULL;
	return 0;
}

void user_worker_close(struct user_worker *worker)
{
	(void)worker;
}

int main(int argc, char **argv)
{
	static const struct warren_service *const services[] = {&user_service};
	static const struct warren_program program = {
		.name = "user", .services = services, .service_count = 1};
	return warren_main(argc, argv, &program);
}
