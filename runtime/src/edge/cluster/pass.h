/*
 * A client's GET or POST that a peer answers.
 *
 * The request goes to the peer when its body is whole, on a connection that may have carried others
 * before and carries this one alone until it is answered.  The client's is held meanwhile and
 * watched, and if the client leaves, that to the peer is closed, which is how the peer learns of
 * it.  Of the answer the status and the body are the peer's, and the head is what this edge itself
 * would say: nothing else of a peer reaches a browser.  At most two pieces of an answer are kept: the peer is read again when the client has
 * taken them.
 * A peer that cannot be reached, goes away before it has said a word, or says none in the time in
 * which an edge does, is as good as a session that is not known.  Whether it has taken a post is
 * then not known, so nothing is sent twice.
 */
#ifndef WARREN_EDGE_PASS_H
#define WARREN_EDGE_PASS_H

#include "edge/http/http.h"

/* Takes a request of that session over; of a POST the body is to follow.  Returns false when it is
 * no peer's, or memory is out. */
bool warren_pass_begin(struct warren_http *http, const char *sid);

#endif
