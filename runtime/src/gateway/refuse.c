#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "warren/gateway.h"

static int refuse(struct warren_socket *socket, enum warren_code code, const char *field,
	const char *fmt, va_list args) WARREN_PRINTF(4, 0);

static int refuse(struct warren_socket *socket, enum warren_code code, const char *field,
	const char *fmt, va_list args)
{
	char text[WARREN_ERROR_MESSAGE_MAX * 2];
	(void)vsnprintf(text, sizeof text, fmt, args);
	warren_error_set(socket->refusal, code, field, "%s", text);
	return -EACCES;
}

int warren_refuse(struct warren_socket *socket, enum warren_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = refuse(socket, code, NULL, fmt, args);
	va_end(args);
	return rc;
}

int warren_refuse_field(struct warren_socket *socket, enum warren_code code, const char *field,
	const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = refuse(socket, code, field, fmt, args);
	va_end(args);
	return rc;
}
