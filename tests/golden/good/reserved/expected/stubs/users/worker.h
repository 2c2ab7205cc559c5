/* The state of one worker thread of users: put database handles and the like here. */
#ifndef USERS_WORKER_H
#define USERS_WORKER_H

#include "users_service.h"

struct users_worker {
	struct warren_log *log; /* of the service; not owned */
};

#endif
