/*
 * Services: what generated code says about a service, and what it calls to move events.
 *
 * Model
 * - A *service* is a const table that generated code exports (`const struct warren_service
 * user_service`): the events it handles and those it may publish, request or send.  An *instance*
 * is one running service in a process.  Several may run in one process on one broker.
 * - A *call* is one delivery in a handler's hands.  Its first member is a `struct warren_ctx`,
 *   which carries who asked and what for; whatever is published with it inherits trace, user and
 *   correlation.
 * - A call is *settled* once: reply or done, fail (final), retry (transient).  Settling twice is
 *   ignored and logged.  The message and everything from warren_alloc live until the call is settled
 *   *and* the handler returned.
 * - All that a handler publishes, sends or asks of sockets with its call are *effects* of the call:
 *   they leave together with its outcome, in the order of the calls, or not at all.  The
 *   effects that a call repeats when it runs again have the ids that they had, so consumers take
 *   them once.
 * - People call the typed functions that are generated over this header; the calls below are what
 *   those stand on.
 *
 * Outcomes
 */
/* clang-format off */
/*
 *   reply, done      the effects leave; the reply leaves when they are confirmed; the delivery is
 *                    acknowledged when all is
 *   fail             nothing leaves but the error, which is told at once to the client that waits;
 *                    nobody waits: the message is parked on `<system>.<service>.dead`
 *   retry            nothing leaves; again later by the ladder `<system>.wait.<ms>`, at most
 *                    max_attempts; then as fail (unavailable)
 *   negative return, or unsettled from an event with a reply: retry
 *   the process ends nothing has left; the message comes again, at most three times
 */
/* clang-format on */
/*
 * Threads: handlers run on the instance's workers, each with its own state (`worker_open`).  Inline
 * handlers run on the process's loop, one at a time and in the order of their deliveries, with a
 * state that is opened there (an edge's gateway has it, too); they must not block, since all that
 * the process does waits for them.
 * Reply callbacks run on a worker, those of inline handlers too.  All calls here are allowed on any
 * thread unless said otherwise; they return 0 or -errno.
 */
#ifndef WARREN_SERVICE_H
#define WARREN_SERVICE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "warren/api.h"
#include "warren/arena.h"
#include "warren/code.h"
#include "warren/log.h"
#include "warren/message.h"
#include "warren/settings.h"
#include "warren/topology.h"

