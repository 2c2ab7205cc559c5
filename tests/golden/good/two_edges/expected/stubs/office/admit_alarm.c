#include "worker.h"

/*
 * Only the office hears it, and surely.
 * To browsers; it passes as it is.  Write here what should be changed or dropped.
 * It runs on the loop and must not block: over 10 ms is logged and counted.
 */
int office_admit_alarm(struct warren_ctx *ctx, const struct warren_target *to,
	struct alarm *message, struct office_worker *worker)
{
	(void)ctx;
	(void)to;
	(void)message;
	(void)worker;
	return 0;
}
