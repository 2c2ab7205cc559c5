/* An edge that lets everything pass; an errand whose first step is `look up` when a pipe says so. */
#include <stdio.h>
#include <string.h>

#include "gate_service.h"

int gate_worker_open(struct warren_instance *instance, struct gate_worker **ret)
{
	(void)instance;
	*ret = NULL;
	return 0;
}

void gate_worker_close(struct gate_worker *worker)
{
	(void)worker;
}

/* On a worker: waits at the named pipe that the step names, as for a database. */
static int look_up(struct warren_socket *socket, void *message, void *worker)
{
	struct errand *errand = message;
	char answer[16] = "";
	(void)worker;
	FILE *pipe = fopen(errand->steps[0]->name, "r");
	if (!pipe || fscanf(pipe, "%15s", answer) != 1)
		answer[0] = '\0';
	if (pipe)
		fclose(pipe);
	if (strcmp(answer, "yes") != 0)
		return warren_refuse(socket, WARREN_FORBIDDEN, "the pipe says %s", answer);
	errand->steps_count = 0;
	return 0;
}

int gate_admit_errand(
	struct warren_socket *socket, struct errand *message, struct gate_worker *worker)
{
	(void)worker;
	if (message->steps_count > 0 && strcmp(message->steps[0]->what, "look up") == 0)
		return warren_admit_on_worker(socket, look_up);
	return 0;
}

int gate_admit_note(struct warren_ctx *ctx, const struct warren_target *to, struct note *message,
	struct gate_worker *worker)
{
	(void)ctx;
	(void)to;
	(void)message;
	(void)worker;
	return 0;
}

int gate_admit_sure(struct warren_ctx *ctx, const struct warren_target *to, struct sure *message,
	struct gate_worker *worker)
{
	(void)ctx;
	(void)to;
	(void)message;
	(void)worker;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct warren_service *const services[] = {&gate_service};
	static const struct warren_program program = {
		.name = "reach-gate", .services = services, .service_count = 1};
	return warren_main(argc, argv, &program);
}
