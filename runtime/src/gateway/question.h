/*
 * A browser's event that was taken, and the line in which the events of one socket wait for each other.
 *
 * A question lives until it is answered, in the arena of its context.  The line's head is *busy* while
 * one is being taken: here, on a worker (large arguments), or because its admission is settled later.
 * Those that came behind it wait, with a copy of their arguments, at most WORK_QUEUE of a gateway and
 * MAX_WAITING bytes.  When the one before them is over, they go on in their order.
 *
 * Thread: the loop's, but for warren_question_take.
 */
#ifndef WARREN_GATEWAY_QUESTION_H
#define WARREN_GATEWAY_QUESTION_H

#include "gateway/answer.h"
#include "gateway/gateway.h"
#include "gateway/once.h"
#include "service/store.h"

struct question {
	struct warren_gateway_state *gateway;
	struct warren_ctx *ctx; /* NULL: its request has taken it over */
	const struct warren_gateway_in *in;
	struct warren_asker asker;
	const char *sid, *user, *event, *remote_address;
	const char *args; /* until they were read: the edge's, or a copy with room of its own */
	size_t args_len;
	bool args_copied;
	bool binary;
	struct warren_limiter_ticket ticket;
	bool was_answered; /* by the service, or the broker where there is none to answer */

	/* In its socket's line. */
	STAILQ_ENTRY(question) link;
	struct warren_line *line;
	struct warren_pending_admission *admission; /* NULL: not settled later */
	void *message;                              /* with it */
	bool kept; /* answered, and whoever is to settle its admission still has it */

	/* With {id}. */
	struct warren_once once;
	char before[WARREN_UUID_SIZE]; /* the id that it would have had before somebody signed in */
	bool entered;                  /* it is the first of its id */
	struct warren_store_waiter waiter;
	struct warren_outcome *outcome; /* the first one's, for the others */
	bool lasting;                   /* it is remembered */
};

/* The beginning of a block from malloc, which is freed when the socket has gone and all is over. */
struct warren_line {
	STAILQ_HEAD(, question) waiting;
	bool busy, gone;
};

/* ---- line.c ---- */

void warren_line_init(struct warren_line *line);

/* Takes the question, or has it wait.  Returns 0; -EAGAIN, -ENOMEM or -ESHUTDOWN, then it is still the
 * caller's. */
int warren_line_take(struct warren_line *line, struct question *question) WARREN_MUST_CHECK;

/* The one that was being taken is over. */
void warren_line_next(struct warren_line *line);

/* The socket has gone. */
void warren_line_leave(struct warren_line *line);

/* The arguments were read.  Thread: any. */
void warren_question_forget_args(struct question *question);

/* ---- inbound.c ---- */

/* Reads, admits and sends on.  Returns whether its admission is due; else the question is over.
 * Thread: the loop's, or a worker's. */
bool warren_question_take(void *worker, struct question *question);

/* Its admission is due: the line goes on when that has ended. */
void warren_question_await(struct question *question);

/* Answers that there is no room, or no time: what warren_line_take returned. */
void warren_question_refuse(struct question *question, int rc);

#endif
