/*
 * The quarantine: messages that were in hand when processes of this service ended, more than once.
 *
 * Model
 * - `<system>.<service>.quarantine` holds them; call.h says which are moved there.  They are taken
 *   one at a time, by basic.get, and only by a worker that holds the gate for itself: so while one
 *   of them runs this process holds no other of them, and runs no other handler.  The
 *   broker's count on that queue is therefore the number of processes that ended with this one
 *   alone in hand.
 * - The *gate* is the process's, for all its instances: shared by handlers that run beside others,
 *   exclusive for a suspect.  A suspect that waits for the handlers that run goes before those that
 *   come.
 * - An instance looks into it when it has opened, when it has moved something there, and now and
 *   then, since another instance may have ended behind what it moved.  Such a look does not wait for
 *   the gate; after many of them in vain, one does.
 */
#ifndef WARREN_SERVICE_QUARANTINE_H
#define WARREN_SERVICE_QUARANTINE_H

#include "service/call.h"

/* Around a handler.  Thread: the handler's.  try_enter returns false where enter would wait. */
void warren_gate_enter(void);
bool warren_gate_try_enter(void) WARREN_MUST_CHECK;
void warren_gate_leave(void);

/* Looks until it is empty.  Nothing for a service without one.  Thread: any. */
void warren_quarantine_look(struct warren_instance *instance);

/*
 * A call begins to move there; it has moved, and was acknowledged.  No instance of the process takes
 * anything from a quarantine meanwhile: a suspect that ended the process would leave the others
 * there and in their own queues.  Thread: any.
 */
void warren_quarantine_moves(void);
void warren_quarantine_moved(struct warren_instance *instance);

#endif
