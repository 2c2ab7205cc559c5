/* The message of a settlement's outcome: a reply, an error, or the copy for another queue. */
#ifndef WARREN_SERVICE_OUTCOME_H
#define WARREN_SERVICE_OUTCOME_H

#include "service/call.h"

/*
 * Writes the message that the verdict asks for; a retry after the last attempt becomes a failure.
 * `out` borrows from the call.  Returns whether there is one.
 */
bool warren_outcome_write(struct warren_delivery *call, struct warren_outgoing *out);

/* Makes what is remembered of a reply, or of a call that is done.  Without memory it is not. */
void warren_outcome_remember(struct warren_delivery *call);

#endif
