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

/* Takes the handshake out of the decision, which ends. */
static struct warren_edge_handshake *close_decision(struct warren_decision *decision)
{
	struct warren_edge *edge = decision->edge;
	struct warren_edge_handshake *handshake = decision->handshake;

	warren_wheel_cancel(&edge->wheel, &decision->timer);
	warren_map_remove(edge->decisions, decision->ticket);
	free(decision);
	return handshake;
}

void warren_decision_drop(struct warren_decision *decision)
{
	if (decision)
		free(close_decision(decision));
}

/* Sends the client away: `refusal` NULL says that it is not its fault. */
static void refuse(struct warren_decision *decision, const struct warren_error *refusal)
{
	struct warren_http *http = decision->http;
	struct warren_ws *ws = decision->ws;

	warren_decision_drop(decision);
	if (ws) {
		warren_ws_refuse(ws);
	} else {
		warren_http_take(http, NULL, NULL);
		warren_polling_refuse(http, refusal);
	}
}

static void let_in(struct warren_decision *decision)
{
	struct warren_http *http = decision->http;
	struct warren_ws *ws = decision->ws;
	struct warren_engine *engine = decision->engine;
	struct warren_edge_handshake *handshake = close_decision(decision);

	if (ws) {
		warren_ws_let_in(ws, handshake);
	} else {
		warren_http_take(http, NULL, NULL);
		warren_polling_open(http, engine, handshake);
	}
}

static void on_timeout(void *data)
{
	struct warren_error refusal;

	warren_error_set(&refusal, WARREN_TIMEOUT, NULL, "%s", WARREN_UNDECIDED_TEXT);
	refuse(data, &refusal);
}

/* Takes the handshake over.  Returns NULL when memory is out. */
static struct warren_decision *decision_new(
	struct warren_engine *engine, struct warren_edge_handshake *handshake)
{
	struct warren_edge *edge = engine->edge;
	struct warren_decision *decision = calloc(1, sizeof *decision);

	if (!decision) {
		free(handshake);
		return NULL;
	}
	decision->edge = edge;
	decision->engine = engine;
	decision->handshake = handshake;
	write_ticket(decision->ticket, handshake->ticket);
	if (warren_map_add(edge->decisions, decision->ticket, decision) < 0) {
		free(handshake);
		free(decision);
		return NULL;
	}
	warren_wheel_timer_init(&decision->timer, on_timeout, decision);
	warren_wheel_set(&edge->wheel, &decision->timer,
		warren_edge_now_ms(edge) + edge->options.connect_timeout_ms);
	return decision;
}

int warren_decision_open(struct warren_ws *ws, struct warren_edge_handshake *handshake)
{
	struct warren_decision *decision = decision_new(ws->upgrade->engine, handshake);

	if (!decision)
		return -ENOMEM;
	decision->ws = ws;
	ws->upgrade->decision = decision;
	return 0;
}

static void on_gone(struct warren_http *http, bool left)
{
	(void)left;
	warren_decision_drop(http->data);
}

int warren_decision_await(struct warren_http *http, struct warren_engine *engine,
	struct warren_edge_handshake *handshake)
{
	static const struct warren_http_user user = {.gone = on_gone};
	struct warren_decision *decision = decision_new(engine, handshake);

	if (!decision)
		return -ENOMEM;
	decision->http = http;
	warren_http_take(http, &user, decision);
	warren_http_hold(http);
	return 0;
}

void warren_decisions_end(struct warren_edge *edge)
{
	size_t cursor = 0;
	const char *ticket;
	void *decision;

	while (warren_map_next(edge->decisions, &cursor, &ticket, &decision))
		refuse(decision, NULL);
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
		refuse(decision, &verdict->refusal);
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
	verdict->errand =
		(struct warren_errand){.run = run, .drop = drop, .bytes = sizeof *verdict};
	verdict->ticket = ticket;
	verdict->refused = refusal;
	if (refusal)
		verdict->refusal = *refusal;
	result = warren_errand_submit(edge, &verdict->errand);
	if (result < 0)
		free(verdict);
	return result;
}
