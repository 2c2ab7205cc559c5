#include "edge/socketio/admit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void on_timeout(void *data)
{
	struct warren_admission *admission = data;

	warren_admission_refuse(admission->socket, WARREN_UNDECIDED_TEXT);
}

int warren_admission_open(struct warren_edge_socket *socket)
{
	struct warren_edge *edge = socket->ns->edge;
	struct warren_admission *admission = calloc(1, sizeof *admission);

	if (!admission)
		return -ENOMEM;
	admission->socket = socket;
	socket->admission = admission;
	warren_wheel_timer_init(&admission->timer, on_timeout, admission);
	warren_wheel_set(&edge->wheel, &admission->timer,
		warren_edge_now_ms(edge) + edge->options.connect_timeout_ms);
	return 0;
}

void warren_admission_drop(struct warren_edge_socket *socket)
{
	if (!socket->admission)
		return;
	warren_wheel_cancel(&socket->ns->edge->wheel, &socket->admission->timer);
	free(socket->admission);
	socket->admission = NULL;
}

void warren_admission_refuse(struct warren_edge_socket *socket, const char *message)
{
	struct warren_edge_namespace *ns = socket->ns;
	struct warren_client *client = socket->client;

	warren_socket_leave(socket, "refused");
	warren_namespace_refuse(ns, client, message);
}

/* ---- from any thread ---- */

struct decision {
	struct warren_errand errand;
	bool refused;
	char message[WARREN_ERROR_MESSAGE_MAX];
	char sid[];
};

static void run(struct warren_edge *edge, struct warren_errand *errand)
{
	struct decision *decision = (struct decision *)errand;
	struct warren_edge_socket *socket = warren_map_get(edge->sockets, decision->sid);

	if (!socket || !socket->admission) {
		/* it has left, or somebody has decided before */
	} else if (decision->refused) {
		warren_admission_refuse(socket, decision->message);
	} else {
		warren_admission_drop(socket);
		warren_socket_let_in(socket);
	}
	free(decision);
}

static void drop(struct warren_errand *errand)
{
	free(errand);
}

int warren_edge_admit(struct warren_edge *edge, const char *sid, const struct warren_error *refusal)
{
	size_t size = strlen(sid) + 1;
	struct decision *decision = calloc(1, sizeof *decision + size);
	int result;

	if (!decision)
		return -ENOMEM;
	decision->errand =
		(struct warren_errand){.run = run, .drop = drop, .bytes = sizeof *decision + size};
	decision->refused = refusal;
	if (refusal)
		memcpy(decision->message, refusal->message, sizeof decision->message);
	memcpy(decision->sid, sid, size);
	result = warren_errand_submit(edge, &decision->errand);
	if (result < 0)
		free(decision);
	return result;
}
