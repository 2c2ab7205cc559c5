#include "worker.h"

/* Write here what office does, then `return 0;`. */
int office_on_shift_ended(struct shift_ended_call *call, const struct shift_ended *message,
	struct office_worker *worker)
{
	(void)message;
	(void)worker;
	return shift_ended_fail(call, WARREN_INTERNAL, "office_on_shift_ended is not written yet");
}
