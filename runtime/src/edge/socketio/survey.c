#include "edge/socketio/survey.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "edge/socketio/ack.h"

/* One who is asked. */
struct respondent {
	struct warren_survey *survey;
	char sid[WARREN_SID_SIZE];
};

void warren_survey_sent(struct warren_survey *survey)
{
	if (--survey->open)
		return;
	survey->fn(NULL, NULL, survey->answered, survey->expected, survey->data);
	free(survey);
}

static void on_end(int result, const struct warren_edge_event *answer, void *data)
{
	struct respondent *respondent = data;
	struct warren_survey *survey = respondent->survey;

	if (result == 0)
		survey->fn(respondent->sid, answer, ++survey->answered, survey->expected,
			survey->data);
	free(respondent);
	warren_survey_sent(survey);
}

bool warren_survey_ask(struct warren_survey *survey, struct warren_edge_socket *socket)
{
	struct respondent *respondent = calloc(1, sizeof *respondent);
	struct warren_ack *ack = calloc(1, sizeof *ack);

	survey->expected++;
	if (!respondent || !ack) {
		free(respondent);
		free(ack);
		return false;
	}
	respondent->survey = survey;
	snprintf(respondent->sid, sizeof respondent->sid, "%s", socket->sid);
	ack->fn = on_end;
	ack->data = respondent;
	ack->timeout_ms = survey->timeout_ms;
	ack->id = survey->id;
	ack->shared = true;
	survey->open++;
	if (warren_ack_wait(ack, socket))
		return true;
	warren_ack_fail(ack, -EAGAIN);
	return false;
}
