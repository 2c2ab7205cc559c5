/*
 * Bytes to and from a broker, over TCP or TLS, without ever blocking.
 *
 * open starts to connect; while it is not open, poll for warren_amqp_stream_events and call
 * advance, also when `on_resolved` was called: a host's name is looked up on another thread. With TLS the peer's certificate and name are verified.  A failure leaves one sentence in
 * `reason`.
 */
#ifndef WARREN_BROKER_AMQP_STREAM_H
#define WARREN_BROKER_AMQP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "broker/amqp_url.h"

#define WARREN_AMQP_REASON_MAX 512

struct addrinfo;

struct warren_amqp_resolve;

enum warren_amqp_stream_state {
	STREAM_CLOSED,
	STREAM_RESOLVING,
	STREAM_CONNECTING,
	STREAM_SECURING,
	STREAM_OPEN
};

struct warren_amqp_stream {
	const struct warren_amqp_url *url;
	enum warren_amqp_stream_state state;
	int fd;
	uint64_t sockets; /* how many there were: another one may have the number of the last */
	struct warren_amqp_resolve *resolve;  /* NULL: no name is looked up */
	struct addrinfo *addresses, *address; /* all of the host; the one that is tried */
	struct ssl_ctx_st *tls_context;
	struct ssl_st *tls;
	bool tls_wants_write;
	char reason[WARREN_AMQP_REASON_MAX];
};

/* Begins anew: nothing but the count of sockets stays. */
void warren_amqp_stream_init(struct warren_amqp_stream *stream, const struct warren_amqp_url *url);

/* Each returns 1 when the stream is open, 0 while it is not yet, -errno with a reason.
 * `on_resolved` runs on any thread. */
int warren_amqp_stream_open(struct warren_amqp_stream *stream, void (*on_resolved)(void *data),
	void *data) WARREN_MUST_CHECK;
int warren_amqp_stream_advance(struct warren_amqp_stream *stream) WARREN_MUST_CHECK;

/* NULL-safe in the sense that closing twice does nothing. */
void warren_amqp_stream_close(struct warren_amqp_stream *stream);

/* Returns the number of bytes; 0 when none go now; -errno with a reason (-EPIPE at the peer's end).
 */
ssize_t warren_amqp_stream_receive(struct warren_amqp_stream *stream, void *bytes, size_t len);
ssize_t warren_amqp_stream_send(struct warren_amqp_stream *stream, const void *bytes, size_t len);

/* Returns what to poll for; `sending` says that bytes wait. */
short warren_amqp_stream_events(const struct warren_amqp_stream *stream, bool sending);

/* Returns whether bytes were received that no poll will tell of. */
bool warren_amqp_stream_has_more(const struct warren_amqp_stream *stream);

#endif
