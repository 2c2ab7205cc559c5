#include "worker.h"

/*
 * Somebody says something: from both edges' browsers, and to them.
 * Write here what chat does, then `return 0;`.
 */
int chat_on_said(struct said_call *call, const struct said *message, struct chat_worker *worker)
{
	(void)message;
	(void)worker;
	return said_fail(call, WARREN_INTERNAL, "chat_on_said is not written yet");
}
