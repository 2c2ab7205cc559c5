/*
 * What an amqp:// or amqps:// URL says: amqps://user:password@host:5671/vhost?cacertfile=/path
 *
 * User, password, vhost and file are percent-decoded.  Without them: guest, guest, "/" and the
 * system's certificates.  The password is never part of an error text.
 */
#ifndef WARREN_BROKER_AMQP_URL_H
#define WARREN_BROKER_AMQP_URL_H

#include <stdbool.h>

#include "warren/api.h"
#include "warren/code.h"

struct warren_amqp_url {
	char *memory; /* all texts below lie in it */
	const char *host;
	const char *port;
	const char *user;
	const char *password;
	const char *vhost;
	const char *ca_file; /* NULL: the system's */
	bool tls;
};

/* Returns 0; -EINVAL with `error`; -ENOMEM.  Owns: caller, warren_amqp_url_free. */
int warren_amqp_url_parse(const char *text, struct warren_amqp_url *ret,
	struct warren_error *error) WARREN_MUST_CHECK;
void warren_amqp_url_free(struct warren_amqp_url *url);

#endif
