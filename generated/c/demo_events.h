/* Made by protoc-gen-warren from demo.proto.  Do not edit: change the schema and run ./dev gen. */
/*
 * The events of demo: their tables, which the runtime reads, and their calls' types.
 *
 * Services include their own header, <service>_service.h, which includes this one.
 */
#ifndef DEMO_EVENTS_H
#define DEMO_EVENTS_H

#include "demo_messages.h"
#include "warren/service.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One delivery of each event in a handler's hands; `&call->ctx` is its context. */
struct user_register_call {
	struct warren_ctx ctx;
};
struct user_login_call {
	struct warren_ctx ctx;
};

extern const struct warren_event user_register_event;
extern const struct warren_event user_login_event;
extern const struct warren_event frontend_message_event;

#ifdef __cplusplus
}
#endif

#endif
