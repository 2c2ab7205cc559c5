/* Messages that are taken one at a time: basic.get, answered in order on the consuming channel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "broker/amqp_inbox.h"

struct warren_amqp_get {
	TAILQ_ENTRY(warren_amqp_get) link;
	warren_broker_on_delivery on_delivery;
	void *data;
	char queue[WARREN_BROKER_TEXT_MAX + 1];
};

int warren_amqp_inbox_get(struct warren_amqp_inbox *inbox, const char *queue,
	warren_broker_on_delivery on_delivery, void *data)
{
	struct warren_amqp_get *get = calloc(1, sizeof *get);

	if (!get)
		return -ENOMEM;
	get->on_delivery = on_delivery;
	get->data = data;
	strcpy(get->queue, queue); /* checked by broker.c */
	pthread_mutex_lock(&inbox->lock);
	TAILQ_INSERT_TAIL(&inbox->gets, get, link);
	pthread_mutex_unlock(&inbox->lock);
	return 0;
}

void warren_amqp_gets_send(
	struct warren_amqp_inbox *inbox, struct warren_amqp_connection *connection)
{
	struct warren_amqp_get *get;

	pthread_mutex_lock(&inbox->lock);
	TAILQ_FOREACH(get, &inbox->gets, link)
	{
		amqp_basic_get_t method = {.queue = amqp_cstring_bytes(get->queue)};
		warren_amqp_send_method(
			connection, WARREN_AMQP_CHANNEL, AMQP_BASIC_GET_METHOD, &method);
	}
	TAILQ_CONCAT(&inbox->asked, &inbox->gets, link);
	pthread_mutex_unlock(&inbox->lock);
}

void warren_amqp_gets_end(struct warren_amqp_inbox *inbox)
{
	struct warren_amqp_get *get;

	pthread_mutex_lock(&inbox->lock);
	TAILQ_CONCAT(&inbox->asked, &inbox->gets, link);
	pthread_mutex_unlock(&inbox->lock);
	while ((get = warren_amqp_gets_answered(inbox)))
		warren_amqp_get_tell(get, NULL);
}

void warren_amqp_gets_put_back(struct warren_amqp_inbox *inbox, struct warren_amqp_get *get)
{
	TAILQ_INSERT_HEAD(&inbox->asked, get, link);
}

struct warren_amqp_get *warren_amqp_gets_answered(struct warren_amqp_inbox *inbox)
{
	struct warren_amqp_get *get = TAILQ_FIRST(&inbox->asked);

	if (get)
		TAILQ_REMOVE(&inbox->asked, get, link);
	return get;
}

const char *warren_amqp_get_queue(const struct warren_amqp_get *get)
{
	return get->queue;
}

void warren_amqp_get_tell(struct warren_amqp_get *get, struct warren_broker_delivery *delivery)
{
	if (delivery)
		delivery->queue = get->queue;
	get->on_delivery(delivery, get->data);
	free(get);
}
