/*
 * A running service, as the gateway and the test kit see it.
 *
 * One instance is: a random id, workers with lanes, the requests that are pending, and (when it
 * awaits replies or has an extension) an instance queue `<system>.<service>.<id>` that is also
 * bound to the fan-out exchange `<system>.<service>`.
 *
 * The loop's thread has a worker's state of its own when the service has inline handlers, which run
 * there, or an extension, for what its handlers admit and for callbacks.
 *
 * Lanes: work given to one lane runs in order and never at the same time; deliveries from shared
 * queues go to whichever worker is free.  A lane is any number; it is folded onto the workers.
 */
#ifndef WARREN_SERVICE_INSTANCE_H
#define WARREN_SERVICE_INSTANCE_H

#include "base/clock.h"
#include "broker/broker.h"
#include "ops/ops.h"
#include "warren/service.h"

struct warren_store;
struct warren_trust_rules;

#define WARREN_LANE_ANY UINT64_MAX
#define WARREN_LANE_LOOP (UINT64_MAX - 1) /* of a context alone: its callbacks run on the loop */

/*
 * How the instance queue is consumed.  `prefetch` 0: without acknowledgement, and what lies there
 * when the instance dies goes with the queue.  Else what is not acknowledged comes again, at most
 * so much is under way, and what nobody took for `wait_ms`, which is less than the queue lives
 * without its instance, goes to `<system>.<service>.lost`, where any instance of the service finds
 * it.
 */
struct warren_instance_care {
	uint16_t prefetch;
	uint32_t wait_ms;
};

/* A part of the runtime that a service brings along (the gateway). */
struct warren_extension {
	const char *name;
	const struct warren_setting *settings; /* may be NULL */

	/* Starts; nothing is taken from the broker before.  Returns 0; -errno with `error`. */
	int (*start)(struct warren_instance *instance, const void *table, void **ret,
		struct warren_error *error);

	/* Asked before it starts.  NULL: no care. */
	struct warren_instance_care (*care)(struct warren_instance *instance, const void *table);

	/* Something for browsers came on the instance queue.  Runs on the loop's thread.  With care
	 * it is settled once, with warren_instance_settle. */
	void (*deliver)(void *extension, const struct warren_broker_delivery *delivery);

	/* With care: something for browsers was not taken by the instance that it was sent to; it
	 * is settled when this returns.  Runs on the loop's thread. */
	void (*lost)(void *extension, const struct warren_broker_delivery *delivery);

	/* Takes nothing new from outside; what is under way still gets its answer. */
	void (*drain)(void *extension);

	/*
	 * Reads anew what it keeps from files.  May be NULL.  Returns 0; -ENOENT when there is
	 * nothing such; else -errno, and what was there before stays.  Logs what it did.
	 */
	int (*reload)(void *extension);

	/* Everything is answered: close.  The workers have ended. */
	void (*stop)(void *extension);
};

struct warren_instance_options {
	const struct warren_service *service;
	struct warren_broker *broker;
	struct warren_clock *clock;
	struct warren_log *log;
	const struct warren_settings *settings;
	const struct warren_trust_rules *trust; /* who is believed; NULL: everybody */
	const char *system_suffix; /* behind the system's name on the broker; NULL: none */
	struct warren_ops *ops;    /* NULL: the instance is not asked how it is */
	uint32_t workers;          /* 0: 4 */
	uint32_t max_pending;      /* requests and confirmed publishes under way; 0: 10000 */
	uint32_t work_queue;       /* tasks that wait for a worker; 0: 4096 */
	size_t delivery_max_bytes; /* what is made of one delivery beside its bytes; 0: 8 MiB */
	size_t inbox_max_bytes;    /* outcomes of what takes effect once; 0: 16 MiB */
	uint32_t inbox_ms;         /* how long they are kept; 0: 10 minutes */
	uint32_t effects_max;      /* that one call may gather; 0: 1000 */
	size_t effects_max_bytes;  /* of their bodies; 0: 16 MiB */
	/* Told of each effect that a call gathered and that did not leave; may be NULL. */
	void (*on_dropped)(const struct warren_broker_message *message, void *data);
	void *on_dropped_data;
};

