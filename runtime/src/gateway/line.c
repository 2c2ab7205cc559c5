#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/question.h"

#define ARGS_ON_LOOP 65536
#define WAITING_BYTES 4096 /* what a question takes that waits, beside its arguments */

void warren_line_init(struct warren_line *line)
{
	STAILQ_INIT(&line->waiting);
}

static void free_when_over(struct warren_line *line)
{
	if (line->gone && !line->busy)
		free(line);
}

void warren_line_leave(struct warren_line *line)
{
	line->gone = true;
	free_when_over(line);
}

/* ---- arguments ---- */

void warren_question_forget_args(struct question *question)
{
	if (question->args_copied) {
		warren_gateway_release(question->gateway, question->args_len + WAITING_BYTES);
		free((void *)(uintptr_t)question->args);
	}
	question->args = NULL;
	question->args_copied = false;
}

static int copy_args(struct question *question)
{
	size_t bytes = question->args_len + WAITING_BYTES;
	char *args;
	if (question->args_copied)
		return 0;
	if (!warren_gateway_reserve(question->gateway, bytes))
		return -EAGAIN;
	args = malloc(question->args_len + 1);
	if (!args) {
		warren_gateway_release(question->gateway, bytes);
		return -ENOMEM;
	}
	memcpy(args, question->args, question->args_len);
	args[question->args_len] = '\0';
	question->args = args;
	question->args_copied = true;
	return 0;
}

/* ---- on a worker ---- */

/* A question on its way to a worker and back. */
struct taking {
	struct question *question;
	struct warren_line *line;
	struct warren_loop *loop;
	bool is_due; /* its admission */
	struct warren_loop_task done;
};

static void on_taken(void *data)
{
	struct taking *taking = data;
	if (taking->is_due)
		warren_question_await(taking->question);
	else
		warren_line_next(taking->line);
	free(taking);
}

static void take_on_worker(void *worker, void *data)
{
	struct taking *taking = data;
	taking->is_due = warren_question_take(worker, taking->question);
	taking->done = (struct warren_loop_task){.fn = on_taken, .data = taking};
	warren_loop_post(taking->loop, &taking->done);
}

static int give_to_worker(struct question *question)
{
	struct warren_instance *instance = question->gateway->instance;
	struct taking *taking = malloc(sizeof *taking);
	int rc = taking ? copy_args(question) : -ENOMEM;
	if (rc == 0) {
		*taking = (struct taking){.question = question,
			.line = question->line,
			.loop = warren_broker_loop(warren_instance_broker(instance))};
		rc = warren_instance_run(instance, WARREN_LANE_ANY, take_on_worker, taking);
	}
	if (rc < 0)
		free(taking);
	return rc;
}

/* ---- in its order ---- */

/* Returns whether it is still being taken, negative as warren_line_take.  The line is busy. */
static int begin(struct warren_line *line, struct question *question)
{
	question->line = line;
	if (question->args_len > ARGS_ON_LOOP) {
		int rc = give_to_worker(question);
		return rc < 0 ? rc : true;
	}
	bool is_due = warren_question_take(
		warren_instance_loop_state(question->gateway->instance), question);
	if (is_due)
		warren_question_await(question);
	return is_due;
}

static int wait_behind(struct warren_line *line, struct question *question)
{
	struct warren_gateway_state *gateway = question->gateway;
	if (gateway->behind >= warren_instance_work_queue(gateway->instance))
		return -EAGAIN;
	int rc = copy_args(question);
	if (rc < 0)
		return rc;
	STAILQ_INSERT_TAIL(&line->waiting, question, link);
	gateway->behind++;
	return 0;
}

int warren_line_take(struct warren_line *line, struct question *question)
{
	if (line->busy)
		return wait_behind(line, question);
	line->busy = true; /* it stays while one is being taken, whatever happens to the socket */
	int rc = begin(line, question);
	line->busy = rc > 0;
	free_when_over(line);
	return rc < 0 ? rc : 0;
}

void warren_line_next(struct warren_line *line)
{
	struct question *question;
	while ((question = STAILQ_FIRST(&line->waiting))) {
		STAILQ_REMOVE_HEAD(&line->waiting, link);
		question->gateway->behind--;
		int rc = begin(line, question);
		if (rc > 0)
			return;
		if (rc < 0)
			warren_question_refuse(question, rc);
	}
	line->busy = false;
	free_when_over(line);
}
