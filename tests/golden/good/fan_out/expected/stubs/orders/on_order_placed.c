#include "worker.h"

/*
 * A person orders.  Orders replies, billing looks on.
 * Write here what orders does, then
 * `return order_placed_reply(call, &(struct order_accepted){…});`
 */
int orders_on_order_placed(struct order_placed_call *call, const struct order_placed *message,
	struct orders_worker *worker)
{
	(void)message;
	(void)worker;
	return order_placed_fail(call, WARREN_INTERNAL,
		"orders_on_order_placed is not written yet");
}
