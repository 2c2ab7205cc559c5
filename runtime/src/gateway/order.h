/*
 * Messages from the broker are carried out at the edge in the order in which they came, though
 * workers get them ready side by side.
 *
 * A *step* enters when it arrives and is done when it is ready and all before it are done.  Without
 * this, a join (which needs no work) and the event to that room (which is unpacked, admitted and
 * written as JSON on another lane) would change places.
 *
 * Where the edge has no room (-EAGAIN), a step that must be done stays, and all behind it; it is
 * tried again after a while.
 *
 * Answers to browsers go through here only while a control message waits: what a handler asked of a
 * socket before it replied is done when the reply comes.
 *
 * Thread: any, but open and close.
 */
#ifndef WARREN_GATEWAY_ORDER_H
#define WARREN_GATEWAY_ORDER_H

#include <stdbool.h>

#include "service/instance.h"

struct warren_order;

/* Memory of the caller's, until `finish` is called. */
struct warren_step {
	/* Does it at the edge.  Returns 0 or -errno.  Runs under the order's lock: only posts. */
	int (*run)(struct warren_step *step);
	/* Called once: `result` is run's, or -ESHUTDOWN when the order was closed before. */
	void (*finish)(struct warren_step *step, int result);
	bool must;       /* -EAGAIN keeps it */
	bool is_control; /* answers wait for it */

	/* The order's own. */
	struct warren_step *next;
	bool is_ready;
};

/* Returns NULL when memory is out.  Owns: caller. */
struct warren_order *warren_order_open(struct warren_instance *instance);

/* Ends all that is not done.  Nobody enters any more.  NULL is allowed. */
void warren_order_close(struct warren_order *order);

/* Takes its place. */
void warren_order_enter(struct warren_order *order, struct warren_step *step);

/* It can be done; once. */
void warren_order_ready(struct warren_order *order, struct warren_step *step);

/* Returns whether an answer has to enter. */
bool warren_order_has_control(struct warren_order *order);

#endif
