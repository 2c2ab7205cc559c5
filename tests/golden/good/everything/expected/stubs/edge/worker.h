/* The state of one worker thread of edge: put database handles and the like here. */
#ifndef EDGE_WORKER_H
#define EDGE_WORKER_H

#include "edge_service.h"

struct edge_worker {
	struct warren_log *log; /* of the service; not owned */
};

#endif
