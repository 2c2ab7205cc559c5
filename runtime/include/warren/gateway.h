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
 * 64 KiB: on a worker): they must not block.  One that takes over 10 ms is logged and counted.  One that
 * has to look something up settles the admission later, once; later events of that socket wait for it:
 *
 *   static int look_up(struct warren_socket *socket, void *message, void *worker)
 *   {
 *           (a database handle of the worker's)
 *           return known ? 0 : warren_refuse(socket, WARREN_FORBIDDEN, "nobody knows you");
 *   }
 *
 *   int router_admit_order(struct warren_socket *socket, struct order *order, struct router_worker *w)
 *   {
 *           return warren_admit_on_worker(socket, look_up);
 *   }
 *
 * An event whose admission is not settled when its time is over (its reply's timeout_ms, else 5 s) is
 * answered `timeout` and counted; when the process stops, `unavailable`.  An event whose socket has gone
 * meanwhile is dropped.
 */
#ifndef WARREN_GATEWAY_H
#define WARREN_GATEWAY_H

#include "warren/service.h"

#ifdef __cplusplus
extern "C" {
#endif

struct warren_admission;

/* A browser's socket in an admit handler: who it is.  Texts live during the handler, of one from
 * warren_admit_later until it is settled, and are never NULL. */
struct warren_socket {
	struct warren_ctx ctx; /* warren_alloc(&socket->ctx, n); ctx.user, ctx.socket */
	const char *remote_address;
	const char *event;                  /* the event's wire name */
	struct warren_error *refusal;       /* filled by warren_refuse */
	struct warren_admission *admission; /* the runtime's own */
};

/*
 * Refuses an event: `return warren_refuse(socket, WARREN_FORBIDDEN, "…");`.  The text reaches the
 * page.  Returns -EACCES.
 */
int warren_refuse(struct warren_socket *socket, enum warren_code code, const char *fmt, ...)
	WARREN_PRINTF(3, 4);
int warren_refuse_field(struct warren_socket *socket, enum warren_code code, const char *field,
	const char *fmt, ...) WARREN_PRINTF(4, 5);

/* Returned by an admit handler whose admission is settled later. */
#define WARREN_ADMIT_LATER 1

/*
 * Keeps the admission after the handler's return, which is to be WARREN_ADMIT_LATER: settle it later,
 * once, from any thread, before worker_close returns.  A handler that returns something else after all
 * has settled it by that.  The socket and the message live until then.  Requests that are made with its
 * ctx have the event's deadline, and their callbacks run on the loop.
 * Returns the socket to go on with; NULL when memory is out, or the socket is one that a test has made.
 * Thread: the handler's.
 */
struct warren_socket *warren_admit_later(struct warren_socket *socket) WARREN_MUST_CHECK;

/*
 * Settles: `rc` is what a handler would return, 0 or what warren_refuse has returned for `later`.
 * Settling twice is ignored and logged.  Returns 0.  Thread: any.
 */
int warren_admit_settle(struct warren_socket *later, int rc);

/* As an admit handler, with the message as it came and the state of its thread. */
typedef int (*warren_admit_fn)(struct warren_socket *socket, void *message, void *worker);

/*
 * Has `fn` run on a worker, where it may block; its return settles the admission, unless that is
 * WARREN_ADMIT_LATER, too.  It does not run when nobody waits for it any more.  At most once in an
 * admission.
 * Returns what the handler is to return: WARREN_ADMIT_LATER; negative when there is no room
 * (overloaded), or the service is stopping.  Thread: the handler's.
 */
int warren_admit_on_worker(struct warren_socket *socket, warren_admit_fn fn) WARREN_MUST_CHECK;

/* What is generated for an edge. */
struct warren_gateway_in { /* browsers send it */
	const struct warren_event *event;
	/* May change the message.  Returns 0 to let it pass; negative to refuse (internal unless
	 * warren_refuse said more); WARREN_ADMIT_LATER. */
	warren_admit_fn admit;
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
