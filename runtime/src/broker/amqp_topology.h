/*
 * What was declared, as copies, and how each item was judged.
 *
 * Everything here runs on a channel of its own, WARREN_AMQP_DECLARING_CHANNEL, for the broker
 * closes the channel on which it refuses something: the first item in flight is the one that it
 * refused, those behind it are sent again on the channel that is opened anew.  Replies come in
 * order.
 *
 *   declared, the same         fine
 *   406, an argument differs   noted, and declared again with the value that stands there, until
 *                              every difference is known; the first one that breaks a promise ends
 *                              that (drift.h)
 *   403                        looked for (a passive declaration asks for no permission); a binding
 *                              that may not be made is taken to be there, and a message that comes
 *                              back tells if it is not
 *   404                        missing
 *
 * An unfit item is an obstacle.  All obstacles are tried again after a while, which doubles up
 * to WARREN_AMQP_RETRY_MAX_MS and is short again when one of them changed.
 *
 * Beside what was declared there are two kinds of items about consumers: a queue that is consumed
 * and was not declared is looked for, and one that the account may not read is asked about.
 *
 * Thread: not locked, the inbox's lock guards it; `frame` and `send` are the loop's thread's.
 */
#ifndef WARREN_BROKER_AMQP_TOPOLOGY_H
#define WARREN_BROKER_AMQP_TOPOLOGY_H

#include <sys/queue.h>

#include "broker/amqp_connection.h"
#include "broker/drift.h"

#define WARREN_AMQP_RETRY_FIRST_MS 1000
#define WARREN_AMQP_RETRY_MAX_MS 60000

enum warren_amqp_item_kind {
	WARREN_AMQP_EXCHANGE,
	WARREN_AMQP_QUEUE,
	WARREN_AMQP_BINDING,
	WARREN_AMQP_LOOK, /* a queue that is consumed and was not declared */
	WARREN_AMQP_READ, /* may the account read from the queue? */
	WARREN_AMQP_GONE, /* a queue that should not be there any more */
	WARREN_AMQP_ITEM_KINDS
};

enum warren_amqp_item_state { WARREN_AMQP_UNSENT, WARREN_AMQP_SENT, WARREN_AMQP_JUDGED };

#define WARREN_AMQP_ADOPTED_MAX 16
#define WARREN_AMQP_ARGUMENT_MAX 64

/* An argument that stands with another value: it is declared with that one. */
struct warren_amqp_adopted {
	char name[WARREN_AMQP_ARGUMENT_MAX];
	enum { ADOPTED_NONE, ADOPTED_TEXT, ADOPTED_NUMBER, ADOPTED_FLAG } kind;
	char text[WARREN_AMQP_SHORT_MAX + 1];
	int64_t number; /* of a flag, too */
};

struct warren_amqp_item {
	TAILQ_ENTRY(warren_amqp_item) link;
	TAILQ_ENTRY(warren_amqp_item) flight_link;
	enum warren_amqp_item_kind kind;
	enum warren_amqp_item_state state;
	bool look;  /* the account may not declare it: it is looked for */
	bool again; /* it was judged on this connection, and nobody waits for it to be so again */
	bool stale; /* it was changed while in flight: sent again when its reply has come */
	bool forgotten; /* freed when its reply has come */
	bool fine;      /* else `obstacle` says what it is, and `text` why; judged before: both stay
			   until it is judged anew */
	enum warren_obstacle_kind obstacle;
	char *text; /* NULL: not judged yet, or fine */
	struct warren_drift drift;
	struct warren_amqp_adopted *adopted;
	int adopted_count;
	union {
		struct warren_broker_exchange exchange;
		struct warren_broker_queue queue; /* LOOK, READ and GONE: its name alone */
		struct warren_broker_binding binding;
	};
};

TAILQ_HEAD(warren_amqp_items, warren_amqp_item);

