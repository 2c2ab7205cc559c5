#include "worker.h"

/*
 * To browsers; it passes as it is.  Write here what should be changed or dropped.
 * It runs on the loop and must not block: over 10 ms is logged and counted.
 */
int router_admit_class__to_browsers(struct warren_ctx *ctx, const struct warren_target *to,
	struct class_ *message, struct router_worker *worker)
{
	(void)ctx;
	(void)to;
	(void)message;
	(void)worker;
	return 0;
}
