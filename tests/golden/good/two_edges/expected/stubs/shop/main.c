/* shop as a process of its own. */
#include "shop_service.h"

int main(int argc, char **argv)
{
	static const struct warren_service *const services[] = {&shop_service};
	static const struct warren_program program = {
		.name = "shop",
		.services = services,
		.service_count = sizeof services / sizeof services[0],
	};
	return warren_main(argc, argv, &program);
}
