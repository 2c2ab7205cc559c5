/*
 * What waits for somebody's word: requests for their reply, confirmed publishes for the broker.
 *
 * Each has an unguessable id and stands in the instance's table until its end: a reply, an outcome,
 * its deadline, or the instance's close.  The caller that takes it out of the table decides its
 * end, so there is exactly one.  Its callback then runs on the lane of the context that asked, with a
 * context of its own that lies in its arena.
 *
 * References: the table's (which passes to the callback), its timer's and the broker's.
 */
#ifndef WARREN_SERVICE_REQUEST_H
#define WARREN_SERVICE_REQUEST_H

#include "service/private.h"

/* Returns the table of an instance that is opened; NULL when memory is out.  Owns: caller. */
struct warren_map *warren_requests_open(void) WARREN_MUST_CHECK;

/* Takes a reply from the instance queue, or drops it when it is forged.  Returns whether it was for
 * a request.  Thread: the broker's. */
bool warren_request_answer(
	struct warren_instance *instance, const struct warren_broker_message *message);

/* An unconfirmed publish came back: ends the request that it was, if it is one of this instance's and
 * still waits, as unavailable.  `data`: the instance.  Thread: the loop's. */
void warren_request_returned(const struct warren_broker_message *message, void *data);

/* Ends all that waits: unavailable.  No request is made any more. */
void warren_requests_end(struct warren_instance *instance);

#endif
