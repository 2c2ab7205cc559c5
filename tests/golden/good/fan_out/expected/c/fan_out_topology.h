/*
 * Made by protoc-gen-warren from fan_out.proto, stock.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/*
 * What fan_out has on the broker, and which service declares it.
 * TOPOLOGY.md explains each row.  The runtime declares them; names are without SYSTEM_SUFFIX.
 */
#ifndef FAN_OUT_TOPOLOGY_H
#define FAN_OUT_TOPOLOGY_H

#include "warren/topology.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct warren_broker_queue orders_order_placed_queue;
extern const struct warren_broker_queue billing_order_placed_queue;
extern const struct warren_broker_queue orders_stock_low_queue;
extern const struct warren_broker_queue billing_order_created_queue;
extern const struct warren_broker_queue audit_order_created_queue;
extern const struct warren_broker_queue audit_tick_queue;
extern const struct warren_broker_queue stock_reserve_queue;

extern const struct warren_topology router_topology;
extern const struct warren_topology orders_topology;
extern const struct warren_topology billing_topology;
extern const struct warren_topology audit_topology;
extern const struct warren_topology stock_topology;

#ifdef __cplusplus
}
#endif

#endif