/*
 * Opens workers, declares, starts the extension, consumes.  Returns 0; -errno with `error`.  Owns:
 * caller. Broker, clock and log must outlive the instance, and the broker be closed before the
 * clock and the log: outcomes that the broker has not confirmed when the instance closes are still
 * heard.
 */
int warren_instance_open(const struct warren_instance_options *options,
	struct warren_instance **ret, struct warren_error *error) WARREN_MUST_CHECK;

/* Orderly: takes nothing new, finishes what is under way for at most `drain_ms`, closes. */
void warren_instance_close(struct warren_instance *instance, uint32_t drain_ms);

/* Has the extension read its files anew.  Returns as `reload`; -ENOENT without one. */
int warren_instance_reload(struct warren_instance *instance) WARREN_MUST_CHECK;

const struct warren_service *warren_instance_service(const struct warren_instance *instance);
const char *warren_instance_name(const struct warren_instance *instance); /* the id */
uint32_t warren_instance_max_pending(const struct warren_instance *instance);
struct warren_clock *warren_instance_clock(struct warren_instance *instance);
struct warren_store *warren_instance_store(struct warren_instance *instance); /* service/store.h */
struct warren_broker *warren_instance_broker(struct warren_instance *instance);
struct warren_ops *warren_instance_ops(struct warren_instance *instance); /* NULL in tests alone */

typedef void (*warren_task_fn)(void *worker, void *data);

/* Returns the worker's state of the loop; NULL when the service has none.  Thread: the loop's. */
void *warren_instance_loop_state(struct warren_instance *instance);

/* Gives work to a lane.  Returns 0; -EAGAIN when too much waits; -ESHUTDOWN.  Thread: any. */
int warren_instance_run(struct warren_instance *instance, uint64_t lane, warren_task_fn fn,
	void *data) WARREN_MUST_CHECK;

/* The same for what is bounded in another way: it is never -EAGAIN.  Returns 0; -ENOMEM;
 * -ESHUTDOWN.
 */
int warren_instance_run_reserved(struct warren_instance *instance, uint64_t lane, warren_task_fn fn,
	void *data) WARREN_MUST_CHECK;

/* Returns how much may wait for a worker (WORK_QUEUE). */
uint32_t warren_instance_work_queue(const struct warren_instance *instance);

/* Acknowledges a delivery, or gives it back to its queue.  Tag 0: nothing.  Thread: any. */
void warren_instance_settle(struct warren_instance *instance, uint64_t tag, bool taken);

/* Returns whether no task runs or waits.  Thread: any. */
bool warren_instance_idle(struct warren_instance *instance);

/*
 * Calls `fn` once after `delay_ms`, on the loop's thread: it must not block.  Returns 0 with an
 * id; -ENOMEM.  Thread: any.
 */
int warren_instance_after(struct warren_instance *instance, uint32_t delay_ms,
	void (*fn)(void *data), void *data, uint64_t *ret_id) WARREN_MUST_CHECK;

/* Returns whether `fn` will not be called after all; else it has begun.  Thread: any. */
bool warren_instance_after_not(struct warren_instance *instance, uint64_t id);

/* What a context that no delivery caused begins with; texts are copied, NULL is "". */
struct warren_ctx_seed {
	const char *event;
	const char *message_id; /* NULL: a fresh one */
	const char *user;
	const char *socket;
	uint64_t lane; /* where its answers run */
};

/*
 * Opens a context with an arena of its own, e.g. for a browser's event.  It may be closed as soon
 * as requests and publishes with it were made; their callbacks get contexts of their own, but for
 * those below that take it over.  Returns
 * NULL when memory is out.  Owns: caller.
 */
struct warren_ctx *warren_ctx_open(
	struct warren_instance *instance, const struct warren_ctx_seed *seed) WARREN_MUST_CHECK;
void warren_ctx_close(struct warren_ctx *ctx);

/*
 * `error` is NULL when the broker confirmed it (or no queue took an event that has no consumer);
 * unavailable when nobody has it, and it is safe to try again; timeout when the broker did not say
 * in time, or could not say, whether it has it.  Runs on the ctx's lane, with a ctx of its own that
 * lives during the callback.
 */
