/*
 * A broker: exchanges, queues, deliveries, confirms.  Two stand behind this interface: RabbitMQ
 * (amqp://, amqps://) and one that lives in this process (memory:).  One contract suite judges
 * both.
 *
 * Model
 * - A broker is opened once per process and shared by the services in it.  It runs on the loop;
 *   every callback runs there, in order, and never inside a call that the user made.
 * - What is declared and consumed is remembered and made again after each reconnect.  The state
 *   callback tells UP (connected, and all that can be had is there and runs; the reason is the
 *   first obstacle, "" for none), DOWN (with the reason) and BLOCKED (the broker takes no publishes
 *   for now).  UP may come any number of times, and comes when the obstacles change; opening
 * succeeds while the broker is away, and it keeps trying with jittered back-off.  While it is DOWN
 *   publishes wait (they may expire) and nothing is delivered.
 * - A publish and a consumer find what was declared before them.  Publishes of one thread are sent
 *   in order.
 * - Each item is judged by itself.  One that cannot be had as it is declared is an obstacle, which is
 *   logged once, counted, listed (warren_broker_obstacles) and tried again with a growing wait,
 * until it is gone; everything else goes on.  A queue that is missing, breaks its promise or is
 * forbidden is not consumed; whoever publishes to it learns from the outcome.  An account that may
 * not declare uses what is there.  Declaring an item again with other arguments replaces it.
 * - A publish is copied and queued; its outcome comes exactly once through `on_settled`:
 *     CONFIRMED  the broker has it on every queue that takes it
 *     SENT       it was written to the socket; it is `unconfirmed`, so nobody asks the broker
 *     RETURNED   mandatory, and no queue takes it (it counts as delivered, and is counted)
 *     REFUSED    the broker said no: a queue is full, the exchange is not there or not allowed, the
 *                body is over the broker's own limit
 *     UNSENT     it never left this process: nobody has it, and it may be published again
 *     LOST       it was written to a socket, at least in part: it may or may not have arrived
 *   UNSENT are those that expire before they are written, that wait when the broker is closed, and
 *   those with `now_or_never` that would have to wait while the state is DOWN or BLOCKED.
 * - An `unconfirmed` publish costs the broker less, and is told less: SENT, UNSENT, LOST when the
 *   connection broke while it was being written, REFUSED where this process knows a limit.  What
 *   the broker does with it after SENT is not told: not that an exchange is not there, that a queue
 *   is full, or that the connection broke.  It is never sent twice.  One that is mandatory and that
 *   no queue takes comes back after its outcome, to those that watch (watch_returned).
 * - The broker takes confirmed publishes in their order, and unconfirmed ones in theirs; which of
 *   two comes first that are not of one kind is open.
 * - A persistent publish that was written and not settled when the connection broke is sent again
 *   on the next one (same message id).  One that is not persistent is not sent again: LOST.  One
 *   that was not written waits on.
 * - A publish that the broker refuses is that publish's trouble: it is logged, and the others go
 *   on, in order.
 * - An exchange that was declared and is gone is declared again with everything else, at most once
 *   in a while, and what was published to it is tried again, once.  Bindings and queues that are
 *   gone come back when they are declared again: RETURNED is the sign.
 * - A delivery belongs to the callback only for its duration; copy what is kept.  It is settled
 *   once with its tag, from any thread; tags of a broken connection are ignored (the broker
 *   delivers again), and so are tags that were settled before.  A no-ack delivery has no tag (0).
 * - A delivery shows the headers that the publisher gave.  Those that a broker adds (their names
 *   begin with "x-": x-death, x-delivery-count…) are left out; a publish with such a name is
 *   -EINVAL.
 * - Each message carries the account that published it (`user_id`).  The broker proves it: RabbitMQ
 *   refuses every other than the connection's own.  It stays the publisher's when the message is
 *   dead-lettered.
 *
 * Limits: `max_queued` publishes and `max_queued_bytes` wait inside; past that a publish is
 * -EAGAIN.  A publish with `reserved` set is the outcome of a delivery: it always finds room, and
 * prefetch bounds how many there are.  A body is at most WARREN_BROKER_BODY_MAX, the headers
 * together WARREN_BROKER_HEADERS_BYTES_MAX.
 *
 * Thread: all calls from any thread, except close: not from a callback.
 */
