#include "worker.h"

/*
 * Somebody says something: from both edges' browsers, and to them.
 * To browsers; it passes as it is.  Write here what should be changed or dropped.
 * It runs on the loop and must not block: over 10 ms is logged and counted.
 */
int office_admit_said_to_browsers(struct warren_ctx *ctx, const struct warren_target *to,
	struct said *message, struct office_worker *worker)
{
	(void)ctx;
	(void)to;
	(void)message;
	(void)worker;
	return 0;
}
