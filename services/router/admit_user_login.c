#include "worker.h"

/* A person submits the login form.  From a browser; it passes as it is. */
int router_admit_user_login(
	struct warren_socket *socket, struct user_login *message, struct router_worker *worker)
{
	(void)message;
	/* Logins are worth a line with the address: guessing shows in it. */
	warren_log(worker->log, WARREN_LOG_DEBUG, "login asked",
		WARREN_TEXT("address", socket->remote_address),
		WARREN_TEXT("socket", socket->ctx.socket));
	return 0;
}
