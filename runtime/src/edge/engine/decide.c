#include "edge/engine/decide.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "edge/engine/ws.h"
#include "edge/http/http.h"

static void write_ticket(char ret[24], uint64_t ticket)
{
	snprintf(ret, 24, "%" PRIu64, ticket);
}

/* Sends the client away: `refusal` NULL says that it is not its fault. */
static void refuse(struct warren_conn *conn, const struct warren_error *refusal)
{
	warren_decision_drop(conn);
	if (conn->ws)
		warren_ws_refuse(conn->ws);
	else if (conn->http)
		warren_polling_refuse(conn->http, refusal);
}

static void on_timeout(void *data)
{
	struct warren_decision *decision = data;
	struct warren_error refusal;

	warren_error_set(&refusal, WARREN_TIMEOUT, NULL, "%s", WARREN_UNDECIDED_TEXT);
	refuse(decision->conn, &refusal);
}

int warren_decision_open(struct warren_conn *conn, struct warren_engine *engine,
	struct warren_edge_handshake *handshake)
{
	struct warren_edge *edge = conn->edge;
	struct warren_decision *decision = calloc(1, sizeof *decision);

	if (!decision) {
		free(handshake);
		return -ENOMEM;
	}
	decision->conn = conn;
	decision->engine = engine;
	decision->handshake = handshake;
	write_ticket(decision->ticket, handshake->ticket);
	if (warren_map_add(edge->decisions, decision->ticket, decision) < 0) {
		free(handshake);
		free(decision);
		return -ENOMEM;
	}
	conn->decision = decision;
	warren_wheel_timer_init(&decision->timer, on_timeout, decision);
	warren_wheel_set(&edge->wheel, &decision->timer,
		warren_edge_now_ms(edge) + edge->options.connect_timeout_ms);
	return 0;
}

/* Takes the handshake out of the decision, which ends. */
static struct warren_edge_handshake *close_decision(struct warren_decision *decision)
{
	struct warren_edge *edge = decision->conn->edge;
	struct warren_edge_handshake *handshake = decision->handshake;

	warren_wheel_cancel(&edge->wheel, &decision->timer);
	warren_map_remove(edge->decisions, decision->ticket);
	decision->conn->decision = NULL;
	free(decision);
	return handshake;
}

void warren_decision_drop(struct warren_conn *conn)
{
	if (conn->decision)
		free(close_decision(conn->decision));
}

void warren_decisions_end(struct warren_edge *edge)
{
	size_t cursor = 0;
	const char *ticket;
	void *decision;

	while (warren_map_next(edge->decisions, &cursor, &ticket, &decision))
		refuse(((struct warren_decision *)decision)->conn, NULL);
}

static void let_in(struct warren_decision *decision)
{
	struct warren_conn *conn = decision->conn;
	struct warren_engine *engine = decision->engine;
	struct warren_edge_handshake *handshake = close_decision(decision);

	if (conn->ws)
		warren_ws_begin(conn->ws, engine, handshake);
	else if (conn->http)
		warren_polling_open(conn->http, engine, handshake);
	else
		free(handshake);
}

/* ---- from any thread ---- */

struct verdict {
	struct warren_errand errand;
	uint64_t ticket;
	bool refused;
	struct warren_error refusal;
};

static void run(struct warren_edge *edge, struct warren_errand *errand)
{
	struct verdict *verdict = (struct verdict *)errand;
	struct warren_decision *decision;
	char ticket[24];

	write_ticket(ticket, verdict->ticket);
	decision = warren_map_get(edge->decisions, ticket);
	if (decision && verdict->refused)
		refuse(decision->conn, &verdict->refusal);
	else if (decision)
		let_in(decision);
	free(verdict);
}

static void drop(struct warren_errand *errand)
{
	free(errand);
}

int warren_edge_decide(
	struct warren_edge *edge, uint64_t ticket, const struct warren_error *refusal)
{
	struct verdict *verdict = calloc(1, sizeof *verdict);
	int result;

	if (!verdict)
		return -ENOMEM;
	verdict->errand = (struct warren_errand){run, drop};
	verdict->ticket = ticket;
	verdict->refused = refusal;
	if (refusal)
		verdict->refusal = *refusal;
	result = warren_post_errand(edge, &verdict->errand, sizeof *verdict);
	if (result < 0)
		free(verdict);
	return result;
}
