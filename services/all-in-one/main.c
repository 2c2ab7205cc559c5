/* Every service in one process: for development, and where one machine is enough. */
#include "demo_services.h"

int main(int argc, char **argv)
{
	static const struct warren_service *const services[] = {DEMO_SERVICES};
	static const struct warren_program program = {
		.name = "all-in-one",
		.default_broker_url = "memory:",
		.services = services,
		.service_count = sizeof services / sizeof services[0],
	};
	return warren_main(argc, argv, &program);
}
