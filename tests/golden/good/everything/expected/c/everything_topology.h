/*
 * Made by protoc-gen-warren from everything.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/*
 * What everything has on the broker, and which service declares it.
 * TOPOLOGY.md explains each row.  The runtime declares them; names are without SYSTEM_SUFFIX.
 */
#ifndef EVERYTHING_TOPOLOGY_H
#define EVERYTHING_TOPOLOGY_H

#include "warren/topology.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct warren_broker_queue shop_everything_queue;
extern const struct warren_broker_queue shop_nothing_queue;

extern const struct warren_topology edge_topology;
extern const struct warren_topology shop_topology;

#ifdef __cplusplus
}
#endif

#endif
