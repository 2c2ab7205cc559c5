/* Acks and requeues, from any thread to the broker. */
#include <errno.h>
#include <stdlib.h>

#include "broker/amqp_inbox.h"

#define NUMBER_BITS 48
#define NUMBER_MASK ((UINT64_C(1) << NUMBER_BITS) - 1)

struct warren_amqp_settle {
	uint64_t tag;
	bool requeue;
};

enum outstanding_state { OUTSTANDING_HELD, OUTSTANDING_TO_ACK, OUTSTANDING_DONE };

struct warren_amqp_outstanding {
	uint64_t number;
	enum outstanding_state state;
};

static int grow(void **items, size_t *capacity, size_t wanted, size_t item_size)
{
	if (wanted <= *capacity)
		return 0;
	size_t more = *capacity * 2 > wanted ? *capacity * 2 : wanted + 64;
	void *grown = reallocarray(*items, more, item_size);
	if (!grown)
		return -ENOMEM;
	*items = grown;
	*capacity = more;
	return 0;
}

/*
 * A delivery that is outstanding always has room to be settled: this makes the room, where a failure
 * can still be told.
 */
int warren_amqp_inbox_note(struct warren_amqp_inbox *inbox, uint64_t number)
{
	size_t count = inbox->outstanding_count + 1;

	if (grow((void **)&inbox->outstanding, &inbox->outstanding_capacity, count,
		    sizeof *inbox->outstanding) < 0 ||
		grow((void **)&inbox->sending, &inbox->sending_capacity, count,
			sizeof *inbox->sending) < 0)
		return -ENOMEM;
	pthread_mutex_lock(&inbox->lock);
	int rc = grow(
		(void **)&inbox->settles, &inbox->settle_capacity, count, sizeof *inbox->settles);
	pthread_mutex_unlock(&inbox->lock);
	if (rc < 0)
		return rc;
	inbox->outstanding[inbox->outstanding_count++] =
		(struct warren_amqp_outstanding){.number = number};
	inbox->assembly.delivery.tag = (uint64_t)inbox->generation << NUMBER_BITS | number;
	return 0;
}

/* One that is settled again and again may find no room; it would have been ignored anyway. */
void warren_amqp_inbox_settle(struct warren_amqp_inbox *inbox, uint64_t tag, bool requeue)
{
	pthread_mutex_lock(&inbox->lock);
	if (grow((void **)&inbox->settles, &inbox->settle_capacity, inbox->settle_count + 1,
		    sizeof *inbox->settles) == 0)
		inbox->settles[inbox->settle_count++] =
			(struct warren_amqp_settle){.tag = tag, .requeue = requeue};
	pthread_mutex_unlock(&inbox->lock);
}

bool warren_amqp_inbox_is_current(const struct warren_amqp_inbox *inbox, uint64_t tag)
{
	return tag >> NUMBER_BITS == inbox->generation;
}

bool warren_amqp_inbox_is_settled(struct warren_amqp_inbox *inbox)
{
	pthread_mutex_lock(&inbox->lock);
	bool settled = inbox->settle_count == 0 || inbox->generation == 0; /* else they are void */
	pthread_mutex_unlock(&inbox->lock);
	return settled;
}

static struct warren_amqp_outstanding *find(struct warren_amqp_inbox *inbox, uint64_t tag)
{
	uint64_t number = tag & NUMBER_MASK;
	size_t from = 0, to = inbox->outstanding_count;

	if (tag >> NUMBER_BITS != inbox->generation)
		return NULL;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (inbox->outstanding[middle].number == number)
			return &inbox->outstanding[middle];
		if (inbox->outstanding[middle].number < number)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}

static void send_ack(struct warren_amqp_connection *connection, uint64_t number, bool multiple)
{
	amqp_basic_ack_t ack = {.delivery_tag = number, .multiple = multiple};
	warren_amqp_send_method(connection, WARREN_AMQP_CHANNEL, AMQP_BASIC_ACK_METHOD, &ack);
}

/* A reject, for what a nack brings back RabbitMQ 4.3 does not count towards the delivery limit. */
static void send_requeue(struct warren_amqp_connection *connection, uint64_t number)
{
	amqp_basic_reject_t reject = {.delivery_tag = number, .requeue = 1};
	warren_amqp_send_method(connection, WARREN_AMQP_CHANNEL, AMQP_BASIC_REJECT_METHOD, &reject);
}

void warren_amqp_inbox_give_back(
	struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection)
{
	send_requeue(connection, inbox->outstanding[--inbox->outstanding_count].number);
}

/* Acks what was marked: up to the first one that is held as `multiple`, and drops what is done. */
static void send_marked(struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection)
{
	struct warren_amqp_outstanding *outstanding = inbox->outstanding;
	size_t count = inbox->outstanding_count, kept = 0, at = 0, acks = 0;
	uint64_t last = 0;

	for (; at < count && outstanding[at].state != OUTSTANDING_HELD; at++) {
		if (outstanding[at].state == OUTSTANDING_TO_ACK) {
			last = outstanding[at].number;
			acks++;
		}
	}
	if (acks > 0)
		send_ack(connection, last, acks > 1);
	for (; at < count; at++) {
		if (outstanding[at].state == OUTSTANDING_TO_ACK)
			send_ack(connection, outstanding[at].number, false);
		else if (outstanding[at].state == OUTSTANDING_HELD)
			outstanding[kept++] = outstanding[at];
	}
	inbox->outstanding_count = kept;
}

void warren_amqp_inbox_send_settles(
	struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection)
{
	uint64_t acked = 0, requeued = 0;
	size_t count = inbox->settle_count;
	struct warren_amqp_settle *settles = inbox->settles;
	if (count > 0) {
		size_t capacity = inbox->settle_capacity;
		inbox->settles = inbox->sending;
		inbox->settle_capacity = inbox->sending_capacity;
		inbox->sending = settles;
		inbox->sending_capacity = capacity;
		inbox->settle_count = 0;
	}
	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++) {
		struct warren_amqp_outstanding *one = find(inbox, settles[i].tag);
		if (!one || one->state != OUTSTANDING_HELD)
			continue;
		one->state = settles[i].requeue ? OUTSTANDING_DONE : OUTSTANDING_TO_ACK;
		acked += !settles[i].requeue;
		requeued += settles[i].requeue;
		if (settles[i].requeue)
			send_requeue(connection, one->number);
	}
	send_marked(inbox, connection);
	inbox->acked_count += acked;
	inbox->requeued_count += requeued;
}
