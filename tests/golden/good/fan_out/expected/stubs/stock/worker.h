/* What each worker thread of stock has for itself: put database handles and the like here. */
#ifndef STOCK_WORKER_H
#define STOCK_WORKER_H

#include "stock_service.h"

struct stock_worker {
	struct warren_log *log; /* of the service; not owned */
};

#endif
