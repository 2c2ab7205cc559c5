/*
 * Made by protoc-gen-warren from two_edges.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/* All services of two_edges, for a program that runs them together. */
#ifndef TWO_EDGES_SERVICES_H
#define TWO_EDGES_SERVICES_H

#include "shop_service.h"
#include "office_service.h"
#include "chat_service.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TWO_EDGES_SERVICES \
	&shop_service, \
	&office_service, \
	&chat_service

#ifdef __cplusplus
}
#endif

#endif
