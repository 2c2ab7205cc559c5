/*
 * A client's GET or POST that a peer answers.
 *
 * The request goes to the peer when its body is whole; the client's connection is held meanwhile
 * and watched, and if the client leaves, so does the link, which is how the peer learns of it.  The
 * answer's bytes are the peer's, head and all; Connection was asked for as the client did, so that
 * its connection stays framed.  At most two pieces of an answer are kept: the peer is read again
 * when the client has taken them.
 * A peer that cannot be reached, or goes away before it has said a word, is as good as a session
 * that is not known.
 */
#ifndef WARREN_EDGE_PASS_H
#define WARREN_EDGE_PASS_H

#include "edge/http/http.h"

/* Takes a request of that session over; of a POST the body is to follow.  Returns false when it is
 * no peer's, or memory is out. */
bool warren_pass_begin(struct warren_http *http, const char *sid);

#endif
