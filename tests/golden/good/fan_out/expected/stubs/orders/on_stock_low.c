#include "worker.h"

/*
 * Inline: it runs on the loop and must not block; over 10 ms it is logged and counted.
 * Write here what orders does, then `return 0;`.
 */
int orders_on_stock_low(struct stock_low_call *call, const struct stock_low *message,
	struct orders_worker *worker)
{
	(void)message;
	(void)worker;
	return stock_low_fail(call, WARREN_INTERNAL, "orders_on_stock_low is not written yet");
}