#ifndef WARREN_BROKER_BROKER_H
#define WARREN_BROKER_BROKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/loop.h"
#include "warren/api.h"
#include "warren/code.h"
#include "warren/log.h"
#include "warren/topology.h"

#define WARREN_BROKER_BODY_MAX (16u << 20)
#define WARREN_BROKER_HEADERS_MAX 32
#define WARREN_BROKER_HEADERS_BYTES_MAX (64u << 10) /* names and texts */
#define WARREN_BROKER_TEXT_MAX 255 /* names, keys, properties; not a header's text */

struct warren_broker;

/* ---- topology ---- */

/* The items themselves: warren/topology.h. */
struct warren_broker_topology {
	const struct warren_broker_exchange *exchanges;
	size_t exchange_count;
	const struct warren_broker_queue *queues;
	size_t queue_count;
	const struct warren_broker_binding *bindings;
	size_t binding_count;
};

/* ---- what stands in the way ---- */

enum warren_obstacle_kind {
	WARREN_OBSTACLE_TUNED,   /* stands with another TTL, length or limit: used as it stands */
	WARREN_OBSTACLE_MISSING, /* is not there, and cannot be made */
	WARREN_OBSTACLE_BREAKS,  /* stands otherwise, and would break what it promises: not used */
	WARREN_OBSTACLE_FORBIDDEN, /* the account may not use it */
	WARREN_OBSTACLE_STALE      /* is there, and should be gone: warren_broker_expect_gone */
};

struct warren_obstacle {
	enum warren_obstacle_kind kind;
	const char *name; /* of the queue or exchange */
	const char *text; /* one sentence for people, with the mend */
};

/* Returns "tuned", "missing", "breaks", "forbidden" or "stale". */
const char *warren_obstacle_kind_name(enum warren_obstacle_kind kind);

typedef void (*warren_obstacle_fn)(const struct warren_obstacle *obstacle, void *data);

/* ---- messages ---- */

struct warren_broker_header {
	const char *name;
	const char *text; /* NULL: `number` counts */
	int64_t number;
};

/* Texts are never NULL on a delivery; on a publish NULL means not given. */
struct warren_broker_message {
	const char *exchange; /* "" is the default exchange: the routing key names a queue */
	const char *routing_key;
	const char *type;
	const char *message_id;
	const char *correlation_id;
	const char *reply_to;
	const char *app_id;
	const char *content_type;
	/* The account that published it, "" when the publisher (no Warren) did not say so.  Set by
	 * the broker's implementation: what is given on a publish does not count. */
	const char *user_id;
	int64_t timestamp_s; /* 0: not given */
	const struct warren_broker_header *headers;
	size_t header_count;
	const uint8_t *body;
	size_t body_len;
	bool persistent;
	bool mandatory;
	bool reserved;      /* see Limits */
	bool unconfirmed;   /* the broker is not asked whether it has it; see SENT */
	bool now_or_never;  /* it does not wait while the state is DOWN or BLOCKED: UNSENT */
	int64_t expires_ms; /* wall time after which it is not sent any more; 0: never */
};

/* Returns the text of a header, NULL when it is not there or a number. */
const char *warren_broker_header_text(
	const struct warren_broker_message *message, const char *name);
/* Returns the number of a header, `otherwise` when it is not there or text. */
int64_t warren_broker_header_number(
	const struct warren_broker_message *message, const char *name, int64_t otherwise);

