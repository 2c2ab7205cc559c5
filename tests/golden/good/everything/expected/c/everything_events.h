/*
 * Made by protoc-gen-warren from everything.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/*
 * The events of everything: their tables, which the runtime reads, and their calls' types.
 *
 * Services include their own header, <service>_service.h, which includes this one.
 */
#ifndef EVERYTHING_EVENTS_H
#define EVERYTHING_EVENTS_H

#include "everything_messages.h"
#include "warren/service.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One delivery of each event in a handler's hands; `&call->ctx` is its context. */
struct everything_call {
	struct warren_ctx ctx;
};
struct nothing_call {
	struct warren_ctx ctx;
};

extern const struct warren_event everything_event;
extern const struct warren_event nothing_event;

#ifdef __cplusplus
}
#endif

#endif
