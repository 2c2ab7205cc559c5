/*
 * How the one who asked is answered: through the ack if one was asked, else by an event.
 *
 *              with ack        without
 *   success    the reply       the reply's event
 *   done       {}              nothing
 *   refused    {"error":E}     warrenError E with `event`
 *
 * E is {code, message, field?, retry_after_ms?}.
 */
#ifndef WARREN_GATEWAY_ANSWER_H
#define WARREN_GATEWAY_ANSWER_H

#include "warren/code.h"
#include "warren/edge.h"
#include "warren/service.h"

struct warren_asker {
	struct warren_edge *edge;
	const char *sid;
	const char *event; /* what was asked */
	int64_t ack_id;    /* -1: no ack */
};

/* `json` is the reply's, `reply` its wire name; a reply that is larger than the edge ever takes is
 * told as `internal`.  All return 0; -EAGAIN when the edge is overrun; -ENOMEM. */
int warren_answer_reply(const struct warren_asker *asker, const char *reply, const char *json,
	size_t len) WARREN_MUST_CHECK;
int warren_answer_done(const struct warren_asker *asker) WARREN_MUST_CHECK;
int warren_answer_error(
	const struct warren_asker *asker, const struct warren_error *error) WARREN_MUST_CHECK;

/*
 * Writes E, with `event` (cut when it is long) unless it is NULL, as the member `error` of an
 * object when `wrapped`.  Returns the text, to be freed; NULL when memory is out.
 */
char *warren_answer_error_json(
	const struct warren_error *error, const char *event, bool wrapped, size_t *ret_len);

#endif