typedef void (*warren_on_published)(
	struct warren_ctx *ctx, const struct warren_error *error, void *data);

/* That a message takes effect once, see inbox.h; texts are borrowed. */
struct warren_mark {
	const char *digest; /* stands for what is sent under the ctx's message id; NULL: not so */
	const char *before; /* another id that it may have been sent under before; NULL: none */
};

/*
 * As warren_publish, and tells once when it is the broker's.  -EAGAIN also when too many are
 * pending; then `fn` is never called.  While the broker takes no publishes it is unavailable at
 * once; so is a request by warren_request_once.
 * Owns: both take the context over when they return 0, and close it after `fn` has returned.
 */
#define WARREN_CONFIRM_TIMEOUT_MS 5000 /* then it is told as `timeout` */
int warren_publish_confirmed(struct warren_ctx *ctx, const struct warren_event *event,
	const void *message, struct warren_mark once, warren_on_published fn, void *data);

/*
 * As warren_publish_confirmed where nobody waits for the broker's word: an event at most once is not
 * confirmed, and `fn` is told when it has left.
 * Owns: as above.
 */
int warren_publish_told(struct warren_ctx *ctx, const struct warren_event *event,
	const void *message, struct warren_mark once, warren_on_published fn, void *data);

/* As warren_request, with a mark as above. */
int warren_request_once(struct warren_ctx *ctx, const struct warren_event *event,
	const void *message, struct warren_mark once, warren_invoke_fn invoke, warren_any_fn fn,
	void *data);

/* One row a counter: its name, and the text by which /metrics explains it. */
#define WARREN_INSTANCE_COUNTERS(X)                                                                \
	X(handled, "calls that ran")                                                               \
	X(repeated, "calls that did not run, because their id had taken effect")                   \
	X(retried, "calls that were sent to the retry ladder")                                     \
	X(failed, "calls whose failure was told to their client")                                  \
	X(parked, "calls that were sent to the dead letters")                                      \
	X(requeued, "calls that were given back to their queue, because the service stopped")      \
	X(dropped, "calls of events at most once that found no room or were not valid")            \
	X(expired, "calls that had not begun when their client stopped waiting")                   \
	X(crashed, "calls that were parked, because they ended the process again and again")       \
	X(quarantined, "calls that were sent to run alone after crashes")                          \
	X(resumed, "calls that came again while they were in hand, since their connection had "    \
		   "broken")                                                                       \
	X(unsettled, "times that an outcome had to wait, because the broker did not take it")      \
	X(effects_dropped, "effects that a call gathered and that did not leave")                  \
	X(returned, "events that the schema has a queue for, and the broker had none")             \
	X(replies_gone, "replies that no queue took")                                              \
	X(replies_late, "replies that came when no request waited for them")                       \
	X(forged, "messages from an account that the schema does not let send them")               \
	X(pushes_gone, "events to browsers that no queue of an edge took")                         \
	X(widened, "times that a consumer was let hold more deliveries, because its handler is "   \
		   "fast")                                                                         \
	X(narrowed,                                                                                \
		"times that a consumer was let hold fewer deliveries, because they waited for "    \
		"its handler")                                                                     \
	X(slow_inline, "inline handlers that held up the loop for over 10 ms")

struct warren_instance_counters {
#define WARREN_INSTANCE_FIELD(name_, help_) uint64_t name_;
	WARREN_INSTANCE_COUNTERS(WARREN_INSTANCE_FIELD)
#undef WARREN_INSTANCE_FIELD
};
void warren_instance_counters(
	struct warren_instance *instance, struct warren_instance_counters *ret);

/* Gives each reason why the instance is not ready, or why somebody should look at it; what its
 * broker has to say is not among them.  Thread: any. */
void warren_instance_reasons(struct warren_instance *instance, struct warren_ops_reasons *reasons);

/* Gives an obstacle as a reason: it blocks, unless it takes nothing from what the service promises.
 * `reasons` is a struct warren_ops_reasons, so that warren_broker_obstacles can call this. */
void warren_obstacle_reason(const struct warren_obstacle *obstacle, void *reasons);

#endif
