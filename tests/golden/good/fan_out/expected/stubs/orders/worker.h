/* The state of one worker thread of orders: put database handles and the like here. */
#ifndef ORDERS_WORKER_H
#define ORDERS_WORKER_H

#include "orders_service.h"

struct orders_worker {
	struct warren_log *log; /* of the service; not owned */
};

#endif
