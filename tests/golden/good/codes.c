/* Prints the error codes that a page may meet, and whether to try again. */
#include <stdio.h>

#include "warren/code.h"

int main(void)
{
	static const char *const try_again[] = {
		[WARREN_TRY_NO] = "no", [WARREN_TRY_YES] = "yes", [WARREN_TRY_AFTER] = "after"};
	for (int code = WARREN_OK + 1; code < WARREN_CODE_COUNT; code++)
		printf("%s %s\n", warren_code_name(code), try_again[warren_code_try_again(code)]);
	return 0;
}
