/*
 * Made by protoc-gen-warren from reserved.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/*
 * The events of reserved: their tables, which the runtime reads, and their calls' types.
 *
 * Services include their own header, <service>_service.h, which includes this one.
 */
#ifndef RESERVED_EVENTS_H
#define RESERVED_EVENTS_H

#include "reserved_messages.h"
#include "warren/service.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One delivery of each event in a handler's hands; `&call->ctx` is its context. */
struct user_call {
	struct warren_ctx ctx;
};
struct class__call {
	struct warren_ctx ctx;
};

extern const struct warren_event user_event;
extern const struct warren_event class__event;

#ifdef __cplusplus
}
#endif

#endif
