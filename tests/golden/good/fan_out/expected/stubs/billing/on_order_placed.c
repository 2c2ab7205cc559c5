#include "worker.h"

/*
 * A person orders.  Orders replies, billing looks on.
 * Write here what billing does, then `return 0;`.
 */
int billing_on_order_placed(struct order_placed_call *call, const struct order_placed *message,
	struct billing_worker *worker)
{
	(void)message;
	(void)worker;
	return order_placed_fail(call, WARREN_INTERNAL,
		"billing_on_order_placed is not written yet");
}
