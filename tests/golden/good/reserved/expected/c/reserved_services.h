/*
 * Made by protoc-gen-warren from reserved.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/* All services of reserved, for a program that runs them together. */
#ifndef RESERVED_SERVICES_H
#define RESERVED_SERVICES_H

#include "router_service.h"
#include "users_service.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RESERVED_SERVICES \
	&router_service, \
	&users_service

#ifdef __cplusplus
}
#endif

#endif
