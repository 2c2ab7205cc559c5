/* Made by protoc-gen-warren from empty.proto.  Do not edit: change the schema and run ./dev gen. */
/*
 * The service router.
 *
 * You write what is marked so, in services/router/; the build names the files.
 *
 * All calls return 0 or -errno.  Thread: any.
 */
#ifndef ROUTER_SERVICE_H
#define ROUTER_SERVICE_H

#include "empty_events.h"
#include "warren/gateway.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The state of one worker thread, e.g. a database handle.  You define it. */
struct router_worker;

/* You write these.  Returns 0; -errno: the service does not start. */
int router_worker_open(struct warren_instance *instance, struct router_worker **ret);
void router_worker_close(struct router_worker *worker);

extern const struct warren_service router_service;

#ifdef __cplusplus
}
#endif

#endif
