/* Every service in one process: for development, and where one machine is enough. */
#include "router_service.h"
#include "user_service.h"

int main(int argc, char **argv)
{
	static const struct warren_service *const services[] = {&router_service, &user_service};
	static const struct warren_program program = {
		.name = "all-in-one",
		.default_broker_url = "memory:",
		.services = services,
		.service_count = sizeof services / sizeof services[0],
	};
	return warren_main(argc, argv, &program);
}
