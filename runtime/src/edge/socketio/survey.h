/*
 * Broadcasts that ask for answers.
 *
 * Every socket that gets one has an ack waiting in it, which ends as any other does: with the
 * answer, its time, or the socket.  The survey counts them and lives until the last has ended, and
 * for as long as somebody sends it.  All sockets are asked with one id, which no socket's own
 * questions have, so that the packet is encoded once.
 */
#ifndef WARREN_EDGE_SURVEY_H
#define WARREN_EDGE_SURVEY_H

#include "edge/socketio/socketio.h"

/* Ids of surveys begin where no socket's own come. */
#define WARREN_SURVEY_FIRST ((int64_t)1 << 40)

struct warren_survey {
	uint32_t open; /* acks that have not ended, and one while it is sent */
	uint32_t expected, answered;
	uint32_t timeout_ms;
	int64_t id;
	warren_edge_on_answer fn;
	void *data;
};

/* Lets the socket be asked.  Returns false when it cannot be; then it has not answered. */
bool warren_survey_ask(struct warren_survey *survey, struct warren_edge_socket *socket);

/* It has been sent to all, or will not be. */
void warren_survey_sent(struct warren_survey *survey);

#endif