struct warren_broker_delivery {
	uint64_t tag; /* 0: no-ack */
	const char *queue;
	bool redelivered;
	bool is_counted;         /* the queue counts (a declared quorum queue) */
	uint32_t delivery_count; /* how often a consumer has held it before; 0 when not counted */
	struct warren_broker_message message;
};

/* ---- life ---- */

enum warren_broker_state { WARREN_BROKER_DOWN, WARREN_BROKER_UP, WARREN_BROKER_BLOCKED };

struct warren_broker_options {
	const char *url;      /* memory:  amqp://[user[:password]@]host[:port][/vhost]  amqps://… */
	const char *app_name; /* shown in the broker's list of connections */
	const char *account;  /* memory: what its publishes carry, NULL: "memory"; else the URL's */
	struct warren_log *log; /* may be NULL */
	struct warren_clock *clock;
	struct warren_loop *loop;  /* outlives the broker; NULL: it opens one of its own */
	uint32_t max_queued;       /* 0: 10000 */
	size_t max_queued_bytes;   /* 0: 64 MiB */
	uint32_t heartbeat_s;      /* 0: 10 */
	uint32_t reconnect_max_ms; /* 0: 10000 */
	void (*on_state)(
		enum warren_broker_state state, const char *reason, void *data); /* may be NULL */
	void *data;
};

/*
 * Returns 0; -EINVAL with `error` for a URL that is none, and for an account over 255 bytes;
 * -ENOMEM; -EAGAIN (no thread).
 * Owns: caller.
 */
int warren_broker_open(const struct warren_broker_options *options, struct warren_broker **ret,
	struct warren_error *error) WARREN_MUST_CHECK;

/*
 * Publishes what is queued for at most `drain_ms`, then stops; nothing is delivered any more.
 * Every publish is settled before it returns.  No other call may be running, or come later.
 */
void warren_broker_close(struct warren_broker *broker, uint32_t drain_ms);

enum warren_broker_state warren_broker_state(struct warren_broker *broker);

/* Returns the loop that it runs on; it lives as long as the broker. */
struct warren_loop *warren_broker_loop(const struct warren_broker *broker);

/* Whether nobody but this process is at it: memory: */
bool warren_broker_is_private(const struct warren_broker *broker);

/* Returns the account that all publishes carry; it lives as long as the broker. */
const char *warren_broker_account(const struct warren_broker *broker);

/*
 * Remembers and declares; declaring the same again makes what is gone, changes nothing else, and
 * counts as use for x-expires.
 * Returns 0; -EINVAL for a name that is empty or over 255 bytes, and for arguments that a queue of
 * its kind does not have (see above; dead_letter_at_least_once needs a dead_letter_exchange and
 * reject_publish); -ESHUTDOWN; -ENOMEM.
 */
int warren_broker_declare(struct warren_broker *broker,
	const struct warren_broker_topology *topology) WARREN_MUST_CHECK;

/*
 * Says that a queue should not be there any more: it is an obstacle while it is.  Declaring it takes
 * that back.
 * Returns 0; -EINVAL for a name that is empty or over 255 bytes; -ESHUTDOWN; -ENOMEM.
 */
int warren_broker_expect_gone(struct warren_broker *broker, const char *queue) WARREN_MUST_CHECK;

typedef void (*warren_broker_on_delivery)(
	const struct warren_broker_delivery *delivery, void *data);

/*
 * Consumes from a declared queue; `prefetch` 0 means no-ack.
 * Returns 0 with an id > 0; -EINVAL for a name that is empty or over 255 bytes; -ESHUTDOWN;
 * -ENOMEM.
 */
int warren_broker_consume(struct warren_broker *broker, const char *queue, uint16_t prefetch,
	warren_broker_on_delivery on_delivery, void *data, uint64_t *ret_id) WARREN_MUST_CHECK;

