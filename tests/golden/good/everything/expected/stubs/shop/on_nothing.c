#include "worker.h"

/* Write here what shop does, then `return 0;`. */
int shop_on_nothing(struct nothing_call *call, const struct nothing *message,
	struct shop_worker *worker)
{
	(void)message;
	(void)worker;
	return nothing_fail(call, WARREN_INTERNAL, "shop_on_nothing is not written yet");
}
