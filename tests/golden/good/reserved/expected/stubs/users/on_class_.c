#include "worker.h"

/* Write here what users does, then `return 0;`. */
int users_on_class_(struct class__call *call, const struct class_ *message,
	struct users_worker *worker)
{
	(void)message;
	(void)worker;
	return class__fail(call, WARREN_INTERNAL, "users_on_class_ is not written yet");
}
