#include "worker.h"

/*
 * From a browser; it passes as it is.  Write here what should be looked at, changed or refused.
 * It runs on the loop and must not block: over 10 ms is logged and counted.
 * A handler that has to look something up does so on a worker: `return
 * warren_admit_on_worker(socket, look_up);`, see warren/gateway.h.
 */
int router_admit_user(struct warren_socket *socket, struct user *message,
	struct router_worker *worker)
{
	(void)socket;
	(void)message;
	(void)worker;
	return 0;
}
