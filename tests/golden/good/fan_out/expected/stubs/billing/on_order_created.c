#include "worker.h"

/*
 * A fact with two consumers and two producers.
 * Write here what billing does, then `return 0;`.
 */
int billing_on_order_created(struct order_created_call *call, const struct order_created *message,
	struct billing_worker *worker)
{
	(void)message;
	(void)worker;
	return order_created_fail(call, WARREN_INTERNAL,
		"billing_on_order_created is not written yet");
}
