/*
 * Made by protoc-gen-warren from two_edges.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/*
 * What two_edges has on the broker, and which service declares it.
 * TOPOLOGY.md explains each row.  The runtime declares them; names are without SYSTEM_SUFFIX.
 */
#ifndef TWO_EDGES_TOPOLOGY_H
#define TWO_EDGES_TOPOLOGY_H

#include "warren/topology.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct warren_broker_queue chat_said_queue;
extern const struct warren_broker_queue office_shift_ended_queue;

extern const struct warren_topology shop_topology;
extern const struct warren_topology office_topology;
extern const struct warren_topology chat_topology;

#ifdef __cplusplus
}
#endif

#endif
