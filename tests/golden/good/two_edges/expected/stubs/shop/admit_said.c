#include "worker.h"

/*
 * Somebody says something: from both edges' browsers, and to them.
 * From a browser; it passes as it is.  Write here what should be looked at, changed or refused.
 * It runs on the loop and must not block: over 10 ms is logged and counted.
 * A handler that has to look something up does so on a worker: `return
 * warren_admit_on_worker(socket, look_up);`, see warren/gateway.h.
 */
int shop_admit_said(struct warren_socket *socket, struct said *message, struct shop_worker *worker)
{
	(void)socket;
	(void)message;
	(void)worker;
	return 0;
}
