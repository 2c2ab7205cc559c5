/* Made by protoc-gen-warren from empty.proto.  Do not edit: change the schema and run ./dev gen. */
/*
 * What empty has on the broker, and which service declares it.
 * TOPOLOGY.md explains each row.  The runtime declares them; names are without SYSTEM_SUFFIX.
 */
#ifndef EMPTY_TOPOLOGY_H
#define EMPTY_TOPOLOGY_H

#include "warren/topology.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct warren_topology router_topology;
extern const struct warren_topology idle_topology;

#ifdef __cplusplus
}
#endif

#endif
