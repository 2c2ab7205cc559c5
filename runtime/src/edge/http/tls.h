/*
 * TLS of the clients' listener.
 *
 * The certificate is looked up at each handshake: a new one counts for every connection that begins
 * after it, and those that are open keep theirs.  The pair in use is always whole: another takes
 * its place only after it was read and checked on its own.  Edges talk to each other without TLS.
 *
 * A connection's bytes are ciphertext to everybody but OpenSSL: whether a peer has left, or has
 * sent more, is asked here.
 */
#ifndef WARREN_EDGE_TLS_H
#define WARREN_EDGE_TLS_H

#include "edge/internal.h"

struct ssl_ctx_st;

/* Reads the pair that the options name, if they do.  Returns 0; -EINVAL with `error`; -ENOMEM. */
int warren_tls_open(struct warren_edge *edge, struct warren_error *error) WARREN_MUST_CHECK;
void warren_tls_close(struct warren_edge *edge);

/* Prepares libwebsockets' own context. */
void warren_tls_prepare(struct warren_edge *edge, struct ssl_ctx_st *context);

/* What a connection that is not read has to say: 1 for bytes; 0 for nothing yet; -1: it has ended.
 */
int warren_tls_peek(struct lws *wsi);

/*
 * As recv and send, for a connection that libwebsockets neither reads nor writes any more.  Return
 * -EAGAIN when nothing goes for now; what was to be written must then come again, perhaps with more
 * behind it.
 */
ssize_t warren_tls_read(struct lws *wsi, void *bytes, size_t len);
ssize_t warren_tls_write(struct lws *wsi, const void *bytes, size_t len);

/* Whether bytes wait that are deciphered already.  Without TLS there are none. */
bool warren_tls_has_bytes(struct lws *wsi);

#endif
