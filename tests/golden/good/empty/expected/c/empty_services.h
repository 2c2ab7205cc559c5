/* Made by protoc-gen-warren from empty.proto.  Do not edit: change the schema and run ./dev gen. */
/* All services of empty, for a program that runs them together. */
#ifndef EMPTY_SERVICES_H
#define EMPTY_SERVICES_H

#include "router_service.h"
#include "idle_service.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EMPTY_SERVICES \
	&router_service, \
	&idle_service

#ifdef __cplusplus
}
#endif

#endif
