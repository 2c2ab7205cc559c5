/*
 * The gateway: what joins an edge (browsers) to a service (the broker).  It alone knows both.
 *
 * A browser's event becomes a typed message, is checked against the schema, admitted by the
 * service's own handler, and published or requested; the answer goes to the ack or, where none was
 * asked, comes as the reply's event.  Events `to` the edge come from the broker's instance queue
 * and go out to sockets.
 *
 * Events of one socket are taken in the order in which it sent them.
 *
 * Admit handlers run on the loop, which carries everything that the process does (arguments over
 * 64 KiB: on a worker): they must not block.  One that takes over 10 ms is logged and counted.
 */
#ifndef WARREN_GATEWAY_H
#define WARREN_GATEWAY_H

#include "warren/service.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A browser's socket in an admit handler: who it is.  Texts live during the handler and are never
 * NULL. */
struct warren_socket {
	struct warren_ctx ctx; /* warren_alloc(&socket->ctx, n); ctx.user, ctx.socket */
	const char *remote_address;
	const char *event;            /* the event's wire name */
	struct warren_error *refusal; /* filled by warren_refuse */
};

/*
 * Refuses an event: `return warren_refuse(socket, WARREN_FORBIDDEN, "…");`.  The text reaches the
 * page.  Returns -EACCES.
 */
int warren_refuse(struct warren_socket *socket, enum warren_code code, const char *fmt, ...)
	WARREN_PRINTF(3, 4);
int warren_refuse_field(struct warren_socket *socket, enum warren_code code, const char *field,
	const char *fmt, ...) WARREN_PRINTF(4, 5);

/* What is generated for an edge. */
struct warren_gateway_in { /* browsers send it */
	const struct warren_event *event;
	/* May change the message.  Returns 0 to let it pass; negative to refuse (internal unless
	 * warren_refuse said more). */
	int (*admit)(struct warren_socket *socket, void *message, void *worker);
	uint32_t rate_per_s, burst; /* per socket; 0: no limit */
};

struct warren_gateway_out { /* browsers receive it */
	const struct warren_event *event;
	/* May change the message.  Returns 0 to let it pass; negative to drop it (counted). */
	int (*admit)(struct warren_ctx *ctx, const struct warren_target *to, void *message,
		void *worker);
};

struct warren_gateway_table {
	const struct warren_gateway_in *in;
	size_t in_count;
	const struct warren_gateway_out *out;
	size_t out_count;
};

/* The extension that an edge's service table names. */
extern const struct warren_extension warren_gateway;

#ifdef __cplusplus
}
#endif

#endif
