/*
 * A look at what a client sends, before libwebsockets reads it.
 *
 * libwebsockets 4.1.6 refuses a head that it does not like by itself, some with a 403 and most
 * without a word, and tells nobody; and it takes frames that are not masked.  So the bytes that it
 * is about to read are peeked at: those of each head, and the beginning of a WebSocket's first
 * frame.  A client that does not mask does not mask that one either.
 *
 * A look ends as soon as it has seen enough, and holds memory only until then.  Where the bytes are
 * ciphertext there is none, nor at what libwebsockets has read together with a head.
 */
#ifndef WARREN_EDGE_LOOK_H
#define WARREN_EDGE_LOOK_H

#include "edge/http/conn.h"

/* Looks at the next head of a client.  One that is too large is answered 431, one whose target is
 * malformed 400, and the connection ends. */
void warren_look_at_head(struct warren_conn *conn);

/* Looks at the first frame of a WebSocket that has just opened, and tells its user when it is not
 * masked. */
void warren_look_at_frame(struct warren_conn *conn);

/* There is nothing more to see; none: nothing. */
void warren_look_away(struct warren_conn *conn);

/* Has libwebsockets say, on the loop's thread, that a head was too large for it alone. */
void warren_look_listen(void);
void warren_look_run(struct warren_edge *edge);   /* on that thread */
void warren_look_leave(struct warren_edge *edge); /* its end */

#endif
