/* The state of one worker thread of billing: put database handles and the like here. */
#ifndef BILLING_WORKER_H
#define BILLING_WORKER_H

#include "billing_service.h"

struct billing_worker {
	struct warren_log *log; /* of the service; not owned */
};

#endif
