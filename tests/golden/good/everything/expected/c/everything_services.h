/*
 * Made by protoc-gen-warren from everything.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/* All services of everything, for a program that runs them together. */
#ifndef EVERYTHING_SERVICES_H
#define EVERYTHING_SERVICES_H

#include "edge_service.h"
#include "shop_service.h"

#ifdef __cplusplus
extern "C" {
#endif

#define EVERYTHING_SERVICES \
	&edge_service, \
	&shop_service

#ifdef __cplusplus
}
#endif

#endif
