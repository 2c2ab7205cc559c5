/* Made by protoc-gen-warren from empty.proto.  Do not edit: change the schema and run ./dev gen. */
/*
 * The events of empty: their tables, which the runtime reads, and their calls' types.
 *
 * Services include their own header, <service>_service.h, which includes this one.
 */
#ifndef EMPTY_EVENTS_H
#define EMPTY_EVENTS_H

#include "empty_messages.h"
#include "warren/service.h"

#ifdef __cplusplus
extern "C" {
#endif


#ifdef __cplusplus
}
#endif

#endif
