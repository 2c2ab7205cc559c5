/* Made by protoc-gen-warren from empty.proto.  Do not edit: change the schema and run ./dev gen. */
#include "empty_events.h"

#include "empty_topology.h"
#include "router_service.h"
#include "idle_service.h"