#ifdef __cplusplus
extern "C" {
#endif

struct warren_instance;
struct warren_delivery;

/* Read it; do not write it.  Texts are never NULL.  Lives as long as its call. */
struct warren_ctx {
	struct warren_instance *instance;
	struct warren_arena *arena;
	const char *event;      /* wire name, "" for the root */
	const char *message_id; /* the same each time this message is delivered */
	const char *correlation_id;
	const char *traceparent; /* W3C trace context, "" when there is none */
	const char *user;        /* who is signed in on the socket that asked, "" for nobody */
	const char *socket;      /* the address of that socket, opaque, "" for none */
	uint32_t attempt;        /* 1 the first time */
	int64_t deadline_ms;     /* since 1970, when whoever asked stops waiting; 0: nobody waits */

	/* The runtime's own; a copy of a context keeps them. */
	uint64_t lane;                    /* where its answers run */
	struct warren_delivery *delivery; /* NULL unless a handler's */
};

/* ---- what generated code declares ---- */

enum warren_guarantee { WARREN_AT_LEAST_ONCE, WARREN_AT_MOST_ONCE };

struct warren_event {
	const char *name; /* wire name, "userLogin" */
	const struct warren_message_type *type;
	const struct warren_message_type *reply; /* NULL: none */
	enum warren_guarantee guarantee;
	const char *schema;        /* fingerprint, 16 hex digits: header warren-schema */
	uint32_t reply_timeout_ms; /* how long whoever asks waits */
	const struct warren_broker_queue *const *queues; /* of all consumers */
	size_t queue_count;
	const char *const *producers; /* services that may publish, request or send it, "router" */
	size_t producer_count;
	const char *replier;      /* the service that replies, NULL: none */
	const char *const *edges; /* services to whose browsers it goes, "router" */
	size_t edge_count;
	bool sends_at_least_once; /* to browsers, too; `guarantee` is for services */
};

typedef int (*warren_handler_fn)(struct warren_ctx *ctx, const void *message, void *worker);

struct warren_handler {
	const struct warren_event *event;
	const struct warren_broker_queue *queue;
	warren_handler_fn handle;
	bool replies;      /* this consumer is the one that replies */
	bool is_inline;    /* runs on the loop; over 10 ms it is logged and counted (slow_inline) */
	uint16_t prefetch; /* 0: it follows how long deliveries wait; nothing where at most once */
	uint32_t max_attempts; /* 1: no retry */
	/* Attempt k that failed waits waits[k] ms, or waits[k - 1], so that what failed together
	 * does not come back together; past the end the last two.  Rungs of the ladder. */
	const uint32_t *waits;
	size_t wait_count; /* 0, or at least 2 */
};

/* A part of the runtime that a service brings along: the gateway of an edge.  See warren/gateway.h.
 */
struct warren_extension;

struct warren_service {
	uint32_t api;       /* WARREN_API */
	const char *system; /* "demo": the exchange */
	const char *name;   /* "user" */
	const struct warren_handler *handlers;
	size_t handler_count;
	const struct warren_event *const *publishes; /* all that it may publish, request or send */
	size_t publish_count;
	const char *const *edges; /* all edges of the system, "router": whom control reaches */
	size_t edge_count;
	const struct warren_topology *topology;
	const char *const
		*services; /* of an edge: all of the system, which may change its sockets */
	size_t service_count;
	/* The own state of each worker thread, and of the loop for inline handlers.  Returns 0 or
	 * -errno: the instance does not start. */
	int (*worker_open)(struct warren_instance *instance, void **ret_worker);
	void (*worker_close)(void *worker);
	const struct warren_setting
		*settings; /* the service's own, ends with a NULL name; may be NULL */
	const struct warren_extension *extension; /* NULL: none */
	const void *extension_table;              /* what the extension reads */
};

/* ---- in a handler ---- */

/* Returns zeroed memory of the call's arena; NULL past its cap.  Thread: the handler's. */
void *warren_alloc(struct warren_ctx *ctx, size_t bytes) WARREN_MUST_CHECK;

/* The context of what is not caused by a delivery: timers, start-up.  Its arena is NULL. */
struct warren_ctx *warren_root(struct warren_instance *instance);

struct warren_log *warren_instance_log(struct warren_instance *instance);
const struct warren_settings *warren_instance_settings(struct warren_instance *instance);

/*
 * Says why the service cannot start: the program tells it once, and ends with status 1.  For
 * worker_open: `return warren_cannot_start(instance, rc, "no database at %s", path);`.
 * Returns `rc`, which is negative.  Thread: the worker's.
 */
int warren_cannot_start(struct warren_instance *instance, int rc, const char *fmt, ...)
	WARREN_PRINTF(3, 4);

/* ---- what generated calls stand on ---- */

int warren_reply(struct warren_ctx *ctx, const void *message);
int warren_done(struct warren_ctx *ctx);
int warren_fail(struct warren_ctx *ctx, enum warren_code code, const char *field, const char *fmt,
	va_list args) WARREN_PRINTF(4, 0);
int warren_retry(struct warren_ctx *ctx, const char *fmt, va_list args) WARREN_PRINTF(2, 0);

/*
 * Keeps the call after the handler's return; settle it later, once, from any thread, before
 * worker_close returns.  A handler that returns negative after all takes the call back (retry):
 * then nobody else may settle it.  Returns `ctx`.
 */
struct warren_ctx *warren_defer(struct warren_ctx *ctx);

/*
 * Publishes a fact.  With a call's context it is one of the call's effects: it leaves when the call
 * is settled with a reply or done, before that outcome and in the order of the calls, and is dropped
 * otherwise.  With any other it leaves at once.
 * Returns 0; -EINVAL when the message breaks its constraints (logged); -EMSGSIZE; -EALREADY when the
 * call is settled and its handler has returned; -ENOBUFS when the call has as many effects as it may
 * (EFFECTS_MAX, EFFECTS_MAX_BYTES); -EAGAIN (at once, only) when the way out is full; -ENOMEM;
 * -ESHUTDOWN.
 */
int warren_publish(struct warren_ctx *ctx, const struct warren_event *event, const void *message);

/*
 * The same, at once, while the handler runs: for progress, and for what stays although the call
 * fails.  A call that runs again publishes it with the same id, so that its consumers take it once.
 */
int warren_publish_now(
	struct warren_ctx *ctx, const struct warren_event *event, const void *message);

typedef void (*warren_any_fn)(void);

/* Casts `fn` back to its own type and calls it; generated for each event with a reply. */
typedef void (*warren_invoke_fn)(struct warren_ctx *ctx, const void *reply,
	const struct warren_error *error, warren_any_fn fn, void *data);

/*
 * Asks, and hears the answer exactly once: a reply, or an error (timeout: the effect is unknown).
 * A ctx with a deadline shortens the wait.  `fn` gets a ctx of its own that lives during the
 * callback. Returns as warren_publish, -EAGAIN also when too many requests are pending; then `fn`
 * is never called.
 */
int warren_request(struct warren_ctx *ctx, const struct warren_event *event, const void *message,
	warren_invoke_fn invoke, warren_any_fn fn, void *data);

/* ---- to browsers ---- */

/*
 * A browser's socket is at one instance of an edge, and may be in rooms and belong to a user; both
 * are said by services alone, never by a browser.  A room's name and a user's are a service's own
 * text: 1 to WARREN_NAME_MAX bytes of UTF-8 without control characters.  They are two name spaces,
 * apart from each other and from addresses: a room cannot have a user's name or a socket's.
 *
 * Calls for the same sockets with one context, or from one thread, are carried out in that order:
 * who joins and is sent to with the room then gets it; a reply after warren_set_user arrives when
 * the user is set.  Between an instance's threads, and between instances, there is no order.
 */
#define WARREN_NAME_MAX 200

enum warren_target_kind { WARREN_TO_SOCKET, WARREN_TO_ALL, WARREN_TO_USER, WARREN_TO_ROOM };

/* Whom something goes to.  Made by the calls below; borrows their texts. */
struct warren_target {
	enum warren_target_kind kind;
	const char *name;   /* the socket's address, the user's name or the room's; "" for all */
	const char *except; /* an address that is left out, or "" */
};

struct warren_target warren_to_socket(const struct warren_ctx *ctx); /* the one that asked */
struct warren_target warren_to_address(const char *socket); /* one that was kept from ctx->socket */
struct warren_target warren_to_user(const char *user);      /* all sockets of a user */
struct warren_target warren_to_room(const char *room);      /* all sockets that are in it */
struct warren_target warren_to_all(void);
struct warren_target warren_to_others(
	const struct warren_ctx *ctx); /* all but the one that asked */

/* The same target without the socket that asked. */
struct warren_target warren_except(const struct warren_ctx *ctx, struct warren_target to);

/*
 * Returns as warren_publish; -EINVAL also for a name that is none; -ENOTCONN when `to` is a socket
 * and the ctx comes from none.
 */
int warren_send(struct warren_ctx *ctx, const struct warren_event *event, struct warren_target to,
	const void *message);
/* The same, at once: as warren_publish_now. */
int warren_send_now(struct warren_ctx *ctx, const struct warren_event *event,
	struct warren_target to, const void *message);

/*
 * Puts sockets in a room, or takes them out.  One that is in as many as its edge allows stays out,
 * which the edge logs.
 *
 * These four change sockets at any number of edges and instances.  They are effects of a call, as
 * warren_publish says; doing it again changes nothing.  Sockets that have gone meanwhile are passed
 * over.  They return as warren_publish; -EINVAL also for a name that is none; -ENOTCONN when `to` is
 * a socket and the ctx comes from none, or the system has no edge.
 */
int warren_join(struct warren_ctx *ctx, struct warren_target to, const char *room);
int warren_leave(struct warren_ctx *ctx, struct warren_target to, const char *room);

/*
 * Says whose sockets these are, "" for nobody's: from then on their events carry ctx->user, and
 * warren_to_user reaches them.  `warren_set_user(ctx, warren_to_socket(ctx), name)` signs in who
 * asked, `warren_set_user(ctx, warren_to_user(name), "")` signs out everywhere.
 */
int warren_set_user(struct warren_ctx *ctx, struct warren_target to, const char *user);

/*
 * Disconnects sockets, after what was sent to them before; a page connects again only if it wants
 * to.  `close` ends their connections, too.
 */
int warren_disconnect(struct warren_ctx *ctx, struct warren_target to, bool close);

/* ---- settings of a service's own ---- */

/*
 * Joins a table to the settings of every program that links this file, its --help included.  Write
 * it once beside the table, in the file that has worker_open:  WARREN_SETTINGS(user_settings); Read
 * them with warren_instance_settings.
 */
#define WARREN_SETTINGS(table_)                                                                    \
	__attribute__((constructor)) static void table_##_join(void)                               \
	{                                                                                          \
		static struct warren_settings_part part = {.table = table_};                       \
		warren_settings_join(&part);                                                       \
	}                                                                                          \
	struct warren_settings_part

struct warren_settings_part {
	const struct warren_setting *table;
	struct warren_settings_part *next;
};

/* Before main.  `part` stays the caller's, for ever. */
void warren_settings_join(struct warren_settings_part *part);

/* ---- a program ---- */

struct warren_program {
	const char *name;
	const char *default_broker_url; /* NULL: amqp://127.0.0.1:5672 */
	const struct warren_service *const *services;
	size_t service_count;
};

/*
 * Runs services until SIGTERM or SIGINT, then stops in order: take nothing new, finish, answer,
 * close.  Reads settings from the environment and `.env`; `--help` prints them.  Returns the exit
 * status: 0; 1 could not start or stop; 2 a bad setting.
 */
int warren_main(int argc, char **argv, const struct warren_program *program);

#ifdef __cplusplus
}
#endif

#endif
