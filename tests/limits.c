/*
 * How long a case of a Check program may take: a backstop that ends one that hangs, and nothing that a
 * case may lean on.  TEST_SLOW=N multiplies it, on a machine that is N times as slow.  Check itself would
 * end a case after four seconds.
 */
#include <stdlib.h>

#define CASE_MAX_S "300"

__attribute__((constructor)) static void limit_cases(void)
{
	const char *slow = getenv("TEST_SLOW");

	setenv("CK_DEFAULT_TIMEOUT", CASE_MAX_S, 0);
	if (slow != NULL && slow[0] != '\0') {
		setenv("CK_TIMEOUT_MULTIPLIER", slow, 0);
	}
}
