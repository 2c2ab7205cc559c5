/* An edge that lets everything pass. */
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

int gate_admit_errand(
	struct warren_socket *socket, struct errand *message, struct gate_worker *worker)
{
	(void)socket;
	(void)message;
	(void)worker;
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
