/* Made by protoc-gen-warren from demo.proto.  Do not edit: change the schema and run ./dev gen. */
/* All services of demo, for a program that runs them together. */
#ifndef DEMO_SERVICES_H
#define DEMO_SERVICES_H

#include "router_service.h"
#include "user_service.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DEMO_SERVICES \
	&router_service, \
	&user_service

#ifdef __cplusplus
}
#endif

#endif
