/* The state of one worker thread of router: put database handles and the like here. */
#ifndef ROUTER_WORKER_H
#define ROUTER_WORKER_H

#include "router_service.h"

struct router_worker {
	struct warren_log *log; /* of the service; not owned */
};

#endif
