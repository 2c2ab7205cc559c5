/* The state of one worker thread of shop: put database handles and the like here. */
#ifndef SHOP_WORKER_H
#define SHOP_WORKER_H

#include "shop_service.h"

struct shop_worker {
	struct warren_log *log; /* of the service; not owned */
};

#endif
