/* The state of one worker thread of idle: put database handles and the like here. */
#ifndef IDLE_WORKER_H
#define IDLE_WORKER_H

#include "idle_service.h"

struct idle_worker {
	struct warren_log *log; /* of the service; not owned */
};

#endif
