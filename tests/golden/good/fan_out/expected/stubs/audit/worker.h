/* The state of one worker thread of audit: put database handles and the like here. */
#ifndef AUDIT_WORKER_H
#define AUDIT_WORKER_H

#include "audit_service.h"

struct audit_worker {
	struct warren_log *log; /* of the service; not owned */
};

#endif
