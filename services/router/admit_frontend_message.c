#include <errno.h>

#include "worker.h"

/* A notice that any service may show to people who are online.  To browsers; an empty one is
 * nothing to show. */
int router_admit_frontend_message(struct warren_ctx *ctx, const struct warren_target *to,
	struct frontend_message *message, struct router_worker *worker)
{
	(void)ctx;
	(void)to;
	(void)worker;
	return message->text[0] == '\0' ? -ENOMSG : 0;
}
