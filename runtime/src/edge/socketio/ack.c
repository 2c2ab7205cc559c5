#include "edge/socketio/ack.h"

#include <errno.h>
#include <stdlib.h>

/* Takes an ack out of its socket. */
static void forget(struct warren_ack *ack)
{
	struct warren_edge_socket *socket = ack->socket;
	struct warren_ack **link = &socket->acks;

	while (*link != ack)
		link = &(*link)->next;
	*link = ack->next;
	socket->ack_count--;
	warren_wheel_cancel(&socket->ns->edge->wheel, &ack->timer);
}

static void on_timeout(void *data)
{
	struct warren_ack *ack = data;

	forget(ack);
	warren_ack_fail(ack, -ETIMEDOUT);
}

bool warren_ack_wait(struct warren_ack *ack, struct warren_edge_socket *socket)
{
	struct warren_edge *edge = socket->ns->edge;

	if (socket->ack_count >= edge->options.max_acks) {
		warren_tally_refused(edge, too_many_acks);
		return false;
	}
	ack->socket = socket;
	if (!ack->shared)
		ack->id = socket->ack_next++;
	ack->next = socket->acks;
	socket->acks = ack;
	socket->ack_count++;
	warren_wheel_timer_init(&ack->timer, on_timeout, ack);
	warren_wheel_set(&edge->wheel, &ack->timer, warren_edge_now_ms(edge) + ack->timeout_ms);
	return true;
}

void warren_ack_fail(struct warren_ack *ack, int result)
{
	ack->fn(result, NULL, ack->data);
	free(ack);
}

void warren_ack_answer(struct warren_edge_socket *socket, const struct warren_edge_event *answer)
{
	struct warren_ack *ack = socket->acks;

	while (ack && ack->id != answer->ack_id)
		ack = ack->next;
	if (!ack)
		return;
	forget(ack);
	ack->fn(0, answer, ack->data);
	free(ack);
}

void warren_acks_drop(struct warren_edge_socket *socket)
{
	/* A callback that asks again is a post: it comes after this, and finds the socket gone. */
	struct warren_ack *ack = socket->acks;

	socket->acks = NULL;
	socket->ack_count = 0;
	while (ack) {
		struct warren_ack *next = ack->next;
		warren_wheel_cancel(&socket->ns->edge->wheel, &ack->timer);
		warren_ack_fail(ack, -ENOTCONN);
		ack = next;
	}
}
