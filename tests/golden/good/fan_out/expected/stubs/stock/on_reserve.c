#include "worker.h"

/*
 * A question between services.
 * Write here what stock does, then
 * `return reserve_reply(call, &(struct reserved){…});`
 */
int stock_on_reserve(struct reserve_call *call, const struct reserve *message,
	struct stock_worker *worker)
{
	(void)message;
	(void)worker;
	return reserve_fail(call, WARREN_INTERNAL, "stock_on_reserve is not written yet");
}
