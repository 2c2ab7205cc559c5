/*
 * When does nothing move?  The broker, the timers, inline handlers and the workers each hand work to
 * the others, and each can say whether it has any.  They are asked in a row, on the loop, where all
 * but the workers run; that no task was given to a worker meanwhile makes the row one moment.
 */
#ifndef WARREN_SERVICE_TEST_REST_H
#define WARREN_SERVICE_TEST_REST_H

#include "service/private.h"

struct warren_test_rest {
	struct warren_clock *clock;
	struct warren_broker *broker; /* memory: */
	struct warren_instance *const *instances;
	size_t instance_count;
	pthread_mutex_t mutex;
	pthread_cond_t passed;
	bool waiting;
	bool rests;
};

/* `clock`, `broker` and `instances` are the caller's, set before the first rest. */
void warren_test_rest_init(struct warren_test_rest *rest);
void warren_test_rest_free(struct warren_test_rest *rest);

/* Waits until nothing moves. */
void warren_test_rest(struct warren_test_rest *rest);

/* Returns when something falls due next (monotonic), WARREN_CLOCK_NEVER for never. */
int64_t warren_test_rest_next_ms(struct warren_test_rest *rest);

/* Ends the process: the kit cannot go on. */
_Noreturn void warren_test_fault(const char *what, const char *why);

#endif
