#include "worker.h"

/*
 * May be lost.
 * Inline: it runs on the loop and must not block; over 10 ms it is logged and counted.
 * Write here what audit does, then `return 0;`.
 */
int audit_on_tick(struct tick_call *call, const struct tick *message, struct audit_worker *worker)
{
	(void)message;
	(void)worker;
	return tick_fail(call, WARREN_INTERNAL, "audit_on_tick is not written yet");
}
