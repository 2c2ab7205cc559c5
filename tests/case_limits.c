/*
 * How long a case of a Check program may take: a backstop that ends one that hangs, and nothing that a
 * case may lean on.  TEST_SLOW=N multiplies it, on a machine that is N times as slow.  Check itself would
 * end a case after four seconds.
 */
#include "case_limits.h"

#include <stdlib.h>

#define CASE_MAX_S "300"
#define WAIT_MAX_S 60

static const char *slow_text(void)
{
	const char *slow = getenv("TEST_SLOW");
	return slow != NULL && slow[0] != '\0' ? slow : "1";
}

__attribute__((constructor)) static void limit_cases(void)
{
	setenv("CK_DEFAULT_TIMEOUT", CASE_MAX_S, 0);
	setenv("CK_TIMEOUT_MULTIPLIER", slow_text(), 0);
}

int limit_wait_s(void)
{
	double slow = strtod(slow_text(), NULL);
	return (int)(WAIT_MAX_S * (slow > 0 ? slow : 1));
}
