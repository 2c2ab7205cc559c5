/*
 * What was declared, who consumes, and deliveries on their way in and back.
 *
 * It runs on two channels of the consuming connection.  One declares (amqp_topology.h).  On the
 * other the consumers run, and the broker answers in order: `replies` counts the answers that are
 * still to come.  On a new connection first everything is declared and each consumer's queue looked
 * for; when all was judged the consumers of what may be consumed start, one after the other, so
 * that a consumer that the broker refuses is known: it has closed the channel, which is opened anew
 * for the others.
 *
 * RabbitMQ takes a prefetch when a consumer starts, and keeps it.  So a consumer that is widened is two
 * to the broker: the second one takes what is allowed beside the first one's prefetch, and it alone is
 * cancelled when there is to be less.  The first one is never interrupted.  To the caller both are one,
 * and what was on its way when the second one was cancelled is delivered.
 *
 * A delivery's tag is <generation of the channel: 16 bits><number on it: 48 bits>; what is of an
 * older generation, or was settled before, is ignored.  Settles that make up the beginning
 * of what is outstanding go as one `multiple` ack; the others one by one.
 *
 * Thread: declare, add, cancel and settle from any, guarded by `lock`; the rest from the loop's.
 */
#ifndef WARREN_BROKER_AMQP_INBOX_H
#define WARREN_BROKER_AMQP_INBOX_H

#include <pthread.h>
#include <sys/queue.h>

#include "broker/amqp_topology.h"
#include "warren/arena.h"

struct warren_amqp_consumer;
struct warren_amqp_outstanding;
struct warren_amqp_settle;
struct warren_amqp_get;
TAILQ_HEAD(warren_amqp_consumers, warren_amqp_consumer);
TAILQ_HEAD(warren_amqp_gets, warren_amqp_get);

/* A consumer's tag is one of these and its id, and of a second one behind that a dot and a number: a
 * delivery tells by it whether it is to be settled. */
#define WARREN_AMQP_TAG_ACK 'a'
#define WARREN_AMQP_TAG_NO_ACK 'n'

/* One delivery while its frames come in. */
struct warren_amqp_assembly {
	struct warren_arena *arena; /* its texts */
	struct warren_broker_delivery delivery;
	struct warren_broker_header headers[WARREN_BROKER_HEADERS_MAX];
	uint64_t consumer_id, number;
	uint32_t acquired_count, delivery_count; /* as the headers say; a publisher may lie */
	struct warren_amqp_get *get;             /* NULL: a consumer's */
	uint8_t *body;
	uint64_t body_len, body_got;
	bool has_method, has_header, no_ack;
};

struct warren_amqp_inbox {
	pthread_mutex_t lock;
	pthread_cond_t delivered; /* `delivering` changed */
	struct warren_loop *loop; /* the broker's */
	uint64_t delivering;      /* the consumer whose callback runs; 0: none */
	uint64_t last_consumer_id;
	struct warren_amqp_topology topology;
	struct warren_amqp_consumers consumers;
	struct warren_amqp_consumers cancelled; /* get nothing any more; the broker is to be told */
	struct warren_amqp_gets gets;           /* to be sent */
	struct warren_amqp_settle *settles;     /* to be sent */
	size_t settle_count, settle_capacity;
	uint64_t delivered_count, acked_count, requeued_count;

	/* The loop's thread alone, without the lock. */
	struct warren_amqp_settle *sending;
	size_t sending_capacity;
	struct warren_amqp_gets asked; /* gets that the broker has to answer, in order */
	struct warren_amqp_outstanding *outstanding; /* ascending numbers */
	size_t outstanding_count, outstanding_capacity;
	size_t replies;
	bool widens;         /* all of `replies` are about consumers that run anyway */
	int64_t replied_ms;  /* when the last one came, or the first was asked for */
	uint16_t generation; /* 0: not connected */
	struct warren_amqp_assembly assembly;
	struct warren_log *log;
	/* Told before a delivery is handed over; false: it is not wanted any more. */
	bool (*on_delivering)(void *data);
	void *data;
};

int warren_amqp_inbox_init(struct warren_amqp_inbox *inbox) WARREN_MUST_CHECK;
void warren_amqp_inbox_free(struct warren_amqp_inbox *inbox);

/* As the calls of broker.h. */
int warren_amqp_inbox_declare(struct warren_amqp_inbox *inbox,
	const struct warren_broker_topology *topology) WARREN_MUST_CHECK;
/* Declares everything again when an exchange of that name was declared.  Returns whether it was. */
bool warren_amqp_inbox_declare_again(struct warren_amqp_inbox *inbox, const char *exchange);
int warren_amqp_inbox_expect_gone(
	struct warren_amqp_inbox *inbox, const char *queue) WARREN_MUST_CHECK;
