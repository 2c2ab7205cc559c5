/* user as a process of its own. */
#include "user_service.h"

int main(int argc, char **argv)
{
	static const struct warren_service *const services[] = {&user_service};
	static const struct warren_program program = {
		.name = "user",
		.services = services,
		.service_count = sizeof services / sizeof services[0],
	};
	return warren_main(argc, argv, &program);
}
