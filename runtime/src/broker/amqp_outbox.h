/*
 * Publishes on their way: waiting, then in flight, then settled, each exactly once.
 *
 * Waiting publishes go out in order as the socket takes them, large bodies frame by frame.  One
 * that is in flight is found by its number on the channel (1, 2, … since confirm.select), which the
 * broker's confirms name.  A return names no number: it is matched, in order, by exchange, key and
 * ids, and comes before the confirm of the same message.
 *
 * When the connection breaks, what is persistent or was not written to the socket yet goes back to
 * the front of what waits, in order; the rest is LOST.
 *
 * A publish that the broker will not have (an exchange that is not there or not allowed, a body over its
 * limit) costs the channel, and with it the confirms of what was in flight; that is one publish's
 * trouble, not the connection's (amqp_refusal.c):
 * - When the broker's text names it (the exchange, the topic, the size), or only one is in flight,
 *   it is known: REFUSED, with all that are in flight to the same exchange.  Those behind it
 *   were never looked at and go again; those before it were taken, only not confirmed: as when the
 *   connection breaks.
 * - Else all that were in flight are suspects: each is sent alone the second time, until the
 *   channel closes over one of them.  One that is not persistent is not sent twice: LOST.
 * - An exchange that is gone and was declared is declared again, and what was published to it is
 *   sent again, once.
 * - The limit of a body that the broker named is kept for the connection's life: what is larger is
 *   REFUSED unsent.
 *
 * Those that are `unconfirmed` have a channel of their own, without confirms.  They wait in the same
 * line, are on their way until the socket has taken their last byte, and are SENT then.  Nothing is
 * sent twice there: a connection that breaks over one that was begun has lost it.  When the broker
 * closes that channel, what it has and had not looked at is gone; that is logged and counted, and
 * the channel is opened anew.  What the socket has not taken whole goes again, for the broker cannot
 * have taken it.  The channel with confirms does not notice.
 *
 * Belongs to the loop's thread; `settle` and `returned` are called there.
 */
#ifndef WARREN_BROKER_AMQP_OUTBOX_H
#define WARREN_BROKER_AMQP_OUTBOX_H

#include <sys/queue.h>

#include "broker/amqp_connection.h"
#include "broker/broker.h"

/* One publish with everything that it points to, in one piece of memory (free). */
struct warren_amqp_publication {
	TAILQ_ENTRY(warren_amqp_publication) link;
	struct warren_broker_message message;
	warren_broker_on_settled on_settled;
	void *data;
	size_t bytes;      /* what it counts for in max_queued_bytes */
	uint64_t position; /* in flight: of its first byte on the connection */
	uint64_t end;      /* behind its last byte; 0: not all of it is on its way */
	bool returned;
	bool may_have_arrived; /* it was written to a connection or channel that is gone */
	bool suspect;          /* the broker closed a channel over it, or over another one */
	bool tried_again;      /* its exchange was gone, and was declared again */
};

TAILQ_HEAD(warren_amqp_publications, warren_amqp_publication);

struct warren_amqp_outbox {
	struct warren_amqp_publications waiting;
	struct warren_amqp_publication **in_flight; /* a ring; NULL where it was settled */
	size_t capacity, first, count;
	uint64_t first_number;                     /* of in_flight[first] */
	struct warren_amqp_publications leaving;   /* unconfirmed, not taken whole by the socket */
	struct warren_amqp_publication *in_pieces; /* the last in flight, its body on the way */
	size_t body_sent;
	int64_t expires_ms;    /* the first of what waits; INT64_MAX: none */
	bool ready;            /* the channel takes publishes */
	bool blocked;          /* the broker does not */
	bool held;             /* the state is not UP: what is `now_or_never` does not wait */
	bool alone;            /* the one in flight is a suspect: none is confirmed beside it */
	bool unconfirmed_used; /* something was sent on that channel since it was opened */
	uint64_t kept;         /* a position: what was appended before is not taken back */
	char suspicion[WARREN_AMQP_SHORT_MAX + 1]; /* the broker's words when it began */
	uint64_t body_max;                         /* the broker's limit, as far as it was told */
	_Atomic uint64_t resets;                   /* how many channels were lost over a publish */
	struct warren_log *log;
	/* Of what is coming back, on each channel. */
	char return_exchange[WARREN_AMQP_SHORT_MAX + 1], return_key[WARREN_AMQP_SHORT_MAX + 1];
	char unconfirmed_exchange[WARREN_AMQP_SHORT_MAX + 1],
		unconfirmed_key[WARREN_AMQP_SHORT_MAX + 1];
	/* An exchange is gone: declares it again if it was declared.  Returns whether it does. */
	bool (*declare_again)(const char *exchange, void *data);
	/* An unconfirmed one has come back; of the message only its ids and ways are known. */
	void (*returned)(const struct warren_broker_message *message, void *data);
	/* Tells the outcome and frees the publication. */
	void (*settle)(struct warren_amqp_publication *publication,
		enum warren_broker_outcome outcome, void *data);
	void *data;
};

