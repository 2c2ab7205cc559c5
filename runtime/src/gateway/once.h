/*
 * The id under which an event with `{id}` takes effect once.
 *
 * Browsers choose their ids, so the id on the broker is not theirs but a hash (SHA-256) of it with
 * the event's name and its *scope*: who may send it again.  Nobody reaches what another one sent by
 * giving the same id.  Beside it goes a digest of what was sent; it is keyed by the browser's id,
 * which no one on the broker sees, so that it tells nothing about what is secret in it.
 */
#ifndef WARREN_GATEWAY_ONCE_H
#define WARREN_GATEWAY_ONCE_H

#include <stddef.h>

#include "base/digest.h"
#include "warren/api.h"

struct warren_once {
	char message_id[WARREN_UUID_SIZE];    /* version 8 (RFC 9562) */
	char digest[WARREN_DIGEST_TEXT_SIZE]; /* the header warren-once */
};

struct warren_once_scope {
	const char *kind; /* "socket", "user" */
	const char *name;
};

/* `object` is the event's argument as it was sent.  Returns 0; -ENOMEM. */
int warren_once_make(const struct warren_once_scope *scope, const char *event, const char *id,
	const char *object, size_t len, struct warren_once *ret) WARREN_MUST_CHECK;

#endif
