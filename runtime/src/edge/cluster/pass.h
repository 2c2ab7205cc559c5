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

#include "edge/cluster/cluster.h"
#include "edge/http/http.h"

struct warren_pass;

/* Takes a request over; of a POST the body is to follow.  Returns 0; -ENOMEM: not taken. */
int warren_pass_begin(
	struct warren_http *http, const struct warren_peer_address *address) WARREN_MUST_CHECK;

/* The body of a POST is there. */
void warren_pass_send(struct warren_http *http);

/* What was given to the client has gone out.  Returns whether more is to come. */
bool warren_pass_awaits(const struct warren_pass *pass);
void warren_pass_more(struct warren_pass *pass);

/* The request is freed. */
void warren_pass_gone(struct warren_pass *pass);

#endif
