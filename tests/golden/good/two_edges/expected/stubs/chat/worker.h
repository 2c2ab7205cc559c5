/* The state of one worker thread of chat: put database handles and the like here. */
#ifndef CHAT_WORKER_H
#define CHAT_WORKER_H

#include "chat_service.h"

struct chat_worker {
	struct warren_log *log; /* of the service; not owned */
};

#endif