/*
 * Lets a consumer have `more` unsettled deliveries beside its prefetch; 0: no more than that again.  It
 * takes effect soon, and never takes back a delivery: after less was allowed, what is unsettled may be
 * over it for a while.  A consumer that is widened has two places in the queue's turn.  An id that
 * does not consume any more is ignored.  Not of a consumer without acknowledgement, nor of one of a
 * queue with a single active consumer.
 */
void warren_broker_widen(struct warren_broker *broker, uint64_t id, uint16_t more);

/*
 * Stops a consumer (basic.cancel).  When it returns no further delivery comes to it; what was
 * delivered may still be settled.  Not from a callback.
 */
void warren_broker_cancel(struct warren_broker *broker, uint64_t id);

/*
 * Takes one message from a queue (basic.get), where a consumer would be given it before there is
 * time for it.  `on_delivery` is told once: the delivery, which is to be settled; or NULL, when the
 * queue is empty or not there, and when the broker is DOWN, goes DOWN or is closed meanwhile.
 * Returns 0; -EINVAL for a name that is empty or over 255 bytes; -ESHUTDOWN; -ENOMEM.
 */
int warren_broker_get(struct warren_broker *broker, const char *queue,
	warren_broker_on_delivery on_delivery, void *data) WARREN_MUST_CHECK;

enum warren_broker_outcome {
	WARREN_BROKER_CONFIRMED,
	WARREN_BROKER_SENT,
	WARREN_BROKER_RETURNED,
	WARREN_BROKER_REFUSED,
	WARREN_BROKER_UNSENT,
	WARREN_BROKER_LOST
};
#define WARREN_BROKER_OUTCOMES (WARREN_BROKER_LOST + 1)

/* Returns its name in lower case, as logs show it. */
const char *warren_broker_outcome_name(enum warren_broker_outcome outcome);

typedef void (*warren_broker_on_settled)(enum warren_broker_outcome outcome, void *data);

/*
 * Publishes.  `on_settled` may be NULL; it is not called unless 0 is returned.
 * Returns 0; -EAGAIN when full; -EMSGSIZE for a body or headers over the limit; -EINVAL for a text
 * over 255 bytes, too many headers, a header without name or with a broker's; -ESHUTDOWN; -ENOMEM.
 */
int warren_broker_publish(struct warren_broker *broker, const struct warren_broker_message *message,
	warren_broker_on_settled on_settled, void *data) WARREN_MUST_CHECK;

/* Of a message that came back: its exchange, routing key, type, message_id, correlation_id and
 * reply_to are there. */
typedef void (*warren_broker_on_returned)(const struct warren_broker_message *message, void *data);

struct warren_broker_watch {
	LIST_ENTRY(warren_broker_watch) link; /* the broker's */
	warren_broker_on_returned fn;
	void *data;
};

/*
 * Tells `watch->fn` of each unconfirmed publish of this broker's that comes back, whoever published
 * it.  When unwatch returns it is not told any more, and not being told; not from a callback, and
 * before the broker is closed.
 * Owns: the watch stays the caller's.
 */
void warren_broker_watch_returned(struct warren_broker *broker, struct warren_broker_watch *watch);
void warren_broker_unwatch_returned(
	struct warren_broker *broker, struct warren_broker_watch *watch);

/*
 * Settles a delivery: taken, or back to its queue (as near to its old place as the broker can),
 * `redelivered` from then on.  On a quorum queue delivery_count grows; past delivery_limit it is
 * dead-lettered or dropped.  Deliveries that a broken connection gives back are counted, too.
 */
void warren_broker_ack(struct warren_broker *broker, uint64_t tag);
void warren_broker_requeue(struct warren_broker *broker, uint64_t tag);

/*
 * Returns whether a tag is of the connection that stands.  One of a broken connection settles
 * nothing; its message comes again.  Thread: the loop's.
 */
bool warren_broker_is_current(struct warren_broker *broker, uint64_t tag);

