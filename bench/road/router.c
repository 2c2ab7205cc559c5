/* An edge that lets everything pass. */
#include "router_service.h"

#define PASS(event)                                                                                \
	int router_admit_##event(                                                                  \
		struct warren_socket *socket, struct event *message, struct router_worker *worker) \
	{                                                                                          \
		(void)socket;                                                                      \
		(void)message;                                                                     \
		(void)worker;                                                                      \
		return 0;                                                                          \
	}

PASS(most)
PASS(most_inline)
PASS(least)
PASS(slow)

int router_worker_open(struct warren_instance *instance, struct router_worker **ret)
{
	(void)instance;
	*ret = NULL;
	return 0;
}

void router_worker_close(struct router_worker *worker)
{
	(void)worker;
}

int main(int argc, char **argv)
{
	static const struct warren_service *const services[] = {&router_service};
	static const struct warren_program program = {
		.name = "router", .services = services, .service_count = 1};
	return warren_main(argc, argv, &program);
}
