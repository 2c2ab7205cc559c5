/*
 * Made by protoc-gen-warren from two_edges.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/*
 * The events of two_edges: their tables, which the runtime reads, and their calls' types.
 *
 * Services include their own header, <service>_service.h, which includes this one.
 */
#ifndef TWO_EDGES_EVENTS_H
#define TWO_EDGES_EVENTS_H

#include "two_edges_messages.h"
#include "warren/service.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One delivery of each event in a handler's hands; `&call->ctx` is its context. */
struct said_call {
	struct warren_ctx ctx;
};
struct shift_ended_call {
	struct warren_ctx ctx;
};

extern const struct warren_event said_event;
extern const struct warren_event alarm_event;
extern const struct warren_event shift_ended_event;

#ifdef __cplusplus
}
#endif

#endif
