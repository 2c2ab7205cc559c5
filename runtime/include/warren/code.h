/*
 * What can go wrong with an event: one table for C, TypeScript and the documentation.
 *
 * A code says what happened and whether to try again.  A *transient* code means that the same event
 * may succeed later; a *final* one means that it never will.  Codes travel by name, never by
 * number.
 */
#ifndef WARREN_CODE_H
#define WARREN_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "warren/api.h"

#ifdef __cplusplus
extern "C" {
#endif

enum warren_code {
	WARREN_OK = 0,
	WARREN_INVALID_ARGUMENT,
	WARREN_UNKNOWN_EVENT,
	WARREN_UNAUTHENTICATED,
	WARREN_FORBIDDEN,
	WARREN_NOT_FOUND,
	WARREN_ALREADY_EXISTS,
	WARREN_RATE_LIMITED,
	WARREN_OVERLOADED,
	WARREN_TIMEOUT,
	WARREN_UNAVAILABLE,
	WARREN_INTERNAL,
	WARREN_CODE_COUNT
};

/* What whoever asked may do: nothing, ask again now, or ask again after a while. */
enum warren_try_again { WARREN_TRY_NO, WARREN_TRY_YES, WARREN_TRY_AFTER };

#define WARREN_ERROR_MESSAGE_MAX 256
#define WARREN_ERROR_FIELD_MAX 128

/*
 * An error for the person or program that asked.  A plain value: copy it freely.
 * `message` is always terminated and valid UTF-8; `field` is a path such as "items[2].name", or "".
 */
struct warren_error {
	enum warren_code code;
	uint32_t retry_after_ms; /* 0: not said */
	char message[WARREN_ERROR_MESSAGE_MAX];
	char field[WARREN_ERROR_FIELD_MAX];
};

/* Returns the code's name on the wire, e.g. "invalid_argument".  Thread: any. */
const char *warren_code_name(enum warren_code code);

/* Returns the code of that name, WARREN_INTERNAL for a name that is not known.  Thread: any. */
enum warren_code warren_code_from_name(const char *name);

/* Returns whether asking again can help.  Thread: any. */
enum warren_try_again warren_code_try_again(enum warren_code code);

/*
 * Fills `error`; NULL is allowed and ignored.  `field` may be NULL.  Text that does not fit is cut
 * at a character's border.  Thread: any.
 */
void warren_error_set(struct warren_error *error, enum warren_code code, const char *field,
	const char *fmt, ...) WARREN_PRINTF(4, 5);

#ifdef __cplusplus
}
#endif

#endif
