/* The state of one worker thread of office: put database handles and the like here. */
#ifndef OFFICE_WORKER_H
#define OFFICE_WORKER_H

#include "office_service.h"

struct office_worker {
	struct warren_log *log; /* of the service; not owned */
};

#endif
