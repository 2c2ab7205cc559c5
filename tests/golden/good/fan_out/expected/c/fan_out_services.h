/*
 * Made by protoc-gen-warren from fan_out.proto, stock.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/* All services of fan_out, for a program that runs them together. */
#ifndef FAN_OUT_SERVICES_H
#define FAN_OUT_SERVICES_H

#include "router_service.h"
#include "orders_service.h"
#include "billing_service.h"
#include "audit_service.h"
#include "stock_service.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FAN_OUT_SERVICES \
	&router_service, \
	&orders_service, \
	&billing_service, \
	&audit_service, \
	&stock_service

#ifdef __cplusplus
}
#endif

#endif
