/* Made by protoc-gen-warren from demo.proto.  Do not edit: change the schema and run ./dev gen. */
/*
 * What demo has on the broker, and which service declares it.
 * TOPOLOGY.md explains each row.  The runtime declares them; names are without SYSTEM_SUFFIX.
 */
#ifndef DEMO_TOPOLOGY_H
#define DEMO_TOPOLOGY_H

#include "warren/topology.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct warren_broker_queue user_user_register_queue;
extern const struct warren_broker_queue user_user_login_queue;

extern const struct warren_topology router_topology;
extern const struct warren_topology user_topology;

#ifdef __cplusplus
}
#endif

#endif
