/* The state of one worker thread of stock: put database handles and the like here. */
#ifndef STOCK_WORKER_H
#define STOCK_WORKER_H

#include "stock_service.h"

struct stock_worker {
	struct warren_log *log; /* of the service; not owned */
};

#endif
