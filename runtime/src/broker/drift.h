/*
 * What stands on the broker otherwise than it is declared: how much that matters, and how it is
 * told.
 *
 * A difference that only tunes (a TTL, a length, a limit) is lived with.  One that breaks what a
 * queue promises (that what was confirmed stays, that what is given up is found, that one consumer
 * at a time has it) keeps the queue from being consumed.  Both implementations judge with these.
 */
#ifndef WARREN_BROKER_DRIFT_H
#define WARREN_BROKER_DRIFT_H

#include "broker/broker.h"

#define WARREN_DRIFT_TEXT_SIZE 1024

/* How an item was refused. */
struct warren_refusal {
	enum warren_obstacle_kind kind;
	char text[WARREN_DRIFT_TEXT_SIZE];
};

/* All that is different about one item; begins as {0}. */
struct warren_drift {
	bool breaks;
	int count;
	char differences[WARREN_DRIFT_TEXT_SIZE / 2];
};

/*
 * Adds a difference: `argument` as RabbitMQ names it, its values as text, "none" for one that is
 * not given.  `queue` is how it is declared; NULL for an exchange.
 */
void warren_drift_add(struct warren_drift *drift, const struct warren_broker_queue *queue,
	const char *argument, const char *wanted, const char *current);

/* Compares two declarations of one queue. */
struct warren_drift warren_drift_compare(
	const struct warren_broker_queue *wanted, const struct warren_broker_queue *current);

/* Writes the sentence about a queue that should be gone. */
void warren_drift_tell_stale(char ret[WARREN_DRIFT_TEXT_SIZE], const char *name);

/* Writes the sentence for people, with the mend. */
void warren_drift_tell(char ret[WARREN_DRIFT_TEXT_SIZE], const struct warren_drift *drift,
	const char *what, const char *name);

#endif