enum warren_amqp_declaring { DECLARING_CLOSED, DECLARING_OPENING, DECLARING_OPEN };

struct warren_amqp_topology {
	struct warren_amqp_items items;  /* by kind, in the order in which they were declared */
	struct warren_amqp_items flight; /* those that were sent and not answered */
	enum warren_amqp_declaring channel;
	struct warren_log *log;
	uint64_t obstacle_count; /* how many were met */
	bool changed;            /* an obstacle came or went, or was judged otherwise */
	int64_t retry_at_ms;     /* 0: nothing is to be tried again */
	int64_t retry_wait_ms;
};

void warren_amqp_topology_init(struct warren_amqp_topology *topology);
void warren_amqp_topology_free(struct warren_amqp_topology *topology);

/* Remembers.  Returns 0; -ENOMEM (and has remembered a part). */
int warren_amqp_topology_add(struct warren_amqp_topology *topology,
	const struct warren_broker_topology *declared) WARREN_MUST_CHECK;

/* A queue should be gone; declaring it takes that back.  Returns 0; -ENOMEM. */
int warren_amqp_topology_expect_gone(
	struct warren_amqp_topology *topology, const char *queue) WARREN_MUST_CHECK;

/* A queue is consumed, or not any more.  Returns 0; -ENOMEM. */
int warren_amqp_topology_use(
	struct warren_amqp_topology *topology, const char *queue) WARREN_MUST_CHECK;
void warren_amqp_topology_unuse(struct warren_amqp_topology *topology, const char *queue);

/* The connection is open: opens the channel, and all is to be judged anew.  It is gone. */
void warren_amqp_topology_begin(
	struct warren_amqp_topology *topology, struct warren_amqp_connection *connection);
void warren_amqp_topology_break(struct warren_amqp_topology *topology);

/* Sends what is to be judged now.  Returns whether all was judged, but for what is tried again. */
bool warren_amqp_topology_send(struct warren_amqp_topology *topology,
	struct warren_amqp_connection *connection, int64_t now_ms);

/* A frame of the channel. */
void warren_amqp_topology_frame(struct warren_amqp_topology *topology,
	struct warren_amqp_connection *connection, const amqp_frame_t *frame);

/* Returns whether a reply is awaited. */
bool warren_amqp_topology_awaits(const struct warren_amqp_topology *topology);

/* Returns whether a queue may be consumed. */
bool warren_amqp_topology_usable(const struct warren_amqp_topology *topology, const char *queue);

/* Returns whether a queue of that name was declared as one that counts deliveries. */
bool warren_amqp_topology_counts(const struct warren_amqp_topology *topology, const char *queue);

/* An exchange is gone: everything is declared again.  Returns false when it was never declared. */
bool warren_amqp_topology_exchange_lost(
	struct warren_amqp_topology *topology, const char *exchange);

/* The queue seems to be gone: it and its bindings are declared again. */
void warren_amqp_topology_lost(struct warren_amqp_topology *topology, const char *queue);

/* The broker refused its consumer, in these words. */
void warren_amqp_topology_refused(
	struct warren_amqp_topology *topology, const char *queue, uint16_t code, const char *why);

void warren_amqp_topology_obstacles(
	const struct warren_amqp_topology *topology, warren_obstacle_fn fn, void *data);

/* ---- between amqp_topology.c and amqp_declare.c ---- */

/* Sends an item as it is to be judged now. */
void warren_amqp_item_send(
	struct warren_amqp_item *item, struct warren_amqp_connection *connection);

/*
 * Reads which argument differs from what a 406 says, notes it, and takes over the value that
 * stands.  Returns whether it could: then the item is to be sent again.
 */
bool warren_amqp_item_adopt(struct warren_amqp_item *item, const char *reply_text);
void warren_amqp_item_forget_adopted(struct warren_amqp_item *item);

const char *warren_amqp_item_name(const struct warren_amqp_item *item);

#endif