int warren_amqp_inbox_add(struct warren_amqp_inbox *inbox, const char *queue, uint16_t prefetch,
	warren_broker_on_delivery on_delivery, void *data, uint64_t *ret_id) WARREN_MUST_CHECK;
void warren_amqp_inbox_widen(struct warren_amqp_inbox *inbox, uint64_t id, uint16_t more);
void warren_amqp_inbox_cancel(struct warren_amqp_inbox *inbox, uint64_t id);
void warren_amqp_inbox_settle(struct warren_amqp_inbox *inbox, uint64_t tag, bool requeue);

/* Returns whether the tag is of this connection.  The loop's thread. */
bool warren_amqp_inbox_is_current(const struct warren_amqp_inbox *inbox, uint64_t tag);

/*
 * A get, from any thread; then, on the loop's thread, sending those that wait, ending all of them
 * while there is no connection, and the broker's answers.
 */
int warren_amqp_inbox_get(struct warren_amqp_inbox *inbox, const char *queue,
	warren_broker_on_delivery on_delivery, void *data) WARREN_MUST_CHECK;
void warren_amqp_gets_send(
	struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection);
void warren_amqp_gets_end(struct warren_amqp_inbox *inbox);
/* Its answer has not come whole: it is ended with the others. */
void warren_amqp_gets_put_back(struct warren_amqp_inbox *inbox, struct warren_amqp_get *get);
struct warren_amqp_get *warren_amqp_gets_answered(struct warren_amqp_inbox *inbox);
const char *warren_amqp_get_queue(const struct warren_amqp_get *get);
void warren_amqp_get_tell(struct warren_amqp_get *get, struct warren_broker_delivery *delivery);

/* The channel is being opened.  A frame of it.  The connection is gone. */
void warren_amqp_inbox_begin(
	struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection);
void warren_amqp_inbox_frame(struct warren_amqp_inbox *inbox,
	struct warren_amqp_connection *connection, const amqp_frame_t *frame);
void warren_amqp_inbox_break(struct warren_amqp_inbox *inbox);

/*
 * Sends what there is: declarations, consumers (when `consume` says so), cancels, acks.
 * Returns whether all was judged, and every consumer runs that can.
 */
bool warren_amqp_inbox_send(struct warren_amqp_inbox *inbox,
	struct warren_amqp_connection *connection, bool consume, int64_t now_ms);

/* Returns whether the obstacles changed since it was asked last; then it writes the text of the
 * first one, "" for none. */
bool warren_amqp_inbox_first_obstacle(
	struct warren_amqp_inbox *inbox, char ret[WARREN_AMQP_REASON_MAX]);

/* Returns when something is to be tried again; INT64_MAX for never. */
int64_t warren_amqp_inbox_retry_ms(struct warren_amqp_inbox *inbox);

/* Breaks the connection when a reply is overdue. */
void warren_amqp_inbox_check_replies(
	struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection, int64_t now_ms);

/* Returns whether no settle waits to be sent. */
bool warren_amqp_inbox_is_settled(struct warren_amqp_inbox *inbox);

/* ---- between amqp_inbox.c, amqp_consume.c and amqp_delivery.c ---- */

struct warren_amqp_consumer {
	TAILQ_ENTRY(warren_amqp_consumer) link;
	uint64_t id;
	uint16_t prefetch;
	enum { CONSUMER_WAITS, CONSUMER_STARTS, CONSUMER_RUNS, CONSUMER_LOST } state;
	uint16_t more;        /* what it may have beside its prefetch */
	uint16_t second_more; /* what the second one at the broker may have; 0: there is none */
	uint32_t second;      /* its number, which no second one of it had before */
	bool second_starts;
	int64_t again_at_ms; /* of one that is lost: when its queue is declared again */
	bool is_counted;     /* its queue counts deliveries */
	warren_broker_on_delivery on_delivery;
	void *data;
	char queue[WARREN_BROKER_TEXT_MAX + 1];
};

struct warren_amqp_consumer *warren_amqp_inbox_find(struct warren_amqp_inbox *inbox, uint64_t id);

/* Notes a delivery that is to be settled and gives it its tag.  Returns 0; -ENOMEM. */
int warren_amqp_inbox_note(struct warren_amqp_inbox *inbox, uint64_t number) WARREN_MUST_CHECK;
/* The one noted last was not handed over: back to its queue. */
void warren_amqp_inbox_give_back(
	struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection);

/* Sends the acks and requeues that wait.  The lock is held. */
void warren_amqp_inbox_send_settles(
	struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection);

void warren_amqp_assembly_reset(struct warren_amqp_assembly *assembly);
void warren_amqp_assembly_frame(struct warren_amqp_inbox *inbox,
	struct warren_amqp_connection *connection, const amqp_frame_t *frame);

#endif
