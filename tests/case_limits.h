/* Time limits of the Check programs: backstops that end what hangs, and nothing that a case may lean on. */
#ifndef CASE_LIMITS_H
#define CASE_LIMITS_H

/*
 * How long a case may wait for one event, in seconds: a fifth of what the case has, TEST_SLOW times as
 * long on a slow machine.
 */
int limit_wait_s(void);

#endif
