/* Made by protoc-gen-warren from empty.proto.  Do not edit: change the schema and run ./dev gen. */
/*
 * The service idle.
 *
 * You write what is marked so, in services/idle/; the build names the files.
 *
 * All calls return 0 or -errno.  Thread: any.
 */
#ifndef IDLE_SERVICE_H
#define IDLE_SERVICE_H

#include "empty_events.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The state of one worker thread, e.g. a database handle.  You define it. */
struct idle_worker;

/* You write these.  Returns 0; -errno: the service does not start. */
int idle_worker_open(struct warren_instance *instance, struct idle_worker **ret);
void idle_worker_close(struct idle_worker *worker);

extern const struct warren_service idle_service;

#ifdef __cplusplus
}
#endif

#endif
