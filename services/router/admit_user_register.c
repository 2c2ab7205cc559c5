#include "worker.h"

/* A person asks for an account.  From a browser; it passes as it is. */
int router_admit_user_register(
	struct warren_socket *socket, struct user_register *message, struct router_worker *worker)
{
	(void)socket;
	(void)message;
	(void)worker;
	return 0;
}
