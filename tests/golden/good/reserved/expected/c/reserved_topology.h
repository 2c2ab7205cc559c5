/*
 * Made by protoc-gen-warren from reserved.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/*
 * What reserved has on the broker, and which service declares it.
 * TOPOLOGY.md explains each row.  The runtime declares them; names are without SYSTEM_SUFFIX.
 */
#ifndef RESERVED_TOPOLOGY_H
#define RESERVED_TOPOLOGY_H

#include "warren/topology.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct warren_broker_queue users_user_queue;
extern const struct warren_broker_queue users_class__queue;

extern const struct warren_topology router_topology;
extern const struct warren_topology users_topology;

#ifdef __cplusplus
}
#endif

#endif