/* Returns a copy; NULL when memory is out. */
struct warren_amqp_publication *warren_amqp_publication_open(
	const struct warren_broker_message *message, warren_broker_on_settled on_settled,
	void *data) WARREN_MUST_CHECK;

void warren_amqp_outbox_init(struct warren_amqp_outbox *outbox);
void warren_amqp_outbox_free(struct warren_amqp_outbox *outbox); /* everything is settled */

/* Takes all of `list`. */
void warren_amqp_outbox_take(
	struct warren_amqp_outbox *outbox, struct warren_amqp_publications *list);

/* Sends what waits, as long as little waits for the socket. */
void warren_amqp_outbox_send(struct warren_amqp_outbox *outbox,
	struct warren_amqp_connection *connection, int64_t wall_ms);

/* The state was told: UP (not held), or one in which nothing leaves. */
void warren_amqp_outbox_hold(struct warren_amqp_outbox *outbox, bool held);

/* Settles what waits and has expired, and what does not wait while it is held. */
void warren_amqp_outbox_expire(struct warren_amqp_outbox *outbox, int64_t wall_ms);

/* Settles the unconfirmed ones that the socket has taken; to be called after it was flushed. */
void warren_amqp_outbox_flushed(
	struct warren_amqp_outbox *outbox, const struct warren_amqp_connection *connection);

/*
 * The channel was opened: asks for confirms, and opens the other one.  A frame of one of them.  The
 * connection is gone.
 */
void warren_amqp_outbox_begin(
	struct warren_amqp_outbox *outbox, struct warren_amqp_connection *connection);
void warren_amqp_outbox_frame(struct warren_amqp_outbox *outbox,
	struct warren_amqp_connection *connection, const amqp_frame_t *frame);
void warren_amqp_outbox_break(
	struct warren_amqp_outbox *outbox, const struct warren_amqp_connection *connection);

/* The end, after the connection is gone: settles everything that waits. */
void warren_amqp_outbox_end(struct warren_amqp_outbox *outbox);

/* ---- between amqp_outbox.c, amqp_publish.c and amqp_refusal.c ---- */

/* Makes room for one more in flight.  Returns 0; -ENOMEM. */
int warren_amqp_outbox_reserve(struct warren_amqp_outbox *outbox) WARREN_MUST_CHECK;
void warren_amqp_outbox_push(
	struct warren_amqp_outbox *outbox, struct warren_amqp_publication *publication);

/* Returns the nth in flight; NULL where it was settled. */
struct warren_amqp_publication *warren_amqp_outbox_at(
	const struct warren_amqp_outbox *outbox, size_t nth);

/* The broker has taken, or refused, that number (`multiple`: and all before). */
void warren_amqp_outbox_confirm(
	struct warren_amqp_outbox *outbox, uint64_t number, bool multiple, bool taken);

/*
 * The channel is gone: what was in flight goes back to the front when `again` says so, else it is
 * settled `otherwise`.
 */
void warren_amqp_outbox_recall(struct warren_amqp_outbox *outbox,
	bool (*again)(struct warren_amqp_publication *publication, void *data,
		enum warren_broker_outcome *otherwise),
	void *data);

/* Takes back what the socket has not taken yet: it waits again, in order. */
void warren_amqp_outbox_take_back(
	struct warren_amqp_outbox *outbox, struct warren_amqp_connection *connection);

/*
 * The broker closed the channel: finds out over which publish, and opens another one; a channel
 * that was closed over none of them costs the connection.
 */
void warren_amqp_outbox_refused(struct warren_amqp_outbox *outbox,
	struct warren_amqp_connection *connection, const amqp_channel_close_t *close);

/* The unconfirmed ones that the socket has not taken whole, and that begin at `position` or behind
 * it, wait again; the others are LOST. */
void warren_amqp_outbox_recall_unconfirmed(struct warren_amqp_outbox *outbox, uint64_t position);

/* The broker closed the channel without confirms: opens it anew. */
void warren_amqp_outbox_refused_unconfirmed(struct warren_amqp_outbox *outbox,
	struct warren_amqp_connection *connection, const amqp_channel_close_t *close);

void warren_amqp_outbox_open_unconfirmed(
	struct warren_amqp_outbox *outbox, struct warren_amqp_connection *connection);

/* Asks for confirms on the other one. */
void warren_amqp_outbox_ask_confirms(
	struct warren_amqp_outbox *outbox, struct warren_amqp_connection *connection);

/* Logs that one is refused, with the broker's words. */
void warren_amqp_outbox_log_refused(struct warren_amqp_outbox *outbox,
	const struct warren_amqp_publication *publication, const char *text, size_t text_len);

/* Returns what it means for one that waits that it will not be sent. */
enum warren_broker_outcome warren_amqp_outbox_verdict(
	const struct warren_amqp_publication *publication);

#endif