/* Calls `fn` for each obstacle there is, in the order in which they were declared; it must not call
 * the broker. */
void warren_broker_obstacles(struct warren_broker *broker, warren_obstacle_fn fn, void *data);

/* One row a counter: its name, and the text by which /metrics explains it. */
#define WARREN_BROKER_COUNTERS(X)                                                                  \
	X(published, "messages that were given to the broker to publish")                          \
	X(confirmed, "of these, those that the broker confirmed")                                  \
	X(sent, "of these, those that were sent without asking the broker whether it has them")    \
	X(returned, "of all these, those that no queue took")                                      \
	X(refused, "of these, those that the broker refused")                                      \
	X(unsent, "of these, those that never left this process")                                  \
	X(lost, "of these, those that may or may not have arrived")                                \
	X(delivered, "deliveries from the broker")                                                 \
	X(acked, "deliveries that were acknowledged")                                              \
	X(requeued, "deliveries that were given back to their queue")                              \
	X(reconnects, "connections to the broker after the first one")                             \
	X(obstacles, "things on the broker that are not as they were declared")                    \
	X(channels_lost, "times that the broker refused a publish with its channel, and what was " \
			 "in flight there began anew, or was lost")

struct warren_broker_counters {
#define WARREN_BROKER_FIELD(name_, help_) uint64_t name_;
	WARREN_BROKER_COUNTERS(WARREN_BROKER_FIELD)
#undef WARREN_BROKER_FIELD
};
void warren_broker_counters(struct warren_broker *broker, struct warren_broker_counters *ret);

/* ---- an implementation ---- */

/*
 * The calls that amqp.c and memory.c provide; `struct warren_broker` is the first member of theirs. The options
 * name a loop, and arguments were checked against the limits above; `tag` is not 0.
 */
struct warren_broker_ops {
	int (*open)(const struct warren_broker_options *options, struct warren_broker **ret,
		struct warren_error *error);
	void (*close)(struct warren_broker *broker, uint32_t drain_ms);
	enum warren_broker_state (*state)(struct warren_broker *broker);
	int (*declare)(struct warren_broker *broker, const struct warren_broker_topology *topology);
	int (*expect_gone)(struct warren_broker *broker, const char *queue);
	int (*consume)(struct warren_broker *broker, const char *queue, uint16_t prefetch,
		warren_broker_on_delivery on_delivery, void *data, uint64_t *ret_id);
	void (*widen)(struct warren_broker *broker, uint64_t id, uint16_t more);
	void (*cancel)(struct warren_broker *broker, uint64_t id);
	int (*get)(struct warren_broker *broker, const char *queue,
		warren_broker_on_delivery on_delivery, void *data);
	int (*publish)(struct warren_broker *broker, const struct warren_broker_message *message,
		warren_broker_on_settled on_settled, void *data);
	void (*settle)(struct warren_broker *broker, uint64_t tag, bool requeue);
	bool (*is_current)(struct warren_broker *broker, uint64_t tag);
	void (*counters)(struct warren_broker *broker, struct warren_broker_counters *ret);
	void (*obstacles)(struct warren_broker *broker, warren_obstacle_fn fn, void *data);
};

/* A mandatory, unconfirmed publish has come back; its outcome was told.  Thread: the loop's. */
void warren_broker_tell_returned(
	struct warren_broker *broker, const struct warren_broker_message *message);

void warren_broker_watches_init(struct warren_broker *broker);
void warren_broker_watches_free(struct warren_broker *broker);

struct warren_broker {
	const struct warren_broker_ops *ops;
	const char *account;
	struct warren_loop *loop;
	bool owns_loop;
	pthread_mutex_t watches_lock; /* held while they are told */
	LIST_HEAD(, warren_broker_watch) watches;
};

extern const struct warren_broker_ops warren_broker_memory;
extern const struct warren_broker_ops warren_broker_amqp;

#endif
