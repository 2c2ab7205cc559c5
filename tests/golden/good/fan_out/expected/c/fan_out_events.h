/*
 * Made by protoc-gen-warren from fan_out.proto, stock.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/*
 * The events of fan_out: their tables, which the runtime reads, and their calls' types.
 *
 * Services include their own header, <service>_service.h, which includes this one.
 */
#ifndef FAN_OUT_EVENTS_H
#define FAN_OUT_EVENTS_H

#include "fan_out_messages.h"
#include "warren/service.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One delivery of each event in a handler's hands; `&call->ctx` is its context. */
struct order_placed_call {
	struct warren_ctx ctx;
};
struct order_created_call {
	struct warren_ctx ctx;
};
struct tick_call {
	struct warren_ctx ctx;
};
struct reserve_call {
	struct warren_ctx ctx;
};
struct stock_low_call {
	struct warren_ctx ctx;
};

extern const struct warren_event order_placed_event;
extern const struct warren_event order_created_event;
extern const struct warren_event tick_event;
extern const struct warren_event order_forgotten_event;
extern const struct warren_event reserve_event;
extern const struct warren_event stock_low_event;

#ifdef __cplusplus
}
#endif

#endif
